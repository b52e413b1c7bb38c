import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { chi2Survival, fSurvival } from '../core/special';
import { checkAreClasses, checkSameLength, type Encoded, encodeLabels, type Labels, readLabels } from '../data/labels';
import { countFeatures, countSamples, type Matrix, readSamples, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { readVector, type Vector } from '../data/vector';

/** How much each feature tells of the target, and how probable at least so much is by chance. */
export interface FeatureScores {
  /** `[features]`; the more, the better. */
  readonly scores: Float64Array;
  /** `[features]`, where the score has a distribution. */
  readonly pValues?: Float64Array | undefined;
}

/** Calls `see` for every value that may differ from 0. */
export function eachEntry(X: Samples, see: (row: number, column: number, value: number) => void): void {
  if (isSparse(X)) {
    for (let r = 0; r < X.shape[0]; r++)
      for (let e = X.indptr[r]!; e < X.indptr[r + 1]!; e++) see(r, X.indices[e]!, X.data[e]!);
    return;
  }
  for (let r = 0, at = 0; r < X.rows; r++) for (let c = 0; c < X.cols; c++, at++) see(r, c, X.data[at]!);
}

/** Samples and classes, read and checked. */
export function readClasses(X: Matrix, y: Labels, what: string): { X: Samples; classes: Encoded } {
  const samples = readSamples(X, `${what}: X`);
  const labels = readLabels(y, `${what}: y`);
  checkSameLength(countSamples(samples), labels.length, what);
  checkAreClasses(labels, `${what}: y`, 'For measurements use fRegression or mutualInfoRegression.');
  const classes = encodeLabels(labels);
  if (classes.classes.length < 2) throw new ConfigError(`${what}: y has one class. At least two are needed.`);
  return { X: samples, classes };
}

/**
 * Analysis of variance: F of each feature, the variance between the classes over the one within them.
 *
 * @param X - `[samples, features]`, dense or sparse, finite.
 * @param y - one label per sample.
 * @returns F and its p-values; NaN for a constant feature.
 * @throws ConfigError for NaN, infinity or one class; ShapeError for data that does not fit together.
 *
 * @example
 * ```ts
 * import { fClassif } from 'kompakt/preprocessing';
 * const { scores, pValues } = fClassif([[1, 5], [2, 4], [8, 5], [9, 4]], [0, 0, 1, 1]);
 * console.log(scores, pValues![0]!.toFixed(3)); // → Float64Array(2) [ 98, 0 ] 0.010
 * ```
 */
export function fClassif(X: Matrix, y: Labels): FeatureScores {
  const { X: samples, classes } = readClasses(X, y, 'fClassif');
  const cols = countFeatures(samples);
  const k = classes.classes.length;
  const n = classes.codes.length;
  const shift = meansOf(samples);
  const isMoved = !isSparse(samples);
  const sums = new Float64Array(k * cols);
  const squares = new Float64Array(cols);
  // Sums of squares of values far from 0 would lose digits: a dense table is moved to its means first.
  eachEntry(samples, (r, c, v) => {
    const d = isMoved ? v - shift[c]! : v;
    sums[classes.codes[r]! * cols + c]! += d;
    squares[c]! += d * d;
  });
  const scores = new Float64Array(cols);
  for (let c = 0; c < cols; c++) {
    let all = 0;
    let between = 0;
    for (let g = 0; g < k; g++) {
      const sum = sums[g * cols + c]!;
      all += sum;
      between += (sum * sum) / classes.counts[g]!;
    }
    const correction = (all * all) / n;
    const within = squares[c]! - between;
    scores[c] = (between - correction) / (k - 1) / (within / (n - k));
  }
  return { scores, pValues: scores.map((f) => fSurvival(f, k - 1, n - k)) };
}

function meansOf(X: Samples): Float64Array {
  const sums = new Float64Array(countFeatures(X));
  eachEntry(X, (_, c, v) => {
    sums[c]! += v;
  });
  return sums.map((s) => s / countSamples(X));
}

/**
 * χ² of each feature of counts and the classes: Σ (observed − expected)² / expected over the classes.
 *
 * @param X - counts or frequencies `[samples, features]`, dense or sparse, none negative.
 * @param y - one label per sample.
 * @returns χ² and its p-values; NaN for a feature of zeros.
 * @throws ConfigError for negative values, NaN, infinity or one class; ShapeError for data that does not fit together.
 *
 * @example
 * ```ts
 * import { chi2 } from 'kompakt/preprocessing';
 * console.log(chi2([[3, 1], [5, 1], [0, 2], [0, 2]], ['a', 'a', 'b', 'b']).scores); // → Float64Array(2) [ 8, 0.6666666666666666 ]
 * ```
 */
export function chi2(X: Matrix, y: Labels): FeatureScores {
  const { X: samples, classes } = readClasses(X, y, 'chi2');
  const cols = countFeatures(samples);
  const k = classes.classes.length;
  const n = classes.codes.length;
  const observed = new Float64Array(k * cols);
  const totals = new Float64Array(cols);
  eachEntry(samples, (r, c, v) => {
    if (v < 0) throw new ConfigError(`chi2: X: found ${v} at row ${r}, column ${c}. Counts must not be negative.`);
    observed[classes.codes[r]! * cols + c]! += v;
    totals[c]! += v;
  });
  const scores = totals.map((total, c) => {
    let sum = 0;
    for (let g = 0; g < k; g++) {
      const expected = (classes.counts[g]! / n) * total;
      sum += (observed[g * cols + c]! - expected) ** 2 / expected;
    }
    return sum;
  });
  return { scores, pValues: scores.map((x) => (Number.isNaN(x) ? x : chi2Survival(x, k - 1))) };
}

export interface RRegressionOptions {
  /** Subtract the means first; true by default. */
  readonly center?: boolean | undefined;
  /** Make 0 of what is not defined, and the greatest number of infinity; true by default. */
  readonly forceFinite?: boolean | undefined;
}

/**
 * Pearson's correlation of each feature with the target.
 *
 * @param X - `[samples, features]`, dense or sparse, finite.
 * @param y - one value per sample.
 * @param options - `center = true`, `forceFinite = true`.
 * @throws ConfigError for NaN or infinity; ShapeError for data that does not fit together.
 *
 * @example
 * ```ts
 * import { rRegression } from 'kompakt/preprocessing';
 * console.log(rRegression([[1, 7], [2, 7], [3, 7]], [2, 4, 6]).map(Math.round)); // → Float64Array(2) [ 1, 0 ]
 * ```
 */
export function rRegression(X: Matrix, y: Vector, options: RRegressionOptions = {}): Float64Array {
  return correlations(X, y, options, 'rRegression').r;
}

function correlations(X: Matrix, y: Vector, options: RRegressionOptions, what: string): { r: Float64Array; n: number } {
  checkOptions(options, ['center', 'forceFinite'], what);
  const { center = true, forceFinite = true } = options;
  const samples = readSamples(X, `${what}: X`);
  const n = countSamples(samples);
  const target = readVector(y, `${what}: y`, n);
  const mean = center ? target.reduce((a, b) => a + b, 0) / n : 0;
  const cols = countFeatures(samples);
  const shift = center && !isSparse(samples) ? meansOf(samples) : new Float64Array(cols);
  const sums = new Float64Array(cols);
  const squares = new Float64Array(cols);
  const products = new Float64Array(cols);
  eachEntry(samples, (r, c, v) => {
    const d = v - shift[c]!;
    sums[c]! += d;
    squares[c]! += d * d;
    products[c]! += d * (target[r]! - mean);
  });
  const length = Math.sqrt(target.reduce((s, v) => s + (v - mean) ** 2, 0));
  const r = products.map((p, c) => {
    const spread = center ? squares[c]! - sums[c]! ** 2 / n : squares[c]!;
    return p / Math.sqrt(Math.max(0, spread)) / length;
  });
  return { r: forceFinite ? r.map((v) => (Number.isNaN(v) ? 0 : v)) : r, n };
}

/**
 * F of a linear regression on each feature alone: r² / (1 − r²) · (n − 2), with r its correlation with the target.
 *
 * @param X - `[samples, features]`, dense or sparse, finite.
 * @param y - one value per sample.
 * @param options - `center = true`, `forceFinite = true`.
 * @returns F and its p-values.
 * @throws ConfigError for NaN or infinity; ShapeError for data that does not fit together.
 *
 * @example
 * ```ts
 * import { fRegression } from 'kompakt/preprocessing';
 * const { scores, pValues } = fRegression([[1], [2], [3], [4]], [1, 3, 2, 4]);
 * console.log(scores[0]!.toFixed(3), pValues![0]!.toFixed(3)); // → 3.556 0.200
 * ```
 */
export function fRegression(X: Matrix, y: Vector, options: RRegressionOptions = {}): FeatureScores {
  const { r, n } = correlations(X, y, options, 'fRegression');
  const freedom = n - (options.center === false ? 1 : 2);
  const raw = r.map((v) => ((v * v) / (1 - v * v)) * freedom);
  const pValues = raw.map((f) => fSurvival(f, 1, freedom));
  if (options.forceFinite === false) return { scores: raw, pValues };
  const scores = raw.map((f) => (Number.isNaN(f) ? 0 : f === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : f));
  return { scores, pValues: pValues.map((p, c) => (Number.isNaN(raw[c]) ? 1 : p)) };
}
