import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import type { SamplingStrategy } from '../../src/imbalanced/index';
import {
  computeClassWeight,
  computeSampleWeight,
  RandomOverSampler,
  RandomUnderSampler,
  SMOTE,
} from '../../src/imbalanced/index';
import { tensor } from '../../src/ops/create';
import { numpyRandom } from '../../src/ops/numpy-random';

type Name = 'two' | 'three';
interface Goldens {
  readonly inputs: { readonly two: { X: number[][]; y: string[] }; readonly three: { X: number[][]; y: number[] } };
  readonly smote: {
    data: Name;
    strategy: SamplingStrategy;
    k: number;
    seed: number;
    X: number[][];
    y: number[] | string[];
  }[];
  readonly picks: {
    sampler: 'over' | 'under';
    data: Name;
    strategy: SamplingStrategy;
    replacement?: boolean;
    indices: number[];
  }[];
  readonly weights: Record<'classes' | 'samples' | 'given' | 'indices', number[]>;
}
const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/imbalanced/resampled.json', import.meta.url), 'utf8'),
) as Goldens;
const { three, two } = goldens.inputs;

const count = (y: readonly unknown[], label: unknown): number => y.filter((v) => v === label).length;

describe('resamplers against imbalanced-learn, drawing from NumPy’s stream', () => {
  for (const g of goldens.smote) {
    it(`SMOTE ${g.data} ${JSON.stringify(g.strategy)} k ${g.k} seed ${g.seed}`, async () => {
      const { X, y } = goldens.inputs[g.data];
      const got = await new SMOTE({
        samplingStrategy: g.strategy,
        kNeighbors: g.k,
        seed: numpyRandom(g.seed),
      }).fitResample(X, y);
      expect(got.X.slice(0, X.length)).toEqual(X);
      expect(got.y.slice(X.length)).toEqual(g.y);
      const added = got.X.slice(X.length).flat();
      const expected = g.X.flat();
      expect(added.length).toBe(expected.length);
      added.forEach((v, i) => {
        expect(Math.abs(v - expected[i]!)).toBeLessThan(1e-12);
      });
    });
  }
  for (const g of goldens.picks) {
    it(`random ${g.sampler} ${g.data} ${JSON.stringify(g.strategy)}${g.replacement ? ' with replacement' : ''}`, async () => {
      const { X, y } = goldens.inputs[g.data];
      const options = { samplingStrategy: g.strategy, seed: numpyRandom(3), replacement: g.replacement };
      const sampler = g.sampler === 'over' ? new RandomOverSampler(options) : new RandomUnderSampler(options);
      const got = await sampler.fitResample(X as number[][], y as number[]);
      expect(Array.from(got.indices!)).toEqual(g.indices);
      expect(got.X).toEqual(g.indices.map((i) => X[i]));
      expect(got.y).toEqual(g.indices.map((i) => y[i]));
    });
  }
  it('class and sample weights', () => {
    expect(computeClassWeight('balanced', [0, 1, 2], three.y)).toEqual(goldens.weights.classes);
    expect(Array.from(computeSampleWeight('balanced', three.y))).toEqual(goldens.weights.samples);
    expect(Array.from(computeSampleWeight({ 0: 2, 1: 0.5, 2: 3 }, three.y))).toEqual(goldens.weights.given);
    expect(Array.from(computeSampleWeight('balanced', [0, 0, 1, 1, 2], { indices: [0, 0, 1, 2] }))).toEqual(
      goldens.weights.indices,
    );
  });
});

