import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { breastCancer, CsrMatrix, iris, wine } from '../../src/data/index';
import { LogisticRegression, type LogisticRegressionOptions } from '../../src/linear/index';
import { shrink } from '../../src/linear/logistic-coordinate-descent';
import { repeatSteps } from '../../src/linear/logistic-stochastic';
import { checkEstimator } from '../../src/testing/index';
import { standardise } from './cases';

interface Golden {
  readonly data: 'iris' | 'wine' | 'breastCancer';
  readonly columns: number;
  readonly options: LogisticRegressionOptions;
  readonly weighted: boolean;
  readonly coef: number[][];
  readonly intercept: number[];
  readonly proba: number[][];
}

const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/linear/solvers.json', import.meta.url), 'utf8'),
) as Golden[];
const SETS = { iris, wine, breastCancer };
const TIGHT = { tol: 1e-10, maxIter: 100_000, seed: 1 };
const SOLVERS = ['lbfgs', 'newton-cg', 'newton-cholesky', 'liblinear', 'sag', 'saga'] as const;

function load(data: Golden['data'], columns: number): { X: number[][]; y: Int32Array } {
  const { X, y } = SETS[data]();
  const width = X.shape[1];
  const rows = Array.from(y, (_, i) => Array.from(X.data.subarray(i * width, i * width + columns)));
  return { X: standardise(rows), y: Int32Array.from(y) };
}

function relativeError(got: ArrayLike<number>, expected: readonly number[]): number {
  const size = Math.max(1e-12, ...expected.map(Math.abs));
  return Math.max(...expected.map((v, i) => Math.abs(v - got[i]!))) / size;
}

describe('logistic regression by solver and penalty, against scikit-learn', () => {
  for (const golden of goldens) {
    it(`${golden.data} (${golden.columns}) ${JSON.stringify(golden.options)}`, async () => {
      const { X, y } = load(golden.data, golden.columns);
      const sampleWeight = golden.weighted ? Array.from(y, (_, i) => 0.5 + (i % 5)) : null;
      const model = await new LogisticRegression({ ...golden.options, ...TIGHT }).fit(X, y, { sampleWeight });
      expect(model.warnings).toEqual([]);
      expect(relativeError(model.coef.dataSync(), golden.coef.flat())).toBeLessThan(1e-6);
      expect(relativeError(model.intercept.dataSync(), golden.intercept)).toBeLessThan(1e-6);
      const proba = model.predictProba(X.filter((_, i) => i % 60 === 0));
      expect(relativeError(proba.dataSync(), golden.proba.flat())).toBeLessThan(1e-6);
      // What scikit-learn has at exactly 0 is 0 here.
      golden.coef.flat().forEach((w, i) => {
        if (w === 0) expect(model.coef.dataSync()[i]).toBe(0);
      });
    });
  }
});

