import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';

/** A learning rate as a function of the step, which counts from 0. */
export type Schedule = (step: number) => number;

function check(what: string, fits: boolean, option: string, value: unknown, wanted: string): void {
  if (!fits) throw new ConfigError(`${what}: ${option} must be ${wanted}, got ${String(value)}.`);
}

function checkRate(what: string, option: string, value: number): void {
  check(what, Number.isFinite(value) && value >= 0, option, value, 'a finite number ≥ 0');
}

function checkSteps(what: string, option: string, value: number): void {
  check(what, Number.isFinite(value) && value > 0, option, value, 'a positive number of steps');
}

export interface CosineOptions {
  readonly initialLearningRate: number;
  /** Steps of the descent (behind those of the warm-up). */
  readonly decaySteps: number;
  /** What is left in the end, as a fraction; by default 0. */
  readonly alpha?: number | undefined;
  /** Where a linear warm-up from `initialLearningRate` leads to; by default there is none. */
  readonly warmupTarget?: number | null | undefined;
  /** Steps of the warm-up, by default 0. */
  readonly warmupSteps?: number | undefined;
}

/**
 * Half a cosine from the initial rate down to α times it:
 * η(t) = η₀·((1 − α)·½(1 + cos(π·min(t, T)/T)) + α); with a warm-up, linear from η₀ to the target first, and down from there.
 *
 * @param options - `initialLearningRate`, `decaySteps` (T), `alpha = 0`, `warmupTarget = null`, `warmupSteps = 0`.
 * @throws ConfigError for an option out of range.
 *
 * Reference: Loshchilov, Hutter 2017, “SGDR”, arXiv:1608.03983; Keras's `CosineDecay`.
 *
 * @example
 * ```ts
 * import { cosine } from 'kompakt/optim';
 * const rate = cosine({ initialLearningRate: 0.1, decaySteps: 100 });
 * console.log(rate(0), rate(50).toFixed(3), rate(1000)); // → 0.1 0.050 0
 * ```
 */
export function cosine(options: CosineOptions): Schedule {
  checkOptions(options, ['initialLearningRate', 'decaySteps', 'alpha', 'warmupTarget', 'warmupSteps'], 'cosine');
  const { initialLearningRate, decaySteps, alpha = 0, warmupTarget = null, warmupSteps = 0 } = options;
  checkRate('cosine', 'initialLearningRate', initialLearningRate);
  checkSteps('cosine', 'decaySteps', decaySteps);
  checkRate('cosine', 'alpha', alpha);
  check('cosine', warmupSteps >= 0, 'warmupSteps', warmupSteps, 'a number ≥ 0');
  const decay = (step: number, from: number): number => {
    const done = Math.min(step, decaySteps) / decaySteps;
    return from * ((1 - alpha) * 0.5 * (1 + Math.cos(Math.PI * done)) + alpha);
  };
  if (warmupTarget === null) return (step) => decay(step, initialLearningRate);
  checkRate('cosine', 'warmupTarget', warmupTarget);
  return (step) =>
    step < warmupSteps
      ? initialLearningRate + (warmupTarget - initialLearningRate) * (step / warmupSteps)
      : decay(step - warmupSteps, warmupTarget);
}

export interface CosineRestartsOptions {
  readonly initialLearningRate: number;
  /** Steps of the first descent. */
  readonly firstDecaySteps: number;
  /** How much longer each descent is than the one before; by default 2. */
  readonly tMul?: number | undefined;
  /** What the rate at the beginning of a descent is multiplied by from one to the next; by default 1. */
  readonly mMul?: number | undefined;
  /** What is left at the end of a descent, as a fraction; by default 0. */
  readonly alpha?: number | undefined;
}

/**
 * Half a cosine down, again and again: η(t) = η₀·((1 − α)·½mⁱ(1 + cos(π·τ)) + α), with i the descents before t and τ the
 * share of the present one, which takes T·kⁱ steps.
 *
 * @param options - `initialLearningRate`, `firstDecaySteps` (T), `tMul = 2` (k), `mMul = 1` (m), `alpha = 0`.
 * @throws ConfigError for an option out of range.
 *
 * Reference: Loshchilov, Hutter 2017, “SGDR”, arXiv:1608.03983; Keras's `CosineDecayRestarts`.
 *
 * @example
 * ```ts
 * import { cosineRestarts } from 'kompakt/optim';
 * const rate = cosineRestarts({ initialLearningRate: 1, firstDecaySteps: 10 });
 * console.log(rate(5).toFixed(2), rate(10), rate(20).toFixed(2), rate(30)); // → 0.50 1 0.50 1
 * ```
 */
