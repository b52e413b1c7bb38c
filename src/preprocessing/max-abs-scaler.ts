import { checkOptions } from '../core/options';
import type { Labels } from '../data/labels';
import { countFeatures, countSamples, type Matrix, readSamplesAsync } from '../data/matrix';
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
import { mapColumns, mapEntries, nonZero } from './affine';
import { type Extremes, extremesOf } from './extremes';

/**
 * Divides every feature by its greatest absolute value: z = x / max|x|. Zeros stay zeros, so sparse samples stay sparse.
 *
 * NaN is left out and stays NaN.
 *
 * @example
 * ```ts
 * import { MaxAbsScaler } from 'kompakt/preprocessing';
 * const scaler = await new MaxAbsScaler().fit([[1, -8], [2, 4]]);
 * console.log(scaler.maxAbs, scaler.transform([[1, 2]])); // → Float64Array(2) [ 2, 8 ] [ [ 0.5, 0.25 ] ]
 * ```
 */
export class MaxAbsScaler extends TransformerBase<FittedMaxAbsScaler> {
  readonly name = 'MaxAbsScaler' as const;
  readonly options: Record<never, never>;

  /** @param options - it takes none. */
  constructor(options: Record<never, never> = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns the greatest absolute value of each feature.
   *
   * @param X - `[samples, features]`, dense or sparse; NaN counts as missing.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for infinity; ShapeError for what is no matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedMaxAbsScaler> {
    refuseFitOptions(options, 'MaxAbsScaler.fit');
    checkOptions(this.options, [], 'MaxAbsScaler.fit');
    const samples = await readSamplesAsync(X, 'MaxAbsScaler.fit: X', { allowNaN: true });
    return new FittedMaxAbsScaler({
      nFeatures: countFeatures(samples),
      featureNamesIn: namesOf(X),
      maxAbs: maxAbsOf(extremesOf(samples)),
      seen: countSamples(samples),
    });
  }

  /** The same as `fit`; go on with `partialFit` of what it returns. */
  partialFit(X: Matrix): Promise<FittedMaxAbsScaler> {
    return this.fit(X);
  }
}

const maxAbsOf = ({ min, max }: Extremes): Float64Array => max.map((v, c) => Math.max(Math.abs(v), Math.abs(min[c]!)));

export interface MaxAbsScalerParts extends FittedTransformerParts {
  readonly maxAbs: Float64Array;
  readonly seen: number;
}

/** What `MaxAbsScaler.fit` returns. */
export class FittedMaxAbsScaler extends FittedTransformerBase<MaxAbsScalerParts> {
  static readonly type = 'MaxAbsScaler';
  /** Greatest absolute value of each feature. */
  readonly maxAbs = this.parts.maxAbs;
  /** What each feature is divided by: `maxAbs`, 1 where that is 0. */
  readonly scale = nonZero(this.parts.maxAbs);
  /** How many samples were seen. */
  readonly nSamplesSeen = this.parts.seen;

  constructor(parts: MaxAbsScalerParts) {
    super('MaxAbsScaler', parts, { sparse: true, nan: true });
  }

  static fromState(state: ModelState): FittedMaxAbsScaler {
    return new FittedMaxAbsScaler(state as unknown as MaxAbsScalerParts);
  }

  /** x / scale. */
  transform(X: Input): Matrix {
    return this.#map(X, 'transform', (v, c) => v / this.scale[c]!);
  }

  /** z · scale: undoes `transform`. */
  inverseTransform(X: Matrix): Matrix {
    return this.#map(X, 'inverseTransform', (v, c) => v * this.scale[c]!);
  }

  #map(X: Input, method: string, f: (v: number, c: number) => number): Matrix {
    const samples = this.readSparse(X, method);
    return isSparse(samples) ? mapEntries(samples, f) : this.like(X, mapColumns(samples, f));
  }

  /**
   * What fitting all samples seen so far and these together would have learned.
   *
   * @returns a new fitted scaler; this one stays as it is.
   */
  async partialFit(X: Matrix): Promise<FittedMaxAbsScaler> {
    const samples = await readSamplesAsync(X, 'MaxAbsScaler.partialFit: X', { allowNaN: true, cols: this.nFeatures });
    const now = maxAbsOf(extremesOf(samples));
    const { maxAbs, seen } = this.parts;
    const greater = maxAbs.map((v, c) => (Number.isNaN(v) || now[c]! > v ? now[c]! : v));
    return new FittedMaxAbsScaler({ ...this.parts, maxAbs: greater, seen: seen + countSamples(samples) });
  }
}
