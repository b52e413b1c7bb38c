import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AbortError, ConfigError } from '../../src/core/errors';
import { breastCancer, type Dataset, iris, wine } from '../../src/data/index';
import { fromJSON, fromState, type ModelState } from '../../src/estimator/state';
import { LogisticRegression } from '../../src/linear/index';
import * as ms from '../../src/model-selection/index';
import { FittedKNeighborsClassifier, KNeighborsClassifier } from '../../src/neighbors/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { checkEstimator } from '../../src/testing/index';
import { standardise } from '../linear/cases';
import { MeanRegressor, Scale } from './recorders';

interface Found {
  readonly results: Record<string, (number | null)[]> & { params: Record<string, unknown>[] };
  readonly bestIndex: number;
  readonly bestScore: number;
  readonly nResources?: number[];
  readonly nCandidates?: number[];
  readonly remaining?: number;
  readonly min?: number;
  readonly max?: number;
}
const golden = JSON.parse(readFileSync(new URL('../fixtures/model-selection/search.json', import.meta.url), 'utf8'));

const rowsOf = ({ X, y }: Dataset): number[][] =>
  Array.from(y, (_, i) => Array.from(X.data.subarray(i * X.shape[1], (i + 1) * X.shape[1])));
const sets = {
  wine: { raw: rowsOf(wine()), X: standardise(rowsOf(wine())), y: wine().y },
  cancer: { raw: rowsOf(breastCancer()), X: standardise(rowsOf(breastCancer())), y: breastCancer().y },
};
const logistic = (): LogisticRegression => new LogisticRegression({ tol: 1e-10, maxIter: 10_000 });
const pipe = () => ms.makePipeline(new Scale(), logistic());
const knn = (): KNeighborsClassifier => new KNeighborsClassifier();

function close(got: unknown, wanted: unknown, tolerance = 1e-9): void {
  const [a, b] = [[got].flat(3) as number[], [wanted].flat(3) as (number | null)[]];
  expect(a.length).toBe(b.length);
  a.forEach((v, i) => {
    if (b[i] === null) expect(v).toBeNaN();
    else expect(Math.abs(v - b[i]!)).toBeLessThan(tolerance);
  });
}

/** Python's names of parameters in ours. */
const camel = (name: string): string => name.replace(/([a-z])_([a-z])/g, (_, a, b) => a + b.toUpperCase());
const renamed = (name: string): string => camel(name).replace('logisticregression', 'logisticRegression');

function expectFound(fitted: ms.SearchModel<LogisticRegression, Int32Array>, wanted: Found, tolerance = 1e-9): void {
  const params = wanted.results.params.map((p) =>
    Object.fromEntries(Object.entries(p).map(([k, v]) => [renamed(k), v])),
  );
  expect(fitted.cvResults.params.length).toBe(params.length);
  fitted.cvResults.params.forEach((p, i) => {
    expect(Object.keys(p).sort()).toEqual(Object.keys(params[i]!).sort());
    for (const [k, v] of Object.entries(p)) {
      if (typeof v === 'number') close(v, params[i]![k], 1e-9 * Math.max(1, v));
      else expect(v).toBe(params[i]![k]);
    }
  });
  for (const [name, values] of Object.entries(wanted.results)) {
    if (name === 'params') continue;
    close((fitted.cvResults as Record<string, unknown>)[name], values, tolerance);
  }
  expect(fitted.bestIndex).toBe(wanted.bestIndex);
  expect(fitted.bestParams).toBe(fitted.cvResults.params[wanted.bestIndex]);
  close(fitted.bestScore, wanted.bestScore, tolerance);
  if (wanted.nResources === undefined) return;
  const { halving } = fitted;
  expect([halving!.nResources, halving!.nCandidates]).toEqual([wanted.nResources, wanted.nCandidates]);
  expect([halving!.nRemainingCandidates, halving!.minResources, halving!.maxResources]).toEqual([
    wanted.remaining,
    wanted.min,
    wanted.max,
  ]);
}

