import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { type Matrix, readMatrixAsync } from '../data/matrix';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import {
  FittedTransformerBase,
  type FittedTransformerParts,
  type Input,
  namesOf,
  TransformerBase,
} from '../estimator/transformer';
import { mapColumns, nonZero } from './affine';
import { type Extremes, extremesOf, mergeExtremes } from './extremes';

export interface MinMaxScalerOptions {
  /** What the least and greatest value become; [0, 1] by default. */
  readonly featureRange?: readonly [number, number] | undefined;
  /** Keep what lies beyond the values seen in fit within the range; false by default. */
  readonly clip?: boolean | undefined;
}

/**
 * Scales every feature to a range: z = (x − min) / (max − min) · (b − a) + a.
 *
 * NaN is left out of the extremes and stays NaN. A feature with one value alone becomes a.
 *
 * @example
 * ```ts
 * import { MinMaxScaler } from 'kompakt/preprocessing';
 * const scaler = await new MinMaxScaler().fit([[1, -5], [3, 5]]);
 * console.log(scaler.transform([[2, 10]])); // → [ [ 0.5, 1.5 ] ]
 * ```
 */
export class MinMaxScaler extends TransformerBase<FittedMinMaxScaler> {
  readonly name = 'MinMaxScaler' as const;
  readonly options: MinMaxScalerOptions;

  /** @param options - `featureRange = [0, 1]`, `clip = false`; checked by `fit`. */
  constructor(options: MinMaxScalerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns the extremes of each feature.
   *
   * @param X - `[samples, features]`; NaN counts as missing.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for infinity, a sparse matrix, or a range that does not rise; ShapeError for what is no matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedMinMaxScaler> {
    refuseFitOptions(options, 'MinMaxScaler.fit');
    checkOptions(this.options, ['featureRange', 'clip'], 'MinMaxScaler.fit');
    const { featureRange = [0, 1], clip = false } = this.options;
    if (!(Array.isArray(featureRange) && featureRange.length === 2 && featureRange[0] < featureRange[1]))
      throw new ConfigError(`MinMaxScaler.fit: featureRange must rise, got ${shown(featureRange)}.`);
    const dense = await readMatrixAsync(X, 'MinMaxScaler.fit: X', { allowNaN: true });
    const settings = { nFeatures: dense.cols, featureNamesIn: namesOf(X), range: featureRange, clip };
    return fitted(extremesOf(dense), dense.rows, settings);
  }

  /** The same as `fit`; go on with `partialFit` of what it returns. */
  partialFit(X: Matrix): Promise<FittedMinMaxScaler> {
    return this.fit(X);
  }
}

type Settings = Pick<MinMaxScalerParts, 'nFeatures' | 'featureNamesIn' | 'range' | 'clip'>;

function fitted({ min, max }: Extremes, seen: number, settings: Settings): FittedMinMaxScaler {
  const [a, b] = settings.range;
  const width = nonZero(max.map((v, c) => v - min[c]!));
  const scale = width.map((w) => (b - a) / w);
  return new FittedMinMaxScaler({
    ...settings,
    dataMin: min,
    dataMax: max,
    scale,
    min: scale.map((s, c) => a - min[c]! * s),
    seen,
  });
}

export interface MinMaxScalerParts extends FittedTransformerParts {
  readonly dataMin: Float64Array;
  readonly dataMax: Float64Array;
  readonly scale: Float64Array;
  readonly min: Float64Array;
  readonly range: readonly [number, number];
  readonly clip: boolean;
  readonly seen: number;
}

/** What `MinMaxScaler.fit` returns: z = x · scale + min. */
export class FittedMinMaxScaler extends FittedTransformerBase<MinMaxScalerParts> {
  static readonly type = 'MinMaxScaler';
  /** Least value of each feature. */
  readonly dataMin = this.parts.dataMin;
  /** Greatest value of each feature. */
  readonly dataMax = this.parts.dataMax;
  /** `dataMax` − `dataMin`. */
  readonly dataRange = this.parts.dataMax.map((v, c) => v - this.parts.dataMin[c]!);
  /** What each feature is multiplied by. */
  readonly scale = this.parts.scale;
  /** What is added then. */
  readonly min = this.parts.min;
  /** How many samples were seen. */
  readonly nSamplesSeen = this.parts.seen;

  constructor(parts: MinMaxScalerParts) {
    super('MinMaxScaler', parts, { nan: true });
  }

  static fromState(state: ModelState): FittedMinMaxScaler {
    return new FittedMinMaxScaler(state as unknown as MinMaxScalerParts);
  }

  /** x · scale + min, kept within the range with `clip`. */
  transform(X: Input): Matrix {
    const { scale, min } = this;
    const [a, b] = this.parts.clip ? this.parts.range : [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
    return this.like(
      X,
      mapColumns(this.read(X, 'transform'), (v, c) => Math.max(a, Math.min(b, v * scale[c]! + min[c]!))),
    );
  }

  /** (z − min) / scale: undoes `transform`. */
  inverseTransform(X: Matrix): Matrix {
    const { scale, min } = this;
    return this.likeBefore(
      X,
      mapColumns(this.read(X, 'inverseTransform'), (v, c) => (v - min[c]!) / scale[c]!),
    );
  }

  /**
   * What fitting all samples seen so far and these together would have learned.
   *
   * @returns a new fitted scaler; this one stays as it is.
   */
  async partialFit(X: Matrix): Promise<FittedMinMaxScaler> {
    const dense = await readMatrixAsync(X, 'MinMaxScaler.partialFit: X', { allowNaN: true, cols: this.nFeatures });
    const before = { min: this.dataMin, max: this.dataMax };
    return fitted(mergeExtremes(before, extremesOf(dense)), this.nSamplesSeen + dense.rows, this.parts);
  }
}
