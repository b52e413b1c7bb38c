import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColumnTable, CsrMatrix } from '../../src/data/index';
import { fromJSON, fromState } from '../../src/estimator/state';
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
  QuantileTransformer: () => new p.QuantileTransformer({ nQuantiles: 10, outputDistribution: 'normal' }),
  ColumnTransformer: () =>
    new p.ColumnTransformer([['a', new p.StandardScaler(), [0, 2]]], { remainder: 'passthrough' }),
};
const finite = {
  Normalizer: () => new p.Normalizer(),
  Binarizer: () => new p.Binarizer(),
  PolynomialFeatures: () => new p.PolynomialFeatures({ degree: 3 }),
};

/** What the tests below ask of a transformer; the union of the types of all is more than the checker can hold. */
interface Named {
  fitTransform(X: unknown): Promise<{
    readonly fitted: {
      readonly featureNamesIn: readonly string[];
      featureNamesOut(given?: readonly string[]): readonly string[];
      transform(X: unknown): unknown;
    };
    readonly X: unknown;
  }>;
}
const all = Object.entries({ ...numeric, ...finite }) as unknown as [string, () => Named][];

describe('the contract of transformers', () => {
  it.each(Object.entries(numeric))('%s', (_, make) => checkTransform(make as never, { allowNonFinite: true }));
  it.each(Object.entries(finite))('%s', (_, make) => checkTransform(make as never));

  it.each(all)('%s names its features, and those of tables', async (_, make) => {
    const X = new ColumnTable({ a: [1, 2, 4], b: [3, 3, 3], c: [-1, 0, 5] });
    const { fitted, X: out } = await make().fitTransform(X);
    expect((out as ColumnTable).names).toEqual(fitted.featureNamesOut());
    expect(plain(fitted.transform(X.select(['c', 'a', 'b'])))).toEqual(plain(out));
    expect(fitted.featureNamesIn).toEqual(['a', 'b', 'c']);
    expect(() => fitted.featureNamesOut(['a', 'b'])).toThrow(/2 names for 3 features/);
    expect(() => fitted.featureNamesOut(['a', 'c', 'b'])).toThrow(/was 'b' in fit and is 'c'/);
  });

  it.each(all)('%s makes reals of integers', async (name, make) => {
    const ints = { data: Int32Array.of(1, 2, 4, 3, 3, 9), shape: [3, 2] as const };
    const wide = { data: Int32Array.of(1, 2, 4, 3, 3, 9, 5, 0, 1), shape: [3, 3] as const };
    const X = name === 'ColumnTransformer' ? wide : ints;
    const rows = plain(X) as number[][];
    expect(plain((await make().fitTransform(X)).X)).toEqual((await make().fitTransform(rows)).X);
  });
});

