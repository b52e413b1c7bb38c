import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { formatShape } from '../core/shape';
import { shown } from '../core/shown';
import type { Matrix } from '../data/matrix';
import { countRows } from '../data/rows';
import { readWeights, type Vector } from '../data/vector';
import { mean, type WeightOptions } from './pair';
import { readScores } from './probabilities';
import { checkOption, UndefinedMetricWarning, type WarningOptions } from './warning';

/** Numbers to predict: one per sample, or `[samples, outputs]`. */
export type Targets = Vector | Matrix;

export interface RegressionOptions extends WeightOptions {
  /** Several outputs: their mean (default), one figure each, or the mean by these weights, one per output. */
  readonly multioutput?: 'uniformAverage' | 'rawValues' | readonly number[] | undefined;
}

/** Options of figures that compare errors with how far the truth spreads. */
export interface SpreadOptions extends WeightOptions {
  /** As of other figures; and `'varianceWeighted'`: the mean by how far each output spreads. */
  readonly multioutput?: RegressionOptions['multioutput'] | 'varianceWeighted';
  /** Whether a constant output counts as 1 or 0, as it is met or not (default), instead of NaN or −∞. */
  readonly forceFinite?: boolean | undefined;
}

interface Columns {
  readonly truth: readonly Float64Array[];
  readonly predicted: readonly Float64Array[];
  readonly weights: Float64Array | null;
}

function readColumns(yTrue: Targets, yPred: Targets, options: WeightOptions, what: string): Columns {
  const n = countRows(yTrue as never, `${what}: yTrue`);
  if (n === 0) throw new ShapeError(`${what}: there are no values to compare. Pass at least one sample.`);
  const t = readScores(yTrue, n, `${what}: yTrue`);
  const p = readScores(yPred, n, `${what}: yPred`);
  if (t.columns !== p.columns) {
    throw new ShapeError(
      `${what}: yTrue has shape ${formatShape([n, t.columns])}, yPred ${formatShape([n, p.columns])}. Give the same outputs for both.`,
    );
  }
  const split = (data: Float64Array): Float64Array[] =>
    Array.from({ length: t.columns }, (_, c) => Float64Array.from({ length: n }, (_v, i) => data[i * t.columns + c]!));
  return { truth: split(t.data), predicted: split(p.data), weights: readWeights(options.sampleWeight, n, what) };
}

/** The weight of each output; null for all alike. */
function outputWeights(given: unknown, outputs: number, what: string): readonly number[] | null {
  if (!Array.isArray(given)) return null;
  const isRight = given.every((w) => typeof w === 'number' && w >= 0 && Number.isFinite(w)) && given.some((w) => w > 0);
  if (outputs > 1 && given.length === outputs && isRight) return given as readonly number[];
  throw new ConfigError(
    `${what}: multioutput [${given.map(shown).join(', ')}] must be one weight ≥ 0 per output, not all 0, and there must be several outputs; there are ${outputs}.`,
  );
}

/**
 * A figure of each output, averaged unless asked for one by one.
 *
 * @param spread - how far an output spreads, where outputs may be weighed by that.
 */
export function overOutputs(
  yTrue: Targets,
  yPred: Targets,
  options: SpreadOptions,
  what: string,
  figure: (truth: Float64Array, predicted: Float64Array, weights: Float64Array | null) => number,
  spread?: (truth: Float64Array, weights: Float64Array | null) => number,
): number | number[] {
  const { multioutput = 'uniformAverage' } = options;
  const names = ['uniformAverage', 'rawValues', ...(spread === undefined ? [] : ['varianceWeighted'])];
  if (!Array.isArray(multioutput)) checkOption(multioutput as string, names, 'multioutput', what);
  const { truth, predicted, weights } = readColumns(yTrue, yPred, options, what);
  const figures = truth.map((t, c) => figure(t, predicted[c]!, weights));
  if (multioutput === 'rawValues') return figures;
  if (multioutput !== 'varianceWeighted') return mean(figures, outputWeights(multioutput, figures.length, what));
  const spreads = truth.map((t) => spread!(t, weights));
  return mean(figures, spreads.some((s) => s > 0) ? spreads : null);
}

/** Σ sᵢ(yᵢ − ŷᵢ)² / Σ sᵢ. */
export const squared = (t: Float64Array, p: Float64Array, w: Float64Array | null): number =>
  mean(
    t.map((v, i) => (v - p[i]!) ** 2),
    w,
  );

export type Raw<O> = O & { readonly multioutput: 'rawValues' };
export type Averaged<O> = O & {
  readonly multioutput?: 'uniformAverage' | 'varianceWeighted' | readonly number[] | undefined;
};

/** 1 − residual / spread; a constant truth counts as 1 or 0. */
export function explained(residual: number, spread: number, forceFinite: boolean | undefined): number {
  if (spread !== 0 || forceFinite === false) return 1 - residual / spread;
  return residual === 0 ? 1 : 0;
}

/** Σ sᵢ(yᵢ − ȳ)² / Σ sᵢ. */
export function variance(values: Float64Array, weights: Float64Array | null): number {
  const centre = mean(values, weights);
  return mean(
    values.map((v) => (v - centre) ** 2),
    weights,
  );
}

