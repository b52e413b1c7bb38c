import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  type Callback,
  csvLogger,
  dense,
  type EarlyStoppingOptions,
  earlyStopping,
  learningRateScheduler,
  loadModel,
  modelCheckpoint,
  progressBar,
  reduceLROnPlateau,
  type Sequential,
  sequential,
  type Training,
} from '../../src/nn/index';
import { cosine, sgd } from '../../src/optim/index';

const x = [[1], [2], [3], [4]];
const y = [[2], [4], [6], [8]];

function model(learningRate = 0.01): Sequential {
  const m = sequential([dense({ units: 1 })], { inputShape: [1], seed: 1 });
  m.compile({ optimizer: sgd({ learningRate }), loss: 'meanSquaredError' });
  return m;
}

const weightsOf = (m: Sequential): number[] => m.getWeights().flatMap((t) => Array.from(t.dataSync()));

/** A stand-in for training in which a number takes given values. */
async function simulate(callback: Callback, name: string, values: readonly number[], rate = 1) {
  let stopped = false;
  const set: number[][] = [];
  const training = {
    model: {
      getWeights: () => [],
      setWeights: (w: unknown) => void set.push(w as number[]),
    } as unknown as Training['model'],
    epochs: values.length,
    steps: 1,
    learningRate: rate,
    stop: () => {
      stopped = true;
    },
    snapshot: () => Promise.resolve(new Uint8Array()),
    restore: () => {},
    error: undefined,
  };
  const rates: number[] = [];
  await callback.onTrainBegin?.({}, training);
  let epoch = 0;
  for (; epoch < values.length && !stopped; epoch++) {
    await callback.onEpochBegin?.(epoch, {}, training);
    rates.push(training.learningRate);
    await callback.onEpochEnd?.(epoch, { [name]: values[epoch]! }, training);
  }
  await callback.onTrainEnd?.({}, training);
  return { epochs: epoch, rates };
}

describe('callbacks', () => {
  it('are called in order, and waited for', async () => {
    const calls: string[] = [];
    const log =
      (name: string) =>
      async (...args: unknown[]) => {
        await new Promise((resolve) => setTimeout(resolve, 1));
        const logs = args.at(-2) as object;
        calls.push([name, ...args.slice(0, -2), Object.keys(logs).join('+')].join(' ').trim());
      };
    const names = ['onTrainBegin', 'onTrainEnd', 'onEpochBegin', 'onEpochEnd', 'onBatchBegin', 'onBatchEnd'];
    const callback = Object.fromEntries(names.map((n) => [n, log(n)])) as Callback;
    await model().fit(x, y, { batchSize: 2, epochs: 2, validationData: [x, y], callbacks: [callback], verbose: 0 });
    const batch = (i: number) => [`onBatchBegin ${i}${i === 0 ? '' : ' loss'}`, `onBatchEnd ${i} loss`];
    const epoch = (e: number) => [`onEpochBegin ${e}`, ...batch(0), ...batch(1), `onEpochEnd ${e} loss+valLoss`];
    expect(calls).toEqual(['onTrainBegin', ...epoch(0), ...epoch(1), 'onTrainEnd loss+valLoss']);
  });

  it('see training, and can stop it after a batch', async () => {
    const m = model();
    const seen: unknown[] = [];
    const callback: Callback = {
      onBatchEnd(batch, _logs, training) {
        seen.push([training.model === m, training.epochs, training.steps, training.learningRate]);
        if (batch === 1) training.stop();
      },
    };
    const { epochs, history } = await m.fit(x, y, { batchSize: 1, epochs: 5, callbacks: [callback], verbose: 0 });
    expect(seen).toEqual([
      [true, 5, 4, 0.01],
      [true, 5, 4, 0.01],
    ]);
    expect([epochs, history.loss.length]).toEqual([1, 1]);
  });

  it('are told how training ended, and may fail', async () => {
    const errors: unknown[] = [];
    const watch: Callback = { onTrainEnd: (_logs, t) => void errors.push(t.error) };
    const boom: Callback = { onEpochEnd: () => Promise.reject(new Error('boom')) };
    await model().fit(x, y, { callbacks: [watch], verbose: 0 });
    await expect(model().fit(x, y, { callbacks: [watch, boom], verbose: 0 })).rejects.toThrow('boom');
    expect(errors).toEqual([undefined, expect.objectContaining({ message: 'boom' })]);
  });
});