describe('cross-validation is scikit-learn’s', () => {
  it('with several figures, of training samples too', async () => {
    const { raw, y } = sets.wine;
    const got = await ms.crossValidate(pipe(), raw, y, {
      cv: new ms.StratifiedKFold({ nSplits: 3, shuffle: true, seed: numpyRandom(4) }),
      scoring: ['accuracy', 'f1Macro', 'negLogLoss', 'rocAucOvr'],
      returnTrainScore: true,
      returnEstimator: true,
    });
    for (const [name, values] of Object.entries(golden.crossValidate)) close((got as never)[name], values, 1e-6);
    expect(got.estimator!.map((model) => model.classes?.length)).toEqual([3, 3, 3]);
    expect([...got.fitTime, ...got.scoreTime].every((t) => t >= 0)).toBe(true);
  });
  it('in predictions, probabilities and decision values', async () => {
    const { raw, y } = sets.wine;
    const proba = await ms.crossValPredict(pipe(), raw, y, { cv: 3, method: 'predictProba' });
    expect(proba.shape).toEqual([178, 3]);
    close(
      (proba.toArraySync() as number[][]).filter((_, i) => i % 7 === 0),
      golden.proba,
      1e-6,
    );
    const z = await ms.crossValPredict(pipe(), sets.cancer.raw, sets.cancer.y, { cv: 4, method: 'decisionFunction' });
    close(
      (z.toArraySync() as number[]).filter((_, i) => i % 23 === 0),
      golden.decision,
      1e-5,
    );
    const labels = await ms.crossValPredict(
      pipe(),
      raw,
      Array.from(y, (c) => `class ${c}`),
    );
    expect(labels).toEqual(golden.predict.map((c: number) => `class ${c}`));
  });
  it('in curves', async () => {
    const { X, y } = sets.wine;
    const learning = await ms.learningCurve(knn(), X, y, {
      cv: 4,
      trainSizes: [0.1, 0.5, 1],
      shuffle: true,
      seed: numpyRandom(5),
    });
    expect(learning.trainSizes).toEqual(golden.learningCurve.sizes);
    close([learning.trainScores, learning.testScores], [golden.learningCurve.train, golden.learningCurve.test]);
    const validation = await ms.validationCurve(knn(), X, y, 'nNeighbors', [1, 5, 20], { cv: 4 });
    close([validation.trainScores, validation.testScores], [golden.validationCurve.train, golden.validationCurve.test]);
  });
  it('in permutations of labels and of features', async () => {
    const { X, y } = sets.wine;
    const test = await ms.permutationTestScore(knn(), X, y, { cv: 3, nPermutations: 12, seed: numpyRandom(3) });
    close([test.score, test.permutationScores, test.pValue], Object.values(golden.permutationTest));
    const groups = Array.from(y, (_, i) => Math.floor(i / 10));
    const within = await ms.permutationTestScore(knn(), X, y, {
      cv: 3,
      nPermutations: 5,
      seed: numpyRandom(3),
      groups,
    });
    close([within.score, within.permutationScores, within.pValue], Object.values(golden.permutationTestGroups));
    const model = await knn().fit(X, y);
    const whole = await ms.permutationImportance(model, X, y, { nRepeats: 4, seed: numpyRandom(6) });
    close(
      [whole.importances, whole.importancesMean, whole.importancesStd],
      Object.values(golden.permutationImportance),
    );
    const half = await ms.permutationImportance(model, X, y, {
      nRepeats: 3,
      seed: numpyRandom(6),
      maxSamples: 0.5,
      scoring: 'negLogLoss',
    });
    close(
      [half.importances, half.importancesMean, half.importancesStd],
      Object.values(golden.permutationImportanceHalf),
    );
  });
});