describe('SMOTE', () => {
  const strategies: [string, SamplingStrategy, [number, number, number]][] = [
    ['auto', 'auto', [25, 25, 25]],
    ['not majority', 'not majority', [25, 25, 25]],
    ['minority', 'minority', [25, 12, 25]],
    ['not minority', 'not minority', [25, 25, 9]],
    ['all', 'all', [25, 25, 25]],
    ['a record', { 1: 20, 2: 11 }, [25, 20, 11]],
    ['a map', new Map([[2, 30]]), [25, 12, 30]],
    ['a function', (y) => ({ 1: (y as number[]).length }), [25, 46, 9]],
  ];
  for (const [name, samplingStrategy, counts] of strategies) {
    it(`gives exactly the counts of ${name}`, async () => {
      const { y } = await new SMOTE({ samplingStrategy, seed: 1 }).fitResample(three.X, three.y);
      expect([0, 1, 2].map((c) => count(y, c))).toEqual(counts);
    });
  }

  it('takes a ratio for two classes', async () => {
    const { y } = await new SMOTE({ samplingStrategy: 0.7, seed: 1 }).fitResample(two.X, two.y);
    expect([count(y, 'pos'), count(y, 'neg')]).toEqual([Math.trunc(0.7 * 22), 22]);
  });

  it('puts every new sample on a segment to one of the k nearest of its class, on any data', async () => {
    const numbers = fc.double({ min: -100, max: 100, noNaN: true });
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 4 }).chain((cols) =>
          fc.record({
            rare: fc.array(fc.array(numbers, { minLength: cols, maxLength: cols }), { minLength: 4, maxLength: 9 }),
            usual: fc.array(fc.array(numbers, { minLength: cols, maxLength: cols }), { minLength: 12, maxLength: 20 }),
          }),
        ),
        fc.integer({ min: 1, max: 3 }),
        fc.integer(),
        async ({ rare, usual }, k, seed) => {
          const X = [...usual, ...rare];
          const y = [...usual.map(() => 0), ...rare.map(() => 1)];
          const got = await new SMOTE({ kNeighbors: k, seed }).fitResample(X, y);
          expect([count(got.y, 0), count(got.y, 1)]).toEqual([usual.length, usual.length]);
          expect(got.X.slice(0, X.length)).toEqual(X);
          for (const point of got.X.slice(X.length)) expect(liesBetweenNeighbors(point, rare, k)).toBe(true);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('is the same for the same seed, another for another, and does not touch its input', async () => {
    const X = three.X.map((r) => Object.freeze([...r]));
    Object.freeze(X);
    const of = async (seed: number | string | Rng): Promise<unknown> =>
      (await new SMOTE({ seed }).fitResample(X, three.y)).X;
    expect(await of(5)).toEqual(await of(5));
    expect(await of('five')).not.toEqual(await of(5));
    const used = new Rng(5);
    used.random();
    expect(await of(used)).toEqual(await of(5));
    expect(await new SMOTE().fitResample(X, three.y)).not.toEqual(await new SMOTE().fitResample(X, three.y));
  });

  it('returns X and y in the form they came in', async () => {
    const flat = Float32Array.from(three.X.flat());
    const smote = new SMOTE({ seed: 1 });
    const asTensors = await smote.fitResample(tensor(flat, { shape: [46, 3] }), tensor(three.y, { dtype: 'int32' }));
    expect([asTensors.X.dtype, asTensors.X.shape, asTensors.y.dtype, asTensors.y.shape]).toEqual([
      'float32',
      [75, 3],
      'int32',
      [75],
    ]);
    const asFlat = await smote.fitResample({ data: flat, shape: [46, 3] }, new Uint8Array(three.y));
    expect(asFlat.X.data).toBeInstanceOf(Float32Array);
    expect(asFlat.X.data).toEqual(asTensors.X.dataSync());
    expect(asFlat.y).toBeInstanceOf(Uint8Array);
    const double = await smote.fitResample(three.X, three.y);
    expect(Array.from(asFlat.X.data)).toEqual(
      Array.from(Float32Array.from(double.X.flat()), (v) => expect.closeTo(v, 5) as number),
    );
  });

  it('changes nothing when nothing is asked for', async () => {
    const even = await new SMOTE({ seed: 1 }).fitResample([[1], [2], [3], [4]], [0, 0, 1, 1]);
    expect(even).toEqual({ X: [[1], [2], [3], [4]], y: [0, 0, 1, 1] });
  });

  const refused: [string, object, unknown, unknown, RegExp][] = [
    [
      'a class with k samples',
      { kNeighbors: 9 },
      three.X,
      three.y,
      /class 2 has 9 samples, too few for 9 neighbours.*below 9/,
    ],
    ['one class', {}, [[1], [2]], [3, 3], /only the class 3/],
    ['NaN', {}, [[1], [Number.NaN]], [0, 1], /NaN at row 1/],
    ['a ratio for three classes', { samplingStrategy: 0.9 }, three.X, three.y, /two classes only, y has 3/],
    ['a ratio that removes', { samplingStrategy: 0.2 }, two.X, two.y, /fewer samples of class pos.*0\.364/],
    ['a ratio above 1', { samplingStrategy: 1.5 }, two.X, two.y, /\(0, 1\]/],
    ['a ratio of 0', { samplingStrategy: 0 }, two.X, two.y, /\(0, 1\]/],
    ['majority', { samplingStrategy: 'majority' }, two.X, two.y, /'majority' can't be used when over-sampling/],
    ['an unknown name', { samplingStrategy: 'most' }, two.X, two.y, /'most'/],
    ['a list', { samplingStrategy: ['pos'] }, two.X, two.y, /only cleaning methods/],
    [
      'fewer than there are',
      { samplingStrategy: { pos: 3 } },
      two.X,
      two.y,
      /3 samples of class pos, which has 8.*only add/,
    ],
    ['an unknown class', { samplingStrategy: { maybe: 30 } }, two.X, two.y, /class maybe, which y does not have/],
    ['a negative count', { samplingStrategy: { pos: -1 } }, two.X, two.y, /whole number/],
    ['k of 0', { kNeighbors: 0 }, two.X, two.y, /kNeighbors/],
  ];
  for (const [what, options, X, y, message] of refused) {
    it(`refuses ${what}`, async () => {
      const error = await new SMOTE(options).fitResample(X as number[][], y as number[]).then(
        () => null,
        (e: unknown) => e,
      );
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as Error).message).toMatch(message);
    });
  }
});

