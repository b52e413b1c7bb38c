import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { flattenNest } from '../../src/core/nest';
import { Rng } from '../../src/core/rng';
import { scope } from '../../src/core/scope';
import { memory, Tensor } from '../../src/core/tensor';
import * as nn from '../../src/nn/index';
import { square, sub } from '../../src/ops/elementwise';
import { sum } from '../../src/ops/reduce';
import * as optim from '../../src/optim/index';
import { expectValues } from '../ops/close';
import { settled } from '../setup/collect';

const draw = (seed: number, n: number, d: number): number[][] => {
  const rng = new Rng(seed);
  return Array.from({ length: n }, () => Array.from({ length: d }, () => rng.gaussian()));
};
const values = (model: nn.Sequential): number[][] => model.getWeights().map((w) => [...w.dataSync()]);
/** A loss of every output on its own, so that columns of the head learn apart from each other. */
const apart = (t: Tensor, p: Tensor): Tensor => sum(square(sub(t, p)), { axis: -1 });

describe('withMoreClasses', () => {
  const linear = (units: number, optimizer: optim.OptimizerSpec) => {
    const model = nn.sequential([nn.dense({ units, name: 'head' })], { inputShape: [3], seed: 1 });
    model.compile({ optimizer, loss: apart });
    return model;
  };

  it.each<[string, optim.OptimizerSpec]>([
    ['sgd with momentum', optim.sgd({ learningRate: 0.05, momentum: 0.9 })],
    ['adam', optim.adam({ learningRate: 0.05 })],
    ['rmsprop', 'rmsprop'],
    ['nadam', 'nadam'],
    ['an average of the weights', optim.adam({ learningRate: 0.05, useEma: true })],
    ['accumulated gradients', optim.accumulate(optim.adam(), 3)],
  ])('lets %s go on with the old classes as if nothing had happened', async (_, optimizer) => {
    const [x, y] = [draw(1, 24, 3), draw(2, 24, 2)];
    const [model, untouched] = [linear(2, optimizer), linear(2, optimizer)];
    const how = { shuffle: false, epochs: 2, batchSize: 4, verbose: 0 };
    await model.fit(x, y, how);
    await untouched.fit(x, y, how);
    const wider = nn.withMoreClasses(model, 4);
    await wider.fit(
      x,
      y.map((row) => [...row, 1, -1]),
      how,
    );
    await untouched.fit(x, y, how);
    const [[kernel, bias], [plain, plainBias]] = [values(wider), values(untouched)] as [number[][], number[][]];
    expectValues(
      kernel!.filter((_, i) => i % 4 < 2),
      plain!,
      1e-5,
    );
    expectValues(bias!.slice(0, 2), plainBias!, 1e-5);
    expect(kernel!.length).toBe(12);
  });

  it('keeps the scores of the old classes bit for bit, draws the new ones, and leaves the model as it is', async () => {
    const input = nn.input([3]);
    const hidden = nn.dense({ units: 5, activation: 'tanh' }).apply(input);
    const scores = nn.dense({ units: 2, name: 'scores' }).apply(hidden);
    const model = nn.model({ inputs: input, outputs: nn.softmax().apply(scores), seed: 3 });
    model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
    await model.fit(draw(1, 8, 3), [0, 1, 0, 1, 0, 1, 0, 1], { epochs: 2, verbose: 0 });
    const before = model.getWeights().map((w) => [...w.dataSync()]);
    const wider = nn.withMoreClasses(model, 5, { seed: 2 });
    expect(wider.outputShape).toEqual([5]);
    expect(model.outputShape).toEqual([2]);
    const x = draw(4, 3, 3);
    const scoresOf = (m: typeof model) => {
      const part = nn.submodel(m, { outputs: 'scores' });
      return scope(() => (part.predict(x) as Tensor).toArraySync() as number[][]);
    };
    expect(scoresOf(wider).map((row) => row.slice(0, 2))).toEqual(scoresOf(model));
    const kernel = wider.getWeights()[2]!.toArraySync() as number[][];
    expect(new Set(kernel.flatMap((row) => row.slice(2))).size).toBe(15);
    await wider.fit(draw(5, 8, 3), [4, 3, 2, 1, 0, 1, 2, 3], { epochs: 2, verbose: 0 });
    expect(model.getWeights().map((w) => [...w.dataSync()])).toEqual(before);
    // The same seed draws the same.
    const again = nn.withMoreClasses(model, 5, { seed: 2 }).getWeights()[2]!;
    expect(again.toArraySync()).toEqual(nn.withMoreClasses(model, 5, { seed: 2 }).getWeights()[2]!.toArraySync());
    const loaded = await nn.loadModel<typeof wider>(await wider.toBytes());
    expect(scope(() => (loaded.predict(x) as Tensor).toArraySync())).toEqual(
      scope(() => (wider.predict(x) as Tensor).toArraySync()),
    );
  });

  it('learns new classes without forgetting how far the optimiser is', async () => {
    const model = nn.sequential(
      [nn.dense({ units: 8, activation: 'relu' }), nn.dense({ units: 2, activation: 'softmax' })],
      {
        inputShape: [2],
        seed: 1,
      },
    );
    model.compile({
      optimizer: optim.adam({ learningRate: 0.05 }),
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy'],
    });
    const rng = new Rng(7);
    const batch = (classes: number) => {
      const y = Array.from({ length: 32 }, () => rng.integer(classes));
      const x = y.map((c) => [
        2 * Math.cos((2 * Math.PI * c) / 3) + 0.3 * rng.gaussian(),
        2 * Math.sin((2 * Math.PI * c) / 3) + 0.3 * rng.gaussian(),
      ]);
      return [x, y] as const;
    };
    for (let i = 0; i < 30; i++) await model.partialFit(...batch(2));
    const countOf = (m: nn.Sequential) =>
      flattenNest<unknown>(m.variables.optimizerState as never).leaves.map((t) =>
        t instanceof Tensor ? t.shape.join() : t,
      );
    const wider = nn.withMoreClasses(model, 3);
    expect(countOf(wider).length).toBe(countOf(model).length);
    for (let i = 0; i < 60; i++) await wider.partialFit(...batch(3));
    expect((await wider.testOnBatch(...batch(3))).accuracy).toBeGreaterThan(0.95);
  });

  it('keeps what pruning removed, and frees what it does not keep', async () => {
    const { prune } = await import('../../src/compress/index');
    const model = linear(2, 'adam');
    await model.fit(draw(1, 8, 3), draw(2, 8, 2), { verbose: 0 });
    const pruned = (await prune({ sparsity: 0.5 })(model)) as nn.Sequential;
    const wider = nn.withMoreClasses(pruned, 3);
    await wider.fit(draw(1, 8, 3), draw(2, 8, 3), { verbose: 0 });
    const [kernel] = wider.getWeights();
    const old = (kernel!.toArraySync() as number[][]).flatMap((row) => row.slice(0, 2));
    expect(old.filter((v) => v === 0).length).toBe(3);
    await settled();
    const before = memory();
    scope(() => {
      nn.withMoreClasses(pruned, 3);
    });
    expect(memory()).toEqual(before);
  });

  it.each<[string, () => unknown, RegExp]>([
    [
      'fewer classes',
      () => nn.withMoreClasses(linear(3, 'sgd'), 3),
      /'head' has 3 units; give an integer above that, got 3/,
    ],
    ['no number', () => nn.withMoreClasses(linear(3, 'sgd'), '4' as never), /integer above that/],
    ['another layer', () => nn.withMoreClasses(linear(3, 'sgd'), 4, { layer: 'tail' }), /no dense layer 'tail'/],
    [
      'no dense layer',
      () => nn.withMoreClasses(nn.sequential([nn.flatten()], { inputShape: [2] }), 4),
      /has no dense layer of its own/,
    ],
    [
      'layers behind it',
      () =>
        nn.withMoreClasses(
          nn.sequential([nn.dense({ units: 2, name: 'a' }), nn.dense({ units: 2 })], { inputShape: [2] }),
          4,
          { layer: 'a' },
        ),
      /behind 'a', 'dense' would need a weight of shape \[4, 2\] instead of \[2, 2\]/,
    ],
    ['a model without weights', () => nn.withMoreClasses(nn.sequential([nn.dense({ units: 2 })]), 4), /no weights yet/],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });
});

