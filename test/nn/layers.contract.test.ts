import { describe, expect, it } from 'vitest';
import type { Layer } from '../../src/nn/layer';
import * as layers from '../../src/nn/layers/index';
import { l1l2, l2 } from '../../src/nn/regularizers';
import { mean, stopGradient, sub, zerosLike } from '../../src/ops/index';
import { TensorRng } from '../../src/ops/random';
import { type CheckLayerOptions, checkLayer } from '../../src/testing/check-layer';
import { SEQUENCE_CASES } from './sequence.cases';

type Factory = (config: never) => Layer;
type Case = readonly [
  kind: string,
  config: object,
  input: readonly number[] | readonly (readonly number[])[],
  options?: CheckLayerOptions,
];

const image = [5, 6, 4];
const tokens: CheckLayerOptions = { discrete: true, draw: (rng) => rng.integer(7) };

const CASES: readonly Case[] = [
  ['dense', { units: 3 }, [4]],
  ['dense', { units: 3, activation: 'tanh', useBias: false, kernelRegularizer: l2(0.1) }, [4]],
  ['dense', { units: 2, activation: 'softmax', biasRegularizer: l1l2({ l1: 0.1, l2: 0 }) }, [3, 4]],
  ['dense', { units: 2, trainable: false, inputShape: [4], kernelInitializer: { name: 'constant', value: 2 } }, [4]],
  ['conv2d', { filters: 3, kernelSize: 3 }, image],
  [
    'conv2d',
    { filters: 6, kernelSize: [1, 3], strides: [2, 1], padding: 'same', groups: 2, activation: 'sigmoid' },
    image,
  ],
  [
    'conv2d',
    {
      filters: 2,
      kernelSize: 2,
      dilationRate: 2,
      padding: [
        [0, 1],
        [2, 0],
      ],
      useBias: false,
    },
    image,
  ],
  ['conv1d', { filters: 3, kernelSize: 3, padding: 'causal', dilations: 2 }, [7, 2]],
  ['conv1d', { filters: 4, kernelSize: 2, strides: 2, groups: 2, padding: 'same' }, [7, 2]],
  ['depthwiseConv2d', { kernelSize: 3, depthMultiplier: 2, strides: 2, padding: 'same' }, image],
  ['depthwiseConv2d', { kernelSize: 3, activation: 'gelu', depthwiseRegularizer: 'l2' }, image],
  ['separableConv2d', { filters: 3, kernelSize: 3, depthMultiplier: 2 }, image],
  [
    'conv3d',
    { filters: 2, kernelSize: [2, 3, 2], groups: 2, padding: 'same', kernelConstraint: 'maxNorm' },
    [3, 4, 3, 2],
  ],
  ['conv3d', { filters: 2, kernelSize: 2, strides: [2, 1, 1], activation: 'gelu' }, [4, 3, 3, 1]],
  ['conv1dTranspose', { filters: 2, kernelSize: 3, strides: 2, outputPadding: 1 }, [4, 2]],
  ['conv2dTranspose', { filters: 2, kernelSize: 3, strides: 2, padding: 'same', kernelRegularizer: 'l2' }, [3, 4, 2]],
  ['conv2dTranspose', { filters: 2, kernelSize: [1, 2], strides: [3, 2], useBias: false }, [2, 3, 2]],
  ['conv3dTranspose', { filters: 2, kernelSize: 2, strides: 2, padding: 'same' }, [2, 2, 2, 1]],
  ['depthwiseConv1d', { kernelSize: 3, depthMultiplier: 2, depthwiseConstraint: 'nonNeg' }, [6, 2]],
  ['separableConv1d', { filters: 3, kernelSize: 2, strides: 2, pointwiseRegularizer: 'l1' }, [6, 2]],
  ['maxPool1d', { poolSize: 3, strides: 2, padding: 'same' }, [6, 2]],
  ['avgPool1d', {}, [6, 2]],
  ['maxPool3d', { poolSize: [2, 1, 2], padding: 'same' }, [3, 3, 3, 2]],
  ['avgPool3d', { strides: 1 }, [3, 3, 3, 2]],
  ['globalAvgPool1d', {}, [5, 2]],
  ['globalMaxPool1d', { keepDims: true }, [5, 2]],
  ['globalAvgPool3d', {}, [2, 3, 2, 2]],
  ['adaptiveAvgPool1d', { outputSize: 3 }, [7, 2]],
  ['adaptiveAvgPool2d', { outputSize: [2, 3] }, [5, 4, 2]],
  ['adaptiveAvgPool3d', { outputSize: 2 }, [3, 2, 3, 1]],
  ['adaptiveMaxPool1d', { outputSize: 4 }, [3, 2]],
  ['adaptiveMaxPool2d', { outputSize: 2 }, [3, 5, 1]],
  ['adaptiveMaxPool3d', { outputSize: [1, 2, 1] }, [2, 3, 2, 1]],
  ['globalMaxPool3d', {}, [2, 3, 2, 2]],
  ['randomFlip', {}, [3, 4, 2]],
  ['randomRotation', { factor: 0.1 }, [3, 4, 2]],
  ['randomRotation', { factor: [0.1, 0.2], fillMode: 'constant', interpolation: 'nearest' }, [3, 4, 1]],
  ['randomZoom', { heightFactor: 0.3, fillMode: 'wrap' }, [3, 4, 2]],
  ['randomTranslation', { heightFactor: 0.3, widthFactor: [0, 0.2], fillMode: 'nearest' }, [3, 4, 2]],
  ['randomCrop', { height: 2, width: 3 }, [3, 4, 2]],
  ['randomCrop', { height: 4, width: 3 }, [3, 4, 2]],
  ['randomContrast', { factor: 0.3, valueRange: [-9, 9] }, [3, 4, 2]],
  ['randomBrightness', { factor: 0.3, valueRange: [-9, 9] }, [3, 4, 2]],
  ['add', {}, [[3, 2], [3, 2], [2]]],
  ['subtract', {}, [[4], [4]]],
  [
    'multiply',
    {},
    [
      [3, 2],
      [3, 1],
    ],
  ],
  ['average', {}, [[4], [4], [4]]],
  ['maximum', {}, [[4], [4]]],
  ['minimum', {}, [[4], [4]]],
  [
    'concatenate',
    { axis: 1 },
    [
      [3, 2],
      [1, 2],
    ],
  ],
  [
    'dot',
    { axes: [2, 1], normalize: true },
    [
      [3, 2],
      [2, 3],
    ],
  ],
  ['groupNorm', { groups: 2, gammaConstraint: 'nonNeg' }, image],
  ['groupNorm', { groups: -1, axis: 1 }, [3, 4]],
  ['rmsNorm', {}, [3, 4]],
  ['unitNorm', { axis: [1, 2] }, [3, 4]],
  ['layerNorm', { rmsScaling: true, betaConstraint: 'maxNorm' }, [3, 4]],
  ['relu', { maxValue: 0.5, negativeSlope: 0.1, threshold: 0.2 }, [5]],
  ['relu', { negativeSlope: 0.1 }, [5]],
  ['leakyRelu', {}, [5]],
  ['elu', { alpha: 0.5 }, [5]],
  ['prelu', { sharedAxes: [1], alphaRegularizer: 'l1' }, [3, 4]],
  ['prelu', {}, [4]],
  ['softmax', { axis: [1, 2] }, [3, 4]],
  ['activityRegularization', { l1: 0.1, l2: 0.2 }, [4]],
  ['dropout', { rate: 0.5, noiseShape: [null, 1, null] }, [3, 4]],
  ['spatialDropout1d', { rate: 0.5 }, [3, 4]],
  ['spatialDropout2d', { rate: 0.5 }, image],
  ['spatialDropout3d', { rate: 0.5 }, [2, 2, 3, 2]],
  ['gaussianDropout', { rate: 0.5 }, [3, 4]],
  ['gaussianNoise', { stddev: 0.5 }, [3, 4]],
  ['alphaDropout', { rate: 0.3, noiseShape: [null, 1] }, [4]],
  ['permute', { dims: [2, 1] }, [3, 4]],
  ['repeatVector', { n: 3 }, [4]],
  ['identity', {}, [4]],
  ['cropping1d', { cropping: [0, 2] }, [5, 2]],
  ['cropping2d', { cropping: [1, 2] }, image],
  ['cropping3d', {}, [3, 4, 3, 2]],
  ['zeroPadding1d', { padding: 2 }, [3, 2]],
  [
    'zeroPadding3d',
    {
      padding: [
        [0, 1],
        [1, 0],
        [2, 0],
      ],
    },
    [2, 2, 2, 1],
  ],
  ['upSampling1d', { size: 3 }, [3, 2]],
  ['upSampling3d', { size: [1, 2, 2] }, [2, 2, 2, 1]],
  ['rescaling', { scale: [0.5, 2], offset: -1 }, [3, 2]],
  ['resizing', { height: 3, width: 4, cropToAspectRatio: true }, image],
  ['resizing', { height: 7, width: 4, interpolation: 'nearest', padToAspectRatio: true }, image],
  ['centerCrop', { height: 3, width: 8 }, image],
  ['maxPool2d', {}, image],
  ['maxPool2d', { poolSize: 3, strides: 2, padding: 'same' }, image],
  ['avgPool2d', {}, image],
  ['avgPool2d', { poolSize: [2, 3], strides: 1, padding: 'same' }, image],
  ['globalAvgPool2d', {}, image],
  ['globalAvgPool2d', { keepDims: true }, image],
  ['globalMaxPool2d', {}, image],
  ['flatten', {}, image],
  ['flatten', {}, []],
  ['reshapeLayer', { targetShape: [2, -1] }, image],
  ['dropout', { rate: 0.4 }, image],
  ['dropout', { rate: 1 }, image],
  ['batchNorm', {}, image],
  ['batchNorm', { axis: 1, momentum: 0.5, epsilon: 1e-5 }, image],
  ['batchNorm', { center: false, scale: false }, [4]],
  ['batchNorm', { trainable: false }, [4]],
  ['layerNorm', {}, image],
  ['layerNorm', { axis: [1, -1], epsilon: 1e-6, scale: false }, image],
  ['activation', { activation: 'silu' }, image],
  ['embedding', { inputDim: 7, outputDim: 3, embeddingsRegularizer: 'l1' }, [4], tokens],
  ['zeroPadding2d', { padding: [1, 2] }, image],
  ['upSampling2d', { size: [2, 3] }, image],
  ['upSampling2d', { interpolation: 'bilinear' }, image],
];

describe('every layer keeps the contract', () => {
  it.each(CASES.map((c) => [`${c[0]} ${JSON.stringify(c[1])}`, c] as const))(
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
    const kinds = [...CASES.map((c) => c[0]), ...SEQUENCE_CASES.map((c) => c.kind)];
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
