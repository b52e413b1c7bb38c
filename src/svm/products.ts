import type { Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';

/** Row `r` of the samples, written out with its zeros. */
export function loadRow(X: Samples, r: number, into: Float64Array): void {
  if (!isSparse(X)) {
    const start = r * X.cols;
    for (let j = 0; j < X.cols; j++) into[j] = X.data[start + j]!;
    return;
  }
  into.fill(0);
  for (let e = X.indptr[r]!; e < X.indptr[r + 1]!; e++) into[X.indices[e]!] = X.data[e]!;
}

/** Products of `q` with the rows `rows[from]` … `rows[to − 1]`, into the same places of `out`. */
export function dotRows(
  X: Samples,
  q: Float64Array,
  rows: Int32Array,
  from: number,
  to: number,
  out: Float64Array,
): void {
  if (isSparse(X)) {
    const { data, indices, indptr } = X;
    for (let k = from; k < to; k++) {
      let sum = 0;
      for (let e = indptr[rows[k]!]!, end = indptr[rows[k]! + 1]!; e < end; e++) sum += data[e]! * q[indices[e]!]!;
      out[k] = sum;
    }
    return;
  }
  const { data, cols } = X;
  const even = cols - (cols % 2);
  for (let k = from; k < to; k++) {
    const start = rows[k]! * cols;
    let s0 = 0;
    let s1 = 0;
    for (let j = 0; j < even; j += 2) {
      s0 += data[start + j]! * q[j]!;
      s1 += data[start + j + 1]! * q[j + 1]!;
    }
    if (even < cols) s0 += data[start + even]! * q[even]!;
    out[k] = s0 + s1;
  }
}

/** Squared distances from `q` to the rows of dense samples. */
export function squaredDistances(
  { data, rows, cols }: { readonly data: Float64Array; readonly rows: number; readonly cols: number },
  q: Float64Array,
  out: Float64Array,
): void {
  for (let r = 0, at = 0; r < rows; r++) {
    let sum = 0;
    for (let j = 0; j < cols; j++) {
      const d = data[at++]! - q[j]!;
      sum += d * d;
    }
    out[r] = sum;
  }
}

/** ‖x‖² of every row. */
export function squaredNorms(X: Samples): Float64Array {
  const rows = isSparse(X) ? X.shape[0] : X.rows;
  const out = new Float64Array(rows);
  for (let r = 0; r < rows; r++) {
    const from = isSparse(X) ? X.indptr[r]! : r * X.cols;
    const to = isSparse(X) ? X.indptr[r + 1]! : from + X.cols;
    let sum = 0;
    for (let e = from; e < to; e++) sum += X.data[e]! * X.data[e]!;
    out[r] = sum;
  }
  return out;
}
