import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { type Matrix, readMatrix } from '../data/matrix';
import { readTable, readTableAsync } from '../data/read-table';
import { type Cell, type Column, ColumnTable, type Table } from '../data/table';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import {
  FittedTransformerBase,
  type FittedTransformerParts,
  type Input,
  TransformerBase,
} from '../estimator/transformer';
import { checkOption } from '../metrics/warning';
import { type Categories, type Category, categoriesOf, codesIn, readCategories, refuseUnknown } from './categories';

export interface OrdinalEncoderOptions {
  /** A list of categories per column, or `'auto'` (default): those that occur in fit, ascending. */
  readonly categories?: Categories | undefined;
  /** What to do with a category that was not there in fit: `'error'` (default), or give it `unknownValue`. */
  readonly handleUnknown?: 'error' | 'useEncodedValue' | undefined;
  /** The number for unknown categories: NaN, or one that no category has. */
  readonly unknownValue?: number | undefined;
  /** The number for missing values: NaN (default), or one that no category has. */
  readonly encodedMissingValue?: number | undefined;
}

/**
 * Turns each column into the position of its category: 0, 1, 2, ….
 *
 * Trees take such numbers well; where their order means nothing, linear models and distances want `OneHotEncoder`.
 *
 * @example
 * ```ts
 * import { OrdinalEncoder } from 'kompakt/preprocessing';
 * const sizes = new OrdinalEncoder({ categories: [['small', 'medium', 'large']] });
 * console.log((await sizes.fitTransform([['large'], ['small'], [null]])).X); // → [ [ 2 ], [ 0 ], [ NaN ] ]
 * ```
 */
export class OrdinalEncoder extends TransformerBase<FittedOrdinalEncoder> {
  readonly name = 'OrdinalEncoder' as const;
  readonly options: OrdinalEncoderOptions;

