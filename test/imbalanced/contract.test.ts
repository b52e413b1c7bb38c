import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, KompaktError } from '../../src/core/errors';
import { Rng } from '../../src/core/rng';
import type { Resampler } from '../../src/data/estimator';
import { ColumnTable, CsrMatrix } from '../../src/data/index';
import {
  ADASYN,
  AllKNN,
  BorderlineSMOTE,
  ClusterCentroids,
  CondensedNearestNeighbour,
  EditedNearestNeighbours,
  KMeansSMOTE,
  NearMiss,
  NeighbourhoodCleaningRule,
  OneSidedSelection,
  RandomOverSampler,
  RandomUnderSampler,
  RepeatedEditedNearestNeighbours,
  SMOTE,
  SMOTEENN,
  SMOTEN,
  SMOTENC,
  SMOTETomek,
  SVMSMOTE,
  TomekLinks,
} from '../../src/imbalanced/index';
import { checkResampler } from '../../src/testing/index';

const ALL = {
  ADASYN,
  AllKNN,
  BorderlineSMOTE,
  ClusterCentroids,
  CondensedNearestNeighbour,
  EditedNearestNeighbours,
  KMeansSMOTE,
  NearMiss,
  NeighbourhoodCleaningRule,
  OneSidedSelection,
  RandomOverSampler,
  RandomUnderSampler,
  RepeatedEditedNearestNeighbours,
  SMOTE,
  SMOTEENN,
  SMOTETomek,
  SVMSMOTE,
  TomekLinks,
};
type Name = keyof typeof ALL;
const PICKS_ANYTHING: readonly Name[] = ['RandomOverSampler', 'RandomUnderSampler'];
const ADDS: readonly Name[] = ['ADASYN', 'BorderlineSMOTE', 'KMeansSMOTE', 'RandomOverSampler', 'SMOTE', 'SVMSMOTE'];
const CLEANS: readonly Name[] = [
  'AllKNN',
  'CondensedNearestNeighbour',
  'EditedNearestNeighbours',
  'NeighbourhoodCleaningRule',
  'OneSidedSelection',
  'RepeatedEditedNearestNeighbours',
  'TomekLinks',
];
const SEEDED: readonly Name[] = [
  ...ADDS,
  'ClusterCentroids',
  'CondensedNearestNeighbour',
  'OneSidedSelection',
  'RandomUnderSampler',
  'SMOTEENN',
  'SMOTETomek',
];

function make(name: Name, options: object = {}): Resampler & { name: string } {
  const Class = ALL[name] as new (o: object) => Resampler & { name: string };
  const own = {
    KMeansSMOTE: { kmeansEstimator: 3, clusterBalanceThreshold: 0.05 },
    ClusterCentroids: { voting: 'hard' },
  }[name as string];
  return new Class({ ...own, ...(SEEDED.includes(name) && { seed: 1 }), ...options });
}

const names = Object.keys(ALL) as Name[];

/** Three overlapping clouds, so that borders have samples of several classes. */
function overlapping(seed: number, sizes = [40, 14, 22]): { X: number[][]; y: number[] } {
  const rng = new Rng(seed);
  const labels = sizes.flatMap((n, c) => Array.from({ length: n }, () => c));
  const y = Array.from(rng.permutation(labels.length), (i) => labels[i]!);
  return { X: y.map((c) => [rng.gaussian() + c, rng.gaussian(), rng.gaussian() - c]), y };
}

const count = (y: readonly unknown[], label: unknown): number => y.filter((v) => v === label).length;

