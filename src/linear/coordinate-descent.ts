import type { CoordinateColumns } from './coordinate-columns';
import { dot, maxAbs } from './vectors';

/** ½‖X·w − y‖² + `l1`·‖w‖₁ + ½ `l2`·‖w‖². */
export interface CoordinateProblem {
  /** With the residual y − X·w of the coefficients to start from. */
  readonly columns: CoordinateColumns;
  readonly y: Float64Array;
  readonly l1: number;
  readonly l2: number;
  /** Ends when the duality gap is below this times ‖y‖². */
  readonly tol: number;
  readonly maxIter: number;
  readonly positive: boolean;
  /** Which coefficient is next, when not one after the other. */
  readonly next: (() => number) | null;
}

export interface CoordinateResult {
  /** How far the objective may at most be above its minimum. */
  readonly gap: number;
  readonly iterations: number;
  readonly converged: boolean;
}

/**
 * Coordinate descent: minimises exactly over one coefficient after the other, until the duality gap proves the result.
 *
 * Reference: Friedman, Hastie, Tibshirani 2010, “Regularization Paths for Generalized Linear Models via Coordinate Descent”;
 * Kim et al. 2007, “An Interior-Point Method for Large-Scale L1-Regularized Least Squares” for the gap.
 *
 * @param w - where to start; replaced by the result.
 */
export function descend(problem: CoordinateProblem, w: Float64Array): CoordinateResult {
  const { y, tol, maxIter } = problem;
  const enough = tol * dot(y, y);
  let gap = Number.POSITIVE_INFINITY;
  let iterations = 0;
  while (iterations < maxIter) {
    const { largest, change } = sweep(problem, w);
    iterations++;
    if (largest !== 0 && change / largest >= tol && iterations < maxIter) continue;
    gap = dualityGap(problem, w);
    if (gap < enough) return { gap, iterations, converged: true };
  }
  return { gap, iterations, converged: false };
}

/** As many steps as there are coefficients; the largest coefficient and the largest change. */
function sweep({ columns, l1, l2, positive, next }: CoordinateProblem, w: Float64Array) {
  const { squares } = columns;
  let largest = 0;
  let change = 0;
  for (let k = 0; k < w.length; k++) {
    const j = next === null ? k : next();
    const square = squares[j]!;
    if (square === 0) continue;
    const before = w[j]!;
    const slope = columns.dot(j) + before * square;
    const size = Math.max((positive ? slope : Math.abs(slope)) - l1, 0) / (square + l2);
    const after = slope < 0 ? -size : size;
    if (after !== before) {
      w[j] = after;
      columns.add(j, before - after);
    }
    change = Math.max(change, Math.abs(after - before));
    largest = Math.max(largest, Math.abs(after));
  }
  return { largest, change };
}

function dualityGap({ columns, y, l1, l2, positive }: CoordinateProblem, w: Float64Array): number {
  const r = columns.residual();
  const slopes = Float64Array.from(w, (v, j) => columns.dot(j) - l2 * v);
  const dualNorm = positive ? slopes.reduce((m, v) => Math.max(m, v), Number.NEGATIVE_INFINITY) : maxAbs(slopes);
  const rr = dot(r, r);
  // The residual scaled until it is feasible in the dual.
  const scale = dualNorm > l1 ? l1 / dualNorm : 1;
  const fit = dualNorm > l1 ? 0.5 * (rr + rr * scale * scale) : rr;
  const size = w.reduce((s, v) => s + Math.abs(v), 0);
  return fit + l1 * size - scale * dot(r, y) + 0.5 * l2 * (1 + scale * scale) * dot(w, w);
}
