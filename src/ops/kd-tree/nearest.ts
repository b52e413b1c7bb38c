import { treeNearestKernel } from '../../backends/wasm/kernels';
import { DTypeError, ShapeError } from '../../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../../core/op';
import { formatShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { toContiguous, type View } from '../../core/view';
import type { NearestAttrs } from '../distance';
import { leafStarts, SLACK, searchEach, squareBoxRank, squareRank, TreeSearch } from './search';

/** Beside what is asked for: how much farther than the farthest point found a box must be to be left out. */
interface TreeAttrs extends NearestAttrs {
  readonly slack: number;
}

const DTYPES = 'float64, float64, int32, float64, int32';

function expectTree(inputs: readonly TensorSpec[]): void {
  const dtypes = inputs.map((x) => x.dtype).join(', ');
  if (dtypes !== DTYPES) throw new DTypeError(`treeNearest: needs ${DTYPES}, got ${dtypes}.`);
  const [queries, points, rows, boxes, order] = inputs.map((x) => x.shape);
  const [m, n, cols] = [queries![0], points![0], points![1]];
  const leaves = (boxes![0]! + 1) / 2;
  const fits =
    queries!.length === 2 &&
    points!.length === 2 &&
    queries![1] === cols &&
    rows!.length === 1 &&
    rows![0] === n &&
    boxes!.length === 3 &&
    Number.isInteger(Math.log2(leaves)) &&
    boxes![1] === 2 &&
    boxes![2] === cols &&
    order!.length === 1 &&
    order![0] === m;
  if (fits) return;
  throw new ShapeError(
    'treeNearest: needs shapes [m, columns], [n, columns], [n], [2 · leaves − 1, 2, columns] with a power of two of leaves, and [m], ' +
      `got ${inputs.map((x) => formatShape(x.shape)).join(', ')}.`,
  );
}

const treeNearestOp: Op<TreeAttrs> = /* @__PURE__ */ defineOp<TreeAttrs>({
  name: 'treeNearest',
  kernel: treeNearestKernel,
  infer: (inputs, { k, others }) => {
    expectTree(inputs);
    const [m, n] = [inputs[0]!.shape[0]!, inputs[1]!.shape[0]!];
    if (others && m !== n) {
      throw new ShapeError(`treeNearest: ${m} rows among ${n} others: with others, both must be the same rows.`);
    }
    const most = others ? n - 1 : n;
    if (!Number.isInteger(k) || k < 1 || k > most) {
      throw new ShapeError(`treeNearest: k must be an integer from 1 to ${most}, the rows there are, got ${k}.`);
    }
    return { shape: [m, k], dtype: 'int32' };
  },
  reference: (inputs, out, { k, others }) => {
    const [data, points, rows, boxes, order] = inputs.map((x: View) => toContiguous(x, false)) as [
      Float64Array,
      Float64Array,
      Int32Array,
      Float64Array,
      Int32Array,
    ];
    const [n, cols] = inputs[1]!.shape as [number, number];
    const starts = leafStarts(n, (inputs[3]!.shape[0]! + 1) / 2);
    const ranking = { rank: squareRank, boxRank: squareBoxRank };
    const search = new TreeSearch({ cols, points, rows, starts, boxes }, ranking, k);
    searchEach(search, { data, order, others }, (q, found) => out.data.set(found.rows, out.offset + q * k));
  },
});

/** The parts of a k-d tree as tensors. */
export interface TreeTensors {
  /** float64 `[n, columns]`, points in the order of the leaves: `n` halved again and again, the left half ⌊n / 2⌋. */
  readonly points: Tensor;
  /** int32 `[n]`, the row that each of them has. */
  readonly rows: Tensor;
  /**
   * float64 `[nodes, 2, columns]`, the lower and the upper corner of the box of each node. Node i has the children 2i + 1 and
   * 2i + 2, down to a power of two of leaves.
   */
  readonly boxes: Tensor;
}

/**
 * What `nearestRows` finds, by a k-d tree: for every query its k nearest points by Euclidean distance, nearest first, of
 * equally near ones the one with the lower row first. Distances are Σ (q − p)² in double precision, in the order of the
 * columns; a node is left out only where its box is farther than what has been found.
 *
 * @param queries - float64 `[m, columns]`.
 * @param tree - its parts.
 * @param order - int32 `[m]`, every query once: the order in which they are searched. Queries that are close to each
 *   other read the same part of the tree, so one after another they are found faster.
 * @param attrs - `k`, and `others` where query i is the point of row i, which then does not count.
 * @returns int32 `[m, k]`, rows. Without a point at a distance that is a number they are not specified.
 * @throws ShapeError, DTypeError when the operands do not fit, or k is more than the points there are.
 */
export function treeNearest(queries: Tensor, tree: TreeTensors, order: Tensor, attrs: NearestAttrs): Tensor {
  const inputs = [queries, tree.points, tree.rows, tree.boxes, order];
  return apply(treeNearestOp, inputs, { k: attrs.k, others: attrs.others, slack: SLACK });
}
