import type { FitOptions } from '../data/estimator';
import type { Matrix } from '../data/matrix';
import type { Vector } from '../data/vector';
import type { ModelState } from '../estimator/state';
import {
  FittedOnlineRegressor,
  learnValues,
  type OnlineRegressorParts,
  onlineRegressorParts,
  refuseEarlyStopping,
} from './fitted-online';
import { REGRESSION_LOSSES, type RegressionLoss } from './sgd-loss';
import { planSgd, SGD_OPTIONS, type SGDOptions, type SgdPlan } from './sgd-options';
import { warningsOf } from './sgd-train';

export interface SGDRegressorOptions extends SGDOptions {
  /**
   * Of the error r = w·x + b − y: `'squaredError'` (default) r²/2; `'huber'`, linear beyond ε; `'epsilonInsensitive'`
   * max(0, |r| − ε); `'squaredEpsilonInsensitive'`, its square.
   */
  readonly loss?: RegressionLoss | undefined;
}

/**
 * Linear regression by stochastic gradient descent: one sample at a time, so that any amount of data will do, dense or
 * sparse.
 *
 * Minimises 1/n Σ loss(yᵢ, w·xᵢ + b) + α·R(w). With `seed: numpyRandom(n)` samples come in the order of scikit-learn's
 * `random_state=n`, and coefficients are the same. Scale the features first; without that the coefficients may overflow.
 *
 * Reference: Bottou 2012, “Stochastic Gradient Descent Tricks”.
 *
 * @example
 * ```ts
 * import { SGDRegressor } from 'kompakt/linear';
 * const X = Array.from({ length: 50 }, (_, i) => [i / 25 - 1]);
 * const model = await new SGDRegressor({ eta0: 0.1, alpha: 0, seed: 0 }).fit(X, X.map(([x]) => 2 * x! + 1));
 * console.log(model.coef.item().toFixed(1), model.intercept.item().toFixed(1)); // → 2.0 1.0
 * ```
 */
export class SGDRegressor {
  readonly kind = 'regressor';
  readonly name = 'SGDRegressor';
  readonly options: SGDRegressorOptions;

  /** @param options - see {@link SGDRegressorOptions}; checked by `fit`. */
  constructor(options: SGDRegressorOptions = {}) {
    this.options = options;
  }

  /**
   * Learns from samples with targets, in as many passes as it takes.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - `[samples]`.
   * @param options - `sampleWeight`: multiplies each step.
   * @returns the model. If `maxIter` was reached, `warnings` says what to do; it is usable all the same.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together;
   * NonFiniteError when coefficients overflow.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedSGDRegressor> {
    const what = `${this.name}.fit`;
    const plan = this.#plan(what);
    const learned = await learnValues({ X, y, options, what }, plan, null, plan.maxIter);
    return new FittedSGDRegressor({
      ...learned,
      beside: X,
      warnings: warningsOf(this.name, learned.progress, plan),
    });
  }

  /**
   * Begins to learn, in one pass over the first samples; the model returned goes on with its own `partialFit`.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - `[samples]`.
   * @param options - `sampleWeight`.
   * @throws ConfigError for unsupported options (`earlyStopping` among them), NaN or infinity; ShapeError for data that does
   * not fit together.
   */
  async partialFit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedSGDRegressor> {
    const what = `${this.name}.partialFit`;
    const plan = this.#plan(what);
    refuseEarlyStopping(plan, what);
    return new FittedSGDRegressor({ ...(await learnValues({ X, y, options, what }, plan, null, 1)), beside: X });
  }

  #plan(what: string): SgdPlan {
    const defaults = { loss: 'squaredError', learningRate: 'invscaling', powerT: 0.25 } as const;
    return planSgd(this.options, REGRESSION_LOSSES, defaults, SGD_OPTIONS, what);
  }
}

/** What `SGDRegressor.fit` and `partialFit` return. */
export class FittedSGDRegressor extends FittedOnlineRegressor {
  static readonly type = 'SGDRegressor';

  constructor(parts: OnlineRegressorParts) {
    super('SGDRegressor', parts);
  }

  /** The model from what `toState` gave; it goes on learning as the first would. */
  static fromState(state: ModelState): FittedSGDRegressor {
    return new FittedSGDRegressor(onlineRegressorParts(state));
  }
}
