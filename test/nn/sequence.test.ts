import { describe, expect, it } from 'vitest';
import { grad } from '../../src/autograd/grad';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import type { Tensor } from '../../src/core/tensor';
import type { Layer } from '../../src/nn/layer';
import * as L from '../../src/nn/layers/index';
import { sequential } from '../../src/nn/sequential';
import { ones, tensor } from '../../src/ops/create';
import { concat, square, sum } from '../../src/ops/index';
import { expectValues } from '../ops/close';

const predict = { training: false, rng: null };
const train = (seed: number) => ({ training: true, rng: new Rng(seed) });
const noise = (shape: number[], seed = 1): Tensor => {
  const rng = new Rng(seed);
  return tensor({ data: Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => rng.gaussian()), shape });
};

describe('recurrent layers', () => {
  it('start as Keras has it: forget gates open, recurrent kernels orthonormal', () => {
    const { params } = L.lstm({ units: 3 }).init([5, 2], new Rng(0));
    expect([...params.bias!.dataSync()]).toEqual([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0]);
    const rows = params.recurrentKernel!.toArraySync() as number[][];
    const inner = (a: number[], b: number[]) => a.reduce((s, v, i) => s + v * b[i]!, 0);
    expectValues(
      rows.flatMap((a) => rows.map((b) => inner(a, b))),
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
      1e-6,
    );
  });

  it.each(['simpleRNN', 'lstm', 'gru'] as const)('%s: one operation and steps of their own agree', (kind) => {
    const factory = L[kind] as (options: L.RecurrentOptions) => Layer;
    const make = (unroll: boolean) => factory({ units: 5, unroll, returnSequences: true, goBackwards: true });
    const { params } = make(false).init([7, 3], new Rng(2));
    const x = noise([4, 7, 3]);
    const y = (unroll: boolean) => make(unroll).call(params, {}, x, predict).y.dataSync();
    expectValues(y(false), y(true), 1e-5);
  });

  it('are differentiated twice with unroll, and refuse it else', () => {
    const run = (unroll: boolean) => {
      const layer = L.gru({ units: 2, unroll });
      const { params } = layer.init([3, 2], new Rng(1));
      const f = (x: Tensor): Tensor => sum(square(layer.call(params, {}, x, predict).y));
      return grad((x: Tensor) => sum(square(grad(f)(x))))(noise([1, 3, 2])).dataSync();
    };
    expect(run(true).every((v) => Number.isFinite(v) && v !== 0)).toBe(true);
    expect(() => run(false)).toThrow(/unroll: true/);
  });

  it('go on where the last batch ended, when stateful', () => {
    const layer = L.lstm({ units: 3, stateful: true, batchSize: 2 });
    const whole = L.lstm({ units: 3 });
    const { params, state } = layer.init([2, 4], new Rng(3));
    const parts = [noise([2, 2, 4], 1), noise([2, 2, 4], 2)];
    const first = layer.call(params, state, parts[0]!, predict);
    const second = layer.call(params, first.state, parts[1]!, predict);
    const joined = concat(parts, 1);
    expectValues(second.y.dataSync(), whole.call(params, {}, joined, predict).y.dataSync(), 1e-5);
    expect(() => layer.call(params, state, noise([3, 2, 4]), predict)).toThrow(/batches of 2, got one of 3/);
  });

  it('drop features alike at all steps, and the state gate by gate', () => {
    const layer = L.simpleRNN({ units: 1, activation: 'linear', dropout: 0.25, returnSequences: true, useBias: false });
    const params = { kernel: ones([1, 1]), recurrentKernel: tensor([[0]]) };
    const { y } = layer.call(params, {}, ones([2000, 2, 1]), train(1));
    const rows = y.toArraySync() as number[][][];
    expect(rows.every(([a, b]) => a![0] === b![0])).toBe(true);
    const dropped = rows.filter(([a]) => a![0] === 0).length;
    expect(Math.abs(dropped / 2000 - 0.25)).toBeLessThan(0.04);
    expect(rows.every(([a]) => a![0] === 0 || Math.abs(a![0]! - 1 / 0.75) < 1e-6)).toBe(true);
    const gates = L.lstm({ units: 1, recurrentDropout: 0.5, useBias: false });
    const weights = { kernel: ones([1, 4]), recurrentKernel: ones([1, 4]) };
    const outputs = gates.call(weights, {}, ones([400, 2, 1]), train(2)).y.dataSync();
    // Four masks make sixteen outcomes; one mask would make two.
    expect(new Set(outputs).size).toBe(16);
  });
});