describe('logistic regression', () => {
  it.each(SOLVERS)('keeps the contract of estimators with solver %s', async (solver) => {
    const penalty = solver === 'saga' || solver === 'liblinear' ? 'l1' : 'l2';
    await checkEstimator(() => new LogisticRegression({ solver, penalty, C: 1, maxIter: 100, tol: 1e-3, seed: 3 }));
    await checkEstimator(() => new LogisticRegression({ solver, multiClass: 'ovr', maxIter: 100, tol: 1e-3, seed: 3 }));
  });

  it.each(SOLVERS)('learns and predicts from sparse samples as from dense ones, solver %s', async (solver) => {
    const { X, y } = load('wine', 7);
    // Half of the entries are not there.
    const holed = X.map((row, i) => row.map((v, j) => ((i + j) % 2 === 0 ? v : 0)));
    const sparse = CsrMatrix.fromDense(holed);
    const estimator = new LogisticRegression({ solver, ...TIGHT, C: 0.5 });
    const [a, b] = [await estimator.fit(holed, y), await estimator.fit(sparse, y)];
    expect(relativeError(b.coef.dataSync(), Array.from(a.coef.dataSync() as Float64Array))).toBeLessThan(1e-7);
    expect(
      relativeError(b.predictProba(sparse).dataSync(), Array.from(a.predictProba(holed).dataSync() as Float64Array)),
    ).toBeLessThan(1e-7);
    expect(b.predict(sparse)).toEqual(a.predict(holed));
    expect(b.predict(sparse.toCsc())).toEqual(a.predict(holed));
  });

  it.each(['liblinear', 'saga'] as const)(
    'is held by the L1 penalty where the gradient is small, solver %s',
    async (solver) => {
      const { X, y } = load('breastCancer', 10);
      const sparse = CsrMatrix.fromDense(X);
      const options = { solver, penalty: 'l1', C: 0.05, fitIntercept: false, ...TIGHT } as const;
      for (const form of [X, sparse]) {
        const model = await new LogisticRegression(options).fit(form, y);
        const w = model.coef.dataSync() as Float64Array;
        const p = model.predictProba(form).dataSync();
        expect(w.filter((v) => v === 0).length).toBeGreaterThan(2);
        for (let j = 0; j < 10; j++) {
          const slope = X.reduce((sum, row, i) => sum + (p[2 * i + 1]! - y[i]!) * row[j]!, 0) * 0.05;
          if (w[j] === 0) expect(Math.abs(slope)).toBeLessThan(1);
          else expect(slope).toBeCloseTo(-Math.sign(w[j]!), 5);
        }
      }
    },
  );

  it.each(SOLVERS)('says when it has not converged, solver %s', async (solver) => {
    const { X, y } = load('breastCancer', 30);
    const model = await new LogisticRegression({ solver, maxIter: 2, tol: 1e-9, seed: 1 }).fit(X, y);
    expect([model.converged, model.nIter, model.warnings.length]).toEqual([false, 2, 1]);
    expect(model.warnings[0]!.message).toMatch(/stopped after 2 iterations.*maxIter \(now 2\)/);
    expect(model.score(X, y)).toBeGreaterThan(0.8);
  });

  it.each(SOLVERS)('goes on where it ended with warmStart, solver %s', async (solver) => {
    const { X, y } = load('iris', 4);
    const options = { solver, multiClass: 'ovr', tol: 1e-4, maxIter: 5000, seed: 1 } as const;
    const cold = await new LogisticRegression(options).fit(X, y);
    const estimator = new LogisticRegression({ ...options, warmStart: true });
    await estimator.fit(X, y);
    const warm = await estimator.fit(X, y);
    expect(warm.nIter).toBeLessThan(Math.max(2, cold.nIter / 2));
  });

  it('is the same for every state kept and restored', async () => {
    const { FittedLogisticRegression } = await import('../../src/linear/index');
    const { fromState, fromJSON } = await import('../../src/estimator/state');
    const { X, y } = load('iris', 4);
    for (const options of [{}, { multiClass: 'ovr' }, { multiClass: 'multinomial', maxIter: 1 }] as const) {
      for (const labels of [y, Array.from(y, (c) => ['a', 'b', 'c'][c]!)]) {
        const model = await new LogisticRegression(options).fit(X, labels);
        const state = fromJSON(JSON.parse(JSON.stringify(model))) as never;
        const restored = fromState(state, [FittedLogisticRegression]);
        expect(restored.predict(X)).toEqual(model.predict(X));
        expect(restored.predictProba(X).dataSync()).toEqual(model.predictProba(X).dataSync());
        expect([restored.converged, restored.nIter]).toEqual([model.converged, model.nIter]);
      }
    }
  });

  it('takes several missed steps of a feature at once', () => {
    fc.assert(
      fc.property(
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.double({ min: -2, max: 2, noNaN: true }),
        fc.integer({ min: 1, max: 60 }),
        fc.constantFrom(0, 0.1, 0.7),
        fc.constantFrom(0, 0.01, 0.5),
        (w, average, missed, l1, l2) => {
          const rate = 0.3;
          let one = w;
          for (let t = 0; t < missed; t++) one = shrink((1 - rate * l2) * one - rate * average, rate * l1);
          expect(repeatSteps(w, average, { missed, rate, l1, l2 })).toBeCloseTo(one, 10);
        },
      ),
    );
  });
});

describe('logistic regression refuses', () => {
  const X = [[0], [1], [2], [3]];
  const y = [0, 1, 0, 1];
  it.each([
    [{ penalty: 'l1' }, /penalty 'l1' is not supported by solver 'lbfgs'.*Use solver 'liblinear' or 'saga'/],
    [{ penalty: 'l1', solver: 'sag' }, /Use solver 'liblinear' or 'saga'/],
    [{ penalty: 'elasticnet', solver: 'liblinear', l1Ratio: 0.5 }, /'elasticnet'.*Use solver 'saga'/],
    [{ penalty: 'none', solver: 'liblinear' }, /Use solver 'lbfgs', 'newton-cg', 'newton-cholesky', 'sag' or 'saga'/],
    [{ penalty: null, solver: 'liblinear' }, /penalty 'none' is not supported/],
    [{ penalty: 'l3' }, /penalty must be one of/],
    [{ solver: 'adam' }, /solver must be one of 'lbfgs'/],
    [{ multiClass: 'both' }, /multiClass must be one of/],
    [{ multiClass: 'multinomial', solver: 'liblinear' }, /liblinear.*no multinomial/],
    [{ penalty: 'elasticnet', solver: 'saga' }, /needs l1Ratio/],
    [{ penalty: 'elasticnet', solver: 'saga', l1Ratio: 1.5 }, /l1Ratio.*from 0 to 1/],
    [{ l1Ratio: 0.5 }, /l1Ratio 0.5 has no effect/],
    [{ solver: 'liblinear', interceptScaling: 0 }, /interceptScaling must be/],
    [{ fitIntercept: 1 }, /fitIntercept must be true or false/],
    [{ warmStart: 'yes' }, /warmStart must be true or false/],
    [{ max_iter: 5 }, /did you mean 'maxIter'/],
  ])('%j', async (options, message) => {
    const fit = new LogisticRegression(options as never).fit(X, y);
    await expect(fit).rejects.toThrow(ConfigError);
    await expect(new LogisticRegression(options as never).fit(X, y)).rejects.toThrow(message);
  });
});
