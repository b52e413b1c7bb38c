import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { breastCancer, CsrMatrix } from '../../src/data/index';
import { fromJSON, fromState, type ModelState } from '../../src/estimator/state';
import { LogisticRegression } from '../../src/linear/index';
import { balancedAccuracyScore, f1Score } from '../../src/metrics/index';
import * as ms from '../../src/model-selection/index';
import { FittedKNeighborsClassifier, KNeighborsClassifier, KNeighborsRegressor } from '../../src/neighbors/index';
import { checkEstimator, checkTransform } from '../../src/testing/index';
import { FittedMean, FittedScale, MeanRegressor, Scale } from './recorders';

const X = Array.from({ length: 24 }, (_, i) => [i, (i * 7) % 5, i % 3]);
const y = X.map((_, i) => Number(i > 13));
const revive = (model: unknown, classes: readonly unknown[]): never =>
  fromState(fromJSON(JSON.parse(JSON.stringify(model))) as ModelState, classes as never) as never;

describe('FeatureUnion', () => {
  const union = () =>
    new ms.FeatureUnion(
      [
        ['a', new Scale()],
        ['off', 'drop'],
        ['raw', 'passthrough'],
      ],
      { transformerWeights: { a: 2 } },
    );
  it('keeps the contract of transformers, and its state', async () => {
    await checkTransform(() => union() as never);
    const fitted = await union().fit(X);
    const scaled = (await new Scale().fit(X)).transform(X) as number[][];
    expect(fitted.transform(X)).toEqual(X.map((row, i) => [...scaled[i]!.map((v) => 2 * v), ...row]));
    const again: ms.FittedFeatureUnion = revive(fitted, [ms.FittedFeatureUnion, FittedScale]);
    expect(again.transform(X)).toEqual(fitted.transform(X));
  });
  it('gives sparse features where a part does, and takes text', async () => {
    const sparse = {
      fit: async () => ({ transform: (A: unknown) => CsrMatrix.fromDense((A as number[][]).map(([a]) => [a!, 0])) }),
    };
    const fitted = await new ms.FeatureUnion(
      [
        ['s', sparse],
        ['x', 'passthrough'],
      ],
      { transformerWeights: { s: 3 } },
    ).fit(X);
    expect((fitted.transform(X) as CsrMatrix).toArray()[2]).toEqual([6, 0, 2, 4, 2]);
    const length = {
      fit: async () => ({ transform: (t: unknown) => (t as string[]).map((s) => [s.length]) as number[][] }),
    };
    expect((await new ms.FeatureUnion([['l', length]]).fit(['a', 'bcd'])).transform(['xy'])).toEqual([[2]]);
  });
  it('changes parameters by nested names', () => {
    const changed = union().withParams({ a__withStd: false, off: 'passthrough', transformerWeights: {} });
    expect((changed.transformers[0]![1] as Scale).options).toEqual({ withStd: false });
    expect([changed.transformers[1]![1], changed.options]).toEqual(['passthrough', { transformerWeights: {} }]);
    expect(() => union().withParams({ b__c: 1 })).toThrow(/no part 'b'/);
    expect(() => union().withParams({ raw__c: 1 })).toThrow(/has no parameters/);
  });
  it('refuses what does not fit together', async () => {
    const fit = (parts: unknown, options?: object) => new ms.FeatureUnion(parts as never, options as never).fit(X);
    await expect(fit([])).rejects.toThrow(ConfigError);
    await expect(fit([['a', 'drop']])).rejects.toThrow(/at least one part/);
    await expect(
      fit([
        ['a', 'passthrough'],
        ['a', 'passthrough'],
      ]),
    ).rejects.toThrow(/two parts are named 'a'/);
    await expect(fit([['a__b', 'passthrough']])).rejects.toThrow(/without '__'/);
    await expect(fit([['a', 3]])).rejects.toThrow(/the part 'a' is the number 3/);
    await expect(fit([['a', 'passthrough']], { transformerWeights: { b: 1 } })).rejects.toThrow(/names 'b'/);
    await expect(fit([['a', 'passthrough']], { transformerWeights: { a: Number.NaN } })).rejects.toThrow(
      /not a number/,
    );
    const short = { fit: async () => ({ transform: () => [[1]] }) };
    await expect(fit([['a', short]]).then((f) => f.transform(X))).rejects.toThrow(/gave 1 samples for 24/);
  });
});

