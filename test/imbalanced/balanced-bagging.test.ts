import { describe, expect, it } from 'vitest';
import { FittedGaussianNB, GaussianNB } from '../../src/bayes/index';
import { ConfigError } from '../../src/core/errors';
import { fromJSON, fromState, type ModelState } from '../../src/estimator/state';
import {
  BalancedBaggingClassifier,
  type BalancedBaggingClassifierOptions,
  FittedBalancedBaggingClassifier,
  RandomOverSampler,
  RandomUnderSampler,
  SMOTE,
  TomekLinks,
} from '../../src/imbalanced/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { SVC } from '../../src/svm/index';
import { checkEstimator } from '../../src/testing/index';
import { FittedDecisionTreeClassifier } from '../../src/trees/index';
import { bags, expectNear, part } from './golden-ensembles';

const SAMPLERS = {
  RandomOverSampler: () => new RandomOverSampler(),
  SMOTE: () => new SMOTE({ kNeighbors: 3 }),
  TomekLinks: () => new TomekLinks(),
};
const CLASSES = [FittedBalancedBaggingClassifier, FittedGaussianNB, FittedDecisionTreeClassifier];

describe('balanced bags are imbalanced-learn’s, member by member', () => {
  for (const { data, options, sampler, estimator, oob, sizes, features, proba } of bags) {
    it(`${data} ${JSON.stringify(options)} ${sampler ?? ''} ${estimator ?? ''}`, async () => {
      const { X, y } = part(data);
      const model = await new BalancedBaggingClassifier({
        ...options,
        sampler: sampler === null ? null : SAMPLERS[sampler](),
        estimator: estimator === null ? null : new GaussianNB(),
        seed: numpyRandom(7),
      }).fit(X, y);
      if (sizes !== null) {
        const trees = model.estimators as readonly FittedDecisionTreeClassifier[];
        expect(trees.map(({ tree }) => tree.feature.length)).toEqual(sizes);
      }
      expect(model.estimatorsFeatures.slice(0, 2).map((f) => Array.from(f))).toEqual(features);
      const some = X.filter((_, i) => i % 17 === 0);
      expectNear(model.predictProba(some).dataSync(), proba.flat(), 1e-6);
      if (oob !== null) expect(model.oobScore).toBeCloseTo(oob, 7);
    });
  }
});

describe('BalancedBaggingClassifier', () => {
  const fit = (options: BalancedBaggingClassifierOptions, name: 'wine' | 'breastCancer' = 'wine') => {
    const { X, y } = part(name);
    return new BalancedBaggingClassifier({ nEstimators: 3, seed: 1, ...options }).fit(X, y);
  };

  it('keeps the contract of estimators', async () => {
    const create = (): BalancedBaggingClassifier => new BalancedBaggingClassifier({ nEstimators: 5, seed: 1 });
    await checkEstimator(create as never, { classes: CLASSES as never, sampleWeight: false });
  });

  it('is kept as JSON', async () => {
    const { X } = part('wine');
    for (const estimator of [null, new GaussianNB()]) {
      const model = await fit({ estimator });
      const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
      expect(state.type).toBe('BalancedBaggingClassifier');
      const again = fromState(state, CLASSES as never) as typeof model;
      expect(again.predictProba(X).dataSync()).toEqual(model.predictProba(X).dataSync());
    }
  });

  it('keeps text labels, and lets members vote that have no probabilities', async () => {
    const { X, y } = part('wine');
    const names = y.map((c) => 'abc'[c]!);
    const model = await new BalancedBaggingClassifier({
      estimator: new SVC(),
      samplingStrategy: { a: 10, b: 12 },
      nEstimators: 3,
      seed: 1,
    }).fit(X, names);
    expect(model.classes).toEqual(['a', 'b', 'c']);
    expect(model.score(X, names)).toBeGreaterThan(0.9);
  });

  it('fits members to what the sampler makes', async () => {
    const rootOf = async (options: BalancedBaggingClassifierOptions): Promise<number[][]> =>
      (await fit({ ...options, bootstrap: false }, 'breastCancer')).estimators.map((m) =>
        [(m as FittedDecisionTreeClassifier).tree].flatMap(({ value }) => Array.from(value.subarray(0, 2))),
      );
    expect(await rootOf({})).toEqual(Array(3).fill([60, 60]));
    expect(await rootOf({ sampler: new RandomOverSampler() })).toEqual(Array(3).fill([300, 300]));
    const half = new RandomUnderSampler({ samplingStrategy: 0.5 });
    expect(await rootOf({ sampler: half })).toEqual(Array(3).fill([60, 120]));
    expect(await rootOf({ sampler: half, samplingStrategy: 0.25 })).toEqual(Array(3).fill([60, 240]));
  });

  const { X, y } = part('wine');
  const refused: [string, BalancedBaggingClassifierOptions, RegExp][] = [
    ['what is no sampler', { sampler: new GaussianNB() as never }, /sampler must be a resampler/],
    ['what is no estimator', { estimator: 'tree' as never }, /has no fit/],
    ['replacement for a sampler given', { sampler: new SMOTE(), replacement: true }, /replacement is for the default/],
    ['replacement that is no answer', { replacement: 'yes' as never }, /replacement must be true or false/],
    ['more than there are', { samplingStrategy: { 0: 99 } }, /Under-sampling can only remove/],
    ['an unknown option', { ratio: 1 } as never, /unknown option 'ratio'/],
    ['no members', { nEstimators: 0 }, /nEstimators must be/],
  ];
  it.each(refused)('refuses %s', async (_, options, message) => {
    const error = await fit(options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  });

  it('refuses weights and one class', async () => {
    const bag = new BalancedBaggingClassifier({ nEstimators: 2, seed: 1 });
    await expect(bag.fit(X, y, { sampleWeight: y.map(() => 1) })).rejects.toThrow(/does not take sampleWeight/);
    await expect(
      bag.fit(
        X,
        y.map(() => 1),
      ),
    ).rejects.toThrow(ConfigError);
  });
});
