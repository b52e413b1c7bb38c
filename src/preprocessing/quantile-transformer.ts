import { drawChoice } from '../core/draws';
import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Rng, type Seed, toRng } from '../core/rng';
import { shown } from '../core/shown';
import { normalCdf, normalQuantile } from '../core/special';
import type { Labels } from '../data/labels';
import { type Dense, type Matrix, readMatrixAsync } from '../data/matrix';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import {
  FittedTransformerBase,
  type FittedTransformerParts,
  type Input,
  namesOf,
  TransformerBase,
} from '../estimator/transformer';
import { checkOption } from '../metrics/warning';
import { mapColumns } from './affine';
import { quantileOf } from './quantiles';

export interface QuantileTransformerOptions {
  /** How many quantiles are kept; 1000 by default, no more than there are samples. */
  readonly nQuantiles?: number | undefined;
  /** The distribution that features get: `'uniform'` on [0, 1] (default) or the standard `'normal'`. */
  readonly outputDistribution?: 'uniform' | 'normal' | undefined;
  /** How many samples quantiles are taken from at most, drawn at random; 10,000 by default, null for all. */
  readonly subsample?: number | null | undefined;
  /** Makes that draw reproducible. */
  readonly seed?: Seed | undefined;
}

/** Ends of the normal distribution, so that the extremes stay finite. */
const EDGE = 1e-7;

/**
 * Makes features uniform or normal by their ranks: a value becomes the share of training values below it, between quantiles by
 * straight line.
 *
 * Ties get the middle of their range; values beyond those in fit the ends. NaN is left out and stays NaN.
 *
 * @example
 * ```ts
 * import { QuantileTransformer } from 'kompakt/preprocessing';
 * const { X } = await new QuantileTransformer({ nQuantiles: 5 }).fitTransform([[1], [10], [100], [1000], [10000]]);
 * console.log(X); // → [ [ 0 ], [ 0.25 ], [ 0.5 ], [ 0.75 ], [ 1 ] ]
 * ```
 */
export class QuantileTransformer extends TransformerBase<FittedQuantileTransformer> {
  readonly name = 'QuantileTransformer' as const;
  readonly options: QuantileTransformerOptions;

  /** @param options - `nQuantiles = 1000`, `outputDistribution = 'uniform'`, `subsample = 10000`, `seed`; checked by `fit`. */
  constructor(options: QuantileTransformerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns the quantiles of each feature.
   *
   * @param X - `[samples, features]`; NaN counts as missing.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for infinity, a sparse matrix, or options that don't fit; ShapeError for what is no matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedQuantileTransformer> {
    const what = 'QuantileTransformer.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['nQuantiles', 'outputDistribution', 'subsample', 'seed'], what);
    const { nQuantiles = 1000, subsample = 10_000, seed } = this.options;
    const kinds = ['uniform', 'normal'] as const;
    const output = checkOption(this.options.outputDistribution ?? 'uniform', kinds, 'outputDistribution', what);
    if (!Number.isInteger(nQuantiles) || nQuantiles < 1)
      throw new ConfigError(`${what}: nQuantiles must be an integer ≥ 1, got ${shown(nQuantiles)}.`);
    if (subsample !== null && !(Number.isInteger(subsample) && subsample >= nQuantiles))
      throw new ConfigError(
        `${what}: subsample must be an integer ≥ nQuantiles (${nQuantiles}) or null, got ${shown(subsample)}.`,
      );
    const dense = await readMatrixAsync(X, `${what}: X`, { allowNaN: true });
    const n = Math.min(nQuantiles, dense.rows);
    const references = Float64Array.from({ length: n }, (_, i) => (n === 1 ? 0 : i === n - 1 ? 1 : i * (1 / (n - 1))));
    const rng = toRng(seed);
    const quantiles = Array.from({ length: dense.cols }, (_, c) => {
      const values = valuesOf(dense, c, subsample, rng).sort();
      // By way of percent, as NumPy: whether a quantile is a tied value exactly hangs on its last digit.
      const q = references.map((at) => quantileOf(values, (at * 100) / 100));
      // Rounding of the lines between values must not let quantiles fall.
      for (let i = 1; i < n; i++) if (q[i]! < q[i - 1]!) q[i] = q[i - 1]!;
      return q;
    });
    return new FittedQuantileTransformer({
      nFeatures: dense.cols,
      featureNamesIn: namesOf(X),
      quantiles,
      references,
      normal: output === 'normal',
    });
  }
}

