import { describe, expect, expectTypeOf, it } from 'vitest';
import { ConfigError, ShapeError } from '../../src/core/errors';
import type { Estimator, Labels } from '../../src/data/index';
import { iris } from '../../src/data/index';
import { withParams } from '../../src/estimator/params';
import { fromJSON, fromState, type ModelState } from '../../src/estimator/state';
import { RandomUnderSampler, SMOTE } from '../../src/imbalanced/index';
import { LogisticRegression } from '../../src/linear/index';
import { crossValidate, FittedPipeline, KFold, makePipeline, Pipeline } from '../../src/model-selection/index';
import {
  FittedKNeighborsClassifier,
  FittedNearestCentroid,
  KNeighborsClassifier,
  NearestCentroid,
} from '../../src/neighbors/index';
import { tensor } from '../../src/ops/create';
import { checkEstimator, checkTransform } from '../../src/testing/index';
import {
  FittedMean,
  FittedScale,
  MeanRegressor,
  newLog,
  RecordingResampler,
  RecordingTransformer,
  Scale,
} from './recorders';

const X = Array.from({ length: 12 }, (_, i) => [i, (i * 7) % 5, i % 3]);
const y = X.map(([a], i) => 2 * a! + (i % 2));
const labels = X.map((_, i) => (i % 3 === 0 ? 'rare' : 'usual'));

describe('the contract of estimators', () => {
  it('is kept by a pipeline that classifies, with and without a resampler', async () => {
    const classes = [FittedScale, FittedNearestCentroid];
    await checkEstimator(() => makePipeline(new Scale(), new NearestCentroid()), { classes, sampleWeight: false });
    await checkEstimator(() => makePipeline(new SMOTE({ seed: 1, kNeighbors: 2 }), new NearestCentroid()), {
      classes,
      sampleWeight: false,
    });
  });
  it('is kept by nested pipelines and those that predict values', async () => {
    await checkEstimator(
      () => makePipeline(makePipeline(new Scale(), 'passthrough'), new KNeighborsClassifier()) as unknown as Estimator,
      { classes: [FittedPipeline, FittedScale, FittedKNeighborsClassifier], sampleWeight: false },
    );
    await checkEstimator(() => makePipeline(new Scale(), new MeanRegressor()), {
      minScore: -1e-12,
      classes: [FittedScale, FittedMean],
    });
  });
  it('of transformers, by a pipeline of transformers', async () => {
    await checkTransform(
      () =>
        new Pipeline([
          ['a', new Scale()],
          ['b', new Scale({ withStd: false })],
        ]) as never,
    );
    await checkTransform(() => makePipeline(new Scale(), null) as never);
  });
});

