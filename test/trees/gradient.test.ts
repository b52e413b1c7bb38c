import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { breastCancer, iris } from '../../src/data/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { checkEstimator } from '../../src/testing/index';
import {
  GradientBoostingClassifier,
  type GradientBoostingOptions,
  GradientBoostingRegressor,
} from '../../src/trees/index';

interface Golden {
  readonly estimator: 'GradientBoostingClassifier' | 'GradientBoostingRegressor';
  readonly data: 'iris' | 'cancer' | 'sizes' | 'grades' | 'noise' | 'noisy' | 'halves';
  readonly weighted: boolean;
  readonly options: object;
  readonly nodes: number[];
  readonly raw: number[];
  readonly predict: number[];
  readonly trainScore: number[];
  readonly oobImprovement: number[] | null;
  readonly featureImportances: number[];
}

const goldens = JSON.parse(
  readFileSync(new URL('../fixtures/trees/gradient.json', import.meta.url), 'utf8'),
) as Golden[];

/** As the generator makes them. */
function noise(n: number, features: number): { X: number[][]; y: number[] } {
  let state = 1;
  const next = (): number => {
    // The product needs more bits than a double has.
    state = Number((BigInt(state) * 1103515245n + 12345n) % 2147483648n);
    return (Math.floor(state / 2 ** 16) % 40) - 20;
  };
  const X = Array.from({ length: n }, () => Array.from({ length: features }, next));
  return { X, y: X.map((row) => 10 * row[0]! + 20 * row[1]! + row[2]! * row[3]! - 10 * row[4]!) };
}

function dataOf(name: Golden['data']): { X: number[][]; y: number[] } {
  if (name === 'noise' || name === 'noisy' || name === 'halves') {
    const made = noise(211, 6);
    if (name === 'noise') return made;
    const classOf = (v: number): number => (name === 'halves' ? Number(v > 50) : Number(v > 0) + Number(v > 150));
    return { X: made.X, y: made.y.map(classOf) };
  }
  const { X, y } = name === 'iris' ? iris() : breastCancer();
  const cols = X.shape[1];
  const rows = Array.from(y, (_, i) => Array.from(X.data.subarray(i * cols, (i + 1) * cols)));
  if (name === 'sizes') return { X: rows.map((row) => row.slice(0, 5)), y: rows.map((row) => row[7]!) };
  if (name === 'grades')
    return {
      X: rows.map((row) => row.slice(0, 5)),
      y: rows.map((row) => Number(row[7]! >= 0.02) + Number(row[7]! >= 0.06)),
    };
  return { X: rows, y: Array.from(y) };
}

function expectClose(got: ArrayLike<number>, expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((v, i) => {
    expect(Math.abs(got[i]! - v)).toBeLessThan(1e-9 * (1 + Math.abs(v)));
  });
}

describe('gradient boosting against scikit-learn', () => {
  it.each(goldens)('$estimator on $data, $options', async (golden) => {
    const { X, y } = dataOf(golden.data);
    const sampleWeight = golden.weighted ? y.map((_, i) => 1 + (i % 3)) : null;
    const rows = X.filter((_, i) => i % 11 === 0);
    const options = { ...golden.options, seed: numpyRandom(3) };
    const isClassifier = golden.estimator === 'GradientBoostingClassifier';
    const model = isClassifier
      ? await new GradientBoostingClassifier(options).fit(X, y, { sampleWeight })
      : await new GradientBoostingRegressor(options).fit(X, y, { sampleWeight });
    expect(model.ensemble.trees.length).toBe(golden.nodes.length);
    expectClose(model.predict(rows), golden.predict);
    if ('decisionFunction' in model) expectClose(model.decisionFunction(rows).dataSync(), golden.raw);
    expectClose(model.trainScore, golden.trainScore);
    if (golden.oobImprovement === null) expect(model.oobImprovement).toBe(null);
    // Samples that a stage did not see may go another way where two features split those it saw alike: which of them is
    // taken hangs on the last bits of the residuals, and so of exp.
    else
      golden.oobImprovement.forEach((v, stage) => {
        expect(Math.abs(model.oobImprovement![stage]! - v)).toBeLessThan(golden.data === 'grades' ? 1e-3 : 1e-6);
      });
    // Of features that split a node alike either may be chosen.
    golden.featureImportances.forEach((v, f) => {
      expect(Math.abs(model.featureImportances[f]! - v)).toBeLessThan(golden.data === 'grades' ? 0.03 : 0.01);
    });
    expect([...model.stagedPredict(rows)].at(-1)).toEqual(model.predict(rows));
  });
});

