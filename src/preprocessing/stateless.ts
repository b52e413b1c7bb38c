import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { countFeatures, type Matrix, readSamplesAsync } from '../data/matrix';
import { type Norm, normaliseSparse, normOf } from '../data/row-norms';
import { countRows, outerShape, type Rows } from '../data/rows';
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
import { mapColumns, mapEntries } from './affine';

export interface NormalizerOptions {
  /** Which norm of each sample becomes 1; `'l2'` by default. */
  readonly norm?: Norm | undefined;
}

/**
 * Divides every sample by its norm: Σ|x| (`'l1'`), √Σx² (`'l2'`) or max|x| (`'max'`). A sample of zeros stays.
 *
 * @example
 * ```ts
 * import { Normalizer } from 'kompakt/preprocessing';
 * const { X } = await new Normalizer().fitTransform([[3, 4], [0, 0]]);
 * console.log(X); // → [ [ 0.6, 0.8 ], [ 0, 0 ] ]
 * ```
 */
export class Normalizer extends TransformerBase<FittedNormalizer> {
  readonly name = 'Normalizer' as const;
  readonly options: NormalizerOptions;

  /** @param options - `norm = 'l2'`; checked by `fit`. */
  constructor(options: NormalizerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns nothing but how many features there are.
   *
   * @param X - `[samples, features]`, dense or sparse, finite.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for NaN or infinity or an unknown norm; ShapeError for what is no matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedNormalizer> {
    refuseFitOptions(options, 'Normalizer.fit');
    checkOptions(this.options, ['norm'], 'Normalizer.fit');
    const norm = checkOption(this.options.norm ?? 'l2', ['l1', 'l2', 'max'] as const, 'norm', 'Normalizer.fit');
    const samples = await readSamplesAsync(X, 'Normalizer.fit: X');
    return new FittedNormalizer({ nFeatures: countFeatures(samples), featureNamesIn: namesOf(X), norm });
  }
}

export interface NormalizerParts extends FittedTransformerParts {
  readonly norm: Norm;
}

/** What `Normalizer.fit` returns. */
export class FittedNormalizer extends FittedTransformerBase<NormalizerParts> {
  static readonly type = 'Normalizer';

  constructor(parts: NormalizerParts) {
    super('Normalizer', parts, { sparse: true });
  }

  static fromState(state: ModelState): FittedNormalizer {
    return new FittedNormalizer(state as unknown as NormalizerParts);
  }

  /** Every sample divided by its norm. */
  transform(X: Input): Matrix {
    const { norm } = this.parts;
    const samples = this.readSparse(X, 'transform');
    if (isSparse(samples)) return normaliseSparse(samples, norm);
    const { data, rows, cols } = samples;
    const out = new Float64Array(data.length);
    for (let r = 0; r < rows; r++) {
      const length = normOf(data, r * cols, (r + 1) * cols, norm) || 1;
      for (let i = r * cols; i < (r + 1) * cols; i++) out[i] = data[i]! / length;
    }
    return this.like(X, { data: out, rows, cols });
  }
}

export interface BinarizerOptions {
  /** What is greater becomes 1, all else 0; 0 by default. */
  readonly threshold?: number | undefined;
}

/**
 * 1 for what exceeds a threshold, 0 for the rest.
 *
 * @example
 * ```ts
 * import { Binarizer } from 'kompakt/preprocessing';
 * const { X } = await new Binarizer({ threshold: 2 }).fitTransform([[1, 2, 3]]);
 * console.log(X); // → [ [ 0, 0, 1 ] ]
 * ```
 */
export class Binarizer extends TransformerBase<FittedBinarizer> {
  readonly name = 'Binarizer' as const;
  readonly options: BinarizerOptions;

  /** @param options - `threshold = 0`; checked by `fit`. */
  constructor(options: BinarizerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns nothing but how many features there are.
   *
   * @param X - `[samples, features]`, dense or sparse, finite.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for NaN or infinity, or a threshold below 0 for a sparse matrix; ShapeError for what is no matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedBinarizer> {
    refuseFitOptions(options, 'Binarizer.fit');
    checkOptions(this.options, ['threshold'], 'Binarizer.fit');
    const { threshold = 0 } = this.options;
    if (!Number.isFinite(threshold))
      throw new ConfigError(`Binarizer.fit: threshold must be a finite number, got ${shown(threshold)}.`);
    const samples = await readSamplesAsync(X, 'Binarizer.fit: X');
    return new FittedBinarizer({ nFeatures: countFeatures(samples), featureNamesIn: namesOf(X), threshold });
  }
}

export interface BinarizerParts extends FittedTransformerParts {
  readonly threshold: number;
}

/** What `Binarizer.fit` returns. */
export class FittedBinarizer extends FittedTransformerBase<BinarizerParts> {
  static readonly type = 'Binarizer';

  constructor(parts: BinarizerParts) {
    super('Binarizer', parts, { sparse: true });
  }

  static fromState(state: ModelState): FittedBinarizer {
    return new FittedBinarizer(state as unknown as BinarizerParts);
  }

