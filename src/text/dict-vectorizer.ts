import { DTypeError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Matrix, readSamples } from '../data/matrix';
import { describe } from '../data/rows';
import { CsrMatrix, isSparse } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { type ModelState, toJSON } from '../estimator/state';
import { sortTerms } from './counting';
import { addTo, matrixOf, type SparseRow } from './sparse-rows';

export interface DictVectorizerOptions {
  /** What stands between name and text in the names of features; `'='` by default. */
  readonly separator?: string | undefined;
  /** Make a sparse matrix; true by default. */
  readonly sparse?: boolean | undefined;
  /** Order features by name; true by default, else as they first occur. */
  readonly sort?: boolean | undefined;
}

/** Features by name: numbers as they are, text as `name=text` with value 1, a list of texts each so; null is NaN. */
export type FeatureRecord = Readonly<Record<string, number | string | boolean | null | readonly string[]>>;

/**
 * Turns records into a matrix: a column for each number, and for each text that a field has.
 *
 * @example
 * ```ts
 * import { DictVectorizer } from 'kompakt/text';
 * const records = [{ city: 'Dubai', temperature: 33 }, { city: 'London', temperature: 12 }];
 * const { fitted, X } = await new DictVectorizer({ sparse: false }).fitTransform(records);
 * console.log(fitted.featureNames, X); // → [ 'city=Dubai', 'city=London', 'temperature' ] [ [ 1, 0, 33 ], [ 0, 1, 12 ] ]
 * ```
 */
export class DictVectorizer {
  readonly name = 'DictVectorizer' as const;
  readonly options: DictVectorizerOptions;

  /** @param options - `separator = '='`, `sparse = true`, `sort = true`; checked by `fit`. */
  constructor(options: DictVectorizerOptions = {}) {
    this.options = options;
  }

  /**
   * Learns which features there are.
   *
   * @param records - any number of them.
   * @param options - none: samples are not weighed.
   * @throws ShapeError for none; DTypeError for what is no record, or a value that is none of a feature.
   */
  async fit(
    records: readonly FeatureRecord[],
    _y?: unknown,
    options: NoFitOptions = {},
  ): Promise<FittedDictVectorizer> {
    const what = 'DictVectorizer.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['separator', 'sparse', 'sort'], what);
    const { separator = '=', sparse = true, sort = true } = this.options;
    checkRecords(records, what);
    const names = new Set<string>();
    records.forEach((record, r) => {
      for (const [name] of featuresOf(record, separator, `${what}: record ${r}`)) names.add(name);
    });
    return new FittedDictVectorizer(sort ? sortTerms([...names]) : [...names], separator, sparse);
  }

  /** Learns which features there are, and gives those of the same records. */
  async fitTransform(
    records: readonly FeatureRecord[],
    _y?: unknown,
    options: NoFitOptions = {},
  ): Promise<{ fitted: FittedDictVectorizer; X: CsrMatrix | number[][] }> {
    const fitted = await this.fit(records, _y, options);
    return { fitted, X: fitted.transform(records) };
  }
}

function checkRecords(records: readonly FeatureRecord[], what: string): void {
  if (!Array.isArray(records) || records.length === 0)
    throw new ShapeError(`${what}: expected an array of records, got ${describe(records)}.`);
  const at = records.findIndex((record) => typeof record !== 'object' || record === null || Array.isArray(record));
  if (at >= 0)
    throw new DTypeError(`${what}: record ${at} is ${describe(records[at])}. Give records such as { city: 'Riga' }.`);
}

function featuresOf(record: FeatureRecord, separator: string, what: string): [name: string, value: number][] {
  return Object.entries(record).flatMap(([name, value]): [string, number][] => {
    if (typeof value === 'string') return [[`${name}${separator}${value}`, 1]];
    if (typeof value === 'number' || typeof value === 'boolean') return [[name, Number(value)]];
    if (value === null || value === undefined) return [[name, Number.NaN]];
    if (Array.isArray(value) && value.every((text) => typeof text === 'string'))
      return value.map((text) => [`${name}${separator}${text}`, 1]);
    throw new DTypeError(`${what}: '${name}' is ${describe(value)}; give a number, text or a list of texts.`);
  });
}

/** What `DictVectorizer.fit` returns. */
export class FittedDictVectorizer {
  static readonly type = 'DictVectorizer';
  readonly name = 'DictVectorizer';
  /** Names of the features, in the order of the columns. */
  readonly featureNames: readonly string[];
  /** The column of each feature. */
  readonly vocabulary: ReadonlyMap<string, number>;
  readonly #separator: string;
  readonly #sparse: boolean;

  constructor(featureNames: readonly string[], separator: string, sparse: boolean) {
    this.featureNames = featureNames;
    this.vocabulary = new Map(featureNames.map((name, i) => [name, i]));
    this.#separator = separator;
    this.#sparse = sparse;
  }

  static fromState(state: ModelState): FittedDictVectorizer {
    return new FittedDictVectorizer(state.featureNames as string[], String(state.separator), state.sparse === true);
  }

  toState(): ModelState {
    const { featureNames } = this;
    return { type: 'DictVectorizer', featureNames, separator: this.#separator, sparse: this.#sparse };
  }

  /** The vectorizer as JSON, for `JSON.stringify`; `fromJSON` makes it again. */
  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /** Names of the features, in the order of the columns. */
  featureNamesOut(): string[] {
    return [...this.featureNames];
  }

  /**
   * The features of each record; those that were not there in fit are left out.
   *
   * @returns `[records, features]`: a CsrMatrix, or rows without `sparse`.
   * @throws ShapeError for none; DTypeError for what is no record, or a value that is none of a feature.
   */
  transform(records: readonly FeatureRecord[]): CsrMatrix | number[][] {
    const what = 'DictVectorizer.transform';
    checkRecords(records, what);
    const rows = records.map((record, r) => {
      const row: SparseRow = new Map();
      for (const [name, value] of featuresOf(record, this.#separator, `${what}: record ${r}`)) {
        const column = this.vocabulary.get(name);
        if (column !== undefined) addTo(row, column, value);
      }
      return row;
    });
    const X = matrixOf(rows, this.featureNames.length);
    return this.#sparse ? X : X.toArray();
  }

  /**
   * Records of the features that are not 0, by the names of the columns.
   *
   * @throws ShapeError for another number of columns.
   */
  inverseTransform(X: Matrix): Record<string, number>[] {
    const cols = this.featureNames.length;
    const samples = readSamples(X, 'DictVectorizer.inverseTransform: X', { cols, allowNonFinite: true });
    const sparse = isSparse(samples)
      ? samples
      : CsrMatrix.fromDense({ data: samples.data, shape: [samples.rows, cols] });
    return Array.from({ length: sparse.shape[0] }, (_, r) => {
      const record: Record<string, number> = {};
      for (let e = sparse.indptr[r]!; e < sparse.indptr[r + 1]!; e++)
        if (sparse.data[e] !== 0) record[this.featureNames[sparse.indices[e]!]!] = sparse.data[e]!;
      return record;
    });
  }
}
