import { describe, expect, it } from 'vitest';
import { expectAgreement, measure, noise } from '../../bench/measure';
import { OURS, tableOf } from '../../bench/report';

describe('the benchmarks', () => {
  it('take contenders in turn, after warming each up', async () => {
    const calls: string[] = [];
    const contender = (name: string) => ({ name, run: () => calls.push(name) });
    const timings = await measure([contender('a'), contender('b')], { rounds: 3, warmUpCalls: 2, roundMs: 0 });
    expect(calls.join('')).toBe('aabbababab');
    expect(timings.map((t) => [t.name, t.rounds])).toEqual([
      ['a', 3],
      ['b', 3],
    ]);
  });

  it('refuse results that differ or are not finite', async () => {
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
    expect(() => expectAgreement('x', a, noise(49))).toThrow(/49/);
    const nan = measure([{ name: 'a', run: () => NaN }], { rounds: 1, warmUpCalls: 0, roundMs: 0 });
    await expect(nan).rejects.toThrow(/not finite/);
  });

  it('say how many times faster or slower', () => {
    const timing = (name: string, medianMs: number) => ({ name, medianMs, fastestMs: medianMs, rounds: 1 });
    const table = tableOf([
      { work: 'quick', timings: [timing(OURS, 2), timing('peer', 5)] },
      { work: 'slow', flop: 4e9, timings: [timing(OURS, 200), timing('peer', 100)] },
    ]);
    expect(table).toContain('2.50 × faster');
    expect(table).toContain('2.00 × slower');
    expect(table).toContain('20.0 GFLOP/s');
  });
});
