import { describe, expect, it } from 'vitest';
import { NonFiniteError } from '../../src/core/errors';
import { memory, scope, type Tensor, tensor } from '../../src/index';
import { batchNorm, dense, dropout, earlyStopping, l2, type Sequential, sequential } from '../../src/nn/index';
import { settled } from '../setup/collect';

// In a file of its own, where no other test leaves tensors to the garbage collector: counts are exact.

const x = Array.from({ length: 10 }, (_, i) => [i / 10, (i % 3) / 3]);
const y = x.map(([a, b]) => [a! - b!]);

function net(): Sequential {
  const m = sequential(
    [
      dense({ units: 4, activation: 'relu', kernelRegularizer: l2(0.01) }),
      batchNorm(),
      dropout({ rate: 0.3 }),
      dense({ units: 1 }),
    ],
    { inputShape: [2], seed: 1 },
  );
  m.compile({
    optimizer: 'adam',
    loss: 'meanSquaredError',
    metrics: ['meanAbsoluteError'],
    weightedMetrics: ['meanSquaredError'],
  });
  return m;
}

/** Runs `work` until everything it needs a plan for has one, and then expects it to leave nothing behind. */
async function staysAsItIs(work: () => Promise<void>): Promise<void> {
  await work();
  await work();
  await settled();
  const before = memory();
  await work();
  expect(memory()).toEqual(before);
}

describe('memory', () => {
  it('stays as it is over a thousand steps', async () => {
    const m = net();
    const options = {
      batchSize: 1,
      verbose: 0,
      validationSplit: 0.1,
      sampleWeight: new Float32Array(10).fill(1),
    } as const;
    await m.fit(x, y, options);
    await settled();
    const before = memory();
    const counts = new Set<number>();
    let steps = 0;
    const callbacks = [
      {
        onBatchEnd: () => {
          counts.add(memory().tensors);
          steps++;
        },
      },
      earlyStopping({ patience: 1e6, restoreBestWeights: false }),
    ];
    await m.fit(x, y, { ...options, epochs: 112, callbacks });
    expect(steps).toBe(1008);
    expect([...counts]).toEqual([before.tensors]);
    expect(memory()).toEqual(before);
    m.dispose();
  });

  it('stays as it is over tensors, iterables, evaluation and prediction', async () => {
    const m = net();
    const [tx, ty] = [tensor(x), tensor(y)];
    await staysAsItIs(async () => {
      await m.fit(tx, ty, { batchSize: 3, epochs: 2, verbose: 0, validationData: [tx, ty] });
      await m.fit(
        () => [
          [tx, ty],
          [x, y],
        ],
        undefined,
        { epochs: 2, verbose: 0 },
      );
      await m.evaluate(tx, ty, { batchSize: 4 });
      m.predict(tx, { batchSize: 4 }).dispose();
      for (const t of m.getWeights()) t.dispose();
      m.setWeights(m.weights.map((w) => w.value));
      m.clone().dispose();
      await m.toBytes();
    });
    m.dispose();
    tx.dispose();
    ty.dispose();
  });

  it('is given back by early stopping, errors and signals', async () => {
    const m = net();
    const stop = earlyStopping({ monitor: 'loss', patience: 1, restoreBestWeights: true });
    const fails: (() => Promise<unknown>)[] = [
      () => m.fit([[Number.NaN, 1]], [[1]], { verbose: 0 }),
      () => m.fit([[1e30, 1e30]], [[1e30]], { verbose: 0 }),
      () => {
        const wide = x.map(() => [1, 2, 3]);
        return m.fit(x, wide, { verbose: 0 });
      },
    ];
    await staysAsItIs(async () => {
      await m.fit(x, y, { epochs: 5, callbacks: [stop], verbose: 0 });
      const controller = new AbortController();
      const abort = { onBatchEnd: () => controller.abort() };
      await m
        .fit(x, y, { batchSize: 3, callbacks: [stop, abort], signal: controller.signal, verbose: 0 })
        .catch(() => {});
      await expect(fails[0]!()).rejects.toThrow(NonFiniteError);
      await expect(fails[1]!()).rejects.toThrow(NonFiniteError);
      await expect(fails[2]!()).rejects.toThrow();
    });
    m.dispose();
  });

  it('of a model is freed by disposing of it, or by the scope it was made in', async () => {
    await settled();
    const before = memory();
    const m = net();
    await m.fit(x, y, { verbose: 0 });
    m.dispose();
    expect(memory()).toEqual(before);
    await scope(async () => {
      await net().fit(x, y, { epochs: 2, verbose: 0 });
    });
    expect(memory()).toEqual(before);
    scope(() =>
      sequential([dense({ units: 1 })])
        .predict(x)
        .dataSync(),
    );
    expect(memory()).toEqual(before);
  });

  it('of a custom loss and metric is freed', async () => {
    const m = net();
    const { abs, sub, mean } = await import('../../src/index');
    const own = (t: Tensor, p: Tensor): Tensor => mean(abs(sub(t, p)));
    m.compile({ optimizer: 'sgd', loss: own, metrics: [own, (_t: Tensor, p: Tensor) => p] });
    await m.fit(x, y, { verbose: 0 });
    const before = memory();
    await m.fit(x, y, { verbose: 0 });
    expect(memory().tensors).toBe(before.tensors);
    m.dispose();
  });
});