describe('every resampler', () => {
  // ADASYN refuses classes that are well apart, as those of the suite are.
  it.each(names.filter((n) => n !== 'ADASYN'))('%s keeps the contract', async (name) => {
    await checkResampler(() => make(name), { allowNonFinite: PICKS_ANYTHING.includes(name), sparse: true });
  });

  it.each(names)('%s is named as it is exported, and refuses unknown options', async (name) => {
    expect(make(name).name).toBe(name);
    const { X, y } = overlapping(1);
    await expect(make(name, { nJobs: 2 }).fitResample(X, y)).rejects.toThrow(/unknown option 'nJobs'/);
  });

  // k-means takes sparse samples as they are, dense ones less their mean: rounding leads to other clusters.
  it.each(names.filter((n) => n !== 'ClusterCentroids'))(
    '%s gives the same for sparse samples as for dense ones',
    async (name) => {
      const { X, y } = overlapping(3);
      const thinned = X.map((row) => row.map((v) => (Math.abs(v) < 0.6 ? 0 : v)));
      const dense = await make(name).fitResample(thinned, y);
      const sparse = await make(name).fitResample(CsrMatrix.fromDense(thinned), y);
      expect(sparse.y).toEqual(dense.y);
      expect(sparse.X).toBeInstanceOf(CsrMatrix);
      sparse.X.toArray().forEach((row, i) => {
        row.forEach((v, f) => {
          expect(v).toBeCloseTo(dense.X[i]![f]!, 12);
        });
      });
      const columns = await make(name).fitResample(CsrMatrix.fromDense(thinned).toCsc(), y);
      expect(columns.X.toArray()).toEqual(sparse.X.toArray());
    },
  );

  it.each(names)('%s returns what is balanced as it is, or only less of it', async (name) => {
    const { X, y } = overlapping(5, [20, 20]);
    const got = await make(name, CLEANS.includes(name) ? { samplingStrategy: [] } : {}).fitResample(X, y);
    if (ADDS.includes(name)) expect(got).toMatchObject({ X, y });
    if (CLEANS.includes(name) || name === 'NearMiss' || name === 'RandomUnderSampler') {
      expect(Array.from(got.indices!).sort((a, b) => a - b)).toEqual(X.map((_, i) => i));
    }
  });
});

