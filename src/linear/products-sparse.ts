import type { CsrMatrix } from '../data/sparse';

// The same products as for dense samples, over the entries that are there. Sums go in the order of the entries.

/** Z = X·Wᵀ + b; see `linearScores`. */
export function sparseScores(X: CsrMatrix, W: Float64Array, bias: Float64Array, out: Float64Array): void {
  const { data, indices, indptr, shape } = X;
  const [rows, cols] = shape;
  const k = bias.length;
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < k; c++) {
      const w = c * cols;
      let sum = 0;
      for (let e = indptr[i]!; e < indptr[i + 1]!; e++) sum += data[e]! * W[w + indices[e]!]!;
      out[i * k + c] = sum + bias[c]!;
    }
  }
}

/** G += Rᵀ·X; see `addOuterProducts`. */
export function addSparseOuterProducts(X: CsrMatrix, R: Float64Array, k: number, out: Float64Array): void {
  const { data, indices, indptr, shape } = X;
  const [rows, cols] = shape;
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < k; c++) {
      const r = R[i * k + c]!;
      const g = c * cols;
      for (let e = indptr[i]!; e < indptr[i + 1]!; e++) out[g + indices[e]!]! += r * data[e]!;
    }
  }
}

/** out[c, j] += Σᵢ R[i, c]·X[i, j]²; see `addSquares`. */
export function addSparseSquares(X: CsrMatrix, R: Float64Array, k: number, out: Float64Array): void {
  const squares = X.withData(X.data.map((v) => v * v));
  addSparseOuterProducts(squares, R, k, out);
}
