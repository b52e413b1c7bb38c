import type { Dense } from '../data/matrix';
import type { Centred } from './centre';
import { addAt } from './vectors';

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

/** How many rows are taken at once, so that each sum is read and written once for all of them. */
const AT_ONCE = 4;

/** The lower triangle of XᵀX, and Xᵀy for every target. */
function normalEquations({ X, mean, root, targets }: Centred) {
  const { data, rows, cols: p } = X as Dense;
  const gram = new Float64Array(p * p);
  const products = targets.map(() => new Float64Array(p));
  const block = new Float64Array(AT_ONCE * p);
  for (let from = 0; from < rows; from += AT_ONCE) {
    const count = Math.min(AT_ONCE, rows - from);
    block.fill(0);
    for (let k = 0; k < count; k++) {
      const s = root === null ? 1 : root[from + k]!;
      for (let j = 0, at = (from + k) * p; j < p; j++, at++) block[k * p + j] = (data[at]! - mean[j]!) * s;
    }
    addSquare(block, p, gram);
    targets.forEach((y, t) => {
      for (let k = 0; k < count; k++) addAt(products[t]!, 0, y[from + k]!, block, k * p, p);
    });
  }
  return { gram, products };
}

/** Adds BᵀB of the four rows B to the lower triangle. */
function addSquare(block: Float64Array, p: number, gram: Float64Array): void {
  for (let a = 0; a < p; a++) {
    const v0 = block[a]!;
    const v1 = block[p + a]!;
    const v2 = block[2 * p + a]!;
    const v3 = block[3 * p + a]!;
    const row = a * p;
    for (let b = 0; b <= a; b++) {
      gram[row + b]! += v0 * block[b]! + v1 * block[p + b]! + (v2 * block[2 * p + b]! + v3 * block[3 * p + b]!);
    }
  }
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
