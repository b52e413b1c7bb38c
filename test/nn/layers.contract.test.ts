import { describe, expect, it } from 'vitest';
import type { Layer } from '../../src/nn/layer';
import * as layers from '../../src/nn/layers/index';
import { l2 } from '../../src/nn/regularizers';
import { mean, stopGradient, sub, zerosLike } from '../../src/ops/index';
import { TensorRng } from '../../src/ops/random';
import { checkLayer } from '../../src/testing/check-layer';
import { LAYER_CASES } from './layer.cases';
import { SEQUENCE_CASES } from './sequence.cases';

type Factory = (config: never) => Layer;

describe('every layer keeps the contract', () => {
  it.each(LAYER_CASES.map((c) => [`${c[0]} ${JSON.stringify(c[1])}`, c] as const))(
    '%s',
    (_, [kind, config, input, options]) => {
      const factory = (layers as unknown as Record<string, Factory>)[kind]!;
      checkLayer((given?: never) => factory((given ?? config) as never), input, options);
      checkLayer((given?: never) => layers.layerFromConfig(kind, given ?? config), input, options);
    },
  );

  it('and every kind is among them', () => {
    // A lambda's function is no JSON.
    const plain = layers.LAYER_KINDS.filter((k) => !/^(quantize|dequantize|lambda|model$)/.test(k));
    const kinds = [...LAYER_CASES.map((c) => c[0]), ...SEQUENCE_CASES.map((c) => c.kind)];
    expect([...new Set(kinds)].sort()).toEqual([...plain].sort());
  });
});

describe('checkLayer finds', () => {
  const good = layers.batchNorm({ momentum: 0.5 });
  const broken = (change: (layer: Layer) => Partial<Layer>) => () =>
    checkLayer(() => ({ ...good, ...change(good) }) as Layer, [3]);

  it('nothing in a good one', () => {
    expect(broken(() => ({}))).not.toThrow();
  });

  const FAULTS: readonly [name: string, run: () => void, message: RegExp][] = [
    ['a config with a function', broken(() => ({ config: { f: () => 1 } })), /not plain JSON/],
    ['a config with NaN', broken(() => ({ config: { epsilon: Number.NaN } })), /not plain JSON/],
    [
      'a config that rebuilds another',
      () => {
        checkLayer(
          (config?: never) =>
            layers.dense({
              units: 2,
              ...((config ?? { useBias: false }) as object),
              activation: config ? 'relu' : 'tanh',
            }),
          [3],
        );
      },
      /does not rebuild it/,
    ],
    ['a wrong outputShape', broken(() => ({ outputShape: () => [4] })), /outputShape promises \[3, 4\]/],
    ['no shape', broken(() => ({ outputShape: () => [-1] })), /no shape/],
    ['fractional work', broken(() => ({ multiplyAdds: () => 0.5 })), /multiplyAdds/],
    [
      'randomness of its own',
      broken(() => ({
        init: (_i, _r, backend) => ({
          params: { w: new TensorRng(Math.random()).normal([2], backend ? { backend } : {}) },
          state: {},
        }),
      })),
      /other weights for the same randomness/,
    ],
    ['a backend that is ignored', broken((l) => ({ init: (i, r) => l.init(i, r) })), /on backend/],
    ['a regularizer of nothing', broken(() => ({ regularizers: { kernel: l2() } })), /no such parameter/],
    [
      'a memory',
      () => {
        let calls = 0;
        broken((l) => ({
          call: (p, s, x, c) => ({ y: calls++ % 2 === 0 ? x : zerosLike(x), state: l.call(p, s, x, c).state }),
        }))();
      },
      /different outputs/,
    ],
    [
      'state that changes at inference',
      broken((l) => ({ call: (p, s, x, c) => l.call(p, s, x, { ...c, training: true }) })),
      /changes the state|differently on its own/,
    ],
    [
      'state that is lost',
      broken((l) => ({ call: (p, s, x, c) => ({ y: l.call(p, s, x, c).y, state: c.training ? {} : s }) })),
      /without 'movingMean'/,
    ],
    [
      'samples that touch each other',
      broken(() => ({ call: (_p, state, x) => ({ y: sub(x, mean(x, { axis: 0, keepDims: true })), state }) })),
      /on its own/,
    ],
    [
      'a gradient that is cut off',
      broken((l) => ({ call: (p, s, x, c) => l.call(p, s, c.training ? stopGradient(x) : x, c) })),
      /in training, the derivative by element \d+ of the input/,
    ],
    [
      'a gradient that is missing for a parameter',
      broken((l) => ({ call: (p, s, x, c) => l.call({ ...p, gamma: stopGradient(p.gamma!) }, s, x, c) })),
      /of gamma/,
    ],
    [
      'an output that is not finite',
      broken((l) => ({ call: (p, s, x, c) => ({ y: sub(l.call(p, s, x, c).y, Infinity), state: s }) })),
      /not finite/,
    ],
    [
      'an input that is overwritten',
      broken((l) => ({
        call: (p, s, x, c) => {
          const result = l.call(p, s, x, c);
          x.backend.write(x.block, new Float32Array(x.size));
          return result;
        },
      })),
      /different outputs|changes the input/,
    ],
  ];

  it.each(FAULTS)('%s', (_, run, message) => {
    expect(run).toThrow(message);
  });
});
