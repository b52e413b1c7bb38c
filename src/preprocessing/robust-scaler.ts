import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { normalQuantile } from '../core/special';
import type { Labels } from '../data/labels';
import { countFeatures, type Matrix, readSamplesAsync, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import {
  FittedTransformerBase,
  type FittedTransformerParts,
  type Input,
  namesOf,
  TransformerBase,
} from '../estimator/transformer';
import { mapEntries, nonZero, standardise, unstandardise } from './affine';
import { columnReader, quantileOf } from './quantiles';

export interface RobustScalerOptions {
  /** Subtract the median; true by default. Must be false for sparse samples. */
  readonly withCentering?: boolean | undefined;
  /** Divide by the range between the quantiles; true by default. */
  readonly withScaling?: boolean | undefined;
  /** The quantiles, in percent; [25, 75] by default. */
  readonly quantileRange?: readonly [number, number] | undefined;
  /** Divide that range by the one of a normal distribution, so that such a feature gets variance 1; false by default. */
  readonly unitVariance?: boolean | undefined;
}

/**
 * Scales every feature by statistics that outliers don't move: z = (x − median) / (q₇₅ − q₂₅).
 *
 * NaN is left out and stays NaN.
 *
 * @example
 * ```ts
 * import { RobustScaler } from 'kompakt/preprocessing';
 * const scaler = await new RobustScaler().fit([[1], [2], [3], [4], [1000]]);
 * console.log(scaler.center, scaler.scale); // → Float64Array(1) [ 3 ] Float64Array(1) [ 2 ]
 * ```
 */
export class RobustScaler extends TransformerBase<FittedRobustScaler> {
  readonly name = 'RobustScaler' as const;
  readonly options: RobustScalerOptions;

  /** @param options - `withCentering = true`, `withScaling = true`, `quantileRange = [25, 75]`, `unitVariance = false`; checked by `fit`. */
  constructor(options: RobustScalerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns median and quantiles of each feature.
   *
   * @param X - `[samples, features]`, dense, or sparse without centring; NaN counts as missing.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for infinity, a sparse matrix to be centred, or quantiles out of order; ShapeError for what is no
   * matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedRobustScaler> {
    const what = 'RobustScaler.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['withCentering', 'withScaling', 'quantileRange', 'unitVariance'], what);
    const {
      withCentering = true,
      withScaling = true,
      quantileRange: range = [25, 75],
      unitVariance = false,
    } = this.options;
    const [low, high] = Array.isArray(range) ? (range as readonly [number, number]) : [Number.NaN, 0];
    if (!(low >= 0 && low <= high && high <= 100))
      throw new ConfigError(`${what}: quantileRange must be two rising percentages, got ${shown(range)}.`);
    if (isSparse(X)) checkCentred(withCentering, what);
    const samples = await readSamplesAsync(X, `${what}: X`, { allowNaN: true });
    const stretch = unitVariance ? normalQuantile(high / 100) - normalQuantile(low / 100) : 1;
    return new FittedRobustScaler({
      nFeatures: countFeatures(samples),
      featureNamesIn: namesOf(X),
      ...learn(samples, withCentering, withScaling ? [low / 100, high / 100] : null, stretch),
    });
  }
}

function learn(X: Samples, centre: boolean, range: readonly [number, number] | null, stretch: number) {
  const cols = countFeatures(X);
  const center = new Float64Array(cols);
  const width = new Float64Array(cols);
  const read = columnReader(X);
  for (let c = 0; c < cols; c++) {
    const sorted = read(c).sort();
    if (centre) center[c] = quantileOf(sorted, 0.5);
    if (range) width[c] = quantileOf(sorted, range[1]) - quantileOf(sorted, range[0]);
  }
  return { center: centre ? center : null, scale: range ? nonZero(width).map((w) => w / stretch) : null };
}

function checkCentred(centre: boolean, what: string): void {
  if (centre)
    throw new ConfigError(`${what}: a sparse matrix can't be centred and stay sparse. Set withCentering: false.`);
}

export interface RobustScalerParts extends FittedTransformerParts {
  readonly center: Float64Array | null;
  readonly scale: Float64Array | null;
}

/** What `RobustScaler.fit` returns. */
export class FittedRobustScaler extends FittedTransformerBase<RobustScalerParts> {
  static readonly type = 'RobustScaler';
  /** Median of each feature; null without centring. */
  readonly center = this.parts.center;
  /** What each feature is divided by; null without scaling. */
  readonly scale = this.parts.scale;

  constructor(parts: RobustScalerParts) {
    super('RobustScaler', parts, { sparse: true, nan: true });
  }

  static fromState(state: ModelState): FittedRobustScaler {
    return new FittedRobustScaler(state as unknown as RobustScalerParts);
  }

  /** (x − center) / scale. */
  transform(X: Input): Matrix {
    const { center, scale } = this;
    const samples = this.#read(X, 'transform');
    if (!isSparse(samples)) return this.like(X, standardise(samples, center, scale));
    return scale === null ? samples : mapEntries(samples, (v, c) => v / scale[c]!);
  }

  /** z · scale + center: undoes `transform`. */
  inverseTransform(X: Matrix): Matrix {
    const { center, scale } = this;
    const samples = this.#read(X, 'inverseTransform');
    if (!isSparse(samples)) return this.likeBefore(X, unstandardise(samples, center, scale));
    return scale === null ? samples : mapEntries(samples, (v, c) => v * scale[c]!);
  }

  #read(X: Input, method: string): Samples {
    if (isSparse(X)) checkCentred(this.center !== null, `RobustScaler.${method}`);
    return this.readSparse(X, method);
  }
}