/** The values of a column that are not NaN, of `most` rows drawn at random if there are more. */
function valuesOf({ data, rows, cols }: Dense, c: number, most: number | null, rng: Rng): Float64Array {
  const all = (n: number): Int32Array => Int32Array.from({ length: n }, (_, r) => r);
  const picked = most === null || rows <= most ? all(rows) : drawChoice(rng, rows, most, { replace: false });
  return Float64Array.from(picked, (r) => data[r * cols + c]!).filter((v) => v === v);
}

export interface QuantileTransformerParts extends FittedTransformerParts {
  readonly quantiles: readonly Float64Array[];
  readonly references: Float64Array;
  readonly normal: boolean;
}

/** What `QuantileTransformer.fit` returns. */
export class FittedQuantileTransformer extends FittedTransformerBase<QuantileTransformerParts> {
  static readonly type = 'QuantileTransformer';
  /** The quantiles of each feature. */
  readonly quantiles = this.parts.quantiles;
  /** The shares they stand for. */
  readonly references = this.parts.references;

  constructor(parts: QuantileTransformerParts) {
    super('QuantileTransformer', parts, { nan: true });
  }

  static fromState(state: ModelState): FittedQuantileTransformer {
    return new FittedQuantileTransformer(state as unknown as QuantileTransformerParts);
  }

  /** The share of training values below each value, or the normal quantile of that. */
  transform(X: Input): Matrix {
    return this.like(
      X,
      mapColumns(this.read(X, 'transform'), (v, c) => this.#forward(v, this.quantiles[c]!)),
    );
  }

  #forward(v: number, quantiles: Float64Array): number {
    if (Number.isNaN(v)) return v;
    const { references, normal } = this.parts;
    const p = atEnd(v, quantiles[0]!, quantiles[quantiles.length - 1]!, normal);
    if (p !== null) return normal ? clipNormal(normalQuantile(p)) : p;
    // Ties get the middle of the shares of the first and the last of them.
    const middle = (interpolate(v, quantiles, references, false) + interpolate(v, quantiles, references, true)) / 2;
    return normal ? clipNormal(normalQuantile(middle)) : middle;
  }

  /** The values at these shares. */
  inverseTransform(X: Matrix): Matrix {
    const { references, normal } = this.parts;
    const back = (v: number, c: number): number => {
      if (Number.isNaN(v)) return v;
      const p = normal ? normalCdf(v) : v;
      const quantiles = this.quantiles[c]!;
      const end = atEnd(p, 0, 1, normal);
      if (end !== null) return quantiles[end * (quantiles.length - 1)]!;
      return interpolate(p, references, quantiles, false);
    };
    return this.likeBefore(X, mapColumns(this.read(X, 'inverseTransform'), back));
  }
}

/** 0 for what is at the low end, 1 for the high end, null between; for the normal distribution near ones count. */
function atEnd(v: number, low: number, high: number, normal: boolean): 0 | 1 | null {
  if (normal ? v - EDGE < low : v === low) return 0;
  return (normal ? v + EDGE > high : v === high) ? 1 : null;
}

function clipNormal(z: number): number {
  const low = normalQuantile(EDGE - 2.220446049250313e-16);
  return Math.max(low, Math.min(-low, z));
}

/** The line through points at `v`; where several have the same place, through the first (or last) of them. */
function interpolate(v: number, xs: Float64Array, ys: Float64Array, fromFirst: boolean): number {
  let [low, high] = [0, xs.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (fromFirst ? xs[middle]! >= v : xs[middle]! > v) high = middle;
    else low = middle + 1;
  }
  // `low` is the first point at or beyond v (fromFirst), or the first beyond it.
  if (fromFirst && low < xs.length && xs[low] === v) return ys[low]!;
  if (!fromFirst && low > 0 && xs[low - 1] === v) return ys[low - 1]!;
  if (low === 0) return ys[0]!;
  if (low === xs.length) return ys[low - 1]!;
  const slope = (ys[low]! - ys[low - 1]!) / (xs[low]! - xs[low - 1]!);
  return ys[low - 1]! + slope * (v - xs[low - 1]!);
}
