import { describe, expect, it } from 'vitest';
import { compare, entry } from '../../bench/compare';
import { expectAgreement, measure, noise, timingOf } from '../../bench/measure';

describe('measuring', () => {
  it('takes contenders in turn, there and back, after warming each up', async () => {
    const calls: string[] = [];
    const contender = (name: string) => ({ name, run: () => calls.push(name) });
    const timings = await measure([contender('a'), contender('b')], { rounds: 3, warmUpCalls: 2, roundMs: 0 });
    expect(calls.join('')).toBe('aabbabbaab');
    expect(timings.map((t) => [t.name, t.rounds])).toEqual([
      ['a', 3],
      ['b', 3],
    ]);
  });

  it('reads the last result of every round and frees all of them', async () => {
    const log: string[] = [];
    let made = 0;
    const contender = {
      name: 'a',
      run: () => ++made,
      read: (result: unknown) => log.push(`read ${result}`),
      free: (result: unknown) => void log.push(`free ${result}`),
    };
    await measure([contender], { rounds: 2, warmUpCalls: 2, roundMs: 5 });
    // Two calls for warming up, then two rounds of as many calls each as fit.
    const perRound = (made - 2) / 2;
    expect(perRound).toBeGreaterThan(1);
    const frees = Array.from({ length: made }, (_, i) => `free ${i + 1}`);
    expect(log.filter((line) => line.startsWith('free'))).toEqual(frees);
    const reads = [1, 2, 2 + perRound, made].map((i) => `read ${i}`);
    expect(log.filter((line) => line.startsWith('read'))).toEqual(reads);
    expect(log.indexOf('read 1')).toBe(0);
  });

  it('waits for what comes as a promise', async () => {
    let done = 0;
    const run = () => new Promise((resolve) => setTimeout(() => resolve(++done), 2));
    const [timing] = await measure([{ name: 'a', run }], { rounds: 3, warmUpCalls: 1, roundMs: 0 });
    expect(done).toBe(4);
    expect(timing!.fastestMs).toBeGreaterThan(1);
  });

  it('gives the median and the best of the rounds', () => {
    expect(timingOf('a', [5, 1, 9, 2, 3])).toEqual({ name: 'a', medianMs: 3, fastestMs: 1, rounds: 5 });
  });

  it('refuses results that differ or are not finite', async () => {
    const a = noise(50);
    expect(() =>
      expectAgreement(
        'x',
        a,
        a.map((v) => v * (1 + 1e-6)),
      ),
    ).not.toThrow();
    expect(() => expectAgreement('x', a, noise(50, 2))).toThrow(/differ/);
    expect(() => expectAgreement('x', a.with(3, NaN), a)).toThrow(/differ/);
    expect(() => expectAgreement('x', a.with(3, NaN).with(40, 7), a)).toThrow(/differ/);
    expect(() => expectAgreement('x', a, noise(49))).toThrow(/49/);
    const nan = measure([{ name: 'a', run: () => NaN }], { rounds: 1, warmUpCalls: 0, roundMs: 0 });
    await expect(nan).rejects.toThrow(/not finite/);
  });
});

describe('comparing', () => {
  const once = { rounds: 1, warmUpCalls: 0, roundMs: 0 };
  const values = (name: string, of: number[]) => entry<number[]>({ name, compute: () => of, read: (v) => v });

  it('times entries that agree, and yardsticks that need not', async () => {
    const yardsticks = [{ name: 'c', run: () => 7 }];
    const timings = await compare('x', [values('a', [1, 2]), values('b', [1, 2])], { ...once, yardsticks });
    expect(timings.map((t) => t.name)).toEqual(['a', 'b', 'c']);
  });

  it('names what differs, and times nothing', async () => {
    const all = compare('sum', [values('a', [1, 2]), values('b', [1, 3])], once);
    await expect(all).rejects.toThrow(/sum, b against a/);
    await expect(
      compare('sum', [values('a', [100]), values('b', [101])], { ...once, tolerance: 0.02 }),
    ).resolves.toBeDefined();
  });

  it('compares in the order of the first', async () => {
    const reversed = entry<number[]>({
      name: 'b',
      compute: async () => [3, 1],
      read: (v) => v,
      reorder: (v) => Array.from(v).reverse(),
    });
    await expect(compare('x', [values('a', [1, 3]), reversed], once)).resolves.toHaveLength(2);
  });
});