export function cosineRestarts(options: CosineRestartsOptions): Schedule {
  const what = 'cosineRestarts';
  checkOptions(options, ['initialLearningRate', 'firstDecaySteps', 'tMul', 'mMul', 'alpha'], what);
  const { initialLearningRate, firstDecaySteps, tMul = 2, mMul = 1, alpha = 0 } = options;
  checkRate(what, 'initialLearningRate', initialLearningRate);
  checkSteps(what, 'firstDecaySteps', firstDecaySteps);
  check(what, tMul >= 1 && Number.isFinite(tMul), 'tMul', tMul, 'a number ≥ 1');
  checkRate(what, 'mMul', mMul);
  checkRate(what, 'alpha', alpha);
  return (step) => {
    const restarts = tMul === 1 ? Math.floor(step / firstDecaySteps) : 0;
    let [begin, length, height] = [restarts * firstDecaySteps, firstDecaySteps, mMul ** restarts];
    for (; step - begin >= length; height *= mMul) {
      begin += length;
      length *= tMul;
    }
    const decayed = 0.5 * height * (1 + Math.cos((Math.PI * (step - begin)) / length));
    return initialLearningRate * ((1 - alpha) * decayed + alpha);
  };
}

export interface ExponentialOptions {
  readonly initialLearningRate: number;
  /** Steps in which the rate is multiplied by `decayRate` once. */
  readonly decaySteps: number;
  readonly decayRate: number;
  /** Change the rate only every `decaySteps`; by default false. */
  readonly staircase?: boolean | undefined;
}

/**
 * Exponential decay: η(t) = η₀·r^(t/T), or r^⌊t/T⌋ as a staircase.
 *
 * @param options - `initialLearningRate`, `decaySteps` (T), `decayRate` (r), `staircase = false`.
 * @throws ConfigError for an option out of range.
 *
 * @example
 * ```ts
 * import { exponential } from 'kompakt/optim';
 * console.log(exponential({ initialLearningRate: 1, decaySteps: 10, decayRate: 0.5 })(20)); // → 0.25
 * ```
 */
export function exponential(options: ExponentialOptions): Schedule {
  checkOptions(options, ['initialLearningRate', 'decaySteps', 'decayRate', 'staircase'], 'exponential');
  const { initialLearningRate, decaySteps, decayRate, staircase = false } = options;
  checkRate('exponential', 'initialLearningRate', initialLearningRate);
  checkSteps('exponential', 'decaySteps', decaySteps);
  checkRate('exponential', 'decayRate', decayRate);
  return (step) => initialLearningRate * decayRate ** (staircase ? Math.floor(step / decaySteps) : step / decaySteps);
}

/**
 * Inverse-time decay: η(t) = η₀ / (1 + r·t/T), or with ⌊t/T⌋ as a staircase.
 *
 * @param options - `initialLearningRate`, `decaySteps` (T), `decayRate` (r), `staircase = false`.
 * @throws ConfigError for an option out of range.
 *
 * @example
 * ```ts
 * import { inverseTime } from 'kompakt/optim';
 * console.log(inverseTime({ initialLearningRate: 1, decaySteps: 10, decayRate: 1 })(30)); // → 0.25
 * ```
 */
export function inverseTime(options: ExponentialOptions): Schedule {
  checkOptions(options, ['initialLearningRate', 'decaySteps', 'decayRate', 'staircase'], 'inverseTime');
  const { initialLearningRate, decaySteps, decayRate, staircase = false } = options;
  checkRate('inverseTime', 'initialLearningRate', initialLearningRate);
  checkSteps('inverseTime', 'decaySteps', decaySteps);
  checkRate('inverseTime', 'decayRate', decayRate);
  return (step) => {
    const t = step / decaySteps;
    return initialLearningRate / (1 + decayRate * (staircase ? Math.floor(t) : t));
  };
}

export interface PolynomialOptions {
  readonly initialLearningRate: number;
  readonly decaySteps: number;
  /** By default 0.0001. */
  readonly endLearningRate?: number | undefined;
  /** By default 1: linear. */
  readonly power?: number | undefined;
  /** Start anew beyond `decaySteps`, over a longer stretch each time; by default false. */
  readonly cycle?: boolean | undefined;
}

/**
 * Polynomial decay to an end: η(t) = (η₀ − η₁)·(1 − min(t, T)/T)^p + η₁; with `cycle`, T is stretched to the next multiple
 * of itself at or beyond t.
 *
 * @param options - `initialLearningRate` (η₀), `decaySteps` (T), `endLearningRate = 1e-4` (η₁), `power = 1`, `cycle = false`.
 * @throws ConfigError for an option out of range.
 *
 * @example
 * ```ts
 * import { polynomial } from 'kompakt/optim';
 * console.log(polynomial({ initialLearningRate: 1, decaySteps: 10, endLearningRate: 0.5 })(5)); // → 0.75
 * ```
 */
