import { reduceRows, solveReduced } from './orthogonal';
import { dot } from './vectors';

/**
 * Coefficients w ≥ 0 that minimise ‖R·w − c‖, by the active-set method.
 *
 * @param R - `[p, p + 1]`: a triangle with c as its last column.
 *
 * Reference: Lawson & Hanson 1974, “Solving Least Squares Problems”, chapter 23.
 */
export function nonnegativeLeastSquares(R: Float64Array, p: number): Float64Array {
  const columns = Array.from({ length: p + 1 }, (_, j) =>
    Float64Array.from({ length: p }, (_v, i) => R[i * (p + 1) + j]!),
  );
  const c = columns[p]!;
  let w = new Float64Array(p);
  const free = new Set<number>();
  const size = Math.max(...columns.map((col) => Math.sqrt(dot(col, col))));
  const tolerance = 10 * p * Number.EPSILON * size * Math.sqrt(dot(c, c));
  for (let round = 0; round < 3 * p + 10; round++) {
    const rest = residual(columns, c, w);
    const slopes = columns.slice(0, p).map((col, j) => (free.has(j) ? Number.NEGATIVE_INFINITY : dot(col, rest)));
    const steepest = slopes.indexOf(Math.max(...slopes));
    if (free.size === p || !(slopes[steepest]! > tolerance)) break;
    free.add(steepest);
    w = backToFeasible(columns, c, w, free);
  }
  return w;
}

/** The least squares over the free coefficients, giving up those that would turn negative. */
function backToFeasible(
  columns: readonly Float64Array[],
  c: Float64Array,
  start: Float64Array<ArrayBuffer>,
  free: Set<number>,
): Float64Array<ArrayBuffer> {
  let w = start;
  for (;;) {
    const chosen = [...free].sort((a, b) => a - b);
    const found = solveFor(columns, c, chosen);
    const target = new Float64Array(w.length);
    chosen.forEach((j, k) => {
      target[j] = found[k]!;
    });
    const negative = chosen.filter((j) => target[j]! <= 0);
    if (negative.length === 0) return target;
    const step = Math.min(...negative.map((j) => w[j]! / (w[j]! - target[j]!)));
    const now = w;
    w = now.map((v, j) => v + (Number.isFinite(step) ? step : 0) * (target[j]! - v));
    for (const j of negative) {
      if (w[j]! > 1e-14 * Math.abs(target[j]!)) continue;
      w[j] = 0;
      free.delete(j);
    }
  }
}

function solveFor(columns: readonly Float64Array[], c: Float64Array, chosen: readonly number[]): Float64Array {
  const k = chosen.length;
  const R = new Float64Array(k * (k + 1));
  const rows = c.length;
  reduceRows(
    rows,
    k,
    1,
    (from, count, block, stride) => {
      chosen.forEach((j, at) => {
        block.set(columns[j]!.subarray(from, from + count), at * stride);
      });
      block.set(c.subarray(from, from + count), k * stride);
    },
    R,
  );
  return solveReduced(R, k, 1, rows * Number.EPSILON).solutions[0]!;
}

function residual(columns: readonly Float64Array[], c: Float64Array, w: Float64Array): Float64Array {
  const out = c.slice();
  w.forEach((v, j) => {
    if (v !== 0) for (let i = 0; i < out.length; i++) out[i]! -= v * columns[j]![i]!;
  });
  return out;
}
