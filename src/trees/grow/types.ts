/** Samples as trees see them: every value by its rank among the distinct ones of its feature. */
export interface RankedColumns {
  readonly rows: number;
  readonly features: number;
  /** `[features, rows]`, a feature's ranks side by side. */
  readonly ranks: Uint16Array | Uint32Array;
  /** The distinct values of every feature, ascending, float32 numbers; one feature's after the other's. */
  readonly values: Float64Array;
  /** Where a feature's values begin, and at last their number: `[features + 1]`. */
  readonly offsets: Int32Array;
}

/** What is to be learned: classes, or numbers. */
export interface Target {
  /** Classes as positions `[rows]`; empty for numbers. */
  readonly codes: Int32Array;
  /** Numbers `[rows]`; empty for classes. */
  readonly values: Float64Array;
  /** Number of classes; 0 for numbers. */
  readonly classes: number;
}

export type CriterionName =
  | 'gini'
  | 'entropy'
  | 'logLoss'
  | 'squaredError'
  | 'friedmanMse'
  | 'absoluteError'
  | 'poisson';

/** How a tree may grow, all numbers resolved. */
export interface GrowLimits {
  readonly criterion: CriterionName;
  readonly splitter: 'best' | 'random';
  readonly maxDepth: number;
  readonly minSamplesSplit: number;
  readonly minSamplesLeaf: number;
  readonly minWeightLeaf: number;
  readonly maxFeatures: number;
  /** −1: no limit. */
  readonly maxLeafNodes: number;
  readonly minImpurityDecrease: number;
}

/** A tree as arrays, one entry per node, children after their parents. */
export interface TreeArrays {
  /** −1 at leaves. */
  readonly childrenLeft: Int32Array;
  readonly childrenRight: Int32Array;
  /** −2 at leaves. */
  readonly feature: Int32Array;
  /** Samples with a value ≤ it go left; −2 at leaves. */
  readonly threshold: Float64Array;
  readonly impurity: Float64Array;
  readonly nNodeSamples: Int32Array;
  readonly weightedNNodeSamples: Float64Array;
  /** `[nodes, classes]`: weights of the classes; or `[nodes]`: the number predicted. */
  readonly value: Float64Array;
}

/** A feature's cuts in the node at hand, as they are prepared for a criterion. */
export interface Cuts {
  /** For every position in the node, the group of equal values that it belongs to. */
  readonly groupOf: Int32Array;
  /** How many groups there may be. */
  readonly groups: number;
  /** How many positions a group has; a group of none is no group. Left cleared. */
  readonly counts: Int32Array;
  /** The float32 value of a group. */
  valueOf(group: number): number;
}

/** The best cut of the features looked at so far, in a node. */
export interface BestCut {
  /** What ranks cuts; greater is better. */
  proxy: number;
  /** Positions on the left. */
  count: number;
  /** The last group on the left, and the first on the right. */
  below: number;
  above: number;
}

/** What is split into nodes, and what is known of the node at hand. */
export interface Criterion {
  /** Samples with a weight, each node's in a range. */
  readonly samples: Int32Array;
  /** Total weight of the root. */
  readonly rootWeight: number;
  /** Takes up a node: samples [begin, end). */
  enter(begin: number, end: number): void;
  weight(): number;
  impurity(): number;
  /** Writes the node's value to `out`. */
  writeValue(out: Float64Array, at: number): void;
  /** Whether a cut of the feature is better than `best`, which then is that cut. */
  improve(cuts: Cuts, best: BestCut): boolean;
  /** How much the best cut lessens the impurity, by its share of all weight. */
  improvement(): number;
}
