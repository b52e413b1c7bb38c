import type { Labels } from '../data/labels';
import type { Dense, Matrix } from '../data/matrix';
import { type CsrMatrix, isSparse } from '../data/sparse';
import {
  type FittedClassifierParts,
  type FittedParts,
  FittedProbabilisticClassifier,
  FittedRegressor,
} from '../estimator/fitted';
import { classifierState, labelsOfForm, type ModelState } from '../estimator/state';
import type { TreeArrays } from './grow/types';
import {
  addShares,
  addValues,
  countLeaves,
  depthsOf,
  importancesOf,
  leavesOf,
  pathsOf,
  type SingleRows,
  toSingle,
  treeFromState,
  treeState,
} from './tree';

/** Dense samples of what may be sparse, checked by `read`. */
export function denseOf(X: Matrix, read: (X: Matrix) => Dense): Dense {
  return read(isSparse(X) ? X.toDense() : X);
}

/** What fitted trees of either kind tell about themselves. */
class TreeFacts {
  constructor(
    readonly tree: TreeArrays,
    readonly nFeatures: number,
  ) {}

  get depth(): number {
    return depthsOf(this.tree).reduce((a, b) => Math.max(a, b), 0);
  }

  get nLeaves(): number {
    return countLeaves(this.tree);
  }

  get importances(): Float64Array {
    return importancesOf(this.tree, this.nFeatures);
  }
}

/** What `fit` of a classifying tree returns. */
export class FittedDecisionTreeClassifier<L extends Labels = Labels> extends FittedProbabilisticClassifier<L> {
  static readonly type: string = 'DecisionTreeClassifier';
  /** The tree, node by node. */
  readonly tree: TreeArrays;
  readonly #facts: TreeFacts;

  constructor(parts: FittedClassifierParts<L>, tree: TreeArrays) {
    super(parts);
    this.tree = tree;
    this.#facts = new TreeFacts(tree, parts.nFeatures);
  }

  /** The greatest number of splits on the way to a leaf. */
  get depth(): number {
    return this.#facts.depth;
  }

  get nLeaves(): number {
    return this.#facts.nLeaves;
  }

  /** How much each feature's splits lessen the impurity `[features]`, summing to 1. */
  get featureImportances(): Float64Array {
    return this.#facts.importances;
  }

  /** The leaf each sample comes to: its node's number `[samples]`. */
  apply(X: Matrix): Int32Array {
    return leavesOf(this.tree, this.#single(X, 'apply'));
  }

  /** The nodes each sample passes: a sparse matrix of ones `[samples, nodes]`. */
  decisionPath(X: Matrix): CsrMatrix {
    return pathsOf(this.tree, this.#single(X, 'decisionPath'));
  }

  protected override probabilities(X: Matrix, method: string): Float64Array {
    const single = this.#single(X, method);
    const shares = new Float64Array(single.rows * this.classes.length);
    addShares(this.tree, single, this.classes.length, shares);
    return shares;
  }

  override toState(): ModelState {
    return { type: this.name, tree: treeState(this.tree), ...classifierState(this, this.likeLabels) };
  }

  static fromState(state: ModelState): FittedDecisionTreeClassifier {
    const parts = {
      name: state.type,
      nFeatures: state.nFeatures as number,
      classes: state.classes as readonly number[],
      likeLabels: labelsOfForm(state.labels),
    };
    return new FittedDecisionTreeClassifier(parts, treeFromState(state.tree));
  }

  #single(X: Matrix, method: string): SingleRows {
    return toSingle(denseOf(X, (given) => this.read(given, method)));
  }
}

/** What `fit` of a regressing tree returns. */
export class FittedDecisionTreeRegressor extends FittedRegressor {
  static readonly type: string = 'DecisionTreeRegressor';
  /** The tree, node by node. */
  readonly tree: TreeArrays;
  readonly #facts: TreeFacts;

  constructor(parts: FittedParts, tree: TreeArrays) {
    super(parts);
    this.tree = tree;
    this.#facts = new TreeFacts(tree, parts.nFeatures);
  }

  /** The greatest number of splits on the way to a leaf. */
  get depth(): number {
    return this.#facts.depth;
  }

  get nLeaves(): number {
    return this.#facts.nLeaves;
  }

  /** How much each feature's splits lessen the impurity `[features]`, summing to 1. */
  get featureImportances(): Float64Array {
    return this.#facts.importances;
  }

  /** The leaf each sample comes to: its node's number `[samples]`. */
  apply(X: Matrix): Int32Array {
    return leavesOf(this.tree, this.#single(X, 'apply'));
  }

  /** The nodes each sample passes: a sparse matrix of ones `[samples, nodes]`. */
  decisionPath(X: Matrix): CsrMatrix {
    return pathsOf(this.tree, this.#single(X, 'decisionPath'));
  }

  protected override predictValues(X: Matrix, method: string): Float64Array {
    const single = this.#single(X, method);
    const values = new Float64Array(single.rows);
    addValues(this.tree, single, values);
    return values;
  }

  override toState(): ModelState {
    return { type: this.name, tree: treeState(this.tree), nFeatures: this.nFeatures };
  }

  static fromState(state: ModelState): FittedDecisionTreeRegressor {
    return new FittedDecisionTreeRegressor(
      { name: state.type, nFeatures: state.nFeatures as number },
      treeFromState(state.tree),
    );
  }

  #single(X: Matrix, method: string): SingleRows {
    return toSingle(denseOf(X, (given) => this.read(given, method)));
  }
}

/** A fitted extremely random tree that classifies. */
export class FittedExtraTreeClassifier<L extends Labels = Labels> extends FittedDecisionTreeClassifier<L> {
  static override readonly type = 'ExtraTreeClassifier';
  static override fromState(state: ModelState): FittedDecisionTreeClassifier {
    return FittedDecisionTreeClassifier.fromState(state);
  }
}

/** A fitted extremely random tree that regresses. */
export class FittedExtraTreeRegressor extends FittedDecisionTreeRegressor {
  static override readonly type = 'ExtraTreeRegressor';
}
