import type { Rng } from '../core/rng';
import type { LinearMap } from './linear-map';
import { orthonormalizeRow, type Svd, svd } from './svd';

/**
 * The k largest singular values and right vectors to working precision, by Golub–Kahan–Lanczos bidiagonalisation with full
 * reorthogonalisation: A is only multiplied by vectors, so it may be large and sparse.
 *
 * Reference: Golub & Kahan 1965, “Calculating the Singular Values and Pseudo-Inverse of a Matrix”.
 */
export function lanczosSvd(a: LinearMap, k: number, rng: Rng): Svd {
  const most = Math.min(a.rows, a.cols);
  const start = Float64Array.from({ length: a.cols }, () => 2 * rng.random() - 1);
  for (let steps = Math.min(most, Math.max(2 * k + 10, 20)); ; steps = Math.min(most, 2 * steps)) {
    const found = bidiagonalize(a, start, steps, k);
    if (found !== null) return found;
    // All directions were gone through: what is not settled now is rounding.
    if (steps === most) return bidiagonalize(a, start, steps, k, Infinity)!;
  }
}

/** A·V = U·B with B upper bidiagonal; null if the k largest values of B are not those of A yet. */
function bidiagonalize(a: LinearMap, start: Float64Array, steps: number, k: number, accept = 1e-13): Svd | null {
  const { rows, cols } = a;
  const v = new Float64Array((steps + 1) * cols);
  const u = new Float64Array(steps * rows);
  const b = new Float64Array(steps * steps);
  v.set(start);
  orthonormalizeRow(v, 0, cols);
  let beta = 0;
  for (let j = 0; j < steps; j++) {
    const ahead = a.times(v.slice(j * cols, (j + 1) * cols), 1);
    b[j * steps + j] = place(u, ahead, j, rows);
    const back = a.transposedTimes(u.slice(j * rows, (j + 1) * rows), 1);
    beta = place(v, back, j + 1, cols);
    if (j + 1 < steps) b[j * steps + j + 1] = beta;
  }
  const small = svd(b, steps, steps);
  // A vector of B is one of A up to β times the last entry of its left partner, (B·x)_last / σ.
  const last = b[steps * steps - 1]!;
  for (let j = 0; j < k; j++) {
    const value = small.values[j]!;
    const left = value === 0 ? 0 : (last * small.vectors[j * steps + steps - 1]!) / value;
    if (Math.abs(beta * left) > accept * small.values[0]!) return null;
  }
  const vectors = new Float64Array(k * cols);
  for (let j = 0; j < k; j++) {
    for (let p = 0; p < steps; p++) {
      const weight = small.vectors[j * steps + p]!;
      for (let c = 0; c < cols; c++) vectors[j * cols + c]! += weight * v[p * cols + c]!;
    }
  }
  return { values: small.values.slice(0, k), vectors };
}

/** Writes x, made orthonormal to the rows before, to row `at`; returns the length it had left. */
function place(rows: Float64Array, x: Float64Array, at: number, n: number): number {
  rows.set(x, at * n);
  const length = Math.sqrt(x.reduce((sum, v) => sum + v * v, 0));
  const share = orthonormalizeRow(rows, at, n);
  return length * share;
}
