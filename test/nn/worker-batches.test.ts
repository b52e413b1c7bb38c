import { describe, expect, it } from 'vitest';
import { AbortError, ConfigError, KompaktError } from '../../src/core/errors';
import * as nn from '../../src/nn/index';

const moduleOf = (text: string): string => `data:text/javascript,${encodeURIComponent(text)}`;
const counting = moduleOf(`
  export default async function* ({ count, pause = 0 }) {
    for (let i = 0; i < count; i++) {
      if (pause > 0) await new Promise((resolve) => setTimeout(resolve, pause));
      yield [{ data: Float32Array.of(i, i + 1), shape: [1, 2] }, [[i]]];
    }
  }
  export function* plain(n) { for (let i = 0; i < n; i++) yield [[[i, i + 1]], [[i]]]; }
  export const notOne = 1;
  export const returnsNothing = () => 5;
  export function* breaks() { yield [[[1, 2]], [[1]]]; throw new RangeError('no such file'); }
  export function* unclonable() { yield [[[1, 2]], () => 1]; }
  export function* eager() {
    let made = 0;
    for (;;) yield [[[++made, 0]], [[0]]];
  }
`);
type Batch = [unknown, number[][]];
const collect = async (source: () => AsyncIterable<unknown>): Promise<Batch[]> => {
  const all: Batch[] = [];
  for await (const batch of source()) all.push(batch as Batch);
  return all;
};
const fresh = () => {
  const m = nn.sequential([nn.dense({ units: 1 })], { inputShape: [2], seed: 1 });
  m.compile({ optimizer: 'adam', loss: 'mse' });
  return m;
};
const valuesOf = (m: nn.Sequential) => m.getWeights().map((w) => [...w.dataSync()]);

describe('workerBatches', () => {
  it.each([1, 2, 7])('gives the batches of the module in their order, %i ahead', async (ahead) => {
    const batches = await collect(nn.workerBatches(counting, { input: { count: 5 }, ahead }));
    expect(batches.map(([, y]) => y[0]![0])).toEqual([0, 1, 2, 3, 4]);
    expect(batches[3]![0]).toEqual({ data: Float32Array.of(3, 4), shape: [1, 2] });
    expect(await collect(nn.workerBatches(counting, { exportName: 'plain', input: 0 }))).toEqual([]);
  });

  it('trains as the same batches made here do, epoch by epoch, beside validation of its own kind', async () => {
    const here = async function* () {
      for (let i = 0; i < 4; i++) yield [[[i, i + 1]], [[i]]] as [number[][], number[][]];
    };
    const source = nn.workerBatches(counting, { exportName: 'plain', input: 4 });
    const [a, b] = [fresh(), fresh()];
    const first = await a.fit(here, undefined, { epochs: 3, verbose: 0, validationData: here });
    const second = await b.fit(source, undefined, { epochs: 3, verbose: 0, validationData: source });
    expect(second.history).toEqual(first.history);
    expect(valuesOf(b)).toEqual(valuesOf(a));
    // With stepsPerEpoch an epoch goes on where the last one ended, and the thread ends with fit.
    const third = await fresh().fit(source, undefined, { epochs: 3, stepsPerEpoch: 3, verbose: 0 });
    expect(third.epochs).toBe(3);
  });

  it('makes no more batches than asked for', async () => {
    const source = nn.workerBatches(counting, { exportName: 'eager', ahead: 3 })();
    const first = (await source.next()).value as Batch;
    expect((first[0] as number[][])[0]![0]).toBe(1);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = (await source.next()).value as Batch;
    expect((second[0] as number[][])[0]![0]).toBe(2);
    await source.return(undefined);
    expect((await source.next()).done).toBe(true);
  });

  it('lets what goes wrong in the thread through, in its turn', async () => {
    const source = nn.workerBatches(counting, { exportName: 'breaks', ahead: 4 })();
    expect((await source.next()).done).toBe(false);
    const error = await source.next().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(KompaktError);
    expect((error as Error).message).toMatch(/failed in its thread: RangeError: no such file/);
    expect(((error as Error).cause as Error).name).toBe('RangeError');
    const m = fresh();
    const failed = m.fit(nn.workerBatches(counting, { exportName: 'breaks' }), undefined, { verbose: 0 });
    await expect(failed).rejects.toThrow(/no such file/);
    for (const [exportName, message] of [
      ['nothing', /exports no function "nothing"/],
      ['notOne', /exports no function "notOne"/],
      ['returnsNothing', /returns nothing to go through/],
      ['unclonable', /could not be cloned/],
    ] as const)
      await expect(collect(nn.workerBatches(counting, { exportName }))).rejects.toThrow(message);
    await expect(collect(nn.workerBatches('file:///no/such/module.mjs'))).rejects.toThrow(/failed in its thread/);
  });

  it('ends when a signal says so, also while it waits', async () => {
    const controller = new AbortController();
    const source = nn.workerBatches(counting, { input: { count: 3, pause: 60_000 }, signal: controller.signal });
    const waiting = fresh().fit(source, undefined, { verbose: 0 });
    setTimeout(() => controller.abort(new Error('enough')), 20);
    const error = await waiting.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AbortError);
    expect(((error as Error).cause as Error).message).toBe('enough');
    await expect(collect(source)).rejects.toThrow(AbortError);
  });

  it.each([
    ['no batches ahead', () => nn.workerBatches(counting, { ahead: 0 }), /ahead must be an integer ≥ 1, got 0/],
    ['part of an address', () => nn.workerBatches('./batches.js'), /no whole address/],
    ['an unknown option', () => nn.workerBatches(counting, { workers: 2 } as never), /unknown option 'workers'/],
  ])('refuses %s', (_, make, message) => {
    expect(make).toThrow(ConfigError);
    expect(make).toThrow(message);
  });

  it('refuses an input that threads can’t be given', async () => {
    await expect(collect(nn.workerBatches(counting, { input: () => 1 }))).rejects.toThrow(/input can’t be cloned/);
  });
});

describe('iterators that fit opened', () => {
  it('are closed at its end and after errors; those handed over stay open', async () => {
    let closed = 0;
    const endless = async function* () {
      try {
        for (let i = 0; ; i++) yield [[[i, 1]], [[i / 10]]] as [number[][], number[][]];
      } finally {
        closed++;
      }
    };
    const how = { stepsPerEpoch: 2, epochs: 2, verbose: 0 };
    await fresh().fit(endless, undefined, how);
    expect(closed).toBe(1);
    const stop = () => {
      throw new Error('stop');
    };
    await expect(fresh().fit(endless, undefined, { ...how, callbacks: [{ onEpochEnd: stop }] })).rejects.toThrow(
      'stop',
    );
    expect(closed).toBe(2);
    const mine = endless();
    await fresh().fit(mine, undefined, how);
    expect(closed).toBe(2);
    expect((await mine.next()).value).toEqual([[[4, 1]], [[0.4]]]);
    await mine.return(undefined as never);
  });
});
