import { DTypeError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { describe } from '../data/rows';
import type { CsrMatrix } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { type ModelState, toJSON } from '../estimator/state';
import { checkOption } from '../metrics/warning';
import { checkColumns } from './hashing-vectorizer';
import { hashedColumn } from './murmur-hash';
import { addTo, matrixOf, type SparseRow } from './sparse-rows';

export interface FeatureHasherOptions {
  /** How many columns features are spread over; 2²⁰ by default. */
  readonly nFeatures?: number | undefined;
  /** What a sample is: a record (`'dict'`, default), `[name, value]` pairs (`'pair'`), or names (`'string'`). */
  readonly inputType?: 'dict' | 'pair' | 'string' | undefined;
  /** Let half of the features count negatively; true by default. */
  readonly alternateSign?: boolean | undefined;
}

/** A feature's value: a number; text makes the feature `name=text`. */
export type HashedValue = number | string | boolean;

/** A sample as `FeatureHasher` takes it: a record, pairs, or names. */
export type HashedSample =
  | Readonly<Record<string, HashedValue>>
  | readonly (readonly [string, HashedValue])[]
  | readonly string[];

/**
 * Puts named features into columns chosen by a hash of the name, as `HashingVectorizer` does with terms.
 *
 * Reference: Weinberger et al. 2009, “Feature hashing for large scale multitask learning”.
 *
 * @example
 * ```ts
 * import { FeatureHasher } from 'kompakt/text';
 * const { X } = await new FeatureHasher({ nFeatures: 10 }).fitTransform([{ dog: 1, cat: 2, elephant: 4 }, { dog: 2, run: 5 }]);
 * console.log(X.toArray().map((row) => row.join())); // → [ '0,0,-4,-1,0,0,0,0,0,2', '0,0,0,-2,-5,0,0,0,0,0' ]
 * ```
 */
export class FeatureHasher {
  readonly name = 'FeatureHasher' as const;
  readonly options: FeatureHasherOptions;

  /** @param options - `nFeatures = 2 ** 20`, `inputType = 'dict'`, `alternateSign = true`; checked by `fit`. */
  constructor(options: FeatureHasherOptions = {}) {
    this.options = options;
  }

  /**
   * Checks the options; learns nothing.
   *
   * @throws ConfigError for options that don't fit.
   */
  async fit(_X?: unknown, _y?: unknown, options: NoFitOptions = {}): Promise<FittedFeatureHasher> {
    const what = 'FeatureHasher.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['nFeatures', 'inputType', 'alternateSign'], what);
    const { nFeatures = 2 ** 20, alternateSign = true } = this.options;
    checkColumns(nFeatures, what);
    const types = ['dict', 'pair', 'string'] as const;
    const inputType = checkOption(this.options.inputType ?? 'dict', types, 'inputType', what);
    return new FittedFeatureHasher({ nFeatures, inputType, alternateSign });
  }

  /** Hashes samples. */
  async fitTransform(
    X: readonly HashedSample[],
    _y?: unknown,
    options: NoFitOptions = {},
  ): Promise<{ fitted: FittedFeatureHasher; X: CsrMatrix }> {
    const fitted = await this.fit(X, _y, options);
    return { fitted, X: fitted.transform(X) };
  }
}

interface Settings {
  readonly nFeatures: number;
  readonly inputType: 'dict' | 'pair' | 'string';
  readonly alternateSign: boolean;
}

/** What `FeatureHasher.fit` returns. */
export class FittedFeatureHasher {
  static readonly type = 'FeatureHasher';
  readonly name = 'FeatureHasher';
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  static fromState(state: ModelState): FittedFeatureHasher {
    return new FittedFeatureHasher(state.settings as unknown as Settings);
  }

  toState(): ModelState {
    return { type: 'FeatureHasher', settings: { ...this.#settings } };
  }

  /** The hasher as JSON, for `JSON.stringify`; `fromJSON` makes it again. */
  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /**
   * The hashed features of each sample.
   *
   * @returns `[samples, nFeatures]`, sparse.
   * @throws ShapeError for no samples; DTypeError for a sample of another type, or a value that is none.
   */
  transform(X: readonly HashedSample[]): CsrMatrix {
    const what = 'FeatureHasher.transform';
    const { nFeatures, inputType, alternateSign } = this.#settings;
    if (!Array.isArray(X) || X.length === 0)
      throw new ShapeError(`${what}: expected an array of samples, got ${describe(X)}.`);
    const rows = X.map((sample: HashedSample, r) => {
      const row: SparseRow = new Map();
      for (const [name, value] of pairsOf(sample, inputType, `${what}: sample ${r}`)) {
        const isText = typeof value === 'string';
        if (!isText && typeof value !== 'number' && typeof value !== 'boolean')
          throw new DTypeError(`${what}: sample ${r}: '${name}' is ${describe(value)}, neither a number nor text.`);
        if (Number(value) === 0 && !isText) continue;
        const { column, negative } = hashedColumn(isText ? `${name}=${value}` : name, nFeatures);
        const amount = isText ? 1 : Number(value);
        addTo(row, column, alternateSign && negative ? -amount : amount);
      }
      return row;
    });
    return matrixOf(rows, nFeatures);
  }
}

function pairsOf(
  sample: HashedSample,
  type: Settings['inputType'],
  what: string,
): readonly (readonly [string, HashedValue])[] {
  if (type === 'dict') {
    if (typeof sample === 'object' && sample !== null && !Array.isArray(sample)) return Object.entries(sample);
    throw new DTypeError(`${what} is ${describe(sample)}, and inputType is 'dict'. Give records, or set inputType.`);
  }
  if (!Array.isArray(sample))
    throw new DTypeError(`${what} is ${describe(sample)}, and inputType is '${type}'. Give lists.`);
  if (type === 'pair') return sample as unknown as readonly (readonly [string, HashedValue])[];
  return (sample as readonly string[]).map((name) => [name, 1] as const);
}
