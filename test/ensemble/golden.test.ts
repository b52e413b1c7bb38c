import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Tensor } from '../../src/core/tensor';
import { breastCancer, iris, wine } from '../../src/data/index';
import {
  BaggingClassifier,
  BaggingRegressor,
  StackingClassifier,
  StackingRegressor,
  VotingClassifier,
  VotingRegressor,
} from '../../src/ensemble/index';
import { LogisticRegression } from '../../src/linear/index';
import { KNeighborsClassifier, KNeighborsRegressor } from '../../src/neighbors/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { standardise } from '../linear/cases';

interface Golden {
  readonly data: 'iris' | 'wine' | 'cancer' | 'sizes';
  readonly predict: number[];
  readonly proba?: number[];
  readonly oob?: number;
  readonly features?: number[][];
  readonly samples?: number[][];
  readonly transform?: number[];
}

const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/ensemble/ensembles.json', import.meta.url), 'utf8'),
) as Record<string, Golden>;

function dataOf(name: Golden['data']): { X: number[][]; y: number[] } {
  const { X, y } = { iris, wine, cancer: breastCancer, sizes: breastCancer }[name]();
  const cols = X.shape[1];
  const rows = Array.from(y, (_, i) => Array.from(X.data.subarray(i * cols, (i + 1) * cols)));
  if (name === 'sizes') return { X: rows.map((row) => row.slice(0, 5)), y: rows.map((row) => row[7]!) };
  return { X: name === 'iris' ? rows : standardise(rows), y: Array.from(y) };
}

const logistic = () => new LogisticRegression({ tol: 1e-10, maxIter: 10_000 });
const knn = (nNeighbors = 5) => new KNeighborsClassifier({ nNeighbors });
const near = (nNeighbors: number) => new KNeighborsRegressor({ nNeighbors });
const two = [['lr', logistic()] as const, ['knn', knn()] as const];
const regressors = [['near', near(3)] as const, ['far', near(15)] as const];
const seed = numpyRandom;

const CASES = {
  'hard vote': new VotingClassifier({
    estimators: [
      ['a', knn(1)],
      ['b', knn(7)],
      ['lr', logistic()],
    ],
  }),
  'weighted hard vote': new VotingClassifier({
    estimators: [
      ['a', knn(1)],
      ['lr', logistic()],
    ],
    weights: [1, 2],
  }),
  'soft vote': new VotingClassifier({ estimators: two, voting: 'soft', weights: [3, 1] }),
  'vote of two classes': new VotingClassifier({ estimators: [...two, ['gone', 'drop']], voting: 'soft' }),
  mean: new VotingRegressor({ estimators: regressors, weights: [1, 3] }),
  stack: new StackingClassifier({ estimators: two, finalEstimator: logistic(), cv: 3 }),
  'stack of two classes': new StackingClassifier({
    estimators: two,
    finalEstimator: logistic(),
    cv: 4,
    passthrough: true,
  }),
  'stack of decisions': new StackingClassifier({
    estimators: [['lr', logistic()]],
    finalEstimator: knn(),
    stackMethod: 'decisionFunction',
  }),
  'stack of classes': new StackingClassifier({ estimators: two, finalEstimator: logistic(), stackMethod: 'predict' }),
  'regression stack': new StackingRegressor({ estimators: regressors, finalEstimator: near(4), cv: 3 }),
  'regression stack with features': new StackingRegressor({
    estimators: regressors,
    finalEstimator: near(4),
    passthrough: true,
  }),
  bag: new BaggingClassifier({ estimator: knn(), seed: seed(1), oobScore: true, nEstimators: 30 }),
  'bag of parts': new BaggingClassifier({ estimator: knn(), maxSamples: 0.5, maxFeatures: 0.4, seed: seed(2) }),
  'bag without replacement': new BaggingClassifier({
    estimator: knn(),
    bootstrap: false,
    maxSamples: 40,
    bootstrapFeatures: true,
    seed: seed(3),
  }),
  'bag by weights': new BaggingClassifier({
    estimator: logistic(),
    maxFeatures: 5,
    seed: seed(4),
    nEstimators: 8,
    oobScore: true,
  }),
  'bag of two features': new BaggingClassifier({
    estimator: knn(3),
    maxFeatures: 2,
    maxSamples: 5,
    bootstrap: false,
    seed: seed(5),
  }),
  'regression bag': new BaggingRegressor({ estimator: near(3), seed: seed(6), oobScore: true, nEstimators: 20 }),
  'regression bag of all': new BaggingRegressor({
    estimator: near(3),
    seed: seed(7),
    bootstrap: false,
    maxFeatures: 4,
  }),
};

/** Further from the expected than what the tolerance of logistic regression makes of it. */
function expectClose(got: ArrayLike<number>, expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((v, i) => {
    expect(Math.abs(got[i]! - v)).toBeLessThan(1e-6 * (1 + Math.abs(v)));
  });
}

interface Asked {
  predict(X: number[][]): ArrayLike<number>;
  predictProba?(X: number[][]): Tensor;
  transform?(X: number[][]): Tensor;
  readonly oobScore?: number | null;
  readonly estimatorsFeatures?: readonly Int32Array[];
  readonly estimatorsSamples?: readonly Int32Array[] | null;
}

describe('ensembles against scikit-learn', () => {
  it.each(Object.entries(CASES))('%s', async (name, estimator) => {
    const golden = goldens[name]!;
    const { X, y } = dataOf(golden.data);
    const model = (await estimator.fit(X, y)) as unknown as Asked;
    const rows = X.filter((_, i) => i % 7 === 0);
    if (golden.predict.length > 0) expectClose(model.predict(rows), golden.predict);
    if (golden.proba !== undefined) expectClose(model.predictProba!(rows).dataSync(), golden.proba);
    if (golden.oob !== undefined) expect(model.oobScore).toBeCloseTo(golden.oob, 9);
    golden.features?.forEach((features, m) => {
      expect(Array.from(model.estimatorsFeatures![m]!)).toEqual(features);
    });
    golden.samples?.forEach((samples, m) => {
      expect(Array.from(model.estimatorsSamples![m]!.subarray(0, 8))).toEqual(samples);
    });
    if (golden.transform !== undefined)
      expectClose(model.transform!(X.filter((_, i) => i % 40 === 0)).dataSync(), golden.transform);
  });
});
