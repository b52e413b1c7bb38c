import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kompaktSources } from '../../scripts/sources-plugin.mjs';
import { ConfigError, FormatError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { type BatchLike, backup, type Callback, dense, resume, sequential } from '../../src/nn/index';

const home = resolve('node_modules/.cache/kompakt', `resume-${process.pid}`);
const program = join(home, 'train.mjs');

beforeAll(async () => {
  mkdirSync(home, { recursive: true });
  await build({
    entryPoints: ['test/nn/children/train.ts'],
    outfile: program,
    bundle: true,
    format: 'esm',
    platform: 'node',
    packages: 'external',
    plugins: [kompaktSources()],
  });
});

afterAll(() => rmSync(home, { recursive: true, force: true }));

/** Runs the program until it ends, or is killed after some milliseconds from when it has begun to train. */
function run(dir: string, how: string, killAfterMs?: number): Promise<'ended' | 'killed'> {
  const child = spawn(process.execPath, [program, dir, join(dir, 'result.json'), how], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  let timer: NodeJS.Timeout | undefined;
  let watch: NodeJS.Timeout | undefined;
  if (killAfterMs !== undefined) {
    const began = Date.now();
    watch = setInterval(() => {
      const trains = existsSync(join(dir, 'log.csv')) || Date.now() - began > 10_000;
      if (!trains || timer !== undefined) return;
      timer = setTimeout(() => child.kill('SIGKILL'), killAfterMs);
    }, 2);
  }
  return new Promise((done, fail) => {
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      clearTimeout(timer);
      if (signal === 'SIGKILL') done('killed');
      else if (code === 0) done('ended');
      else fail(new Error(`the program ended with ${code}`));
    });
  });
}

const resultOf = (dir: string): unknown => JSON.parse(readFileSync(join(dir, 'result.json'), 'utf8'));

const folder = (name: string): string => {
  const dir = join(home, name);
  mkdirSync(dir, { recursive: true });
  return dir;
};

describe('training killed at any moment', () => {
  it.each(['program', 'resume'])('ends with the same bits (%s)', { timeout: 120_000 }, async (how) => {
    const whole = folder(`${how}-whole`);
    await run(whole, 'program');
    const broken = folder(`${how}-broken`);
    const rng = new Rng(`kills-${how}`);
    let kills = 0;
    for (let i = 0; i < 4; i++) if ((await run(broken, how, rng.integer(120))) === 'killed') kills++;
    await run(broken, how);
    expect(kills).toBeGreaterThan(0);
    expect(resultOf(broken)).toEqual(resultOf(whole));
    expect(readFileSync(join(broken, 'log.csv'), 'utf8')).toBe(readFileSync(join(whole, 'log.csv'), 'utf8'));
  });
});

describe('backup', () => {
  const x = [[1], [2], [3], [4]];
  const y = [[2], [4], [6], [8]];
  const model = (units = 1) => {
    const m = sequential([dense({ units }), dense({ units: 1 })], { inputShape: [1], seed: 1 });
    m.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
    return m;
  };
  const weightsOf = (m: ReturnType<typeof model>) =>
    m.getWeights().flatMap((t) => Array.from(t.dataSync() as ArrayLike<number>));
  const failAt = (epoch: number, batch: number): Callback => {
    let now = 0;
    return {
      onEpochBegin: (e) => {
        now = e;
      },
      onBatchEnd: (b) => {
        if (now === epoch && b === batch) throw new Error('the lights went out');
      },
    };
  };

  it.each([
    [1, 0, 1],
    [1, 1, 1],
    [2, 0, 'epoch'],
    [0, 1, 1],
  ] as const)('goes on behind epoch %d, batch %d with every %s', async (epoch, batch, every) => {
    const dir = folder(`at-${epoch}-${batch}-${every}`);
    const options = { epochs: 4, batchSize: 2, verbose: 0 };
    const whole = model();
    const { history } = await whole.fit(x, y, options);
    const callbacks = [backup({ dir, every }), failAt(epoch, batch)];
    await expect(model().fit(x, y, { ...options, callbacks })).rejects.toThrow('lights');
    const again = model();
    const end = await again.fit(x, y, { ...options, callbacks: [backup({ dir, every })] });
    expect(weightsOf(again)).toEqual(weightsOf(whole));
    expect(end).toEqual({ history, epochs: 4 });
  });

  it('goes on in an iterable that runs over epochs', async () => {
    const dir = folder('iterable');
    const batches = function* (): Iterable<BatchLike> {
      for (let i = 0; ; i++)
        yield [
          [[i % 5], [i % 3]],
          [[i % 2], [1]],
        ];
    };
    const options = { epochs: 3, stepsPerEpoch: 4, verbose: 0 };
    const whole = model();
    await whole.fit(batches, undefined, options);
    const callbacks = [backup({ dir, every: 1 }), failAt(1, 2)];
    await expect(model().fit(batches, undefined, { ...options, callbacks })).rejects.toThrow('lights');
    const { model: again } = await resume(dir, batches, undefined, { verbose: 0 });
    expect(weightsOf(again as never)).toEqual(weightsOf(whole));
  });

  it('tells where training is, and ends at once when it has ended', async () => {
    const dir = folder('told');
    const callbacks = [backup({ dir, every: 1 }), failAt(2, 0)];
    await expect(model().fit(x, y, { epochs: 4, batchSize: 2, verbose: 0, callbacks })).rejects.toThrow('lights');
    const { epoch, batch, history, fit } = await resume(dir);
    expect([epoch, batch, history.loss.length]).toEqual([2, 0, 2]);
    expect((await fit(x, y, { verbose: 0 })).epochs).toBe(4);
    const end = await resume(dir, x, y, { verbose: 0 });
    expect(end.epochs).toBe(4);
    expect(readdirSync(dir)).toEqual(['training.safetensors']);
  });

  it('refuses snapshots of other models and data, damaged ones, and missing ones', async () => {
    const dir = folder('refused');
    const run = (m: ReturnType<typeof model>, batchSize = 2) =>
      m.fit(x, y, { epochs: 1, batchSize, verbose: 0, callbacks: [backup(dir)] });
    await run(model());
    await expect(run(model(2))).rejects.toThrow(/another model: 'dense\/kernel' has shape \[1, 1\] there/);
    await expect(run(model(), 1)).rejects.toThrow(/2 batches per epoch, and there are 4 now/);
    const path = join(dir, 'training.safetensors');
    const bytes = readFileSync(path);
    bytes[bytes.length - 3]! ^= 1;
    writeFileSync(path, bytes);
    await expect(run(model())).rejects.toThrow(FormatError);
    await expect(resume(dir)).rejects.toThrow(/checksum/);
    await expect(resume(folder('empty'))).rejects.toThrow(ConfigError);
    expect(() => backup('')).toThrow(ConfigError);
    expect(() => backup({ dir, every: 0 })).toThrow(/positive number of batches/);
  });
});
