import type { Bins } from './binning';
import type { GrowNode } from './grower';
import { BITSET_WORDS, bitsetOf, inBitset, type Split } from './splitter';
import type { HistTree } from './tree';

/** A grown tree as it predicts: by values instead of bins. */
export function makeTree(root: GrowNode, bins: Bins): HistTree {
  const nodes = inPreorder(root);
  const place = new Map(nodes.map((node, i) => [node, i]));
  const sets = nodes.filter((node) => node.split?.leftBins != null);
  const setOf = new Map(sets.map((node, i) => [node, i]));
  const categorySets = new Int32Array(sets.length * BITSET_WORDS);
  sets.forEach((node, i) => {
    categorySets.set(categoriesOf(node.split!, bins), i * BITSET_WORDS);
  });
  return {
    feature: Int32Array.from(nodes, (node) => node.split?.feature ?? -1),
    threshold: Float64Array.from(nodes, (node) => (node.split === null ? 0 : thresholdOf(node.split, bins))),
    left: Int32Array.from(nodes, (node) => (node.left === null ? 0 : place.get(node.left)!)),
    right: Int32Array.from(nodes, (node) => (node.right === null ? 0 : place.get(node.right)!)),
    value: Float64Array.from(nodes, (node) => node.value),
    missingLeft: Uint8Array.from(nodes, (node) => Number(node.split?.missingLeft ?? false)),
    categorySet: Int32Array.from(nodes, (node) => setOf.get(node) ?? -1),
    categorySets,
  };
}

function inPreorder(root: GrowNode): GrowNode[] {
  const out: GrowNode[] = [];
  const open = [root];
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    out.push(node);
    if (node.left !== null && node.right !== null) open.push(node.right, node.left);
  }
  return out;
}

/** Infinite where all values that are not missing go left. */
function thresholdOf({ leftBins, feature, bin }: Split, { thresholds }: Bins): number {
  return leftBins === null ? (thresholds[feature]![bin] ?? Number.POSITIVE_INFINITY) : 0;
}

function categoriesOf({ leftBins, feature }: Split, { thresholds }: Bins): Int32Array {
  return bitsetOf(thresholds[feature]!.filter((_, bin) => inBitset(leftBins!, 0, bin)));
}