/**
 * The mean of squared errors: Σ sᵢ(yᵢ − ŷᵢ)² / Σ sᵢ.
 *
 * @param yTrue - true values `[samples]` or `[samples, outputs]`.
 * @param yPred - predicted values, same shape.
 * @param options - `sampleWeight`, `multioutput = 'uniformAverage'`.
 * @throws ShapeError when the shapes differ.
 *
 * @example
 * ```ts
 * import { meanSquaredError } from 'kompakt/metrics';
 * console.log(meanSquaredError([3, -0.5, 2, 7], [2.5, 0, 2, 8])); // → 0.375
 * ```
 */
export function meanSquaredError(yTrue: Targets, yPred: Targets, options: Raw<RegressionOptions>): number[];
export function meanSquaredError(yTrue: Targets, yPred: Targets, options?: Averaged<RegressionOptions>): number;
export function meanSquaredError(yTrue: Targets, yPred: Targets, options: RegressionOptions = {}): number | number[] {
  checkOptions(options, ['multioutput', 'sampleWeight'], 'meanSquaredError');
  return overOutputs(yTrue, yPred, options, 'meanSquaredError', squared);
}

/**
 * The root of the mean of squared errors, in the unit of the target: √(Σ sᵢ(yᵢ − ŷᵢ)² / Σ sᵢ).
 *
 * @param yTrue - true values `[samples]` or `[samples, outputs]`.
 * @param yPred - predicted values, same shape.
 * @param options - `sampleWeight`, `multioutput = 'uniformAverage'` (the mean of the roots).
 * @throws ShapeError when the shapes differ.
 *
 * @example
 * ```ts
 * import { rootMeanSquaredError } from 'kompakt/metrics';
 * console.log(rootMeanSquaredError([1, 2], [4, 5])); // → 3
 * ```
 */
export function rootMeanSquaredError(yTrue: Targets, yPred: Targets, options: Raw<RegressionOptions>): number[];
export function rootMeanSquaredError(yTrue: Targets, yPred: Targets, options?: Averaged<RegressionOptions>): number;
export function rootMeanSquaredError(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionOptions = {},
): number | number[] {
  checkOptions(options, ['multioutput', 'sampleWeight'], 'rootMeanSquaredError');
  return overOutputs(yTrue, yPred, options, 'rootMeanSquaredError', (t, p, w) => Math.sqrt(squared(t, p, w)));
}

/**
 * The mean of absolute errors: Σ sᵢ|yᵢ − ŷᵢ| / Σ sᵢ.
 *
 * @param yTrue - true values `[samples]` or `[samples, outputs]`.
 * @param yPred - predicted values, same shape.
 * @param options - `sampleWeight`, `multioutput = 'uniformAverage'`.
 * @throws ShapeError when the shapes differ.
 *
 * @example
 * ```ts
 * import { meanAbsoluteError } from 'kompakt/metrics';
 * console.log(meanAbsoluteError([3, -0.5, 2, 7], [2.5, 0, 2, 8])); // → 0.5
 * ```
 */
export function meanAbsoluteError(yTrue: Targets, yPred: Targets, options: Raw<RegressionOptions>): number[];
export function meanAbsoluteError(yTrue: Targets, yPred: Targets, options?: Averaged<RegressionOptions>): number;
export function meanAbsoluteError(yTrue: Targets, yPred: Targets, options: RegressionOptions = {}): number | number[] {
  checkOptions(options, ['multioutput', 'sampleWeight'], 'meanAbsoluteError');
  return overOutputs(yTrue, yPred, options, 'meanAbsoluteError', (t, p, w) =>
    mean(
      t.map((v, i) => Math.abs(v - p[i]!)),
      w,
    ),
  );
}

/**
 * The coefficient of determination: R² = 1 − Σ sᵢ(yᵢ − ŷᵢ)² / Σ sᵢ(yᵢ − ȳ)².
 *
 * @param yTrue - true values `[samples]` or `[samples, outputs]`.
 * @param yPred - predicted values, same shape.
 * @param options - `sampleWeight`, `multioutput = 'uniformAverage'`, `forceFinite = true`, `onWarning`.
 * @returns 1 for perfection, 0 for a constant guess of the mean, less for worse. A constant target gives 1 when predicted
 * exactly, else 0; one sample gives NaN.
 * @throws ShapeError when the shapes differ.
 *
 * @example
 * ```ts
 * import { r2Score } from 'kompakt/metrics';
 * console.log(r2Score([3, -0.5, 2, 7], [2.5, 0, 2, 8]).toFixed(4)); // → 0.9486
 * ```
 */
export function r2Score(yTrue: Targets, yPred: Targets, options: Raw<SpreadOptions & WarningOptions>): number[];
export function r2Score(yTrue: Targets, yPred: Targets, options?: Averaged<SpreadOptions & WarningOptions>): number;
export function r2Score(
  yTrue: Targets,
  yPred: Targets,
  options: SpreadOptions & WarningOptions = {},
): number | number[] {
  checkOptions(options, ['multioutput', 'onWarning', 'forceFinite', 'sampleWeight'], 'r2Score');
  if (countRows(yTrue as never, 'r2Score: yTrue') === 1) {
    readColumns(yTrue, yPred, options, 'r2Score');
    options.onWarning?.(new UndefinedMetricWarning('r2Score: R² is undefined for fewer than two samples, NaN.'));
    return Number.NaN;
  }
  const figure = (t: Float64Array, p: Float64Array, w: Float64Array | null): number =>
    explained(squared(t, p, w), variance(t, w), options.forceFinite);
  return overOutputs(yTrue, yPred, options, 'r2Score', figure, variance);
}