describe('learning from a stream', () => {
  const model = () => {
    const m = nn.sequential([nn.dense({ units: 1 })], { inputShape: [2], seed: 1 });
    m.compile({ optimizer: 'adam', loss: 'mse', metrics: ['mae'] });
    return m;
  };
  const [x, y] = [draw(1, 10, 2), draw(2, 10, 1)];

  it('by partialFit is one fit over the batches in their order, whatever the pieces', async () => {
    const [whole, pieces, stream] = [model(), model(), model()];
    await whole.fit(x, y, { batchSize: 2, shuffle: false, verbose: 0 });
    for (let at = 0; at < 10; at += 2) await pieces.partialFit(x.slice(at, at + 2), y.slice(at, at + 2));
    const batches = async function* () {
      for (let at = 0; at < 10; at += 2) yield [x.slice(at, at + 2), y.slice(at, at + 2)] as const;
    };
    const seen = await stream.partialFit(batches());
    expect(values(pieces)).toEqual(values(whole));
    expect(values(stream)).toEqual(values(whole));
    expect(Object.keys(seen)).toEqual(['loss', 'meanAbsoluteError']);
  });

  it('tells the loss from before each step, and takes weights of samples', async () => {
    const m = model();
    const before = await m.evaluate(x, y, { batchSize: 10 });
    const seen = await m.partialFit(x, y, { batchSize: 10 });
    expect(seen.loss).toBeCloseTo(before.loss, 6);
    const still = model();
    await still.partialFit(x, y, { sampleWeight: x.map(() => 0) });
    expectValues(values(still).flat(), values(model()).flat(), 1e-7);
    await expect(m.partialFit(x, y, { epochs: 2 } as never)).rejects.toThrow(/partialFit: unknown option 'epochs'/);
  });
});