describe('methods that add', () => {
  it.each(ADDS)('%s leaves the originals first and untouched, and follows the strategy', async (name) => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: 1000 }), fc.integer({ min: 33, max: 60 }), async (seed, wanted) => {
        const { X, y } = overlapping(seed);
        const got = await make(name, { samplingStrategy: { 2: wanted } }).fitResample(X, y);
        expect(got.X.slice(0, X.length)).toEqual(X);
        expect(got.y.slice(0, y.length)).toEqual(y);
        expect(got.y.slice(y.length).every((v) => v === 2)).toBe(true);
        const added = count(got.y, 2) - 22;
        // ADASYN rounds each place by itself, Borderline-SMOTE may find no place.
        if (name === 'ADASYN') expect(Math.abs(added - (wanted - 22))).toBeLessThanOrEqual(11);
        // K-means SMOTE rounds each cluster's part up.
        else if (name === 'KMeansSMOTE') expect(added).toBeLessThanOrEqual(wanted - 22 + 3);
        // SVM-SMOTE adds fewer where no support vector is in danger, or none safe.
        else if (name === 'SVMSMOTE') expect(added).toBeLessThanOrEqual(wanted - 22);
        else if (name === 'BorderlineSMOTE') expect([0, wanted - 22]).toContain(added);
        else expect(added).toBe(wanted - 22);
      }),
      { numRuns: 8 },
    );
  });

  it('warn of a class that outgrows the largest', async () => {
    const { X, y } = overlapping(1);
    const { warnings } = await make('SMOTE', { samplingStrategy: { 1: 50 } }).fitResample(X, y);
    expect(warnings![0]).toBeInstanceOf(KompaktError);
    expect(warnings![0]!.message).toMatch(/class 1 will have 50 samples, more than the largest class, which has 40/);
    expect((await make('SMOTE').fitResample(X, y)).warnings).toBeUndefined();
  });

  const refused: [string, Name, object, RegExp][] = [
    ['fewer than there are', 'ADASYN', { samplingStrategy: { 1: 3 } }, /which has 14. Over-sampling can only add/],
    ['an unknown class', 'BorderlineSMOTE', { samplingStrategy: { 7: 50 } }, /class 7, which y does not have/],
    ['a list', 'SMOTE', { samplingStrategy: [1] }, /which only cleaning methods take/],
    ['a class as small as k', 'SMOTE', { kNeighbors: 14 }, /class 1 has 14 samples/],
    ['more neighbours than samples', 'BorderlineSMOTE', { mNeighbors: 99 }, /mNeighbors needs 100 samples/],
    ['a kind that is none', 'BorderlineSMOTE', { kind: 'borderline-3' }, /kind must be one of 'borderline-1'/],
    [
      'a threshold that is none',
      'KMeansSMOTE',
      { clusterBalanceThreshold: 'low' },
      /must be 'auto' or a number, got low/,
    ],
    [
      'clusters without enough of a class',
      'KMeansSMOTE',
      { clusterBalanceThreshold: 1.5 },
      /no cluster has more than 2 samples of class 1/,
    ],
    ['half a cluster', 'KMeansSMOTE', { kmeansEstimator: 2.5 }, /kmeansEstimator must be an integer/],
    ['a step too far', 'SVMSMOTE', { outStep: 2 }, /outStep must be in \[0, 1\]/],
    ['what is no machine', 'SVMSMOTE', { svmEstimator: 'svc' }, /svmEstimator must be an estimator/],
    ['a fraction of a neighbour', 'ADASYN', { nNeighbors: 1.5 }, /nNeighbors must be an integer/],
    ['a negative shrinkage', 'RandomOverSampler', { shrinkage: -1 }, /must be ≥ 0/],
    ['a shrinkage that lacks a class', 'RandomOverSampler', { shrinkage: { 1: 1 } }, /shrinkage lacks class 2/],
    ['a shrinkage that is none', 'RandomOverSampler', { shrinkage: 'much' }, /shrinkage must be a number/],
    ['a cleaner that is none', 'SMOTEENN', { enn: {} }, /must be resamplers/],
  ];
  it.each(refused)('refuse %s', async (_, name, options, message) => {
    const { X, y } = overlapping(1);
    const error = await make(name, options)
      .fitResample(X, y)
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  });

  it('refuse to move what is not a number', async () => {
    const shaky = new RandomOverSampler({ shrinkage: 1, seed: 1 });
    await expect(shaky.fitResample([['a'], ['b'], ['c']], [0, 0, 1])).rejects.toThrow(
      /shrinkage needs samples of numbers/,
    );
    await expect(shaky.fitResample([[1], [Number.NaN], [3]], [0, 0, 1])).rejects.toThrow(/NaN/);
  });

  it('ADASYN refuses classes without a border', async () => {
    const apart = [...Array.from({ length: 20 }, (_, i) => [i]), ...Array.from({ length: 10 }, (_, i) => [1000 + i])];
    await expect(make('ADASYN').fitResample(apart, [...Array(20).fill(0), ...Array(10).fill(1)])).rejects.toThrow(
      /no sample of class 1 has a neighbour of another class.*Use SMOTE/,
    );
  });
});

