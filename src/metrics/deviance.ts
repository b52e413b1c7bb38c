import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { mean, type WeightOptions } from './pair';
import { quantile, weightedQuantile } from './quantiles';
import { type Averaged, overOutputs, type Raw, type RegressionOptions, type Targets } from './regression';
import { checkAlpha, type PinballOptions, pinball } from './regression-errors';

export interface TweedieOptions extends WeightOptions {
  /** The power of the variance: 0 (default) normal, 1 Poisson, 2 gamma, 3 inverse Gaussian; none between 0 and 1. */
  readonly power?: number | undefined;
}

/** What values a deviance of a power is defined for. */
function checkDomain(t: Float64Array, p: Float64Array, power: number, what: string): void {
  if (power > 0 && power < 1)
    throw new ConfigError(`${what}: there is no distribution of power ${power}. Choose one ≤ 0 or ≥ 1.`);
  const truth = power >= 2 ? '> 0' : power >= 1 ? '≥ 0' : null;
  const predicted = power === 0 ? null : '> 0';
  const bad = (values: Float64Array, rule: string | null): number =>
    rule === null ? -1 : values.findIndex((v) => (rule === '> 0' ? !(v > 0) : !(v >= 0)));
  const [i, j] = [bad(t, truth), bad(p, predicted)];
  if (i >= 0) throw new ConfigError(`${what}: yTrue must be ${truth} for power ${power}, found ${t[i]}.`);
  if (j >= 0) throw new ConfigError(`${what}: yPred must be > 0 for power ${power}, found ${p[j]}. Clip predictions.`);
}

/** Twice the difference of the log-likelihoods of truth and prediction. */
function unitDeviance(y: number, mu: number, power: number): number {
  if (power === 0) return (y - mu) ** 2;
  if (power === 1) return 2 * ((y === 0 ? 0 : y * Math.log(y / mu)) - y + mu);
  if (power === 2) return 2 * (Math.log(mu / y) + y / mu - 1);
  return (
    2 *
    (Math.max(y, 0) ** (2 - power) / ((1 - power) * (2 - power)) -
      (y * mu ** (1 - power)) / (1 - power) +
      mu ** (2 - power) / (2 - power))
  );
}

const deviance =
  (power: number, what: string) =>
  (t: Float64Array, p: Float64Array, w: Float64Array | null): number => {
    checkDomain(t, p, power, what);
    return mean(
      t.map((y, i) => unitDeviance(y, p[i]!, power)),
      w,
    );
  };

function ofOneOutput(
  yTrue: Targets,
  yPred: Targets,
  options: WeightOptions,
  what: string,
  figure: (t: Float64Array, p: Float64Array, w: Float64Array | null) => number,
): number {
  const { sampleWeight } = options;
  const all = overOutputs(yTrue, yPred, { sampleWeight, multioutput: 'rawValues' }, what, figure) as number[];
  if (all.length > 1) throw new ConfigError(`${what}: takes one output, got ${all.length}. Call it for each column.`);
  return all[0]!;
}

/**
 * The mean Tweedie deviance: twice the log-likelihood that predictions lack, for a variance that grows as μ^power.
 *
 * @param yTrue - true values `[samples]`.
 * @param yPred - predicted means `[samples]`.
 * @param options - `power = 0` (the mean squared error), `sampleWeight`.
 * @throws ConfigError for values outside the distribution's domain, or a power between 0 and 1.
 *
 * Reference: Jørgensen 1987, “Exponential dispersion models”.
 *
 * @example
 * ```ts
 * import { meanTweedieDeviance } from 'kompakt/metrics';
 * console.log(meanTweedieDeviance([2, 0, 1, 4], [0.5, 0.5, 2, 2], { power: 1 }).toFixed(4)); // → 1.4260
 * ```
 */
export function meanTweedieDeviance(yTrue: Targets, yPred: Targets, options: TweedieOptions = {}): number {
  const what = 'meanTweedieDeviance';
  checkOptions(options, ['power', 'sampleWeight'], what);
  return ofOneOutput(yTrue, yPred, options, what, deviance(options.power ?? 0, what));
}

/**
 * The mean Poisson deviance, for counts: (2/n) Σ yᵢ ln(yᵢ/ŷᵢ) − yᵢ + ŷᵢ.
 *
 * @param yTrue - true counts ≥ 0 `[samples]`.
 * @param yPred - predicted means > 0 `[samples]`.
 * @param options - `sampleWeight`.
 * @throws ConfigError for values outside the domain.
 *
 * @example
 * ```ts
 * import { meanPoissonDeviance } from 'kompakt/metrics';
 * console.log(meanPoissonDeviance([2, 0, 1, 4], [0.5, 0.5, 2, 2]).toFixed(4)); // → 1.4260
 * ```
 */
export function meanPoissonDeviance(yTrue: Targets, yPred: Targets, options: WeightOptions = {}): number {
  const what = 'meanPoissonDeviance';
  checkOptions(options, ['sampleWeight'], what);
  return ofOneOutput(yTrue, yPred, options, what, deviance(1, what));
}