describe('searches are scikit-learn’s', () => {
  const { X, y, raw } = sets.wine;
  it('over a grid', async () => {
    const grid = { nNeighbors: [1, 3, 7, 15], weights: ['uniform', 'distance'] } as const;
    const fitted = await new ms.GridSearchCV(knn(), grid, { cv: 4, returnTrainScore: true }).fit(X, y);
    expectFound(fitted as never, golden.grid);
    expect(fitted.predict(X)).toEqual((await new KNeighborsClassifier(fitted.bestParams!).fit(X, y)).predict(X));
    expect(fitted.cvResults.paramNNeighbors).toEqual([1, 1, 3, 3, 7, 7, 15, 15]);
  });
  it('over a grid of a pipeline, by two figures', async () => {
    const search = new ms.GridSearchCV(
      pipe(),
      { logisticRegression__C: [0.01, 0.1, 1, 10] },
      { cv: 3, scoring: { acc: 'accuracy', ll: 'negLogLoss' }, refit: 'll' },
    );
    const fitted = await search.fit(raw, y);
    expectFound(fitted as never, golden.gridMany, 1e-6);
    expect(fitted.score(raw, y)).toBeLessThan(0);
    expect(fitted.classes).toEqual([0, 1, 2]);
    expect(fitted.predictProba(raw).shape).toEqual([178, 3]);
  });
  it('over random combinations, drawn from lists and distributions', async () => {
    const lists = {
      nNeighbors: Array.from({ length: 29 }, (_, i) => i + 1),
      weights: ['uniform', 'distance'],
    } as const;
    const seed = numpyRandom(8);
    expectFound(
      (await new ms.RandomizedSearchCV(knn(), lists, { nIter: 6, cv: 3, seed }).fit(X, y)) as never,
      golden.random,
    );
    const drawn = { logisticRegression__C: ms.logUniform(1e-3, 1e2), logisticRegression__fitIntercept: [true, false] };
    const fitted = await new ms.RandomizedSearchCV(pipe(), drawn, { nIter: 4, cv: 3, seed }).fit(raw, y);
    expectFound(fitted as never, golden.randomDraws, 1e-6);
  });
  it('by halving', async () => {
    const { X: A, y: b } = sets.cancer;
    const wide = { nNeighbors: [1, 2, 3, 5, 7, 9, 11, 15, 21], weights: ['uniform', 'distance'] } as const;
    const seed = numpyRandom(2);
    const plain = new ms.HalvingGridSearchCV(knn(), wide, { cv: 3, seed, factor: 2, minResources: 60 });
    expectFound((await plain.fit(A, b)) as never, golden.halving);
    const limits = { maxResources: 300, minResources: 120, aggressiveElimination: true } as const;
    const aggressive = new ms.HalvingGridSearchCV(knn(), wide, { cv: 3, seed, ...limits });
    expectFound((await aggressive.fit(A, b)) as never, golden.halvingAggressive);
    const byNeighbors = new ms.HalvingGridSearchCV(
      knn(),
      { weights: ['uniform', 'distance'], p: [1, 2] },
      { resource: 'nNeighbors', maxResources: 12, cv: 3, factor: 2 },
    );
    expectFound((await byNeighbors.fit(A, b)) as never, golden.halvingResource);
    const random = new ms.HalvingRandomSearchCV(
      knn(),
      { nNeighbors: Array.from({ length: 19 }, (_, i) => i + 1), weights: ['uniform', 'distance'] },
      { cv: 3, seed: numpyRandom(4), nCandidates: 9, minResources: 50 },
    );
    expectFound((await random.fit(A, b)) as never, golden.halvingRandom);
  });
  it('in what samplers draw', () => {
    for (const { seed, size, n, drawn } of golden.draws) {
      const a = Array.from({ length: size }, (_, i) => i);
      const sampler = new ms.ParameterSampler({ a }, { nIter: n, seed: numpyRandom(seed) });
      expect([...sampler].map((p) => p.a).slice(0, 40)).toEqual(drawn);
      expect([...sampler].length).toBe(sampler.length);
    }
    const mixed = [
      { a: ms.uniform(2, 5), b: ['x', 'y', 'z'] },
      { c: ms.randint(5, 50), d: ms.logUniform(0.01, 10) },
    ];
    const got = [...new ms.ParameterSampler(mixed as never, { nIter: 8, seed: numpyRandom(11) })];
    got.forEach((p, i) => {
      expect(Object.keys(p)).toEqual(Object.keys(golden.mixed[i]));
      for (const [k, v] of Object.entries(p))
        if (typeof v === 'number') close(v, golden.mixed[i][k]);
        else expect(v).toBe(golden.mixed[i][k]);
    });
  });
});

