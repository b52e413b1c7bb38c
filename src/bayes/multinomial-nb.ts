import { checkOptions } from '../core/options';
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

export type MultinomialNBOptions = DiscreteNBOptions;

/**
 * Naive Bayes for counts, such as of words: within a class every event is drawn independently of the others.
 *
 * ln P(x | c) = Σⱼ xⱼ ln θ_cj + const, θ_cj = (N_cj + α) / Σⱼ (N_cj + α), where N_cj is how often j occurred in class c.
 *
 * Reference: Manning, Raghavan, Schütze 2008, “Introduction to Information Retrieval”, section 13.2.
 *
 * @example
 * ```ts
 * import { MultinomialNB } from 'kompakt/bayes';
 * const counts = [[2, 0, 1], [3, 0, 0], [0, 2, 1]];
 * const model = await new MultinomialNB().fit(counts, ['ham', 'ham', 'spam']);
 * console.log(model.predict([[0, 1, 0]])); // → [ 'spam' ]
 * ```
 */
export class MultinomialNB {
  readonly kind = 'classifier';
  readonly name = 'MultinomialNB' as const;
  readonly options: MultinomialNBOptions;

  /** @param options - see {@link DiscreteNBOptions}; checked by `fit`. */
  constructor(options: MultinomialNBOptions = {}) {
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
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedMultinomialNB<L>> {
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
  async partialFit<L extends Labels>(
    X: Matrix,
    y: L,
    options: PartialFitOptions = {},
  ): Promise<FittedMultinomialNB<L>> {
    const what = `${this.name}.partialFit`;
    return this.#begin(await readFirstBatch(X, y, options, what, { sparse: true }), y, what);
  }

  #begin<L extends Labels>(batch: BatchOf<Samples>, y: L, what: string): FittedMultinomialNB<L> {
    checkOptions(this.options, DISCRETE_OPTIONS, what);
    checkCounts(batch.X, what);
    return new FittedMultinomialNB(firstParts(batch, y, this.options, what));
  }
}

/** What `MultinomialNB.fit` and `partialFit` return. */
export class FittedMultinomialNB<L extends Labels = Labels> extends FittedDiscreteNB<L> {
  static readonly type = 'MultinomialNB';

  constructor(parts: DiscreteParts<L>) {
    super('MultinomialNB', parts);
  }

  protected override logProbabilities({ featureCount, settings, cols }: DiscreteParts<L>): Float64Array {
    const smoothed = featureCount.map((n, at) => n + settings.alpha[at % cols]!);
    const totals = rowSums(smoothed, cols).map((n) => Math.log(n));
    return smoothed.map((n, at) => Math.log(n) - totals[Math.floor(at / cols)]!);
  }

  protected override prepare(X: Samples, what: string): Samples {
    return checkCounts(X, what);
  }

  protected override withCounts(parts: DiscreteParts<L>): this {
    return new FittedMultinomialNB(parts) as this;
  }

  static fromState(state: ModelState): FittedMultinomialNB {
    return new FittedMultinomialNB(discreteParts(state));
  }
}