describe('masks', () => {
  it('go from an embedding through a model: padding changes nothing', () => {
    const layers = [
      L.embedding({ inputDim: 9, outputDim: 4, maskZero: true }),
      L.bidirectional({ layer: L.lstm({ units: 3, returnSequences: true }) }),
      L.gru({ units: 2 }),
    ];
    const model = sequential(layers, { inputShape: [6], seed: 1 });
    const y = model
      .predict([
        [5, 2, 7, 0, 0, 0],
        [0, 0, 0, 5, 2, 7],
      ])
      .toArraySync() as number[][];
    expectValues(y[0]!, y[1]!, 1e-6);
    const bare = sequential([L.embedding({ inputDim: 9, outputDim: 4 }), ...layers.slice(1)], {
      inputShape: [6],
      seed: 1,
    });
    bare.setWeights(model.getWeights());
    expect(bare.predict([[5, 2, 7, 0, 0, 0]]).dataSync()[0]).not.toBeCloseTo(y[0]![0]!, 6);
  });
});

describe('refuses', () => {
  const at = (layer: { many?: unknown }, ...shapes: number[][]) =>
    (layer.many as { outputShapes(s: number[][]): unknown }).outputShapes(shapes);

  it.each([
    ['a rate of 1', () => L.lstm({ units: 2, dropout: 1 }), /dropout must be a number in \[0, 1\)/],
    ['an unknown activation', () => L.gru({ units: 2, recurrentActivation: 'step' as never }), /recurrentActivation/],
    ['stateful without a batch size', () => L.lstm({ units: 2, stateful: true }), /batchSize must be/],
    ['a layer that is none', () => L.bidirectional({ layer: {} as never }), /layer must be a layer/],
    [
      'a layer that is not recurrent',
      () => L.bidirectional({ layer: L.dense({ units: 1 }) }),
      /must be a recurrent layer/,
    ],
    [
      'two layers of one direction',
      () => L.bidirectional({ layer: L.gru({ units: 1 }), backwardLayer: L.gru({ units: 1 }) }),
      /one of them must go backwards/,
    ],
    ['a merge mode', () => L.bidirectional({ layer: L.gru({ units: 1 }), mergeMode: 'max' as never }), /mergeMode/],
    ['heads of nothing', () => L.multiHeadAttention({ numHeads: 0, keyDim: 1 }), /numHeads/],
  ] as const)('%s', (_, make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  it.each([
    ['no steps', () => at(L.lstm({ units: 2 }), [0, 3]), /no steps/],
    ['no features', () => at(L.lstm({ units: 2 }), [5]), /\[batch, time, features\]/],
    ['half a state', () => at(L.lstm({ units: 2 }), [5, 3], [2]), /the state is 2 tensors/],
    ['a state of another size', () => at(L.gru({ units: 2 }), [5, 3], [3]), /must have shape \[2\]/],
    ['keys without values', () => at(L.attention(), [2, 3], [4, 3], [5, 3]), /4 values but 5 keys/],
    ['keys of other features', () => at(L.additiveAttention(), [2, 3], [4, 2]), /queries have 3 features, keys 2/],
    [
      'an axis that is none',
      () => at(L.multiHeadAttention({ numHeads: 1, keyDim: 1, attentionAxes: 3 }), [2, 3]),
      /attentionAxes/,
    ],
    [
      'a mask that does not fit',
      () => at(L.multiHeadAttention({ numHeads: 2, keyDim: 1 }), [2, 3], [4, 3], [4, 3], [4, 2]),
      /attention mask/,
    ],
    [
      'more heads than features',
      () => at(L.transformerEncoder({ intermediateDim: 2, numHeads: 4 }), [5, 3]),
      /too few for 4 heads/,
    ],
    [
      'more steps than places',
      () => L.positionEmbedding({ sequenceLength: 3 }).outputShape([4, 2]),
      /vectors for 3 only/,
    ],
  ] as const)('%s', (_, use, message) => {
    expect(use).toThrow(ShapeError);
    expect(use).toThrow(message);
  });
});
