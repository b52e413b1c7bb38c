import type { KompaktError } from '../core/errors';
import { ConfigError, ShapeError } from '../core/errors';
import type { FittedTransformer, Transformer } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Dense, Matrix, Samples } from '../data/matrix';
import { isColumnTable, type Table } from '../data/table';
import { FittedModel, type FittedParts } from './fitted';

/** Whatever a transformer takes: numbers, or tables with text. */
export type Input = Matrix | Table;

/** What `fitTransform` gives: the fitted transformer, and the training samples transformed. */
export interface FitTransformed<F> {
  readonly fitted: F;
  readonly X: Matrix;
}

/** What every fitted transformer knows about what it was fitted with. */
export interface FittedTransformerParts extends FittedParts {
  /** Names of the columns in fit; null where they had none. */
  readonly featureNamesIn?: readonly string[] | null | undefined;
}

/**
 * Base of fitted transformers. A subclass says what samples become, and what the features it makes are called.
 */
export abstract class FittedTransformerBase extends FittedModel implements FittedTransformer {
  /** Names of the columns in fit; null where they had none. */
  readonly featureNamesIn: readonly string[] | null;

  constructor(parts: FittedTransformerParts & { readonly warnings?: readonly KompaktError[] | undefined }) {
    super(parts);
    this.featureNamesIn = parts.featureNamesIn ?? null;
  }

  abstract transform(X: Input): Matrix;

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
