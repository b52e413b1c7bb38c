import type { Rng } from '../../core/rng';
import type { Dense } from '../../data/matrix';

/** Above this many samples, bin thresholds come from a random draw of that many. */
const SUBSAMPLE = 200_000;
/** Thresholds are kept below it: an infinite one is a split of missing from present values. */
const ALMOST_INFINITE = 1e300;

/** How the values of each feature become integers. */
export interface Bins {
  /**
   * By feature. Of numbers: ascending upper bounds, bin b holds thresholds[b − 1] < x ≤ thresholds[b]. Of categories: the
   * categories, ascending; category c is in bin c.
   */
  readonly thresholds: readonly Float64Array[];
  /** How many bins a feature uses, that of missing values aside. */
  readonly counts: Int32Array;
  /** The bin of missing values, the last of all features. */
  readonly missing: number;
  readonly isCategorical: Uint8Array;
}

/** Values as bins: uint8 `[features, samples]`, feature by feature. */
export interface Binned {
  readonly data: Uint8Array;
  readonly rows: number;
  readonly cols: number;
  /** By feature: whether some value is missing. */
  readonly hasMissing: Uint8Array;
}

/**
 * Thresholds of all features.
 *
 * @param categories - by feature the categories that occur, ascending; null for a feature of numbers.
 * @param rng - draws the samples that thresholds come from where there are many.
 */
export function findBins(
  X: Dense,
  maxBins: number,
  categories: readonly (Float64Array | null)[],
  rng: () => Rng,
): Bins {
  const sampled = X.rows > SUBSAMPLE ? rng().permutation(X.rows).subarray(0, SUBSAMPLE) : null;
  const thresholds = categories.map((known, c) => known ?? findThresholds(sortedColumn(X, c, sampled), maxBins));
  return {
    thresholds,
    counts: Int32Array.from(thresholds, (t, c) => t.length + Number(categories[c] === null)),
    missing: maxBins,
    isCategorical: Uint8Array.from(categories, (known) => Number(known !== null)),
  };
}

/** The values of a column that are not missing, ascending. */
function sortedColumn(X: Dense, c: number, sampled: Int32Array | null): Float64Array {
  const n = sampled === null ? X.rows : sampled.length;
  const out = new Float64Array(n);
  let kept = 0;
  for (let i = 0; i < n; i++) {
    const v = X.data[(sampled === null ? i : sampled[i]!) * X.cols + c]!;
    if (v === v) out[kept++] = v;
  }
  return out.subarray(0, kept).sort();
}

/**
 * Midpoints between neighbours where there are at most `maxBins` distinct values; else the percentiles that divide the
 * values into `maxBins` parts, by NumPy's method `averaged_inverted_cdf`.
 */
function findThresholds(sorted: Float64Array, maxBins: number): Float64Array {
  const distinct = distinctUpTo(sorted, maxBins);
  const out =
    distinct === null
      ? Float64Array.from({ length: maxBins - 1 }, (_, i) => percentile(sorted, ((i + 1) * (100 / maxBins)) / 100))
      : Float64Array.from(
          { length: Math.max(0, distinct.length - 1) },
          (_, i) => 0.5 * (distinct[i]! + distinct[i + 1]!),
        );
  for (let i = 0; i < out.length; i++) out[i] = Math.min(out[i]!, ALMOST_INFINITE);
  return out.filter((v, i) => i === 0 || v !== out[i - 1]);
}

/** The distinct values of an ascending list, or null where there are more than `most`. */
function distinctUpTo(sorted: Float64Array, most: number): readonly number[] | null {
  const distinct: number[] = [];
  for (let i = 0; i < sorted.length; i++) {
    if (i > 0 && sorted[i] === sorted[i - 1]) continue;
    if (distinct.length === most) return null;
    distinct.push(sorted[i]!);
  }
  return distinct;
}

/** The smallest value that at least a part `q` of the values does not exceed; the mean with the next one where exactly. */
function percentile(sorted: Float64Array, q: number): number {
  const at = sorted.length * q - 1;
  const below = Math.max(0, Math.floor(at));
  const next = sorted[Math.min(below + 1, sorted.length - 1)]!;
  return at === below ? next - (next - sorted[below]!) * 0.5 : next;
}

/** Puts all values into their bins. */
export function toBins(X: Dense, bins: Bins): Binned {
  const { rows, cols } = X;
  const data = new Uint8Array(rows * cols);
  const hasMissing = new Uint8Array(cols);
  for (let c = 0; c < cols; c++) {
    const column = data.subarray(c * rows, (c + 1) * rows);
    hasMissing[c] = Number(binColumn(X, c, bins, column));
  }
  return { data, rows, cols, hasMissing };
}

/** Bins a column; says whether some value was missing. Negative categories count as missing. */
function binColumn(X: Dense, c: number, { thresholds, missing, isCategorical }: Bins, out: Uint8Array): boolean {
  const bounds = thresholds[c]!;
  const least = isCategorical[c] === 1 ? 0 : Number.NEGATIVE_INFINITY;
  let someMissing = false;
  for (let i = 0, at = c; i < out.length; i++, at += X.cols) {
    const v = X.data[at]!;
    if (!(v >= least)) {
      out[i] = missing;
      someMissing = true;
      continue;
    }
    let low = 0;
    for (let size = bounds.length; size > 0; ) {
      const half = size >> 1;
      // Written so that it compiles to a conditional move: which way a search goes can't be predicted.
      const isAbove = v > bounds[low + half]! ? 1 : 0;
      low += isAbove * (half + 1);
      size = isAbove * (size - half - 1) + (1 - isAbove) * half;
    }
    out[i] = low;
  }
  return someMissing;
}
