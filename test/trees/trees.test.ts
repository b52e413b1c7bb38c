import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, KompaktError } from '../../src/core/errors';
import { computeSampleWeight } from '../../src/data/class-weight';
import { breastCancer, CsrMatrix, type Estimator, iris, wine } from '../../src/data/index';
import { fromJSON, type ModelState } from '../../src/estimator/state';
import { numpyRandom } from '../../src/ops/numpy-random';
import { checkEstimator } from '../../src/testing/index';
import {
  DecisionTreeClassifier,
  DecisionTreeRegressor,
  ExtraTreeClassifier,
  ExtraTreeRegressor,
  ExtraTreesClassifier,
  ExtraTreesRegressor,
  FittedRandomForestClassifier,
  RandomForestClassifier,
  RandomForestRegressor,
} from '../../src/trees/index';

const ESTIMATORS: [string, () => Estimator][] = [
  ['DecisionTreeClassifier', () => new DecisionTreeClassifier({ seed: 1 })],
  [
    'DecisionTreeClassifier, entropy, few leaves',
    () => new DecisionTreeClassifier({ criterion: 'entropy', maxLeafNodes: 8, seed: 1 }),
  ],
  ['DecisionTreeClassifier, pruned', () => new DecisionTreeClassifier({ ccpAlpha: 0.01, seed: 1 })],
  ['DecisionTreeRegressor', () => new DecisionTreeRegressor({ seed: 1 })],
  [
    'DecisionTreeRegressor, medians',
    () => new DecisionTreeRegressor({ criterion: 'absoluteError', maxDepth: 4, seed: 1 }),
  ],
  ['ExtraTreeClassifier', () => new ExtraTreeClassifier({ seed: 1 })],
  ['ExtraTreeRegressor', () => new ExtraTreeRegressor({ seed: 1 })],
  ['RandomForestClassifier', () => new RandomForestClassifier({ nEstimators: 10, seed: 1 })],
  ['RandomForestRegressor', () => new RandomForestRegressor({ nEstimators: 10, seed: 1 })],
  ['ExtraTreesClassifier', () => new ExtraTreesClassifier({ nEstimators: 10, seed: 1 })],
  ['ExtraTreesRegressor', () => new ExtraTreesRegressor({ nEstimators: 10, seed: 1 })],
];

