import { ConfigError, ShapeError } from '../core/errors';
import { shown } from '../core/shown';
import type { Tensor } from '../core/tensor';
import type { FitOptions } from '../data/estimator';
import type { Label, Labels } from '../data/labels';
import type { Matrix, Samples } from '../data/matrix';
import { readVector, type Vector } from '../data/vector';
import { resultLike } from '../estimator/fitted';
import { classifierState, labelsOfForm, type ModelState, type StateValue } from '../estimator/state';
import { type Counts, count, linearScores } from './counts';
import { FittedNaiveBayes } from './fitted-naive-bayes';
import { type BatchOf, readBatch, readPriors } from './read';

/** What all naive Bayes models of counts can be told. */
export interface DiscreteNBOptions {
  /** Added to every count (Laplace smoothing), or one number for each feature; 1 by default. */
  readonly alpha?: number | Vector | undefined;
  /** Whether an alpha below 1e-10 is taken as it is, true by default, or raised to that. */
  readonly forceAlpha?: boolean | undefined;
  /** Whether P(c) is learned, true by default, or the same for all classes. */
  readonly fitPrior?: boolean | undefined;
  /** P(c) of each class, in their order, instead. */
  readonly classPrior?: Vector | null | undefined;
}

export const DISCRETE_OPTIONS = ['alpha', 'forceAlpha', 'fitPrior', 'classPrior'] as const;

/** Options that all of them have, checked. */
export interface DiscreteSettings {
  /** One for each feature. */
  readonly alpha: Float64Array;
  readonly fitPrior: boolean;
  readonly classPrior: Float64Array | null;
}

const LEAST_ALPHA = 1e-10;

export function checkDiscrete(
  { alpha = 1, forceAlpha = true, fitPrior = true, classPrior }: DiscreteNBOptions,
  classes: number,
  features: number,
  what: string,
): DiscreteSettings {
  const given =
    typeof alpha === 'number' ? new Float64Array(features).fill(alpha) : readVector(alpha, `${what}: alpha`);
  if (given.length !== features)
    throw new ShapeError(`${what}: alpha has ${given.length} values for ${features} features. Give one for each.`);
  if (!given.every((a) => a >= 0 && a < Infinity))
    throw new ConfigError(
      `${what}: alpha must be a number ≥ 0, got ${shown(given.find((a) => !(a >= 0 && a < Infinity)))}.`,
    );
  for (const [name, flag] of [
    ['forceAlpha', forceAlpha],
    ['fitPrior', fitPrior],
  ] as const) {
    if (typeof flag !== 'boolean') throw new ConfigError(`${what}: ${name} must be true or false, got ${shown(flag)}.`);
  }
  return {
    alpha: given.map((a) => (forceAlpha ? a : Math.max(a, LEAST_ALPHA))),
    fitPrior,
    classPrior: readPriors(classPrior, classes, 'classPrior', what),
  };
}

export interface DiscreteParts<L extends Labels> extends Counts {
  readonly settings: DiscreteSettings;
  readonly classes: readonly Label[];
  readonly likeLabels: L;
  readonly cols: number;
}

/** Base of naive Bayes models of counts, whose scores are linear in the samples: X·Wᵀ + b. */
export abstract class FittedDiscreteNB<L extends Labels = Labels> extends FittedNaiveBayes<L> {
  /** float64 `[classes, features]`: how often each feature was seen in each class. */
  readonly featureCount: Tensor;
  /** The weight of the samples of each class. */
  readonly classCount: Float64Array;
  /** float64 `[classes, features]`: ln P(feature | class), or the weights of a complement model. */
  readonly featureLogProb: Tensor;
  /** ln P(c). */
  readonly classLogPrior: Float64Array;
  protected readonly parts: DiscreteParts<L>;
  readonly #weights: Float64Array;
  readonly #bias: Float64Array;

