import { describe, expect, it } from 'vitest';
import { FittedGaussianNB, GaussianNB } from '../../src/bayes/index';
import { ConfigError } from '../../src/core/errors';
import type { Estimator } from '../../src/data/estimator';
import { fromJSON, fromState, type ModelState } from '../../src/estimator/state';
import {
  EasyEnsembleClassifier,
  FittedEasyEnsembleClassifier,
  FittedRUSBoostClassifier,
  InstanceHardnessThreshold,
  RUSBoostClassifier,
} from '../../src/imbalanced/index';
import { LogisticRegression } from '../../src/linear/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { SVC } from '../../src/svm/index';
import { checkEstimator, checkResampler } from '../../src/testing/index';
import { type Case, cases, expectNear, part, rounds } from './golden-ensembles';

const make = (name: Case['estimator']): Estimator =>
  name === 'GaussianNB' ? new GaussianNB() : new LogisticRegression({ tol: 1e-10, maxIter: 1000 });

describe('ensembles of balanced parts against imbalanced-learn', () => {
  for (const c of cases) {
    it(`${c.name} ${c.algorithm ?? ''} ${c.estimator} ${c.data} seed ${c.seed}`, async () => {
      const { X, y } = part(c.data);
      const options = { estimator: make(c.estimator), seed: numpyRandom(c.seed) };
      if (c.name === 'InstanceHardnessThreshold') {
        const got = await new InstanceHardnessThreshold({ ...options, cv: 3 }).fitResample(X, y);
        expect(Array.from(got.indices!)).toEqual(c.indices);
        return;
      }
      const some = X.filter((_, i) => i % 17 === 0);
      if (c.name === 'EasyEnsembleClassifier') {
        const model = await new EasyEnsembleClassifier({ ...options, nEstimators: 4 }).fit(X, y);
        expectNear(model.predictProba(some).dataSync(), c.proba!.flat());
        return;
      }
      const boost = { ...options, nEstimators: 3, learningRate: 0.5, algorithm: c.algorithm };
      const model = await new RUSBoostClassifier(boost).fit(X, y);
      expectNear(model.predictProba(some).dataSync(), c.proba!.flat());
      expectNear(model.estimatorErrors, c.errors!);
      expectNear(model.estimatorWeights, c.weights!);
    });
  }
});

describe('RUSBoost of trees against imbalanced-learn', () => {
  it.each(rounds)('$data, $algorithm', async ({ data, algorithm, importances, proba }) => {
    const { X, y } = part(data);
    const model = await new RUSBoostClassifier({ nEstimators: 6, algorithm, seed: numpyRandom(5) }).fit(X, y);
    expectNear(model.featureImportances!, importances);
    expectNear(model.predictProba(X.filter((_, i) => i % 17 === 0)).dataSync(), proba.flat());
  });

  it('says nothing of features where members don’t', async () => {
    const { X, y } = part('wine');
    const model = await new RUSBoostClassifier({ estimator: new GaussianNB(), nEstimators: 2, seed: 1 }).fit(X, y);
    expect(model.featureImportances).toBe(null);
  });
});

describe('ensembles of balanced parts', () => {
  it.each([
    [
      'EasyEnsembleClassifier',
      () => new EasyEnsembleClassifier({ estimator: new GaussianNB(), nEstimators: 3, seed: 1 }),
    ],
    ['RUSBoostClassifier', () => new RUSBoostClassifier({ estimator: new GaussianNB(), nEstimators: 3, seed: 1 })],
  ] as const)('%s keeps the contract of estimators', async (_, create) => {
    const classes = [FittedEasyEnsembleClassifier, FittedRUSBoostClassifier, FittedGaussianNB];
    await checkEstimator(create as never, { classes: classes as never, sampleWeight: false });
  });

  it('InstanceHardnessThreshold keeps the contract of resamplers', async () => {
    await checkResampler(() => new InstanceHardnessThreshold({ estimator: new GaussianNB(), seed: 1 }));
  });

  it('are kept as JSON', async () => {
    const { X, y } = part('wine');
    for (const estimator of [
      new EasyEnsembleClassifier({ estimator: new GaussianNB(), nEstimators: 2, seed: 1 }),
      new RUSBoostClassifier({ estimator: new GaussianNB(), nEstimators: 2, seed: 1 }),
    ]) {
      const model = await estimator.fit(X, y);
      const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
      const classes = [FittedEasyEnsembleClassifier, FittedRUSBoostClassifier, FittedGaussianNB];
      const again = fromState(state, classes as never) as typeof model;
      expect(again.predictProba(X).dataSync()).toEqual(model.predictProba(X).dataSync());
    }
  });

  it('vote where members have no probabilities', async () => {
    const { X, y } = part('wine');
    const easy = await new EasyEnsembleClassifier({ estimator: new SVC(), nEstimators: 2, seed: 1 }).fit(X, y);
    expect(easy.score(X, y)).toBeGreaterThan(0.9);
    const boosted = await new RUSBoostClassifier({
      estimator: new SVC(),
      nEstimators: 2,
      algorithm: 'SAMME',
      seed: 1,
    }).fit(X, y);
    expect(boosted.decisionFunction(X).shape).toEqual([X.length, 3]);
    expect(boosted.score(X, y)).toBeGreaterThan(0.9);
  });

  it('take trees unless told', async () => {
    const { X, y } = part('wine');
    expect((await new EasyEnsembleClassifier({ nEstimators: 2, seed: 1 }).fit(X, y)).score(X, y)).toBeGreaterThan(0.8);
    expect((await new RUSBoostClassifier({ nEstimators: 10, seed: 1 }).fit(X, y)).score(X, y)).toBeGreaterThan(0.8);
    const { indices } = await new InstanceHardnessThreshold({ cv: 2, seed: 1 }).fitResample(X, y);
    expect(indices!.length).toBeLessThan(y.length);
  });

  const { X, y } = part('wine');
  const estimator = new GaussianNB();
  const refused: [string, () => Promise<unknown>, RegExp][] = [
    [
      'what is no estimator',
      () => new EasyEnsembleClassifier({ estimator: 'tree' } as never).fit(X, y),
      /estimator must be a classifier/,
    ],
    ['no rounds', () => new RUSBoostClassifier({ estimator, nEstimators: 0 }).fit(X, y), /nEstimators must be/],
    ['a rate of 0', () => new RUSBoostClassifier({ estimator, learningRate: 0 }).fit(X, y), /learningRate must be/],
    [
      'an unknown algorithm',
      () => new RUSBoostClassifier({ estimator, algorithm: 'SAMME.Q' as never }).fit(X, y),
      /algorithm must be one of/,
    ],
    [
      'no probabilities',
      () => new RUSBoostClassifier({ estimator: new SVC() }).fit(X, y),
      /needs an estimator with predictProba/,
    ],
    [
      'more than there are',
      () => new EasyEnsembleClassifier({ estimator, samplingStrategy: { 0: 99 } }).fit(X, y),
      /Under-sampling can only remove/,
    ],
    [
      'one class',
      () =>
        new EasyEnsembleClassifier({ estimator }).fit(
          X,
          y.map(() => 1),
        ),
      /only the class 1/,
    ],
    [
      'too many parts',
      () => new InstanceHardnessThreshold({ estimator, cv: 80 }).fitResample(X, y),
      /no class has 80 samples/,
    ],
  ];
  it.each(refused)('refuse %s', async (_, act, message) => {
    const error = await act().catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  });
});
