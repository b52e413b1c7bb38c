import type { Tensor } from '../core/tensor';
import type { ClassWeight } from '../data/class-weight';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { resultLike } from '../estimator/fitted';
import type { ModelState } from '../estimator/state';
import { scoresOf } from './fitted-linear';
import {
  beginClasses,
  FittedOnlineClassifier,
  fitClasses,
  type OnlineClassifierParts,
  onlineClassifierParts,
  type PartialFitOptions,
} from './fitted-online';
import { logisticShares, marginShares } from './probability-shares';
import { ALL_LOSSES, type ClassificationLoss, type RegressionLoss } from './sgd-loss';
import { planSgd, SGD_OPTIONS, type SGDOptions, type SgdPlan } from './sgd-options';

export interface SGDClassifierOptions extends SGDOptions {
  /**
   * Of the margin z = y·(w·x + b): `'hinge'` (default) max(0, 1 − z), a linear support vector machine; `'logLoss'`, logistic
   * regression; `'modifiedHuber'`, a smooth hinge with probabilities; `'squaredHinge'`; `'perceptron'` max(0, −z); or a loss of
   * `SGDRegressor` with targets ±1.
   */
  readonly loss?: ClassificationLoss | RegressionLoss | undefined;
  /** Weights of the classes: `'balanced'`, a record or map by label, or null (default) for none. */
  readonly classWeight?: ClassWeight | undefined;
}

/**
 * Linear classification by stochastic gradient descent: one sample at a time, so that any amount of data will do, dense or
 * sparse.
 *
 * Minimises 1/n Σ loss(yᵢ, w·xᵢ + b) + α·R(w). More than two classes are told apart one against the rest. With
 * `seed: numpyRandom(n)` samples come in the order of scikit-learn's `random_state=n`, and coefficients are the same. Scale
 * the features first.
 *
 * Reference: Bottou 2012, “Stochastic Gradient Descent Tricks”; Zhang 2004, “Solving Large Scale Linear Prediction Problems
 * Using Stochastic Gradient Descent Algorithms”.
 *
 * @example
 * ```ts
 * import { SGDClassifier } from 'kompakt/linear';
 * const first = await new SGDClassifier({ seed: 0 }).partialFit([[-1, 0], [1, 1]], ['no', 'yes'], { classes: ['no', 'yes'] });
 * const next = await first.partialFit([[-2, 1], [3, 0]], ['no', 'yes']);
 * console.log(next.predict([[-1, 0], [2, 0]]), next.t); // → [ 'no', 'yes' ] 5
 * ```
 */
export class SGDClassifier {
  readonly kind = 'classifier';
  readonly name = 'SGDClassifier';
  readonly options: SGDClassifierOptions;

  /** @param options - see {@link SGDClassifierOptions}; checked by `fit`. */
  constructor(options: SGDClassifierOptions = {}) {
    this.options = options;
  }

  /**
   * Learns from labelled samples, in as many passes as it takes.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: multiplies each step.
   * @returns the model. If `maxIter` was reached, `warnings` says what to do; it is usable all the same.
   * @throws ConfigError for unsupported options, NaN or infinity, or fewer than two classes; ShapeError for data that does
   * not fit together; NonFiniteError when coefficients overflow.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedSGDClassifier<L>> {
    const plan = this.#plan('fit');
    return new FittedSGDClassifier(await fitClasses(this.name, { X, y, options }, plan, this.options.classWeight));
  }

  /**
   * Begins to learn, in one pass over the first samples; the model returned goes on with its own `partialFit`.
   *
   * @param X - `[samples, features]`, finite numbers; may be sparse.
   * @param y - one label per sample.
   * @param options - `classes`: all labels there will ever be; `sampleWeight`.
   * @throws ConfigError for unsupported options (`earlyStopping` and balanced weights among them), NaN or infinity, or labels
   * that are not in `classes`; ShapeError for data that does not fit together.
   */
  async partialFit<L extends Labels>(
    X: Matrix,
    y: L,
    options: PartialFitOptions = {},
  ): Promise<FittedSGDClassifier<L>> {
    const plan = this.#plan('partialFit');
    return new FittedSGDClassifier(await beginClasses(this.name, { X, y, options }, plan, this.options.classWeight));
  }

  #plan(method: string): SgdPlan {
    const defaults = { loss: 'hinge', learningRate: 'optimal', powerT: 0.5 } as const;
    return planSgd(this.options, ALL_LOSSES, defaults, [...SGD_OPTIONS, 'classWeight'], `${this.name}.${method}`);
  }
}

/** What `SGDClassifier.fit` and `partialFit` return. Labels come back in the form they were given in. */
export class FittedSGDClassifier<L extends Labels = Labels> extends FittedOnlineClassifier<L> {
  static readonly type = 'SGDClassifier';
  /**
   * The probability of each class, float64 `[samples, classes]`; only with the losses `'logLoss'`, σ(z), and `'modifiedHuber'`,
   * (clip(z, −1, 1) + 1) / 2. For several classes they are divided by their sum.
   */
  readonly predictProba?: (X: Matrix) => Tensor;

  constructor(parts: OnlineClassifierParts<L>) {
    super('SGDClassifier', parts);
    const { lossName } = parts.plan;
    if (lossName !== 'logLoss' && lossName !== 'modifiedHuber') return;
    const shares = lossName === 'logLoss' ? logisticShares : marginShares;
    this.predictProba = (X) => {
      const k = this.classes.length;
      const p = shares(scoresOf(this.readSparse(X, 'predictProba'), this.weights), k);
      return resultLike(X, p, [p.length / k, k]);
    };
  }

  /** The model from what `toState` gave; it goes on learning as the first would. */
  static fromState(state: ModelState): FittedSGDClassifier {
    return new FittedSGDClassifier(onlineClassifierParts(state));
  }
}
