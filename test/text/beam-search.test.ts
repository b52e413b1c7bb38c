import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng';
import { tensor } from '../../src/ops/create';
import { beamSearch, greedySearch } from '../../src/text/index';

const END = 0;
const START = 9;
type Prefixes = readonly (readonly number[])[];

/** log P of the next of `size` tokens: random, but the same for the same prefix. */
function row(prefix: readonly number[], size: number, seed: number): number[] {
  const rng = new Rng(`${seed}:${prefix.join()}`);
  const raw = Array.from({ length: size }, () => 3 * rng.gaussian());
  const log = Math.log(raw.reduce((n, x) => n + Math.exp(x), 0));
  return raw.map((x) => x - log);
}

/** All sequences of at most `maxLength` tokens with their scores, best first. */
function exhaustive(
  size: number,
  maxLength: number,
  seed: number,
  alpha: number,
): { tokens: number[]; score: number }[] {
  const found: { tokens: number[]; score: number }[] = [];
  const visit = (tokens: number[], logP: number): void => {
    const score = (n: number): number => logP / ((5 + n) / 6) ** alpha;
    if (tokens.length === maxLength) {
      found.push({ tokens, score: score(maxLength) });
      return;
    }
    row([START, ...tokens], size, seed).forEach((p, token) => {
      if (token === END) found.push({ tokens, score: (logP + p) / ((5 + tokens.length + 1) / 6) ** alpha });
      else visit([...tokens, token], logP + p);
    });
  };
  visit([], 0);
  return found.sort((a, b) => b.score - a.score);
}

describe('beam search', () => {
  it('finds the best of all sequences when the beam holds them all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer(), fc.constantFrom(0, 0.6, 1), async (seed, lengthPenalty) => {
        const next = (prefixes: Prefixes) => prefixes.map((p) => row(p, 3, seed));
        const options = { startToken: START, endToken: END, beamWidth: 16, best: 3, maxLength: 4, lengthPenalty };
        const [found] = await beamSearch(next, options);
        const expected = exhaustive(3, 4, seed, lengthPenalty).slice(0, 3);
        found!.forEach((f, i) => {
          expect(f.score).toBeCloseTo(expected[i]!.score, 9);
          expect(f.tokens).toEqual(expected[i]!.tokens);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('is greedy with a beam of one', async () => {
    for (let seed = 0; seed < 20; seed++) {
      const next = (prefixes: Prefixes) => prefixes.map((p) => row(p, 5, seed));
      const options = { startToken: START, endToken: END, maxLength: 6 };
      const [greedy] = await greedySearch(next, options);
      const beam = (await beamSearch(next, { ...options, beamWidth: 1 }))[0]![0]!;
      expect(beam.tokens).toEqual(greedy!.tokens);
      let at = [START];
      for (;;) {
        const r = row(at, 5, seed);
        const token = r.indexOf(Math.max(...r));
        if (token === END || at.length > 6) break;
        at = [...at, token];
      }
      expect(greedy!.tokens).toEqual(at.slice(1));
    }
  });

  it('treats each source as if it were alone', async () => {
    const next = (prefixes: Prefixes, owners: readonly number[]) => prefixes.map((p, i) => row(p, 4, owners[i]!));
    const options = { startToken: START, endToken: END, beamWidth: 3, maxLength: 5 };
    const together = await beamSearch(next, { ...options, count: 3 });
    for (let s = 0; s < 3; s++) {
      const [alone] = await beamSearch(
        (p) =>
          next(
            p,
            p.map(() => s),
          ),
        options,
      );
      expect(together[s]).toEqual(alone);
    }
  });

  it('takes logits, and tensors', async () => {
    const next = (prefixes: Prefixes) => tensor(prefixes.map((p) => row(p, 4, 1).map((x) => x + 7)));
    const [found] = await greedySearch(next, { startToken: START, endToken: END, maxLength: 3 });
    const [plain] = await greedySearch((ps) => ps.map((p) => row(p, 4, 1)), {
      startToken: START,
      endToken: END,
      maxLength: 3,
    });
    expect(found!.tokens).toEqual(plain!.tokens);
    expect(found!.logProbability).toBeCloseTo(plain!.logProbability, 5);
  });

  it('never makes forbidden tokens, and says what did not end', async () => {
    const next = (prefixes: Prefixes) => prefixes.map(() => [-9, 5, 4, 3]);
    const options = { startToken: START, endToken: END, maxLength: 3 };
    expect((await greedySearch(next, { ...options, forbidden: [1] }))[0]).toMatchObject({
      tokens: [2, 2, 2],
      isComplete: false,
    });
  });

  const ok = { startToken: 1, endToken: 0 };
  it.each([
    ['no function', () => beamSearch(5 as never, ok), /function of the prefixes/],
    ['no end', () => greedySearch(() => [[0]], { startToken: 1 } as never), /endToken/],
    ['a beam of none', () => beamSearch(() => [[0]], { ...ok, beamWidth: 0 }), /beamWidth/],
    ['more best ones than are followed', () => beamSearch(() => [[0]], { ...ok, beamWidth: 2, best: 3 }), /best/],
    ['a negative penalty', () => beamSearch(() => [[0]], { ...ok, lengthPenalty: -1 }), /lengthPenalty/],
    ['too few rows', () => beamSearch(() => [], ok), /\[1, vocabulary\]/],
    ['NaN', () => greedySearch(() => [[Number.NaN, 0]], ok), /NaN/],
    ['rows of −∞', () => greedySearch(() => [[Number.NEGATIVE_INFINITY]], ok), /no finite number/],
    ['an unknown option', () => greedySearch(() => [[0]], { ...ok, beamWidth: 2 } as never), /unknown option/],
  ])('refuses %s', async (_, work, message) => {
    await expect(work()).rejects.toThrow(message);
  });
});
