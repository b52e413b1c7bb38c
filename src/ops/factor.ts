import { ConfigError } from '../core/errors';

/** A = Pᵀ·L·U in one matrix: U on and above the diagonal, L (with ones on its diagonal) below. */
export interface LU {
  readonly lu: Float64Array;
  readonly n: number;
  /** Row `order[i]` of A came to be row i. */
  readonly order: Int32Array;
  /** Determinant of P: 1 or −1. */
  readonly sign: number;
}

/**
 * LU factorisation with partial pivoting of the row-major n × n matrix `a`, which is overwritten.
 *
 * @param what - the operation to name in the error when the matrix is singular; null to accept that.
 * @param index - which matrix of a batch this is, for the error.
 * @throws ConfigError when the matrix is singular.
 */
export function factorLU(a: Float64Array, n: number, what: string | null, index: number): LU {
  const order = Int32Array.from({ length: n }, (_, i) => i);
  let sign = 1;
  for (let c = 0; c < n; c++) {
    const p = pivotRow(a, n, c);
    if (a[p * n + c] === 0) {
      if (what !== null) {
        throw new ConfigError(
          `${what}: matrix ${index} of ${n} × ${n} is singular: column ${c} depends on those before it. ` +
            'Remove dependent columns, or add a small multiple of the identity.',
        );
      }
      continue;
    }
    if (p !== c) {
      swapRows(a, n, p, c);
      [order[p], order[c]] = [order[c]!, order[p]!];
      sign = -sign;
    }
    eliminate(a, n, c);
  }
  return { lu: a, n, order, sign };
}

/** The row from `c` down with the largest entry in column `c`. */
function pivotRow(a: Float64Array, n: number, c: number): number {
  let best = c;
  for (let r = c + 1; r < n; r++) {
    if (Math.abs(a[r * n + c]!) > Math.abs(a[best * n + c]!)) best = r;
  }
  return best;
}

function swapRows(a: Float64Array, n: number, r: number, s: number): void {
  const row = a.slice(r * n, (r + 1) * n);
  a.copyWithin(r * n, s * n, (s + 1) * n);
  a.set(row, s * n);
}

function eliminate(a: Float64Array, n: number, c: number): void {
  for (let r = c + 1; r < n; r++) {
    const factor = a[r * n + c]! / a[c * n + c]!;
    a[r * n + c] = factor;
    if (factor === 0) continue;
    for (let j = c + 1; j < n; j++) a[r * n + j]! -= factor * a[c * n + j]!;
  }
}

/** Replaces the k right-hand sides in `b` (row-major n × k) by the solutions of A·x = b. */
export function solveLU({ lu, n, order }: LU, b: Float64Array, k: number): void {
  const right = b.slice();
  for (let i = 0; i < n; i++) b.set(right.subarray(order[i]! * k, (order[i]! + 1) * k), i * k);
  for (let i = 0; i < n; i++) {
    for (let p = 0; p < i; p++) subtractRow(b, k, i, p, lu[i * n + p]!);
  }
  for (let i = n - 1; i >= 0; i--) {
    for (let p = i + 1; p < n; p++) subtractRow(b, k, i, p, lu[i * n + p]!);
    for (let j = 0; j < k; j++) b[i * k + j]! /= lu[i * n + i]!;
  }
}

function subtractRow(b: Float64Array, k: number, target: number, source: number, factor: number): void {
  if (factor === 0) return;
  for (let j = 0; j < k; j++) b[target * k + j]! -= factor * b[source * k + j]!;
}

/**
 * The lower triangular L with A = L·Lᵀ; reads the lower triangle of the row-major n × n matrix `a`.
 *
 * @param index - which matrix of a batch this is, for the error.
 * @throws ConfigError when the matrix is not positive definite.
 */
export function factorCholesky(a: Float64Array, n: number, index: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let rest = a[i * n + j]!;
      for (let p = 0; p < j; p++) rest -= l[i * n + p]! * l[j * n + p]!;
      if (i !== j) l[i * n + j] = rest / l[j * n + j]!;
      else if (rest > 0) l[i * n + i] = Math.sqrt(rest);
      else {
        throw new ConfigError(
          `cholesky: matrix ${index} of ${n} × ${n} is not positive definite: its leading minor of order ${i + 1} is not positive. ` +
            'Check that it is symmetric, or add a small multiple of the identity.',
        );
      }
    }
  }
  return l;
}
