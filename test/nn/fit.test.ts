import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AbortError, ConfigError, NonFiniteError, ShapeError } from '../../src/core/errors';
import { abs, mean, sub, type Tensor, tensor } from '../../src/index';
import {
  conv2d,
  dense,
  dropout,
  type FitOptions,
  flatten,
  l2,
  maxPool2d,
  Sequential,
  sequential,
} from '../../src/nn/index';
import { sgd } from '../../src/optim/index';

const golden = JSON.parse(readFileSync(new URL('../fixtures/nn/fit.json', import.meta.url), 'utf8'));

const weightsOf = (m: Sequential): number[] => m.getWeights().flatMap((t) => Array.from(t.dataSync()));

/** y = 2a − b + 0.5 on a grid. */
const line = (n: number) => {
  const x = Array.from({ length: n }, (_, i) => [(i % 7) / 7, (i % 5) / 5]);
  return { x, y: x.map(([a, b]) => [2 * a! - b! + 0.5]) };
};

function regression(seed = 1): Sequential {
  const m = sequential([dense({ units: 1 })], { inputShape: [2], seed });
  m.compile({ optimizer: sgd({ learningRate: 0.1 }), loss: 'meanSquaredError', metrics: ['meanAbsoluteError'] });
  return m;
}

describe('fit', () => {
  it('does what Keras does: weights, split, averages, momentum, regularisation', async () => {
    const { options: o } = golden;
    const m = sequential(
      [
        dense({ units: 4, activation: 'tanh', kernelRegularizer: l2(o.l2) }),
        dense({ units: 3, activation: 'softmax' }),
      ],
      { inputShape: [3], seed: 0 },
    );
    m.setWeights(golden.initial);
    m.compile({
      optimizer: sgd({ learningRate: o.learningRate, momentum: o.momentum }),
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy'],
      weightedMetrics: ['accuracy'],
    });
    const { batchSize, epochs, validationSplit } = o;
    const { history, epochs: run } = await m.fit(golden.x, golden.y, {
      batchSize,
      epochs,
      validationSplit,
      sampleWeight: golden.sampleWeight,
      classWeight: golden.classWeight,
      shuffle: false,
      verbose: 0,
    });
    expect(run).toBe(epochs);
    expect(Object.keys(history)).toEqual(Object.keys(golden.history));
    for (const [key, expected] of Object.entries(golden.history as Record<string, number[]>)) {
      history[key]!.forEach((v, i) => expect(v, `${key} of epoch ${i}`).toBeCloseTo(expected[i]!, 5));
    }
    const final = (golden.final as number[][]).flat(2);
    weightsOf(m).forEach((w, i) => expect(w).toBeCloseTo(final[i]!, 5));
  });

  it('learns a line', async () => {
    const m = regression();
    const { x, y } = line(64);
    const { history } = await m.fit(x, y, { epochs: 60, batchSize: 8, verbose: 0, seed: 1 });
    expect(Object.keys(history)).toEqual(['loss', 'meanAbsoluteError']);
    expect(history.loss.at(-1)).toBeLessThan(1e-4);
    const [a, b, c] = weightsOf(m);
    expect([a, b, c].map((v) => Math.round(v! * 20) / 20)).toEqual([2, -1, 0.5]);
    expect((await m.evaluate(x, y)).loss).toBeLessThan(1e-4);
  });

  it('learns XOR', async () => {
    const m = sequential([dense({ units: 8, activation: 'tanh' }), dense({ units: 1, activation: 'sigmoid' })], {
      seed: 3,
    });
    m.compile({ optimizer: { name: 'adam', learningRate: 0.05 }, loss: 'binaryCrossentropy', metrics: ['accuracy'] });
    const { history } = await m.fit(
      [
        [0, 0],
        [0, 1],
        [1, 0],
        [1, 1],
      ],
      [0, 1, 1, 0],
      { epochs: 200, verbose: 0 },
    );
    expect(history.accuracy!.at(-1)).toBe(1);
    expect(history.loss.at(-1)).toBeLessThan(0.1);
  });

  it('trains a convolutional net with dropout', async () => {
    // A bar in one of three columns.
    const image = (c: number, r: number) =>
      Array.from({ length: 6 }, (_, i) => Array.from({ length: 6 }, (_v, j) => [j === 2 * c && i !== r ? 1 : 0]));
    const x = Array.from({ length: 36 }, (_, i) => image(i % 3, i % 6));
    const y = Array.from({ length: 36 }, (_, i) => i % 3);
    const m = sequential(
      [
        conv2d({ filters: 4, kernelSize: 3, padding: 'same', activation: 'relu' }),
        maxPool2d({ poolSize: 2 }),
        flatten(),
        dropout({ rate: 0.2 }),
        dense({ units: 3, activation: 'softmax' }),
      ],
      { seed: 2 },
    );
    m.compile({
      optimizer: { name: 'adam', learningRate: 0.02 },
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['accuracy'],
    });
    await m.fit(x, y, { epochs: 15, batchSize: 12, verbose: 0 });
    expect(await m.evaluate(x, y)).toMatchObject({ accuracy: 1 });
  });

  it('gives the same result for the same seed, and another for another', async () => {
    const { x, y } = line(20);
    const train = async (options: FitOptions, seed = 1) => {
      const m = sequential([dense({ units: 4, activation: 'relu' }), dropout({ rate: 0.5 }), dense({ units: 1 })], {
        inputShape: [2],
        seed,
      });
      m.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      await m.fit(x, y, { epochs: 3, batchSize: 4, verbose: 0, ...options });
      return weightsOf(m);
    };
    expect(await train({ seed: 7 })).toEqual(await train({ seed: 7 }));
    expect(await train({})).toEqual(await train({}));
    expect(await train({ seed: 7 })).not.toEqual(await train({ seed: 8 }));
    expect(await train({ seed: 7, shuffle: false })).not.toEqual(await train({ seed: 7 }));
  });

  it('goes on with the optimiser and the order it stopped at', async () => {
    const { x, y } = line(20);
    const make = () => {
      const m = regression();
      m.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      return m;
    };
    const options = { batchSize: 4, seed: 5, verbose: 0 } as const;
    const [whole, parts] = [make(), make()];
    await whole.fit(x, y, { ...options, epochs: 4 });
    const first = await parts.fit(x, y, { ...options, epochs: 2 });
    const second = await parts.fit(x, y, { ...options, epochs: 4, initialEpoch: 2 });
    expect([first.epochs, second.epochs]).toEqual([2, 2]);
    expect(weightsOf(parts)).toEqual(weightsOf(whole));
  });

  it('takes samples in every form alike', async () => {
    const { x, y } = line(10);
    const flat = Float64Array.from(x.flat());
    const forms: [unknown, unknown][] = [
      [x, y],
      [tensor(x), tensor(y)],
      [{ data: flat, shape: [10, 2] }, y.flat()],
      [{ data: flat, shape: [10, 2], stride: [2, 1], offset: 0 }, Float32Array.from(y.flat())],
      [x.map((r) => Float32Array.from(r)), tensor(y.flat())],
    ];
    const results = [];
    for (const [xs, ys] of forms) {
      const m = regression();
      await m.fit(xs as Tensor, ys as Tensor, { epochs: 2, batchSize: 3, verbose: 0, seed: 1 });
      results.push(weightsOf(m));
    }
    for (const r of results) expect(r).toEqual(results[0]);
  });

  it('validates on given data, with sample weights', async () => {
    const m = regression();
    const { x, y } = line(12);
    const { history } = await m.fit(x, y, { epochs: 2, validationData: [x, y], verbose: 0 });
    expect(Object.keys(history)).toEqual(['loss', 'meanAbsoluteError', 'valLoss', 'valMeanAbsoluteError']);
    expect(history.valLoss!.at(-1)).toBeCloseTo((await m.evaluate(x, y)).loss!, 6);
    const zero = await m.fit(x, y, { validationData: [x, y, new Float32Array(12)], verbose: 0 });
    expect(zero.history.valLoss).toEqual([0]);
  });

  it('weights classes of one-hot targets too', async () => {
    const x = [
      [1, 0],
      [0, 1],
      [1, 1],
    ];
    const make = () => {
      const m = sequential([dense({ units: 2, activation: 'softmax' })], { inputShape: [2], seed: 1 });
      m.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy' });
      return m;
    };
    const [a, b, c] = [make(), make(), make()];
    const y = [
      [1, 0],
      [0, 1],
      [0, 1],
    ];
    await a.fit(x, y, { classWeight: new Map([[1, 3]]), verbose: 0 });
    await b.fit(x, y, { sampleWeight: [1, 3, 3], verbose: 0 });
    await c.fit(x, y, { verbose: 0 });
    expect(weightsOf(a)).toEqual(weightsOf(b));
    expect(weightsOf(a)).not.toEqual(weightsOf(c));
  });

  it('resolves accuracy by output and loss', async () => {
    const x = [
      [1, 0],
      [0, 1],
      [1, 1],
      [0, 0],
    ];
    const evaluate = async (units: number, activation: string, loss: unknown, y: unknown, weights: unknown[]) => {
      const m = sequential([dense({ units, activation: activation as 'linear' })], { inputShape: [2], seed: 0 });
      m.setWeights(weights as number[][]);
      m.compile({ optimizer: 'sgd', loss: loss as 'hinge', metrics: ['accuracy'] });
      return (await m.evaluate(x, y as number[])).accuracy;
    };
    const one = [[[4], [-4]], [-1]];
    expect(await evaluate(1, 'sigmoid', 'binaryCrossentropy', [1, 0, 1, 0], one)).toBe(0.75);
    expect(await evaluate(1, 'linear', { name: 'binaryCrossentropy', fromLogits: true }, [1, 0, 0, 0], one)).toBe(1);
    const two = [
      [
        [4, 0],
        [0, 4],
      ],
      [0, 1],
    ];
    expect(await evaluate(2, 'softmax', 'sparseCategoricalCrossentropy', [0, 1, 1, 0], two)).toBe(0.75);
    expect(
      await evaluate(
        2,
        'softmax',
        'categoricalCrossentropy',
        [
          [1, 0],
          [0, 1],
          [0, 1],
          [0, 1],
        ],
        two,
      ),
    ).toBe(1);
    expect(
      await evaluate(
        2,
        'sigmoid',
        'binaryCrossentropy',
        [
          [1, 1],
          [1, 1],
          [1, 1],
          [1, 1],
        ],
        two,
      ),
    ).toBe(0.75);
  });

  it('takes losses and metrics as functions', async () => {
    const m = regression();
    const mae = (yTrue: Tensor, yPred: Tensor) => mean(abs(sub(yTrue, yPred)), { axis: -1 });
    const two = () => 2;
    m.compile({ optimizer: 'sgd', loss: mae, metrics: [mae, two, (t: Tensor) => mean(t)] });
    const { x, y } = line(10);
    const { history } = await m.fit(x, y, { batchSize: 4, verbose: 0 });
    expect(Object.keys(history)).toEqual(['loss', 'mae', 'two', 'metric']);
    expect(history.mae![0]).toBeCloseTo(history.loss[0]!, 6);
    expect(history.two).toEqual([2]);
    expect(history.metric![0]).toBeCloseTo(y.flat().reduce((a, b) => a + b) / 10, 5);
  });

  it('keeps masked weights at exactly zero', async () => {
    const mask = tensor([
      [1, 0],
      [0, 1],
    ]);
    const m = Sequential.from({
      layers: [dense({ units: 2 })],
      inputShape: [2],
      weights: [
        {
          params: {
            kernel: tensor([
              [1, 0],
              [0, 1],
            ]),
            bias: tensor([0, 0]),
          },
          state: {},
        },
      ],
      masks: new Map([['dense/kernel', mask]]),
    });
    m.compile({ optimizer: 'adamW', loss: 'meanSquaredError' });
    await m.fit(
      [
        [1, 2],
        [3, 1],
      ],
      [
        [3, 2],
        [1, 1],
      ],
      { epochs: 5, verbose: 0 },
    );
    const [kernel] = m.getWeights();
    expect(kernel!.dataSync().map((w: number) => (w === 0 ? 0 : 1))).toEqual(new Float32Array([1, 0, 0, 1]));
    m.setWeights([
      [
        [5, 5],
        [5, 5],
      ],
      [0, 0],
    ]);
    expect(m.getWeights()[0]!.toArraySync()).toEqual([
      [5, 0],
      [0, 5],
    ]);
  });

  it('leaves frozen layers as they are', async () => {
    const m = sequential([dense({ units: 2, trainable: false }), dense({ units: 1 })], { inputShape: [2], seed: 1 });
    m.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const before = m.getWeights().map((t) => t.toArraySync());
    await m.fit([[1, 2]], [[3]], { verbose: 0 });
    const after = m.getWeights().map((t) => t.toArraySync());
    expect(after.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(after[2]).not.toEqual(before[2]);
  });

  it('lets others run while it works', async () => {
    const m = regression();
    const { x, y } = line(512);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    const busy = () => {
      const until = performance.now() + 5;
      while (performance.now() < until);
    };
    await m.fit(x, y, { epochs: 4, callbacks: [{ onBatchEnd: busy }], verbose: 0 });
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});

describe('fit on an iterable', () => {
  const { x, y } = line(12);
  const batches = async function* (): AsyncGenerator<[number[][], number[][]]> {
    for (let i = 0; i < 12; i += 4) yield [x.slice(i, i + 4), y.slice(i, i + 4)];
  };

  it('does what it does on the samples as a whole', async () => {
    const [a, b, c] = [regression(), regression(), regression()];
    await a.fit(x, y, { batchSize: 4, epochs: 2, shuffle: false, verbose: 0 });
    await b.fit(batches, undefined, { epochs: 2, verbose: 0 });
    const again = {
      [Symbol.asyncIterator]: async function* () {
        for await (const [bx, by] of batches()) yield { x: tensor(bx), y: tensor(by) };
      },
    };
    const { epochs } = await c.fit(again, undefined, { epochs: 2, verbose: 0, validationData: batches });
    expect(epochs).toBe(2);
    expect(weightsOf(b)).toEqual(weightsOf(a));
    expect(weightsOf(c)).toEqual(weightsOf(a));
    expect(await b.evaluate(batches)).toEqual(await a.evaluate(x, y, { batchSize: 4 }));
  });

  it('goes on where it was with stepsPerEpoch', async () => {
    const [a, b] = [regression(), regression()];
    await a.fit(x, y, { batchSize: 4, epochs: 2, shuffle: false, verbose: 0 });
    const seen: number[] = [];
    const callbacks = [
      { onEpochEnd: (_e: number, _l: unknown, t: { steps: number | null }) => void seen.push(t.steps!) },
    ];
    await b.fit(batches, undefined, { stepsPerEpoch: 2, epochs: 3, callbacks, verbose: 0 });
    expect(seen).toEqual([2, 2, 2]);
    expect(weightsOf(b)).toEqual(weightsOf(a));
  });

  it('leaves tensors it is given alone', async () => {
    const [tx, ty] = [tensor(x), tensor(y)];
    await regression().fit(() => [[tx, ty]], undefined, { epochs: 3, verbose: 0 });
    expect([tx.isDisposed, ty.isDisposed]).toEqual([false, false]);
  });

  it('weights classes and samples', async () => {
    const make = () => {
      const m = sequential([dense({ units: 2, activation: 'softmax' })], { inputShape: [2], seed: 1 });
      m.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
      return m;
    };
    const [a, b] = [make(), make()];
    const labels = x.map((_, i) => i % 2);
    const w = x.map((_, i) => 1 + (i % 3));
    await a.fit(x, labels, { batchSize: 12, shuffle: false, classWeight: { 0: 2 }, sampleWeight: w, verbose: 0 });
    await b.fit(() => [[x, labels, w]], undefined, { classWeight: { 0: 2 }, verbose: 0 });
    expect(weightsOf(b)).toEqual(weightsOf(a));
  });

  it('says when a generator is used up', async () => {
    await expect(regression().fit(batches(), undefined, { epochs: 2, verbose: 0 })).rejects.toThrow(
      /run through once only/,
    );
    await expect(regression().fit(() => [{} as never], undefined, { verbose: 0 })).rejects.toThrow(
      /must yield \[x, y\]/,
    );
  });
});

describe('fit that does not end well', () => {
  const { x, y } = line(20);

  it('stops at a signal after a whole step', async () => {
    const m = regression();
    const controller = new AbortController();
    const after: number[][] = [];
    const callbacks = [
      {
        onBatchEnd: (batch: number) => {
          after.push(weightsOf(m));
          if (batch === 1) controller.abort(new Error('enough'));
        },
      },
    ];
    const error = await m
      .fit(x, y, { batchSize: 4, callbacks, signal: controller.signal, verbose: 0 })
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AbortError);
    expect((error as AbortError).message).toMatch(/before batch 3/);
    expect(((error as AbortError).cause as Error).message).toBe('enough');
    expect(after).toHaveLength(2);
    expect(weightsOf(m)).toEqual(after[1]);
    await m.fit(x, y, { verbose: 0 });
  });

  it('names the layer whose output is the first non-finite one', async () => {
    const m = sequential(
      [dense({ units: 2 }), dense({ units: 1, name: 'root' }), dense({ units: 1, activation: 'exponential' })],
      { inputShape: [1], seed: 1 },
    );
    m.setWeights([[[1, 1]], [0, 0], [[1e3], [1e3]], [0], [[1]], [0]]);
    m.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const before = weightsOf(m);
    const error = await m.fit([[1]], [[1]], { verbose: 0 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect((error as Error).message).toMatch(/epoch 1, batch 1.*output is 'dense_1' \(dense\)/);
    expect(weightsOf(m)).toEqual(before);
  });

  it('names the layer in which the gradient, coming back, is first non-finite', async () => {
    // The loss is finite; its gradient, 1/(2·√0) · 0, is not.
    const m = sequential([dense({ units: 1, name: 'early' }), dense({ units: 1 })], { inputShape: [1], seed: 1 });
    const { sqrt, mul, square } = await import('../../src/index');
    m.compile({ optimizer: 'sgd', loss: (_t: Tensor, p: Tensor) => mean(sqrt(mul(square(p), 0)), { axis: -1 }) });
    const error = await m.fit([[1]], [[1]], { verbose: 0 }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect((error as Error).message).toMatch(/first non-finite in layer 'dense'/);
  });

  it('tells of data and weights that are not finite', async () => {
    await expect(regression().fit([[1, Number.NaN]], [[1]], { verbose: 0 })).rejects.toThrow(/input itself holds NaN/);
    await expect(regression().fit([[1, 1]], [[Number.POSITIVE_INFINITY]], { verbose: 0 })).rejects.toThrow(
      /targets hold NaN or infinity/,
    );
    const m = regression();
    m.setWeights([[[Number.NaN], [1]], [0]]);
    await expect(m.fit([[1, 1]], [[1]], { verbose: 0 })).rejects.toThrow(/'dense'.*weights are non-finite already/);
  });

  it('stops a step whose update is non-finite before it is taken', async () => {
    const m = regression();
    m.compile({ optimizer: sgd({ learningRate: 1e30 }), loss: 'meanSquaredError' });
    let last: number[] = [];
    const onBatchEnd = () => {
      last = weightsOf(m);
    };
    const callbacks = [{ onBatchEnd }];
    await expect(m.fit(x, y, { epochs: 9, callbacks, verbose: 0 })).rejects.toThrow(NonFiniteError);
    expect(weightsOf(m)).toEqual(last);
    expect(last.every(Number.isFinite)).toBe(true);
  });

  it('refuses to train a model twice at a time', async () => {
    const m = regression();
    const first = m.fit(x, y, { verbose: 0 });
    await expect(m.fit(x, y, { verbose: 0 })).rejects.toThrow(/being trained already/);
    await first;
  });

  it.each<[string, FitOptions | Record<string, unknown>, RegExp]>([
    ['an unknown option', { epoch: 3 }, /unknown option 'epoch'/],
    ['epochs', { epochs: -1 }, /epochs must be/],
    ['a batch size', { batchSize: 2.5 }, /batchSize must be/],
    ['a split', { validationSplit: 1 }, /validationSplit must be/],
    ['a split that leaves nothing to validate on', { validationSplit: 1e-17 }, /leaves none to validate/],
    ['split and data at once', { validationSplit: 0.5, validationData: [x, y] }, /not both/],
    ['validation data', { validationData: x }, /validationData/],
    ['class weights', { classWeight: { cat: 1 } }, /class numbers/],
    ['balanced class weights', { classWeight: 'balanced' as never }, /computeClassWeight/],
    ['a negative class weight', { classWeight: { 0: -1 } }, /≥ 0/],
    ['too few sample weights', { sampleWeight: [1, 2] }, /2 values for 20 samples/],
    ['a NaN sample weight', { sampleWeight: new Array(20).fill(Number.NaN) }, /finite numbers/],
    ['callbacks', { callbacks: {} }, /callbacks must be an array/],
    ['a callback', { callbacks: [null] }, /callback 0/],
    ['steps', { stepsPerEpoch: 0 }, /stepsPerEpoch/],
  ])('refuses wrong options: %s', async (_, options, message) => {
    await expect(regression().fit(x, y, { verbose: 0, ...options } as FitOptions)).rejects.toThrow(message);
  });

  it('refuses data that does not fit', async () => {
    const m = regression();
    await expect(m.fit(x, y.slice(1), { verbose: 0 })).rejects.toThrow(/x has 20 samples and y has 19/);
    await expect(m.fit(x, undefined, { verbose: 0 })).rejects.toThrow(/give targets y/);
    await expect(m.fit([], [], { verbose: 0 })).rejects.toThrow(ShapeError);
    await expect(m.fit([[1, 2, 3]], [[1]], { verbose: 0 })).rejects.toThrow(
      /takes inputs \[batch, 2\], got \[batch, 3\]/,
    );
    await expect(
      m.fit(
        x,
        y.map(() => [1, 2]),
        { verbose: 0 },
      ),
    ).rejects.toThrow(ShapeError);
    const perBatch = regression();
    perBatch.compile({ optimizer: 'sgd', loss: (t: Tensor, p: Tensor) => mean(abs(sub(t, p))) });
    await expect(perBatch.fit(x, y, { sampleWeight: new Float32Array(20).fill(1), verbose: 0 })).rejects.toThrow(
      ConfigError,
    );
  });
});

describe('evaluate', () => {
  it('averages over batches of any size alike, and can be stopped', async () => {
    const m = regression();
    const { x, y } = line(10);
    const whole = await m.evaluate(x, y, { batchSize: 10 });
    const parts = await m.evaluate(x, y, { batchSize: 3 });
    expect(Object.keys(whole)).toEqual(['loss', 'meanAbsoluteError']);
    expect(parts.loss).toBeCloseTo(whole.loss!, 6);
    expect(parts.meanAbsoluteError).toBeCloseTo(whole.meanAbsoluteError!, 6);
    await expect(m.evaluate(x, y, { signal: AbortSignal.abort() })).rejects.toThrow(AbortError);
  });
});
