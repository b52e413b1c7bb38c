import { toRng } from '../core/rng';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import type { Vector } from '../data/vector';
import { FittedDecisionTreeClassifier, FittedDecisionTreeRegressor } from './fitted-trees';
import { growTree } from './grow/compose';
import type { TreeArrays } from './grow/types';
import { readClasses, readNumbers, type TreeData } from './learn';
import {
  CLASSES,
  type ClassifierTreeOptions,
  checkTreeOptions,
  NUMBERS,
  type RegressorTreeOptions,
  resolveLimits,
  type TreeDefaults,
  type TreeOptions,
} from './options';
import { type PruningPath, prune, pruningPath } from './prune';

/** Where scikit-learn's generator of small random numbers is seeded from: an integer below it. */
export const SEEDS = 0x7fffffff;

/** Grows the one tree that the options ask for, pruned. */
function growOne(data: TreeData, options: TreeOptions, defaults: TreeDefaults, what: string): TreeArrays {
  const { columns, target, weights, totalWeight } = data;
  const size = { samples: columns.rows, features: columns.features, totalWeight };
  const limits = resolveLimits(options, defaults, size, what);
  const rng = options.seed === undefined ? toRng(undefined) : toRng(options.seed).restart();
  const tree = growTree(columns, target, { limits, weights, seed: rng.integer(SEEDS) });
  return prune(tree, options.ccpAlpha ?? 0, Math.max(1, target.classes));
}

const BEST = { splitter: 'best', maxFeatures: null } as const;

/**
 * A decision tree: splits the samples by one feature at a time, until what is left is of one class, or the limits say so.
 *
 * At each node the split is taken that lessens the impurity most: Gini's 1 − Σ p², or the entropy −Σ p·log₂ p. Values are
 * compared as float32 and cut halfway between neighbours, as scikit-learn does; with `seed: numpyRandom(n)` the tree is the one
 * scikit-learn grows for `random_state=n`.
 *
 * Reference: Breiman, Friedman, Olshen, Stone 1984, “Classification and Regression Trees”.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { DecisionTreeClassifier } from 'kompakt/trees';
 * const { X, y } = iris();
 * const model = await new DecisionTreeClassifier({ maxDepth: 2, seed: 0 }).fit(X, y);
 * console.log(model.nLeaves, model.depth, model.score(X, y).toFixed(2)); // → 3 2 0.96
 * ```
 */
export class DecisionTreeClassifier {
  readonly kind = 'classifier';
  readonly name: string = 'DecisionTreeClassifier';
  readonly options: ClassifierTreeOptions;
  protected readonly defaults: TreeDefaults = { ...CLASSES, ...BEST };

  /**
   * @param options - `criterion = 'gini'`, `splitter = 'best'`, `maxDepth = null`, `minSamplesSplit = 2`, `minSamplesLeaf = 1`,
   * `minWeightFractionLeaf = 0`, `maxFeatures = null`, `maxLeafNodes = null`, `minImpurityDecrease = 0`, `classWeight = null`,
   * `ccpAlpha = 0`, `seed`; checked by `fit`.
   */
  constructor(options: ClassifierTreeOptions = {}) {
    this.options = options;
  }

  /**
   * Grows the tree.
   *
   * @param X - `[samples, features]`, finite numbers; sparse ones are made dense.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`.
   * @throws ConfigError for options out of range, NaN or infinity, fewer than two classes; ShapeError for data that does not
   * fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedDecisionTreeClassifier<L>> {
    const what = `${this.name}.fit`;
    checkTreeOptions(this.options, ['classWeight'], what);
    const data = await readClasses(X, y, options, this.options.classWeight, what);
    const tree = growOne(data, this.options, this.defaults, what);
    const { classes } = data.encoded;
    return this.fitted({ name: this.name, nFeatures: data.columns.features, classes, likeLabels: y }, tree);
  }

  /**
   * The prices per leaf, `ccpAlpha`, at which minimal cost-complexity pruning takes the next branch away, and the impurity
   * that remains.
   *
   * @param X - `[samples, features]`.
   * @param y - one label per sample.
   * @param options - `sampleWeight`.
   * @throws as `fit`.
   */
  async costComplexityPruningPath(X: Matrix, y: Labels, options: FitOptions = {}): Promise<PruningPath> {
    const what = `${this.name}.costComplexityPruningPath`;
    checkTreeOptions(this.options, ['classWeight'], what);
    const data = await readClasses(X, y, options, this.options.classWeight, what);
    return pruningPath(growOne(data, { ...this.options, ccpAlpha: 0 }, this.defaults, what));
  }

