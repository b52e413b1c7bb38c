import { drawChoice } from '../core/draws';
import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Rng, type Seed, toRng } from '../core/rng';
import { shown } from '../core/shown';
import { normalCdf, normalQuantile } from '../core/special';
import type { Labels } from '../data/labels';
import { countFeatures, countSamples, type Dense, type Matrix, readSamplesAsync, type Samples } from '../data/matrix';
import { type CsrMatrix, isSparse } from '../data/sparse';
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
import { mapColumns, mapEntries } from './affine';
import { quantileOf } from './quantiles';

export interface QuantileTransformerOptions {
  /** How many quantiles are kept; 1000 by default, no more than there are samples. */
  readonly nQuantiles?: number | undefined;
  /** The distribution that features get: `'uniform'` on [0, 1] (default) or the standard `'normal'`. */
  readonly outputDistribution?: 'uniform' | 'normal' | undefined;
  /** Of sparse samples, take quantiles from the entries only, which may then be negative; false by default. */
  readonly ignoreImplicitZeros?: boolean | undefined;
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
 * Ties get the middle of their range; values beyond those in fit the ends. NaN is left out and stays NaN. Of sparse samples
 * only the entries change: a zero that is not kept stays 0.
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

  /**
   * @param options - `nQuantiles = 1000`, `outputDistribution = 'uniform'`, `ignoreImplicitZeros = false`,
   * `subsample = 10000`, `seed`; checked by `fit`.
   */
  constructor(options: QuantileTransformerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns the quantiles of each feature.
   *
   * @param X - `[samples, features]`, dense, or sparse and not negative; NaN counts as missing.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for infinity, negative entries of a sparse matrix, or options that don't fit; ShapeError for what is
   * no matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedQuantileTransformer> {
    const what = 'QuantileTransformer.fit';
    refuseFitOptions(options, what);
    const { output, nQuantiles, subsample, ignoreImplicitZeros } = readOptions(this.options, what);
    const samples = await readSamplesAsync(X, `${what}: X`, { allowNaN: true });
    if (!ignoreImplicitZeros) checkSign(samples, what);
    const n = Math.min(nQuantiles, countSamples(samples));
    const references = Float64Array.from({ length: n }, (_, i) => (n === 1 ? 0 : i === n - 1 ? 1 : i * (1 / (n - 1))));
    const rng = toRng(this.options.seed);
    const column = isSparse(samples)
      ? entriesReader(samples, subsample, ignoreImplicitZeros, rng)
      : valuesReader(samples, subsample, rng);
    const quantiles = Array.from({ length: countFeatures(samples) }, (_, c) => quantilesOf(column(c), references));
    return new FittedQuantileTransformer({
      nFeatures: quantiles.length,
      featureNamesIn: namesOf(X),
      quantiles,
      references,
      normal: output === 'normal',
      ignoreImplicitZeros,
    });
  }
}

function readOptions(options: QuantileTransformerOptions, what: string) {
  checkOptions(options, ['nQuantiles', 'outputDistribution', 'ignoreImplicitZeros', 'subsample', 'seed'], what);
  const { nQuantiles = 1000, subsample = 10_000 } = options;
  const kinds = ['uniform', 'normal'] as const;
  const output = checkOption(options.outputDistribution ?? 'uniform', kinds, 'outputDistribution', what);
  if (!Number.isInteger(nQuantiles) || nQuantiles < 1)
    throw new ConfigError(`${what}: nQuantiles must be an integer ≥ 1, got ${shown(nQuantiles)}.`);
  if (subsample !== null && !(Number.isInteger(subsample) && subsample >= nQuantiles))
    throw new ConfigError(
      `${what}: subsample must be an integer ≥ nQuantiles (${nQuantiles}) or null, got ${shown(subsample)}.`,
    );
  const ignores = checkOption(options.ignoreImplicitZeros ?? false, [true, false], 'ignoreImplicitZeros', what);
  return { output, nQuantiles, subsample: subsample ?? Number.POSITIVE_INFINITY, ignoreImplicitZeros: ignores };
}

/** Zeros that are not kept are not to pass entries when these move. */
function checkSign(X: Samples, what: string): void {
  const negative = isSparse(X) ? X.data.find((v) => v < 0) : undefined;
  if (negative === undefined) return;
  throw new ConfigError(
    `${what}: X is sparse and holds ${negative}; sparse samples must not be negative. Give X.toDense(), or set ignoreImplicitZeros.`,
  );
}

function quantilesOf(column: Float64Array, references: Float64Array): Float64Array {
  if (column.length === 0) return new Float64Array(references.length);
  const values = column.filter((v) => v === v).sort();
  // By way of percent, as NumPy: whether a quantile is a tied value exactly hangs on its last digit.
  const q = references.map((at) => quantileOf(values, (at * 100) / 100));
  // Rounding of the lines between values must not let quantiles fall.
  for (let i = 1; i < q.length; i++) if (q[i]! < q[i - 1]!) q[i] = q[i - 1]!;
  return q;
}

const drawn = (rng: Rng, all: number, most: number): Int32Array => drawChoice(rng, all, most, { replace: false });

/** The values of a column, of `most` rows drawn at random if there are more. */
function valuesReader({ data, rows, cols }: Dense, most: number, rng: Rng): (c: number) => Float64Array {
  return (c) => {
    const picked = rows <= most ? Int32Array.from({ length: rows }, (_, r) => r) : drawn(rng, rows, most);
    return Float64Array.from(picked, (r) => data[r * cols + c]!);
  };
}

/** The entries of a column, their share of `most` drawn at random if there are more; and the zeros, unless they are left out. */
function entriesReader(X: CsrMatrix, most: number, skipsZeros: boolean, rng: Rng): (c: number) => Float64Array {
  const { data, indptr } = X.toCsc();
  const rows = X.shape[0];
  return (c) => {
    const entries = data.subarray(indptr[c]!, indptr[c + 1]!);
    const isMany = entries.length > most;
    const share = Math.floor((most * entries.length) / rows);
    const kept = isMany ? Float64Array.from(drawn(rng, entries.length, share), (e) => entries[e]!) : entries;
    if (skipsZeros) return kept;
    const out = new Float64Array(isMany ? most : rows);
    out.set(kept);
    return out;
  };
}

export interface QuantileTransformerParts extends FittedTransformerParts {
  readonly quantiles: readonly Float64Array[];
  readonly references: Float64Array;
  readonly normal: boolean;
  readonly ignoreImplicitZeros?: boolean | undefined;
}

/** What `QuantileTransformer.fit` returns. */
export class FittedQuantileTransformer extends FittedTransformerBase<QuantileTransformerParts> {
  static readonly type = 'QuantileTransformer';
  /** The quantiles of each feature. */
  readonly quantiles = this.parts.quantiles;
  /** The shares they stand for. */
  readonly references = this.parts.references;

  constructor(parts: QuantileTransformerParts) {
    super('QuantileTransformer', parts, { sparse: true, nan: true });
  }

  static fromState(state: ModelState): FittedQuantileTransformer {
    return new FittedQuantileTransformer(state as unknown as QuantileTransformerParts);
  }

  /** The share of training values below each value, or the normal quantile of that. */
  transform(X: Input): Matrix {
    const samples = this.readSparse(X, 'transform');
    if (this.parts.ignoreImplicitZeros !== true) checkSign(samples, 'QuantileTransformer.transform');
    const forward = (v: number, c: number): number => this.#forward(v, this.quantiles[c]!);
    return isSparse(samples) ? mapEntries(samples, forward) : this.like(X, mapColumns(samples, forward));
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
    const samples = this.readSparse(X, 'inverseTransform');
    return isSparse(samples) ? mapEntries(samples, back) : this.likeBefore(X, mapColumns(samples, back));
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