describe('searches', () => {
  const X = Array.from({ length: 12 }, (_, i) => [i, i % 4]);
  const y = X.map(([a]) => a! % 3);

  it('keep the contract of estimators, and their state', async () => {
    const make = () => new ms.GridSearchCV(knn(), { nNeighbors: [1, 3] }, { cv: 2 });
    await checkEstimator(make, { sampleWeight: false, classes: [FittedKNeighborsClassifier] });
    const fitted = await make().fit(X, y);
    const state = fromJSON(JSON.parse(JSON.stringify(fitted))) as ModelState;
    const again = fromState(state, [ms.FittedSearch, FittedKNeighborsClassifier]) as ms.FittedSearch;
    expect(again.predict(X)).toEqual(fitted.predict(X));
    expect(again.cvResults).toEqual(fitted.cvResults);
    expect([again.bestParams, again.bestScore, again.name]).toEqual([
      fitted.bestParams,
      fitted.bestScore,
      'GridSearchCV',
    ]);
  });
  it('change parameters of their estimator, their own, and grids', async () => {
    const search = new ms.GridSearchCV(pipe(), { logisticRegression__C: [1] }, { cv: 2 });
    const changed = search.withParams({
      estimator__logisticRegression__maxIter: 3,
      cv: 3,
      paramGrid: { scale: [null] },
    });
    expect(changed.estimator.steps[1][1].options.maxIter).toBe(3);
    expect([changed.options, changed.paramGrid, search.options]).toEqual([{ cv: 3 }, { scale: [null] }, { cv: 2 }]);
    expect(() => search.withParams({ grid__C: 1 })).toThrow(ConfigError);
    const outer = new ms.GridSearchCV(
      search,
      { estimator__logisticRegression__fitIntercept: [true, false] },
      { cv: 2 },
    );
    expect((await outer.fit(X, y)).cvResults.params.length).toBe(2);
  });
  it('rank failures last, tell of them, and throw when nothing works or asked to', async () => {
    const search = new ms.GridSearchCV(new MeanRegressor(), { failOn: [99, 0], shift: [0, 3] }, { cv: 3 });
    const fitted = await search.fit(X, y);
    expect(fitted.cvResults.rankTestScore).toEqual([1, 2, 3, 3]);
    expect(fitted.cvResults.meanTestScore!.map(Number.isNaN)).toEqual([false, false, true, true]);
    expect(fitted.warnings.map((w) => w.name)).toEqual(['FitFailedWarning']);
    expect(fitted.warnings[0]!.message).toMatch(/of 12 fits 4 failed in fitting.*told to fail/);
    await expect(search.withParams({ errorScore: 'raise' }).fit(X, y)).rejects.toThrow(/told to fail/);
    const zero = await search.withParams({ errorScore: -100 }).fit(X, y);
    expect(zero.cvResults.split1TestScore).toContain(-100);
    const hopeless = new ms.GridSearchCV(new MeanRegressor(), { noSuch: [1] } as never, {
      cv: 2,
      scoring: () => Number('x'),
    });
    expect((await hopeless.fit(X, y)).bestIndex).toBe(0);
    await expect(
      new ms.GridSearchCV(new LogisticRegression(), { c: [1, 2] } as never, { cv: 2 }).fit(X, y),
    ).rejects.toThrow(/unknown option 'c'/);
  });
  it('choose by a function, do not refit, and take functions that give several figures', async () => {
    const grid = { shift: [0, 1, 2] };
    const last = new ms.GridSearchCV(new MeanRegressor(), grid, { cv: 2, refit: (r) => r.params.length - 1 });
    const fitted = await last.fit(X, y);
    expect([fitted.bestIndex, fitted.bestScore, fitted.bestParams]).toEqual([2, Number.NaN, { shift: 2 }]);
    const none = await last.withParams({ refit: false }).fit(X, y);
    expect([none.bestIndex, none.bestEstimator]).toEqual([0, undefined]);
    expect(() => none.predict(X)).toThrow(/refit: false/);
    const two = (m: { score: (a: never, b: never) => number }, a: unknown, b: unknown) => ({
      r2: m.score(a as never, b as never),
      one: 1,
    });
    const many = await last.withParams({ refit: 'r2', scoring: two }).fit(X, y);
    expect([many.bestIndex, many.cvResults.meanTestOne, many.cvResults.rankTestOne]).toEqual([0, [1, 1, 1], [1, 1, 1]]);
    await expect(last.withParams({ refit: true, scoring: two }).fit(X, y)).rejects.toThrow(
      /refit must be one of r2, one/,
    );
    await expect(last.withParams({ refit: () => 7 }).fit(X, y)).rejects.toThrow(/refit gave 7/);
  });
  it('tell how far they are, and stop when told to', async () => {
    const seen: string[] = [];
    const options = { cv: 2, onProgress: ({ done, total }: ms.Progress) => seen.push(`${done}/${total}`) };
    await new ms.GridSearchCV(new MeanRegressor(), { shift: [0, 1] }, options).fit(X, y);
    expect(seen).toEqual(['1/4', '2/4', '3/4', '4/4']);
    const controller = new AbortController();
    const stopping = { ...options, signal: controller.signal, onProgress: () => controller.abort() };
    const search = new ms.GridSearchCV(new MeanRegressor(), { shift: [0, 1] }, stopping);
    await expect(search.fit(X, y)).rejects.toThrow(AbortError);
    await expect(ms.crossValScore(new MeanRegressor(), X, y, { signal: AbortSignal.abort() })).rejects.toThrow(
      AbortError,
    );
    await expect(
      ms.permutationImportance(await knn().fit(X, y), X, y, { signal: AbortSignal.abort() }),
    ).rejects.toThrow(AbortError);
  });
  it('split and weigh samples as told', async () => {
    const groups = X.map((_, i) => i % 3);
    const search = new ms.GridSearchCV(new MeanRegressor(), { shift: [0] }, { cv: new ms.LeaveOneGroupOut() });
    expect((await search.fit(X, y, { groups })).nSplits).toBe(3);
    const sampleWeight = X.map((_, i) => i + 1);
    const weighted = await search.fit(X, y, { groups, sampleWeight });
    expect(weighted.predict(X)).toEqual((await new MeanRegressor().fit(X, y, { sampleWeight })).predict(X));
  });
});

