import type { Dense } from '../../data/matrix';
import { BITSET_WORDS, inBitset } from './splitter';

/** The nodes of a tree, root first, each before its subtrees. */
export interface HistTree {
  /** The feature that a node splits by; −1 for a leaf. */
  readonly feature: Int32Array;
  /** Values up to it go left. */
  readonly threshold: Float64Array;
  readonly left: Int32Array;
  readonly right: Int32Array;
  /** What a leaf adds to the raw prediction. */
  readonly value: Float64Array;
  readonly missingLeft: Uint8Array;
  /** Which set of categories goes left; −1 where a node splits by numbers. */
  readonly categorySet: Int32Array;
  /** Sets of categories, 8 words each. */
  readonly categorySets: Int32Array;
}

/** Rows that are followed through all trees before the next ones, so that they stay in the cache. */
const BLOCK = 512;

/**
 * Adds the values of trees to raw predictions.
 *
 * @param trees - one after the other; tree t is for output t mod `outputs`.
 * @param raw - float64, output by output.
 * @param known - by feature the set of categories met in fitting; null for a feature of numbers.
 */
export function addTrees(
  trees: readonly HistTree[],
  outputs: number,
  X: Dense,
  raw: Float64Array,
  known: readonly (Int32Array | null)[],
): void {
  const hasCategories = known.some((set) => set !== null);
  for (let from = 0; from < X.rows; from += BLOCK) {
    const to = Math.min(X.rows, from + BLOCK);
    for (let t = 0; t < trees.length; t++) {
      const tree = trees[t]!;
      const shift = (t % outputs) * X.rows;
      if (hasCategories) for (let i = from; i < to; i++) raw[shift + i]! += tree.value[leafOf(tree, X, i, known)]!;
      else addNumeric(tree, X, from, to, raw, shift);
    }
  }
}

function addNumeric(tree: HistTree, X: Dense, from: number, to: number, raw: Float64Array, shift: number): void {
  const { feature, threshold, left, right, value, missingLeft } = tree;
  for (let i = from; i < to; i++) {
    let node = 0;
    for (let f = feature[0]!; f >= 0; f = feature[node]!) {
      const v = X.data[i * X.cols + f]!;
      const goesLeft = v === v ? v <= threshold[node]! : missingLeft[node] === 1;
      node = goesLeft ? left[node]! : right[node]!;
    }
    raw[shift + i]! += value[node]!;
  }
}

function leafOf(tree: HistTree, X: Dense, i: number, known: readonly (Int32Array | null)[]): number {
  let node = 0;
  for (let f = tree.feature[0]!; f >= 0; f = tree.feature[node]!) {
    const v = X.data[i * X.cols + f]!;
    node = goesLeft(tree, node, v, known[f]!) ? tree.left[node]! : tree.right[node]!;
  }
  return node;
}

/** A category that was not met in fitting, or is negative, counts as missing. */
function goesLeft(tree: HistTree, node: number, v: number, known: Int32Array | null): boolean {
  if (v !== v) return tree.missingLeft[node] === 1;
  if (tree.categorySet[node] === -1) return v <= tree.threshold[node]!;
  const category = Math.trunc(v);
  if (category < 0 || category > 255 || !inBitset(known!, 0, category)) return tree.missingLeft[node] === 1;
  return inBitset(tree.categorySets, tree.categorySet[node]! * BITSET_WORDS, category);
}
