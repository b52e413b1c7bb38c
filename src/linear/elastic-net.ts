import { checkOptions } from '../core/options';
import type { FitOptions } from '../data/estimator';
import { countFeatures, type Matrix, type Samples } from '../data/matrix';
import type { Vector } from '../data/vector';
import { checkBoolean, checkNumber } from '../estimator/settings';
import type { ModelState } from '../estimator/state';
import { type Regression, readRegression } from '../estimator/supervised';
import { centre, interceptFor } from './centre';
import {
  DESCENT_OPTIONS,
  type DescentOptions,
  type DescentSettings,
  pathWarnings,
  readDescent,
  walkPath,
} from './elastic-net-path';
import { FittedLinearRegressor, type LinearRegressorParts, regressorParts } from './fitted-linear';

export interface LassoOptions extends DescentOptions {
  /** Strength of the penalty, ≥ 0; 1 by default. */
  readonly alpha?: number | undefined;
  /** Whether there is an (unpenalised) intercept; true by default. */
  readonly fitIntercept?: boolean | undefined;
  /** Start each fit of this estimator where the last one ended, if the features agree. */
  readonly warmStart?: boolean | undefined;
}

export interface ElasticNetOptions extends LassoOptions {
  /** Share ρ of the L1 penalty; 0.5 by default. */
  readonly l1Ratio?: number | undefined;
}

export const NET_OPTIONS: readonly string[] = ['alpha', 'fitIntercept', 'warmStart', ...DESCENT_OPTIONS];

/** What an elastic net is fitted with. */
export interface NetProblem {
  readonly alpha: number;
  readonly l1Ratio: number;
  readonly fitIntercept: boolean;
  readonly settings: DescentSettings;
}

/** Weights that sum to the number of samples, so that they leave the strength of the penalty as it is. */
export function balancedWeights(weights: Float64Array | null): Float64Array | null {
  if (weights === null) return null;
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => (w * weights.length) / sum);
}

/** The elastic net of samples already read. */
export function fitNet(
  name: string,
  { X, y, weights }: Regression<Samples>,
  { alpha, l1Ratio, fitIntercept, settings }: NetProblem,
  start: Float64Array | null,
) {
  const problem = centre(X, [y], balancedWeights(weights), fitIntercept);
  const features = countFeatures(X);
  const points = walkPath(problem, [alpha], l1Ratio, settings, start?.length === features ? start : null);
  const { coef, dualGap, nIter } = points[0]!;
  return {
    nFeatures: features,
    coef,
    intercept: Float64Array.of(fitIntercept ? interceptFor(coef, problem.mean, problem.targetMeans[0]!) : 0),
    nIter,
    dualGap,
    warnings: pathWarnings(name, points),
  };
}

function readNet(options: ElasticNetOptions, known: readonly string[], l1Ratio: number, what: string): NetProblem {
  checkOptions(options, known, what);
  checkBoolean(options.warmStart ?? false, 'warmStart', what);
  return {
    alpha: checkNumber(options.alpha ?? 1, 'alpha', what, { min: 0 }),
    l1Ratio: checkNumber(l1Ratio, 'l1Ratio', what, { min: 0, max: 1 }),
    fitIntercept: checkBoolean(options.fitIntercept ?? true, 'fitIntercept', what),
    settings: readDescent(options, what),
  };
}

export interface NetParts extends LinearRegressorParts {
  readonly dualGap: number;
}

/**
 * The lasso: least squares with a penalty on the sizes of coefficients, which leaves many of them 0.
 *
 * Minimises Σ sᵢ·(yᵢ − w·xᵢ − b)² / (2n) + α·‖w‖₁, weights summing to n, by coordinate descent. Scale the features first, so
 * that the penalty means the same for each.
 *
 * Reference: Tibshirani 1996, “Regression Shrinkage and Selection via the Lasso”; Friedman, Hastie, Tibshirani 2010,
 * “Regularization Paths for Generalized Linear Models via Coordinate Descent”.
 *
 * @example
 * ```ts
 * import { Lasso } from 'kompakt/linear';
 * const model = await new Lasso({ alpha: 0.1 }).fit([[0, 0], [1, 1], [2, 2]], [0, 1, 2]);
 * console.log(Array.from(model.coef.dataSync(), (v) => v.toFixed(2)), model.intercept.item().toFixed(2)); // → [ '0.85', '0.00' ] 0.15
 * ```
 */
