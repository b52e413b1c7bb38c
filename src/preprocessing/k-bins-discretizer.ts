import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { type Dense, type Matrix, readMatrix, readMatrixAsync, readSamples } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';
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
import { columnReader, quantileOf } from './quantiles';

const ENCODINGS = ['onehot', 'onehotDense', 'ordinal'] as const;
const STRATEGIES = ['uniform', 'quantile', 'kmeans'] as const;

export interface KBinsDiscretizerOptions {
  /** How many bins, for all features or for each; 5 by default. */
  readonly nBins?: number | readonly number[] | undefined;
  /** A feature per bin, sparse (`'onehot'`, default) or dense (`'onehotDense'`), or the number of the bin (`'ordinal'`). */
  readonly encode?: (typeof ENCODINGS)[number] | undefined;
  /** Bins of equal width (`'uniform'`), of equally many samples (`'quantile'`, default), or around centres (`'kmeans'`). */
  readonly strategy?: (typeof STRATEGIES)[number] | undefined;
}

/**
 * Cuts features into bins.
 *
 * Bin i holds values from edge i on and below edge i + 1; the first and the last also what lies beyond. Bins narrower than
 * 1e-8 are joined to the next; a constant feature has one.
 *
 * @example
 * ```ts
 * import { KBinsDiscretizer } from 'kompakt/preprocessing';
 * const bins = new KBinsDiscretizer({ nBins: 2, encode: 'ordinal', strategy: 'uniform' });
 * const { fitted, X } = await bins.fitTransform([[0], [4], [6], [10]]);
 * console.log(fitted.binEdges, X); // → [ Float64Array(3) [ 0, 5, 10 ] ] [ [ 0 ], [ 0 ], [ 1 ], [ 1 ] ]
 * ```
 */
export class KBinsDiscretizer extends TransformerBase<FittedKBinsDiscretizer> {
  readonly name = 'KBinsDiscretizer' as const;
  readonly options: KBinsDiscretizerOptions;

  /** @param options - `nBins = 5`, `encode = 'onehot'`, `strategy = 'quantile'`; checked by `fit`. */
  constructor(options: KBinsDiscretizerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns the edges of the bins.
   *
   * @param X - `[samples, features]`, finite.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for NaN, infinity, a sparse matrix, or options that don't fit; ShapeError for what is no matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedKBinsDiscretizer> {
    const what = 'KBinsDiscretizer.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['nBins', 'encode', 'strategy'], what);
    const { nBins = 5 } = this.options;
    const encode = checkOption(this.options.encode ?? 'onehot', ENCODINGS, 'encode', what);
    const strategy = checkOption(this.options.strategy ?? 'quantile', STRATEGIES, 'strategy', what);
    const dense = await readMatrixAsync(X, `${what}: X`);
    const counts = typeof nBins === 'number' ? new Array<number>(dense.cols).fill(nBins) : nBins;
    if (!Array.isArray(counts))
      throw new ConfigError(`${what}: nBins must be a number, or one for each feature; got ${shown(counts)}.`);
    if (counts.length !== dense.cols)
      throw new ShapeError(
        `${what}: nBins has ${counts.length} numbers for ${dense.cols} features. Give one for each.`,
      );
    const bad = counts.find((n) => !Number.isInteger(n) || n < 2);
    if (bad !== undefined) throw new ConfigError(`${what}: nBins must be integers ≥ 2, got ${shown(bad)}.`);
    const read = columnReader(dense);
    const edges = counts.map((n, c) => edgesOf(read(c).sort(), n, strategy));
    return new FittedKBinsDiscretizer({ nFeatures: dense.cols, featureNamesIn: namesOf(X), edges, encode });
  }
}

/** The edges of a feature that does not vary. */
const oneBin = (): Float64Array => Float64Array.of(Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);

function edgesOf(sorted: Float64Array, n: number, strategy: (typeof STRATEGIES)[number]): Float64Array {
  const [low, high] = [sorted[0]!, sorted[sorted.length - 1]!];
  if (low === high) return oneBin();
  const even = Float64Array.from({ length: n + 1 }, (_, i) => (i === n ? high : low + i * ((high - low) / n)));
  if (strategy === 'uniform') return even;
  const edges =
    strategy === 'quantile' ? even.map((_, i) => quantileOf(sorted, i / n)) : betweenCentres(sorted, even, low, high);
  const apart = edges.filter((edge, i) => i === 0 || edge - edges[i - 1]! > 1e-8);
  return apart.length > 1 ? apart : oneBin();
}

/** Edges halfway between the centres that k-means finds, begun in the middle of bins of equal width. */
function betweenCentres(sorted: Float64Array, even: Float64Array, low: number, high: number): Float64Array {
  let centres: Float64Array = Float64Array.from({ length: even.length - 1 }, (_, i) => (even[i]! + even[i + 1]!) / 2);
  const mean = sorted.reduce((a, b) => a + b, 0) / sorted.length;
  const tolerance = (1e-4 * sorted.reduce((s, v) => s + (v - mean) ** 2, 0)) / sorted.length;
  for (let i = 0; i < 300; i++) {
    const next = centresOf(sorted, centres);
    const moved = next.reduce((s, v, c) => s + (v - centres[c]!) ** 2, 0);
    centres = next;
    if (moved <= tolerance) break;
  }
  centres.sort();
  const inner = Array.from({ length: centres.length - 1 }, (_, i) => (centres[i]! + centres[i + 1]!) / 2);
  return Float64Array.of(low, ...inner, high);
}