describe('the contract of estimators', () => {
  it.each([
    ['log loss', () => new GradientBoostingClassifier({ nEstimators: 10, seed: 1 })],
    ['a part of the samples', () => new GradientBoostingClassifier({ nEstimators: 10, subsample: 0.7, seed: 1 })],
    ['squared error', () => new GradientBoostingRegressor({ nEstimators: 30, seed: 1 })],
    ['huber', () => new GradientBoostingRegressor({ nEstimators: 60, learningRate: 0.3, loss: 'huber', seed: 1 })],
  ])('is kept with %s', async (name, make) => {
    // A weighted median never lies between two values, so that weights of 1 make a difference.
    await checkEstimator(make as never, { sampleWeight: name !== 'huber' });
  });
});

describe('going on from a model', () => {
  it('gives the model that was fitted at once', async () => {
    const { X, y } = dataOf('iris');
    const options = { subsample: 0.6, seed: 5, maxFeatures: 2 };
    const begun = await new GradientBoostingClassifier({ ...options, nEstimators: 3 }).fit(X, y);
    const resumed = await new GradientBoostingClassifier({ ...options, nEstimators: 6, warmStart: begun }).fit(X, y);
    const whole = await new GradientBoostingClassifier({ ...options, nEstimators: 6 }).fit(X, y);
    expect(resumed.nEstimators).toBe(6);
    expect(resumed.decisionFunction(X).dataSync()).toEqual(whole.decisionFunction(X).dataSync());
    expect(resumed.trainScore).toEqual(whole.trainScore);
    expect([...whole.stagedPredictProba(X)][2]!.dataSync()).toEqual(begun.predictProba(X).dataSync());
    expect([...whole.stagedDecisionFunction(X)][2]!.dataSync()).toEqual(begun.decisionFunction(X).dataSync());
  });
});

describe('what gradient boosting refuses', () => {
  const { X, y } = dataOf('iris');
  const fit = (options: object) => () => new GradientBoostingClassifier(options as GradientBoostingOptions).fit(X, y);
  const regress = (options: object) => () =>
    new GradientBoostingRegressor(options as GradientBoostingOptions).fit(X, y);

  it.each<[string, () => Promise<unknown>, string]>([
    ['an unknown option', fit({ splitter: 'best' }), "unknown option 'splitter'"],
    ['a negative learningRate', fit({ learningRate: -1 }), 'learningRate must be'],
    ['nEstimators 0', fit({ nEstimators: 0 }), 'nEstimators must be an integer ≥ 1'],
    ['subsample 0', fit({ subsample: 0 }), 'subsample must be'],
    ['another criterion', fit({ criterion: 'gini' }), 'criterion must be one of'],
    ['another init', fit({ init: 'prior' }), "init must be one of 'zero', null"],
    ['the exponential loss of 3 classes', fit({ loss: 'exponential' }), 'is for two classes'],
    ['maxDepth 0', fit({ maxDepth: 0 }), 'maxDepth must be'],
    ['nIterNoChange 0', fit({ nIterNoChange: 0 }), 'nIterNoChange must be'],
    ['warmStart: true', fit({ warmStart: true }), 'warmStart must be a model'],
    ['another loss', regress({ loss: 'poisson' }), "loss must be one of 'squaredError'"],
    ['alpha 1', regress({ loss: 'quantile', alpha: 1 }), 'alpha must be'],
  ])('%s', async (_, run, message) => {
    await expect(run()).rejects.toThrow(ConfigError);
    await expect(run()).rejects.toThrow(message);
  });

  it('a longer model, or one of other data', async () => {
    const model = await new GradientBoostingClassifier({ nEstimators: 3 }).fit(X, y);
    await expect(fit({ nEstimators: 2, warmStart: model })()).rejects.toThrow('less than the 3 stages');
    const two = dataOf('cancer');
    const other = new GradientBoostingClassifier({ warmStart: model }).fit(two.X, two.y);
    await expect(other).rejects.toThrow('Give one fitted to the same data');
  });
});
