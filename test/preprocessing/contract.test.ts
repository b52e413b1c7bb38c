import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColumnTable, CsrMatrix } from '../../src/data/index';
import * as p from '../../src/preprocessing/index';
import { checkTransform } from '../../src/testing/index';
import { closeTo, plain } from './nested';

const numeric = {
  StandardScaler: () => new p.StandardScaler(),
  'StandardScaler without mean': () => new p.StandardScaler({ withMean: false }),
  MinMaxScaler: () => new p.MinMaxScaler({ featureRange: [-1, 1] }),
  MaxAbsScaler: () => new p.MaxAbsScaler(),
  RobustScaler: () => new p.RobustScaler({ unitVariance: true }),
  OneHotEncoder: () => new p.OneHotEncoder({ sparseOutput: false }),
  OrdinalEncoder: () => new p.OrdinalEncoder(),
  SimpleImputer: () => new p.SimpleImputer({ addIndicator: true }),
  KNNImputer: () => new p.KNNImputer(),
  MissingIndicator: () => new p.MissingIndicator({ features: 'all' }),
  ColumnTransformer: () =>
    new p.ColumnTransformer([['a', new p.StandardScaler(), [0, 2]]], { remainder: 'passthrough' }),
};
const finite = {
  Normalizer: () => new p.Normalizer(),
  Binarizer: () => new p.Binarizer(),
  PolynomialFeatures: () => new p.PolynomialFeatures({ degree: 3 }),
};

describe('the contract of transformers', () => {
  it.each(Object.entries(numeric))('%s', (_, make) => checkTransform(make as never, { allowNonFinite: true }));
  it.each(Object.entries(finite))('%s', (_, make) => checkTransform(make as never));

  it.each(Object.entries({ ...numeric, ...finite }))('%s names its features, and those of tables', async (_, make) => {
    const X = new ColumnTable({ a: [1, 2, 4], b: [3, 3, 3], c: [-1, 0, 5] });
    const { fitted, X: out } = await make().fitTransform(X);
    expect((out as ColumnTable).names).toEqual(fitted.featureNamesOut());
    expect(plain(fitted.transform(X.select(['c', 'a', 'b'])))).toEqual(plain(out));
    expect(fitted.featureNamesIn).toEqual(['a', 'b', 'c']);
    expect(() => fitted.featureNamesOut(['a', 'b'])).toThrow(/2 names for 3 features/);
    expect(() => fitted.featureNamesOut(['a', 'c', 'b'])).toThrow(/was 'b' in fit and is 'c'/);
  });

  it.each(Object.entries({ ...numeric, ...finite }))('%s makes reals of integers', async (name, make) => {
    const ints = { data: Int32Array.of(1, 2, 4, 3, 3, 9), shape: [3, 2] as const };
    const wide = { data: Int32Array.of(1, 2, 4, 3, 3, 9, 5, 0, 1), shape: [3, 3] as const };
    const X = name === 'ColumnTransformer' ? wide : ints;
    const rows = plain(X) as number[][];
    expect(plain((await make().fitTransform(X)).X)).toEqual((await make().fitTransform(rows)).X);
  });
});

const matrix = fc.integer({ min: 1, max: 4 }).chain((cols) =>
  fc.array(fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: cols, maxLength: cols }), {
    minLength: 2,
    maxLength: 12,
  }),
);

describe('laws', () => {
  const scalers = {
    StandardScaler: new p.StandardScaler(),
    MinMaxScaler: new p.MinMaxScaler(),
    MaxAbsScaler: new p.MaxAbsScaler(),
    RobustScaler: new p.RobustScaler(),
  };

  it.each(Object.entries(scalers))('%s is undone', async (_, scaler) => {
    await fc.assert(
      fc.asyncProperty(matrix, async (X) => {
        const { fitted, X: out } = await scaler.fitTransform(X);
        const back = fitted.inverseTransform(out) as number[][];
        X.forEach((row, r) => row.forEach((v, c) => expect(Math.abs(back[r]![c]! - v)).toBeLessThan(1e-6)));
      }),
    );
  });

  it.each(['StandardScaler', 'MinMaxScaler', 'MaxAbsScaler'] as const)(
    '%s learns in parts what it learns at once',
    async (name) => {
      await fc.assert(
        fc.asyncProperty(matrix, fc.nat(11), async (X, cut) => {
          const at = 1 + (cut % (X.length - 1));
          const whole = await scalers[name].fit(X);
          const parts = await (await scalers[name].partialFit(X.slice(0, at))).partialFit(X.slice(at));
          const [a, b] = [plain(whole.transform(X)), plain(parts.transform(X))] as number[][][];
          // Columns that are constant but for rounding may be told apart by it.
          const spread = (c: number) => Math.max(...X.map((row) => row[c]!)) - Math.min(...X.map((row) => row[c]!));
          a!.forEach((row, r) =>
            row.forEach((v, c) => {
              if (spread(c) > 1e-6) expect(Math.abs(v - b![r]![c]!)).toBeLessThan(1e-6);
            }),
          );
          expect(whole.nSamplesSeen).toEqual(parts.nSamplesSeen);
        }),
      );
    },
  );

  it('sparse samples are scaled as dense ones', async () => {
    const zeros = fc.array(fc.array(fc.constantFrom(0, 0, 1, -2.5, Number.NaN), { minLength: 3, maxLength: 3 }), {
      minLength: 2,
    });
    const scalers = [
      new p.StandardScaler({ withMean: false }),
      new p.MaxAbsScaler(),
      new p.RobustScaler({ withCentering: false }),
      new p.SimpleImputer({ strategy: 'median', keepEmptyFeatures: true }),
    ];
    await fc.assert(
      fc.asyncProperty(zeros, fc.constantFrom(...scalers), async (X, scaler) => {
        const sparse = (await scaler.fitTransform(CsrMatrix.fromDense(X))).X as CsrMatrix;
        const dense = (await scaler.fitTransform(X)).X as number[][];
        closeTo(plain(sparse), plain(dense), 'sparse');
      }),
    );
  });

  it('weights count as copies', async () => {
    const X = [
      [1, NaN],
      [4, 2],
      [9, 7],
    ];
    const weighted = await new p.StandardScaler().fit(X, null, { sampleWeight: [1, 2, 3] });
    const copies = await new p.StandardScaler().fit([0, 1, 1, 2, 2, 2].map((i) => X[i]!));
    expect(plain(weighted.transform(X))).toEqual(plain(copies.transform(X)));
    expect(Array.from(weighted.nSamplesSeen)).toEqual([6, 5]);
  });

  it('categories are encoded and decoded', async () => {
    const cell = fc.option(fc.string({ maxLength: 3 }), { nil: null });
    const table = fc.array(fc.tuple(cell, fc.constantFrom(1, 2, 2.5, -7)), { minLength: 1, maxLength: 15 });
    await fc.assert(
      fc.asyncProperty(table, fc.constantFrom(null, 'first', 'ifBinary'), async (X, drop) => {
        // A column of null alone is read as numbers, and one category alone leaves nothing when dropped.
        if (X.every(([s]) => s === null) || X.every(([s]) => s === X[0]![0])) return;
        const hot = await new p.OneHotEncoder({ drop: drop as never }).fitTransform(X);
        expect(hot.fitted.inverseTransform(hot.X)).toEqual(X);
        const ordinal = await new p.OrdinalEncoder().fitTransform(X);
        expect(ordinal.fitted.inverseTransform(ordinal.X)).toEqual(X);
      }),
    );
  });
});
