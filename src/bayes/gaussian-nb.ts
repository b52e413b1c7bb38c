import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Tensor } from '../core/tensor';
import type { FitOptions } from '../data/estimator';
import type { Label, Labels } from '../data/labels';
import type { Dense, Matrix } from '../data/matrix';
import type { Vector } from '../data/vector';
import { resultLike } from '../estimator/fitted';
import { classifierState, labelsOfForm, type ModelState } from '../estimator/state';
import { FittedNaiveBayes } from './fitted-naive-bayes';
import { type BatchOf, type PartialFitOptions, readAll, readBatch, readFirstBatch, readPriors } from './read';

export interface GaussianNBOptions {
  /** P(c) of each class, in their order; by default the share each has of the samples. */
  readonly priors?: Vector | null | undefined;
  /** Added to every variance: this times the largest variance of a feature; 1e-9 by default. */
  readonly varSmoothing?: number | undefined;
}

/**
 * Naive Bayes for measurements: within a class every feature is normal and independent of the others.
 *
 * ln P(x | c) = −½ Σⱼ [ln 2πσ²_cj + (xⱼ − μ_cj)² / σ²_cj].
 *
 * Reference: Hastie, Tibshirani, Friedman 2009, “The Elements of Statistical Learning”, section 6.6.3.
 *
 * @example
 * ```ts
 * import { GaussianNB } from 'kompakt/bayes';
 * import { iris } from 'kompakt/data';
 * const { X, y } = iris();
 * const model = await new GaussianNB().fit(X, y);
 * console.log(model.score(X, y)); // → 0.96
 * ```
 */
export class GaussianNB {
  readonly kind = 'classifier';
  readonly name = 'GaussianNB' as const;
  readonly options: GaussianNBOptions;

  /** @param options - see {@link GaussianNBOptions}; checked by `fit`. */
  constructor(options: GaussianNBOptions = {}) {
    this.options = options;
  }

  /**
   * Learns mean and variance of every feature in every class.
   *
   * @param X - `[samples, features]`, finite numbers.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @throws ConfigError for unsupported options, NaN or infinity, one class only; ShapeError for data that does not fit
   * together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedGaussianNB<L>> {
    const what = `${this.name}.fit`;
    return this.#begin((await readAll(X, y, options, what, {})) as BatchOf<Dense>, y, what);
  }

  /**
   * Begins to learn from a first batch; the model returned goes on with its own `partialFit`.
   *
   * @param X - `[samples, features]`.
   * @param y - one label per sample.
   * @param options - `classes`: all labels there will ever be; `sampleWeight`.
   * @throws ConfigError without classes, or for a label that is none of them; and as `fit`.
   */
  async partialFit<L extends Labels>(X: Matrix, y: L, options: PartialFitOptions = {}): Promise<FittedGaussianNB<L>> {
    const what = `${this.name}.partialFit`;
    return this.#begin((await readFirstBatch(X, y, options, what, {})) as BatchOf<Dense>, y, what);
  }

  #begin<L extends Labels>(batch: BatchOf<Dense>, y: L, what: string): FittedGaussianNB<L> {
    checkOptions(this.options, ['priors', 'varSmoothing'], what);
    const { varSmoothing = 1e-9 } = this.options;
    if (typeof varSmoothing !== 'number' || !(varSmoothing >= 0 && varSmoothing < Infinity))
      throw new ConfigError(`${what}: varSmoothing must be a number ≥ 0, got ${shown(varSmoothing)}.`);
    const { classes, X } = batch;
    const [k, cols] = [classes.length, X.cols];
    const none = {
      classCount: new Float64Array(k),
      mean: new Float64Array(k * cols),
      variance: new Float64Array(k * cols),
    };
    return new FittedGaussianNB({
      ...update(none, batch, varSmoothing, true),
      priors: readPriors(this.options.priors, k, 'priors', what),
      varSmoothing,
      classes,
      likeLabels: y,
      cols,
    });
  }
}

/** What is known of the samples of each class. */
interface Moments {
  /** The weight of the samples seen. */
  readonly classCount: Float64Array;
  /** `[classes, features]`. */
  readonly mean: Float64Array;
  /** `[classes, features]`, with what was added to it. */
  readonly variance: Float64Array;
}

/** Moments of what was seen before and a batch together (Chan, Golub, LeVeque 1979). */
function update(
  old: Moments,
  batch: BatchOf<Dense>,
  varSmoothing: number,
  isFirst: boolean,
): Moments & { readonly epsilon: number } {
  const { X, codes } = batch;
  const { cols } = X;
  const epsilon = varSmoothing * largestVariance(X);
  const { classCount: n, mean: newMean, variance: newVariance } = momentsOf(batch, old.classCount.length);
  const seen = new Set(codes);
  const classCount = old.classCount.slice();
  const mean = old.mean.slice();
  const variance = old.variance.slice();
  for (let at = 0; at < mean.length; at++) {
    const c = Math.floor(at / cols);
    // As in scikit-learn, what the batch adds is taken off first, whatever was added before.
    if (!isFirst) variance[at]! -= epsilon;
    const past = old.classCount[c]!;
    if (seen.has(c) && n[c]! > 1e-8) {
      const total = past + n[c]!;
      const apart = mean[at]! - newMean[at]!;
      const squares = past * variance[at]! + n[c]! * newVariance[at]! + ((n[c]! * past) / total) * apart * apart;
      mean[at] = past === 0 ? newMean[at]! : (n[c]! * newMean[at]! + past * mean[at]!) / total;
      variance[at] = past === 0 ? newVariance[at]! : squares / total;
    }
    variance[at]! += epsilon;
  }
  for (let c = 0; c < n.length; c++) classCount[c]! += n[c]!;
  return { classCount, mean, variance, epsilon };
}