const matrix = fc.integer({ min: 1, max: 4 }).chain((cols) =>
  fc.array(
    fc.array(
      fc.integer({ min: -1e9, max: 1e9 }).map((v) => v / 1e6),
      { minLength: cols, maxLength: cols },
    ),
    {
      minLength: 2,
      maxLength: 12,
    },
  ),
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

  it('quantiles keep the order, and are undone within what was seen', async () => {
    await fc.assert(
      fc.asyncProperty(matrix, fc.constantFrom('uniform', 'normal'), async (X, outputDistribution) => {
        const scaler = new p.QuantileTransformer({ outputDistribution: outputDistribution as 'normal' });
        const { fitted, X: out } = await scaler.fitTransform(X);
        const rows = out as number[][];
        for (let i = 1; i < X.length; i++)
          X[i]!.forEach((v, c) => {
            const [a, b] = [rows[i - 1]![c]!, rows[i]![c]!];
            expect(v < X[i - 1]![c]! ? b <= a : b >= a).toBe(true);
          });
        const back = fitted.inverseTransform(out) as number[][];
        if (outputDistribution === 'uniform') closeTo(plain(back), X, 'inverse', 1e-6);
      }),
    );
  });

  it('bins hold what lies between their edges', async () => {
    const strategies = fc.constantFrom('uniform', 'quantile', 'kmeans');
    await fc.assert(
      fc.asyncProperty(matrix, strategies, fc.integer({ min: 2, max: 5 }), async (X, strategy, nBins) => {
        const bins = new p.KBinsDiscretizer({ strategy: strategy as 'kmeans', nBins, encode: 'ordinal' });
        const { fitted, X: out } = await bins.fitTransform(X);
        (out as number[][]).forEach((row, r) =>
          row.forEach((bin, c) => {
            const edges = fitted.binEdges[c]!;
            expect(bin).toBeLessThan(fitted.nBins[c]!);
            if (bin > 0) expect(X[r]![c]).toBeGreaterThanOrEqual(edges[bin]!);
            if (bin < fitted.nBins[c]! - 1) expect(X[r]![c]).toBeLessThan(edges[bin + 1]!);
          }),
        );
        const hot = await new p.KBinsDiscretizer({ strategy: strategy as 'kmeans', nBins }).fitTransform(X);
        expect(plain(hot.fitted.inverseTransform(hot.X))).toEqual(plain(fitted.inverseTransform(out)));
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

const X = [
  [1, 2],
  [3, 5],
];
describe('bad input', () => {
  it.each([
    ['infinity', () => new p.StandardScaler().fit([[Number.POSITIVE_INFINITY], [1]]), /found Infinity at row 0/],
    ['centring sparse samples', () => new p.StandardScaler().fit(CsrMatrix.fromDense(X)), /withMean: false/],
    [
      'centring sparse samples by medians',
      () => new p.RobustScaler().fit(CsrMatrix.fromDense(X)),
      /withCentering: false/,
    ],
    [
      'sparse samples to a range',
      () => new p.MinMaxScaler().fit(CsrMatrix.fromDense(X)),
      /sparse matrix is not supported/,
    ],
    ['weights of another length', () => new p.StandardScaler().fit(X, null, { sampleWeight: [1] }), /1 values for 2/],
    ['an unknown option', () => new p.StandardScaler({ with_mean: true } as never).fit(X), /did you mean 'withMean'/],
    ['a range that falls', () => new p.MinMaxScaler({ featureRange: [1, 0] }).fit(X), /must rise/],
    ['quantiles out of order', () => new p.RobustScaler({ quantileRange: [75, 25] }).fit(X), /two rising percentages/],
    ['an unknown norm', () => new p.Normalizer({ norm: 'l3' as never }).fit(X), /norm must be one of/],
    ['a threshold that is none', () => new p.Binarizer({ threshold: Number.NaN }).fit(X), /finite number/],
    ['a negative degree', () => new p.PolynomialFeatures({ degree: -1 }).fit(X), /degree must be/],
    ['no features', () => new p.PolynomialFeatures({ degree: 0, includeBias: false }).fit(X), /leaves no feature/],
    [
      'what is no function',
      () => new p.FunctionTransformer({ func: 'log' as never }).fit(X),
      /func must be a function/,
    ],
    ['an unknown category', () => new p.OneHotEncoder({ categories: [[1], [2, 5]] }).fit(X), /column 0 has 3, unknown/],
    ['categories for other columns', () => new p.OneHotEncoder({ categories: [[1]] }).fit(X), /1 lists for 2 columns/],
    [
      'categories that fall',
      () =>
        new p.OneHotEncoder({
          categories: [
            [3, 1],
            [2, 5],
          ],
        }).fit(X),
      /must ascend/,
    ],
    [
      'categories twice',
      () =>
        new p.OneHotEncoder({
          categories: [
            [1, 3, 3],
            [2, 5],
          ],
        }).fit(X),
      /name one twice/,
    ],
    [
      'text among numbers',
      () =>
        new p.OneHotEncoder({
          categories: [
            [1, 'a'],
            [2, 5],
          ],
        }).fit(X),
      /have "a".*numbers/,
    ],
    ['dropping what is not there', () => new p.OneHotEncoder({ drop: [7, 2] }).fit(X), /no category of it/],
    ['dropping for other columns', () => new p.OneHotEncoder({ drop: [7] }).fit(X), /1 categories for 2 columns/],
    ['dropping in an unknown way', () => new p.OneHotEncoder({ drop: 'last' as never }).fit(X), /drop must be/],
    ['a frequency of 0', () => new p.OneHotEncoder({ minFrequency: 0 }).fit(X), /minFrequency must be/],
    ['no categories', () => new p.OneHotEncoder({ maxCategories: 0 }).fit(X), /maxCategories must be/],
    ['mixed types', () => new p.OneHotEncoder().fit([[1], ['a']]), /Use one type in each column/],
    ['a value for unknown ones alone', () => new p.OrdinalEncoder({ unknownValue: -1 }).fit(X), /handleUnknown/],
    [
      'a value that is taken',
      () => new p.OrdinalEncoder({ handleUnknown: 'useEncodedValue', unknownValue: 1 }).fit(X),
      /stands for a category/,
    ],
    ['the mean of text', () => new p.SimpleImputer().fit([['a'], ['b']]), /has no mean.*mostFrequent/],
    ['a value without its strategy', () => new p.SimpleImputer({ fillValue: 1 }).fit(X), /strategy: 'constant'/],
    [
      'text for numbers',
      () => new p.SimpleImputer({ strategy: 'constant', fillValue: 'x' }).fit(X),
      /does not go into column 0/,
    ],
    ['infinity to fill', () => new p.SimpleImputer().fit([[Number.POSITIVE_INFINITY]]), /found Infinity/],
    ['no neighbours', () => new p.KNNImputer({ nNeighbors: 0 }).fit(X), /nNeighbors/],
    ['no quantiles', () => new p.QuantileTransformer({ nQuantiles: 0 }).fit(X), /nQuantiles/],
    ['too few samples for quantiles', () => new p.QuantileTransformer({ subsample: 10 }).fit(X), /subsample must be/],
    ['one bin', () => new p.KBinsDiscretizer({ nBins: 1 }).fit(X), /integers ≥ 2/],
    ['bins for other features', () => new p.KBinsDiscretizer({ nBins: [2] }).fit(X), /1 numbers for 2 features/],
    ['NaN to bins', () => new p.KBinsDiscretizer().fit([[Number.NaN], [1]]), /found NaN/],
    ['mixed labels', () => new p.LabelEncoder().fit([1, 'a'] as never), /Use one type/],
    ['labels upside down', () => new p.LabelBinarizer({ negLabel: 1 }).fit([1, 2]), /must be below/],
    [
      'sparse labels that are not 0',
      () => new p.LabelBinarizer({ negLabel: -1, sparseOutput: true }).fit([1, 2]),
      /negLabel must be 0/,
    ],
    ['one label for lists', () => new p.MultiLabelBinarizer().fit(['a'] as never), /list of labels per sample/],
    ['classes twice', () => new p.MultiLabelBinarizer({ classes: ['a', 'a'] }).fit([['a']]), /name one twice/],
  ] as [string, () => Promise<unknown>, RegExp][])('refuses %s', async (_, work, message) => {
    await expect(work()).rejects.toThrow(message);
  });

  it('refuses when transforming', async () => {
    const hot = await new p.OneHotEncoder().fit([['a'], ['b']]);
    expect(() => hot.transform([['c']])).toThrow(/column 0 has 'c', unknown from fit.*ignore/);
    expect(() => hot.inverseTransform([[0, 0]])).toThrow(/sample 0 has no category in column 0/);
    expect(() => hot.inverseTransform([[1]])).toThrow(/has 1 features.*2/);
    const ordinal = await new p.OrdinalEncoder().fit([['a'], ['b']]);
    expect(() => ordinal.transform([['c']])).toThrow(/useEncodedValue/);
    expect(() => ordinal.inverseTransform([[2]])).toThrow(/2 stands for no category/);
    const labels = await new p.LabelEncoder().fit(['a', 'b']);
    expect(() => labels.transform(['c'])).toThrow(/label 0 is "c", unknown/);
    expect(() => labels.inverseTransform([2])).toThrow(/code 0 is 2/);
    const many = await new p.MultiLabelBinarizer().fit([['a', 'b']]);
    expect(() => many.transform([['c']])).toThrow(/label "c", unknown/);
    expect(() => many.inverseTransform([[0, 2]])).toThrow(/found 2/);
    const fresh = await new p.MissingIndicator().fit([[1], [2]]);
    expect(() => fresh.transform([[Number.NaN]])).toThrow(/errorOnNew: false/);
    const binary = await new p.Binarizer({ threshold: -1 }).fit(X);
    expect(() => binary.transform(CsrMatrix.fromDense(X))).toThrow(/zeros of a sparse matrix become 1/);
    const bins = await new p.KBinsDiscretizer({ nBins: 2, encode: 'ordinal' }).fit(X);
    expect(() => bins.inverseTransform([[0, 5]])).toThrow(/feature 1 has no bin 5/);
  });
});

describe('labels', () => {
  it('are numbered and found again in their form', async () => {
    const { fitted, y } = await new p.LabelEncoder().fitTransform(Int32Array.of(5, 3, 5));
    expect([fitted.classes, y, fitted.inverseTransform([0])]).toEqual([
      [3, 5],
      Int32Array.of(1, 0, 1),
      Int32Array.of(3),
    ]);
    const again = fromState(fromJSON(JSON.parse(JSON.stringify(fitted))) as never, [p.FittedLabelEncoder]);
    expect(again.inverseTransform([1])).toEqual(Int32Array.of(5));
  });

  it('become columns', async () => {
    const three = await new p.LabelBinarizer({ negLabel: -1, posLabel: 2 }).fit([1, 2, 6]);
    expect(three.transform([6, 7])).toEqual([
      [-1, -1, 2],
      [-1, -1, -1],
    ]);
    expect(three.inverseTransform(three.transform([6, 1]))).toEqual([6, 1]);
    const two = await new p.LabelBinarizer({ sparseOutput: true }).fit(['no', 'yes']);
    expect((two.transform(['yes', 'no']) as CsrMatrix).toArray()).toEqual([[1], [0]]);
    expect(two.inverseTransform([[0.4], [0.6]])).toEqual(['no', 'yes']);
    expect(two.inverseTransform([[0.4], [0.6]], { threshold: 0.3 })).toEqual(['yes', 'yes']);
    const one = await new p.LabelBinarizer().fit(['a', 'a']);
    expect(one.inverseTransform(one.transform(['a']))).toEqual(['a']);
    const again = fromState(fromJSON(JSON.parse(JSON.stringify(two))) as never, [p.FittedLabelBinarizer]);
    expect(again.inverseTransform([[1]])).toEqual(['yes']);
    const flat = three.transform(Int32Array.of(1)) as unknown as { shape: number[] };
    expect(flat.shape).toEqual([1, 3]);
  });

  it('may be many', async () => {
    const sets = fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c')), { minLength: 1 });
    await fc.assert(
      fc.asyncProperty(sets, fc.boolean(), async (y, sparseOutput) => {
        if (y.flat().length === 0) return;
        const { fitted, y: Y } = await new p.MultiLabelBinarizer({ sparseOutput }).fitTransform(y);
        expect(fitted.inverseTransform(Y)).toEqual(y.map((set) => [...set].sort()));
      }),
    );
    const given = await new p.MultiLabelBinarizer({ classes: ['z', 'a'] }).fit([['a']]);
    const again = fromState(fromJSON(JSON.parse(JSON.stringify(given))) as never, [p.FittedMultiLabelBinarizer]);
    expect(again.transform([['a'], ['z', 'a', 'a']])).toEqual([
      [0, 1],
      [1, 1],
    ]);
  });
});
