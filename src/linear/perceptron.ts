import type { ClassWeight } from '../data/class-weight';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import type { ModelState } from '../estimator/state';
import {
  beginClasses,
  FittedOnlineClassifier,
  fitClasses,
  type OnlineClassifierParts,
  onlineClassifierParts,
  type PartialFitOptions,
} from './fitted-online';
import { ONLINE_OPTIONS, planSgd, type SGDOptions, type SgdPlan } from './sgd-options';

export interface PerceptronOptions extends Omit<SGDOptions, 'learningRate' | 'powerT' | 'average' | 'epsilon'> {
  /** null (default): none. See {@link SGDOptions.penalty}. */
  readonly penalty?: SGDOptions['penalty'];
  /** Size of the steps; 1 by default. */
  readonly eta0?: number | undefined;
  /** Weights of the classes: `'balanced'`, a record or map by label, or null (default) for none. */
  readonly classWeight?: ClassWeight | undefined;
}

const OPTIONS = [...ONLINE_OPTIONS, 'penalty', 'alpha', 'l1Ratio', 'eta0', 'classWeight'];

/**
 * The perceptron: a linear classifier that learns from its mistakes alone.
 *
 * For each sample on the wrong side, w += η·y·x and b += η·y; the loss is max(0, −y·(w·x + b)). More than two classes are told
 * apart one against the rest. It is `SGDClassifier` with `loss: 'perceptron'`, a constant rate and no penalty.
 *
 * Reference: Rosenblatt 1958, “The Perceptron: A Probabilistic Model for Information Storage and Organization in the Brain”.
 *
 * @example
 * ```ts
 * import { Perceptron } from 'kompakt/linear';
 * const model = await new Perceptron({ seed: 0 }).fit([[-1, -1], [-2, 0], [1, 2], [2, 1]], ['no', 'no', 'yes', 'yes']);
 * console.log(model.predict([[-3, -1], [2, 2]])); // → [ 'no', 'yes' ]
 * ```
 */
export class Perceptron {
  readonly kind = 'classifier';
  readonly name = 'Perceptron';
  readonly options: PerceptronOptions;

  /** @param options - see {@link PerceptronOptions}; checked by `fit`. */
  constructor(options: PerceptronOptions = {}) {
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
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedPerceptron<L>> {
    const plan = this.#plan('fit');
    return new FittedPerceptron(await fitClasses(this.name, { X, y, options }, plan, this.options.classWeight));
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
  async partialFit<L extends Labels>(X: Matrix, y: L, options: PartialFitOptions = {}): Promise<FittedPerceptron<L>> {
    const plan = this.#plan('partialFit');
    return new FittedPerceptron(await beginClasses(this.name, { X, y, options }, plan, this.options.classWeight));
  }

  #plan(method: string): SgdPlan {
    const given = { penalty: null, eta0: 1, ...definedOf(this.options) };
    const defaults = { loss: 'perceptron', learningRate: 'constant', powerT: 0.5 } as const;
    return planSgd(given, ['perceptron'], defaults, OPTIONS, `${this.name}.${method}`);
  }
}

/** The options that are not undefined. */
export function definedOf<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T;
}

/** What `Perceptron.fit` and `partialFit` return. Labels come back in the form they were given in. */
export class FittedPerceptron<L extends Labels = Labels> extends FittedOnlineClassifier<L> {
  static readonly type = 'Perceptron';

  constructor(parts: OnlineClassifierParts<L>) {
    super('Perceptron', parts);
  }

  /** The model from what `toState` gave; it goes on learning as the first would. */
  static fromState(state: ModelState): FittedPerceptron {
    return new FittedPerceptron(onlineClassifierParts(state));
  }
}
