import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { breastCancer, ColumnTable, CsrMatrix, digits, iris, wine } from '../../src/data/index';
import { fromJSON, fromState, type Restorable } from '../../src/estimator/state';
import { LogisticRegression } from '../../src/linear/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import * as p from '../../src/preprocessing/index';
import { minimise } from '../../src/preprocessing/minimise';
import { checkTransform } from '../../src/testing/index';
import { closeTo, type Nested, plain } from './nested';

const SETS = { iris, wine, breastCancer, digits };
type SetName = keyof typeof SETS;
const FUNCTIONS = {
  f_classif: p.fClassif,
  chi2: p.chi2,
  f_regression: p.fRegression,
  r_regression: p.rRegression,
  mutual_info_classif: p.mutualInfoClassif,
  mutual_info_regression: p.mutualInfoRegression,
} as Record<string, (X: number[][], y: number[], options?: object) => p.FeatureScores | Float64Array>;

interface Golden {
  scores: { set: SetName; f: string; k?: number; discrete?: boolean; scores: Nested[]; p: Nested[] | null }[];
  selections: { set: SetName; name: string; f?: string; options: object; kept: number[]; variances?: Nested[] }[];
  models: {
    set: SetName;
    estimator: string;
    name: string;
    options: object;
    kept: number[];
    ranking?: number[];
    importances?: number[];
  }[];
  powers: { set: SetName; method: string; standardize: boolean; lambdas: Nested[]; row: Nested[] }[];
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('../fixtures/preprocessing/selection.json', import.meta.url), 'utf8'),
);

function every3rd(name: SetName): { X: number[][]; y: number[] } {
  const { X, y } = SETS[name]();
  const rows = plain(X) as number[][];
  const third = (_: unknown, i: number): boolean => i % 3 === 0;
  return { X: rows.filter(third), y: Array.from(y as ArrayLike<number>).filter(third) };
}

const label = (c: object): string =>
  JSON.stringify({
    ...c,
    scores: undefined,
    p: undefined,
    kept: undefined,
    ranking: undefined,
    importances: undefined,
    variances: undefined,
    lambdas: undefined,
    row: undefined,
  });

describe('scores, as scikit-learn', () => {
  it.each(golden.scores.map((c) => [label(c), c] as const))('%s', (_, c) => {
    const { X, y } = every3rd(c.set);
    const partner = (i: number): number => (c.discrete ? (i * 0.37) % 5 : X[i]!.at(-1)!);
    const target = c.f.endsWith('regression') ? y.map((v, i) => v + partner(i)) : y;
    const options = c.k ? { nNeighbors: c.k, seed: numpyRandom(4), discreteFeatures: c.discrete } : undefined;
    const features = !c.discrete
      ? X
      : c.f.endsWith('regression')
        ? X.map((row) => row.slice(20, 40).map((v) => Number(v > 7)))
        : X.map((row) => row.slice(0, 20));
    const found = FUNCTIONS[c.f]!(features, target, options);
    const scores = found instanceof Float64Array ? found : found.scores;
    closeTo(plain(scores), c.scores, 'scores', 1e-8);
    if (c.p !== null) {
      // Tiny p-values in ratio, too.
      (found as p.FeatureScores).pValues!.forEach((v, i) => {
        const expected = c.p![i] as number | null;
        if (expected === null) expect(v).toBeNaN();
        else if (expected > 1e-290) expect(Math.abs(v / expected - 1)).toBeLessThan(1e-6);
        else expect(v).toBeLessThan(1e-280);
      });
    }
    if (c.f === 'f_classif' || c.f === 'chi2' || c.f === 'f_regression') {
      const sparse = FUNCTIONS[c.f]!(CsrMatrix.fromDense(features) as never, target) as p.FeatureScores;
      closeTo(plain(sparse.scores), c.scores, 'scores of sparse samples', 1e-6);
    }
  });
});