describe('earlyStopping', () => {
  const stops = async (options: EarlyStoppingOptions, values: number[]) =>
    (await simulate(earlyStopping({ monitor: 'valLoss', ...options }), options.monitor ?? 'valLoss', values)).epochs;

  it.each<[string, EarlyStoppingOptions, number[], number]>([
    ['at the first epoch without improvement', {}, [3, 2, 2, 1], 3],
    ['not before the second epoch', {}, [3, 4, 5], 2],
    ['after patience', { patience: 2 }, [3, 2, 2.5, 1.9, 2, 2, 0], 6],
    ['never, while it improves', { patience: 1 }, [5, 4, 3, 2], 4],
    ['when it improves too little', { minDelta: 0.5 }, [3, 2.8, 2], 2],
    ['by the name: accuracy goes up', { monitor: 'valAccuracy' }, [0.5, 0.6, 0.55, 0.9], 3],
    ['by the mode', { mode: 'max', patience: 1 }, [1, 2, 1, 3], 3],
    ['not before startFromEpoch', { startFromEpoch: 3 }, [1, 2, 3, 4, 5, 6], 5],
    ['when the baseline is not reached', { baseline: 1, patience: 2 }, [5, 4, 3.5, 3.6, 2], 4],
    ['later when the baseline is reached', { baseline: 4, patience: 2 }, [5, 3, 3, 3, 2], 4],
  ])('stops %s', async (_, options, values, expected) => {
    expect(await stops(options, values)).toBe(expected);
  });

  it('restores the weights of the best epoch', async () => {
    const m = model(0.2); // too high a rate: the loss grows from epoch to epoch
    const after: number[][] = [];
    const record: Callback = { onEpochEnd: () => void after.push(weightsOf(m)) };
    const stop = earlyStopping({ monitor: 'loss', patience: 2, restoreBestWeights: true });
    const { epochs, history } = await m.fit(x, y, {
      epochs: 20,
      callbacks: [record, stop],
      shuffle: false,
      verbose: 0,
    });
    expect(epochs).toBeLessThan(20);
    const best = history.loss.indexOf(Math.min(...history.loss));
    expect(best).toBeLessThan(epochs - 1);
    expect(weightsOf(m)).toEqual(after[best]);
  });

  it('restores them when training ends by itself, too, but not after an error', async () => {
    const run = async (last: Callback) => {
      const m = model(0.2);
      const after: number[][] = [];
      const record: Callback = { onEpochEnd: () => void after.push(weightsOf(m)) };
      const stop = earlyStopping({ monitor: 'loss', patience: 9, restoreBestWeights: true });
      await m.fit(x, y, { epochs: 3, callbacks: [record, stop, last], verbose: 0 }).catch(() => {});
      return { after, final: weightsOf(m) };
    };
    const normal = await run({});
    expect(normal.final).toEqual(normal.after[0]);
    const failed = await run({
      onEpochEnd: (e) => {
        if (e === 2) throw new Error('x');
      },
    });
    expect(failed.final).toEqual(failed.after[2]);
  });

  it('says what there is to monitor', async () => {
    await expect(model().fit(x, y, { callbacks: [earlyStopping()], verbose: 0 })).rejects.toThrow(
      /no 'valLoss' to monitor; there are loss.*validationData/,
    );
    expect(() => earlyStopping({ patience: -1 })).toThrow(/patience/);
    expect(() => earlyStopping({ minDelta: -1 })).toThrow(/minDelta/);
    expect(() => earlyStopping({ mode: 'up' as never })).toThrow(/mode/);
  });
});