  constructor(name: string, parts: DiscreteParts<L>) {
    super({ name, nFeatures: parts.cols, classes: parts.classes, likeLabels: parts.likeLabels });
    const shape = [parts.classes.length, parts.cols];
    this.parts = { ...parts, likeLabels: this.likeLabels };
    this.featureCount = resultLike([], parts.featureCount.slice(), shape);
    this.classCount = parts.classCount;
    const logs = this.logProbabilities(parts);
    this.featureLogProb = resultLike([], logs.slice(), shape);
    this.classLogPrior = logPriors(parts);
    const { weights, bias } = this.linearForm(logs, this.classLogPrior, parts.cols);
    this.#weights = weights;
    this.#bias = bias;
  }

  /** `featureLogProb` from the counts. */
  protected abstract logProbabilities(parts: DiscreteParts<L>): Float64Array;

  /** W and b of the scores; W is `featureLogProb` and b `classLogPrior` unless a model says otherwise. */
  protected linearForm(logs: Float64Array, prior: Float64Array, _cols: number) {
    return { weights: logs, bias: prior };
  }

  /** The samples as the model counts them. */
  protected abstract prepare(X: Samples, what: string): Samples;

  /** The same model with other counts. */
  protected abstract withCounts(parts: DiscreteParts<L>): this;

  /** Samples are not asked to be counts when predicting, as in scikit-learn. */
  protected override jointLogs(X: Matrix, method: string): Float64Array {
    return linearScores(this.prepareToPredict(this.readSparse(X, method)), this.#weights, this.#bias);
  }

  protected prepareToPredict(X: Samples): Samples {
    return X;
  }

  /**
   * A model that has counted a further batch, too; this one stays as it is.
   *
   * @param X - `[samples, features]`, dense or sparse.
   * @param y - labels, all of which are in `classes`.
   * @param options - `sampleWeight`.
   * @throws ConfigError for a label that is not in `classes`; ShapeError when X has other features.
   */
  async partialFit(X: Matrix, y: Labels, options: FitOptions = {}): Promise<this> {
    const what = `${this.name}.partialFit`;
    const { classes, cols } = this.parts;
    const batch = await readBatch(X, y, options, classes, what, { sparse: true, cols });
    return this.withCounts({ ...this.parts, ...count(this.parts, { ...batch, X: this.prepare(batch.X, what) }) });
  }

  toState(): ModelState {
    const { classCount, featureCount, settings, cols } = this.parts;
    return {
      type: this.name,
      ...classifierState(this, this.likeLabels),
      classCount,
      featureCount,
      settings: settings as unknown as StateValue,
      cols,
    };
  }
}

/** The parts that a state holds. */
export function discreteParts(state: ModelState): DiscreteParts<Labels> {
  return { ...(state as unknown as DiscreteParts<Labels>), likeLabels: labelsOfForm(state.labels) };
}

/** What a first batch, or all samples, make. */
export function firstParts<L extends Labels>(
  batch: BatchOf<Samples>,
  y: L,
  options: DiscreteNBOptions,
  what: string,
): DiscreteParts<L> {
  const { classes } = batch;
  const counts = count(null, batch);
  const cols = counts.featureCount.length / classes.length;
  const settings = checkDiscrete(options, classes.length, cols, what);
  return { ...counts, settings, classes, likeLabels: y, cols };
}

function logPriors({ classCount, settings: { fitPrior, classPrior } }: DiscreteParts<Labels>): Float64Array {
  if (classPrior !== null) return classPrior.map((p) => Math.log(p));
  if (!fitPrior) return classCount.map(() => -Math.log(classCount.length));
  const total = classCount.reduce((a, b) => a + b, 0);
  return classCount.map((n) => Math.log(n) - Math.log(total));
}

/** The sum of each row of `cols` values. */
export function rowSums(values: Float64Array, cols: number): Float64Array {
  const sums = new Float64Array(values.length / cols);
  for (let at = 0; at < values.length; at++) sums[Math.floor(at / cols)]! += values[at]!;
  return sums;
}
