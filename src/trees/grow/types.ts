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
  /** `[features]`: 1 where two neighbouring values are so close that a tree takes them for one. */
  readonly close: Uint8Array;
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

/** Grows one tree: `seed` is where its random numbers begin, 32 bits. */
export type Grow = (target: Target, weights: Float64Array | null, seed: number) => TreeArrays;

/** Statistics of a node and of its two sides as a split moves along `samples`. */
export interface Criterion {
  /** The sum of the node's weights, and of those left and right of the position. */
  total: number;
  left: number;
  right: number;
  impurityLeft: number;
  impurityRight: number;
  /** Begins with the samples from `start` up to `end`. */
  init(start: number, end: number): void;
  /** Moves all samples to the right. */
  reset(): void;
  /** Moves the samples before `position` to the left. */
  update(position: number): void;
  /** What grows with the improvement; or −∞ where it is surely below `best`. */
  proxy(best: number): number;
  nodeImpurity(): number;
  /**
   * All positions at once, of samples sorted by `keys`: the best whose proxy is above `best`, or −1. `best` is then its
   * proxy. Where there is none, positions are tried one by one.
   */
  scan?(keys: Int32Array, rules: ScanRules): number;
  /** The greatest proxy that `scan` has found in the node. */
  best: number;
  /** Sets `impurityLeft` and `impurityRight`. */
  childrenImpurity(): void;
  /** The weighted decrease of impurity, relative to all samples of weight `all`. */
  improvement(impurity: number, all: number): number;
  /** Writes the value of a node. */
  value(out: Float64Array, node: number): void;
}

/** Which positions may be splits. */
export interface ScanRules {
  readonly minSamplesLeaf: number;
  readonly minWeightLeaf: number;
  /** Whether two neighbouring keys are one value; null where only equal ones are. */
  readonly isClose: ((a: number, b: number) => boolean) | null;
}
