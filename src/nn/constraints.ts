import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add, clip, div, mul, relu, sqrt, square } from '../ops/elementwise';
import { sum } from '../ops/reduce';
import type { ConstraintConfig } from './layer';

/** Names of the constraints. */
export type ConstraintName = 'maxNorm' | 'nonNeg' | 'unitNorm' | 'minMaxNorm';

/** How a constraint is given to a layer: what the factories return, or a name for the defaults. */
export type Constraint = ConstraintConfig | ConstraintName;

/** One axis of a weight, or several. */
type Axes = number | readonly number[];

/** Keeps weights of length 0 from being divided by it; Keras's. */
const EPSILON = 1e-7;

interface Rule {
  /** The options with their defaults. */
  readonly options: Readonly<Record<string, Axes>>;
  /** Throws where numbers that are fine each by itself don't go together. */
  check?(options: Readonly<Record<string, number>>, what: string): void;
  apply(w: Tensor, options: Readonly<Record<string, number>>, axis: Axes): Tensor;
}

const lengths = (w: Tensor, axis: Axes): Tensor => sqrt(sum(square(w), { axis, keepDims: true }));

const RULES: Readonly<Record<ConstraintName, Rule>> = {
  maxNorm: {
    options: { maxValue: 2, axis: 0 },
    apply: (w, { maxValue }, axis) => {
      const length = lengths(w, axis);
      return mul(w, div(clip(length, 0, maxValue!), add(length, EPSILON)));
    },
  },
  nonNeg: { options: {}, apply: (w) => relu(w) },
  unitNorm: { options: { axis: 0 }, apply: (w, _, axis) => div(w, add(lengths(w, axis), EPSILON)) },
  minMaxNorm: {
    options: { minValue: 0, maxValue: 1, rate: 1, axis: 0 },
    check: ({ minValue, maxValue, rate }, what) => {
      if (minValue! > maxValue!)
        throw new ConfigError(`${what}: minValue must not be above maxValue, got ${minValue} and ${maxValue}.`);
      if (rate! > 1) throw new ConfigError(`${what}: rate must be in [0, 1], got ${rate}.`);
    },
    apply: (w, { minValue, maxValue, rate }, axis) => {
      const length = lengths(w, axis);
      const wanted = add(mul(clip(length, minValue!, maxValue!), rate!), mul(length, 1 - rate!));
      return mul(w, div(wanted, add(length, EPSILON)));
    },
  },
};

const isAxes = (axis: unknown): axis is Axes =>
  Number.isInteger(axis) || (Array.isArray(axis) && axis.length > 0 && axis.every((a) => Number.isInteger(a)));

/** The whole config of a constraint, checked. */
function complete(name: ConstraintName, given: object, what: string): ConstraintConfig {
  const rule = RULES[name];
  checkOptions(given, Object.keys(rule.options), what);
  const config: Record<string, Axes> = {};
  for (const [option, byDefault] of Object.entries(rule.options)) {
    const value = (given as Record<string, unknown>)[option] ?? byDefault;
    if (option === 'axis') {
      if (!isAxes(value))
        throw new ConfigError(`${what}: axis must be an integer or a list of them, got ${JSON.stringify(value)}.`);
      config.axis = typeof value === 'number' ? value : [...value];
      continue;
    }
    if (typeof value !== 'number' || !Number.isFinite(value) || value < 0)
      throw new ConfigError(`${what}: ${option} must be a finite number ≥ 0, got ${JSON.stringify(value)}.`);
    config[option] = value;
  }
  rule.check?.(config as Record<string, number>, what);
  return { kind: name, ...config };
}

/**
 * What a layer's option stands for; null for none.
 *
 * @throws ConfigError when it is no constraint.
 */
export function resolveConstraint(given: unknown, what: string): ConstraintConfig | null {
  if (given === null || given === undefined) return null;
  const { kind, ...options } = (typeof given === 'string' ? { kind: given } : given) as Record<string, unknown>;
  if (typeof kind !== 'string' || !Object.hasOwn(RULES, kind)) {
    throw new ConfigError(
      `${what} must be maxNorm(…), nonNeg(), unitNormConstraint(…) or minMaxNorm(…), one of the names ${Object.keys(RULES).join(', ')}, or null; got ${JSON.stringify(given)}.`,
    );
  }
  return complete(kind as ConstraintName, options, what);
}

/**
 * The weight put back to where its constraint holds; training does this after every step.
 *
 * @param config - what one of the factories returns.
 * @param w - the weight; it stays as it is.
 * @throws ConfigError for an unknown constraint; ShapeError for an axis that the weight doesn't have.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { applyConstraint, nonNeg } from 'kompakt/nn';
 * console.log(applyConstraint(nonNeg(), tensor([-1, 2])).toArraySync()); // → [ 0, 2 ]
 * ```
 */