describe('bad input is refused', () => {
  const X = Array.from({ length: 8 }, (_, i) => [i, i % 3]);
  const y = X.map((_, i) => i % 2);
  const grid =
    (paramGrid: unknown, options: object = {}) =>
    () =>
      new ms.GridSearchCV(knn(), paramGrid as never, { cv: 2, ...options }).fit(X, y);
  const halve =
    (options: object, paramGrid: object = { nNeighbors: [1] }) =>
    () =>
      new ms.HalvingGridSearchCV(knn(), paramGrid as never, { cv: 2, ...options } as never).fit(X, y);
  const rows: [string, () => unknown, RegExp][] = [
    ['a parameter without a list', grid({ nNeighbors: 3 }), /'nNeighbors' must have a list/],
    ['text for a list', grid({ weights: 'uniform' }), /'weights' must have a list/],
    ['no values', grid({ nNeighbors: [] }), /no values to try/],
    ['no grids', grid([]), /list of grids is empty/],
    ['no grid', grid(null), /expected values by parameter, such as/],
    ['unknown options', grid({ nNeighbors: [1] }, { n_jobs: 2 }), /unknown option 'n_jobs'/],
    ['an unknown figure', grid({ nNeighbors: [1] }, { scoring: 'acc' }), /unknown figure 'acc'/],
    ['no figure', grid({ nNeighbors: [1] }, { scoring: [] }), /scoring is an empty list/],
    ['a figure twice', grid({ nNeighbors: [1] }, { scoring: ['accuracy', 'accuracy'] }), /names a figure twice/],
    ['no choice among figures', grid({ nNeighbors: [1] }, { scoring: ['accuracy', 'f1'] }), /refit must be one of/],
    ['an error score of text', grid({ nNeighbors: [1] }, { errorScore: 'nan' }), /errorScore must be/],
    ['a signal that is none', grid({ nNeighbors: [1] }, { signal: {} }), /signal must be an AbortSignal/],
    ['no parts', grid({ nNeighbors: [1] }, { cv: [] }), /cv has no parts/],
    ['parts outside', grid({ nNeighbors: [1] }, { cv: [{ train: [0, 1], test: [8] }] }), /position 8, and X has 8/],
    ['an empty part', grid({ nNeighbors: [1] }, { cv: [{ train: [0], test: [] }] }), /without training or test/],
    ['more parts than samples', grid({ nNeighbors: [1] }, { cv: 9 }), /can't be dealt into 9/],
    ['a factor of 1', halve({ factor: 1 }), /factor must be above 1/],
    ['too few samples', halve({ minResources: 9 }), /minResources 9 is more than maxResources 8/],
    ['an unlimited parameter', halve({ resource: 'leafSize' }), /maxResources must be a number/],
    ['a resource to try', halve({ resource: 'nNeighbors', maxResources: 3 }), /can't be the resource/],
    ['several figures in halving', halve({ scoring: ['accuracy', 'f1'], refit: 'f1' }), /refit must be true or false/],
    ['limits of text', halve({ maxResources: 'all' }), /maxResources must be an integer/],
    ['a distribution turned round', () => ms.uniform(2, 1), /min < max/],
    ['a log-uniform from 0', () => ms.logUniform(0, 1), /min must be above 0/],
    ['fractions for integers', () => ms.randint(0.5, 2), /must be integers/],
    ['no draws', () => new ms.ParameterSampler({ a: [1] }, { nIter: 0 }), /nIter must be an integer/],
    ['no distribution', () => new ms.ParameterSampler({ a: {} as never }, { nIter: 1 }), /'a' must have a list/],
    ['a combination there is not', () => new ms.ParameterGrid({ a: [1] }).at(1), /no number 1/],
    ['a metric that is none', () => ms.makeScorer('f1' as never), /expected a function/],
    [
      'two kinds of response',
      () => ms.makeScorer(() => 1, { needsProba: true, needsThreshold: true }),
      /exclude each other/,
    ],
    [
      'sizes above 1',
      () => ms.learningCurve(knn(), X, y, { cv: 2, trainSizes: [0.5, 2] }),
      /trainSizes must be shares/,
    ],
    ['no parameter', () => ms.validationCurve(knn(), X, y, 3 as never, [1]), /paramName must be/],
    ['no permutations', () => ms.permutationTestScore(knn(), X, y, { nPermutations: 0 }), /nPermutations must be/],
    ['an estimator for a model', () => ms.permutationImportance(knn() as never, X, y), /must be a fitted model/],
    [
      'parts that overlap',
      () => ms.crossValPredict(knn(), X, y, { cv: new ms.ShuffleSplit({ nSplits: 2, seed: 1 }) }),
      /test parts. Each must be in exactly one/,
    ],
    ['an unknown method', () => ms.crossValPredict(knn(), X, y, { method: 'proba' as never }), /method must be one of/],
    [
      'a method it lacks',
      () => ms.crossValPredict(new MeanRegressor(), X, y, { method: 'predictProba' }),
      /has only predict/,
    ],
    ['no estimator', () => ms.crossValidate({} as never, X, y), /must be an estimator/],
    ['fewer labels', () => ms.crossValidate(knn(), X, [0, 1]), /8 samples and y 2/],
    [
      'figures that are no numbers',
      () => ms.crossValScore(new MeanRegressor(), X, y, { cv: 2, scoring: () => 'x' as never }),
      /not a number/,
    ],
    [
      'several figures for one',
      () => ms.crossValScore(new MeanRegressor(), X, y, { cv: 2, scoring: (() => ({ a: 1, b: 2 })) as never }),
      /gives the figures a, b/,
    ],
  ];
  for (const [name, attempt, message] of rows) {
    it(name, async () => {
      const outcome = (async () => attempt())();
      await expect(outcome).rejects.toThrow(message);
      await expect(outcome).rejects.toMatchObject({ name: expect.stringMatching(/ConfigError|ShapeError/) });
    });
  }
  it('iris stays as it is', () => expect(iris().y.length).toBe(150));
});
