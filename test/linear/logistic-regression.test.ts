import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, NotConvergedWarning, ShapeError } from '../../src/core/errors';
import { breastCancer, iris } from '../../src/data/index';
import { LogisticRegression } from '../../src/linear/index';
import { logLoss } from '../../src/metrics/index';
import { tensor } from '../../src/ops/create';
import { type Golden, prepare, standardise } from './cases';

const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/linear/logistic.json', import.meta.url), 'utf8'),
) as Golden[];

function relativeError(got: ArrayLike<number>, expected: readonly number[]): number {
  const size = Math.max(1e-12, ...expected.map(Math.abs));
  return Math.max(...expected.map((v, i) => Math.abs(v - got[i]!))) / size;
}

const name = (g: Golden): string =>
  `${g.data}, C ${g.C ?? 'infinite'}${g.scale ? '' : ', unscaled'}${g.intercept ? '' : ', no intercept'}` +
  `${g.weight === null ? '' : `, weights ${JSON.stringify(g.weight)}`}${g.keep === null ? '' : ', overlapping classes'}`;

describe('LogisticRegression against the optimum of scikit-learn’s objective', () => {
  for (const golden of goldens) {
    it(name(golden), async () => {
      const { X, y, sampleWeight, classWeight } = prepare(golden);
      const estimator = new LogisticRegression({
        penalty: golden.C === null ? 'none' : 'l2',
        C: golden.C ?? 1,
        fitIntercept: golden.intercept,
        classWeight,
        tol: 1e-10,
        maxIter: 100_000,
      });
      const model = await estimator.fit(X, y, { sampleWeight });
      expect(model.converged).toBe(true);
      expect(model.coef.shape).toEqual([golden.coef.length, X[0]!.length]);
      expect(model.coef.dtype).toBe('float64');
      // The bar is 1e-5; the goldens are good for 1e-8.
      expect(relativeError(model.coef.dataSync(), golden.coef.flat())).toBeLessThan(1e-7);
      expect(relativeError(model.intercept.dataSync(), golden.interceptValues)).toBeLessThan(1e-7);
      const proba = model.predictProba(X.slice(0, 3)).toArraySync() as number[][];
      const expected = golden.coef.length === 1 ? golden.proba.flat().map((p) => [1 - p, p]) : golden.proba;
      expect(relativeError(proba.flat(), expected.flat())).toBeLessThan(1e-7);
    });
  }
});

