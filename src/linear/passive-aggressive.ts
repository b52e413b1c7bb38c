import type { ClassWeight } from '../data/class-weight';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import type { Vector } from '../data/vector';
import { checkNumber } from '../estimator/settings';
import type { ModelState } from '../estimator/state';
import { checkOption } from '../metrics/warning';
import {
  beginClasses,
  FittedOnlineClassifier,
  FittedOnlineRegressor,
  fitClasses,
  learnValues,
  type OnlineClassifierParts,
  type OnlineRegressorParts,
  onlineClassifierParts,
  onlineRegressorParts,
  type PartialFitOptions,
  refuseEarlyStopping,
} from './fitted-online';
import { ONLINE_OPTIONS, planSgd, type SGDOptions, type SgdPlan } from './sgd-options';
import { warningsOf } from './sgd-train';

type Shared = Pick<
  SGDOptions,
  | 'fitIntercept'
  | 'maxIter'
  | 'tol'
  | 'shuffle'
  | 'earlyStopping'
  | 'validationFraction'
  | 'nIterNoChange'
  | 'average'
  | 'seed'
>;

export interface PassiveAggressiveClassifierOptions extends Shared {
  /** Largest step; smaller trusts a single sample less. 1 by default. */
  readonly C?: number | undefined;
  /** `'hinge'` (default): steps no larger than C (PA-I); `'squaredHinge'`: steps damped by 1 / (2C) (PA-II). */
  readonly loss?: 'hinge' | 'squaredHinge' | undefined;
  /** Weights of the classes: `'balanced'`, a record or map by label, or null (default) for none. */
  readonly classWeight?: ClassWeight | undefined;
}

export interface PassiveAggressiveRegressorOptions extends Shared {
  /** Largest step; smaller trusts a single sample less. 1 by default. */
  readonly C?: number | undefined;
  /** `'epsilonInsensitive'` (default): PA-I; `'squaredEpsilonInsensitive'`: PA-II. */
  readonly loss?: 'epsilonInsensitive' | 'squaredEpsilonInsensitive' | undefined;
  /** Errors up to it are none; 0.1 by default. */
  readonly epsilon?: number | undefined;
}

const SHARED = [...ONLINE_OPTIONS, 'average'];

/**
 * Passive-aggressive classification: leaves the coefficients alone while a sample is right by a margin, else changes them
 * just enough to make it so.
 *
 * w += τ·y·x with τ = min(C, loss / ‖x‖²), or with the squared loss τ = loss / (‖x‖² + 1 / (2C)); loss = max(0, 1 − y·(w·x + b)).
 *
 * Reference: Crammer et al. 2006, “Online Passive-Aggressive Algorithms”, JMLR 7.
 *
 * @example
 * ```ts
 * import { PassiveAggressiveClassifier } from 'kompakt/linear';
 * const X = [[-1, -1], [-2, 0], [1, 2], [2, 1]];
 * const model = await new PassiveAggressiveClassifier({ seed: 0 }).fit(X, [0, 0, 1, 1]);
 * console.log(model.predict([[-3, -1], [2, 2]])); // → [ 0, 1 ]
 * ```
 */
export class PassiveAggressiveClassifier {
  readonly kind = 'classifier';
  readonly name = 'PassiveAggressiveClassifier';
  readonly options: PassiveAggressiveClassifierOptions;

  /** @param options - see {@link PassiveAggressiveClassifierOptions}; checked by `fit`. */
  constructor(options: PassiveAggressiveClassifierOptions = {}) {
    this.options = options;
  }

  /**
   * Learns from labelled samples, in as many passes as it takes.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: multiplies each step.
   * @throws ConfigError for unsupported options, NaN or infinity, or fewer than two classes; ShapeError for data that does
   * not fit together.
   */
  async fit<L extends Labels>(
    X: Matrix,
    y: L,
    options: FitOptions = {},
  ): Promise<FittedPassiveAggressiveClassifier<L>> {
    const plan = this.#plan('fit');
    const learned = await fitClasses(this.name, { X, y, options }, plan, this.options.classWeight);
    return new FittedPassiveAggressiveClassifier(learned);
  }

  /**
   * Begins to learn, in one pass over the first samples; the model returned goes on with its own `partialFit`.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - one label per sample.
   * @param options - `classes`: all labels there will ever be; `sampleWeight`.
   * @throws ConfigError for unsupported options, NaN or infinity, or labels that are not in `classes`; ShapeError for data that
   * does not fit together.
   */
  async partialFit<L extends Labels>(
    X: Matrix,
    y: L,
    options: PartialFitOptions = {},
  ): Promise<FittedPassiveAggressiveClassifier<L>> {
    const plan = this.#plan('partialFit');
    const learned = await beginClasses(this.name, { X, y, options }, plan, this.options.classWeight);
    return new FittedPassiveAggressiveClassifier(learned);
  }