describe('callbacks', () => {
  it('modelCheckpoint saves after every so many batches, over the ends of epochs', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'kompakt-'));
    try {
      const m = nn.sequential([nn.dense({ units: 1 })], { inputShape: [2], seed: 1 });
      m.compile({ optimizer: 'sgd', loss: 'mse' });
      const saved: string[][] = [];
      const after: number[][][] = [];
      const callbacks = [
        nn.modelCheckpoint({ path: join(folder, 'at-{epoch}'), saveFreq: 3 }),
        {
          onBatchEnd: async () => {
            saved.push((await readdir(folder)).sort());
            after.push(values(m));
          },
        },
      ];
      await m.fit(draw(1, 8, 2), draw(2, 8, 1), { epochs: 2, batchSize: 2, callbacks, verbose: 0 });
      // Batches 3 and 6 of eight: the last of the first epoch but one, and the second of the next.
      expect(saved.map((names) => names.length)).toEqual([0, 0, 1, 1, 1, 2, 2, 2]);
      for (const [name, batch] of [
        ['at-1', 2],
        ['at-2', 5],
      ] as const) {
        const loaded = await nn.loadModel(join(folder, name));
        expect(values(loaded)).toEqual(after[batch]);
      }
      expect(() => nn.modelCheckpoint({ path: 'x', saveFreq: 0 })).toThrow(/saveFreq must be/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('terminateOnNaN ends training on a loss that is not finite, of training or validation', async () => {
    const run = async (validation: number) => {
      const m = nn.sequential([nn.dense({ units: 1 })], { inputShape: [1], seed: 1 });
      m.compile({ optimizer: 'sgd', loss: 'mse' });
      const validationData = [[[validation]], [[0]]] as const;
      return m.fit([[1]], [[1]], {
        epochs: 4,
        validationData: validationData as never,
        callbacks: [nn.terminateOnNaN()],
        verbose: 0,
      });
    };
    expect((await run(1)).epochs).toBe(4);
    const { epochs, history } = await run(Number.POSITIVE_INFINITY);
    expect(epochs).toBe(1);
    expect(Number.isFinite(history.valLoss![0])).toBe(false);
    // Of training, `fit` says more than a callback could, and the callback does not hide it.
    const m = nn.sequential([nn.dense({ units: 1, name: 'only' })], { inputShape: [1], seed: 1 });
    m.compile({ optimizer: 'sgd', loss: 'mse' });
    m.setWeights([[[1e30]], [0]]);
    const failed = m.fit([[1e30]], [[1]], { callbacks: [nn.terminateOnNaN()], verbose: 0 });
    await expect(failed).rejects.toThrow(/'only' \(dense\)/);
  });
});
