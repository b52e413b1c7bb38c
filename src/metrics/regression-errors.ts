import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { mean } from './pair';
import { quantile, weightedQuantile } from './quantiles';
import {
  type Averaged,
  explained,
  overOutputs,
  type Raw,
  type RegressionOptions,
  type SpreadOptions,
  squared,
  type Targets,
  variance,
} from './regression';

const SHARED = ['multioutput', 'sampleWeight'];

/** An error of one output: truths, predictions and weights to a number. */
type Figure = (truth: Float64Array, predicted: Float64Array, weights: Float64Array | null) => number;

function logs(values: Float64Array, what: string): Float64Array {
  const at = values.findIndex((v) => !(v > -1));
  if (at >= 0)
    throw new ConfigError(`${what}: found ${values[at]}; ln(1 + y) needs values above -1. Use another figure.`);
  return values.map(Math.log1p);
}

const squaredLogs =
  (what: string): Figure =>
  (t, p, w) =>
    squared(logs(t, what), logs(p, what), w);

/**
 * The mean of squared differences of logarithms: Σ sᵢ(ln(1 + yᵢ) − ln(1 + ŷᵢ))² / Σ sᵢ. For targets that grow
 * exponentially.
 *
 * @param yTrue - true values > −1, `[samples]` or `[samples, outputs]`.
 * @param yPred - predicted values > −1, same shape.
 * @param options - `sampleWeight`, `multioutput = 'uniformAverage'`.
 * @throws ConfigError for a value ≤ −1; ShapeError when the shapes differ.
 *
 * @example
 * ```ts
 * import { meanSquaredLogError } from 'kompakt/metrics';
 * console.log(meanSquaredLogError([3, 5, 2.5, 7], [2.5, 5, 4, 8]).toFixed(4)); // → 0.0397
 * ```
 */
export function meanSquaredLogError(yTrue: Targets, yPred: Targets, options: Raw<RegressionOptions>): number[];
export function meanSquaredLogError(yTrue: Targets, yPred: Targets, options?: Averaged<RegressionOptions>): number;
export function meanSquaredLogError(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionOptions = {},
): number | number[] {
  const what = 'meanSquaredLogError';
  checkOptions(options, SHARED, what);
  return overOutputs(yTrue, yPred, options, what, squaredLogs(what));
}

/**
 * The root of {@link meanSquaredLogError}.
 *
 * @param yTrue - true values > −1, `[samples]` or `[samples, outputs]`.
 * @param yPred - predicted values > −1, same shape.
 * @param options - `sampleWeight`, `multioutput = 'uniformAverage'` (the mean of the roots).
 * @throws ConfigError for a value ≤ −1; ShapeError when the shapes differ.
 *
 * @example
 * ```ts
 * import { rootMeanSquaredLogError } from 'kompakt/metrics';
 * console.log(rootMeanSquaredLogError([3, 5, 2.5, 7], [2.5, 5, 4, 8]).toFixed(4)); // → 0.1993
 * ```
 */
export function rootMeanSquaredLogError(yTrue: Targets, yPred: Targets, options: Raw<RegressionOptions>): number[];
export function rootMeanSquaredLogError(yTrue: Targets, yPred: Targets, options?: Averaged<RegressionOptions>): number;
export function rootMeanSquaredLogError(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionOptions = {},
): number | number[] {
  const what = 'rootMeanSquaredLogError';
  checkOptions(options, SHARED, what);
  return overOutputs(yTrue, yPred, options, what, (t, p, w) => Math.sqrt(squaredLogs(what)(t, p, w)));
}

/**
 * The median of absolute errors |yᵢ − ŷᵢ|, which outliers don't move. With weights, the lower weighted median.
 *
 * @param yTrue - true values `[samples]` or `[samples, outputs]`.
 * @param yPred - predicted values, same shape.
 * @param options - `sampleWeight`, `multioutput = 'uniformAverage'`.
 * @throws ShapeError when the shapes differ.
 *
 * @example
 * ```ts
 * import { medianAbsoluteError } from 'kompakt/metrics';
 * console.log(medianAbsoluteError([3, -0.5, 2, 7], [2.5, 0, 2, 8])); // → 0.5
 * ```
 */
export function medianAbsoluteError(yTrue: Targets, yPred: Targets, options: Raw<RegressionOptions>): number[];
export function medianAbsoluteError(yTrue: Targets, yPred: Targets, options?: Averaged<RegressionOptions>): number;
export function medianAbsoluteError(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionOptions = {},
): number | number[] {
  checkOptions(options, SHARED, 'medianAbsoluteError');
  return overOutputs(yTrue, yPred, options, 'medianAbsoluteError', (t, p, w) => {
    const errors = t.map((v, i) => Math.abs(v - p[i]!));
    return w === null ? quantile(errors, 0.5) : weightedQuantile(errors, w, 0.5);
  });
}

/**
 * The mean of relative errors: Σ sᵢ·|yᵢ − ŷᵢ| / max(|yᵢ|, ε) / Σ sᵢ, a fraction and not per cent. Huge where a truth is 0.
 *
 * @param yTrue - true values `[samples]` or `[samples, outputs]`.
 * @param yPred - predicted values, same shape.
 * @param options - `sampleWeight`, `multioutput = 'uniformAverage'`.
 * @throws ShapeError when the shapes differ.
 *
 * @example
 * ```ts
 * import { meanAbsolutePercentageError } from 'kompakt/metrics';
 * console.log(meanAbsolutePercentageError([2, 4], [1, 5])); // → 0.375
 * ```
 */
