import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { type Dense, type Matrix, readMatrix } from '../data/matrix';
import { readVector, type Vector } from '../data/vector';
import { quantile } from './quantiles';

/** How far two distributions are apart, and how likely at least that much is when they are the same. */
export interface KolmogorovSmirnov {
  /** The largest difference of the cumulative distributions, 0 to 1. */
  readonly statistic: number;
  /** By the limiting distribution for many samples. */
  readonly pValue: number;
}

/**
 * The two-sample Kolmogorov–Smirnov test: the largest difference between both empirical cumulative distributions.
 *
 * @param a - one sample of numbers.
 * @param b - the other.
 * @returns the statistic, and its asymptotic two-sided p-value.
 * @throws ConfigError for NaN or infinity; ShapeError for nothing.
 *
 * Reference: Hodges 1958, “The significance probability of the Smirnov two-sample test”.
 *
 * @example
 * ```ts
 * import { kolmogorovSmirnov } from 'kompakt/metrics';
 * console.log(kolmogorovSmirnov([1, 2, 3, 4], [3, 4, 5, 6]).statistic); // → 0.5
 * ```
 */
export function kolmogorovSmirnov(a: Vector, b: Vector): KolmogorovSmirnov {
  const x = readSample(a, 'kolmogorovSmirnov: a').slice().sort();
  const y = readSample(b, 'kolmogorovSmirnov: b').slice().sort();
  let statistic = 0;
  for (let i = 0, j = 0; i < x.length && j < y.length; ) {
    const at = Math.min(x[i]!, y[j]!);
    while (i < x.length && x[i]! <= at) i++;
    while (j < y.length && y[j]! <= at) j++;
    statistic = Math.max(statistic, Math.abs(i / x.length - j / y.length));
  }
  const effective = (x.length * y.length) / (x.length + y.length);
  return { statistic, pValue: kolmogorovTail(statistic * Math.sqrt(effective)) };
}

function readSample(x: Vector, what: string): Float64Array {
  const values = readVector(x, what);
  if (values.length === 0) throw new ConfigError(`${what}: is empty. Give at least one value.`);
  return values;
}

/** P(K > z) of the Kolmogorov distribution; of its two series the one that converges fast. */
function kolmogorovTail(z: number): number {
  if (z <= 0) return 1;
  let sum = 0;
  if (z < 1.18) {
    for (let k = 1; k < 20; k += 2) sum += Math.exp(-((k * Math.PI) ** 2) / (8 * z * z));
    return 1 - (Math.sqrt(2 * Math.PI) / z) * sum;
  }
  for (let k = 1; k < 20; k++) sum += (k % 2 === 1 ? 2 : -2) * Math.exp(-2 * (k * z) ** 2);
  return Math.min(1, Math.max(0, sum));
}

export interface StabilityOptions {
  /** Number of bins, each with as many values of the reference; 10 by default. */
  readonly nBins?: number | undefined;
}

/**
 * The population stability index: Σ (qᵢ − pᵢ)·ln(qᵢ/pᵢ) over bins that are quantiles of the reference. Below 0.1 usually
 * counts as stable, above 0.25 as a shift.
 *
 * Shares of empty bins count as half a value, so that the index stays finite.
 *
 * @param reference - the values a model was made with.
 * @param current - the values it meets now.
 * @param options - `nBins = 10`.
 * @throws ConfigError for a number of bins that is none, NaN or infinity.
 *
 * Reference: Siddiqi 2006, “Credit Risk Scorecards”.
 *
 * @example
 * ```ts
 * import { populationStabilityIndex } from 'kompakt/metrics';
 * const before = Array.from({ length: 100 }, (_, i) => i);
 * console.log(populationStabilityIndex(before, before), populationStabilityIndex(before, before.map((v) => v + 50)) > 0.25); // → 0 true
 * ```
 */
export function populationStabilityIndex(reference: Vector, current: Vector, options: StabilityOptions = {}): number {
  const what = 'populationStabilityIndex';
  checkOptions(options, ['nBins'], what);
  const { nBins = 10 } = options;
  if (!Number.isInteger(nBins) || nBins < 2)
    throw new ConfigError(`${what}: nBins must be an integer ≥ 2, got ${shown(nBins)}.`);
  const p = readSample(reference, `${what}: reference`);
  const q = readSample(current, `${what}: current`);
  const edges = new Set(Array.from({ length: nBins - 1 }, (_, i) => quantile(p, (i + 1) / nBins)));
  const inner = Float64Array.from(edges);
  const share = (values: Float64Array): number[] => {
    const counts = new Array<number>(inner.length + 1).fill(0);
    for (const v of values) {
      let bin = 0;
      while (bin < inner.length && v > inner[bin]!) bin++;
      counts[bin]!++;
    }
    return counts.map((c) => (c === 0 ? 0.5 : c) / values.length);
  };
  const [before, now] = [share(p), share(q)];
  return before.reduce((sum, v, i) => sum + (now[i]! - v) * Math.log(now[i]! / v), 0);
}

/** How far a feature has moved. */
export interface FeatureDrift {
  readonly feature: number;
  readonly statistic: number;
  readonly pValue: number;
  readonly stabilityIndex: number;
  /** Whether the p-value, times the number of features, is below `alpha` (Bonferroni). */
  readonly drifted: boolean;
}

export interface DriftOptions extends StabilityOptions {
  /** How often an unchanged data set may be called drifted; 0.05 by default. */
  readonly alpha?: number | undefined;
}

/**
 * Compares two data sets feature by feature: such as the one a model was trained on with the one it meets. What shows only
 * in several features together is found by `classifierDrift` of kompakt/model-selection.
 *
 * @param reference - `[samples, features]`.
 * @param current - `[samples, features]`, the same features.
 * @param options - `alpha = 0.05`, `nBins = 10`.
 * @returns one entry per feature, in their order.
 * @throws ShapeError when the features differ in number; ConfigError for NaN or infinity.
 *
 * @example
 * ```ts
 * import { featureDrift } from 'kompakt/metrics';
 * const before = Array.from({ length: 60 }, (_, i) => [i, i % 7]);
 * const now = before.map(([a, b]) => [a! + 40, b!]);
 * console.log(featureDrift(before, now).map((f) => f.drifted)); // → [ true, false ]
 * ```
 */
export function featureDrift(reference: Matrix, current: Matrix, options: DriftOptions = {}): FeatureDrift[] {
  const what = 'featureDrift';
  checkOptions(options, ['alpha', 'nBins'], what);
  const { alpha = 0.05 } = options;
  if (!(alpha > 0 && alpha < 1)) throw new ConfigError(`${what}: alpha must be in (0, 1), got ${shown(alpha)}.`);
  const before = readMatrix(reference, `${what}: reference`);
  const now = readMatrix(current, `${what}: current`, { cols: before.cols });
  return Array.from({ length: before.cols }, (_, feature) => {
    const [a, b] = [columnOf(before, feature), columnOf(now, feature)];
    const test = kolmogorovSmirnov(a, b);
    const stabilityIndex = populationStabilityIndex(a, b, { nBins: options.nBins });
    return { feature, ...test, stabilityIndex, drifted: test.pValue * before.cols < alpha };
  });
}

const columnOf = ({ data, rows, cols }: Dense, c: number): Float64Array =>
  Float64Array.from({ length: rows }, (_, r) => data[r * cols + c]!);
