import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import { countFeatures, countSamples, type Matrix, readSamplesAsync, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { readWeights } from '../data/vector';
import { checkLearned } from '../estimator/learned';
import type { ModelState } from '../estimator/state';
import {
  FittedTransformerBase,
  type FittedTransformerParts,
  type Input,
  namesOf,
  TransformerBase,
} from '../estimator/transformer';
import { mapEntries, standardise, unstandardise } from './affine';
import { isConstant, type Moments, mergeMoments, momentsOf } from './moments';

export interface StandardScalerOptions {
  /** Subtract the mean; true by default. Must be false for sparse samples, which would not stay sparse. */
  readonly withMean?: boolean | undefined;
  /** Divide by the standard deviation; true by default. */
  readonly withStd?: boolean | undefined;
}

/**
 * Moves every feature to mean 0 and scales it to variance 1: z = (x − μ) / σ, with σ² = Σ(x − μ)² / n.
 *
 * A feature with one value alone is only moved. NaN is left out of the statistics and stays NaN.
 *
 * @example
 * ```ts
 * import { StandardScaler } from 'kompakt/preprocessing';
 * const scaler = await new StandardScaler().fit([[1, 10], [2, 20], [3, 30]]);
 * console.log(scaler.mean, scaler.transform([[2, 40]])); // → Float64Array(2) [ 2, 20 ] [ [ 0, 2.449489742783178 ] ]
 * ```
 */
export class StandardScaler extends TransformerBase<FittedStandardScaler> {
  readonly name = 'StandardScaler' as const;
  readonly options: StandardScalerOptions;

  /** @param options - `withMean = true`, `withStd = true`; checked by `fit`. */
  constructor(options: StandardScalerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns mean and variance of each feature.
   *
   * @param X - `[samples, features]`, dense, or sparse if `withMean` is false; NaN counts as missing.
   * @param _y - not looked at.
   * @param options - `sampleWeight`.
   * @throws ConfigError for infinity, or a sparse matrix to be centred; ShapeError for what is no matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: FitOptions = {}): Promise<FittedStandardScaler> {
    checkOptions(this.options, ['withMean', 'withStd'], 'StandardScaler.fit');
    const { withMean = true, withStd = true } = this.options;
    const read = await readScaled(X, options, withMean, 'StandardScaler.fit');
    return fitted(read, momentsOf(read.X, read.weights), { withMean, withStd, featureNamesIn: namesOf(X) });
  }

  /** The same as `fit`; go on with `partialFit` of what it returns. */
  partialFit(X: Matrix, y?: Labels | null, options: FitOptions = {}): Promise<FittedStandardScaler> {
    return this.fit(X, y, options);
  }
}

interface Read {
  readonly X: Samples;
  readonly weights: Float64Array | null;
}

async function readScaled(
  X: Matrix,
  options: FitOptions,
  withMean: boolean,
  what: string,
  cols?: number,
): Promise<Read> {
  checkOptions(options, ['sampleWeight'], what);
  if (isSparse(X)) checkCentred(withMean, what);
  const samples = await readSamplesAsync(X, `${what}: X`, { allowNaN: true, cols });
  return { X: samples, weights: readWeights(options.sampleWeight, countSamples(samples), what) };
}

function checkCentred(withMean: boolean, what: string): void {
  if (withMean)
    throw new ConfigError(
      `${what}: a sparse matrix can't be centred and stay sparse. Set withMean: false, or use MaxAbsScaler.`,
    );
}

type Settings = Pick<StandardScalerParts, 'withMean' | 'withStd' | 'featureNamesIn'>;

function fitted({ X }: Read, { mean, variance, count }: Moments, settings: Settings): FittedStandardScaler {
  // Of a feature that is missing throughout there is none.
  checkLearned(
    variance.filter((_, c) => count[c]! > 0),
    'a variance',
    'StandardScaler',
  );
  const scale = variance.map((v, c) => (isConstant(mean[c]!, v, count[c]!) ? 1 : Math.sqrt(v)));
  return new FittedStandardScaler({ ...settings, nFeatures: countFeatures(X), mean, var: variance, scale, count });
}

export interface StandardScalerParts extends FittedTransformerParts {
  readonly withMean: boolean;
  readonly withStd: boolean;
  readonly mean: Float64Array;
  readonly var: Float64Array;
  readonly scale: Float64Array;
  readonly count: Float64Array;
}

/** What `StandardScaler.fit` returns. */
export class FittedStandardScaler extends FittedTransformerBase<StandardScalerParts> {
  static readonly type = 'StandardScaler';
  /** Mean of each feature. */
  readonly mean = this.parts.mean;
  /** Variance of each feature. */
  readonly var = this.parts.var;
  /** What each feature is divided by: the standard deviation, 1 for a constant one; null without `withStd`. */
  readonly scale = this.parts.withStd ? this.parts.scale : null;
  /** How many samples of each feature, or what weight of them, were seen. */
  readonly nSamplesSeen = this.parts.count;

  constructor(parts: StandardScalerParts) {
    super('StandardScaler', parts, { sparse: true, nan: true });
  }

  static fromState(state: ModelState): FittedStandardScaler {
    return new FittedStandardScaler(state as unknown as StandardScalerParts);
  }

  /**
   * (x − μ) / σ.
   *
   * @param X - `[samples, features]`.
   * @returns the same, in the form of X; integers become reals.
   */
  transform(X: Input): Matrix {
    const [samples, shift] = this.#read(X, 'transform');
    if (!isSparse(samples)) return this.like(X, standardise(samples, shift, this.scale));
    const { scale } = this;
    return scale === null ? samples : mapEntries(samples, (v, c) => v / scale[c]!);
  }

  /** x · σ + μ: undoes `transform`. */
  inverseTransform(X: Matrix): Matrix {
    const [samples, shift] = this.#read(X, 'inverseTransform');
    if (!isSparse(samples)) return this.likeBefore(X, unstandardise(samples, shift, this.scale));
    const { scale } = this;
    return scale === null ? samples : mapEntries(samples, (v, c) => v * scale[c]!);
  }

  /**
   * What fitting all samples seen so far and these together would have learned.
   *
   * @returns a new fitted scaler; this one stays as it is.
   */
  async partialFit(X: Matrix, _y?: Labels | null, options: FitOptions = {}): Promise<FittedStandardScaler> {
    const { parts } = this;
    const read = await readScaled(X, options, parts.withMean, 'StandardScaler.partialFit', this.nFeatures);
    const before = { mean: parts.mean, variance: parts.var, count: parts.count };
    return fitted(read, mergeMoments(before, momentsOf(read.X, read.weights)), parts);
  }

  #read(X: Input, method: string): [Samples, Float64Array | null] {
    if (isSparse(X)) checkCentred(this.parts.withMean, `StandardScaler.${method}`);
    return [this.readSparse(X, method), this.parts.withMean ? this.mean : null];
  }
}