export function meanAbsolutePercentageError(yTrue: Targets, yPred: Targets, options: Raw<RegressionOptions>): number[];
export function meanAbsolutePercentageError(
  yTrue: Targets,
  yPred: Targets,
  options?: Averaged<RegressionOptions>,
): number;
export function meanAbsolutePercentageError(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionOptions = {},
): number | number[] {
  checkOptions(options, SHARED, 'meanAbsolutePercentageError');
  return overOutputs(yTrue, yPred, options, 'meanAbsolutePercentageError', (t, p, w) =>
    mean(
      t.map((v, i) => Math.abs(v - p[i]!) / Math.max(Math.abs(v), Number.EPSILON)),
      w,
    ),
  );
}

/**
 * The largest absolute error: max |yᵢ − ŷᵢ|.
 *
 * @param yTrue - true values `[samples]`.
 * @param yPred - predicted values `[samples]`.
 * @throws ShapeError when the shapes differ; ConfigError for several outputs.
 *
 * @example
 * ```ts
 * import { maxError } from 'kompakt/metrics';
 * console.log(maxError([3, 2, 7, 1], [4, 2, 7, 1])); // → 1
 * ```
 */
export function maxError(yTrue: Targets, yPred: Targets): number {
  const errors = overOutputs(yTrue, yPred, { multioutput: 'rawValues' }, 'maxError', (t, p) =>
    t.reduce((worst, v, i) => Math.max(worst, Math.abs(v - p[i]!)), 0),
  ) as number[];
  if (errors.length > 1)
    throw new ConfigError(`maxError: takes one output, got ${errors.length}. Call it for each column.`);
  return errors[0]!;
}

/**
 * The share of the target's variance that predictions explain: 1 − Var(y − ŷ) / Var(y). Unlike R² it does not mind a
 * constant offset.
 *
 * @param yTrue - true values `[samples]` or `[samples, outputs]`.
 * @param yPred - predicted values, same shape.
 * @param options - `sampleWeight`, `multioutput = 'uniformAverage'`, `forceFinite = true`.
 * @returns 1 for perfection; a constant target gives 1 when predicted exactly up to an offset, else 0.
 * @throws ShapeError when the shapes differ.
 *
 * @example
 * ```ts
 * import { explainedVarianceScore } from 'kompakt/metrics';
 * console.log(explainedVarianceScore([3, -0.5, 2, 7], [2.5, 0, 2, 8]).toFixed(4)); // → 0.9572
 * ```
 */
export function explainedVarianceScore(yTrue: Targets, yPred: Targets, options: Raw<SpreadOptions>): number[];
export function explainedVarianceScore(yTrue: Targets, yPred: Targets, options?: Averaged<SpreadOptions>): number;
export function explainedVarianceScore(yTrue: Targets, yPred: Targets, options: SpreadOptions = {}): number | number[] {
  checkOptions(options, [...SHARED, 'forceFinite'], 'explainedVarianceScore');
  const figure: Figure = (t, p, w) => {
    const residuals = t.map((v, i) => v - p[i]!);
    return explained(variance(residuals, w), variance(t, w), options.forceFinite);
  };
  return overOutputs(yTrue, yPred, options, 'explainedVarianceScore', figure, variance);
}

export interface PinballOptions extends RegressionOptions {
  /** The quantile that is predicted, in [0, 1]; 0.5 by default, half the absolute error. */
  readonly alpha?: number | undefined;
}

/** The pinball loss of one output. */
export const pinball =
  (alpha: number): Figure =>
  (t, p, w) =>
    mean(
      t.map((v, i) => {
        const d = v - p[i]!;
        return d >= 0 ? alpha * d : (alpha - 1) * d;
      }),
      w,
    );

/** Reads the quantile of a figure. */
export function checkAlpha(alpha: number | undefined, what: string): number {
  const a = alpha ?? 0.5;
  if (!(a >= 0 && a <= 1)) throw new ConfigError(`${what}: alpha is a quantile in [0, 1], got ${shown(alpha)}.`);
  return a;
}

/**
 * The loss of predicting a quantile: the mean of α·max(y − ŷ, 0) + (1 − α)·max(ŷ − y, 0).
 *
 * @param yTrue - true values `[samples]` or `[samples, outputs]`.
 * @param yPred - predicted quantiles, same shape.
 * @param options - `alpha = 0.5`, `sampleWeight`, `multioutput = 'uniformAverage'`.
 * @throws ConfigError for an alpha outside [0, 1]; ShapeError when the shapes differ.
 *
 * Reference: Koenker & Bassett 1978, “Regression quantiles”.
 *
 * @example
 * ```ts
 * import { meanPinballLoss } from 'kompakt/metrics';
 * console.log(meanPinballLoss([1, 2, 3], [0, 2, 3], { alpha: 0.9 }).toFixed(2)); // → 0.30
 * ```
 */
export function meanPinballLoss(yTrue: Targets, yPred: Targets, options: Raw<PinballOptions>): number[];
export function meanPinballLoss(yTrue: Targets, yPred: Targets, options?: Averaged<PinballOptions>): number;
export function meanPinballLoss(yTrue: Targets, yPred: Targets, options: PinballOptions = {}): number | number[] {
  const what = 'meanPinballLoss';
  checkOptions(options, ['alpha', ...SHARED], what);
  return overOutputs(yTrue, yPred, options, what, pinball(checkAlpha(options.alpha, what)));
}
