import type { Dense } from '../data/matrix';
import type { Centred } from './centre';

/**
 * The coefficients that minimise ‖X·w − y‖² + α‖w‖², from the Cholesky factor of XᵀX + αI; null where rounding leaves that
 * without one.
 */
export function solveByCholesky(problem: Centred, alpha: number): readonly Float64Array[] | null {
  const p = (problem.X as Dense).cols;
  const { gram, products } = normalEquations(problem);
  for (let j = 0; j < p; j++) gram[j * p + j]! += alpha;
  if (!factor(gram, p)) return null;
  for (const b of products) {
    for (let i = 0; i < p; i++) {
      let s = b[i]!;
      for (let j = 0; j < i; j++) s -= gram[i * p + j]! * b[j]!;
      b[i] = s / gram[i * p + i]!;
    }
    for (let i = p - 1; i >= 0; i--) {
      let s = b[i]!;
      for (let j = i + 1; j < p; j++) s -= gram[j * p + i]! * b[j]!;
      b[i] = s / gram[i * p + i]!;
    }
  }
  return products;
}

/** The lower triangle of XᵀX, and Xᵀy for every target. */
function normalEquations({ X, mean, root, targets }: Centred) {
  const { data, rows, cols: p } = X as Dense;
  const gram = new Float64Array(p * p);
  const products = targets.map(() => new Float64Array(p));
  const row = new Float64Array(p);
  for (let i = 0; i < rows; i++) {
    const s = root === null ? 1 : root[i]!;
    for (let j = 0; j < p; j++) row[j] = (data[i * p + j]! - mean[j]!) * s;
    for (let a = 0; a < p; a++) {
      const v = row[a]!;
      for (let b = 0, at = a * p; b <= a; b++, at++) gram[at]! += v * row[b]!;
    }
    targets.forEach((y, t) => {
      const v = y[i]!;
      const out = products[t]!;
      for (let j = 0; j < p; j++) out[j]! += v * row[j]!;
    });
  }
  return { gram, products };
}

/** Replaces the lower triangle by its Cholesky factor; false if it is not clearly positive definite. */
function factor(a: Float64Array, n: number): boolean {
  for (let i = 0; i < n; i++) {
    const own = a[i * n + i]!;
    for (let j = 0; j <= i; j++) {
      let rest = a[i * n + j]!;
      for (let k = 0; k < j; k++) rest -= a[i * n + k]! * a[j * n + k]!;
      if (i !== j) a[i * n + j] = rest / a[j * n + j]!;
      else if (rest > n * Number.EPSILON * own) a[i * n + i] = Math.sqrt(rest);
      else return false;
    }
  }
  return true;
}