/** Means of the values nearest to each centre; one that has none is moved to the value farthest from its centre. */
function centresOf(values: Float64Array, centres: Float64Array): Float64Array {
  const sums = new Float64Array(centres.length);
  const counts = new Int32Array(centres.length);
  let farthest = { v: values[0]!, c: 0, distance: -1 };
  for (const v of values) {
    let nearest = 0;
    for (let c = 1; c < centres.length; c++)
      if (Math.abs(v - centres[c]!) < Math.abs(v - centres[nearest]!)) nearest = c;
    sums[nearest]! += v;
    counts[nearest]!++;
    const distance = Math.abs(v - centres[nearest]!);
    if (distance > farthest.distance) farthest = { v, c: nearest, distance };
  }
  const empty = counts.indexOf(0);
  if (empty >= 0) {
    sums[farthest.c]! -= farthest.v;
    counts[farthest.c]!--;
    sums[empty] = farthest.v;
    counts[empty] = 1;
  }
  return sums.map((s, c) => (counts[c] === 0 ? centres[c]! : s / counts[c]!));
}

export interface KBinsDiscretizerParts extends FittedTransformerParts {
  readonly edges: readonly Float64Array[];
  readonly encode: (typeof ENCODINGS)[number];
}

/** What `KBinsDiscretizer.fit` returns. */
export class FittedKBinsDiscretizer extends FittedTransformerBase<KBinsDiscretizerParts> {
  static readonly type = 'KBinsDiscretizer';
  /** The edges of the bins of each feature. */
  readonly binEdges = this.parts.edges;
  /** How many bins each feature has. */
  readonly nBins = this.parts.edges.map((edges) => edges.length - 1);

  constructor(parts: KBinsDiscretizerParts) {
    super('KBinsDiscretizer', parts);
  }

  static fromState(state: ModelState): FittedKBinsDiscretizer {
    return new FittedKBinsDiscretizer(state as unknown as KBinsDiscretizerParts);
  }

  /** The bin of each value, as `encode` says. */
  transform(X: Input): Matrix {
    const bins = mapColumns(this.read(X, 'transform'), (v, c) => binOf(v, this.binEdges[c]!));
    if (this.parts.encode === 'ordinal') return this.like(X, bins);
    const hot = this.#oneHot(bins);
    if (this.parts.encode === 'onehot') return hot;
    return this.like(X, { data: hot.toDense().data, rows: bins.rows, cols: hot.shape[1] });
  }

  #oneHot({ data, rows, cols }: Dense): CsrMatrix {
    const starts = this.#starts();
    return new CsrMatrix({
      data: new Float64Array(data.length).fill(1),
      indices: Int32Array.from(data, (bin, i) => starts[i % cols]! + bin),
      indptr: Int32Array.from({ length: rows + 1 }, (_, r) => r * cols),
      shape: [rows, starts[cols]!],
    });
  }

  /** Where the features of each column begin. */
  #starts(): number[] {
    let at = 0;
    return [0, ...this.nBins.map((n) => (at += n))];
  }

  /** The middle of each bin; NaN for that of a constant feature, which has no ends. */
  inverseTransform(X: Matrix): Matrix {
    const what = 'KBinsDiscretizer.inverseTransform: X';
    const bins =
      this.parts.encode === 'ordinal' ? readMatrix(X, what, { cols: this.nFeatures }) : this.#fromOneHot(X, what);
    const middles = mapColumns(bins, (bin, c) => {
      const edges = this.binEdges[c]!;
      if (!(Number.isInteger(bin) && bin >= 0 && bin < edges.length - 1))
        throw new ConfigError(`${what}: feature ${c} has no bin ${bin}. Give what transform made.`);
      return (edges[bin]! + edges[bin + 1]!) / 2;
    });
    return this.likeBefore(X, middles);
  }

  #fromOneHot(X: Matrix, what: string): Dense {
    const starts = this.#starts();
    const samples = readSamples(X, what, { cols: starts[this.nFeatures] });
    const { data, rows, cols } = isSparse(samples) ? readMatrix(samples.toDense(), what) : samples;
    const out = new Float64Array(rows * this.nFeatures);
    for (let i = 0; i < out.length; i++) {
      const f = i % this.nFeatures;
      const from = Math.floor(i / this.nFeatures) * cols;
      out[i] = data.subarray(from + starts[f]!, from + starts[f + 1]!).findIndex((v) => v !== 0);
    }
    return { data: out, rows, cols: this.nFeatures };
  }

  override featureNamesOut(names?: readonly string[]): string[] {
    const given = this.namesIn(names, 'featureNamesOut');
    if (this.parts.encode === 'ordinal') return given;
    return this.nBins.flatMap((n, c) => Array.from({ length: n }, (_, bin) => `${given[c]}_${bin}`));
  }
}

/** How many inner edges are not above the value. */
function binOf(v: number, edges: Float64Array): number {
  let [low, high] = [1, edges.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (edges[middle]! <= v) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
