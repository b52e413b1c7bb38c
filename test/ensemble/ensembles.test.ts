import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import type { Estimator } from '../../src/data/estimator';
import { iris } from '../../src/data/index';
import {
  BaggingClassifier,
  type BaggingOptions,
  BaggingRegressor,
  FittedBaggingClassifier,
  FittedBaggingRegressor,
  FittedStackingClassifier,
  FittedStackingRegressor,
  FittedVotingClassifier,
  FittedVotingRegressor,
  StackingClassifier,
  StackingRegressor,
  VotingClassifier,
  VotingRegressor,
} from '../../src/ensemble/index';
import { withParams } from '../../src/estimator/params';
import { fromJSON, fromState, type ModelState } from '../../src/estimator/state';
import { FittedLogisticRegression, LogisticRegression } from '../../src/linear/index';
import { FittedKNeighborsRegressor, KNeighborsRegressor } from '../../src/neighbors/index';
import { checkEstimator } from '../../src/testing/index';
import {
  FittedHistGradientBoostingClassifier,
  FittedHistGradientBoostingRegressor,
  HistGradientBoostingClassifier,
  HistGradientBoostingRegressor,
} from '../../src/trees/index';

const lr = (C = 1) => new LogisticRegression({ C });
const trees = () => new HistGradientBoostingClassifier({ maxIter: 5, minSamplesLeaf: 2 });
const grown = () => new HistGradientBoostingRegressor({ maxIter: 40, minSamplesLeaf: 1 });
const small = () => new HistGradientBoostingRegressor({ maxIter: 20, minSamplesLeaf: 2, maxDepth: 2 });
const members = () => [['lr', lr()] as const, ['trees', trees()] as const];
const regressors = () => [['grown', grown()] as const, ['small', small()] as const];

const ENSEMBLES: [string, () => Estimator][] = [
  ['VotingClassifier', () => new VotingClassifier({ estimators: members() }) as Estimator],
  ['VotingClassifier, soft', () => new VotingClassifier({ estimators: members(), voting: 'soft' }) as Estimator],
  ['VotingRegressor', () => new VotingRegressor({ estimators: regressors() }) as unknown as Estimator],
  ['StackingClassifier', () => new StackingClassifier({ estimators: members(), cv: 3 }) as Estimator],
  [
    'StackingRegressor',
    () => new StackingRegressor({ estimators: regressors(), finalEstimator: small(), cv: 3 }) as unknown as Estimator,
  ],
  ['BaggingClassifier', () => new BaggingClassifier({ estimator: lr(), nEstimators: 5, seed: 1 }) as Estimator],
  ['BaggingRegressor', () => new BaggingRegressor({ estimator: grown(), seed: 1 }) as unknown as Estimator],
];

const types = [
  FittedBaggingClassifier,
  FittedBaggingRegressor,
  FittedHistGradientBoostingClassifier,
  FittedHistGradientBoostingRegressor,
  FittedKNeighborsRegressor,
  FittedLogisticRegression,
  FittedStackingClassifier,
  FittedStackingRegressor,
  FittedVotingClassifier,
  FittedVotingRegressor,
];

describe('the contract of estimators', () => {
  it.each(ENSEMBLES)('is kept by %s', async (_, make) => {
    await checkEstimator(make, {
      allowNonFinite: make().kind === 'regressor',
      tolerance: 1e-9,
      classes: types as never,
    });
  });
});

