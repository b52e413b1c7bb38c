import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Labels } from '../data/labels';
import { type Dense, type Matrix, readMatrixAsync } from '../data/matrix';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import {
  FittedTransformerBase,
  type FittedTransformerParts,
  type Input,
  namesOf,
  TransformerBase,
} from '../estimator/transformer';
import { checkOption } from '../metrics/warning';
import { mapColumns, standardise, unstandardise } from './affine';
import { minimise } from './minimise';
import { isConstant, momentsOf } from './moments';
import { columnReader } from './quantiles';

type Method = 'yeo-johnson' | 'box-cox';

export interface PowerTransformerOptions {
  /** `'yeo-johnson'` (default), or `'box-cox'` for positive values. */
  readonly method?: Method | undefined;
  /** Scale the result to mean 0 and variance 1; true by default. */
  readonly standardize?: boolean | undefined;
}

/**
 * Makes features more like a normal distribution by a power of them, chosen by maximum likelihood.
 *
 * Box–Cox: (xᵏ − 1) / λ with k = λ, log x for λ = 0. Yeo–Johnson: the same of x + 1 for x ≥ 0, and
 * −((1 − x)ᵏ − 1) / (2 − λ) with k = 2 − λ below. NaN is left out and stays NaN.
 *
 * Reference: Yeo & Johnson 2000, “A new family of power transformations”, Biometrika 87; Box & Cox 1964.
 *
 * @example
 * ```ts
 * import { PowerTransformer } from 'kompakt/preprocessing';
 * const fitted = await new PowerTransformer({ standardize: false }).fit([[1], [2], [4], [8], [60]]);
 * console.log(fitted.lambdas[0]!.toFixed(3)); // → -0.484
 * ```
 */
export class PowerTransformer extends TransformerBase<FittedPowerTransformer> {
  readonly name = 'PowerTransformer' as const;
  readonly options: PowerTransformerOptions;

  /** @param options - `method = 'yeo-johnson'`, `standardize = true`; checked by `fit`. */
  constructor(options: PowerTransformerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Finds the power for each feature.
   *
   * @param X - `[samples, features]`; NaN counts as missing.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for infinity, a sparse matrix, or values ≤ 0 for `'box-cox'`; ShapeError for what is no matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedPowerTransformer> {
    const what = 'PowerTransformer.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['method', 'standardize'], what);
    const { standardize = true } = this.options;
    const methods = ['yeo-johnson', 'box-cox'] as const;
    const method = checkOption(this.options.method ?? 'yeo-johnson', methods, 'method', what);
    const dense = await readMatrixAsync(X, `${what}: X`, { allowNaN: true });
    if (method === 'box-cox') checkPositive(dense, what);
    const read = columnReader(dense);
    const lambdas = Float64Array.from({ length: dense.cols }, (_, c) => bestPower(read(c), method));
    const settings = { nFeatures: dense.cols, featureNamesIn: namesOf(X), method, lambdas };
    if (!standardize) return new FittedPowerTransformer({ ...settings, mean: null, scale: null });
    const { mean, variance, count } = momentsOf(powers(dense, lambdas, method), null);
    const scale = variance.map((v, c) => (isConstant(mean[c]!, v, count[c]!) ? 1 : Math.sqrt(v)));
    return new FittedPowerTransformer({ ...settings, mean, scale });
  }
}

function checkPositive({ data, cols }: Dense, what: string): void {
  const at = data.findIndex((v) => v <= 0);
  if (at < 0) return;
  throw new ConfigError(
    `${what}: found ${data[at]} at row ${Math.floor(at / cols)}, column ${at % cols}, and 'box-cox' takes values above 0 only. Use 'yeo-johnson'.`,
  );
}

/** The power under which the values are most likely normal. */
function bestPower(x: Float64Array, method: Method): number {
  if (x.length === 0 || x.every((v) => v === x[0])) return 1;
  const logs = method === 'box-cox' ? x.map(Math.log) : x.map((v) => Math.sign(v) * Math.log1p(Math.abs(v)));
  const sum = logs.reduce((a, b) => a + b, 0);
  const cost = (lambda: number): number => {
    const variance = varianceOf(spreadOf(x, logs, lambda, method));
    if (!(variance >= 2.2250738585072014e-308)) return Number.POSITIVE_INFINITY;
    return (x.length / 2) * Math.log(variance) - (lambda - 1) * sum;
  };
  return minimise(cost, [-2, 2]);
}

/** The powers but for a constant: without it small powers keep their digits. */
function spreadOf(x: Float64Array, logs: Float64Array, lambda: number, method: Method): Float64Array {
  if (method === 'box-cox' && lambda !== 0) return logs.map((t) => Math.exp(t * lambda) / lambda);
  return x.map((v) => power(v, lambda, method));
}

function varianceOf(x: Float64Array): number {
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  return x.reduce((s, v) => s + (v - mean) ** 2, 0) / x.length;
}

function power(v: number, lambda: number, method: Method): number {
  if (method === 'box-cox') return lift(Math.log(v), lambda);
  return v >= 0 ? lift(Math.log1p(v), lambda) : -lift(Math.log1p(-v), 2 - lambda);
}

/** (eᵗᵏ − 1) / k, t for k = 0. */
const lift = (t: number, k: number): number => (Math.abs(k) < 2.3e-16 ? t : Math.expm1(t * k) / k);
/** Undoes {@link lift}. */
const lower = (v: number, k: number): number => (Math.abs(k) < 2.3e-16 ? v : Math.log1p(v * k) / k);

function unpower(v: number, lambda: number, method: Method): number {
  if (method === 'box-cox') return Math.exp(lower(v, lambda));
  return v >= 0 ? Math.expm1(lower(v, lambda)) : -Math.expm1(lower(-v, 2 - lambda));
}

const powers = (X: Dense, lambdas: Float64Array, method: Method): Dense =>
  mapColumns(X, (v, c) => power(v, lambdas[c]!, method));

export interface PowerTransformerParts extends FittedTransformerParts {
  readonly method: Method;
  readonly lambdas: Float64Array;
  readonly mean: Float64Array | null;
  readonly scale: Float64Array | null;
}

/** What `PowerTransformer.fit` returns. */
export class FittedPowerTransformer extends FittedTransformerBase<PowerTransformerParts> {
  static readonly type = 'PowerTransformer';
  /** The power for each feature. */
  readonly lambdas = this.parts.lambdas;

  constructor(parts: PowerTransformerParts) {
    super('PowerTransformer', parts, { nan: true });
  }

  static fromState(state: ModelState): FittedPowerTransformer {
    return new FittedPowerTransformer(state as unknown as PowerTransformerParts);
  }

  /** The powers, standardised unless that was not asked for. */
  transform(X: Input): Matrix {
    const { method, lambdas, mean, scale } = this.parts;
    const dense = this.read(X, 'transform');
    if (method === 'box-cox') checkPositive(dense, 'PowerTransformer.transform');
    return this.like(X, standardise(powers(dense, lambdas, method), mean, scale));
  }

  /** Undoes `transform`. */
  inverseTransform(X: Matrix): Matrix {
    const { method, lambdas, mean, scale } = this.parts;
    const raw = unstandardise(this.read(X, 'inverseTransform'), mean, scale);
    return this.likeBefore(
      X,
      mapColumns(raw, (v, c) => unpower(v, lambdas[c]!, method)),
    );
  }
}
