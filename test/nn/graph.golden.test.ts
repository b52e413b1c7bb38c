import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { reference } from '../../src/backends/reference/index';
import { wasm } from '../../src/backends/wasm/index';
import { scope } from '../../src/core/scope';
import type { Tensor } from '../../src/core/tensor';
import {
  batchNorm,
  type CompileOptions,
  dense,
  embedding,
  input,
  l2,
  layerNorm,
  model,
  type NetworkModel,
  sequential,
  withTrainable,
} from '../../src/nn/index';
import { type NestedValues, tensor } from '../../src/ops/create';
import { add, sub } from '../../src/ops/elementwise';
import { sgd } from '../../src/optim/index';
import { join, merge } from './merge';

type Nest = NestedValues | { readonly [name: string]: NestedValues };

interface Golden {
  readonly name: string;
  readonly layers: string[];
  readonly before: NestedValues[];
  readonly x: Nest;
  readonly y: Nest;
  readonly sampleWeight: Nest | null;
  readonly history: Record<string, number[]>;
  readonly evaluated: Record<string, number>;
  readonly after: NestedValues[];
  readonly predicted: Nest;
}

const golden = JSON.parse(readFileSync(new URL('../fixtures/nn/graphs.json', import.meta.url), 'utf8')) as Golden[];

interface Case {
  readonly build: () => NetworkModel<unknown>;
  readonly options: Omit<CompileOptions, 'optimizer'>;
}

const inner = (frozen: boolean): NetworkModel<unknown> => {
  const x = input([4]);
  const part = sequential([dense({ units: 4, name: 'd' }), batchNorm({ name: 'bn' })], {
    inputShape: [4],
    name: 'inner',
  });
  const shared = withTrainable(part, !frozen);
  return model({ inputs: x, outputs: dense({ units: 2, name: 'out' }).apply(shared.apply(shared.apply(x))) });
};

const CASES: Record<string, Case> = {
  residual: {
    build: () => {
      const x = input([4]);
      const hidden = dense({ units: 4, activation: 'relu', name: 'hidden' }).apply(x);
      const sum = merge('sum', ([a, b]) => add(a!, b!)).apply([x, hidden]);
      const y = dense({ units: 3, activation: 'softmax', name: 'out' }).apply(layerNorm({ name: 'norm' }).apply(sum));
      return model({ inputs: x, outputs: y });
    },
    options: { loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] },
  },
  two: {
    build: () => {
      const [a, b] = [input([3], { name: 'a' }), input([2], { name: 'b' })];
      const hidden = dense({ units: 5, activation: 'tanh', kernelRegularizer: l2(0.01), name: 'hidden' });
      const h = hidden.apply(join('join').apply([a, b]));
      const sign = dense({ units: 1, activation: 'sigmoid', name: 'sign' }).apply(h);
      return model({ inputs: { a, b }, outputs: { sign, size: dense({ units: 2, name: 'size' }).apply(h) } });
    },
    options: {
      loss: { sign: 'binaryCrossentropy', size: 'meanSquaredError' },
      lossWeights: { size: 0.25 },
      metrics: { sign: 'accuracy', size: ['meanAbsoluteError'] },
      weightedMetrics: { size: 'meanAbsoluteError' },
    },
  },
  siamese: {
    build: () => {
      const [a, b] = [input([3], { name: 'a' }), input([3], { name: 'b' })];
      const shared = dense({ units: 4, activation: 'tanh', kernelRegularizer: l2(0.1), name: 'shared' });
      const difference = merge('difference', ([p, q]) => sub(p!, q!)).apply([shared.apply(a), shared.apply(b)]);
      return model({ inputs: [a, b], outputs: dense({ units: 1, name: 'out' }).apply(difference) });
    },
    options: { loss: 'meanSquaredError' },
  },
  nested: { build: () => inner(false), options: { loss: 'meanSquaredError' } },
  frozen: { build: () => inner(true), options: { loss: 'meanSquaredError' } },
  masks: {
    build: () => {
      const x = input([5]);
      const vectors = embedding({ inputDim: 7, outputDim: 3, maskZero: true, name: 'embedding' }).apply(x);
      return model({ inputs: x, outputs: dense({ units: 4, activation: 'softmax', name: 'out' }).apply(vectors) });
    },
    options: {
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy'],
      weightedMetrics: ['accuracy'],
    },
  },
};

const camel = (key: string): string => key.replace(/_(\w)/g, (_, c: string) => c.toUpperCase());
/** Keras's numbers are sums in float32. */
const TOLERANCE = 2e-5;

function expectClose(got: Tensor, wanted: NestedValues, what: string): void {
  const expected = tensor(wanted, { backend: got.backend });
  const values = expected.dataSync();
  const scale = Math.max(1, ...values.map(Math.abs));
  got.dataSync().forEach((v, i) => {
    expect(Math.abs(v - values[i]!) / scale, `${what}[${i}]`).toBeLessThan(TOLERANCE);
  });
}

describe.each(['reference', 'wasm'])('on %s, Keras agrees on', (name) => {
  it.each(golden.map((g) => [g.name, g] as const))('%s', async (_, g) => {
    const { build, options } = CASES[g.name]!;
    const fresh = build();
    const m = fresh.to(name === 'wasm' ? wasm() : reference());
    fresh.dispose();
    expect(m.layerNames).toEqual(g.layers);
    m.setWeights(g.before);
    m.compile({ optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }), ...options });
    const weighting = g.sampleWeight === null ? {} : { sampleWeight: g.sampleWeight };
    const how = { batchSize: 4, epochs: 3, shuffle: false, verbose: 0, ...weighting } as const;
    const { history } = await m.fit(g.x, g.y, how);
    for (const [key, values] of Object.entries(g.history)) {
      // On JAX, Keras loses the mask of an output between the gradient and the metrics of a step.
      if (g.name === 'masks' && key !== 'loss') continue;
      values.forEach((v, epoch) => {
        expect(history[camel(key)]?.[epoch], `${key} in epoch ${epoch + 1}`).toBeCloseTo(v, 4);
      });
    }
    expect(Object.keys(history).sort()).toEqual(Object.keys(g.history).map(camel).sort());
    g.after.forEach((w, i) => {
      expectClose(m.weights[i]!.value, w, m.weights[i]!.path);
    });
    const evaluated = await m.evaluate(g.x, g.y, { batchSize: 4, ...weighting });
    for (const [key, value] of Object.entries(g.evaluated)) expect(evaluated[camel(key)], key).toBeCloseTo(value, 4);
    scope(() => {
      const y = m.predict(g.x) as Tensor | Record<string, Tensor>;
      const wanted = g.predicted as Record<string, NestedValues>;
      if (Array.isArray(g.predicted)) expectClose(y as Tensor, g.predicted, 'predicted');
      else for (const key of Object.keys(wanted)) expectClose((y as Record<string, Tensor>)[key]!, wanted[key]!, key);
    });
    m.dispose();
  });
});