  #plan(method: string): SgdPlan {
    const what = `${this.name}.${method}`;
    const { loss = 'hinge', C = 1, ...rest } = this.options;
    checkOption(loss, ['hinge', 'squaredHinge'], 'loss', what);
    return passivePlan(rest, 'hinge', loss === 'hinge', C, [...SHARED, 'classWeight'], what);
  }
}

/** Plans the steps of passive-aggressive learning, which replace learning rate and penalty. */
function passivePlan(
  options: Shared & { readonly epsilon?: number | undefined },
  loss: 'hinge' | 'epsilonInsensitive',
  isFirst: boolean,
  C: unknown,
  known: readonly string[],
  what: string,
): SgdPlan {
  const defaults = { loss, learningRate: 'constant', powerT: 0.5 } as const;
  const plan = planSgd(options, [loss], defaults, known, what);
  return {
    ...plan,
    penalty: null,
    learningRate: isFirst ? 'pa1' : 'pa2',
    aggressiveness: checkNumber(C, 'C', what, { above: 0 }),
  };
}

/** What `PassiveAggressiveClassifier.fit` and `partialFit` return. Labels come back in the form they were given in. */
export class FittedPassiveAggressiveClassifier<L extends Labels = Labels> extends FittedOnlineClassifier<L> {
  static readonly type = 'PassiveAggressiveClassifier';

  constructor(parts: OnlineClassifierParts<L>) {
    super('PassiveAggressiveClassifier', parts);
  }

  /** The model from what `toState` gave; it goes on learning as the first would. */
  static fromState(state: ModelState): FittedPassiveAggressiveClassifier {
    return new FittedPassiveAggressiveClassifier(onlineClassifierParts(state));
  }
}

/**
 * Passive-aggressive regression: leaves the coefficients alone while the error is within ε, else changes them just enough.
 *
 * w += ±τ·x with τ = min(C, loss / ‖x‖²), or with the squared loss τ = loss / (‖x‖² + 1 / (2C)); loss = max(0, |w·x + b − y| − ε).
 *
 * Reference: Crammer et al. 2006, “Online Passive-Aggressive Algorithms”, JMLR 7.
 *
 * @example
 * ```ts
 * import { PassiveAggressiveRegressor } from 'kompakt/linear';
 * const X = Array.from({ length: 50 }, (_, i) => [i / 25 - 1]);
 * const model = await new PassiveAggressiveRegressor({ epsilon: 0.01, seed: 0 }).fit(X, X.map(([x]) => 2 * x! + 1));
 * console.log(model.coef.item().toFixed(1)); // → 2.0
 * ```
 */
export class PassiveAggressiveRegressor {
  readonly kind = 'regressor';
  readonly name = 'PassiveAggressiveRegressor';
  readonly options: PassiveAggressiveRegressorOptions;

  /** @param options - see {@link PassiveAggressiveRegressorOptions}; checked by `fit`. */
  constructor(options: PassiveAggressiveRegressorOptions = {}) {
    this.options = options;
  }

  /**
   * Learns from samples with targets, in as many passes as it takes.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - `[samples]`.
   * @param options - `sampleWeight`: multiplies each step.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedPassiveAggressiveRegressor> {
    const what = `${this.name}.fit`;
    const plan = this.#plan(what);
    const learned = await learnValues({ X, y, options, what }, plan, null, plan.maxIter);
    const warnings = warningsOf(this.name, learned.progress, plan);
    return new FittedPassiveAggressiveRegressor({ ...learned, beside: X, warnings });
  }

  /**
   * Begins to learn, in one pass over the first samples; the model returned goes on with its own `partialFit`.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - `[samples]`.
   * @param options - `sampleWeight`.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together.
   */
  async partialFit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedPassiveAggressiveRegressor> {
    const what = `${this.name}.partialFit`;
    const plan = this.#plan(what);
    refuseEarlyStopping(plan, what);
    const learned = await learnValues({ X, y, options, what }, plan, null, 1);
    return new FittedPassiveAggressiveRegressor({ ...learned, beside: X });
  }

  #plan(what: string): SgdPlan {
    const { loss = 'epsilonInsensitive', C = 1, ...rest } = this.options;
    checkOption(loss, ['epsilonInsensitive', 'squaredEpsilonInsensitive'], 'loss', what);
    return passivePlan(rest, 'epsilonInsensitive', loss === 'epsilonInsensitive', C, [...SHARED, 'epsilon'], what);
  }
}

/** What `PassiveAggressiveRegressor.fit` and `partialFit` return. */
export class FittedPassiveAggressiveRegressor extends FittedOnlineRegressor {
  static readonly type = 'PassiveAggressiveRegressor';

  constructor(parts: OnlineRegressorParts) {
    super('PassiveAggressiveRegressor', parts);
  }

  /** The model from what `toState` gave; it goes on learning as the first would. */
  static fromState(state: ModelState): FittedPassiveAggressiveRegressor {
    return new FittedPassiveAggressiveRegressor(onlineRegressorParts(state));
  }
}
