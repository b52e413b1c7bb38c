import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, KompaktError, ShapeError } from '../../src/core/errors';
import { memory } from '../../src/core/tensor';
import { breastCancer, iris } from '../../src/data/index';
import type { Matrix } from '../../src/data/matrix';
import { fromJSON, fromState, type ModelState } from '../../src/estimator/state';
import { checkEstimator } from '../../src/testing/index';
import {
  FittedHistGradientBoostingClassifier,
  FittedHistGradientBoostingRegressor,
  HistGradientBoostingClassifier,
  type HistGradientBoostingClassifierOptions,
  HistGradientBoostingRegressor,
  type HistGradientBoostingRegressorOptions,
} from '../../src/trees/index';
import { settled } from '../setup/collect';
import { histData } from './hist-cases';

describe('the contract of estimators', () => {
  const few = { minSamplesLeaf: 2, maxIter: 20 };
  it.each([
    ['binary and multinomial', () => new HistGradientBoostingClassifier(few)],
    ['early stopping', () => new HistGradientBoostingClassifier({ ...few, earlyStopping: true, seed: 1 })],
    ['squared error', () => new HistGradientBoostingRegressor(few)],
  ])('is kept with %s', async (_, make) => {
    await checkEstimator(make as never, { allowNonFinite: true });
  });

  it('is kept with absolute error, of which a weighted median never lies between two values', async () => {
    const make = () => new HistGradientBoostingRegressor({ ...few, loss: 'absoluteError' });
    await checkEstimator(make, { allowNonFinite: true, sampleWeight: false });
  });
});

describe('state', () => {
  it('makes models that predict the same bits', async () => {
    const { X, y } = histData('missing');
    const classes = y.map((v) => (v > 6 ? 'high' : v > 4 ? 'middle' : 'low'));
    const options = { maxIter: 5, categoricalFeatures: [2] };
    const models = [
      await new HistGradientBoostingClassifier(options).fit(X, classes),
      await new HistGradientBoostingRegressor({ ...options, loss: 'poisson' }).fit(X, y),
    ];
    const types = [FittedHistGradientBoostingClassifier, FittedHistGradientBoostingRegressor];
    for (const model of models) {
      const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
      const again = fromState(state, types) as (typeof models)[number];
      expect(again.predict(X)).toEqual(model.predict(X));
      expect(again.nIter).toBe(5);
    }
  });
});

describe('going on from a model', () => {
  it('gives the model that was fitted at once', async () => {
    const { X, y } = histData('classes');
    for (const earlyStopping of [false, true]) {
      const options = { earlyStopping, seed: 3, nIterNoChange: 30 };
      const begun = await new HistGradientBoostingClassifier({ ...options, maxIter: 3 }).fit(X, y);
      const resumed = await new HistGradientBoostingClassifier({ ...options, maxIter: 7, warmStart: begun }).fit(X, y);
      const whole = await new HistGradientBoostingClassifier({ ...options, maxIter: 7 }).fit(X, y);
      expect(begun.nIter).toBe(3);
      expect(resumed.nIter).toBe(7);
      expect(resumed.decisionFunction(X).dataSync()).toEqual(whole.decisionFunction(X).dataSync());
      expect(resumed.validationScore).toEqual(whole.validationScore);
    }
  });
});

describe('staged predictions', () => {
  it('end with the predictions, and are those of models with fewer iterations', async () => {
    const { X, y } = iris();
    const model = await new HistGradientBoostingClassifier({ maxIter: 4 }).fit(X, y);
    const short = await new HistGradientBoostingClassifier({ maxIter: 2 }).fit(X, y);
    const probabilities = [...model.stagedPredictProba(X)];
    expect(probabilities[1]!.dataSync()).toEqual(short.predictProba(X).dataSync());
    expect(probabilities[3]!.dataSync()).toEqual(model.predictProba(X).dataSync());
    expect([...model.stagedPredict(X)].at(-1)).toEqual(model.predict(X));
    expect([...model.stagedDecisionFunction(X)][1]!.dataSync()).toEqual(short.decisionFunction(X).dataSync());
    const target = Float64Array.from(X.data.filter((_, i) => i % 4 === 0));
    const regressor = await new HistGradientBoostingRegressor({ maxIter: 3, loss: 'gamma' }).fit(X, target);
    expect([...regressor.stagedPredict(X)].at(-1)).toEqual(regressor.predict(X));
  });
});