  /** x > threshold, as 1 and 0. A sparse matrix keeps no zeros. */
  transform(X: Input): Matrix {
    const { threshold } = this.parts;
    const samples = this.readSparse(X, 'transform');
    const above = (v: number): number => Number(v > threshold);
    if (!isSparse(samples)) return this.like(X, mapColumns(samples, above));
    if (threshold < 0) {
      throw new ConfigError(
        `Binarizer.transform: with a threshold of ${threshold} the zeros of a sparse matrix become 1. Give X.toDense(), or a threshold ≥ 0.`,
      );
    }
    return withoutZeros(mapEntries(samples, above));
  }
}

/** The same matrix without the zeros it keeps. */
export function withoutZeros(X: CsrMatrix): CsrMatrix {
  const indptr = new Int32Array(X.shape[0] + 1);
  for (let r = 0; r < X.shape[0]; r++) {
    let kept = indptr[r]!;
    for (let e = X.indptr[r]!; e < X.indptr[r + 1]!; e++) if (X.data[e] !== 0) kept++;
    indptr[r + 1] = kept;
  }
  const keep = (_: number, e: number): boolean => X.data[e] !== 0;
  return new CsrMatrix({ data: X.data.filter(keep), indices: X.indices.filter(keep), indptr, shape: X.shape });
}

export interface FunctionTransformerOptions {
  /** What becomes of the samples: must give as many; the samples themselves by default. */
  readonly func?: ((X: Input) => Matrix) | undefined;
  /** Undoes `func`. */
  readonly inverseFunc?: ((X: Matrix) => Matrix) | undefined;
  /** Names of the features it makes: `'oneToOne'` for those it takes, or a function of those. */
  readonly featureNamesOut?: 'oneToOne' | ((names: readonly string[]) => readonly string[]) | undefined;
}

/**
 * A transformer of a function that learns nothing, such as a logarithm.
 *
 * @example
 * ```ts
 * import { FunctionTransformer } from 'kompakt/preprocessing';
 * const log = new FunctionTransformer({ func: (X) => (X as number[][]).map((row) => row.map(Math.log1p)) });
 * console.log((await log.fitTransform([[0, Math.E - 1]])).X); // → [ [ 0, 1 ] ]
 * ```
 */
export class FunctionTransformer extends TransformerBase<FittedFunctionTransformer> {
  readonly name = 'FunctionTransformer' as const;
  readonly options: FunctionTransformerOptions;

  /** @param options - `func`, `inverseFunc`, `featureNamesOut`; checked by `fit`. */
  constructor(options: FunctionTransformerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Checks the functions; learns nothing.
   *
   * @param X - whatever `func` takes.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for what is no function.
   */
  async fit(X: Input, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedFunctionTransformer> {
    refuseFitOptions(options, 'FunctionTransformer.fit');
    checkOptions(this.options, ['func', 'inverseFunc', 'featureNamesOut'], 'FunctionTransformer.fit');
    for (const name of ['func', 'inverseFunc'] as const) {
      const f = this.options[name];
      if (f !== undefined && typeof f !== 'function')
        throw new ConfigError(`FunctionTransformer.fit: ${name} must be a function, got ${shown(f)}.`);
    }
    countRows(X as Rows, 'FunctionTransformer.fit: X');
    return new FittedFunctionTransformer(this.options, widthOf(X), namesOf(X));
  }
}

/** Number of columns of samples in any form. */
function widthOf(X: Input): number {
  if (!Array.isArray(X)) return outerShape(X as Rows)[1] ?? 1;
  const first: unknown = X[0];
  if (typeof first !== 'object' || first === null) return 1;
  return 'length' in first ? (first as ArrayLike<unknown>).length : Object.keys(first).length;
}

/** What `FunctionTransformer.fit` returns. */
export class FittedFunctionTransformer extends FittedTransformerBase {
  readonly inverseTransform?: (X: Matrix) => Matrix;
  readonly #options: FunctionTransformerOptions;

  constructor(options: FunctionTransformerOptions, nFeatures: number, featureNamesIn: readonly string[] | null) {
    super('FunctionTransformer', { nFeatures, featureNamesIn });
    this.#options = options;
    if (options.inverseFunc) this.inverseTransform = options.inverseFunc;
  }

  /** What the function makes of X. */
  transform(X: Input): Matrix {
    return this.#options.func ? this.#options.func(X) : (X as Matrix);
  }

  override featureNamesOut(names?: readonly string[]): string[] {
    const { featureNamesOut } = this.#options;
    const given = this.namesIn(names, 'featureNamesOut');
    if (featureNamesOut === undefined) {
      throw new ConfigError(
        "FunctionTransformer.featureNamesOut: nothing is known of the features that func makes. Set featureNamesOut to 'oneToOne' or a function.",
      );
    }
    return featureNamesOut === 'oneToOne' ? given : [...featureNamesOut(given)];
  }

  /** A function can't be kept as data. */
  override toState(): never {
    throw new ConfigError(
      'FunctionTransformer.toState: a function can’t be kept as data. Apply it before the model, and keep the model without it.',
    );
  }
}
