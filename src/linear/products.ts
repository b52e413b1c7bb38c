import type { Dense, Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { addSparseOuterProducts, addSparseSquares, sparseScores } from './products-sparse';

// The dense products are blocked in registers, so that every loaded number is used several times. The order of summation does
// not depend on anything but the shapes, so results are reproducible.

/**
 * Linear scores Z = X·Wᵀ + b.
 *
 * @param X - `[rows, cols]`.
 * @param W - `[k, cols]`, row-major from the start of the array.
 * @param bias - `[k]`.
 * @param out - `[rows, k]`, overwritten.
 */
export function linearScores(X: Samples, W: Float64Array, bias: Float64Array, out: Float64Array): void {
  if (isSparse(X)) {
    sparseScores(X, W, bias, out);
    return;
  }
  const k = bias.length;
  let c = 0;
  for (; c + 4 <= k; c += 4) scoreFour(X, W, bias, out, c, k);
  for (; c < k; c++) scoreOne(X, W, bias, out, c, k);
}

function scoreFour(
  { data, rows, cols }: Dense,
  W: Float64Array,
  bias: Float64Array,
  out: Float64Array,
  c: number,
  k: number,
): void {
  const w0 = c * cols;
  const w1 = w0 + cols;
  const w2 = w1 + cols;
  const w3 = w2 + cols;
  const [b0, b1, b2, b3] = [bias[c]!, bias[c + 1]!, bias[c + 2]!, bias[c + 3]!];
  for (let i = 0; i < rows; i++) {
    const x = i * cols;
    let s0 = b0;
    let s1 = b1;
    let s2 = b2;
    let s3 = b3;
    for (let j = 0; j < cols; j++) {
      const v = data[x + j]!;
      s0 += v * W[w0 + j]!;
      s1 += v * W[w1 + j]!;
      s2 += v * W[w2 + j]!;
      s3 += v * W[w3 + j]!;
    }
    const at = i * k + c;
    out[at] = s0;
    out[at + 1] = s1;
    out[at + 2] = s2;
    out[at + 3] = s3;
  }
}

function scoreOne(
  { data, rows, cols }: Dense,
  W: Float64Array,
  bias: Float64Array,
  out: Float64Array,
  c: number,
  k: number,
): void {
  const w = c * cols;
  const b = bias[c]!;
  const even = cols - (cols % 4);
  for (let i = 0; i < rows; i++) {
    const x = i * cols;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let j = 0; j < even; j += 4) {
      s0 += data[x + j]! * W[w + j]!;
      s1 += data[x + j + 1]! * W[w + j + 1]!;
      s2 += data[x + j + 2]! * W[w + j + 2]!;
      s3 += data[x + j + 3]! * W[w + j + 3]!;
    }
    for (let j = even; j < cols; j++) s0 += data[x + j]! * W[w + j]!;
    out[i * k + c] = s0 + s1 + (s2 + s3) + b;
  }
}

/**
 * The gradient of a sum over samples by the weights: G += Rᵀ·X.
 *
 * @param X - `[rows, cols]`.
 * @param R - `[rows, k]`, the derivative of each sample's term by its scores.
 * @param k - columns of R.
 * @param out - `[k, cols]`, added to.
 */
export function addOuterProducts(X: Samples, R: Float64Array, k: number, out: Float64Array): void {
  if (isSparse(X)) addSparseOuterProducts(X, R, k, out);
  else addDenseOuterProducts(X, R, k, out);
}

/**
 * Weighted sums of squares of each column: out[c, j] += Σᵢ R[i, c]·X[i, j]².
 *
 * @param R - `[rows, k]`.
 * @param out - `[k, cols]`, added to.
 */
export function addSquares(X: Samples, R: Float64Array, k: number, out: Float64Array): void {
  if (isSparse(X)) {
    addSparseSquares(X, R, k, out);
    return;
  }
  const { data, rows, cols } = X;
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < k; c++) {
      const r = R[i * k + c]!;
      for (let j = 0; j < cols; j++) out[c * cols + j]! += r * data[i * cols + j]! ** 2;
    }
  }
}

function addDenseOuterProducts({ data, rows, cols }: Dense, R: Float64Array, k: number, out: Float64Array): void {
  let i = 0;
  for (; i + 4 <= rows; i += 4) {
    const x0 = i * cols;
    const x1 = x0 + cols;
    const x2 = x1 + cols;
    const x3 = x2 + cols;
    for (let c = 0; c < k; c++) {
      const r0 = R[i * k + c]!;
      const r1 = R[(i + 1) * k + c]!;
      const r2 = R[(i + 2) * k + c]!;
      const r3 = R[(i + 3) * k + c]!;
      const g = c * cols;
      for (let j = 0; j < cols; j++) {
        out[g + j]! += r0 * data[x0 + j]! + r1 * data[x1 + j]! + (r2 * data[x2 + j]! + r3 * data[x3 + j]!);
      }
    }
  }
  for (; i < rows; i++) {
    for (let c = 0; c < k; c++) {
      const r = R[i * k + c]!;
      for (let j = 0; j < cols; j++) out[c * cols + j]! += r * data[i * cols + j]!;
    }
  }
}
