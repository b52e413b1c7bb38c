import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix, Samples } from '../data/matrix';
import type { ModelState } from '../estimator/state';
import { binarize, linearScores } from './counts';
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

export interface BernoulliNBOptions extends DiscreteNBOptions {
  /** Values above it are events, 0 by default; null: X is 0 and 1 already. */
  readonly binarize?: number | null | undefined;
}

/**
 * Naive Bayes for events that happen or don't: within a class each happens independently of the others.
 *
 * ln P(x | c) = Σⱼ [xⱼ ln p_cj + (1 − xⱼ) ln(1 − p_cj)], p_cj = (N_cj + α) / (N_c + 2α).
 *
 * Reference: McCallum & Nigam 1998, “A Comparison of Event Models for Naive Bayes Text Classification”.
 *
 * @example
 * ```ts
 * import { BernoulliNB } from 'kompakt/bayes';
 * const words = [[1, 0, 1], [1, 0, 0], [0, 1, 1]];
 * const model = await new BernoulliNB().fit(words, ['ham', 'ham', 'spam']);
 * console.log(model.predict([[0, 1, 0]])); // → [ 'spam' ]
 * ```
 */
export class BernoulliNB {
  readonly kind = 'classifier';
  readonly name = 'BernoulliNB' as const;
  readonly options: BernoulliNBOptions;

  /** @param options - see {@link DiscreteNBOptions}; checked by `fit`. */
  constructor(options: BernoulliNBOptions = {}) {
    this.options = options;
  }

  /**
   * Counts events in every class.
   *
   * @param X - `[samples, features]`, dense or sparse, finite numbers.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @throws ConfigError for unsupported options, NaN or infinity, one class only; ShapeError for data that
   * does not fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedBernoulliNB<L>> {
    const what = `${this.name}.fit`;
    return this.#begin(await readAll(X, y, options, what, { sparse: true }), y, what);
  }

  /**
   * Begins to learn from a first batch; the model returned goes on with its own `partialFit`.
   *
   * @param X - `[samples, features]`, dense or sparse, finite numbers.
   * @param y - one label per sample.
   * @param options - `classes`: all labels there will ever be; `sampleWeight`.
   * @throws ConfigError without classes, or for a label that is none of them; and as `fit`.
   */
  async partialFit<L extends Labels>(X: Matrix, y: L, options: PartialFitOptions = {}): Promise<FittedBernoulliNB<L>> {
    const what = `${this.name}.partialFit`;
    return this.#begin(await readFirstBatch(X, y, options, what, { sparse: true }), y, what);
  }

  #begin<L extends Labels>(batch: BatchOf<Samples>, y: L, what: string): FittedBernoulliNB<L> {
    checkOptions(this.options, [...DISCRETE_OPTIONS, 'binarize'], what);
    const { binarize: threshold = 0 } = this.options;
    if (threshold !== null && !(typeof threshold === 'number' && threshold >= 0))
      throw new ConfigError(`${what}: binarize must be a number ≥ 0 or null, got ${shown(threshold)}.`);
    const X = binarize(checkShares(batch.X, threshold, what), threshold);
    return new FittedBernoulliNB({ ...firstParts({ ...batch, X }, y, this.options, what), threshold });
  }
}

/** The samples, after checking that without a threshold they can be told as there and not there. */
function checkShares(X: Samples, threshold: number | null, what: string): Samples {
  const at = threshold === null ? X.data.findIndex((v) => !(v >= 0 && v <= 1)) : -1;
  if (at < 0) return X;
  throw new ConfigError(
    `${what}: X has the value ${X.data[at]}, and without binarize it must hold 0 and 1. Set binarize.`,
  );
}

interface Parts<L extends Labels> extends DiscreteParts<L> {
  readonly threshold: number | null;
}

/** What `BernoulliNB.fit` and `partialFit` return. */
export class FittedBernoulliNB<L extends Labels = Labels> extends FittedDiscreteNB<L> {
  static readonly type = 'BernoulliNB';

  constructor(parts: Parts<L>) {
    super('BernoulliNB', parts);
  }

  protected override logProbabilities({ featureCount, classCount, settings, cols }: DiscreteParts<L>): Float64Array {
    return featureCount.map((n, at) => {
      const alpha = settings.alpha[at % cols]!;
      return Math.log(n + alpha) - Math.log(classCount[Math.floor(at / cols)]! + 2 * alpha);
    });
  }

  /** Σ xⱼ (ln p − ln(1 − p)) + [ln P(c) + Σ ln(1 − p)]. */
  protected override linearForm(logs: Float64Array, prior: Float64Array, cols: number) {
    const never = logs.map((v) => Math.log(1 - Math.exp(v)));
    // What a class always has: nothing to weigh where it is there; `jointLogs` rules the class out where it is not.
    const finite = never.map((v) => (v === Number.NEGATIVE_INFINITY ? 0 : v));
    const sums = rowSums(finite, cols);
    return { weights: logs.map((v, at) => v - finite[at]!), bias: prior.map((v, c) => v + sums[c]!) };
  }

  protected override jointLogs(X: Matrix, method: string): Float64Array {
    const out = super.jointLogs(X, method);
    const always = this.featureLogProb.dataSync().map((v) => Number(v === 0)) as Float64Array;
    const owed = rowSums(always, this.parts.cols);
    if (!owed.some((n) => n > 0)) return out;
    const had = linearScores(
      this.prepareToPredict(this.readSparse(X, method)),
      always,
      owed.map((n) => -n),
    );
    return out.map((v, at) => (had[at]! < 0 ? Number.NEGATIVE_INFINITY : v));
  }

  protected override prepare(X: Samples, what: string): Samples {
    const { threshold } = this.parts as Parts<L>;
    return binarize(checkShares(X, threshold, what), threshold);
  }

  protected override prepareToPredict(X: Samples): Samples {
    return binarize(X, (this.parts as Parts<L>).threshold);
  }

  protected override withCounts(parts: DiscreteParts<L>): this {
    return new FittedBernoulliNB(parts as Parts<L>) as this;
  }

  override toState(): ModelState {
    return { ...super.toState(), threshold: (this.parts as Parts<L>).threshold };
  }

  static fromState(state: ModelState): FittedBernoulliNB {
    return new FittedBernoulliNB({ ...discreteParts(state), threshold: state.threshold as number | null });
  }
}
