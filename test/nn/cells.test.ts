import { describe, expect, it } from 'vitest';
import { ConfigError, ShapeError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import type { Tensor } from '../../src/core/tensor';
import * as nn from '../../src/nn/index';
import type { AnyLayer } from '../../src/nn/layer';
import { ones, tensor } from '../../src/ops/create';
import { square, sub } from '../../src/ops/elementwise';
import { mean } from '../../src/ops/reduce';
import { expectValues } from '../ops/close';

const noise = (shape: readonly number[], seed = 0): Tensor => {
  const rng = new Rng(seed);
  const size = shape.reduce((a, b) => a * b, 1);
  return tensor({ data: Float32Array.from({ length: size }, () => rng.gaussian()), shape });
};
const read = (t: unknown): number[] => [...(t as Tensor).dataSync()];
const net = (layers: readonly AnyLayer[], inputShape: readonly number[]) =>
  nn.sequential(layers as never, { inputShape, seed: 3 });
const values = (model: nn.Sequential, x: Tensor): number[] => scope(() => read(model.predict(x)));

/** h′ = tanh(dense(x) + dense(h)), as a graph. */
const modelCell = (units: number, features: number): AnyLayer => {
  const [x, h] = [nn.input([features]), nn.input([units])];
  const sum = nn.add().apply([nn.dense({ units }).apply(x), nn.dense({ units, useBias: false }).apply(h)]);
  const y = nn.activation({ activation: 'tanh' }).apply(sum);
  return nn.model({ inputs: [x, h], outputs: [y, nn.identity().apply(y)], seed: 1 }).asLayer() as AnyLayer;
};

describe('cells', () => {
  it.each([
    ['lstm', nn.lstm({ units: 3 }), nn.lstmCell({ units: 3 })],
    ['gru', nn.gru({ units: 3, resetAfter: false }), nn.gruCell({ units: 3, resetAfter: false })],
    ['simpleRNN', nn.simpleRNN({ units: 3 }), nn.simpleRNNCell({ units: 3 })],
  ])('in rnn are %s, with the same weights', (_, layer, cell) => {
    const [whole, steps] = [net([layer], [5, 2]), net([nn.rnn({ cell })], [5, 2])];
    expect(steps.countParams()).toBe(whole.countParams());
    steps.setWeights(whole.getWeights());
    const x = noise([4, 5, 2]);
    expectValues(values(steps, x), values(whole, x), 1e-5);
  });

  it('can be models, and layers of one’s own', async () => {
    const own = net([nn.rnn({ cell: modelCell(3, 2), returnSequences: true })], [5, 2]);
    const plain = net([nn.simpleRNN({ units: 3, returnSequences: true })], [5, 2]);
    const [kernel, bias, recurrent] = own.getWeights();
    plain.setWeights([kernel!, recurrent!, bias!]);
    const x = noise([2, 5, 2]);
    expectValues(values(own, x), values(plain, x), 1e-5);
    // A file rebuilds it from its topology.
    const loaded = await nn.loadModel(await own.toBytes());
    expect(values(loaded, x)).toEqual(values(own, x));
    // A layer with stateShapes.
    const custom = { ...nn.gruCell({ units: 3 }), kind: 'mine' };
    const mine = net([nn.rnn({ cell: custom })], [5, 2]);
    const customLayers = { mine: (config: never) => ({ ...nn.gruCell(config), kind: 'mine' }) as never };
    const again = await nn.loadModel(await mine.toBytes(), { customLayers });
    expect(values(again, x)).toEqual(values(mine, x));
    await expect(nn.loadModel(await mine.toBytes())).rejects.toThrow(/no layer of kind "mine"/);
  });

  it('of which the output is no state put out zero at masked steps before the first', () => {
    const [x, h] = [nn.input([2]), nn.input([2])];
    const next = nn.add().apply([x, h]);
    const y = nn.dense({ units: 1, kernelInitializer: 'ones', useBias: false }).apply(next);
    const cell = nn.model({ inputs: [x, h], outputs: [y, next], seed: 1 }).asLayer() as AnyLayer;
    const layer = nn.rnn({ cell, returnSequences: true });
    const { params } = layer.init([4, 2], new Rng(0));
    const mask = tensor([[0, 1, 0, 1]], { dtype: 'bool' });
    const { y: out } = layer.call(params, {}, ones([1, 4, 2]), { training: false, rng: null, mask });
    expect(read(out)).toEqual([0, 2, 2, 4]);
  });

  it('drop alike at all steps, compiled or not', async () => {
    const layer = nn.rnn({
      cell: nn.simpleRNNCell({ units: 1, activation: 'linear', dropout: 0.5, useBias: false }),
      returnSequences: true,
    });
    const params = { 'cell/kernel': ones([1, 1]), 'cell/recurrentKernel': tensor([[0]]) };
    const { y } = layer.call(params, {}, ones([200, 3, 1]), { training: true, rng: new Rng(1) });
    const rows = y.toArraySync() as number[][][];
    expect(rows.every(([a, b, c]) => a![0] === b![0] && b![0] === c![0])).toBe(true);
    expect(new Set(rows.map(([a]) => a![0]))).toEqual(new Set([0, 2]));
    const cell = nn.stackedRNNCells({
      cells: [nn.lstmCell({ units: 4, dropout: 0.5 }), nn.gruCell({ units: 2, recurrentDropout: 0.5 })],
    });
    const train = async (eager: boolean) => {
      const model = net([nn.rnn({ cell }), nn.dropout({ rate: 0.5 })], [3, 2]);
      // A loss that looks at values can't be compiled.
      const loss = (yTrue: Tensor, yPred: Tensor): Tensor => {
        if (eager) yPred.dataSync();
        return mean(square(sub(yTrue, yPred)), { axis: -1 });
      };
      model.compile({ optimizer: 'sgd', loss: loss as never });
      await model.fit(noise([8, 3, 2], 1), noise([8, 2], 2), { epochs: 2, batchSize: 4, seed: 5 });
      return model.getWeights().flatMap(read);
    };
    expectValues(await train(false), await train(true), 1e-6);
  });

  it('take masks as the layers do, convolutions too: masked steps at the end change nothing', () => {
    const x = noise([1, 5, 4, 4, 1]);
    const short = noise([1, 5, 4, 4, 1])
      .dataSync()
      .slice(0, 3 * 16);
    const layer = nn.convLSTM2d({ filters: 2, kernelSize: 3, padding: 'same', returnState: true });
    const form = layer.many;
    const { params } = form.init([[5, 4, 4, 1]], new Rng(0));
    const ctx = { training: false, rng: null };
    const mask = tensor([[1, 1, 1, 0, 0]], { dtype: 'bool' });
    const masked = form.call(params, {}, { xs: [x], masks: [mask] }, ctx);
    const plain = form.call(params, {}, { xs: [tensor({ data: short, shape: [1, 3, 4, 4, 1] })], masks: [null] }, ctx);
    masked.ys.forEach((y, i) => {
      expectValues(read(y), read(plain.ys[i]!), 1e-6);
    });
  });

  it('go on from batch to batch, when stateful', async () => {
    const cell = nn.stackedRNNCells({ cells: [nn.lstmCell({ units: 2 }), nn.gruCell({ units: 2 })] });
    const x = noise([1, 6, 2]);
    const halves = [x.dataSync().slice(0, 6), x.dataSync().slice(6)].map((data) => tensor({ data, shape: [1, 3, 2] }));
    const parts = net([nn.rnn({ cell, stateful: true, batchSize: 1 })], [3, 2]);
    const whole = net([nn.rnn({ cell })], [6, 2]);
    whole.setWeights(parts.getWeights());
    values(parts, halves[0]!);
    expectValues(values(parts, halves[1]!), values(whole, x), 1e-5);
    parts.resetStates();
    expect(parts.countParams()).toBe(whole.countParams());
    const images = net([nn.convLSTM2d({ filters: 1, kernelSize: 2, stateful: true, batchSize: 2 })], [2, 3, 3, 1]);
    const frames = noise([2, 2, 3, 3, 1], 4);
    const first = values(images, frames);
    expect(values(images, frames)).not.toEqual(first);
    images.resetStates();
    expect(values(images, frames)).toEqual(first);
    const loaded = await nn.loadModel(await images.toBytes());
    expect(values(loaded, frames)).toEqual(values(images, frames));
    const both = net([nn.bidirectional({ layer: nn.rnn({ cell, stateful: true, batchSize: 1 }) })], [3, 2]);
    expect(values(both, halves[0]!)).not.toEqual(values(both, halves[0]!));
  });

  it('learn through the steps', async () => {
    const model = net(
      [nn.convLSTM2d({ filters: 2, kernelSize: 2 }), nn.flatten(), nn.dense({ units: 1 })],
      [3, 4, 4, 1],
    );
    model.compile({ optimizer: 'adam', loss: 'mse' });
    const { history } = await model.fit(noise([8, 3, 4, 4, 1]), noise([8, 1], 1), { epochs: 20, seed: 0 });
    expect(history.loss.at(-1)!).toBeLessThan(history.loss[0]!);
  });
});

describe('recurrent layers of cells refuse', () => {
  const at =
    (layer: AnyLayer, ...shapes: number[][]) =>
    () =>
      layer.many!.outputShapes(shapes);
  it.each([
    ['a layer that is no cell', () => nn.rnn({ cell: nn.dense({ units: 2 }) }), ConfigError, /dense is no cell/],
    ['nothing', () => nn.rnn({} as never), ConfigError, /cell must be a layer/],
    ['no cells', () => nn.stackedRNNCells({ cells: [] }), ConfigError, /cells must be an array/],
    ['layers among cells', () => nn.stackedRNNCells({ cells: [nn.lstm({ units: 1 })] }), ConfigError, /cells must be/],
    ['sequences of no steps', at(nn.rnn({ cell: nn.gruCell({ units: 2 }) }), [0, 3]), ShapeError, /at least one step/],
    [
      'one state for two',
      at(nn.rnn({ cell: nn.lstmCell({ units: 2 }) }), [5, 3], [2]),
      ShapeError,
      /2 tensors of shapes/,
    ],
    ['a cell without its state', at(nn.lstmCell({ units: 2 }), [3]), ShapeError, /takes 3 inputs, got 1/],
    ['a state of another size', at(nn.gruCell({ units: 2 }), [3], [4]), ShapeError, /\[batch, 2\]/],
    [
      'an option of sequences',
      () => nn.lstmCell({ units: 2, returnSequences: true } as never),
      ConfigError,
      /unknown option/,
    ],
    ['images without channels', at(nn.convLSTM2d({ filters: 1, kernelSize: 2 }), [2, 3, 3]), ShapeError, /channels/],
    [
      'small images',
      at(nn.convLSTM2d({ filters: 1, kernelSize: 5 }), [2, 3, 3, 1]),
      ShapeError,
      /larger than the input/,
    ],
    [
      'a stateful layer without batches',
      () => nn.rnn({ cell: nn.gruCell({ units: 1 }), stateful: true }),
      ConfigError,
      /batchSize/,
    ],
    [
      'strides and dilations',
      () => nn.convLSTM1d({ filters: 1, kernelSize: 2, strides: 2, dilations: 2 }),
      ConfigError,
      /can't both/,
    ],
  ] as const)('%s', (_, make, kind, message) => {
    expect(make).toThrow(kind);
    expect(make).toThrow(message);
  });
});
