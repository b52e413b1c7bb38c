import type { Dense } from '../data/matrix';
import { CsrMatrix } from '../data/sparse';
import type { StateValue } from '../estimator/state';
import type { TreeArrays } from './grow/types';

/** Samples as trees compare them: float32, row by row. */
export interface SingleRows {
  readonly data: Float32Array;
  readonly rows: number;
  readonly cols: number;
}

export function toSingle({ data, rows, cols }: Dense): SingleRows {
  return { data: Float32Array.from(data), rows, cols };
}

/** The leaf that each sample comes to. */
export function leavesOf(tree: TreeArrays, X: SingleRows): Int32Array {
  const leaves = new Int32Array(X.rows);
  // Rewriting the tree has to pay.
  const together = 4 * X.rows > tree.feature.length ? X.rows - (X.rows % SIDE_BY_SIDE) : 0;
  if (together > 0) walkSideBySide(tree, X, together, leaves);
  const { childrenLeft, childrenRight, feature, threshold } = tree;
  for (let r = together; r < X.rows; r++) {
    const at = r * X.cols;
    let node = 0;
    while (childrenLeft[node]! >= 0) {
      node = X.data[at + feature[node]!]! <= threshold[node]! ? childrenLeft[node]! : childrenRight[node]!;
    }
    leaves[r] = node;
  }
  return leaves;
}

/** Samples that walk down a tree at a time: each waits for memory while the others move. */
const SIDE_BY_SIDE = 4;

/**
 * Walks fours of samples down without branches, which no processor can foresee: the comparison's result is a part of the
 * next node's address, and leaves lead to themselves.
 */
function walkSideBySide(
  { childrenLeft, childrenRight, feature, threshold }: TreeArrays,
  { data, cols }: SingleRows,
  rows: number,
  leaves: Int32Array,
): void {
  const next = new Int32Array(2 * feature.length);
  const column = new Int32Array(feature.length);
  for (let i = 0; i < feature.length; i++) {
    const isLeaf = childrenLeft[i]! < 0;
    next[2 * i] = isLeaf ? i : childrenRight[i]!;
    next[2 * i + 1] = isLeaf ? i : childrenLeft[i]!;
    column[i] = isLeaf ? 0 : feature[i]!;
  }
  const step = (node: number, at: number): number =>
    next[2 * node + Number(data[at + column[node]!]! <= threshold[node]!)]!;
  for (let r = 0; r < rows; r += SIDE_BY_SIDE) {
    const at = r * cols;
    let a = 0;
    let b = 0;
    let c = 0;
    let d = 0;
    for (;;) {
      const nextA = step(a, at);
      const nextB = step(b, at + cols);
      const nextC = step(c, at + 2 * cols);
      const nextD = step(d, at + 3 * cols);
      if (((nextA ^ a) | (nextB ^ b) | (nextC ^ c) | (nextD ^ d)) === 0) break;
      a = nextA;
      b = nextB;
      c = nextC;
      d = nextD;
    }
    leaves[r] = a;
    leaves[r + 1] = b;
    leaves[r + 2] = c;
    leaves[r + 3] = d;
  }
}

/** Adds each sample's shares of the classes in its leaf to `sums` `[rows, classes]`. */
export function addShares(tree: TreeArrays, X: SingleRows, classes: number, sums: Float64Array): void {
  const leaves = leavesOf(tree, X);
  for (let r = 0; r < X.rows; r++) {
    const at = leaves[r]! * classes;
    let total = 0;
    for (let c = 0; c < classes; c++) total += tree.value[at + c]!;
    if (total === 0) total = 1;
    for (let c = 0; c < classes; c++) sums[r * classes + c]! += tree.value[at + c]! / total;
  }
}

/** Adds each sample's number to `sums` `[rows]`. */
export function addValues(tree: TreeArrays, X: SingleRows, sums: Float64Array): void {
  const leaves = leavesOf(tree, X);
  for (let r = 0; r < X.rows; r++) sums[r]! += tree.value[leaves[r]!]!;
}

/** The depth of every node, the root's 0. */
export function depthsOf({ childrenLeft, childrenRight }: TreeArrays): Int32Array {
  const depths = new Int32Array(childrenLeft.length);
  for (let node = 0; node < depths.length; node++) {
    if (childrenLeft[node]! < 0) continue;
    depths[childrenLeft[node]!] = depths[node]! + 1;
    depths[childrenRight[node]!] = depths[node]! + 1;
  }
  return depths;
}

export function countLeaves({ childrenLeft }: TreeArrays): number {
  return childrenLeft.reduce((n, child) => n + Number(child < 0), 0);
}

/** By how much splits on each feature lessen the impurity, weighted by the samples they see; normalised to 1 if not all 0. */
export function importancesOf(tree: TreeArrays, features: number): Float64Array {
  const { childrenLeft, childrenRight, feature, impurity, weightedNNodeSamples: weight } = tree;
  const sums = new Float64Array(features);
  for (let node = 0; node < feature.length; node++) {
    if (childrenLeft[node]! < 0) continue;
    const [l, r] = [childrenLeft[node]!, childrenRight[node]!];
    sums[feature[node]!]! += weight[node]! * impurity[node]! - weight[l]! * impurity[l]! - weight[r]! * impurity[r]!;
  }
  const total = sums.reduce((a, b) => a + b, 0);
  return total > 0 ? sums.map((v) => v / total) : sums;
}

/** The nodes that each sample passes, as a matrix of ones `[samples, nodes]`. */
export function pathsOf(tree: TreeArrays, X: SingleRows): CsrMatrix {
  const { childrenLeft, childrenRight, feature, threshold } = tree;
  const indices: number[] = [];
  const indptr = new Int32Array(X.rows + 1);
  for (let r = 0; r < X.rows; r++) {
    let node = 0;
    for (;;) {
      indices.push(node);
      if (childrenLeft[node]! < 0) break;
      const value = X.data[r * X.cols + feature[node]!]!;
      node = value <= threshold[node]! ? childrenLeft[node]! : childrenRight[node]!;
    }
    indptr[r + 1] = indices.length;
  }
  const data = new Float64Array(indices.length).fill(1);
  return new CsrMatrix({ data, indices, indptr, shape: [X.rows, childrenLeft.length] });
}

/** The tree's arrays as part of a state. */
export function treeState(tree: TreeArrays): { readonly [field: string]: StateValue } {
  return { ...tree };
}

/** The tree that {@link treeState} was made of. */
export function treeFromState(state: StateValue): TreeArrays {
  return state as unknown as TreeArrays;
}