describe('trees and forests', () => {
  it.each(ESTIMATORS)('%s keeps the contract of estimators', async (_, make) => {
    await checkEstimator(make);
  });

  it('grow to leaves of one class, which are right for every training sample', async () => {
    const { X, y } = breastCancer();
    const model = await new DecisionTreeClassifier({ seed: 3 }).fit(X, y);
    expect(model.score(X, y)).toBe(1);
    const { childrenLeft, impurity } = model.tree;
    expect(impurity.filter((_, node) => childrenLeft[node]! < 0).every((v) => v === 0)).toBe(true);
  });

  it('keep their limits', async () => {
    const { X, y } = wine();
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          maxDepth: fc.integer({ min: 1, max: 6 }),
          minSamplesLeaf: fc.integer({ min: 1, max: 20 }),
          maxLeafNodes: fc.option(fc.integer({ min: 2, max: 12 })),
          maxFeatures: fc.constantFrom('sqrt' as const, 'log2' as const, null, 3, 0.5),
          splitter: fc.constantFrom('best' as const, 'random' as const),
          seed: fc.nat(),
        }),
        async (options) => {
          const { tree, depth, nLeaves } = await new DecisionTreeClassifier(options).fit(X, y);
          expect(depth).toBeLessThanOrEqual(options.maxDepth);
          if (options.maxLeafNodes !== null) expect(nLeaves).toBeLessThanOrEqual(options.maxLeafNodes);
          tree.childrenLeft.forEach((left, node) => {
            expect(tree.nNodeSamples[node]).toBeGreaterThanOrEqual(options.minSamplesLeaf);
            if (left < 0) return;
            const right = tree.childrenRight[node]!;
            expect(tree.nNodeSamples[left]! + tree.nNodeSamples[right]!).toBe(tree.nNodeSamples[node]);
          });
        },
      ),
      { numRuns: 40 },
    );
  });

  it('send samples by the same way that apply and decisionPath tell', async () => {
    const { X, y } = iris();
    const model = await new DecisionTreeClassifier({ maxDepth: 3, seed: 0 }).fit(X, y);
    const paths = model.decisionPath(X);
    const leaves = model.apply(X);
    expect(paths.shape).toEqual([150, model.tree.feature.length]);
    leaves.forEach((leaf, i) => expect(paths.indices[paths.indptr[i + 1]! - 1]).toBe(leaf));
  });

  it('take weights as repetitions', async () => {
    const { X, y } = iris();
    const rows = Array.from({ length: 150 }, (_, i) => Array.from(X.data.subarray(4 * i, 4 * i + 4)));
    const times = rows.map((_, i) => i % 3);
    const repeated = rows.flatMap((row, i) => new Array<number[]>(times[i]!).fill(row));
    const labels = Array.from(y).flatMap((label, i) => new Array<number>(times[i]!).fill(label));
    const options = { maxDepth: 4, seed: 5 };
    const weighted = await new DecisionTreeClassifier(options).fit(rows, y, { sampleWeight: times });
    const plain = await new DecisionTreeClassifier(options).fit(repeated, labels);
    expect(weighted.tree.threshold).toEqual(plain.tree.threshold);
    expect(weighted.tree.value).toEqual(plain.tree.value);
  });

  it('find medians where means would be dragged off', async () => {
    const model = await new DecisionTreeRegressor({ criterion: 'absoluteError', maxDepth: 1 }).fit(
      [[0], [1], [2], [10], [11], [12]],
      [1, 2, 3000, 7, 8, 9],
    );
    expect(Array.from(model.predict([[0], [11]]))).toEqual([1.5, 8.5]);
  });

  it('are the same on any number of threads', async () => {
    const { X, y } = breastCancer();
    const make = (nJobs: number) =>
      new RandomForestClassifier({ nEstimators: 150, nJobs, maxDepth: 5, seed: 2 }).fit(X, y);
    const [one, two, three] = [await make(1), await make(2), await make(3)];
    expect(two.trees).toEqual(one.trees);
    expect(three.trees).toEqual(one.trees);
  });

  it('add trees to those that are there', async () => {
    const { X, y } = wine();
    const estimator = new RandomForestClassifier({ nEstimators: 7, warmStart: true, seed: numpyRandom(4) });
    const seven = await estimator.fit(X, y);
    (estimator.options as { nEstimators: number }).nEstimators = 12;
    const twelve = await estimator.fit(X, y);
    expect(twelve.trees.slice(0, 7)).toEqual(seven.trees);
    const atOnce = await new RandomForestClassifier({ nEstimators: 12, seed: numpyRandom(4) }).fit(X, y);
    expect(twelve.trees).toEqual(atOnce.trees);
    (estimator.options as { nEstimators: number }).nEstimators = 3;
    await expect(estimator.fit(X, y)).rejects.toThrow(/warmStart keeps 12/);
  });

  it('say of samples out of bag what unseen ones get', async () => {
    const { X, y } = wine();
    const model = await new RandomForestClassifier({ nEstimators: 60, oobScore: true, seed: 0 }).fit(X, y);
    expect(model.oobScore).toBeGreaterThan(0.95);
    expect(model.warnings).toEqual([]);
    const few = await new RandomForestClassifier({ nEstimators: 2, oobScore: true, seed: 0 }).fit(X, y);
    expect(few.warnings[0]!.message).toMatch(/in every tree's bag/);
  });

  it('weigh classes by each bag', async () => {
    const { X, y } = breastCancer();
    const model = await new RandomForestClassifier({
      nEstimators: 1,
      classWeight: 'balancedSubsample',
      maxDepth: 1,
      seed: numpyRandom(0),
    }).fit(X, y);
    const seed = numpyRandom(0).integer(2 ** 31 - 1);
    const stream = numpyRandom(seed);
    const bag = Array.from({ length: 569 }, () => stream.integer(569));
    const weights = computeSampleWeight('balanced', y, { indices: bag });
    const expected = [0, 1].map((c) => bag.reduce((sum, i) => sum + (y[i] === c ? weights[i]! : 0), 0));
    expect(Math.abs(model.trees[0]!.value[0]! - expected[0]!)).toBeLessThan(1e-9);
    expect(Math.abs(model.trees[0]!.value[1]! - expected[1]!)).toBeLessThan(1e-9);
  });

  it('take sparse samples, and come back from JSON', async () => {
    const { X, y } = iris();
    const sparse = CsrMatrix.fromDense(X);
    const forest = await new RandomForestClassifier({ nEstimators: 5, seed: 0 }).fit(sparse, y);
    const again = FittedRandomForestClassifier.fromState(fromJSON(JSON.parse(JSON.stringify(forest))) as ModelState);
    expect(again.predictProba(sparse).dataSync()).toEqual(forest.predictProba(X).dataSync());
    expect(again.featureImportances).toEqual(forest.featureImportances);
  });

  it('go deep without running out of stack', async () => {
    const n = 20_000;
    const X = Array.from({ length: n }, (_, i) => [i]);
    const model = await new DecisionTreeClassifier({ seed: 0 }).fit(
      X,
      X.map((_, i) => i % 2),
    );
    expect(model.nLeaves).toBe(n);
  });
});