  /** @param options - `categories = 'auto'`, `handleUnknown = 'error'`, `unknownValue`, `encodedMissingValue = NaN`; checked by `fit`. */
  constructor(options: OrdinalEncoderOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns the categories of each column.
   *
   * @param X - a table `[samples, columns]`: rows or records of numbers, text or booleans, or any matrix.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for options that don't fit, or categories that were not given; ShapeError for ragged rows; DTypeError
   * for a column of mixed types.
   */
  async fit(X: Input, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedOrdinalEncoder> {
    const what = 'OrdinalEncoder.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['categories', 'handleUnknown', 'unknownValue', 'encodedMissingValue'], what);
    const { categories: given = 'auto', unknownValue, encodedMissingValue = Number.NaN } = this.options;
    const choices = ['error', 'useEncodedValue'] as const;
    const handleUnknown = checkOption(this.options.handleUnknown ?? 'error', choices, 'handleUnknown', what);
    if ((handleUnknown === 'useEncodedValue') !== (unknownValue !== undefined))
      throw new ConfigError(`${what}: give unknownValue with handleUnknown: 'useEncodedValue', and only then.`);
    const { columns, names } = await readTableAsync(X, `${what}: X`);
    const lists = readCategories(given, columns, what);
    const categories = columns.map((column, c) => {
      const list = lists[c] ?? categoriesOf(column);
      const codes = codesIn(column, list);
      const unknown = codes.some((code, i) => code < 0 && !isMissing(column[i]!));
      if (handleUnknown === 'error' && unknown) refuseUnknown(column, codes, c, 'Add it to categories.', what);
      checkFree(unknownValue, 'unknownValue', list, c, what);
      if (list.some(isMissing)) checkFree(encodedMissingValue, 'encodedMissingValue', list, c, what);
      return list;
    });
    return new FittedOrdinalEncoder({
      nFeatures: columns.length,
      featureNamesIn: names,
      categories,
      unknown: unknownValue ?? null,
      missing: encodedMissingValue,
    });
  }
}

const isMissing = (v: Category): boolean => v === null || v !== v;

/** Throws where a number stands for a category already. */
function checkFree(value: number | undefined, name: string, list: readonly Category[], c: number, what: string): void {
  if (value === undefined || Number.isNaN(value)) return;
  const count = list.filter((v) => !isMissing(v)).length;
  if (typeof value !== 'number')
    throw new ConfigError(`${what}: ${name} must be a number or NaN, got ${shown(value)}.`);
  if (Number.isInteger(value) && value >= 0 && value < count) {
    throw new ConfigError(
      `${what}: ${name} ${value} stands for a category of column ${c} already. Take -1, NaN, or one from ${count} on.`,
    );
  }
}

export interface OrdinalEncoderParts extends FittedTransformerParts {
  readonly categories: readonly (readonly Category[])[];
  readonly unknown: number | null;
  readonly missing: number;
}

/** What `OrdinalEncoder.fit` returns. */
export class FittedOrdinalEncoder extends FittedTransformerBase<OrdinalEncoderParts> {
  static readonly type = 'OrdinalEncoder';
  /** The categories of each column. */
  readonly categories = this.parts.categories;

  constructor(parts: OrdinalEncoderParts) {
    super('OrdinalEncoder', parts, { nonFinite: true });
  }

  static fromState(state: ModelState): FittedOrdinalEncoder {
    return new FittedOrdinalEncoder(state as unknown as OrdinalEncoderParts);
  }

  /**
   * The position of each category.
   *
   * @param X - a table with the columns of fit.
   * @returns numbers in the form of X; rows for records.
   * @throws ConfigError for a category that was not there in fit, unless `unknownValue` is set.
   */
  transform(X: Input): Matrix {
    const what = 'OrdinalEncoder.transform';
    const cols = this.nFeatures;
    const { columns, rows } = readTable(X, `${what}: X`, { cols, names: this.featureNamesIn });
    const data = new Float64Array(rows * cols);
    columns.forEach((column, c) => {
      const codes = this.#codes(column, c, what);
      for (let r = 0; r < rows; r++) data[r * cols + c] = codes[r]!;
    });
    return this.like(X, { data, rows, cols });
  }

  #codes(column: Column, c: number, what: string): Float64Array {
    const list = this.categories[c]!;
    const { unknown, missing } = this.parts;
    const found = codesIn(column, list);
    const knowsMissing = list.length > 0 && isMissing(list.at(-1)!);
    return Float64Array.from(found, (code, i) => {
      if (isMissing(column[i]!) && (knowsMissing || unknown === null)) return missing;
      if (code >= 0) return code;
      if (unknown !== null) return unknown;
      const remedy = "Set handleUnknown: 'useEncodedValue' and unknownValue to let such samples pass.";
      return refuseUnknown(column, found, c, remedy, what);
    });
  }

  /**
   * The categories again; what stands for none is null.
   *
   * @param X - `[samples, columns]` as `transform` makes it.
   * @returns rows, or a ColumnTable if columns had names.
   * @throws ConfigError for a number that no category has.
   */
  inverseTransform(X: Matrix): Table {
    const what = 'OrdinalEncoder.inverseTransform: X';
    const { data, rows, cols } = readMatrix(X, what, { cols: this.nFeatures, allowNonFinite: true });
    const columns = this.categories.map((list, c) =>
      Array.from({ length: rows }, (_, r) => this.#valueOf(data[r * cols + c]!, list, c, what)),
    );
    const names = this.featureNamesIn;
    if (names !== null) return new ColumnTable(columns.map((column, c) => [names[c]!, column] as const));
    return Array.from({ length: rows }, (_, r) => columns.map((column) => column[r] as Cell));
  }

  #valueOf(v: number, list: readonly Category[], c: number, what: string): Category {
    const last = list.at(-1) ?? null;
    if (isMissing(last) && Object.is(v, this.parts.missing)) return last;
    if (Object.is(v, this.parts.unknown)) return null;
    if (Number.isInteger(v) && v >= 0 && v < list.length) return list[v]!;
    if (Number.isNaN(v)) return typeof list[0] === 'number' ? Number.NaN : null;
    throw new ConfigError(`${what}: ${v} stands for no category of column ${c}. Give what transform made.`);
  }
}