describe('state', () => {
  const stateful: [string, () => Estimator][] = [
    ...ENSEMBLES.filter(([name]) => name.endsWith('Regressor')),
    ['VotingClassifier', () => new VotingClassifier({ estimators: [['t', trees()]], voting: 'soft' }) as Estimator],
    [
      'StackingClassifier',
      () => new StackingClassifier({ estimators: [['t', trees()]], finalEstimator: trees() }) as Estimator,
    ],
    ['BaggingClassifier', () => new BaggingClassifier({ estimator: trees(), maxFeatures: 2 }) as Estimator],
  ];

  it.each(stateful)('of %s makes a model that predicts the same bits', async (_, make) => {
    const { X, y } = iris();
    const rows = Array.from(y, (_, i) => Array.from(X.data.subarray(4 * i, 4 * i + 4)));
    const target = make().kind === 'classifier' ? Array.from(y, (c) => ['a', 'b', 'c'][c]!) : rows.map((r) => r[3]!);
    const model = await make().fit(rows, target as never);
    const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
    const again = fromState(state, types as never) as typeof model;
    expect(again.predict(rows)).toEqual(model.predict(rows));
    if (model.predictProba !== undefined)
      expect(again.predictProba!(rows).dataSync()).toEqual(model.predictProba(rows).dataSync());
  });

  it('is refused where a member has none', async () => {
    const inner = { kind: 'regressor' as const, fit: async () => ({ predict: () => [1, 2], score: () => 0 }) };
    const model = await new VotingRegressor({ estimators: [['own', inner]] }).fit([[1], [2]], [1, 2]);
    expect(() => model.toState()).toThrow("the model 'own' has no toState");
  });
});

describe('nested parameters', () => {
  it('reach members, the final estimator and options', () => {
    const stack = new StackingClassifier({ estimators: members(), finalEstimator: lr() });
    const changed = withParams(stack, { lr__C: 7, finalEstimator__C: 3, cv: 2, trees: 'drop' });
    const [first, second] = changed.options.estimators;
    expect((first![1] as LogisticRegression).options.C).toBe(7);
    expect(second![1]).toBe('drop');
    expect((changed.options.finalEstimator as LogisticRegression).options.C).toBe(3);
    expect(changed.options.cv).toBe(2);
    expect((stack.options.estimators[0]![1] as LogisticRegression).options.C).toBe(1);
    const bag = withParams(new BaggingClassifier({ estimator: lr() }), { estimator__C: 5, nEstimators: 3 });
    expect((bag.options.estimator as LogisticRegression).options.C).toBe(5);
    expect(() => withParams(stack, { nobody__C: 1 })).toThrow("no estimator or option 'nobody'");
    expect(() => withParams(changed, { trees__maxIter: 1 })).toThrow("'trees' is dropped");
  });
});

describe('laws', () => {
  const sample = fc.array(fc.tuple(fc.integer({ min: -9, max: 9 }), fc.integer({ min: -9, max: 9 })), {
    minLength: 8,
    maxLength: 30,
  });

  it('one member alone is what it is', async () => {
    await fc.assert(
      fc.asyncProperty(sample, async (X) => {
        const y = X.map(([a, b]) => 2 * a - b);
        const alone = await new KNeighborsRegressor({ nNeighbors: 3 }).fit(X, y);
        const estimators = [['knn', new KNeighborsRegressor({ nNeighbors: 3 })] as const];
        const vote = await new VotingRegressor({ estimators, weights: [5] }).fit(X, y);
        expect(vote.predict(X)).toEqual(alone.predict(X).map((v) => (v * 5) / 5));
        const whole = { bootstrap: false, nEstimators: 1, estimator: estimators[0]![1], seed: 1 };
        expect((await new BaggingRegressor(whole).fit(X, y)).predict(X)).toEqual(alone.predict(X));
      }),
      { numRuns: 20 },
    );
  });

  it('the same seed draws the same samples, and out-of-bag samples are not among them', async () => {
    const { X, y } = iris();
    const fit = (seed: number) =>
      new BaggingClassifier({ estimator: lr(), nEstimators: 3, seed, oobScore: true }).fit(X, y);
    const [a, b, c] = [await fit(1), await fit(1), await fit(2)];
    expect(a.estimatorsSamples).toEqual(b.estimatorsSamples);
    expect(a.estimatorsSamples).not.toEqual(c.estimatorsSamples);
    expect(a.oobDecisionFunction!.shape).toEqual([150, 3]);
    expect(a.warnings[0]?.message).toContain('Raise nEstimators');
  });

  it('members that have not met a class leave it without votes', async () => {
    const X = Array.from({ length: 40 }, (_, i) => [i, i % 3]);
    const y = X.map((_, i) => (i === 0 ? 'rare' : i % 2 === 0 ? 'even' : 'odd'));
    const bag = new BaggingClassifier({ estimator: trees(), nEstimators: 10, maxSamples: 0.5, seed: 3 });
    const p = (await bag.fit(X, y)).predictProba(X);
    expect(p.shape).toEqual([40, 3]);
    const sums = (p.toArraySync() as number[][]).map((row) => row.reduce((s, v) => s + v, 0));
    for (const s of sums) expect(s).toBeCloseTo(1, 12);
  });
});

