import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, NotConvergedWarning, ShapeError } from '../../src/core/errors';
import { CsrMatrix, type Estimator, wine } from '../../src/data/index';
import { fromJSON, fromState, type ModelState, type Restorable } from '../../src/estimator/state';
import {
  ElasticNet,
  ElasticNetCV,
  enetPath,
  FittedElasticNet,
  FittedElasticNetCV,
  FittedLasso,
  FittedLassoCV,
  FittedLinearRegression,
  FittedRidge,
  FittedRidgeClassifier,
  FittedRidgeCV,
  Lasso,
  LassoCV,
  LinearRegression,
  lassoPath,
  Ridge,
  RidgeClassifier,
  RidgeCV,
} from '../../src/linear/index';
import { KFold } from '../../src/model-selection/index';
import { checkEstimator } from '../../src/testing/index';
import { standardise } from './cases';

const set = wine();
const X = standardise(Array.from(set.y, (_, i) => Array.from(set.X.data.subarray(13 * i, 13 * i + 12))));
const y = Array.from(set.y, (_, i) => set.X.data[13 * i + 12]! / 100);
const labels = Array.from(set.y);

const ESTIMATORS: [string, () => Estimator][] = [
  ['LinearRegression', () => new LinearRegression()],
  ['Ridge', () => new Ridge({ alpha: 0.1 })],
  ['Ridge by Cholesky', () => new Ridge({ alpha: 0.1, solver: 'cholesky' })],
  ['RidgeCV', () => new RidgeCV()],
  ['RidgeClassifier', () => new RidgeClassifier()],
  ['Lasso', () => new Lasso({ alpha: 0.01 })],
  ['ElasticNet', () => new ElasticNet({ alpha: 0.01, selection: 'random', seed: 1 })],
  ['LassoCV', () => new LassoCV({ cv: 3, nAlphas: 5 })],
  ['ElasticNetCV', () => new ElasticNetCV({ cv: 3, nAlphas: 5, l1Ratio: [0.5, 0.9] })],
];

const closeTo = (got: ArrayLike<number>, expected: ArrayLike<number>, tolerance: number): void => {
  const size = Math.max(1e-12, ...Array.from(expected, Math.abs));
  expect(Math.max(...Array.from(expected, (v, i) => Math.abs(v - got[i]!))) / size).toBeLessThan(tolerance);
};

