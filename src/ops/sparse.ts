import { csrMatmulKernel, csrTransposeMatmulKernel } from '../backends/wasm/kernels';
import { isFloating } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../core/op';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous, type View } from '../core/view';

/** A sparse matrix by rows: the entries of row i are those from `indptr[i]` up to `indptr[i + 1]`. */
export interface Csr {
  /** int32 `[rows + 1]`, from 0 and never falling. */
  readonly indptr: Tensor;
  /** int32 `[entries]`, the column of each. */
  readonly indices: Tensor;
  /** float32 or float64 `[entries]`. */
  readonly data: Tensor;
  readonly columns: number;
}

interface CsrAttrs {
  readonly columns: number;
}

function expectCsr([indptr, indices, data, dense]: readonly TensorSpec[], what: string): void {
  if (indptr!.dtype !== 'int32' || indices!.dtype !== 'int32') {
    throw new DTypeError(`${what}: indptr and indices must be int32, got ${indptr!.dtype} and ${indices!.dtype}.`);
  }
  if (!isFloating(data!.dtype) || data!.dtype !== dense!.dtype) {
    throw new DTypeError(
      `${what}: entries and the dense matrix must both be float32 or both float64, got ${data!.dtype} and ${dense!.dtype}.`,
    );
  }
  const vectors = [indptr!, indices!, data!].every((x) => x.shape.length === 1);
  if (!vectors || indptr!.shape[0] === 0 || indices!.shape[0] !== data!.shape[0] || dense!.shape.length !== 2) {
    const shapes = [indptr!, indices!, data!, dense!].map((x) => formatShape(x.shape)).join(', ');
    throw new ShapeError(
      `${what}: needs indptr [rows + 1], indices and data of one length, and a dense matrix, got ${shapes}.`,
    );
  }
}

function expectRows(dense: TensorSpec, rows: number, what: string): void {
  if (dense.shape[0] !== rows) {
    throw new ShapeError(`${what}: needs a dense matrix of ${rows} rows, got ${formatShape(dense.shape)}.`);
  }
}

/** Visits the entries that are there: whatever `indptr` says, none is outside the arrays. */
function forEachEntry(
  [indptr, indices, data]: readonly View[],
  columns: number,
  visit: (row: number, column: number, value: number) => void,
): void {
  const [starts, places, values] = [indptr!, indices!, data!].map((x) => toContiguous(x, false));
  for (let row = 0; row + 1 < starts!.length; row++) {
    const end = Math.min(starts![row + 1]!, values!.length);
    for (let e = Math.max(0, starts![row]!); e < end; e++) {
      const column = places![e]!;
      if (column >= 0 && column < columns) visit(row, column, values![e]!);
    }
  }
}

/** Adds value · a row of `dense` to a row of `sums`, both of k columns. */
function addRow(
  sums: Float64Array,
  to: number,
  value: number,
  dense: ArrayLike<number>,
  from: number,
  k: number,
): void {
  for (let j = 0; j < k; j++) sums[to * k + j]! += value * dense[from * k + j]!;
}

const csrMatmulOp: Op<CsrAttrs> = /* @__PURE__ */ defineOp<CsrAttrs>({
  name: 'csrMatmul',
  kernel: csrMatmulKernel,
  infer: (inputs, { columns }) => {
    expectCsr(inputs, 'csrMatmul');
    const [indptr, , , dense] = inputs as [TensorSpec, TensorSpec, TensorSpec, TensorSpec];
    expectRows(dense, columns, 'csrMatmul');
    return { shape: [indptr.shape[0]! - 1, dense.shape[1]!], dtype: dense.dtype };
  },
  reference: (operands, out, { columns }) => {
    const [rows, k] = out.shape as [number, number];
    const x = toContiguous(operands[3]!, false);
    const sums = new Float64Array(rows * k);
    forEachEntry(operands, columns, (row, column, value) => addRow(sums, row, value, x, column, k));
    out.data.set(sums, out.offset);
  },
  vjp: (g, { inputs: [indptr, indices, data], attrs }, i) =>
    i === 3 ? apply(csrTransposeMatmulOp, [indptr!, indices!, data!, g], attrs) : null,
});

const csrTransposeMatmulOp: Op<CsrAttrs> = /* @__PURE__ */ defineOp<CsrAttrs>({
  name: 'csrTransposeMatmul',
  kernel: csrTransposeMatmulKernel,
  infer: (inputs, { columns }) => {
    expectCsr(inputs, 'csrTransposeMatmul');
    const [indptr, , , dense] = inputs as [TensorSpec, TensorSpec, TensorSpec, TensorSpec];
    expectRows(dense, indptr.shape[0]! - 1, 'csrTransposeMatmul');
    return { shape: [columns, dense.shape[1]!], dtype: dense.dtype };
  },
  reference: (operands, out, { columns }) => {
    const k = out.shape[1]!;
    const x = toContiguous(operands[3]!, false);
    const sums = new Float64Array(columns * k);
    forEachEntry(operands, columns, (row, column, value) => addRow(sums, column, value, x, row, k));
    out.data.set(sums, out.offset);
  },
  vjp: (g, { inputs: [indptr, indices, data], attrs }, i) =>
    i === 3 ? apply(csrMatmulOp, [indptr!, indices!, data!, g], attrs) : null,
});

/**
 * A · X of a sparse A `[rows, columns]`. Sums are in double precision, in the order of the entries. Entries in columns that
 * A does not have are left out. The gradient flows through X.
 *
 * @param a - the sparse matrix.
 * @param x - `[columns, k]`, in the dtype of A's entries.
 * @returns `[rows, k]`.
 * @throws DTypeError, ShapeError when the operands do not fit.
 */
export function csrMatmul(a: Csr, x: Tensor): Tensor {
  return apply(csrMatmulOp, [a.indptr, a.indices, a.data, x], { columns: a.columns });
}

/**
 * Aᵀ · X of a sparse A `[rows, columns]`; see {@link csrMatmul}.
 *
 * @param a - the sparse matrix.
 * @param x - `[rows, k]`, in the dtype of A's entries.
 * @returns `[columns, k]`.
 * @throws DTypeError, ShapeError when the operands do not fit.
 */
export function csrTransposeMatmul(a: Csr, x: Tensor): Tensor {
  return apply(csrTransposeMatmulOp, [a.indptr, a.indices, a.data, x], { columns: a.columns });
}
