import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../src/core/errors';
import { fromJSON, fromState, type ModelState } from '../../src/estimator/state';
import {
  BalancedRandomForestClassifier,
  type BalancedRandomForestClassifierOptions,
  FittedBalancedRandomForestClassifier,
} from '../../src/imbalanced/index';
import { numpyRandom } from '../../src/ops/numpy-random';
import { checkEstimator } from '../../src/testing/index';
import { expectNear, forests, part } from './golden-ensembles';

describe('balanced forests are imbalanced-learn’s, tree by tree', () => {
  for (const { data, options, weighted, sizes, samples, sums, oob, importances, proba } of forests) {
    it(`${data} ${JSON.stringify(options)}${weighted ? ', weighted' : ''}`, async () => {
      const { X, y } = part(data);
      const sampleWeight = weighted ? y.map((_, i) => 1 + (i % 3)) : null;
      const model = await new BalancedRandomForestClassifier({ ...options, seed: numpyRandom(3) }).fit(X, y, {
        sampleWeight,
      });
      expect(model.trees.map((t) => t.feature.length)).toEqual(sizes);
      expect(model.trees.map((t) => t.nNodeSamples.reduce((a, b) => a + b, 0))).toEqual(samples);
      const thresholds = model.trees.map((t) =>
        t.threshold.reduce((a, v, n) => (t.childrenLeft[n]! >= 0 ? a + v : a), 0),
      );
      expectNear(thresholds, sums, 1e-5);
      expectNear(model.featureImportances, importances, 1e-7);
      const some = X.filter((_, i) => i % 17 === 0);
      expectNear(model.predictProba(some).dataSync(), proba.flat(), 1e-7);
      if (oob !== null) expect(model.oobScore).toBeCloseTo(oob, 7);
    });
  }
});

describe('BalancedRandomForestClassifier', () => {
  const fit = (options: BalancedRandomForestClassifierOptions, name: 'wine' | 'breastCancer' = 'wine') => {
    const { X, y } = part(name);
    return new BalancedRandomForestClassifier({ nEstimators: 10, seed: 1, ...options }).fit(X, y);
  };

  it('keeps the contract of estimators', async () => {
    const create = (): BalancedRandomForestClassifier =>
      new BalancedRandomForestClassifier({ nEstimators: 10, seed: 1 });
    await checkEstimator(create as never, { classes: [FittedBalancedRandomForestClassifier] as never });
  });

  it('is kept as JSON', async () => {
    const { X } = part('wine');
    const model = await fit({});
    const state = fromJSON(JSON.parse(JSON.stringify(model))) as ModelState;
    expect(state.type).toBe('BalancedRandomForestClassifier');
    const again = fromState(state, [FittedBalancedRandomForestClassifier] as never) as typeof model;
    expect(again.predictProba(X).dataSync()).toEqual(model.predictProba(X).dataSync());
  });

  it('grows each tree on balanced classes', async () => {
    const model = await fit({ bootstrap: false, samplingStrategy: 'auto' });
    for (const tree of model.trees) expect(Array.from(tree.value.subarray(0, 3))).toEqual([21, 21, 21]);
    const half = await fit({ bootstrap: false, samplingStrategy: 0.5 }, 'breastCancer');
    for (const tree of half.trees) expect(Array.from(tree.value.subarray(0, 2))).toEqual([60, 120]);
  });

  it('is the same for any number of threads, and whether grown at once or bit by bit', async () => {
    const { X, y } = part('breastCancer');
    const grow = (nJobs: number) =>
      new BalancedRandomForestClassifier({ nEstimators: 200, maxDepth: 3, nJobs, seed: 4 }).fit(X, y);
    const alone = await grow(1);
    expect((await grow(3)).trees).toEqual(alone.trees);
    const options = { maxDepth: 3, warmStart: true, seed: 4 };
    const growing = new BalancedRandomForestClassifier({ ...options, nEstimators: 50 });
    await growing.fit(X, y);
    (growing.options as { nEstimators: number }).nEstimators = 200;
    expect((await growing.fit(X, y)).trees).toEqual(alone.trees);
  });

  it('finds more of a rare class than a forest of all samples would by chance', async () => {
    const X = Array.from({ length: 400 }, (_, i) => [
      Math.sin(i * 12.9898) * 2 + (i % 20 === 0 ? 1.5 : 0),
      Math.cos(i * 78.233),
    ]);
    const y = X.map((_, i) => (i % 20 === 0 ? 'rare' : 'usual'));
    const model = await new BalancedRandomForestClassifier({ nEstimators: 30, maxDepth: 2, seed: 1 }).fit(X, y);
    const predicted = model.predict(X) as string[];
    expect(predicted.filter((label, i) => i % 20 === 0 && label === 'rare').length).toBeGreaterThan(14);
  });

  it('judges samples by trees that could draw them but did not', async () => {
    const { y } = part('wine');
    const replaced = await fit({ oobScore: true, replacement: true, nEstimators: 60 });
    expect(replaced.oobScore).toBeGreaterThan(0.9);
    expect(replaced.oobDecisionFunction.length).toBe(3 * y.length);
    const few = await fit({ oobScore: true, nEstimators: 1 });
    expect(few.oobDecisionFunction.some(Number.isNaN)).toBe(true);
    expect(few.warnings.map((w) => w.message)).toEqual([expect.stringMatching(/Raise nEstimators/)]);
  });

  const refused: [string, BalancedRandomForestClassifierOptions, RegExp][] = [
    ['more than there are', { samplingStrategy: { 0: 99 } }, /Under-sampling can only remove/],
    ['an unknown class', { samplingStrategy: { 7: 3 } }, /class 7/],
    ['an unknown strategy', { samplingStrategy: 'minority of all' as never }, /samplingStrategy/],
    ['a share of three classes', { samplingStrategy: 0.5 }, /two classes/],
    ['replacement that is no answer', { replacement: 1 as never }, /replacement must be true or false/],
    ['no trees', { nEstimators: 0 }, /nEstimators must be/],
    ['out of bag without bags', { bootstrap: false, oobScore: true }, /oobScore needs bootstrap/],
    ['an unknown option', { splitter: 'best' } as never, /unknown option 'splitter'/],
  ];
  it.each(refused)('refuses %s', async (_, options, message) => {
    const error = await fit(options).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toMatch(message);
  });

  it('refuses one class, NaN and weights that do not fit', async () => {
    const { X, y } = part('wine');
    const forest = new BalancedRandomForestClassifier({ nEstimators: 2 });
    await expect(
      forest.fit(
        X,
        y.map(() => 1),
      ),
    ).rejects.toThrow(ConfigError);
    await expect(forest.fit([[Number.NaN], [1]], [0, 1])).rejects.toThrow(ConfigError);
    await expect(forest.fit(X, y, { sampleWeight: [1, 2] })).rejects.toThrow(/sampleWeight/);
  });
});