describe('selections, as scikit-learn', () => {
  it.each(golden.selections.map((c) => [label(c), c] as const))('%s', async (_, c) => {
    const { X, y } = every3rd(c.set);
    const options = c.f === undefined ? c.options : { ...c.options, scoreFunc: FUNCTIONS[c.f] };
    const Class = (p as never as Record<string, new (o: object) => p.SelectKBest>)[c.name]!;
    const fitted = await new Class(options).fit(X, y);
    expect(Array.from(fitted.indices)).toEqual(c.kept);
    if (c.variances) closeTo(plain((fitted as never as p.FittedVarianceThreshold).variances), c.variances, 'variances');
    const sparse = await new Class(options).fit(CsrMatrix.fromDense(X), y);
    expect(Array.from(sparse.indices)).toEqual(c.kept);
    if (c.kept.length === 0) return;
    const out = fitted.transform(X);
    expect(plain(sparse.transform(CsrMatrix.fromDense(X)))).toEqual(out);
    expect(out).toEqual(X.map((row) => c.kept.map((i) => row[i])));
    const Fitted = (p as never as Record<string, Restorable<typeof fitted>>)[`Fitted${c.name}`]!;
    const again = fromState(fromJSON(JSON.parse(JSON.stringify(fitted))) as never, [Fitted]);
    expect(again.transform(X)).toEqual(out);
  });

  it.each(golden.models.map((c) => [label(c), c] as const))('%s', async (_, c) => {
    const { X, y } = every3rd(c.set);
    const { X: Z } = await new p.StandardScaler().fitTransform(X);
    const told = { fit: async () => ({ featureImportances: c.importances }) };
    const estimator = c.importances ? told : new LogisticRegression({ maxIter: 10000, tol: 1e-10 });
    const Class = (p as never as Record<string, new (o: object) => p.RFE>)[c.name]!;
    const fitted = await new Class({ estimator, ...c.options }).fit(Z, y);
    expect(Array.from(fitted.indices)).toEqual(c.kept);
    if (c.ranking) expect(Array.from(fitted.ranking)).toEqual(c.ranking);
  });
});

describe('powers, as scikit-learn', () => {
  it.each(golden.powers.map((c) => [label(c), c] as const))('%s', async (_, c) => {
    const { X } = every3rd(c.set);
    const median = (i: number): number => {
      const sorted = X.map((row) => row[i]!).sort((a, b) => a - b);
      return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
    };
    const medians = X[0]!.map((_v, i) => median(i));
    const W = X.map((row) => row.map((v, i) => (c.method === 'box-cox' ? v + 1e-3 : v - medians[i]!)));
    const fitted = await new p.PowerTransformer({ method: c.method as 'box-cox', standardize: c.standardize }).fit(W);
    closeTo(plain(fitted.lambdas), c.lambdas, 'lambdas', 2e-6);
    closeTo((plain(fitted.transform(W)) as Nested[])[7]!, c.row, 'row', 2e-5);
    closeTo(plain(fitted.inverseTransform(fitted.transform(W))), W, 'inverse', 1e-7);
    const again = fromState(fromJSON(JSON.parse(JSON.stringify(fitted))) as never, [p.FittedPowerTransformer]);
    expect(again.transform(W)).toEqual(fitted.transform(W));
  });
});

describe('contracts', () => {
  it.each([
    ['PowerTransformer', () => new p.PowerTransformer(), true],
    ['VarianceThreshold', () => new p.VarianceThreshold(), true],
    ['SelectKBest', () => new p.SelectKBest({ k: 3 }), false],
    ['SelectPercentile', () => new p.SelectPercentile({ percentile: 100 }), false],
  ] as const)('%s', (_, make, allowNonFinite) => checkTransform(make as never, { allowNonFinite, tolerance: 1e-7 }));

  it('selectors keep names of tables, and put features back', async () => {
    const X = new ColumnTable({ a: [1, 1, 1], b: [1, 2, 3], c: [0, 5, 0] });
    const fitted = await new p.VarianceThreshold().fit(X);
    const out = fitted.transform(X) as ColumnTable;
    expect(out.names).toEqual(['b', 'c']);
    expect(plain(fitted.inverseTransform(out))).toEqual([
      [0, 1, 0],
      [0, 2, 5],
      [0, 3, 0],
    ]);
    const sparse = fitted.inverseTransform(CsrMatrix.fromDense([[0, 7]])) as CsrMatrix;
    expect(sparse.toArray()).toEqual([[0, 0, 7]]);
  });

  it('finds minima of parabolas and quartics', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -30, max: 30, noNaN: true }),
        fc.double({ min: 0.1, max: 10, noNaN: true }),
        (at, k) => {
          expect(minimise((x) => k * (x - at) ** 2, [-2, 2])).toBeCloseTo(at, 5);
          expect(minimise((x) => k * (x - at) ** 2 + (x - at) ** 4, [-2, 2])).toBeCloseTo(at, 5);
        },
      ),
    );
  });
});

