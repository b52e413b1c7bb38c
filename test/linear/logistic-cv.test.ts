import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError, NotConvergedWarning, ShapeError } from '../../src/core/errors';
import { breastCancer, CsrMatrix, iris } from '../../src/data/index';
import { fromJSON, fromState, type ModelState, type Restorable } from '../../src/estimator/state';
import {
  FittedLogisticRegression,
  FittedLogisticRegressionCV,
  FittedOneVsRestClassifier,
  FittedPerceptron,
  LogisticRegression,
  LogisticRegressionCV,
  type LogisticRegressionCVOptions,
  OneVsRestClassifier,
  Perceptron,
} from '../../src/linear/index';
import { checkEstimator } from '../../src/testing/index';
import { standardise } from './cases';

interface Golden {
  readonly data: 'iris' | 'breastCancer';
  readonly columns: number;
  readonly options: LogisticRegressionCVOptions;
  readonly C: number[];
  readonly l1Ratio: number[] | null;
  readonly scores: number[][][];
  readonly coef: number[][];
  readonly intercept: number[];
}
interface RestGolden {
  readonly coef: number[][];
  readonly proba: number[][];
  readonly decision: number[][];
}

const { cv: goldens, oneVsRest } = JSON.parse(
  readFileSync(new URL('../fixtures/linear/logistic-cv.json', import.meta.url), 'utf8'),
) as { cv: Golden[]; oneVsRest: RestGolden };
const SETS = { iris, breastCancer };
const TIGHT = { tol: 1e-10, maxIter: 20_000, seed: 1 };

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

describe('LogisticRegressionCV against scikit-learn', () => {
  for (const golden of goldens) {
    it(`${golden.data} ${JSON.stringify(golden.options)}`, async () => {
      const { X, y } = load(golden.data, golden.columns);
      const model = await new LogisticRegressionCV({ ...golden.options, ...TIGHT }).fit(X, y);
      expect(model.warnings).toEqual([]);
      [...model.scores.values()].forEach((scores, c) => {
        expect(relativeError(scores.dataSync(), golden.scores[c]!.flat(2))).toBeLessThan(1e-9);
      });
      expect(relativeError(model.C, golden.C)).toBeLessThan(1e-10);
      expect(model.l1Ratio).toEqual(golden.l1Ratio);
      expect(relativeError(model.coef.dataSync(), golden.coef.flat())).toBeLessThan(1e-6);
      expect(relativeError(model.intercept.dataSync(), golden.intercept)).toBeLessThan(1e-6);
    });
  }
});

describe('LogisticRegressionCV', () => {
  const X = Array.from({ length: 30 }, (_, i) => [Math.sin(i), i % 3]);
  const y = X.map((_, i) => (i % 3 === 0 || i % 7 === 0 ? 'b' : 'a'));

  it('keeps the contract of estimators', () =>
    checkEstimator(() => new LogisticRegressionCV({ Cs: 3, cv: 3, maxIter: 500 })));

  it('is the plain model of the chosen C', async () => {
    const data = load('iris', 4);
    const model = await new LogisticRegressionCV({ Cs: [0.1, 1, 30], cv: 3, ...TIGHT }).fit(data.X, data.y);
    const plain = await new LogisticRegression({ C: model.C[0]!, ...TIGHT }).fit(data.X, data.y);
    expect(relativeError(model.coef.dataSync(), Array.from(plain.coef.dataSync() as Float64Array))).toBeLessThan(1e-7);
  });

  it('learns from sparse samples, and is restored from its state', async () => {
    const sparse = CsrMatrix.fromDense(X);
    const options = {
      penalty: 'elasticnet',
      solver: 'saga',
      l1Ratios: [0.2, 0.8],
      Cs: [0.1, 1, 10],
      cv: 3,
      tol: 1e-9,
      maxIter: 5000,
      seed: 1,
    } as const;
    const model = await new LogisticRegressionCV(options).fit(sparse, y);
    const dense = await new LogisticRegressionCV(options).fit(X, y);
    expect(relativeError(model.coef.dataSync(), Array.from(dense.coef.dataSync() as Float64Array))).toBeLessThan(1e-6);
    expect(model.scores.get('b')!.shape).toEqual([3, 3, 2]);
    const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
    const restored = fromState(state, [FittedLogisticRegressionCV]);
    expect(restored.predictProba(X).dataSync()).toEqual(model.predictProba(X).dataSync());
    expect([restored.C, restored.l1Ratio, [...restored.scores.keys()]]).toEqual([model.C, model.l1Ratio, ['b']]);
    expect(restored.scores.get('b')!.dataSync()).toEqual(model.scores.get('b')!.dataSync());
  });

  it('tells of fits that have not converged', async () => {
    const model = await new LogisticRegressionCV({ Cs: 4, cv: 2, maxIter: 1 }).fit(X, y);
    expect(model.converged).toBe(false);
    expect(model.warnings[0]).toBeInstanceOf(NotConvergedWarning);
    expect(model.warnings[0]!.message).toMatch(/of 9 fits stopped/);
  });

  it.each([
    [{ penalty: 'none' }, ConfigError, /no strength to choose/],
    [{ penalty: 'l1' }, ConfigError, /Use solver 'liblinear' or 'saga'/],
    [{ Cs: [] }, ConfigError, /empty list/],
    [{ Cs: [1, -1] }, ConfigError, /must be > 0/],
    [{ Cs: 2.5 }, ConfigError, /whole number/],
    [{ l1Ratios: [0.5] }, ConfigError, /no effect/],
    [{ penalty: 'elasticnet', solver: 'saga' }, ConfigError, /needs l1Ratios/],
    [{ penalty: 'elasticnet', solver: 'saga', l1Ratios: [2] }, ConfigError, /from 0 to 1/],
    [{ cv: 1 }, ConfigError, /nSplits/],
    [{ cv: [{ train: [0], test: [99] }] }, ShapeError, /position 99/],
    [{ scoring: 'luck' }, ConfigError, /luck/],
    [{ refit: 'yes' }, ConfigError, /refit must be true or false/],
    [{ C: 1 }, ConfigError, /'Cs'/],
  ])('refuses %j', async (options, type, message) => {
    const fit = (): Promise<unknown> => new LogisticRegressionCV(options as never).fit(X, y);
    await expect(fit()).rejects.toThrow(type);
    await expect(fit()).rejects.toThrow(message);
  });
});

