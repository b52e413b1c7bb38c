import type { TreeArrays } from './grow/types';

/** Subtrees of ever fewer leaves, each the cheapest of its size. */
export interface PruningPath {
  /** The complexity prices from which on each subtree is the best; ascending from 0. */
  readonly ccpAlphas: Float64Array;
  /** The total impurity of each subtree's leaves. */
  readonly impurities: Float64Array;
}

interface Step {
  readonly alpha: number;
  /** Impurity of all leaves after the step. */
  readonly impurity: number;
  /** Whether a node is still there, and whether it is a leaf, after the step; reused by the next step. */
  readonly inTree: Uint8Array;
  readonly isLeaf: Uint8Array;
}

/**
 * Minimal cost-complexity pruning: step by step the branch goes whose leaves lessen the impurity least for their number.
 *
 * Reference: Breiman, Friedman, Olshen, Stone 1984, “Classification and Regression Trees”, chapter 3.
 */
function* weakestLinks(tree: TreeArrays): Generator<Step> {
  const { childrenLeft, childrenRight, impurity, weightedNNodeSamples: weight } = tree;
  const n = childrenLeft.length;
  const cost = Float64Array.from({ length: n }, (_, i) => (weight[i]! * impurity[i]!) / weight[0]!);
  const parent = new Int32Array(n).fill(-1);
  const inTree = new Uint8Array(n).fill(1);
  const isLeaf = Uint8Array.from(childrenLeft, (child) => Number(child < 0));
  const branchCost = new Float64Array(n);
  const branchLeaves = new Int32Array(n);
  for (let node = 0; node < n; node++) {
    if (isLeaf[node]) continue;
    parent[childrenLeft[node]!] = node;
    parent[childrenRight[node]!] = node;
  }
  for (let node = 0; node < n; node++) {
    if (!isLeaf[node]) continue;
    for (let up = node; up >= 0; up = parent[up]!) {
      branchCost[up]! += cost[node]!;
      branchLeaves[up]!++;
    }
  }
  yield { alpha: 0, impurity: branchCost[0]!, inTree, isLeaf };
  while (!isLeaf[0]) {
    let [weakest, alpha] = [-1, Number.POSITIVE_INFINITY];
    for (let node = 0; node < n; node++) {
      if (!inTree[node] || isLeaf[node]) continue;
      const price = (cost[node]! - branchCost[node]!) / (branchLeaves[node]! - 1);
      if (price < alpha) {
        weakest = node;
        alpha = price;
      }
    }
    if (weakest < 0) return;
    for (const below = [childrenLeft[weakest]!, childrenRight[weakest]!]; below.length > 0; ) {
      const node = below.pop()!;
      if (!inTree[node]) continue;
      inTree[node] = 0;
      if (!isLeaf[node]) below.push(childrenLeft[node]!, childrenRight[node]!);
    }
    isLeaf[weakest] = 1;
    const [leavesLess, costMore] = [branchLeaves[weakest]! - 1, cost[weakest]! - branchCost[weakest]!];
    for (let up = weakest; up >= 0; up = parent[up]!) {
      branchLeaves[up]! -= leavesLess;
      branchCost[up]! += costMore;
    }
    yield { alpha, impurity: branchCost[0]!, inTree, isLeaf };
  }
}

export function pruningPath(tree: TreeArrays): PruningPath {
  const alphas: number[] = [];
  const impurities: number[] = [];
  for (const { alpha, impurity } of weakestLinks(tree)) {
    alphas.push(alpha);
    impurities.push(impurity);
  }
  return { ccpAlphas: Float64Array.from(alphas), impurities: Float64Array.from(impurities) };
}

/** The smallest subtree that is the best at the price `alpha` per leaf. */
export function prune(tree: TreeArrays, alpha: number, width: number): TreeArrays {
  if (alpha <= 0) return tree;
  let [kept, leaves] = [new Uint8Array(0), new Uint8Array(0)];
  for (const step of weakestLinks(tree)) {
    if (kept.length > 0 && step.alpha > alpha) break;
    kept = step.inTree.slice();
    leaves = step.isLeaf.slice();
  }
  return rebuild(tree, kept, leaves, width);
}

function rebuild(tree: TreeArrays, kept: Uint8Array, leaves: Uint8Array, width: number): TreeArrays {
  const nodes = Array.from(kept.keys()).filter((node) => kept[node]);
  const place = new Int32Array(kept.length).fill(-1);
  nodes.forEach((node, i) => {
    place[node] = i;
  });
  const child = (of: Int32Array) => Int32Array.from(nodes, (node) => (leaves[node] ? -1 : place[of[node]!]!));
  return {
    childrenLeft: child(tree.childrenLeft),
    childrenRight: child(tree.childrenRight),
    feature: Int32Array.from(nodes, (node) => (leaves[node] ? -2 : tree.feature[node]!)),
    threshold: Float64Array.from(nodes, (node) => (leaves[node] ? -2 : tree.threshold[node]!)),
    impurity: Float64Array.from(nodes, (node) => tree.impurity[node]!),
    nNodeSamples: Int32Array.from(nodes, (node) => tree.nNodeSamples[node]!),
    weightedNNodeSamples: Float64Array.from(nodes, (node) => tree.weightedNNodeSamples[node]!),
    value: Float64Array.from(
      { length: nodes.length * width },
      (_, at) => tree.value[nodes[Math.floor(at / width)]! * width + (at % width)]!,
    ),
  };
}