/**
 * The mean gamma deviance, for positive amounts: (2/n) Σ ln(ŷᵢ/yᵢ) + yᵢ/ŷᵢ − 1. It sees relative errors.
 *
 * @param yTrue - true values > 0 `[samples]`.
 * @param yPred - predicted means > 0 `[samples]`.
 * @param options - `sampleWeight`.
 * @throws ConfigError for values outside the domain.
 *
 * @example
 * ```ts
 * import { meanGammaDeviance } from 'kompakt/metrics';
 * console.log(meanGammaDeviance([2, 0.5, 1, 4], [0.5, 0.5, 2, 2]).toFixed(4)); // → 1.0569
 * ```
 */
export function meanGammaDeviance(yTrue: Targets, yPred: Targets, options: WeightOptions = {}): number {
  const what = 'meanGammaDeviance';
  checkOptions(options, ['sampleWeight'], what);
  return ofOneOutput(yTrue, yPred, options, what, deviance(2, what));
}

/**
 * The share of the Tweedie deviance that predictions explain: 1 − D(y, ŷ) / D(y, ȳ). R² is the case of power 0.
 *
 * @param yTrue - true values `[samples]`.
 * @param yPred - predicted means `[samples]`.
 * @param options - `power = 0`, `sampleWeight`.
 * @throws ConfigError for values outside the domain.
 *
 * @example
 * ```ts
 * import { d2TweedieScore } from 'kompakt/metrics';
 * console.log(d2TweedieScore([0.5, 1, 2.5, 7], [1, 1, 5, 3.5], { power: 1 }).toFixed(4)); // → 0.4879
 * ```
 */
export function d2TweedieScore(yTrue: Targets, yPred: Targets, options: TweedieOptions = {}): number {
  const what = 'd2TweedieScore';
  checkOptions(options, ['power', 'sampleWeight'], what);
  const figure = deviance(options.power ?? 0, what);
  return ofOneOutput(yTrue, yPred, options, what, (t, p, w) => {
    const centre = t.map(() => mean(t, w));
    return 1 - figure(t, p, w) / figure(t, centre, w);
  });
}

/**
 * The share of the pinball loss that predictions explain, beside the empirical quantile as the constant guess.
 *
 * @param yTrue - true values `[samples]` or `[samples, outputs]`.
 * @param yPred - predicted quantiles, same shape.
 * @param options - `alpha = 0.5`, `sampleWeight`, `multioutput = 'uniformAverage'`.
 * @throws ConfigError for an alpha outside [0, 1]; ShapeError when the shapes differ.
 *
 * Reference: Koenker & Machado 1999, “Goodness of fit and related inference processes for quantile regression”.
 *
 * @example
 * ```ts
 * import { d2PinballScore } from 'kompakt/metrics';
 * console.log(d2PinballScore([1, 2, 3], [1, 3, 3]).toFixed(2)); // → 0.50
 * ```
 */
export function d2PinballScore(yTrue: Targets, yPred: Targets, options: Raw<PinballOptions>): number[];
export function d2PinballScore(yTrue: Targets, yPred: Targets, options?: Averaged<PinballOptions>): number;
export function d2PinballScore(yTrue: Targets, yPred: Targets, options: PinballOptions = {}): number | number[] {
  const what = 'd2PinballScore';
  checkOptions(options, ['alpha', 'multioutput', 'sampleWeight'], what);
  return explainedPinball(yTrue, yPred, options, checkAlpha(options.alpha, what), what);
}

function explainedPinball(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionOptions,
  alpha: number,
  what: string,
): number | number[] {
  const loss = pinball(alpha);
  return overOutputs(yTrue, yPred, options, what, (t, p, w) => {
    const guess = w === null ? quantile(t, alpha) : weightedQuantile(t, w, alpha);
    const constant = t.map(() => guess);
    return explained(loss(t, p, w), loss(t, constant, w));
  });
}

/**
 * The share of absolute error that predictions explain, beside the median as the constant guess: {@link d2PinballScore} at
 * alpha 0.5.
 *
 * @param yTrue - true values `[samples]` or `[samples, outputs]`.
 * @param yPred - predicted values, same shape.
 * @param options - `sampleWeight`, `multioutput = 'uniformAverage'`.
 * @throws ShapeError when the shapes differ.
 *
 * @example
 * ```ts
 * import { d2AbsoluteErrorScore } from 'kompakt/metrics';
 * console.log(d2AbsoluteErrorScore([3, -0.5, 2, 7], [2.5, 0, 2, 8]).toFixed(4)); // → 0.7647
 * ```
 */
export function d2AbsoluteErrorScore(yTrue: Targets, yPred: Targets, options: Raw<RegressionOptions>): number[];
export function d2AbsoluteErrorScore(yTrue: Targets, yPred: Targets, options?: Averaged<RegressionOptions>): number;
export function d2AbsoluteErrorScore(
  yTrue: Targets,
  yPred: Targets,
  options: RegressionOptions = {},
): number | number[] {
  checkOptions(options, ['multioutput', 'sampleWeight'], 'd2AbsoluteErrorScore');
  return explainedPinball(yTrue, yPred, options, 0.5, 'd2AbsoluteErrorScore');
}

const explained = (loss: number, reference: number): number =>
  reference === 0 ? (loss === 0 ? 1 : 0) : 1 - loss / reference;
