import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import type { Estimator } from '../../src/data/estimator';
import { breastCancer, iris, wine } from '../../src/data/index';
import { LogisticRegression } from '../../src/linear/index';
import { KNeighborsRegressor } from '../../src/neighbors/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { checkEstimator } from '../../src/testing/index';
import {
  AdaBoostClassifier,
  AdaBoostRegressor,
  FittedHistGradientBoostingClassifier,
  FittedHistGradientBoostingRegressor,
  HistGradientBoostingClassifier,
  HistGradientBoostingRegressor,
} from '../../src/trees/index';
import { standardise } from '../linear/cases';

interface Golden {
  readonly estimator: 'AdaBoostClassifier' | 'AdaBoostRegressor';
  readonly data: 'wine' | 'cancer' | 'sizes';
  readonly options: {
    readonly n_estimators: number;
    readonly learning_rate?: number;
    readonly algorithm?: 'SAMME';
    readonly loss?: 'square';
    readonly random_state?: number;
  };
  readonly weighted: boolean;
  readonly tree: boolean;
  readonly members: number;
  readonly neighbors: number;
  readonly errors: number[];
  readonly weights: number[];
  readonly importances: number[] | null;
  readonly predict: number[];
  readonly staged: number[];
  readonly decision?: number[];
  readonly proba?: number[];
}

const goldens = JSON.parse(readFileSync(new URL('../fixtures/trees/ada.json', import.meta.url), 'utf8')) as Golden[];

function dataOf(name: Golden['data']): { X: number[][]; y: number[] } {
  const { X, y } = name === 'wine' ? wine() : breastCancer();
  const cols = X.shape[1];
  const rows = Array.from(y, (_, i) => Array.from(X.data.subarray(i * cols, (i + 1) * cols)));
  if (name === 'sizes') return { X: rows.map((row) => row.slice(0, 5)), y: rows.map((row) => row[7]!) };
  return { X: standardise(rows).map((row) => row.slice(0, name === 'wine' ? 3 : 4)), y: Array.from(y) };
}

function expectClose(got: ArrayLike<number>, expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((v, i) => {
    expect(Math.abs(got[i]! - v)).toBeLessThan(1e-6 * (1 + Math.abs(v)));
  });
}

/** What members don't say nobody knows. */
function expectImportances(got: Float64Array | null, expected: number[] | null): void {
  if (expected === null) expect(got).toBe(null);
  else expectClose(got!, expected);
}

describe('AdaBoost against scikit-learn', () => {
  it.each(goldens)('$estimator on $data, $options', async (golden) => {
    const { X, y } = dataOf(golden.data);
    const { n_estimators: nEstimators, learning_rate: learningRate, algorithm, loss } = golden.options;
    const sampleWeight = golden.weighted ? y.map((_, i) => 1 + (i % 3)) : null;
    const rows = X.filter((_, i) => i % 9 === 0);
    const settings = { nEstimators, learningRate, seed: numpyRandom(golden.options.random_state ?? 0) };
    if (golden.estimator === 'AdaBoostRegressor') {
      const estimator = golden.tree ? null : new KNeighborsRegressor({ nNeighbors: golden.neighbors });
      const model = await new AdaBoostRegressor({ ...settings, estimator, loss }).fit(X, y, { sampleWeight });
      expectClose(model.estimatorErrors, golden.errors);
      expectClose(model.estimatorWeights, golden.weights);
      expectImportances(model.featureImportances, golden.importances);
      expectClose(model.predict(rows), golden.predict);
      expectClose([...model.stagedPredict(rows)][1]!, golden.staged);
      return;
    }
    const estimator = golden.tree ? null : new LogisticRegression({ C: 0.1, tol: 1e-10, maxIter: 10_000 });
    const model = await new AdaBoostClassifier({ ...settings, estimator, algorithm }).fit(X, y, { sampleWeight });
    expectClose(model.estimatorErrors, golden.errors);
    expectClose(model.estimatorWeights, golden.weights);
    expectImportances(model.featureImportances, golden.importances);
    expectClose(model.predict(rows), golden.predict);
    expectClose([...model.stagedPredict(rows)][1]!, golden.staged);
    expectClose(model.decisionFunction(rows).dataSync(), golden.decision!);
    expectClose(model.predictProba(rows).dataSync(), golden.proba!);
    expect([...model.stagedDecisionFunction(rows)].at(-1)!.dataSync()).toEqual(model.decisionFunction(rows).dataSync());
    expect([...model.stagedPredictProba(rows)].at(-1)!.dataSync()).toEqual(model.predictProba(rows).dataSync());
  });
});