describe('TransformedTargetRegressor', () => {
  const target = X.map(([a]) => 1 + a!);
  it('keeps the contract of estimators, and its state', async () => {
    const make = () =>
      new ms.TransformedTargetRegressor({
        regressor: new KNeighborsRegressor({ nNeighbors: 2 }),
        func: Math.cbrt,
        inverseFunc: (v) => v ** 3,
      });
    await checkEstimator(make, { sampleWeight: false, sparseAlike: false }).catch((e: Error) => {
      // Functions are no data: everything but the state is as it should be.
      expect(e.message).toMatch(/can't be kept/);
    });
    const model = await new ms.TransformedTargetRegressor({
      regressor: new MeanRegressor(),
      transformer: new Scale(),
    }).fit(X, target);
    const again: ms.FittedTransformedTarget = revive(model, [ms.FittedTransformedTarget, FittedMean, FittedScale]);
    expect(again.predict(X)).toEqual(model.predict(X));
    expect(model.predict(X)[0]).toBeCloseTo(12.5, 12);
  });
  it('predicts on the scale of the targets', async () => {
    const logs = new ms.TransformedTargetRegressor({
      regressor: new MeanRegressor(),
      func: Math.log,
      inverseFunc: Math.exp,
    });
    const geometric = Math.exp(target.reduce((s, v) => s + Math.log(v), 0) / target.length);
    const model = await logs.fit(X, target);
    expect(model.predict([[1, 1, 1]])[0]).toBeCloseTo(geometric, 12);
    expect(model.warnings).toEqual([]);
    const wrong = new ms.TransformedTargetRegressor({
      regressor: new MeanRegressor(),
      func: Math.log,
      inverseFunc: Math.sqrt,
    });
    expect((await wrong.fit(X, target)).warnings.map((w) => w.message).join()).toMatch(/does not undo/);
  });
  it('refuses what does not fit together', async () => {
    const fit = (options: object, t: number[] = target) =>
      new ms.TransformedTargetRegressor(options as never).fit(X, t);
    const regressor = new MeanRegressor();
    await expect(fit({})).rejects.toThrow(/regressor must be an estimator/);
    await expect(fit({ regressor, func: Math.log })).rejects.toThrow(/need each other/);
    await expect(fit({ regressor, transformer: new Scale(), func: Math.log, inverseFunc: Math.exp })).rejects.toThrow(
      /not both/,
    );
    await expect(
      fit(
        { regressor, func: Math.log, inverseFunc: Math.exp },
        target.map((v) => v - 1),
      ),
    ).rejects.toThrow(/target 0, 0, becomes -Infinity/);
    await expect(
      fit({ regressor, transformer: { fit: async () => ({ transform: (A: never) => A }) } }),
    ).rejects.toThrow(/no inverseTransform/);
  });
});

describe('thresholds', () => {
  const { X: A, y: b } = breastCancer();
  const rows = Array.from(b, (_, i) => Array.from(A.data.subarray(i * 30, i * 30 + 4)));
  const pipe = () => ms.makePipeline(new Scale(), new LogisticRegression());
  it('are applied as given', async () => {
    const plain = await pipe().fit(rows, b);
    const fixed = await new ms.FixedThresholdClassifier(pipe() as unknown as LogisticRegression).fit(rows, b);
    expect(fixed.predict(rows)).toEqual(plain.predict(rows));
    for (const threshold of [0.2, 0.9]) {
      const model = await new ms.FixedThresholdClassifier(pipe() as unknown as LogisticRegression, { threshold }).fit(
        rows,
        b,
      );
      const p = plain.predictProba(rows).toArraySync() as number[][];
      expect(Array.from(model.predict(rows) as Int32Array)).toEqual(p.map(([, v]) => Number(v! >= threshold)));
      const other = await new ms.FixedThresholdClassifier(pipe() as unknown as LogisticRegression, {
        threshold,
        posLabel: 0,
      }).fit(rows, b);
      expect(Array.from(other.predict(rows) as Int32Array)).toEqual(p.map(([v]) => Number(!(v! >= threshold))));
    }
    const decisions = { threshold: 1, responseMethod: 'decisionFunction' } as const;
    const z = plain.decisionFunction(rows).toArraySync() as number[];
    const model = await new ms.FixedThresholdClassifier(pipe() as unknown as LogisticRegression, decisions).fit(
      rows,
      b,
    );
    expect(Array.from(model.predict(rows) as Int32Array)).toEqual(z.map((v) => Number(v >= 1)));
  });
  it('are found where the figure is best', async () => {
    // With held-out samples given, the interpolated curve is the curve: the best threshold can be found by hand.
    const half = {
      train: Array.from(b.keys()).filter((i) => i % 2 === 0),
      test: Array.from(b.keys()).filter((i) => i % 2 === 1),
    };
    const options = { cv: [half], scoring: 'f1', storeCvResults: true, refit: false } as const;
    const model = await new ms.TunedThresholdClassifierCV(pipe() as unknown as LogisticRegression, options).fit(
      rows,
      b,
    );
    const pick = <T>(list: ArrayLike<T>, at: number[]): T[] => at.map((i) => list[i]!);
    const inner = await pipe().fit(pick(rows, half.train), pick(b, half.train));
    const p = (inner.predictProba(pick(rows, half.test)).toArraySync() as number[][]).map((row) => row[1]!);
    const truth = pick(b, half.test);
    const [low, high] = [Math.min(...p), Math.max(...p)];
    const scores = model.cvResults!.thresholds.map((t) =>
      f1Score(
        truth,
        p.map((v) => Number(v >= t)),
      ),
    );
    expect(model.cvResults!.thresholds.length).toBe(100);
    expect([model.cvResults!.thresholds[0], model.cvResults!.thresholds[99]]).toEqual([low, high]);
    expect(model.cvResults!.scores).toEqual(scores);
    expect([model.bestScore, model.bestThreshold]).toEqual([
      Math.max(...scores),
      model.cvResults!.thresholds[scores.indexOf(Math.max(...scores))],
    ]);
  });
  it('that are tuned are no worse than even odds, and are kept', async () => {
    const rare = Array.from(b.keys()).filter((i) => b[i] === 1 || i % 9 === 0);
    const [R, r] = [rare.map((i) => rows[i]!), rare.map((i) => (b[i] === 1 ? 'benign' : 'malignant'))];
    const make = () => new ms.TunedThresholdClassifier(new KNeighborsClassifier({ nNeighbors: 15 }), { cv: 4 });
    const model = await make().fit(R, r);
    const plain = await new KNeighborsClassifier({ nNeighbors: 15 }).fit(R, r);
    expect(balancedAccuracyScore(r, model.predict(R))).toBeGreaterThan(balancedAccuracyScore(r, plain.predict(R)));
    const again: ms.FittedThreshold = revive(model, [ms.FittedThreshold, FittedKNeighborsClassifier]);
    expect(again.predict(R)).toEqual(model.predict(R));
    const share = make().withParams({ cv: 0.3, seed: 1, estimator__nNeighbors: 5 });
    expect(share.estimator.options.nNeighbors).toBe(5);
    expect((await share.fit(R, r)).bestThreshold).toBe((await share.fit(R, r)).bestThreshold);
  });
  it('refuse what has none', async () => {
    const fit = (options: object, labels: number[] = y) =>
      new ms.TunedThresholdClassifierCV(new KNeighborsClassifier({ nNeighbors: 2 }), {
        cv: 2,
        ...options,
      } as never).fit(X, labels);
    await expect(fit({ refit: false })).rejects.toThrow(/there must be one part, not 2/);
    await expect(fit({ thresholds: 1 })).rejects.toThrow(/thresholds must be an integer ≥ 2/);
    await expect(fit({ thresholds: [0.5] })).rejects.toThrow(/at least two finite/);
    await expect(fit({ responseMethod: 'decisionFunction' })).rejects.toThrow(/no decisionFunction/);
    await expect(fit({ responseMethod: 'predict' })).rejects.toThrow(/responseMethod must be one of/);
    await expect(fit({ n: 1 })).rejects.toThrow(/unknown option 'n'/);
    await expect(
      fit(
        {},
        X.map((_, i) => i % 3),
      ),
    ).rejects.toThrow(/two classes, and there are 3/);
    await expect(fit({ signal: AbortSignal.abort() })).rejects.toThrow(/ended by its signal/);
    const fixed = (options: object) =>
      new ms.FixedThresholdClassifier(new KNeighborsClassifier({ nNeighbors: 2 }), options as never).fit(X, y);
    await expect(fixed({ threshold: 'high' })).rejects.toThrow(/threshold must be a number/);
    await expect(fixed({ posLabel: 7 })).rejects.toThrow(/posLabel 7 is none of 0, 1/);
  });
});

describe('classifierDrift', () => {
  it('tells data sets apart that differ, and not those that don’t', async () => {
    const a = Array.from({ length: 60 }, (_, i) => [(i * 37) % 61, (i * 11) % 59]);
    const b = Array.from({ length: 50 }, (_, i) => [(i * 29) % 61, (i * 17) % 59]);
    const knn = new KNeighborsClassifier({ nNeighbors: 9 });
    const same = await ms.classifierDrift(knn, a, b, { seed: 1 });
    expect(same.scores.length).toBe(5);
    expect(Math.abs(same.auc - 0.5)).toBeLessThan(0.2);
    const moved = await ms.classifierDrift(
      knn,
      a,
      b.map(([u, v]) => [u! + 80, v!]),
      { seed: 1 },
    );
    expect(moved.auc).toBe(1);
    await expect(ms.classifierDrift(knn, a, [[1]])).rejects.toThrow(/reference has 2 features and current 1/);
    await expect(ms.classifierDrift(knn, a, b, { cv: 1 })).rejects.toThrow(/cv must be an integer/);
  });
});