describe('what ensembles refuse', () => {
  const { X, y } = iris();
  const values = Array.from(y);
  const vote = (options: object) => () =>
    new VotingClassifier({ estimators: members(), ...options } as never).fit(X, y);
  const stack = (options: object) => () =>
    new StackingClassifier({ estimators: members(), ...options } as never).fit(X, y);
  const bag = (options: object) => () =>
    new BaggingClassifier({ estimator: lr(), ...options } as BaggingOptions).fit(X, y);
  const knn = new KNeighborsRegressor();
  const svm = { kind: 'classifier', fit: async () => ({ predict: () => y, score: () => 1, classes: [0, 1, 2] }) };

  it.each<[string, () => Promise<unknown>, string]>([
    ['an unknown option', vote({ vote: 1 }), "unknown option 'vote'"],
    ['no estimators', vote({ estimators: [] }), 'estimators must be a list'],
    ['estimators without names', vote({ estimators: [lr()] }), 'each estimator needs a name'],
    ['a name with underscores', vote({ estimators: [['a__b', lr()]] }), 'each estimator needs a name'],
    ['a name that is an option', vote({ estimators: [['weights', lr()]] }), 'each estimator needs a name'],
    [
      'a name twice',
      vote({
        estimators: [
          ['a', lr()],
          ['a', lr()],
        ],
      }),
      "two estimators are named 'a'",
    ],
    ['something that is no estimator', vote({ estimators: [['a', {}]] }), 'which has no fit'],
    ['a regressor that votes on classes', vote({ estimators: [['a', knn]] }), 'a classifier is needed'],
    ['only dropped ones', vote({ estimators: [['a', 'drop']] }), 'all estimators are dropped'],
    ['another voting', vote({ voting: 'loud' }), "voting must be one of 'hard', 'soft'"],
    ['too few weights', vote({ weights: [1] }), 'has 1 weights for 2 estimators'],
    ['negative weights', vote({ weights: [1, -1] }), 'weights must be ≥ 0'],
    [
      'soft voting without probabilities',
      vote({ voting: 'soft', estimators: [['svm', svm]] }),
      "'svm' has no probabilities",
    ],
    ['another stackMethod', stack({ stackMethod: 'guess' }), 'stackMethod must be one of'],
    [
      'a stackMethod that is missing',
      stack({ stackMethod: 'decisionFunction', estimators: [['svm', svm]] }),
      'has no decisionFunction',
    ],
    ['a final regressor', stack({ finalEstimator: knn }), 'finalEstimator is a regressor'],
    ['passthrough as text', stack({ passthrough: 'yes' }), 'passthrough must be true or false'],
    ['one part', stack({ cv: 1 }), 'nSplits must be an integer ≥ 2'],
    ['no estimator to bag', bag({ estimator: {} }), 'which has no fit'],
    ['nEstimators 0', bag({ nEstimators: 0 }), 'nEstimators must be an integer ≥ 1'],
    ['too many samples', bag({ maxSamples: 1000 }), 'maxSamples must be'],
    ['too many features', bag({ maxFeatures: { count: 9 } }), 'maxFeatures.count must be'],
    ['half a sample more', bag({ maxSamples: 1.5 }), 'maxSamples must be an integer'],
    ['oobScore without bootstrap', bag({ oobScore: true, bootstrap: false }), 'Set bootstrap: true'],
    [
      'weights for what takes none',
      () => new BaggingRegressor({ estimator: knn }).fit(X, values, { sampleWeight: values.map(() => 1) }),
      'does not take sampleWeight',
    ],
    [
      'measurements as classes',
      () =>
        vote({})().then(() =>
          new VotingClassifier({ estimators: members() }).fit(
            X,
            values.map((v) => v + 0.5),
          ),
        ),
      'names no class',
    ],
  ])('%s', async (_, fit, message) => {
    await expect(fit()).rejects.toThrow(ConfigError);
    await expect(fit()).rejects.toThrow(message);
  });
});