describe('learning rates', () => {
  it('follow a schedule by epoch, from the first step on', async () => {
    const m = model(123);
    const { history } = await m.fit(x, y, {
      epochs: 3,
      callbacks: [learningRateScheduler((e, rate) => (e === 0 ? 0.04 : rate / 2))],
      verbose: 0,
    });
    expect(history.learningRate).toEqual([0.04, 0.02, 0.01]);
    const late: Callback = {
      onEpochEnd: (epoch, _logs, training) => {
        if (epoch === 1) training.learningRate = 0.5;
      },
    };
    const unannounced = await model(0.25).fit(x, y, { epochs: 4, callbacks: [late], verbose: 0 });
    expect(unannounced.history.learningRate).toEqual([0.25, 0.25, 0.5, 0.5]);
    const frozen = model(123);
    const before = weightsOf(frozen);
    await frozen.fit(x, y, { callbacks: [learningRateScheduler(() => 0)], verbose: 0 });
    expect(weightsOf(frozen)).toEqual(before);
  });

  it('can’t be set by callback where a schedule sets them', async () => {
    const m = model();
    m.compile({
      optimizer: sgd({ learningRate: cosine({ initialLearningRate: 0.1, decaySteps: 10 }) }),
      loss: 'meanSquaredError',
    });
    await expect(m.fit(x, y, { callbacks: [learningRateScheduler(() => 0.1)], verbose: 0 })).rejects.toThrow(
      /schedule/,
    );
    await expect(
      model().fit(x, y, { callbacks: [learningRateScheduler(() => Number.NaN)], verbose: 0 }),
    ).rejects.toThrow(/returned NaN for epoch 0/);
  });

  it.each<[string, Parameters<typeof reduceLROnPlateau>[0], number[], number[]]>([
    ['after patience', { patience: 2, factor: 0.5 }, [1, 1, 1, 1, 1, 1], [8, 8, 8, 4, 4, 2]],
    ['not while it improves', { patience: 1, factor: 0.5 }, [4, 3, 2, 1], [8, 8, 8, 8]],
    ['when it improves too little', { patience: 1, factor: 0.5, minDelta: 1 }, [4, 3.5, 3.2], [8, 8, 4]],
    ['after the cooldown', { patience: 1, factor: 0.5, cooldown: 2 }, [1, 1, 1, 1, 1, 1], [8, 8, 4, 4, 2, 2]],
    ['to no less than the least', { patience: 1, factor: 0.5, minLearningRate: 3 }, [1, 1, 1, 1, 1], [8, 8, 4, 3, 3]],
  ])('are reduced on a plateau %s', async (_, options, values, rates) => {
    expect((await simulate(reduceLROnPlateau(options), 'valLoss', values, 8)).rates).toEqual(rates);
  });

  it('are reduced in real training', async () => {
    const callbacks = [reduceLROnPlateau({ monitor: 'loss', patience: 1, minDelta: 1e9, factor: 0.5 })];
    const { history } = await model(0.016).fit(x, y, { epochs: 4, callbacks, verbose: 0 });
    expect(history.learningRate).toEqual([0.016, 0.016, 0.008, 0.004]);
    expect(() => reduceLROnPlateau({ factor: 1 })).toThrow(/factor/);
  });
});

