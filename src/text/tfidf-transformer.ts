import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Labels } from '../data/labels';
import { countFeatures, type Matrix, readSamplesAsync, type Samples } from '../data/matrix';
import { type Norm, normaliseSparse } from '../data/row-norms';
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

export interface TfidfTransformerOptions {
  /** Which norm of each row becomes 1: `'l2'` (default), `'l1'`, or null for none. */
  readonly norm?: 'l1' | 'l2' | null | undefined;
  /** Multiply by the inverse document frequency; true by default. */
  readonly useIdf?: boolean | undefined;
  /** Count a text more that has every term, so that none is divided by 0; true by default. */
  readonly smoothIdf?: boolean | undefined;
  /** Replace counts by 1 + log(count); false by default. */
  readonly sublinearTf?: boolean | undefined;
}

/** The names of the options of {@link TfidfTransformerOptions}. */
export const TFIDF_OPTIONS = ['norm', 'useIdf', 'smoothIdf', 'sublinearTf'];

/** How counts are weighed. */
export interface Weighing {
  readonly norm: Norm | null;
  readonly sublinear: boolean;
  /** log((1 + n) / (1 + df)) + 1 of each term; null without. */
  readonly idf: Float64Array | null;
}

/** @throws ConfigError for an unknown norm. */
export function learnWeighing(X: CsrMatrix, options: TfidfTransformerOptions, what: string): Weighing {
  const { norm = 'l2', useIdf = true, smoothIdf = true, sublinearTf = false } = options;
  if (norm !== null) checkOption(norm, ['l1', 'l2'], 'norm', what);
  return { norm, sublinear: sublinearTf, idf: useIdf ? inverseFrequencies(X, smoothIdf) : null };
}

function inverseFrequencies(X: CsrMatrix, smooth: boolean): Float64Array {
  const [rows, cols] = X.shape;
  const df = new Float64Array(cols).fill(smooth ? 1 : 0);
  for (let e = 0; e < X.nnz; e++) df[X.indices[e]!]!++;
  const n = smooth ? rows + 1 : rows;
  return df.map((v) => Math.log(n / v) + 1);
}

/** Counts, weighed. */
export function weigh(X: CsrMatrix, { norm, sublinear, idf }: Weighing): CsrMatrix {
  const out = new Float64Array(X.nnz);
  for (let e = 0; e < out.length; e++) {
    const tf = sublinear ? Math.log(X.data[e]!) + 1 : X.data[e]!;
    out[e] = idf === null ? tf : tf * idf[X.indices[e]!]!;
  }
  const weighed = X.withData(out);
  return norm === null ? weighed : normaliseSparse(weighed, norm);
}

/**
 * Weighs counts of terms by how rare a term is: tf · idf, with idf = log((1 + n) / (1 + df)) + 1 for a term that df of n
 * texts have, each row then scaled to length 1.
 *
 * Reference: Salton & Buckley 1988, “Term-weighting approaches in automatic text retrieval”.
 *
 * @example
 * ```ts
 * import { TfidfTransformer } from 'kompakt/text';
 * const { fitted, X } = await new TfidfTransformer({ norm: null }).fitTransform([[3, 0], [1, 2]]);
 * console.log(fitted.idf?.[0], X); // → 1 [ [ 3, 0 ], [ 1, 2.8109302162163288 ] ]
 * ```
 */
export class TfidfTransformer extends TransformerBase<FittedTfidfTransformer> {
  readonly name = 'TfidfTransformer' as const;
  readonly options: TfidfTransformerOptions;

  /** @param options - `norm = 'l2'`, `useIdf = true`, `smoothIdf = true`, `sublinearTf = false`; checked by `fit`. */
  constructor(options: TfidfTransformerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns how rare each term is.
   *
   * @param X - counts `[texts, terms]`, sparse or dense.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for NaN, infinity, or an unknown option; ShapeError for what is no matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedTfidfTransformer> {
    const what = 'TfidfTransformer.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, TFIDF_OPTIONS, what);
    const samples = await readSamplesAsync(X, `${what}: X`);
    return new FittedTfidfTransformer({
      nFeatures: countFeatures(samples),
      featureNamesIn: namesOf(X),
      ...learnWeighing(asSparse(samples), this.options, what),
    });
  }
}

const asSparse = (X: Samples): CsrMatrix =>
  isSparse(X) ? X : CsrMatrix.fromDense({ data: X.data, shape: [X.rows, X.cols] });

/** What `TfidfTransformer.fit` returns. */
export class FittedTfidfTransformer extends FittedTransformerBase<FittedTransformerParts & Weighing> {
  static readonly type = 'TfidfTransformer';
  /** The inverse document frequency of each term; null without. */
  readonly idf = this.parts.idf;

  constructor(parts: FittedTransformerParts & Weighing) {
    super('TfidfTransformer', parts, { sparse: true });
  }

  static fromState(state: ModelState): FittedTfidfTransformer {
    return new FittedTfidfTransformer(state as unknown as FittedTransformerParts & Weighing);
  }

  /** Counts, weighed; sparse if X is. */
  transform(X: Input): Matrix {
    const samples = this.readSparse(X, 'transform');
    if (this.parts.sublinear && samples.data.some((v) => v < 0))
      throw new ConfigError('TfidfTransformer.transform: a count is negative and has no logarithm. Give counts.');
    const weighed = weigh(asSparse(samples), this.parts);
    if (isSparse(samples)) return weighed;
    return this.like(X, { data: weighed.toDense().data, rows: samples.rows, cols: samples.cols });
  }
}
