import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import { type NumpyRandom, numpyRandom } from '../../src/ops/numpy-random';

interface Draw {
  readonly method: string;
  readonly args: readonly unknown[];
  readonly seed: number;
  readonly value: unknown;
  readonly next: number;
}

const draws = JSON.parse(
  readFileSync(new URL('../fixtures/random/random.json', import.meta.url), 'utf8'),
) as readonly Draw[];

type Methods = Record<string, (...args: readonly unknown[]) => unknown>;

/** Draws as the fixture did: as often as it has values, where a method gives one at a time. */
function draw(stream: NumpyRandom, { method, args, value }: Draw): unknown {
  const methods = stream as unknown as Methods;
  if (method === 'shuffle') {
    const list = structuredClone(args[0]) as unknown[];
    stream.shuffle(list);
    return list;
  }
  if (method === 'permutationOf') return stream.permutation(args[0] as string[]);
  if (['integers', 'permutation', 'choice', 'multinomial'].includes(method)) {
    const drawn = methods[method]!(...args);
    return ArrayBuffer.isView(drawn) ? Array.from(drawn as Int32Array) : drawn;
  }
  return (value as unknown[]).map(() => methods[method]!(...args));
}

describe('numpyRandom against NumPy’s RandomState', () => {
  it.each(draws.map((d) => [`${d.method}(${JSON.stringify(d.args).slice(1, -1)}) of ${d.seed}`, d] as const))(
    '%s',
    (_, d) => {
      const stream = numpyRandom(d.seed);
      const got = draw(stream, d);
      if (typeof (d.value as number[])[0] === 'number' && !Number.isInteger((d.value as number[])[0])) {
        (d.value as number[]).forEach((v, i) => {
          expect(Math.abs((got as number[])[i]! - v)).toBeLessThanOrEqual(1e-14 * Math.abs(v));
        });
      } else expect(got).toEqual(d.value);
      expect(stream.random()).toBe(d.next);
    },
  );

  it('shuffles the rows of flat data as those of an array', () => {
    const rows = Array.from({ length: 7 }, (_, i) => [i, -i]);
    const flat = { data: Float32Array.from(rows.flat()), shape: [7, 2] };
    numpyRandom(3).shuffle(rows);
    numpyRandom(3).shuffle(flat);
    expect(Array.from(flat.data)).toEqual(rows.flat());
    const typed = Int16Array.from({ length: 7 }, (_, i) => i);
    numpyRandom(3).shuffle(typed);
    expect(Array.from(typed)).toEqual(rows.map(([i]) => i));
    expect(numpyRandom(3).permutation(Int16Array.from({ length: 7 }, (_, i) => i))).toEqual(typed);
  });
});

describe('both streams', () => {
  const streams: [string, (seed: number) => Rng][] = [
    ['rng', (seed) => new Rng(seed)],
    ['numpyRandom', (seed) => numpyRandom(seed)],
  ];
  it.each(streams)('%s has the moments of what it draws', (_, make) => {
    const stream = make(11);
    const cases: [string, () => number, number, number][] = [
      ['exponential', () => stream.exponential(2), 2, 4],
      ['gamma', () => stream.gamma(0.5, 2), 1, 2],
      ['gamma', () => stream.gamma(7.5), 7.5, 7.5],
      ['beta', () => stream.beta(10, 10), 0.5, 1 / 84],
      ['beta', () => stream.beta(0.5, 0.5), 0.5, 1 / 8],
      ['binomial', () => stream.binomial(12, 0.25), 3, 2.25],
      ['binomial', () => stream.binomial(200, 0.75), 150, 37.5],
      ['multinomial', () => stream.multinomial(30, [0.3, 0.7])[0]!, 9, 6.3],
      ['choice', () => stream.choice(3, { p: [0.5, 0, 0.5] }), 1, 1],
    ];
    const n = 4000;
    for (const [name, sample, mean, variance] of cases) {
      let sum = 0;
      for (let i = 0; i < n; i++) sum += sample();
      expect(Math.abs(sum / n - mean), name).toBeLessThan(5 * Math.sqrt(variance / n));
    }
  });

  it.each(streams)('%s draws distinct ones without replacement', (_, make) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(), fc.boolean(), (n, seed, weighted) => {
        const stream = make(seed);
        const size = 1 + (seed % n);
        const p = weighted ? Array.from({ length: n }, () => 1 / n) : undefined;
        const drawn = stream.choice(n, { size, replace: false, p });
        expect(new Set(drawn).size).toBe(size);
        expect(drawn.every((i) => i >= 0 && i < n)).toBe(true);
        const list = Array.from({ length: n }, (_v, i) => i);
        stream.shuffle(list);
        expect([...list].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_v, i) => i));
      }),
      { numRuns: 60 },
    );
  });

  const refused: [string, (s: Rng) => unknown, RegExp][] = [
    ['too many without replacement', (s) => s.choice(3, { size: 4, replace: false }), /can't draw 4 of 3/],
    ['more than have a chance', (s) => s.choice(3, { size: 3, replace: false, p: [0.5, 0.5, 0] }), /can't draw 3 of 2/],
    ['probabilities of another length', (s) => s.choice(3, { p: [1] }), /1 probabilities for 3/],
    ['probabilities that do not sum to 1', (s) => s.choice(2, { p: [0.5, 0.4] }), /sum to 0.9/],
    ['a negative probability', (s) => s.multinomial(2, [1.5, -0.5]), /p\[1\] is -0.5/],
    ['an empty list', (s) => s.choice([]), /not empty/],
    ['a fraction of one', (s) => s.choice(3, { size: 1.5 }), /non-negative integer/],
    ['shuffling a number', (s) => s.shuffle(5 as never), /shuffle takes/],
    ['a beta of 0', (s) => s.beta(0, 1), /above 0/],
    ['a negative shape', (s) => s.gamma(-1), /shape must not be negative/],
    ['a probability above 1', (s) => s.binomial(3, 1.5), /\[0, 1\]/],
  ];
  it.each(refused)('refuse %s', (_, act, message) => {
    for (const [, make] of streams) {
      expect(() => act(make(1))).toThrow(ConfigError);
      expect(() => act(make(1))).toThrow(message);
    }
  });
});
