import { nearestRowsKernel, rowDistancesKernel } from '../backends/wasm/kernels';
import { isFloating } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../core/op';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous, type View } from '../core/view';

export interface NearestAttrs {
  /** How many. */
  readonly k: number;
  /** Whether row i of the queries is row i of the references, which then does not count. */
  readonly others: boolean;
}

function expectTables([queries, references]: readonly TensorSpec[], what: string): void {
  for (const x of [queries!, references!]) {
    if (!isFloating(x.dtype) || x.dtype !== queries!.dtype) {
      throw new DTypeError(
        `${what}: queries and references must both be float32 or both float64, got ${queries!.dtype} and ${references!.dtype}.`,
      );
    }
  }
  if (queries!.shape.length !== 2 || references!.shape.length !== 2 || queries!.shape[1] !== references!.shape[1]) {
    throw new ShapeError(
      `${what}: needs rows of as many columns, got ${formatShape(queries!.shape)} and ${formatShape(references!.shape)}.`,
    );
  }
}

/** Σ (q − r)² of rows that begin at `a` and `b`, in double precision and in the order of the columns. */
function squaredDistance(x: ArrayLike<number>, a: number, y: ArrayLike<number>, b: number, columns: number): number {
  let sum = 0;
  for (let c = 0; c < columns; c++) {
    const difference = x[a + c]! - y[b + c]!;
    sum += difference * difference;
  }
  return sum;
}

const nearestRowsOp: Op<NearestAttrs> = /* @__PURE__ */ defineOp<NearestAttrs>({
  name: 'nearestRows',
  kernel: nearestRowsKernel,
  infer: (inputs, { k, others }) => {
    expectTables(inputs, 'nearestRows');
    const [queries, references] = inputs as [TensorSpec, TensorSpec];
    const [m, n] = [queries.shape[0]!, references.shape[0]!];
    if (others && m !== n) {
      throw new ShapeError(`nearestRows: ${m} rows among ${n} others: with others, both must be the same rows.`);
    }
    const most = others ? n - 1 : n;
    if (!Number.isInteger(k) || k < 1 || k > most) {
      throw new ShapeError(`nearestRows: k must be an integer from 1 to ${most}, the rows there are, got ${k}.`);
    }
    return { shape: [m, k], dtype: 'int32' };
  },
  reference: ([queries, references], out, { k, others }) => {
    const [q, r] = [toContiguous(queries!, false), toContiguous(references!, false)];
    const [n, columns] = references!.shape as [number, number];
    const distances = new Float64Array(n);
    for (let i = 0; i < out.shape[0]!; i++) {
      for (let j = 0; j < n; j++) {
        const distance = squaredDistance(q, i * columns, r, j * columns, columns);
        distances[j] = Number.isNaN(distance) ? Infinity : distance;
      }
      const order = Int32Array.from(distances.keys()).filter((j) => !others || j !== i);
      order.sort((a, b) => (distances[a]! === distances[b]! ? a - b : distances[a]! < distances[b]! ? -1 : 1));
      out.data.set(order.subarray(0, k), out.offset + i * k);
    }
  },
});

/**
 * For every row of `queries` its k nearest rows of `references` by Euclidean distance, nearest first. Of equally near
 * rows the first counts as nearer; rows at no distance (NaN) are as far as can be. The order is that of
 * {@link rowDistances} before they are rounded to the dtype, whatever the backend.
 *
 * @param queries - float32 or float64 `[m, columns]`.
 * @param references - `[n, columns]`, of the same dtype.
 * @param attrs - `k`, and `others` where queries and references are the same rows and none counts as its own neighbour.
 * @returns int32 `[m, k]`, numbers of rows of `references`.
 * @throws ShapeError, DTypeError when the operands do not fit, or k is more than the rows there are.
 */
export function nearestRows(queries: Tensor, references: Tensor, attrs: NearestAttrs): Tensor {
  return apply(nearestRowsOp, [queries, references], { k: attrs.k, others: attrs.others });
}

const rowDistancesOp: Op<undefined> = /* @__PURE__ */ defineOp({
  name: 'rowDistances',
  kernel: rowDistancesKernel,
  infer: (inputs) => {
    expectTables(inputs, 'rowDistances');
    const [queries, , rows] = inputs as [TensorSpec, TensorSpec, TensorSpec];
    if (rows.dtype !== 'int32' || rows.shape.length !== 2 || rows.shape[0] !== queries.shape[0]) {
      throw new ShapeError(
        `rowDistances: needs int32 numbers of rows of shape [${queries.shape[0]}, k], got ${rows.dtype} of ${formatShape(rows.shape)}.`,
      );
    }
    return { shape: rows.shape, dtype: queries.dtype };
  },
  reference: ([queries, references, rows], out) => {
    const [q, r, wanted] = [queries!, references!, rows!].map((x: View) => toContiguous(x, false));
    const [n, columns] = references!.shape as [number, number];
    const k = rows!.shape[1]!;
    for (let at = 0; at < wanted!.length; at++) {
      const j = wanted![at]!;
      const exists = j >= 0 && j < n;
      out.data[out.offset + at] = exists
        ? squaredDistance(q!, Math.floor(at / k) * columns, r!, j * columns, columns)
        : NaN;
    }
  },
});

/**
 * Squared Euclidean distances of every row of `queries` to some rows of `references`: Σ (q − r)², summed in double
 * precision in the order of the columns, without the cancellation of ‖q‖² + ‖r‖² − 2 q·r.
 *
 * @param queries - float32 or float64 `[m, columns]`.
 * @param references - `[n, columns]`, of the same dtype.
 * @param rows - int32 `[m, k]`, such as {@link nearestRows} gives.
 * @returns `[m, k]` in the dtype of the queries; NaN where there is no such row.
 * @throws ShapeError, DTypeError when the operands do not fit.
 */
export function rowDistances(queries: Tensor, references: Tensor, rows: Tensor): Tensor {
  return apply(rowDistancesOp, [queries, references, rows], undefined);
}