describe('files of callbacks', () => {
  const inFolder = async (f: (folder: string) => Promise<void>) => {
    const folder = await mkdtemp(join(tmpdir(), 'kompakt-callbacks-'));
    try {
      await f(folder);
    } finally {
      await rm(folder, { recursive: true });
    }
  };

  it('hold the model of every epoch, or of the best', () =>
    inFolder(async (folder) => {
      const m = model(0.2);
      const after: number[][] = [];
      const callbacks: Callback[] = [
        { onEpochEnd: () => void after.push(weightsOf(m)) },
        modelCheckpoint({ path: join(folder, 'm-{epoch}-{loss}-{what}.safetensors') }),
        modelCheckpoint(join(folder, 'last')),
        modelCheckpoint({ path: join(folder, 'best'), monitor: 'loss', saveBestOnly: true }),
      ];
      const { history } = await m.fit(x, y, { epochs: 2, callbacks, verbose: 0 });
      expect((await readdir(folder)).sort()).toEqual([
        'best',
        'last',
        ...history.loss.map((l, i) => `m-${i + 1}-${l.toFixed(4)}-{what}.safetensors`),
      ]);
      expect(weightsOf(await loadModel(join(folder, 'best')))).toEqual(after[0]);
      expect(weightsOf(await loadModel(join(folder, 'last')))).toEqual(after[1]);
      expect(() => modelCheckpoint({} as never)).toThrow(/path/);
    }));

  it('hold the history as CSV', () =>
    inFolder(async (folder) => {
      const path = join(folder, 'log.csv');
      const lines: string[] = [];
      const m = model();
      const first = await m.fit(x, y, {
        epochs: 2,
        validationData: [x, y],
        callbacks: [csvLogger(path), csvLogger((l) => lines.push(l), { separator: ';' })],
        verbose: 0,
      });
      const row = (i: number) => `${i},${first.history.loss[i]},${first.history.valLoss![i]}\n`;
      const whole = `epoch,loss,valLoss\n${row(0)}${row(1)}`;
      expect(await readFile(path, 'utf8')).toBe(whole);
      expect(lines.join('')).toBe(whole.replaceAll(',', ';'));
      const second = await m.fit(x, y, {
        epochs: 3,
        initialEpoch: 2,
        validationData: [x, y],
        callbacks: [csvLogger(path, { append: true })],
        verbose: 0,
      });
      expect(await readFile(path, 'utf8')).toBe(`${whole}2,${second.history.loss[0]},${second.history.valLoss![0]}\n`);
      await m.fit(x, y, { callbacks: [csvLogger(path)], verbose: 0 });
      expect((await readFile(path, 'utf8')).split('\n')).toHaveLength(3);
      expect(() => csvLogger(3 as never)).toThrow(/path/);
    }));
});

describe('progressBar', () => {
  const capture = (isTTY: boolean) => {
    const text: string[] = [];
    return { text, bar: progressBar({ output: { write: (t) => text.push(t), isTTY, columns: 60 }, intervalMs: 0 }) };
  };

  it('draws over one line on a terminal', async () => {
    const { text, bar } = capture(true);
    await model().fit(x, y, { batchSize: 1, epochs: 2, callbacks: [bar] });
    const plain = text.map((t) => t.replace('\r\x1b[K', ''));
    expect(plain).toHaveLength(10);
    expect(plain[1]).toMatch(/^epoch 1\/2 \[={10} {10}\] 2\/4 {2}0\.0 s left {2}loss \d/);
    expect(plain[4]).toMatch(/^epoch 1\/2 {2}0\.\d s {2}loss [\d.]+\n$/);
    expect(plain.filter((t) => t.length > 60)).toEqual([]);
  });

  it('prints a line per epoch elsewhere', async () => {
    const { text, bar } = capture(false);
    await model().fit(x, y, { epochs: 2, callbacks: [bar] });
    expect(text).toHaveLength(2);
    expect(text[1]).toMatch(/^epoch 2\/2 {2}\d\.\d s {2}loss [\d.e-]+\n$/);
  });

  it('is silent unless there is a terminal outside of CI, or it is asked for', async () => {
    const written: string[] = [];
    const { stdout, env } = process;
    const saved = { write: stdout.write, isTTY: stdout.isTTY, ci: env.CI };
    const run = async (isTTY: boolean, ci: string | undefined, verbose?: number) => {
      written.length = 0;
      stdout.isTTY = isTTY;
      if (ci === undefined) delete env.CI;
      else env.CI = ci;
      await model().fit(x, y, verbose === undefined ? {} : { verbose });
      return written.length > 0;
    };
    stdout.write = ((t: string) => written.push(t) > 0) as typeof stdout.write;
    try {
      expect([
        await run(true, undefined),
        await run(true, undefined, 0),
        await run(true, 'true'),
        await run(false, undefined),
        await run(false, 'true', 1),
      ]).toEqual([true, false, false, false, true]);
    } finally {
      stdout.write = saved.write;
      stdout.isTTY = saved.isTTY;
      if (saved.ci === undefined) delete env.CI;
      else env.CI = saved.ci;
    }
  });
});