const X = [
  [1, 5],
  [2, 4],
  [8, 5],
  [9, 4],
];
const y = [0, 0, 1, 1];
const tree = { fit: async () => ({ featureImportances: [1, 2] }) };
describe('bad input', () => {
  it.each([
    ['one class', () => p.fClassif(X, [1, 1, 1, 1]), /one class/],
    ['measurements as classes', () => p.fClassif(X, [0.5, 1, 2, 3]), /fRegression/],
    ['other lengths', () => p.fClassif(X, [0, 1]), /4 samples and y 2 labels/],
    ['NaN', () => p.chi2([[Number.NaN], [1]], [0, 1]), /found NaN/],
    ['negative counts', () => p.chi2([[-1], [1]], [0, 1]), /found -1 at row 0.*not be negative/],
    ['NaN in a target', () => p.fRegression(X, [1, 2, Number.NaN, 4]), /found NaN at position 2/],
    ['unknown options', () => p.fRegression(X, y, { centre: true } as never), /unknown option 'centre'/],
    [
      'continuous sparse features',
      () => p.mutualInfoClassif(CsrMatrix.fromDense(X), y, { discreteFeatures: false }),
      /toDense/,
    ],
    ['no neighbours', () => p.mutualInfoClassif(X, y, { nNeighbors: 0 }), /nNeighbors/],
    ['too many neighbours', () => p.mutualInfoClassif(X, y, { nNeighbors: 4 }), /more than the 4 samples/],
    ['a mask of another length', () => p.mutualInfoClassif(X, y, { discreteFeatures: [true] }), /mask of 2 booleans/],
    ['no target', () => new p.SelectKBest().fit(X), /fit\(X, y\)/],
    ['a k too large', () => new p.SelectKBest({ k: 3 }).fit(X, y), /k is 3 of 2 features/],
    ['what is no score', () => new p.SelectKBest({ scoreFunc: 'chi2' as never }).fit(X, y), /must be a function/],
    [
      'scores of another length',
      () => new p.SelectKBest({ k: 1, scoreFunc: () => new Float64Array(5) }).fit(X, y),
      /5 scores for 2/,
    ],
    ['a percentile above 100', () => new p.SelectPercentile({ percentile: 101 }).fit(X, y), /percentile/],
    ['no p-values', () => new p.SelectFdr({ scoreFunc: p.mutualInfoClassif }).fit(X, y), /no p-values/],
    ['an alpha above 1', () => new p.SelectFwe({ alpha: 2 }).fit(X, y), /alpha/],
    ['constant columns', () => new p.VarianceThreshold().fit([[1], [1]]), /no feature has a variance above 0/],
    ['a negative threshold', () => new p.VarianceThreshold({ threshold: -1 }).fit(X), /threshold must not/],
    [
      'zeros to Box–Cox',
      () => new p.PowerTransformer({ method: 'box-cox' }).fit([[0], [1]]),
      /found 0 at row 0.*yeo-johnson/,
    ],
    ['an unknown method', () => new p.PowerTransformer({ method: 'log' as never }).fit(X), /method must be one of/],
    ['what is no estimator', () => new p.RFE({ estimator: {} as never }).fit(X, y), /must be an estimator/],
    [
      'a model that does not tell',
      () => new p.RFE({ estimator: { fit: async () => ({}) } }).fit(X, y),
      /neither featureImportances nor coef/,
    ],
    [
      'no features to select',
      () => new p.RFE({ estimator: tree, nFeaturesToSelect: 0 }).fit(X, y),
      /nFeaturesToSelect/,
    ],
    ['no step', () => new p.RFE({ estimator: tree, step: 0 }).fit(X, y), /step must be/],
    ['no target for a model', () => new p.SelectFromModel({ estimator: tree }).fit(X), /needs a target/],
    [
      'an unknown threshold',
      () => new p.SelectFromModel({ estimator: tree, threshold: 'max' }).fit(X, y),
      /threshold must be/,
    ],
    ['too many features', () => new p.SelectFromModel({ estimator: tree, maxFeatures: 9 }).fit(X, y), /maxFeatures/],
  ])('refuses %s', async (_, work, message) => {
    await expect((async () => work() as unknown)()).rejects.toThrow(message);
  });

  it('refuses to make samples of no features', async () => {
    const fitted = await new p.SelectFpr({ alpha: 0 }).fit(X, y);
    expect(() => fitted.transform(X)).toThrow(/no feature was selected/);
  });
});