describe('LogisticRegression', () => {
  const binary = { X: [[0], [1], [2], [3], [4], [5]], y: ['no', 'no', 'yes', 'no', 'yes', 'yes'] };

  it('has the same model for every form of the data', async () => {
    const { X, y } = iris();
    const rows = Array.from(y, (_, i) => Array.from(X.data.subarray(4 * i, 4 * i + 4)));
    const columnMajor = new Float64Array(600);
    for (let i = 0; i < 150; i++) for (let c = 0; c < 4; c++) columnMajor[c * 150 + i] = rows[i]![c]!;
    const forms = [
      rows,
      X,
      tensor(X.data, { shape: [150, 4] }),
      { data: columnMajor, shape: [150, 4], stride: [1, 150], offset: 0 },
    ];
    const models = await Promise.all(forms.map((form) => new LogisticRegression().fit(form, y)));
    for (const model of models) expect(model.coef.dataSync()).toEqual(models[0]!.coef.dataSync());
    expect(models[3]!.predict(forms[3]!)).toEqual(models[0]!.predict(rows));
  });

  it('predicts labels in the form it was given them in', async () => {
    const { X } = binary;
    const text = await new LogisticRegression().fit(X, binary.y);
    expect(text.classes).toEqual(['no', 'yes']);
    expect(text.predict([[0], [5]])).toEqual(['no', 'yes']);
    const codes = binary.y.map((v) => (v === 'yes' ? 7 : -2));
    expect((await new LogisticRegression().fit(X, codes)).predict([[0], [5]])).toEqual([-2, 7]);
    expect((await new LogisticRegression().fit(X, new Int8Array(codes))).predict([[0], [5]])).toEqual(
      new Int8Array([-2, 7]),
    );
    expect(
      (
        await new LogisticRegression().fit(
          X,
          codes.map((v) => v > 0),
        )
      ).predict([[0], [5]]),
    ).toEqual([false, true]);
    const predicted = (await new LogisticRegression().fit(X, tensor(codes, { dtype: 'int32' }))).predict([[0], [5]]);
    expect([predicted.dtype, predicted.toArraySync()]).toEqual(['int32', [-2, 7]]);
  });

  it('gives decision values, probabilities and a score that agree', async () => {
    const model = await new LogisticRegression().fit(binary.X, binary.y);
    const z = model.decisionFunction(binary.X);
    const p = model.predictProba(binary.X).toArraySync() as number[][];
    expect(z.shape).toEqual([6]);
    z.dataSync().forEach((v, i) => {
      expect(p[i]![1]).toBeCloseTo(1 / (1 + Math.exp(-v)), 14);
      expect(p[i]![0]! + p[i]![1]!).toBeCloseTo(1, 14);
    });
    const right = model.predict(binary.X).filter((v, i) => v === binary.y[i]).length;
    expect(model.score(binary.X, binary.y)).toBe(right / 6);
  });

  it('takes C as the inverse of the penalty: a smaller C shrinks the coefficients', async () => {
    const sizes = await Promise.all(
      [0.01, 1, 100].map(async (C) =>
        Math.abs((await new LogisticRegression({ C }).fit(binary.X, binary.y)).coef.item()),
      ),
    );
    expect(sizes[0]).toBeLessThan(sizes[1]!);
    expect(sizes[1]).toBeLessThan(sizes[2]!);
  });

  it('weighs a sample of weight 2 like two samples', async () => {
    const options = { tol: 1e-10, maxIter: 1000 };
    const weighted = await new LogisticRegression(options).fit(binary.X, binary.y, {
      sampleWeight: [2, 1, 1, 1, 1, 1],
    });
    const doubled = await new LogisticRegression(options).fit([[0], ...binary.X], ['no', ...binary.y]);
    expect(weighted.coef.item()).toBeCloseTo(doubled.coef.item(), 9);
    expect(weighted.intercept.item()).toBeCloseTo(doubled.intercept.item(), 9);
  });

  it('balances classes by the weights of their samples', async () => {
    const sampleWeight = [1, 2, 3, 1, 2, 1];
    const options = { tol: 1e-10, maxIter: 1000 };
    const balanced = await new LogisticRegression({ ...options, classWeight: 'balanced' }).fit(binary.X, binary.y, {
      sampleWeight,
    });
    const byHand = await new LogisticRegression({
      ...options,
      classWeight: { no: 10 / (2 * 4), yes: 10 / (2 * 6) },
    }).fit(binary.X, binary.y, {
      sampleWeight,
    });
    expect(balanced.coef.item()).toBeCloseTo(byHand.coef.item(), 12);
  });

  it('says when it has not converged, and is usable all the same', async () => {
    const { X, y } = breastCancer();
    const model = await new LogisticRegression({ maxIter: 5 }).fit(X, y);
    expect(model.converged).toBe(false);
    expect(model.nIter).toBe(5);
    expect(model.warnings[0]).toBeInstanceOf(NotConvergedWarning);
    expect(model.warnings[0]!.message).toMatch(/5 iterations.*maxIter \(now 5\)/);
    expect(model.score(X, y)).toBeGreaterThan(0.6);
    const more = await new LogisticRegression({ maxIter: 20_000 }).fit(X, y);
    expect(more.converged).toBe(true);
    expect(more.warnings).toEqual([]);
    expect(logLoss(y, more.predictProba(X))).toBeLessThan(logLoss(y, model.predictProba(X)));
  });

  it('stores options only, and fits again to the same bits', async () => {
    const options = { C: 2, classWeight: 'balanced' } as const;
    const estimator = new LogisticRegression(options);
    expect(estimator.options).toBe(options);
    const [a, b] = [await estimator.fit(binary.X, binary.y), await estimator.fit(binary.X, binary.y)];
    expect(a.coef.item()).toBe(b.coef.item());
    expect(() => new LogisticRegression({ C: -1 })).not.toThrow();
  });

  it('starts where it ended last time, when asked to', async () => {
    const X = standardise(binary.X);
    const warm = new LogisticRegression({ warmStart: true, tol: 1e-8, maxIter: 1000 });
    expect((await warm.fit(X, binary.y)).nIter).toBeGreaterThan(1);
    expect((await warm.fit(X, binary.y)).nIter).toBe(0);
  });

  it('separates separable classes without a penalty and without overflowing', async () => {
    const model = await new LogisticRegression({ penalty: null, maxIter: 500 }).fit(
      [[-2], [-1], [1], [2]],
      [0, 0, 1, 1],
    );
    expect(model.predict([[-1], [1]])).toEqual([0, 1]);
    expect(model.predictProba([[-1e6], [1e6]]).toArraySync()).toEqual([
      [1, 0],
      [0, 1],
    ]);
  });

  it('takes an infinite C as no penalty', async () => {
    const options = { tol: 1e-10, maxIter: 1000 };
    const a = await new LogisticRegression({ ...options, C: Number.POSITIVE_INFINITY }).fit(binary.X, binary.y);
    const b = await new LogisticRegression({ ...options, penalty: 'none' }).fit(binary.X, binary.y);
    expect(a.coef.item()).toBe(b.coef.item());
  });

  describe('refuses', () => {
    const { X, y } = binary;
    const fit = (options: object, data: unknown = X, labels: unknown = y): Promise<unknown> =>
      new LogisticRegression(options).fit(data as never, labels as never);
    const cases: [string, () => Promise<unknown>, new (m: string) => Error, RegExp][] = [
      ['an unsupported penalty', () => fit({ penalty: 'l1' }), ConfigError, /'l1'.*has 'l2', 'none'/],
      ['elasticnet', () => fit({ penalty: 'elasticnet' }), ConfigError, /'elasticnet'/],
      ['an L1 share', () => fit({ l1Ratio: 0.5 }), ConfigError, /l1Ratio/],
      ['an unsupported solver', () => fit({ solver: 'adam' }), ConfigError, /'lbfgs'.*'adam'/],
      ['C of 0', () => fit({ C: 0 }), ConfigError, /inverse/],
      ['a bad tol', () => fit({ tol: Number.NaN }), ConfigError, /tol/],
      ['a bad maxIter', () => fit({ maxIter: 1.5 }), ConfigError, /maxIter/],
      ['a bad class weight', () => fit({ classWeight: 'even' }), ConfigError, /'balanced'/],
      ['an unknown class in the weights', () => fit({ classWeight: { maybe: 2 } }), ConfigError, /maybe/],
      [
        'one class',
        () =>
          fit(
            {},
            X,
            y.map(() => 'no'),
          ),
        ConfigError,
        /only the class no/,
      ],
      ['too few labels', () => fit({}, X, y.slice(1)), ShapeError, /6 samples and y 5/],
      ['NaN', () => fit({}, [[0], [Number.NaN]], [0, 1]), ConfigError, /NaN at row 1, column 0/],
      ['infinity', () => fit({}, [[0], [Number.POSITIVE_INFINITY]], [0, 1]), ConfigError, /Infinity/],
      ['a vector', () => fit({}, [1, 2, 3], [0, 1, 1]), ShapeError, /\[v\]/],
      ['ragged rows', () => fit({}, [[1, 2], [3]], [0, 1]), ShapeError, /row 1 has 1/],
      ['no samples', () => fit({}, [], []), ShapeError, /0 samples/],
      [
        'negative sample weights',
        () => new LogisticRegression().fit(X, y, { sampleWeight: [1, 1, 1, 1, 1, -1] }),
        ConfigError,
        /weight 5/,
      ],
      ['one-hot labels', () => fit({}, X, tensor([[0, 1]])), ShapeError, /argMax/],
    ];
    for (const [what, run, type, message] of cases) {
      it(what, async () => {
        const error = await run().then(
          () => null,
          (e: unknown) => e,
        );
        expect(error).toBeInstanceOf(type);
        expect((error as Error).message).toMatch(message);
      });
    }

    it('another number of features when predicting', async () => {
      const model = await new LogisticRegression().fit(X, y);
      expect(() => model.predict([[1, 2]])).toThrow(/2 features, but the model was fitted with 1/);
    });
  });
});