describe('OneVsRestClassifier', () => {
  it('is scikit-learn’s, with liblinear', async () => {
    const { X, y } = load('iris', 4);
    const model = await new OneVsRestClassifier({
      estimator: new LogisticRegression({ solver: 'liblinear', ...TIGHT }),
    }).fit(X, y);
    const coef = model.estimators.flatMap((m) => Array.from((m as FittedLogisticRegression).coef.dataSync()));
    expect(relativeError(coef, oneVsRest.coef.flat())).toBeLessThan(1e-6);
    const some = X.filter((_, i) => i % 30 === 0);
    expect(relativeError(model.predictProba!(some).dataSync(), oneVsRest.proba.flat())).toBeLessThan(1e-6);
    expect(relativeError(model.decisionFunction!(some).dataSync(), oneVsRest.decision.flat())).toBeLessThan(1e-6);
    expect(model.converged).toBe(true);
  });

  it('keeps the contract of estimators, with and without probabilities', async () => {
    await checkEstimator(() => new OneVsRestClassifier({ estimator: new LogisticRegression() }), {
      classes: [FittedLogisticRegression],
    });
    await checkEstimator(() => new OneVsRestClassifier({ estimator: new Perceptron({ seed: 1 }) }), {
      classes: [FittedPerceptron],
      sparseAlike: false,
    });
    const { X, y } = load('iris', 4);
    const model = await new OneVsRestClassifier({ estimator: new Perceptron({ seed: 1 }) }).fit(X, y);
    expect(model.predictProba).toBeUndefined();
  });

  it('goes by predictions where there is nothing else, and by probabilities without decisions', async () => {
    const { X, y } = load('iris', 4);
    const bare = (withProba: boolean) => ({
      kind: 'classifier' as const,
      fit: async (A: never, b: never) => {
        const model = await new LogisticRegression().fit(A, b);
        const own = { predict: (M: never) => model.predict(M), score: () => 0 };
        return withProba ? { ...own, predictProba: (M: never) => model.predictProba(M) } : own;
      },
    });
    for (const withProba of [false, true]) {
      const model = await new OneVsRestClassifier({ estimator: bare(withProba) as never }).fit(X, y);
      expect(model.score(X, y)).toBeGreaterThan(0.7);
      expect(model.predictProba !== undefined).toBe(withProba);
      expect(() => model.toState()).toThrow(ConfigError);
    }
  });

  it('takes sparse samples and weights, tells what its models warn of, and is restored from its state', async () => {
    const { X, y } = load('iris', 4);
    const sparse = CsrMatrix.fromDense(X);
    const labels = Array.from(y, (c) => ['x', 'y', 'z'][c]!);
    const estimator = new LogisticRegression({ maxIter: 2 });
    const model = await new OneVsRestClassifier({ estimator }).fit(sparse, labels, {
      sampleWeight: new Array(150).fill(2),
    });
    expect([model.warnings.length, model.converged]).toEqual([3, false]);
    const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
    const restored = fromState(state, [FittedOneVsRestClassifier, FittedLogisticRegression] as never as Restorable<
      typeof model
    >[]);
    expect(restored.predict(sparse)).toEqual(model.predict(X));
    expect(restored.predictProba!(X).dataSync()).toEqual(model.predictProba!(X).dataSync());
  });

  it.each([
    [() => new OneVsRestClassifier({} as never).fit([[1], [2]], [0, 1]), /must be a classifier/],
    [
      () => new OneVsRestClassifier({ estimator: { kind: 'regressor', fit() {} } } as never).fit([[1]], [0]),
      /must be a classifier/,
    ],
    [
      () => new OneVsRestClassifier({ estimator: new LogisticRegression() }).fit([[1], [2]], [1, 1]),
      /only the class 1/,
    ],
    [() => new OneVsRestClassifier({ estimator: new LogisticRegression() }).fit([[1], [2]], [1]), /2 samples and y 1/],
    [() => new OneVsRestClassifier({ estimator: new LogisticRegression() }).fit([[1], [Number.NaN]], [1, 0]), /NaN/],
    [
      () => new OneVsRestClassifier({ estimator: new LogisticRegression(), jobs: 1 } as never).fit([[1], [2]], [1, 0]),
      /unknown option 'jobs'/,
    ],
  ])('refuses what does not fit (%#)', async (run, message) => {
    await expect(run()).rejects.toThrow(message);
  });
});