describe('what no tree can be grown from', () => {
  const { X, y } = iris();
  it.each<[string, object]>([
    ['a depth of 0', { maxDepth: 0 }],
    ['a leaf of no samples', { minSamplesLeaf: 0 }],
    ['a split of one sample', { minSamplesSplit: 1 }],
    ['more than half of the weight in every leaf', { minWeightFractionLeaf: 0.6 }],
    ['one leaf', { maxLeafNodes: 1 }],
    ['no features', { maxFeatures: 0 }],
    ['features by a word that is none', { maxFeatures: 'auto' }],
    ['a negative decrease', { minImpurityDecrease: -1 }],
    ['a negative price', { ccpAlpha: -0.1 }],
    ['a criterion of regressions', { criterion: 'squaredError' }],
    ['a splitter that is none', { splitter: 'worst' }],
    ['an option of forests', { nEstimators: 3 }],
    ['weights of strange classes', { classWeight: { a: 1 } }],
  ])('a tree refuses %s', async (_, options) => {
    await expect(new DecisionTreeClassifier(options as never).fit(X, y)).rejects.toThrow(ConfigError);
  });

  it.each<[string, object]>([
    ['no trees', { nEstimators: 0 }],
    ['half a thread', { nJobs: 0.5 }],
    ['more samples than there are', { maxSamples: 151 }],
    ['samples of its own without bootstrap', { bootstrap: false, maxSamples: 0.5 }],
    ['a score out of bag without bags', { bootstrap: false, oobScore: true }],
    ['bag weights without bags', { bootstrap: false, classWeight: 'balancedSubsample' }],
    ['a splitter', { splitter: 'random' }],
    ['a flag that is none', { bootstrap: 1 }],
  ])('a forest refuses %s', async (_, options) => {
    await expect(new RandomForestClassifier(options as never).fit(X, y)).rejects.toThrow(ConfigError);
  });

  it('a tree refuses numbers beyond float32, and counts below 0', async () => {
    await expect(new DecisionTreeClassifier().fit([[1], [1e39]], [0, 1])).rejects.toThrow(/float32/);
    const poisson = new DecisionTreeRegressor({ criterion: 'poisson' });
    await expect(poisson.fit([[1], [2]], [1, -1])).rejects.toThrow(KompaktError);
    await expect(poisson.fit([[1], [2]], [0, 0])).rejects.toThrow(KompaktError);
  });
});
