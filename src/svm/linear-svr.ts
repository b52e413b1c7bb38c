import { checkOptions } from '../core/options';
import type { FitOptions } from '../data/estimator';
import { countFeatures, type Matrix } from '../data/matrix';
import type { Vector } from '../data/vector';
import { checkNumber } from '../estimator/settings';
import type { ModelState } from '../estimator/state';
import { readRegression } from '../estimator/supervised';
import { FittedLinearRegressor, type LinearRegressorParts, regressorParts } from '../linear/fitted-linear';
import { checkOption } from '../metrics/warning';
import { solveValueDual } from './linear-dual';
import { BiasedRows, drawsFrom } from './linear-problem';
import { type LinearMachineOptions, MACHINE_OPTIONS, machineWarnings, readMachine, splitBias } from './linear-svc';

export interface LinearSVROptions extends LinearMachineOptions {
  /** `'epsilonInsensitive'` (default): max(0, |r| − ε); `'squaredEpsilonInsensitive'`: its square. */
  readonly loss?: 'epsilonInsensitive' | 'squaredEpsilonInsensitive' | undefined;
  /** Errors up to it cost nothing; 0 by default. */
  readonly epsilon?: number | undefined;
}

/**
 * Linear support vector regression, for many samples, dense or sparse.
 *
 * Minimises ½‖w‖² + C·Σ sᵢ·loss(w·xᵢ + b − yᵢ), with the intercept penalised as the coefficient of a constant feature, by
 * coordinate descent. Scale features and targets first.
 *
 * Reference: Ho & Lin 2012, “Large-scale Linear Support Vector Regression”, JMLR 13.
 *
 * @example
 * ```ts
 * import { LinearSVR } from 'kompakt/svm';
 * const X = Array.from({ length: 21 }, (_, i) => [i / 10 - 1]);
 * const model = await new LinearSVR({ C: 10, seed: 0 }).fit(X, X.map(([x]) => 2 * x! + 1));
 * console.log(model.coef.item().toFixed(2), model.intercept.item().toFixed(2)); // → 2.00 1.00
 * ```
 */
export class LinearSVR {
  readonly kind = 'regressor';
  readonly name = 'LinearSVR';
  readonly options: LinearSVROptions;

  /** @param options - see {@link LinearSVROptions}; checked by `fit`. */
  constructor(options: LinearSVROptions = {}) {
    this.options = options;
  }

  /**
   * Finds the coefficients.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - `[samples]`.
   * @param options - `sampleWeight`: multiplies C by sample; those of weight 0 are left out.
   * @returns the model. If `maxIter` was reached first, `warnings` says what to do; it is usable all the same.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedLinearSVR> {
    const what = 'LinearSVR.fit';
    checkOptions(this.options, [...MACHINE_OPTIONS, 'epsilon'], what);
    const { loss = 'epsilonInsensitive' } = this.options;
    checkOption(loss, ['epsilonInsensitive', 'squaredEpsilonInsensitive'], 'loss', what);
    const epsilon = checkNumber(this.options.epsilon ?? 0, 'epsilon', what, { min: 0 });
    const { C, tol, maxIter, bias } = readMachine(this.options, what);
    const given = await readRegression(X, y, options, what, { sparse: true });
    const { weights } = given;
    const samples = Int32Array.from(given.y.keys()).filter((i) => weights === null || weights[i]! > 0);
    const solution = solveValueDual({
      rows: new BiasedRows(given.X, bias),
      samples,
      y: Float64Array.from(samples, (i) => given.y[i]!),
      C: Float64Array.from(samples, (i) => C * (weights === null ? 1 : weights[i]!)),
      epsilon,
      isSquared: loss === 'squaredEpsilonInsensitive',
      tol,
      maxIter,
      draw: drawsFrom(this.options.seed),
    });
    const features = countFeatures(given.X);
    return new FittedLinearSVR({
      ...splitBias([solution], features, bias),
      nFeatures: features,
      warnings: machineWarnings('LinearSVR', [solution]),
      beside: X,
    });
  }
}

/** What `LinearSVR.fit` returns. */
export class FittedLinearSVR extends FittedLinearRegressor {
  static readonly type = 'LinearSVR';

  constructor(parts: LinearRegressorParts) {
    super('LinearSVR', parts);
  }

  /** The model from what `toState` gave. */
  static fromState(state: ModelState): FittedLinearSVR {
    return new FittedLinearSVR(regressorParts(state));
  }
}
