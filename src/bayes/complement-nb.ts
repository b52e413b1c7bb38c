import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix, Samples } from '../data/matrix';
import type { ModelState } from '../estimator/state';
import { checkCounts } from './counts';
import {
  DISCRETE_OPTIONS,
  type DiscreteNBOptions,
  type DiscreteParts,
  discreteParts,
  FittedDiscreteNB,
  firstParts,
  rowSums,
} from './discrete-nb';
import { type BatchOf, type PartialFitOptions, readAll, readFirstBatch } from './read';

export interface ComplementNBOptions extends DiscreteNBOptions {
  /** Whether the weights of each class are divided by their sum; false by default. */
  readonly norm?: boolean | undefined;
}

/**
 * Naive Bayes for counts, with weights learned from all classes but the one in question: steadier where classes are of
 * different sizes.
 *
 * w_cj = −ln θ_c̄j, θ_c̄j = (N_j − N_cj + α) / Σⱼ (N_j − N_cj + α); the class with the greatest Σⱼ xⱼ w_cj is predicted.
 *
 * Reference: Rennie, Shih, Teevan, Karger 2003, “Tackling the Poor Assumptions of Naive Bayes Text Classifiers”.
 *
 * @example
 * ```ts
 * import { ComplementNB } from 'kompakt/bayes';
 * const counts = [[2, 0, 1], [3, 0, 0], [0, 2, 1]];
 * const model = await new ComplementNB().fit(counts, ['ham', 'ham', 'spam']);
 * console.log(model.predict([[0, 1, 0]])); // → [ 'spam' ]
 * ```
 */
export class ComplementNB {
  readonly kind = 'classifier';
  readonly name = 'ComplementNB' as const;
  readonly options: ComplementNBOptions;

  /** @param options - see {@link DiscreteNBOptions}; checked by `fit`. */
  constructor(options: ComplementNBOptions = {}) {
    this.options = options;
  }

  /**
   * Counts events in every class.
   *
   * @param X - `[samples, features]`, dense or sparse, not negative.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @throws ConfigError for unsupported options, negative values, NaN or infinity, one class only; ShapeError for data that
   * does not fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedComplementNB<L>> {
    const what = `${this.name}.fit`;
    return this.#begin(await readAll(X, y, options, what, { sparse: true }), y, what);
  }

  /**
   * Begins to learn from a first batch; the model returned goes on with its own `partialFit`.
   *
   * @param X - `[samples, features]`, dense or sparse, not negative.
   * @param y - one label per sample.
   * @param options - `classes`: all labels there will ever be; `sampleWeight`.
   * @throws ConfigError without classes, or for a label that is none of them; and as `fit`.
   */
  async partialFit<L extends Labels>(X: Matrix, y: L, options: PartialFitOptions = {}): Promise<FittedComplementNB<L>> {
    const what = `${this.name}.partialFit`;
    return this.#begin(await readFirstBatch(X, y, options, what, { sparse: true }), y, what);
  }

  #begin<L extends Labels>(batch: BatchOf<Samples>, y: L, what: string): FittedComplementNB<L> {
    checkOptions(this.options, [...DISCRETE_OPTIONS, 'norm'], what);
    const { norm = false } = this.options;
    if (typeof norm !== 'boolean') throw new ConfigError(`${what}: norm must be true or false, got ${shown(norm)}.`);
    checkCounts(batch.X, what);
    return new FittedComplementNB({ ...firstParts(batch, y, this.options, what), norm });
  }
}

interface Parts<L extends Labels> extends DiscreteParts<L> {
  readonly norm: boolean;
}

/** What `ComplementNB.fit` and `partialFit` return. */
export class FittedComplementNB<L extends Labels = Labels> extends FittedDiscreteNB<L> {
  static readonly type = 'ComplementNB';

  constructor(parts: Parts<L>) {
    super('ComplementNB', parts);
  }

  protected override logProbabilities(parts: DiscreteParts<L>): Float64Array {
    const { featureCount, settings, cols } = parts;
    const all = new Float64Array(cols);
    for (let at = 0; at < featureCount.length; at++) all[at % cols]! += featureCount[at]!;
    const others = featureCount.map((n, at) => all[at % cols]! + settings.alpha[at % cols]! - n);
    const totals = rowSums(others, cols);
    const logs = others.map((n, at) => Math.log(n / totals[Math.floor(at / cols)]!));
    if (!(parts as Parts<L>).norm) return logs.map((v) => -v);
    const sums = rowSums(logs, cols);
    return logs.map((v, at) => v / sums[Math.floor(at / cols)]!);
  }

  /** How often classes occur does not matter. */
  protected override linearForm(logs: Float64Array, prior: Float64Array) {
    return { weights: logs, bias: new Float64Array(prior.length) };
  }

  protected override prepare(X: Samples, what: string): Samples {
    return checkCounts(X, what);
  }

  protected override withCounts(parts: DiscreteParts<L>): this {
    return new FittedComplementNB(parts as Parts<L>) as this;
  }

  override toState(): ModelState {
    return { ...super.toState(), norm: (this.parts as Parts<L>).norm };
  }

  static fromState(state: ModelState): FittedComplementNB {
    return new FittedComplementNB({ ...discreteParts(state), norm: state.norm as boolean });
  }
}