  protected fitted<L extends Labels>(
    parts: ConstructorParameters<typeof FittedDecisionTreeClassifier<L>>[0],
    tree: TreeArrays,
  ): FittedDecisionTreeClassifier<L> {
    return new FittedDecisionTreeClassifier(parts, tree);
  }
}

/**
 * A decision tree that predicts numbers: the mean (or median) of the training samples that come to the same leaf.
 *
 * Splits lessen the variance most (`'squaredError'`), Friedman's score, the mean absolute error about medians, or the
 * Poisson deviance. With `seed: numpyRandom(n)` the tree is the one scikit-learn grows for `random_state=n`.
 *
 * Reference: Breiman, Friedman, Olshen, Stone 1984, “Classification and Regression Trees”.
 *
 * @example
 * ```ts
 * import { DecisionTreeRegressor } from 'kompakt/trees';
 * const model = await new DecisionTreeRegressor({ maxDepth: 1 }).fit([[0], [1], [2], [3]], [1, 1, 5, 7]);
 * console.log(Array.from(model.predict([[0.5], [9]]))); // → [ 1, 6 ]
 * ```
 */
export class DecisionTreeRegressor {
  readonly kind = 'regressor';
  readonly name: string = 'DecisionTreeRegressor';
  readonly options: RegressorTreeOptions;
  protected readonly defaults: TreeDefaults = { ...NUMBERS, ...BEST };

  /**
   * @param options - `criterion = 'squaredError'`, `splitter = 'best'`, `maxDepth = null`, `minSamplesSplit = 2`,
   * `minSamplesLeaf = 1`, `minWeightFractionLeaf = 0`, `maxFeatures = null`, `maxLeafNodes = null`, `minImpurityDecrease = 0`,
   * `ccpAlpha = 0`, `seed`; checked by `fit`.
   */
  constructor(options: RegressorTreeOptions = {}) {
    this.options = options;
  }

  /**
   * Grows the tree.
   *
   * @param X - `[samples, features]`, finite numbers; sparse ones are made dense.
   * @param y - one number per sample.
   * @param options - `sampleWeight`.
   * @throws ConfigError for options out of range, NaN or infinity; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector | Labels, options: FitOptions = {}): Promise<FittedDecisionTreeRegressor> {
    const what = `${this.name}.fit`;
    checkTreeOptions(this.options, [], what);
    const data = await readNumbers(X, y as Vector, options, this.options.criterion, what);
    const tree = growOne(data, this.options, this.defaults, what);
    return this.fitted({ name: this.name, nFeatures: data.columns.features }, tree);
  }

  /**
   * The prices per leaf, `ccpAlpha`, at which minimal cost-complexity pruning takes the next branch away, and the impurity
   * that remains.
   *
   * @param X - `[samples, features]`.
   * @param y - one number per sample.
   * @param options - `sampleWeight`.
   * @throws as `fit`.
   */
  async costComplexityPruningPath(X: Matrix, y: Vector, options: FitOptions = {}): Promise<PruningPath> {
    const what = `${this.name}.costComplexityPruningPath`;
    checkTreeOptions(this.options, [], what);
    const data = await readNumbers(X, y, options, this.options.criterion, what);
    return pruningPath(growOne(data, { ...this.options, ccpAlpha: 0 }, this.defaults, what));
  }

  protected fitted(
    parts: ConstructorParameters<typeof FittedDecisionTreeRegressor>[0],
    tree: TreeArrays,
  ): FittedDecisionTreeRegressor {
    return new FittedDecisionTreeRegressor(parts, tree);
  }
}