export class Lasso {
  readonly kind = 'regressor';
  readonly name = 'Lasso';
  readonly options: LassoOptions;
  #last: Float64Array | null = null;

  /** @param options - see {@link LassoOptions}; checked by `fit`. */
  constructor(options: LassoOptions = {}) {
    this.options = options;
  }

  /**
   * Finds the coefficients.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - `[samples]`.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @returns the model. If `maxIter` was reached first, `warnings` says what to do; it is usable all the same.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedLasso> {
    const what = 'Lasso.fit';
    const problem = readNet(this.options, NET_OPTIONS, 1, what);
    const given = await readRegression(X, y, options, what, { sparse: true });
    const parts = fitNet(this.name, given, problem, this.#last);
    if (this.options.warmStart === true) this.#last = parts.coef;
    return new FittedLasso({ ...parts, beside: X });
  }
}

/** Base of what elastic nets return. */
abstract class FittedNet extends FittedLinearRegressor {
  /** By how much the objective may at most be above its minimum. */
  readonly dualGap: number;

  constructor(name: string, parts: NetParts) {
    super(name, parts);
    this.dualGap = parts.dualGap;
  }

  override toState(): ModelState {
    return { ...super.toState(), dualGap: this.dualGap };
  }
}

const netParts = (state: ModelState): NetParts => ({ ...regressorParts(state), dualGap: state.dualGap as number });

/** What `Lasso.fit` returns. */
export class FittedLasso extends FittedNet {
  static readonly type = 'Lasso';

  constructor(parts: NetParts) {
    super('Lasso', parts);
  }

  /** The model from what `toState` gave. */
  static fromState(state: ModelState): FittedLasso {
    return new FittedLasso(netParts(state));
  }
}

/**
 * The elastic net: least squares with a mixed penalty, which leaves coefficients 0 and keeps those of features that vary
 * together alike.
 *
 * Minimises Σ sᵢ·(yᵢ − w·xᵢ − b)² / (2n) + α·ρ·‖w‖₁ + α·(1 − ρ)/2·‖w‖², weights summing to n, ρ = `l1Ratio`, by coordinate
 * descent. Scale the features first, so that the penalty means the same for each.
 *
 * Reference: Zou & Hastie 2005, “Regularization and Variable Selection via the Elastic Net”.
 *
 * @example
 * ```ts
 * import { ElasticNet } from 'kompakt/linear';
 * const model = await new ElasticNet({ alpha: 0.1 }).fit([[0, 0], [1, 1], [2, 2]], [0, 1, 2]);
 * console.log(Array.from(model.coef.dataSync(), (v) => v.toFixed(1))); // → [ '0.4', '0.4' ]
 * ```
 */
export class ElasticNet {
  readonly kind = 'regressor';
  readonly name = 'ElasticNet';
  readonly options: ElasticNetOptions;
  #last: Float64Array | null = null;

  /** @param options - see {@link ElasticNetOptions}; checked by `fit`. */
  constructor(options: ElasticNetOptions = {}) {
    this.options = options;
  }

  /**
   * Finds the coefficients.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - `[samples]`.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @returns the model. If `maxIter` was reached first, `warnings` says what to do; it is usable all the same.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedElasticNet> {
    const what = 'ElasticNet.fit';
    const problem = readNet(this.options, [...NET_OPTIONS, 'l1Ratio'], this.options.l1Ratio ?? 0.5, what);
    const given = await readRegression(X, y, options, what, { sparse: true });
    const parts = fitNet(this.name, given, problem, this.#last);
    if (this.options.warmStart === true) this.#last = parts.coef;
    return new FittedElasticNet({ ...parts, beside: X });
  }
}

/** What `ElasticNet.fit` returns. */
export class FittedElasticNet extends FittedNet {
  static readonly type = 'ElasticNet';

  constructor(parts: NetParts) {
    super('ElasticNet', parts);
  }

  /** The model from what `toState` gave. */
  static fromState(state: ModelState): FittedElasticNet {
    return new FittedElasticNet(netParts(state));
  }
}
