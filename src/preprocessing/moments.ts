import { countFeatures, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';

/** Mean and variance of each column, and how much was seen of it: samples, or their weights; NaN is not seen. */
export interface Moments {
  readonly mean: Float64Array;
  /** The sum of squared deviations divided by `count`. */
  readonly variance: Float64Array;
  readonly count: Float64Array;
}

/**
 * Moments of each column in two passes, so that a large mean costs no digits of the variance.
 *
 * @param weights - of the samples; all 1 if null.
 */
export function momentsOf(X: Samples, weights: Float64Array | null): Moments {
  const cols = countFeatures(X);
  const mean = new Float64Array(cols);
  const count = new Float64Array(cols);
  eachValue(X, weights, (c, v, w) => {
    mean[c]! += w * v;
    count[c]! += w;
  });
  for (let c = 0; c < cols; c++) mean[c] = count[c] === 0 ? Number.NaN : mean[c]! / count[c]!;
  // What rounding of the mean leaves: the second pass takes it out again.
  const rest = new Float64Array(cols);
  const variance = new Float64Array(cols);
  eachValue(X, weights, (c, v, w) => {
    const d = v - mean[c]!;
    rest[c]! += w * d;
    variance[c]! += w * d * d;
  });
  for (let c = 0; c < cols; c++)
    variance[c] = count[c] === 0 ? Number.NaN : Math.max(0, variance[c]! - rest[c]! ** 2 / count[c]!) / count[c]!;
  return { mean, variance, count };
}

/** Calls `see` for every value that is not NaN; for a sparse matrix once for all zeros of a column, with their weight. */
function eachValue(X: Samples, weights: Float64Array | null, see: (c: number, v: number, w: number) => void): void {
  if (!isSparse(X)) {
    for (let r = 0, at = 0; r < X.rows; r++) {
      const w = weights === null ? 1 : weights[r]!;
      for (let c = 0; c < X.cols; c++, at++) {
        const v = X.data[at]!;
        if (v === v) see(c, v, w);
      }
    }
    return;
  }
  const [rows, cols] = X.shape;
  const all = weights === null ? rows : weights.reduce((a, b) => a + b, 0);
  const zeros = new Float64Array(cols).fill(all);
  for (let r = 0; r < rows; r++) {
    const w = weights === null ? 1 : weights[r]!;
    for (let e = X.indptr[r]!; e < X.indptr[r + 1]!; e++) {
      const v = X.data[e]!;
      zeros[X.indices[e]!]! -= w;
      if (v === v) see(X.indices[e]!, v, w);
    }
  }
  for (let c = 0; c < cols; c++) if (zeros[c]! > 0) see(c, 0, zeros[c]!);
}

/**
 * Moments of two sets of samples together.
 *
 * Reference: Chan, Golub & LeVeque 1983, “Algorithms for computing the sample variance”, The American Statistician 37.
 */
export function mergeMoments(a: Moments, b: Moments): Moments {
  const cols = a.mean.length;
  const mean = new Float64Array(cols);
  const variance = new Float64Array(cols);
  const count = new Float64Array(cols);
  for (let c = 0; c < cols; c++) {
    const [n, m] = [a.count[c]!, b.count[c]!];
    const whole = n + m;
    count[c] = whole;
    if (n === 0 || m === 0) {
      const only = n === 0 ? b : a;
      mean[c] = only.mean[c]!;
      variance[c] = only.variance[c]!;
      continue;
    }
    const apart = b.mean[c]! - a.mean[c]!;
    mean[c] = (n * a.mean[c]! + m * b.mean[c]!) / whole;
    variance[c] = (n * a.variance[c]! + m * b.variance[c]! + (apart * apart * n * m) / whole) / whole;
  }
  return { mean, variance, count };
}

/** Whether a column is constant but for rounding, given its moments. */
export function isConstant(mean: number, variance: number, count: number): boolean {
  const eps = Number.EPSILON;
  return variance <= count * eps * variance + (count * mean * eps) ** 2;
}
