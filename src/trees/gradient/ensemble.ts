import type { ModelState, StateValue } from '../../estimator/state';
import type { TreeArrays } from '../grow/types';
import { leavesOf, type SingleRows } from '../tree';

/** What gradient boosting has learned. */
export interface Ensemble {
  /** Trees of a stage, and raw predictions of a sample. */
  readonly outputs: number;
  /** Raw predictions before the first tree. */
  readonly start: Float64Array;
  /** Factor on the leaves' values. */
  readonly learningRate: number;
  /** Stage by stage, output by output. */
  readonly trees: readonly TreeArrays[];
  /** The loss on the samples that each stage saw. */
  readonly trainScore: Float64Array;
  /** With `subsample` below 1: how much each stage lowered the loss on samples it did not see; else null. */
  readonly oobImprovement: Float64Array | null;
}

/** Raw predictions after each stage, output by output; each time the same array. */
export function* stagedRaw(
  { trees, outputs, start, learningRate }: Ensemble,
  rows: SingleRows,
): Generator<Float64Array> {
  const raw = new Float64Array(outputs * rows.rows);
  for (let k = 0; k < outputs; k++) raw.fill(start[k]!, k * rows.rows, (k + 1) * rows.rows);
  for (const [t, tree] of trees.entries()) {
    addTree(tree, leavesOf(tree, rows), learningRate, raw, (t % outputs) * rows.rows);
    if ((t + 1) % outputs === 0) yield raw;
  }
}

/** Raw predictions of all stages. */
export function rawOf(ensemble: Ensemble, rows: SingleRows): Float64Array {
  let last = new Float64Array(0);
  for (const raw of stagedRaw(ensemble, rows)) last = raw as Float64Array<ArrayBuffer>;
  return last;
}

/** Adds the values of leaves to raw predictions from `at` on. */
export function addTree(
  { value }: TreeArrays,
  leaves: Int32Array,
  learningRate: number,
  raw: Float64Array,
  at: number,
): void {
  for (let i = 0; i < leaves.length; i++) raw[at + i]! += learningRate * value[leaves[i]!]!;
}

/** The mean decrease of impurity that each feature brings in trees that split, as shares of the whole. */
export function meanImportances(trees: readonly TreeArrays[], nFeatures: number): Float64Array {
  const out = new Float64Array(nFeatures);
  for (const tree of trees) {
    const { feature, childrenLeft, childrenRight, impurity, weightedNNodeSamples: weight } = tree;
    const cost = (node: number): number => (weight[node]! / weight[0]!) * impurity[node]!;
    feature.forEach((f, node) => {
      if (f >= 0) out[f]! += cost(node) - cost(childrenLeft[node]!) - cost(childrenRight[node]!);
    });
  }
  const total = out.reduce((a, b) => a + b, 0);
  return total > 0 ? out.map((v) => v / total) : out;
}

/** What boosting has learned, as data. */
export function ensembleState(ensemble: Ensemble): StateValue {
  return { ...ensemble, trees: ensemble.trees.map((tree): StateValue => ({ ...tree })) };
}

/** What {@link ensembleState} made into data. */
export function ensembleFrom(state: ModelState): Ensemble {
  return { ...(state as unknown as { readonly ensemble: Ensemble }).ensemble };
}