export function polynomial(options: PolynomialOptions): Schedule {
  checkOptions(options, ['initialLearningRate', 'decaySteps', 'endLearningRate', 'power', 'cycle'], 'polynomial');
  const { initialLearningRate, decaySteps, endLearningRate = 1e-4, power = 1, cycle = false } = options;
  checkRate('polynomial', 'initialLearningRate', initialLearningRate);
  checkSteps('polynomial', 'decaySteps', decaySteps);
  checkRate('polynomial', 'endLearningRate', endLearningRate);
  checkRate('polynomial', 'power', power);
  return (step) => {
    const length = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
    const left = 1 - (cycle ? step : Math.min(step, decaySteps)) / length;
    return (initialLearningRate - endLearningRate) * left ** power + endLearningRate;
  };
}

/**
 * A rate for each stretch of steps: values[i] up to and including boundaries[i], the last value behind all boundaries.
 *
 * @param options - `boundaries`, increasing, and `values`, one more.
 * @throws ConfigError when the numbers do not fit.
 *
 * @example
 * ```ts
 * import { piecewise } from 'kompakt/optim';
 * const rate = piecewise({ boundaries: [100, 200], values: [1, 0.5, 0.1] });
 * console.log(rate(100), rate(101), rate(201)); // → 1 0.5 0.1
 * ```
 */
export function piecewise(options: {
  readonly boundaries: readonly number[];
  readonly values: readonly number[];
}): Schedule {
  const { boundaries, values } = options;
  check(
    'piecewise',
    values.length === boundaries.length + 1,
    'values',
    `${values.length} of them`,
    `one more than the ${boundaries.length} boundaries`,
  );
  check(
    'piecewise',
    boundaries.every((b, i) => i === 0 || b > boundaries[i - 1]!),
    'boundaries',
    `[${boundaries.join(', ')}]`,
    'increasing',
  );
  for (const v of values) checkRate('piecewise', 'values', v);
  return (s) => {
    const at = boundaries.findIndex((b) => s <= b);
    return values[at < 0 ? boundaries.length : at]!;
  };
}

/**
 * A rate that falls by a factor at regular steps: η(t) = η₀·γ^⌊t/T⌋.
 *
 * @param options - `initialLearningRate` (η₀), `stepSize` (T), `gamma = 0.1`.
 * @throws ConfigError for an option out of range.
 *
 * @example
 * ```ts
 * import { step } from 'kompakt/optim';
 * console.log(step({ initialLearningRate: 1, stepSize: 10, gamma: 0.5 })(25)); // → 0.25
 * ```
 */
export function step(options: {
  readonly initialLearningRate: number;
  readonly stepSize: number;
  readonly gamma?: number | undefined;
}): Schedule {
  const { initialLearningRate, stepSize, gamma = 0.1 } = options;
  checkSteps('step', 'stepSize', stepSize);
  return exponential({ initialLearningRate, decaySteps: stepSize, decayRate: gamma, staircase: true });
}

/**
 * A linear warm-up before another rate: η(t) = η₋ + (η(0) − η₋)·t/W for t < W, then the rate itself, its steps counted
 * from the end of the warm-up.
 *
 * @param options - `learningRate`: a number or a schedule; `warmupSteps` (W); `initialLearningRate = 0` (η₋).
 * @throws ConfigError for an option out of range.
 *
 * Reference: Goyal et al. 2017, “Accurate, Large Minibatch SGD”, arXiv:1706.02677.
 *
 * @example
 * ```ts
 * import { cosine, warmup } from 'kompakt/optim';
 * const learningRate = cosine({ initialLearningRate: 0.4, decaySteps: 100 });
 * const rate = warmup({ learningRate, warmupSteps: 10 });
 * console.log(rate(5), rate(10)); // → 0.2 0.4
 * ```
 */
export function warmup(options: {
  readonly learningRate: number | Schedule;
  readonly warmupSteps: number;
  readonly initialLearningRate?: number | undefined;
}): Schedule {
  const { learningRate, warmupSteps, initialLearningRate = 0 } = options;
  checkSteps('warmup', 'warmupSteps', warmupSteps);
  checkRate('warmup', 'initialLearningRate', initialLearningRate);
  if (typeof learningRate === 'number') checkRate('warmup', 'learningRate', learningRate);
  const rate: Schedule = typeof learningRate === 'number' ? () => learningRate : learningRate;
  return (s) =>
    s < warmupSteps ? initialLearningRate + (rate(0) - initialLearningRate) * (s / warmupSteps) : rate(s - warmupSteps);
}