const stump = () => new HistGradientBoostingClassifier({ maxIter: 1, maxDepth: 1, minSamplesLeaf: 2 });
const weak = () => new HistGradientBoostingRegressor({ maxIter: 20, minSamplesLeaf: 2 });

describe('the contract of estimators', () => {
  const classes = [FittedHistGradientBoostingClassifier, FittedHistGradientBoostingRegressor] as never;
  it.each([
    ['SAMME.R', () => new AdaBoostClassifier({ estimator: stump(), nEstimators: 8, seed: 1 })],
    ['SAMME', () => new AdaBoostClassifier({ estimator: stump(), nEstimators: 8, algorithm: 'SAMME', seed: 1 })],
    ['R2', () => new AdaBoostRegressor({ estimator: weak(), nEstimators: 5, seed: 1 })],
  ])('is kept by %s', async (_, make) => {
    await checkEstimator(make as never, { allowNonFinite: true, classes, tolerance: 1e-9 });
  });
});

describe('where AdaBoost stops', () => {
  const { X, y } = iris();

  it('at a member without error', async () => {
    const sharp = new HistGradientBoostingClassifier({ maxIter: 60, minSamplesLeaf: 1 });
    const model = await new AdaBoostClassifier({ estimator: sharp, algorithm: 'SAMME' }).fit(X, y);
    expect(model.estimators.length).toBe(1);
    expect(model.score(X, y)).toBe(1);
    const exact = new KNeighborsRegressor({ nNeighbors: 1 });
    const far = await new AdaBoostRegressor({ estimator: exact, seed: 1, nEstimators: 3 }).fit([[0], [9]], [1, 1]);
    expect(Array.from(far.estimatorWeights)).toEqual([1]);
  });

  it('at once where a member is no better than chance', async () => {
    const blind = new HistGradientBoostingClassifier({ maxIter: 1, minSamplesLeaf: 500 });
    const boosted = new AdaBoostClassifier({ estimator: blind, algorithm: 'SAMME' });
    await expect(boosted.fit([[1], [2], [3], [4]], [0, 1, 0, 1])).rejects.toThrow('no better than chance');
    const guess = new HistGradientBoostingRegressor({ minSamplesLeaf: 500 });
    const model = await new AdaBoostRegressor({ estimator: guess, seed: 1 }).fit([[1], [2], [3], [4]], [0, 1, 0, 1]);
    expect(model.estimators.length).toBe(1);
  });
});

describe('what AdaBoost refuses', () => {
  const { X, y } = iris();
  const fit = (options: object) => () => new AdaBoostClassifier({ estimator: stump(), ...options } as never).fit(X, y);
  const dumb = {
    kind: 'classifier',
    fit: async (_: unknown, __: unknown, options?: { sampleWeight?: Float64Array }) => {
      if (options?.sampleWeight?.some((w) => w < 0)) throw new ConfigError('sampleWeight is negative');
      return { predict: () => Array.from(y), score: () => 1, classes: [0, 1, 2] };
    },
  } as unknown as Estimator;

  it.each<[string, () => Promise<unknown>, string]>([
    ['an unknown option', fit({ rate: 1 }), "unknown option 'rate'"],
    ['nEstimators 0', fit({ nEstimators: 0 }), 'nEstimators must be an integer ≥ 1'],
    ['learningRate 0', fit({ learningRate: 0 }), 'learningRate must be a finite number > 0'],
    ['another algorithm', fit({ algorithm: 'M1' }), "algorithm must be one of 'SAMME.R', 'SAMME'"],
    ['a regressor', fit({ estimator: weak() }), 'a classifier is needed'],
    ['what takes no weights', fit({ estimator: { ...dumb, fit: async () => ({}) } }), 'does not take sampleWeight'],
    ['SAMME.R without probabilities', fit({ estimator: dumb }), 'has no predictProba'],
    [
      'another loss',
      () => new AdaBoostRegressor({ estimator: weak(), loss: 'cubic' as never }).fit(X, Array.from(y)),
      "loss must be one of 'linear'",
    ],
  ])('%s', async (_, run, message) => {
    await expect(run()).rejects.toThrow(ConfigError);
    await expect(run()).rejects.toThrow(message);
  });
});