describe('laws', () => {
  const sample = fc.array(fc.tuple(fc.integer({ min: -20, max: 20 }), fc.integer({ min: 0, max: 5 })), {
    minLength: 12,
    maxLength: 60,
  });

  it('predictions never fall where they must not', async () => {
    await fc.assert(
      fc.asyncProperty(sample, fc.constantFrom(1, -1), async (X, sign) => {
        const y = X.map(([a, b], i) => Math.sin(a) + b + (i % 3));
        const options = { monotonicCst: [sign, 0], minSamplesLeaf: 2, maxIter: 10 };
        const model = await new HistGradientBoostingRegressor(options).fit(X, y);
        const line = Array.from({ length: 50 }, (_, i) => [i - 25, 2]);
        const z = model.predict(line);
        for (let i = 1; i < z.length; i++) expect(sign * (z[i]! - z[i - 1]!)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 25 },
    );
  });

  it('no value but its order matters, and no copy of a feature', async () => {
    await fc.assert(
      fc.asyncProperty(sample, async (X) => {
        const y = X.map(([a, b]) => a * b);
        const estimator = new HistGradientBoostingRegressor({ minSamplesLeaf: 2, maxIter: 8 });
        const plain = (await estimator.fit(X, y)).predict(X);
        const bent = X.map(([a, b]) => [Math.exp(a / 4), b ** 3]);
        expect((await estimator.fit(bent, y)).predict(bent)).toEqual(plain);
        const doubled = X.map(([a, b]) => [a, b, a]);
        expect((await estimator.fit(doubled, y)).predict(doubled)).toEqual(plain);
      }),
      { numRuns: 20 },
    );
  });

  it('a leaf has as many samples as it must', async () => {
    await fc.assert(
      fc.asyncProperty(sample, fc.integer({ min: 1, max: 8 }), async (X, minSamplesLeaf) => {
        const y = X.map(([a, b]) => a - b);
        const model = await new HistGradientBoostingRegressor({ minSamplesLeaf, maxIter: 1 }).fit(X, y);
        const counts = new Map<number, number>();
        for (const z of model.predict(X)) counts.set(z, (counts.get(z) ?? 0) + 1);
        expect(Math.min(...counts.values())).toBeGreaterThanOrEqual(Math.min(minSamplesLeaf, X.length));
      }),
      { numRuns: 20 },
    );
  });
});

describe('missing values and categories', () => {
  it('sends what it has not met where most samples went', async () => {
    const X = Array.from({ length: 60 }, (_, i) => [i % 6]);
    const y = X.map(([c]) => Number(c! % 2 === 0 && c! < 4));
    const options = { categoricalFeatures: [0], minSamplesLeaf: 5, maxIter: 3 };
    const model = await new HistGradientBoostingRegressor(options).fit(X, y);
    const [even, odd, unknown, missing, negative] = model.predict([[0], [1], [77], [Number.NaN], [-1]]);
    expect(even).toBeGreaterThan(odd!);
    expect([unknown, missing, negative]).toEqual([odd, odd, odd]);
  });

  it('splits infinite values from finite ones', async () => {
    const X = Array.from({ length: 60 }, (_, i) => [i % 3 === 0 ? Number.POSITIVE_INFINITY : i % 3]);
    const y = X.map(([v]) => Number(v === Number.POSITIVE_INFINITY));
    const model = await new HistGradientBoostingRegressor({ minSamplesLeaf: 5 }).fit(X, y);
    expect(model.score(X, y)).toBeGreaterThan(0.99);
  });
});

describe('memory of the engine', () => {
  it('is given back, whatever the loss and the shape of trees', async () => {
    const { X, y } = histData('classes');
    await settled();
    const before = memory().tensors;
    await new HistGradientBoostingClassifier({ maxIter: 3, categoricalFeatures: [2], earlyStopping: true }).fit(X, y);
    await new HistGradientBoostingClassifier({ maxIter: 3, maxDepth: 2 }).fit(
      X,
      y.map((v) => Number(v > 1)),
    );
    await new HistGradientBoostingRegressor({ maxIter: 3, loss: 'absoluteError', maxLeafNodes: null }).fit(X, y);
    const wrong = new HistGradientBoostingRegressor({ validationFraction: 1200, earlyStopping: true });
    await expect(wrong.fit(X, y)).rejects.toThrow(ConfigError);
    expect(memory().tensors).toBe(before);
  });
});

describe('many samples', () => {
  it('gives the same model when every sample is there eight times', async () => {
    // Large enough for threads.
    const { X, y } = breastCancer();
    const rows = new Float64Array(X.data.length * 8);
    for (let i = 0; i < 8; i++) rows.set(X.data, i * X.data.length);
    // Targets no two splits of which gain the same.
    const target = Array.from(y, (v, i) => v + Math.sin(i * i));
    const targets = Array.from({ length: y.length * 8 }, (_, i) => target[i % y.length]!);
    const fit = (data: Matrix, values: number[], minSamplesLeaf: number) =>
      new HistGradientBoostingRegressor({ maxIter: 5, minSamplesLeaf, maxLeafNodes: 8 }).fit(data, values);
    const whole = await fit({ data: rows, shape: [targets.length, 30] }, targets, 160);
    const once = await fit(X, target, 20);
    const expected = once.predict(X);
    whole.predict(X).forEach((z, i) => {
      expect(z).toBeCloseTo(expected[i]!, 6);
    });
  });

  it('draws the samples that bins come from beyond 200,000', async () => {
    const n = 200_500;
    const data = Float64Array.from({ length: n }, (_, i) => (i * 7919) % 100_003);
    const y = data.map((v) => (v > 50_000 ? 1 : 0));
    const fit = (seed: number) =>
      new HistGradientBoostingRegressor({ maxIter: 1, maxBins: 20, seed, earlyStopping: false }).fit(
        { data, shape: [n, 1] },
        y,
      );
    const [a, b, c] = await Promise.all([fit(1), fit(1), fit(2)]);
    expect(a.boosted.trees[0]!.threshold).toEqual(b.boosted.trees[0]!.threshold);
    expect(a.boosted.trees[0]!.threshold).not.toEqual(c.boosted.trees[0]!.threshold);
  });
});

describe('what it refuses', () => {
  const { X, y } = iris();
  const two = breastCancer();
  const classifier = (options: object) => () =>
    new HistGradientBoostingClassifier(options as HistGradientBoostingClassifierOptions).fit(X, y);
  const regressor =
    (options: object, target: readonly number[] = Array.from(y)) =>
    () =>
      new HistGradientBoostingRegressor(options as HistGradientBoostingRegressorOptions).fit(X, target);

  it.each<[string, () => Promise<unknown>, string]>([
    ['an unknown option', classifier({ nEstimators: 3 }), "unknown option 'nEstimators'"],
    ['learningRate 0', classifier({ learningRate: 0 }), 'learningRate must be a finite number > 0'],
    ['maxIter 0', classifier({ maxIter: 0 }), 'maxIter must be an integer ≥ 1'],
    ['maxLeafNodes 1', classifier({ maxLeafNodes: 1 }), 'maxLeafNodes must be an integer ≥ 2'],
    ['maxDepth 0', classifier({ maxDepth: 0 }), 'maxDepth must be'],
    ['minSamplesLeaf 0.1', classifier({ minSamplesLeaf: 0.1 }), 'minSamplesLeaf must be'],
    ['a negative l2Regularization', classifier({ l2Regularization: -1 }), 'l2Regularization must be'],
    ['maxBins 256', classifier({ maxBins: 256 }), 'maxBins must be an integer ≥ 2 and ≤ 255'],
    ['a scorer', classifier({ scoring: 'accuracy' }), "scoring must be one of 'loss'"],
    ['earlyStopping as text', classifier({ earlyStopping: 'yes' }), 'earlyStopping must be one of'],
    ['a validationFraction of 1.5', classifier({ earlyStopping: true, validationFraction: 1.5 }), 'testSize must be'],
    ['a feature that is not there', classifier({ categoricalFeatures: [4] }), 'features are numbered from 0 to 3'],
    ['too few flags', classifier({ categoricalFeatures: [true] }), 'has 1 flags for 4 features'],
    ['fractions as categories', classifier({ categoricalFeatures: [0] }), 'Code categories as integers'],
    [
      'monotonic predictions of 3 classes',
      classifier({ monotonicCst: [1, 0, 0, 0] }),
      'monotonicCst is for two classes',
    ],
    ['monotonicCst 2', regressor({ monotonicCst: [2, 0, 0, 0] }), 'must be 1, 0 or -1 for each'],
    ['monotonic categories', regressor({ monotonicCst: [1, 0, 0, 0], categoricalFeatures: [0] }), 'no order'],
    ['an interaction with what is not there', regressor({ interactionCst: [[0, 9]] }), 'names the feature 9'],
    ['interactions as text', regressor({ interactionCst: 'all' }), 'interactionCst must be groups'],
    ['no quantile', regressor({ loss: 'quantile' }), 'needs a quantile in (0, 1)'],
    ['a quantile without its loss', regressor({ quantile: 0.5 }), 'quantile has no effect'],
    [
      'negative counts',
      regressor(
        { loss: 'poisson' },
        Array.from(y, (v) => v - 1),
      ),
      'is for targets ≥ 0',
    ],
    ['an amount of 0', regressor({ loss: 'gamma' }), 'is for targets > 0'],
    ['warmStart: true', regressor({ warmStart: true }), 'warmStart must be a model'],
    ['another loss', regressor({ loss: 'squared_error' }), "loss must be one of 'squaredError'"],
  ])('%s', async (_, fit, message) => {
    await expect(fit()).rejects.toThrow(ConfigError);
    await expect(fit()).rejects.toThrow(message);
  });

  it('a model of other data, or one that is already longer', async () => {
    const model = await new HistGradientBoostingClassifier({ maxIter: 3 }).fit(X, y);
    const on = (maxIter: number) => new HistGradientBoostingClassifier({ maxIter, warmStart: model });
    await expect(on(5).fit(two.X, two.y)).rejects.toThrow('Give a model that was fitted to the same data.');
    await expect(on(2).fit(X, y)).rejects.toThrow('maxIter 2 is less than the 3 iterations');
  });

  it('labels that are measurements, and other features than in fit', async () => {
    await expect(new HistGradientBoostingClassifier().fit([[1], [2]], [0.5, 1.5])).rejects.toThrow(KompaktError);
    const model = await new HistGradientBoostingClassifier({ maxIter: 1 }).fit(X, y);
    expect(() => model.predict([[1, 2]])).toThrow(ShapeError);
    expect(() => [...model.stagedPredict([[1, 2]])]).toThrow(ShapeError);
  });
});
