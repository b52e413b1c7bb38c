import type { Dense, Samples } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';

/** The columns at `index`, in that order. */
export function takeColumns(X: Dense, index: ArrayLike<number>): Dense;
export function takeColumns(X: CsrMatrix, index: ArrayLike<number>): CsrMatrix;
export function takeColumns(X: Samples, index: ArrayLike<number>): Samples;
export function takeColumns(X: Samples, index: ArrayLike<number>): Samples {
  if (isSparse(X)) return takeSparse(X, index);
  const cols = index.length;
  const data = new Float64Array(X.rows * cols);
  for (let r = 0; r < X.rows; r++) for (let c = 0; c < cols; c++) data[r * cols + c] = X.data[r * X.cols + index[c]!]!;
  return { data, rows: X.rows, cols };
}

function takeSparse(X: CsrMatrix, index: ArrayLike<number>): CsrMatrix {
  const places: number[][] = Array.from({ length: X.shape[1] }, () => []);
  for (let c = 0; c < index.length; c++) places[index[c]!]!.push(c);
  const data: number[] = [];
  const indices: number[] = [];
  const indptr = new Int32Array(X.shape[0] + 1);
  for (let r = 0; r < X.shape[0]; r++) {
    for (let e = X.indptr[r]!; e < X.indptr[r + 1]!; e++) {
      for (const c of places[X.indices[e]!]!) {
        data.push(X.data[e]!);
        indices.push(c);
      }
    }
    indptr[r + 1] = data.length;
  }
  return new CsrMatrix({ data, indices, indptr, shape: [X.shape[0], index.length] });
}