describe('linear regressions', () => {
  it.each(ESTIMATORS)('%s keeps the contract of estimators', async (_name, make) => {
    await checkEstimator(make);
    expect(make().name).toBe(make().constructor.name);
  });

  it('LinearRegression with coefficients ≥ 0 keeps the contract where they fit', async () => {
    const model = await new LinearRegression({ positive: true }).fit(X, y);
    expect(model.coef.dataSync().every((v) => v >= 0)).toBe(true);
    await expect(new LinearRegression({ positive: true }).fit(CsrMatrix.fromDense(X), y)).rejects.toThrow(/sparse/);
  });

  it.each<[string, { fit(X: number[][], y: number[]): Promise<unknown> }, Restorable<unknown>, number[]]>([
    ['LinearRegression', new LinearRegression(), FittedLinearRegression, y],
    ['Ridge', new Ridge(), FittedRidge, y],
    ['RidgeCV', new RidgeCV(), FittedRidgeCV, y],
    ['RidgeClassifier', new RidgeClassifier(), FittedRidgeClassifier, labels],
    ['Lasso', new Lasso({ alpha: 0.1 }), FittedLasso, y],
    ['ElasticNet', new ElasticNet({ alpha: 0.1 }), FittedElasticNet, y],
    ['LassoCV', new LassoCV({ nAlphas: 4 }), FittedLassoCV, y],
    ['ElasticNetCV', new ElasticNetCV({ nAlphas: 4 }), FittedElasticNetCV, y],
  ])('%s comes back from JSON with the same bits', async (name, estimator, Class, target) => {
    const model = (await estimator.fit(X, target)) as FittedLasso;
    const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
    expect(state.type).toBe(name);
    const again = fromState(state, [Class]) as FittedLasso;
    expect(again.predict(X)).toEqual(model.predict(X));
    expect(again.coef.dataSync()).toEqual(model.coef.dataSync());
    expect(again.nIter).toBe(model.nIter);
    expect(JSON.stringify(again)).toBe(JSON.stringify(model));
  });

  it.each<[string, (sparse: boolean) => Estimator]>([
    ['LinearRegression', () => new LinearRegression()],
    ['Ridge', () => new Ridge({ alpha: 3 })],
    ['RidgeClassifier', () => new RidgeClassifier()],
    ['Lasso', () => new Lasso({ alpha: 0.1, tol: 1e-12, maxIter: 10_000 })],
    ['ElasticNet', () => new ElasticNet({ alpha: 0.1, tol: 1e-12, maxIter: 10_000 })],
    ['LassoCV', () => new LassoCV({ nAlphas: 5, tol: 1e-12, maxIter: 10_000 })],
  ])('%s learns from sparse samples what it learns from dense ones', async (name, make) => {
    const holes = X.map((row, i) => row.map((v, j) => ((i + j) % 3 === 0 ? v : 0)));
    const target = name === 'RidgeClassifier' ? labels : y;
    const options = { sampleWeight: y.map((_, i) => 1 + (i % 3)) };
    const dense = (await make(false).fit(holes, target, options)) as FittedRidge;
    const sparse = (await make(true).fit(CsrMatrix.fromDense(holes), target, options)) as FittedRidge;
    closeTo(sparse.coef.dataSync(), dense.coef.dataSync(), 1e-7);
    closeTo(sparse.intercept.dataSync(), dense.intercept.dataSync(), 1e-7);
    expect(sparse.warnings).toEqual([]);
  });

  it('loses no digits to squaring where columns are nearly alike', async () => {
    // Coefficients 1 and 1 for columns that differ by 1e-7 only: XᵀX could not tell them apart.
    const rows = X.map((row) => [row[0]!, row[0]! + 1e-7 * row[1]!]);
    const model = await new LinearRegression().fit(
      rows,
      rows.map(([a, b]) => a! + b!),
    );
    expect(model.rank).toBe(2);
    closeTo(model.coef.dataSync(), [1, 1], 1e-7);
  });

  it('is one more of the many solutions only when it is the shortest', async () => {
    const doubled = X.map((row) => [...row, row[0]!, 0]);
    const model = await new LinearRegression().fit(doubled, y);
    const plain = await new LinearRegression().fit(X, y);
    expect(model.rank).toBe(12);
    const [coef, alone] = [model.coef.dataSync(), plain.coef.dataSync()];
    expect(coef[0]).toBeCloseTo(alone[0]! / 2, 9);
    expect(coef[12]).toBeCloseTo(alone[0]! / 2, 9);
    expect(coef[13]).toBeCloseTo(0, 9);
  });

  it('goes through the points where there are more features than samples', async () => {
    const [few, target] = [X.slice(0, 8), y.slice(0, 8)];
    const model = await new LinearRegression().fit(few, target);
    closeTo(model.predict(few), target, 1e-9);
    expect(model.rank).toBe(7);
    const a = await new Ridge({ alpha: 1e-3 }).fit(few, target);
    const b = await new Ridge({ alpha: 1e-3, solver: 'cholesky' }).fit(few, target);
    closeTo(a.coef.dataSync(), b.coef.dataSync(), 1e-8);
  });

  it('meets the optimality conditions of the elastic net, for any data', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.double({ min: -3, max: 3, noNaN: true }), { minLength: 4, maxLength: 4 }), {
          minLength: 6,
          maxLength: 12,
        }),
        fc.constantFrom(0.01, 0.2, 1),
        fc.constantFrom(0.3, 0.9, 1),
        async (table, alpha, l1Ratio) => {
          const rows = table.map((row) => row.slice(0, 3));
          const target = table.map((row) => row[3]!);
          const model = await new ElasticNet({ alpha, l1Ratio, tol: 1e-14, maxIter: 20_000 }).fit(rows, target);
          const errors = model.predict(rows).map((v, i) => target[i]! - v);
          const w = model.coef.dataSync();
          const n = rows.length;
          const scale = 1 + target.reduce((s, v) => s + v * v, 0);
          for (let j = 0; j < 3; j++) {
            const slope = errors.reduce((s, e, i) => s + e * rows[i]![j]!, 0) / n - alpha * (1 - l1Ratio) * w[j]!;
            if (w[j] === 0) expect(Math.abs(slope)).toBeLessThan(alpha * l1Ratio + 1e-4 * scale);
            else expect(Math.abs(slope - alpha * l1Ratio * Math.sign(w[j]!))).toBeLessThan(1e-4 * scale);
          }
        },
      ),
      { numRuns: 40, seed: 1 },
    );
  });

  it('starts where it ended, if asked to', async () => {
    const warm = new Lasso({ alpha: 0.01, tol: 1e-10, warmStart: true, maxIter: 10_000 });
    const first = await warm.fit(X, y);
    const second = await warm.fit(X, y);
    expect(second.nIter).toBeLessThan(first.nIter / 2);
    closeTo(second.coef.dataSync(), first.coef.dataSync(), 1e-6);
    expect(
      (
        await warm.fit(
          X.map((row) => row.slice(0, 3)),
          y,
        )
      ).nFeatures,
    ).toBe(3);
  });

  it('takes a splitter, and strengths in any order', async () => {
    const byNumber = await new LassoCV({ cv: 4, alphas: [0.01, 1, 0.1] }).fit(X, y);
    const bySplitter = await new LassoCV({ cv: new KFold({ nSplits: 4 }), alphas: [1, 0.1, 0.01] }).fit(X, y);
    expect(bySplitter.msePath.dataSync()).toEqual(byNumber.msePath.dataSync());
    expect(Array.from(byNumber.alphas[0]!)).toEqual([1, 0.1, 0.01]);
    expect(byNumber.msePath.shape).toEqual([1, 3, 4]);
  });

  it('says when it was stopped too soon', async () => {
    const model = await new Lasso({ alpha: 0.001, maxIter: 1, tol: 1e-10 }).fit(X, y);
    expect(model.warnings[0]).toBeInstanceOf(NotConvergedWarning);
    expect(model.nIter).toBe(1);
    expect((await lassoPath(X, y, { nAlphas: 3, maxIter: 1, tol: 1e-12 })).warnings).toHaveLength(1);
    expect((await new Lasso({ alpha: 0.1 }).fit(X, y)).warnings).toEqual([]);
  });

  it('has nothing to learn from constant columns and constant targets', async () => {
    const flat = X.map((row) => [3, row[0]!]);
    for (const estimator of [new LinearRegression(), new Ridge(), new Lasso(), new ElasticNet(), new LassoCV()]) {
      const model = await estimator.fit(
        flat,
        y.map(() => 5),
      );
      expect(Math.abs(model.coef.dataSync()[0]!)).toBeLessThan(1e-12);
      closeTo(
        model.predict(flat),
        y.map(() => 5),
        1e-12,
      );
    }
  });

  it('refuses what it can’t use', async () => {
    const bad: [{ fit(X: number[][], y: number[]): Promise<unknown> }, RegExp][] = [
      [new LinearRegression({ normalize: true } as never), /unknown option 'normalize'/],
      [new LinearRegression({ fitIntercept: 1 as never }), /fitIntercept must be true or false/],
      [new Ridge({ alpha: -1 }), /alpha must be a finite number ≥ 0/],
      [new Ridge({ alpha: [1, 2] as never }), /alpha must be/],
      [new Ridge({ solver: 'saga' as never }), /solver must be one of/],
      [new RidgeCV({ alphas: [] }), /alphas must be a list/],
      [new RidgeCV({ alphas: [0] }), /alphas\[0\] must be/],
      [new Lasso({ alpha: Number.NaN }), /alpha must be/],
      [new Lasso({ selection: 'greedy' as never }), /selection must be one of/],
      [new Lasso({ maxIter: 0 }), /maxIter must be/],
      [new Lasso({ l1Ratio: 0.5 } as never), /unknown option 'l1Ratio'/],
      [new ElasticNet({ l1Ratio: 2 }), /l1Ratio must be/],
      [new LassoCV({ cv: 'all' as never }), /cv must be a number of parts or a splitter/],
      [new LassoCV({ alphas: [-1] }), /alphas\[0\] must be/],
      [new LassoCV({ eps: 0 }), /eps must be/],
      [new ElasticNetCV({ l1Ratio: 0 }), /Give alphas/],
      [new ElasticNetCV({ l1Ratio: [] }), /empty list/],
    ];
    for (const [estimator, message] of bad) {
      await expect(estimator.fit(X, y)).rejects.toThrow(ConfigError);
      await expect(estimator.fit(X, y)).rejects.toThrow(message);
    }
    await expect(enetPath(X, y, { l1Ratio: -1 })).rejects.toThrow(/l1Ratio must be/);
    await expect(lassoPath(X, y, { alphas: 3 as never })).rejects.toThrow(/alphas must be a list/);
    await expect(new RidgeCV().fit(CsrMatrix.fromDense(X), y)).rejects.toThrow(/sparse matrix is not supported/);
    await expect(new RidgeClassifier({ classWeight: { 0: 0, 1: 0, 2: 0 } }).fit(X, labels)).rejects.toThrow(/weigh 0/);
    const model = await new Ridge().fit(X, y);
    expect(() => model.predict([[1, 2]])).toThrow(ShapeError);
  });
});
