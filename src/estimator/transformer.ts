import type { TypedArray } from '../core/dtype';
import { ConfigError, ShapeError } from '../core/errors';
import { shown } from '../core/shown';
import type { FittedTransformer, Transformer } from '../data/estimator';
import type { Labels } from '../data/labels';
import { type Dense, type Matrix, matrixLike, type Samples } from '../data/matrix';
import { isTensor, isTyped } from '../data/rows';
import { isSparse } from '../data/sparse';
import { ColumnTable, isColumnTable, type Table } from '../data/table';
import { FittedModel, type FittedParts, resultLike } from './fitted';
import type { ModelState } from './state';

/** Whatever a transformer takes: numbers, or tables with text. */
export type Input = Matrix | Table;

/** What `fitTransform` gives: the fitted transformer, and the training samples transformed. */
export interface FitTransformed<F> {
  readonly fitted: F;
  readonly X: Matrix;
}

/** What a fitted transformer is made of: plain data, which is its state. */
export interface FittedTransformerParts {
  readonly nFeatures: number;
  /** Names of the columns in fit; null where they had none. */
  readonly featureNamesIn?: readonly string[] | null | undefined;
}

/**
 * Base of fitted transformers. A subclass says what samples become, and what the features it makes are called.
 */
export abstract class FittedTransformerBase<P extends FittedTransformerParts = FittedTransformerParts>
  extends FittedModel
  implements FittedTransformer
{
  /** Names of the columns in fit; null where they had none. */
  readonly featureNamesIn: readonly string[] | null;
  /** All it is made of. */
  protected readonly parts: P;

  /**
   * @param name - of the transformer.
   * @param parts - what it is made of.
   * @param accepts - what samples may be, beside dense and finite.
   */
  constructor(name: string, parts: P, accepts: FittedParts['accepts'] = {}) {
    super({ name, nFeatures: parts.nFeatures, accepts });
    this.parts = parts;
    this.featureNamesIn = parts.featureNamesIn ?? null;
  }

  toState(): ModelState {
    return { type: this.name, ...(this.parts as object) };
  }

  abstract transform(X: Input): Matrix;

  /** The features made, in the form of X; a table's columns get their names. */
  protected like(X: Input, dense: Dense): Matrix {
    return realLike(X, dense, isColumnTable(X) ? this.featureNamesOut() : null);
  }

  /** What samples were before, in the form of X. */
  protected likeBefore(X: Input, dense: Dense): Matrix {
    return realLike(X, dense, this.featureNamesIn);
  }

  /** A table's columns are taken by the names they had in fit, in any order. */
  protected override read(X: Input, method: string): Dense {
    return super.read(this.#inOrder(X), method);
  }

  protected override readSparse(X: Input, method: string): Samples {
    return super.readSparse(this.#inOrder(X), method);
  }

  #inOrder(X: Input): Matrix {
    const names = this.featureNamesIn;
    return names !== null && isColumnTable(X) ? X.select(names) : (X as Matrix);
  }

  /**
   * Names of the features that `transform` makes.
   *
   * @param names - of the features it takes; those in fit by default, or x0, x1, ….
   * @throws ShapeError for another number of names than features; ConfigError for others than in fit.
   */
  featureNamesOut(names?: readonly string[]): string[] {
    return this.namesIn(names, 'featureNamesOut');
  }

  /** Names of the features it takes, checked. */
  protected namesIn(names: readonly string[] | undefined, method: string): string[] {
    const known = this.featureNamesIn;
    if (names === undefined) return known ? [...known] : Array.from({ length: this.nFeatures }, (_, i) => `x${i}`);
    if (!Array.isArray(names) || names.some((name) => typeof name !== 'string'))
      throw new ConfigError(`${this.name}.${method}: names must be a list of texts, got ${shown(names)}.`);
    if (names.length !== this.nFeatures) {
      throw new ShapeError(
        `${this.name}.${method}: got ${names.length} names for ${this.nFeatures} features. Give one per feature.`,
      );
    }
    const other = known?.findIndex((name, i) => name !== names[i]) ?? -1;
    if (other >= 0) {
      throw new ConfigError(
        `${this.name}.${method}: feature ${other} was '${known![other]}' in fit and is '${names[other]}' here. Leave the names out.`,
      );
    }
    return [...names];
  }
}

/**
 * Base of transformers: `fitTransform` is `fit`, then `transform` of the same samples. One that treats training samples
 * otherwise overrides it.
 */
export abstract class TransformerBase<F extends FittedTransformer> implements Transformer<F> {
  abstract fit(X: Input, y?: Labels, options?: object): Promise<F>;

  /**
   * Fits, and transforms the samples fitted with.
   *
   * @param X - `[samples, features]`.
   * @param y - labels, for transformers that look at them.
   * @param options - as `fit` takes them.
   * @returns the fitted transformer and the transformed samples.
   */
  async fitTransform(X: Input, y?: Labels, options?: object): Promise<FitTransformed<F>> {
    const fitted = await this.fit(X, y, options);
    return { fitted, X: fitted.transform(X as Matrix) };
  }
}

/** Names of the columns of a table; null for anything else. */
export function namesOf(X: Input): readonly string[] | null {
  return isColumnTable(X) ? X.names : null;
}

/**
 * A matrix of reals in the form of `like`: where that holds integers, as float64; a sparse matrix becomes `{ data, shape }`,
 * records become rows, and a table stays one if its columns have names.
 */
export function realLike(like: Input, dense: Dense, names: readonly string[] | null): Matrix {
  const { data, rows, cols } = dense;
  const flat = { data, shape: [rows, cols] };
  if (isColumnTable(like)) return names === null ? flat : tableOf(dense, names);
  if (isSparse(like)) return flat;
  if (isTensor(like)) {
    if (like.dtype !== 'float32' && like.dtype !== 'float64') return resultLike(like, data, flat.shape);
  } else if (Array.isArray(like)) {
    if (isTyped(like[0]) && !isReal(like[0])) return matrixLike([data.subarray(0, 0)], dense);
  } else if ('data' in like && isTyped(like.data) && !isReal(like.data)) {
    return matrixLike({ ...like, data: data.subarray(0, 0) }, dense);
  }
  return matrixLike(like as Matrix, dense);
}

const isReal = (x: TypedArray): boolean => x instanceof Float64Array || x instanceof Float32Array;

function tableOf({ data, rows, cols }: Dense, names: readonly string[]): ColumnTable {
  const column = (c: number): Float64Array => Float64Array.from({ length: rows }, (_, r) => data[r * cols + c]!);
  return new ColumnTable(names.map((name, c) => [name, column(c)] as const));
}
