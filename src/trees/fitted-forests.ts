import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import {
  type FittedClassifierParts,
  type FittedParts,
  FittedProbabilisticClassifier,
  FittedRegressor,
} from '../estimator/fitted';
import { classifierState, labelsOfForm, type ModelState, type StateValue } from '../estimator/state';
import { denseOf } from './fitted-trees';
import type { TreeArrays } from './grow/types';
import {
  addShares,
  addValues,
  importancesOf,
  leavesOf,
  type SingleRows,
  toSingle,
  treeFromState,
  treeState,
} from './tree';

/** What the samples that a tree did not see say of a forest. */
export interface OutOfBag {
  /** Accuracy or R² of what trees predict for samples they did not see. */
  readonly score: number;
  /** For each sample the mean shares of the classes `[samples, classes]`, or the mean number `[samples]`; NaN where every tree saw it. */
  readonly decision: Float64Array;
}

/** The mean of all trees' importances, summing to 1. */
function meanImportances(trees: readonly TreeArrays[], features: number): Float64Array {
  const sums = new Float64Array(features);
  let total = 0;
  for (const tree of trees) {
    if (tree.childrenLeft.length <= 1) continue;
    importancesOf(tree, features).forEach((v, f) => {
      sums[f]! += v;
      total += v;
    });
  }
  return total > 0 ? sums.map((v) => v / total) : sums;
}

/** The leaf of each sample in each tree `[samples, trees]`, sample by sample. */
function allLeaves(trees: readonly TreeArrays[], X: SingleRows): Int32Array {
  const out = new Int32Array(X.rows * trees.length);
  trees.forEach((tree, t) => {
    leavesOf(tree, X).forEach((leaf, r) => {
      out[r * trees.length + t] = leaf;
    });
  });
  return out;
}

const treesOf = (state: StateValue): TreeArrays[] => (state as readonly StateValue[]).map(treeFromState);

/** What `fit` of a classifying forest returns. */
export class FittedRandomForestClassifier<L extends Labels = Labels> extends FittedProbabilisticClassifier<L> {
  static readonly type: string = 'RandomForestClassifier';
  /** The trees, node by node. */
  readonly trees: readonly TreeArrays[];
  readonly #outOfBag: OutOfBag | null;

  constructor(parts: FittedClassifierParts<L>, trees: readonly TreeArrays[], outOfBag: OutOfBag | null) {
    super(parts);
    this.trees = trees;
    this.#outOfBag = outOfBag;
  }

  /** How much each feature's splits lessen the impurity `[features]`, the mean over trees, summing to 1. */
  get featureImportances(): Float64Array {
    return meanImportances(this.trees, this.nFeatures);
  }

  /** The accuracy for training samples by the trees that did not see them; NaN unless `oobScore` was asked for. */
  get oobScore(): number {
    return this.#outOfBag?.score ?? Number.NaN;
  }

  /** Shares of the classes for training samples by the trees that did not see them `[samples, classes]`; empty unless asked for. */
  get oobDecisionFunction(): Float64Array {
    return this.#outOfBag?.decision ?? new Float64Array(0);
  }

  /** The leaf of each sample in each tree `[samples, trees]`, sample by sample. */
  apply(X: Matrix): Int32Array {
    return allLeaves(this.trees, this.#single(X, 'apply'));
  }

  protected override probabilities(X: Matrix, method: string): Float64Array {
    const single = this.#single(X, method);
    const sums = new Float64Array(single.rows * this.classes.length);
    for (const tree of this.trees) addShares(tree, single, this.classes.length, sums);
    return sums.map((v) => v / this.trees.length);
  }

  override toState(): ModelState {
    return { type: this.name, trees: this.trees.map(treeState), ...classifierState(this, this.likeLabels) };
  }

  static fromState(state: ModelState): FittedRandomForestClassifier {
    const parts = {
      name: state.type,
      nFeatures: state.nFeatures as number,
      classes: state.classes as readonly number[],
      likeLabels: labelsOfForm(state.labels),
    };
    return new FittedRandomForestClassifier(parts, treesOf(state.trees), null);
  }

  #single(X: Matrix, method: string): SingleRows {
    return toSingle(denseOf(X, (given) => this.read(given, method)));
  }
}

/** What `fit` of a regressing forest returns. */
export class FittedRandomForestRegressor extends FittedRegressor {
  static readonly type: string = 'RandomForestRegressor';
  /** The trees, node by node. */
  readonly trees: readonly TreeArrays[];
  readonly #outOfBag: OutOfBag | null;

  constructor(parts: FittedParts, trees: readonly TreeArrays[], outOfBag: OutOfBag | null) {
    super(parts);
    this.trees = trees;
    this.#outOfBag = outOfBag;
  }

  /** How much each feature's splits lessen the impurity `[features]`, the mean over trees, summing to 1. */
  get featureImportances(): Float64Array {
    return meanImportances(this.trees, this.nFeatures);
  }

  /** R² for training samples by the trees that did not see them; NaN unless `oobScore` was asked for. */
  get oobScore(): number {
    return this.#outOfBag?.score ?? Number.NaN;
  }

  /** Predictions for training samples by the trees that did not see them `[samples]`; empty unless asked for. */
  get oobPrediction(): Float64Array {
    return this.#outOfBag?.decision ?? new Float64Array(0);
  }

  /** The leaf of each sample in each tree `[samples, trees]`, sample by sample. */
  apply(X: Matrix): Int32Array {
    return allLeaves(this.trees, this.#single(X, 'apply'));
  }

  protected override predictValues(X: Matrix, method: string): Float64Array {
    const single = this.#single(X, method);
    const sums = new Float64Array(single.rows);
    for (const tree of this.trees) addValues(tree, single, sums);
    return sums.map((v) => v / this.trees.length);
  }

  override toState(): ModelState {
    return { type: this.name, trees: this.trees.map(treeState), nFeatures: this.nFeatures };
  }

  static fromState(state: ModelState): FittedRandomForestRegressor {
    const parts = { name: state.type, nFeatures: state.nFeatures as number };
    return new FittedRandomForestRegressor(parts, treesOf(state.trees), null);
  }

  #single(X: Matrix, method: string): SingleRows {
    return toSingle(denseOf(X, (given) => this.read(given, method)));
  }
}

/** A fitted forest of extremely random trees that classifies. */
export class FittedExtraTreesClassifier<L extends Labels = Labels> extends FittedRandomForestClassifier<L> {
  static override readonly type = 'ExtraTreesClassifier';
}

/** A fitted forest of extremely random trees that regresses. */
export class FittedExtraTreesRegressor extends FittedRandomForestRegressor {
  static override readonly type = 'ExtraTreesRegressor';
}