describe('a pipeline', () => {
  it('lets nothing of the test samples be seen, and resamples in fit only', async () => {
    const log = newLog();
    const pipeline = new Pipeline([
      ['watch', new RecordingTransformer({ log })],
      ['double', new RecordingResampler({ log })],
      ['again', new RecordingTransformer({ log })],
      ['mean', new MeanRegressor()],
    ]);
    const { indices } = await crossValidate(pipeline, X, y, {
      cv: new KFold({ nSplits: 4, shuffle: true, seed: 3 }),
      returnIndices: true,
      scoring: ['r2', 'negMeanAbsoluteError'],
      returnTrainScore: true,
    });
    expect(indices!.length).toBe(4);
    indices!.forEach(({ train, test }, part) => {
      const seen = [Array.from(train), [...train, train.at(-1)!]];
      expect(log.fitted.slice(2 * part, 2 * part + 2)).toEqual(seen);
      expect(log.resampled[part]).toEqual(seen[0]);
      for (const i of test) expect(log.fitted.slice(2 * part, 2 * part + 2).flat()).not.toContain(i);
    });
    // Once per part; predicting and scoring, of test and training samples, leave the resampler alone.
    expect(log.resampled.length).toBe(4);
    const model = await pipeline.fit(X, y);
    const before = log.resampled.length;
    expect(model.predict(X).length).toBe(12);
    model.score(X, y);
    expect(log.resampled.length).toBe(before);
  });

  it('fits its last step on what the others make of the samples', async () => {
    const plain = await new LogisticRegression().fit((await new Scale().fit(X)).transform(X) as number[][], labels);
    const model = await new Pipeline([
      ['scale', new Scale()],
      ['clf', new LogisticRegression()],
    ]).fit(X, labels);
    const Z = (model.namedSteps.scale as FittedScale).transform(X) as number[][];
    expect(model.predict(X)).toEqual(plain.predict(Z));
    expect(model.predictProba(X).toArraySync()).toEqual(plain.predictProba(Z).toArraySync());
    expect(model.decisionFunction(X).toArraySync()).toEqual(plain.decisionFunction(Z).toArraySync());
    expect(model.score(X, labels)).toBe(plain.score(Z, labels));
    expect(model.classes).toEqual(['rare', 'usual']);
    expect(model.steps.map(([name]) => name)).toEqual(['scale', 'clf']);
    expect('transform' in model).toBe(false);
    expectTypeOf(model.predict(X)).toEqualTypeOf<string[]>();
    // @ts-expect-error a regressor has no probabilities
    expect((await makePipeline(new MeanRegressor()).fit(X, y)).predictProba).toBeUndefined();
  });

  it('transforms there and back where its last step does', async () => {
    const model = await new Pipeline([
      ['a', new Scale()],
      ['off', 'passthrough'],
      ['b', new Scale()],
    ]).fit(X);
    const back = model.inverseTransform(model.transform(X)) as number[][];
    back.flat().forEach((v, i) => {
      expect(v).toBeCloseTo(X.flat()[i]!, 12);
    });
    expect('predict' in model).toBe(false);
  });

  it('takes weights for its last step, and lets a resampler that picks samples pick theirs', async () => {
    const sampleWeight = X.map((_, i) => i + 1);
    const plain = await new MeanRegressor().fit(X, y, { sampleWeight });
    const model = await new Pipeline([
      ['scale', new Scale()],
      ['mean', new MeanRegressor()],
    ]).fit(X, y, {
      sampleWeight,
    });
    expect(model.predict(X)).toEqual(plain.predict(X));
    const doubled = await new Pipeline([
      ['r', new RecordingResampler()],
      ['mean', new MeanRegressor()],
    ]).fit(X, y, {
      sampleWeight,
    });
    const same = await new MeanRegressor().fit([...X, X[11]!], [...y, y[11]!], { sampleWeight: [...sampleWeight, 12] });
    expect(doubled.predict(X)).toEqual(same.predict(X));
    await expect(
      new Pipeline([
        ['smote', new SMOTE({ kNeighbors: 1 })],
        ['clf', new LogisticRegression()],
      ]).fit(X, labels, {
        sampleWeight,
      }),
    ).rejects.toThrow(/'smote' makes new samples/);
  });

  it('takes every form of labels, and of data that only its first step understands', async () => {
    const lengths = {
      fit: async () => ({ transform: (texts: unknown) => (texts as string[]).map((t) => [t.length]) as number[][] }),
    };
    const model = await new Pipeline([
      ['length', lengths],
      ['clf', new LogisticRegression()],
    ]).fit(['a', 'bb', 'cccccc', 'ddddddd'], [false, false, true, true]);
    expect(model.predict(['e', 'ffffffff'])).toEqual([false, true]);
    const y32 = tensor([0, 0, 1, 1], { dtype: 'int32' });
    const numeric = await makePipeline(new Scale(), new LogisticRegression()).fit(tensor([[1], [2], [8], [9]]), y32);
    expect(numeric.predict(tensor([[0], [10]])).toArraySync()).toEqual([0, 1]);
  });

  it('changes parameters by nested names, itself unchanged', async () => {
    const pipeline = new Pipeline([
      ['scale', new Scale()],
      ['under', new RandomUnderSampler({ seed: 1 })],
      ['clf', new LogisticRegression({ C: 2 })],
    ]);
    const changed = pipeline.withParams({ clf__C: 0.1, clf__maxIter: 7, scale__withStd: false, under: 'passthrough' });
    expect(changed.namedSteps.clf.options).toEqual({ C: 0.1, maxIter: 7 });
    expect(changed.namedSteps.scale.options).toEqual({ withStd: false });
    expect(changed.namedSteps.under).toBe('passthrough');
    expect(pipeline.namedSteps.clf.options).toEqual({ C: 2 });
    expect(withParams(pipeline, { clf: new MeanRegressor() }).steps[2][1]).toBeInstanceOf(MeanRegressor);
    // A step and its parameters together can't both be meant; the compiler tells what is misspelt.
    // @ts-expect-error there is no option c
    expect(() => pipeline.withParams({ clf__c: 1 })).not.toThrow();
    // @ts-expect-error there is no step svm
    expect(() => pipeline.withParams({ svm__C: 1 })).toThrow(/no step 'svm'.*scale, under, clf/);
    expect(() => pipeline.withParams({ under: 'passthrough' }).withParams({ under__seed: 1 })).toThrow(ConfigError);
    const nested = new Pipeline([['inner', pipeline]]);
    expect(nested.withParams({ inner__clf__C: 5 }).steps[0][1].namedSteps.clf.options.C).toBe(5);
  });

  it('names steps by their classes', () => {
    const names = makePipeline(new Scale(), new SMOTE(), new Scale(), new LogisticRegression(), null).steps;
    expect(names.map(([name]) => name)).toEqual(['scale-1', 'smote', 'scale-2', 'logisticRegression', 'passthrough']);
    const pipeline = makePipeline(new Scale(), new MeanRegressor());
    expect(pipeline.withParams({ meanRegressor__shift: 2 }).steps[1][1].options.shift).toBe(2);
  });

  it('is kept as JSON', async () => {
    const pipeline = new Pipeline([
      ['scale', new Scale()],
      ['r', new RecordingResampler()],
      ['inner', makePipeline(new Scale(), new MeanRegressor())],
    ]);
    const model = await pipeline.fit(X, y);
    const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
    const again = fromState(state, [FittedPipeline, FittedScale, FittedMean]) as FittedPipeline;
    expect(again.predict!(X)).toEqual(model.predict(X));
    expect(again.steps.map(([name]) => name)).toEqual(['scale', 'r', 'inner']);
    const watched = await makePipeline(new RecordingTransformer(), new MeanRegressor()).fit(X, y);
    expect(() => watched.toState()).toThrow(/'recordingTransformer' has no toState/);
  });

  it('scores iris as its steps by hand do', async () => {
    const { X: A, y: b } = iris();
    const model = await makePipeline(new Scale(), new LogisticRegression({ C: 10 })).fit(A, b as Labels);
    expect(model.score(A, b)).toBeGreaterThan(0.97);
    expect(model.warnings).toEqual([]);
  });

  it('refuses what can’t be put together', async () => {
    const refuse = async (steps: unknown, error: RegExp): Promise<void> => {
      const attempt = new Pipeline(steps as never).fit(X, y as never);
      await expect(attempt).rejects.toThrow(ConfigError);
      await expect(attempt).rejects.toThrow(error);
    };
    const model = new MeanRegressor();
    await refuse([], /steps must be a list/);
    await refuse(undefined, /steps must be a list/);
    await refuse(
      [
        ['a', model],
        ['a', model],
      ],
      /two steps are named 'a'/,
    );
    await refuse([['a__b', model]], /without '__'/);
    await refuse([model], /\[name, step\]/);
    await refuse([['a', 3]], /the step 'a' is the number 3/);
    await refuse(
      [
        ['a', model],
        ['b', model],
      ],
      /'a' can't transform/,
    );
    await refuse([['a', new RecordingResampler()]], /last step 'a' resamples/);
    await expect(
      new Pipeline([
        ['r', new SMOTE()],
        ['clf', model],
      ]).fit(X),
    ).rejects.toThrow(/needs labels/);
    await expect(new Pipeline([['clf', model]]).fit(X, y.slice(1))).rejects.toThrow(ShapeError);
    await expect(new Pipeline([['clf', model]]).fit(X, y, { weights: [] } as never)).rejects.toThrow(/unknown option/);
    await expect(new Pipeline([['clf', model]]).fit(3 as never, y)).rejects.toThrow(ConfigError);
  });
});