export function applyConstraint(config: ConstraintConfig, w: Tensor): Tensor {
  const { kind, axis = 0, ...numbers } = resolveConstraint(config, 'applyConstraint')!;
  const rule = RULES[kind as ConstraintName];
  if (Object.hasOwn(rule.options, 'axis')) {
    const missing = [axis as Axes].flat().find((a) => a < -w.rank || a >= w.rank);
    if (missing !== undefined)
      throw new ShapeError(`${kind}: a weight of shape ${formatShape(w.shape)} has no axis ${missing}.`);
  }
  return rule.apply(w, numbers as Record<string, number>, axis as Axes);
}

/** Options of {@link maxNorm}. */
export interface MaxNormOptions {
  /** Greatest length, by default 2. */
  readonly maxValue?: number | undefined;
  /** The axes along which lengths are taken, by default 0. */
  readonly axis?: number | readonly number[] | undefined;
}

/**
 * No vector of weights is longer than `maxValue`: w ← w·min(‖w‖, maxValue)/(‖w‖ + 1e-7), along `axis`.
 *
 * @param options - `maxValue = 2`; `axis = 0`, for dense layers the weights of one unit (a convolution's filters are
 * along `[0, 1, 2]`). Or `maxValue` alone.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Srivastava et al. 2014, “Dropout: A Simple Way to Prevent Neural Networks from Overfitting”.
 *
 * @example
 * ```ts
 * import { dense, maxNorm } from 'kompakt/nn';
 * console.log(dense({ units: 1, kernelConstraint: maxNorm(3) }).constraints); // → { kernel: { kind: 'maxNorm', maxValue: 3, axis: 0 } }
 * ```
 */
export function maxNorm(options: number | MaxNormOptions = {}): ConstraintConfig {
  return complete('maxNorm', typeof options === 'number' ? { maxValue: options } : options, 'maxNorm');
}

/**
 * No weight is negative: w ← max(w, 0).
 *
 * @example
 * ```ts
 * import { dense, nonNeg } from 'kompakt/nn';
 * console.log(dense({ units: 1, kernelConstraint: nonNeg() }).constraints); // → { kernel: { kind: 'nonNeg' } }
 * ```
 */
export function nonNeg(): ConstraintConfig {
  return complete('nonNeg', {}, 'nonNeg');
}

/**
 * Every vector of weights has length 1: w ← w/(‖w‖ + 1e-7), along `axis`. (The layer of that name is `unitNorm`.)
 *
 * @param options - `axis = 0`, one or several.
 * @throws ConfigError for an option that is unknown, or no axis.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { applyConstraint, unitNormConstraint } from 'kompakt/nn';
 * const w = applyConstraint(unitNormConstraint(), tensor([[3], [4]]));
 * console.log(w.dataSync().map((v) => Math.round(v * 1000) / 1000)); // → Float32Array(2) [ 0.6000000238418579, 0.800000011920929 ]
 * ```
 */
export function unitNormConstraint(
  options: { readonly axis?: number | readonly number[] | undefined } = {},
): ConstraintConfig {
  return complete('unitNorm', options, 'unitNormConstraint');
}

/** Options of {@link minMaxNorm}. */
export interface MinMaxNormOptions {
  /** Least length, by default 0. */
  readonly minValue?: number | undefined;
  /** Greatest length, by default 1. */
  readonly maxValue?: number | undefined;
  /** How much of the way back is gone at each step, in [0, 1]; by default 1, all of it. */
  readonly rate?: number | undefined;
  /** The axes along which lengths are taken, by default 0. */
  readonly axis?: number | readonly number[] | undefined;
}

/**
 * The length of every vector of weights is drawn into [minValue, maxValue]:
 * w ← w·(rate·clip(‖w‖, minValue, maxValue) + (1 − rate)·‖w‖)/(‖w‖ + 1e-7), along `axis`.
 *
 * @param options - `minValue = 0`, `maxValue = 1`, `rate = 1`, `axis = 0`.
 * @throws ConfigError for an option that is unknown or out of range, or a minValue above maxValue.
 *
 * @example
 * ```ts
 * import { minMaxNorm } from 'kompakt/nn';
 * console.log(minMaxNorm({ minValue: 0.5 })); // → { kind: 'minMaxNorm', minValue: 0.5, maxValue: 1, rate: 1, axis: 0 }
 * ```
 */
export function minMaxNorm(options: MinMaxNormOptions = {}): ConstraintConfig {
  return complete('minMaxNorm', options, 'minMaxNorm');
}