describe('methods that clean', () => {
  // The repeated one asks anew each time which class is rarest, as imbalanced-learn does.
  it.each(CLEANS.filter((n) => !/Repeated|AllKNN/.test(n)))(
    '%s never touches classes it is not asked to',
    async (name) => {
      const { X, y } = overlapping(9);
      for (const [samplingStrategy, touched] of [
        ['auto', [0, 2]],
        ['majority', [0]],
        [[1], [1]],
        [(labels: number[]) => [...new Set(labels)], [0, 1, 2]],
      ] as const) {
        const got = await make(name, { samplingStrategy }).fitResample(X, y);
        for (const c of [0, 1, 2])
          if (!(touched as readonly number[]).includes(c)) expect(count(got.y, c)).toBe(count(y, c));
        expect(got.y).toEqual(Array.from(got.indices!, (i) => y[i]));
      }
    },
  );

  const refused: [string, Name, object, RegExp][] = [
    [
      'counts',
      'TomekLinks',
      { samplingStrategy: { 0: 3 } },
      /a name or a list of the classes to clean, got counts by class/,
    ],
    ['a ratio', 'AllKNN', { samplingStrategy: 0.5 }, /a name or a list of the classes to clean, got 0.5/],
    ['the rarest', 'OneSidedSelection', { samplingStrategy: 'minority' }, /'minority' can't be used/],
    ['an unknown class', 'EditedNearestNeighbours', { samplingStrategy: [8] }, /class 8, which y does not have/],
    ['a kind that is none', 'EditedNearestNeighbours', { kindSel: 'most' }, /kindSel must be one of 'all', 'mode'/],
    ['no neighbours', 'CondensedNearestNeighbour', { nNeighbors: 0 }, /nNeighbors must be an integer/],
    ['no seeds', 'OneSidedSelection', { nSeedsS: 0 }, /nSeedsS must be an integer/],
    ['a threshold of 1', 'NeighbourhoodCleaningRule', { thresholdCleaning: 1 }, /between 0 and 1/],
    ['no turns', 'RepeatedEditedNearestNeighbours', { maxIter: 0 }, /maxIter must be an integer/],
    ['more neighbours than samples', 'EditedNearestNeighbours', { nNeighbors: 76 }, /nNeighbors needs 77 samples/],
    ['a vote that is none', 'ClusterCentroids', { voting: 'loud' }, /voting must be one of 'auto', 'hard', 'soft'/],
    [
      'what finds no centres',
      'ClusterCentroids',
      { estimator: 3 },
      /estimator must be an estimator such as new KMeans/,
    ],
    ['a version that is none', 'NearMiss', { version: 4 }, /version must be one of 1, 2, 3/],
    ['more than there are', 'NearMiss', { samplingStrategy: { 0: 41 } }, /Under-sampling can only remove/],
    ['more rare samples than there are', 'NearMiss', { version: 2, nNeighbors: 15 }, /nNeighbors needs 15 samples/],
  ];
  it.each(refused)('refuse %s', async (_, name, options, message) => {
    const { X, y } = overlapping(1);
    const error = await make(name, options)
      .fitResample(X, y)
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  });

  it('NearMiss 3 says when it finds too few', async () => {
    const { X, y } = overlapping(2, [60, 20]);
    const got = await make('NearMiss', { version: 3, nNeighborsVer3: 1, nNeighbors: 2 }).fitResample(X, y);
    expect(count(got.y, 0)).toBeLessThan(20);
    expect(got.warnings![0]!.message).toMatch(/though 20 were asked for. Raise nNeighborsVer3/);
  });
});

describe('SMOTE of categories', () => {
  it('keeps the contract of resamplers, with numbers as categories', async () => {
    await checkResampler(() => new SMOTENC({ seed: 1, categoricalFeatures: [2] }), { sparse: true });
    await checkResampler(() => new SMOTEN({ seed: 1 }), { allowNonFinite: true, sparse: false });
  });

  const X = [
    { size: 1, colour: 'red', sold: true },
    { size: 2, colour: 'red', sold: true },
    { size: 3, colour: null, sold: false },
    { size: 7, colour: 'blue', sold: false },
    { size: 8, colour: 'blue', sold: true },
    { size: 9, colour: 'red', sold: false },
    { size: 9.5, colour: 'green', sold: false },
    { size: 6, colour: 'blue', sold: false },
  ];
  const y = ['a', 'a', 'a', 'b', 'b', 'b', 'b', 'b'];

  it('gives rows in the form of the table, with categories that there are', async () => {
    for (const categoricalFeatures of [['colour', 'sold'], [1, 2], [false, true, true], 'auto'] as const) {
      const sampler = new SMOTENC({ categoricalFeatures, kNeighbors: 2, seed: 3 });
      const records = await sampler.fitResample(X, y);
      expect(records.X.slice(0, 8)).toEqual(X);
      expect(records.y.slice(8)).toEqual(['a', 'a']);
      for (const row of records.X.slice(8)) {
        expect(row.size).toBeGreaterThanOrEqual(1);
        expect(row.size).toBeLessThanOrEqual(3);
        expect(['red', null]).toContain(row.colour);
        expect(typeof row.sold).toBe('boolean');
      }
      const columns = await sampler.fitResample(ColumnTable.fromRecords(X), y);
      expect(columns.X.records()).toEqual(records.X);
      if (categoricalFeatures[0] === 'colour') continue;
      const rows = await sampler.fitResample(
        X.map((r) => Object.values(r)),
        y,
      );
      expect(rows.X).toEqual(records.X.map((r) => Object.values(r)));
    }
  });

  it('breaks the distance down to categories where numbers do not differ', async () => {
    const flat = X.map((row) => ({ ...row, size: 1 }));
    const got = await new SMOTENC({ categoricalFeatures: 'auto', kNeighbors: 2, seed: 3 }).fitResample(flat, y);
    for (const row of got.X.slice(8)) expect(['red', null]).toContain(row.colour);
  });

  const refused: [string, () => Promise<unknown>, RegExp][] = [
    ['only categories', () => new SMOTENC({ categoricalFeatures: [0, 1, 2] }).fitResample(X, y), /Use SMOTEN/],
    [
      'text that is not said to be a category',
      () => new SMOTENC({ categoricalFeatures: ['sold'] }).fitResample(X, y),
      /feature 'colour' does not hold numbers/,
    ],
    [
      'a name that is none',
      () => new SMOTENC({ categoricalFeatures: ['color'] }).fitResample(X, y),
      /names color, which is no feature. They are size, colour, sold/,
    ],
    [
      'a number too high',
      () => new SMOTENC({ categoricalFeatures: [3] }).fitResample(X, y),
      /names 3, which is no feature/,
    ],
    [
      'too few booleans',
      () => new SMOTENC({ categoricalFeatures: [true] }).fitResample(X, y),
      /1 booleans for 3 features/,
    ],
    ['no features named', () => new SMOTENC({} as never).fitResample(X, y), /must be numbers or names of features/],
    [
      'a number that is missing',
      () =>
        new SMOTENC({ categoricalFeatures: 'auto', kNeighbors: 2 }).fitResample(
          [...X, { size: null, colour: 'red', sold: true }],
          [...y, 'a'],
        ),
      /feature 'size' is NaN in row 8/,
    ],
    ['a small class', () => new SMOTENC({ categoricalFeatures: 'auto' }).fitResample(X, y), /class a has 3 samples/],
    ['a small class of categories', () => new SMOTEN().fitResample(X, y), /class a has 3 samples/],
    [
      'one class',
      () =>
        new SMOTEN().fitResample(
          X,
          y.map(() => 'a'),
        ),
      /only the class a/,
    ],
  ];
  it.each(refused)('refuses %s', async (_, act, message) => {
    const error = await act().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  });
});

describe('tables', () => {
  const people = [
    { age: 30, work: 'private' },
    { age: null, work: 'state' },
    { age: 50, work: null },
    { age: 41, work: 'private' },
  ];
  it.each([
    ['records', people],
    ['rows', people.map((p) => [p.age, p.work])],
  ])('of %s are picked from', async (_, X) => {
    const y = ['no', 'no', 'no', 'yes'];
    const more = await new RandomOverSampler({ seed: 1 }).fitResample(X, y);
    expect(more.X).toEqual([...X, X[3], X[3]]);
    expect(more.y).toEqual([...y, 'yes', 'yes']);
    const fewer = await new RandomUnderSampler({ seed: 1 }).fitResample(X, y);
    expect(fewer.X).toEqual(Array.from(fewer.indices!, (i) => X[i]));
  });

  it('of columns are, too', async () => {
    const X = ColumnTable.fromRecords(people);
    const { X: fewer, indices } = await new RandomUnderSampler({ seed: 1 }).fitResample(X, [0, 0, 0, 1]);
    expect(fewer).toBeInstanceOf(ColumnTable);
    expect(fewer.records()).toEqual(X.takeRows(indices!).records());
  });

  it('must be of one form', async () => {
    const sampler = new RandomUnderSampler({ seed: 1 });
    for (const X of [
      [['a'], ['b', 'c']],
      [['a'], { a: 1 }],
      [['a'], [Symbol('s')]],
      [['a'], [3]],
    ])
      await expect(sampler.fitResample(X as never, [0, 1])).rejects.toThrow(KompaktError);
  });
});