/** Weighted mean and variance of every feature in every class, in two passes. */
function momentsOf({ X, codes, weights }: BatchOf<Dense>, k: number): Moments {
  const { data, rows, cols } = X;
  const classCount = new Float64Array(k);
  const mean = new Float64Array(k * cols);
  const variance = new Float64Array(k * cols);
  for (let i = 0; i < rows; i++) {
    const w = weights === null ? 1 : weights[i]!;
    classCount[codes[i]!]! += w;
    for (let c = 0; c < cols; c++) mean[codes[i]! * cols + c]! += w * data[i * cols + c]!;
  }
  const divide = (sums: Float64Array): void => {
    for (let at = 0; at < sums.length; at++) sums[at]! /= classCount[Math.floor(at / cols)]! || 1;
  };
  divide(mean);
  for (let i = 0; i < rows; i++) {
    const w = weights === null ? 1 : weights[i]!;
    for (let c = 0; c < cols; c++) {
      const d = data[i * cols + c]! - mean[codes[i]! * cols + c]!;
      variance[codes[i]! * cols + c]! += w * d * d;
    }
  }
  divide(variance);
  return { classCount, mean, variance };
}

function largestVariance(X: Dense): number {
  const all = { X, codes: new Int32Array(X.rows), classes: [0], weights: null };
  return momentsOf(all, 1).variance.reduce((a, b) => Math.max(a, b), 0);
}

interface Parts<L extends Labels> extends Moments {
  readonly epsilon: number;
  readonly priors: Float64Array | null;
  readonly varSmoothing: number;
  readonly classes: readonly Label[];
  readonly likeLabels: L;
  readonly cols: number;
}

/** What `GaussianNB.fit` and `partialFit` return. */
export class FittedGaussianNB<L extends Labels = Labels> extends FittedNaiveBayes<L> {
  static readonly type = 'GaussianNB';
  /** float64 `[classes, features]`: means. */
  readonly theta: Tensor;
  /** float64 `[classes, features]`: variances, with `epsilon`. */
  readonly var: Tensor;
  /** The weight of the samples of each class. */
  readonly classCount: Float64Array;
  /** P(c). */
  readonly classPrior: Float64Array;
  /** What is added to variances. */
  readonly epsilon: number;
  readonly #parts: Parts<L>;

  constructor(parts: Parts<L>) {
    super({ name: 'GaussianNB', nFeatures: parts.cols, classes: parts.classes, likeLabels: parts.likeLabels });
    const shape = [parts.classes.length, parts.cols];
    const { classCount, priors } = parts;
    const total = classCount.reduce((a, b) => a + b, 0);
    this.#parts = { ...parts, likeLabels: this.likeLabels };
    this.theta = resultLike([], parts.mean.slice(), shape);
    this.var = resultLike([], parts.variance.slice(), shape);
    this.classCount = classCount;
    this.classPrior = priors ?? classCount.map((n) => n / total);
    this.epsilon = parts.epsilon;
  }

  /**
   * A model that has learned from a further batch, too; this one stays as it is.
   *
   * @param X - `[samples, features]`.
   * @param y - labels, all of which are in `classes`.
   * @param options - `sampleWeight`.
   * @throws ConfigError for a label that is not in `classes`; ShapeError when X has other features.
   */
  async partialFit(X: Matrix, y: Labels, options: FitOptions = {}): Promise<FittedGaussianNB<L>> {
    const { varSmoothing, cols, classes } = this.#parts;
    const batch = await readBatch(X, y, options, classes, `${this.name}.partialFit`, { cols });
    return new FittedGaussianNB({
      ...this.#parts,
      ...update(this.#parts, batch as BatchOf<Dense>, varSmoothing, false),
    });
  }

  protected override jointLogs(X: Matrix, method: string): Float64Array {
    const { data, rows, cols } = this.read(X, method);
    const { mean, variance } = this.#parts;
    const k = this.classes.length;
    this.#checkVariances(method);
    const constants = this.classPrior.map((p, c) => {
      let sum = 0;
      for (let j = 0; j < cols; j++) sum += Math.log(2 * Math.PI * variance[c * cols + j]!);
      return Math.log(p) - 0.5 * sum;
    });
    const out = new Float64Array(rows * k);
    for (let i = 0; i < rows; i++) {
      for (let c = 0; c < k; c++) {
        let sum = 0;
        for (let j = 0; j < cols; j++) {
          const d = data[i * cols + j]! - mean[c * cols + j]!;
          sum += (d * d) / variance[c * cols + j]!;
        }
        out[i * k + c] = constants[c]! - 0.5 * sum;
      }
    }
    return out;
  }

  /** Where no feature ever varied, as in a first batch of one sample, or variances overflow, nothing can be said. */
  #checkVariances(method: string): void {
    const { variance, classCount, cols } = this.#parts;
    const at = variance.findIndex((v, i) => classCount[Math.floor(i / cols)]! > 0 && !(v > 0 && v < Infinity));
    if (at < 0) return;
    throw new ConfigError(
      `${this.name}.${method}: the variance of feature ${at % cols} in class ${shown(this.classes[Math.floor(at / cols)])} is ` +
        `${variance[at]}, so there is no density. Learn from samples that vary, scale them, or set varSmoothing.`,
    );
  }

  toState(): ModelState {
    const { classCount, mean, variance, epsilon, priors, varSmoothing, cols } = this.#parts;
    const moments = { classCount, mean, variance, epsilon, priors, varSmoothing, cols };
    return { type: this.name, ...classifierState(this, this.likeLabels), ...moments };
  }

  static fromState(state: ModelState): FittedGaussianNB {
    return new FittedGaussianNB({ ...(state as unknown as Parts<Labels>), likeLabels: labelsOfForm(state.labels) });
  }
}