/** Whether a point is x + u·(neighbour − x), 0 ≤ u ≤ 1, for some x and one of its k nearest (ties included). */
function liesBetweenNeighbors(point: readonly number[], rows: readonly number[][], k: number): boolean {
  const distance = (a: readonly number[], b: readonly number[]): number =>
    Math.sqrt(a.reduce((s, v, c) => s + (v - b[c]!) ** 2, 0));
  return rows.some((x, i) => {
    const reach = rows
      .filter((_, j) => j !== i)
      .map((r) => distance(x, r))
      .sort((a, b) => a - b)[k - 1]!;
    return rows.some((r, j) => {
      if (j === i || distance(x, r) > reach * (1 + 1e-12)) return false;
      const detour = distance(x, point) + distance(point, r) - distance(x, r);
      return Math.abs(detour) <= 1e-9 * (1 + distance(x, r));
    });
  });
}

describe('random samplers', () => {
  it('refuse what does not fit', async () => {
    await expect(new RandomUnderSampler({ samplingStrategy: 'minority' }).fitResample(two.X, two.y)).rejects.toThrow(
      /under-sampling/,
    );
    await expect(new RandomUnderSampler({ samplingStrategy: { neg: 40 } }).fitResample(two.X, two.y)).rejects.toThrow(
      /only remove/,
    );
    await expect(new RandomUnderSampler({ samplingStrategy: 0.1 }).fitResample(two.X, two.y)).rejects.toThrow(
      /asks for 80/,
    );
    await expect(new RandomOverSampler().fitResample([[1]], [1])).rejects.toThrow(/only the class/);
  });
  it('let NaN pass', async () => {
    const got = await new RandomOverSampler({ seed: 1 }).fitResample([[Number.NaN], [1], [2]], [1, 0, 0]);
    expect(got.X).toEqual([[Number.NaN], [1], [2], [Number.NaN]]);
  });
});

describe('class weights', () => {
  it('count sample weights when balanced', () => {
    expect(computeClassWeight('balanced', ['a', 'b'], ['a', 'a', 'b'], { sampleWeight: [1, 1, 4] })).toEqual([
      1.5, 0.75,
    ]);
  });
  it('default to 1, and take records and maps', () => {
    expect(computeClassWeight(null, [0, 1], [0, 1])).toEqual([1, 1]);
    expect(computeClassWeight({ 1: 3 }, [0, 1], [0, 1])).toEqual([1, 3]);
    expect(computeClassWeight(new Map([[true, 2]]), [false, true], [false, true])).toEqual([1, 2]);
  });
  it('refuse labels and keys that do not fit', () => {
    expect(() => computeClassWeight('balanced', [0], [0, 1])).toThrow(/label 1/);
    expect(() => computeClassWeight('balanced', [0, 1, 2], [0, 1])).toThrow(/class 2 has no samples/);
    expect(() => computeClassWeight({ 5: 1 }, [0, 1], [0, 1])).toThrow(/given for 5.*not for 0, 1/);
    expect(() => computeClassWeight({ 1: -1 }, [0, 1], [0, 1])).toThrow(/≥ 0/);
    expect(() => computeSampleWeight('balanced', [0, 1], { indices: [7] })).toThrow(/indices\[0\] is 7/);
  });
});
