import { ConfigError, DTypeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { compareLabels, type Labels } from '../data/labels';
import { type Matrix, readSamples } from '../data/matrix';
import { readTable, readTableAsync, tableLike } from '../data/read-table';
import { type CsrMatrix, isSparse } from '../data/sparse';
import type { Column } from '../data/table';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import {
  FittedTransformerBase,
  type FittedTransformerParts,
  type Input,
  TransformerBase,
} from '../estimator/transformer';
import { checkOption } from '../metrics/warning';
import { mapEntries } from './affine';
import type { Category } from './categories';
import { hasMissing, isMissing, missingMask } from './missing-indicator';
import { columnReader, quantileOf } from './quantiles';

const STRATEGIES = ['mean', 'median', 'mostFrequent', 'constant'] as const;

export interface SimpleImputerOptions {
  /** What to put in: `'mean'` (default) or `'median'` of a column of numbers, the `'mostFrequent'` value, or a `'constant'`. */
  readonly strategy?: (typeof STRATEGIES)[number] | undefined;
  /** The constant; 0 for numbers and `'missing_value'` for text by default. */
  readonly fillValue?: number | string | boolean | undefined;
  /** What stands for missing, beside NaN and null: such as -1 or `'?'`. */
  readonly missingValues?: number | string | undefined;
  /** Append a feature for each column with missing values in fit that says where they were; false by default. */
  readonly addIndicator?: boolean | undefined;
  /** Keep columns that had nothing but missing values in fit, filled with 0 or the constant; false by default: they are left out. */
  readonly keepEmptyFeatures?: boolean | undefined;
}

const OPTIONS = ['strategy', 'fillValue', 'missingValues', 'addIndicator', 'keepEmptyFeatures'];

/**
 * Fills missing values (NaN or null) with a statistic of their column.
 *
 * @example
 * ```ts
 * import { SimpleImputer } from 'kompakt/preprocessing';
 * const { X } = await new SimpleImputer({ strategy: 'mostFrequent' }).fitTransform([['a', 1], [null, 1], ['a', null], ['b', 3]]);
 * console.log(X); // → [ [ 'a', 1 ], [ 'a', 1 ], [ 'a', 1 ], [ 'b', 3 ] ]
 * ```
 */
export class SimpleImputer extends TransformerBase<FittedSimpleImputer> {
  readonly name = 'SimpleImputer' as const;
  readonly options: SimpleImputerOptions;

  /**
   * @param options - `strategy = 'mean'`, `fillValue`, `missingValues`, `addIndicator = false`, `keepEmptyFeatures = false`;
   * checked by `fit`.
   */
  constructor(options: SimpleImputerOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns what to fill each column with.
   *
   * @param X - a table `[samples, columns]`: rows or records of numbers, text or booleans, any matrix, or a sparse one.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for options that don't fit; DTypeError for the mean or median of text; ShapeError for ragged rows.
   */
  async fit(X: Input, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedSimpleImputer> {
    const what = 'SimpleImputer.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, OPTIONS, what);
    const { fillValue, missingValues, addIndicator = false, keepEmptyFeatures = false } = this.options;
    const strategy = checkOption(this.options.strategy ?? 'mean', STRATEGIES, 'strategy', what);
    if (fillValue !== undefined && strategy !== 'constant')
      throw new ConfigError(`${what}: fillValue is for strategy: 'constant', not '${strategy}'.`);
    const { columns, names } = isSparse(X)
      ? readSparseColumns(X, missingValues, what)
      : replacePlaceholders(await readTableAsync(X, `${what}: X`), missingValues);
    checkFinite(columns, what);
    const fill = columns.map((column, c) => statisticOf(column, strategy, fillValue, keepEmptyFeatures, c, what));
    const indicated =
      addIndicator && !isSparse(X) ? columns.flatMap((column, c) => (hasMissing(column) ? [c] : [])) : [];
    if (addIndicator && isSparse(X))
      throw new ConfigError(`${what}: addIndicator is not supported for sparse samples. Give X.toDense().`);
    return new FittedSimpleImputer({
      nFeatures: columns.length,
      featureNamesIn: names,
      fill,
      indicated: Int32Array.from(indicated),
      placeholder: missingValues ?? null,
    });
  }
}

function readSparseColumns(X: Matrix, placeholder: unknown, what: string) {
  if (placeholder !== undefined)
    throw new ConfigError(`${what}: in a sparse matrix NaN alone can be missing. Leave out missingValues.`);
  const csr = readSamples(X, `${what}: X`, { allowNaN: true });
  const read = columnReader(csr);
  const cols = (csr as CsrMatrix).shape[1];
  return { columns: Array.from({ length: cols }, (_, c) => read(c)), names: null };
}

/** Makes missing what the placeholder stands for. */
function replacePlaceholders<T extends { readonly columns: readonly Column[] }>(table: T, placeholder: unknown): T {
  if (placeholder === undefined || placeholder === null) return table;
  const columns = table.columns.map((column): Column => {
    if (column instanceof Float64Array) return column.map((v) => (v === placeholder ? Number.NaN : v));
    return column.map((v) => (v === placeholder ? null : v)) as Column;
  });
  return { ...table, columns };
}

function checkFinite(columns: readonly Column[], what: string): void {
  columns.forEach((column, c) => {
    if (!(column instanceof Float64Array)) return;
    const at = column.findIndex((v) => v === Number.POSITIVE_INFINITY || v === Number.NEGATIVE_INFINITY);
    if (at >= 0)
      throw new ConfigError(`${what}: X: found ${column[at]} at row ${at}, column ${c}. Clip or drop it first.`);
  });
}

/** What fills a column; null for one that has nothing but missing values and is left out. */
function statisticOf(
  column: Column,
  strategy: (typeof STRATEGIES)[number],
  fillValue: number | string | boolean | undefined,
  keepEmpty: boolean,
  c: number,
  what: string,
): Category {
  const isNumber = column instanceof Float64Array;
  const present = (column as readonly Category[]).filter((v) => !isMissing(v));
  const constant = fillValue ?? (isNumber ? 0 : typeof present[0] === 'boolean' ? false : 'missing_value');
  if (present.length === 0) return keepEmpty ? (strategy === 'constant' ? constant : 0) : null;
  if (strategy === 'constant') {
    if ((typeof constant === 'number') === isNumber) return constant;
    throw new DTypeError(
      `${what}: fillValue ${JSON.stringify(constant)} does not go into column ${c}, which is of ${isNumber ? 'numbers' : 'text'}.`,
    );
  }
  if (strategy === 'mostFrequent') return mostFrequent(present);
  if (!isNumber) {
    throw new DTypeError(
      `${what}: column ${c} is not of numbers and has no ${strategy}. Use strategy: 'mostFrequent' or 'constant' for it.`,
    );
  }
  const numbers = present as unknown as Float64Array;
  return strategy === 'median' ? quantileOf(numbers.sort(), 0.5) : meanOf(numbers);
}

const meanOf = (values: Float64Array): number => {
  const rough = values.reduce((a, b) => a + b, 0) / values.length;
  // A second pass takes out what the first lost to rounding.
  return rough + values.reduce((a, b) => a + (b - rough), 0) / values.length;
};

/** The value that occurs most often, the least of those that tie. */
function mostFrequent(values: Iterable<Category>): Category {
  const counts = new Map<Category, number>();
  for (const v of values) counts.set(v, (counts.get(v) ?? 0) + 1);
  let best: Category = null;
  let most = 0;
  for (const [v, n] of counts) {
    if (n > most || (n === most && compareLabels(v!, best!) < 0)) {
      best = v;
      most = n;
    }
  }
  return best;
}

export interface SimpleImputerParts extends FittedTransformerParts {
  readonly fill: readonly Category[];
  readonly indicated: Int32Array;
  readonly placeholder: number | string | null;
}

/** What `SimpleImputer.fit` returns. */
export class FittedSimpleImputer extends FittedTransformerBase<SimpleImputerParts> {
  static readonly type = 'SimpleImputer';
  /** What each column is filled with; null for one that is left out. */
  readonly statistics = this.parts.fill;

  constructor(parts: SimpleImputerParts) {
    super('SimpleImputer', parts, { nan: true, sparse: true });
  }

  static fromState(state: ModelState): FittedSimpleImputer {
    return new FittedSimpleImputer(state as unknown as SimpleImputerParts);
  }

  /**
   * The samples with missing values filled in.
   *
   * @returns columns that were not empty in fit, then those that say what was missing, in the form of X.
   * @throws ConfigError for infinity.
   */
  transform(X: Input): Matrix {
    const what = 'SimpleImputer.transform';
    if (isSparse(X)) return this.#sparse(X);
    const read = readTable(X, `${what}: X`, { cols: this.nFeatures, names: this.featureNamesIn });
    const { columns, rows } = replacePlaceholders(read, this.parts.placeholder);
    checkFinite(columns, what);
    const { indicated, fill } = this.parts;
    const filled = this.#kept.map((c) => fillColumn(columns[c]!, fill[c]!));
    const mask = missingMask(columns, indicated, rows);
    indicated.forEach((_, i) => {
      filled.push(Float64Array.from({ length: rows }, (_v, r) => mask[r * indicated.length + i]!));
    });
    return tableLike(X, { columns: filled, rows, names: this.featureNamesOut() }) as Matrix;
  }

  #sparse(X: Matrix): Matrix {
    const fill = this.parts.fill as readonly number[];
    const csr = this.readSparse(X, 'transform') as CsrMatrix;
    if (this.#kept.length < this.nFeatures) {
      throw new ConfigError(
        'SimpleImputer.transform: a column had no value in fit. Set keepEmptyFeatures, or leave it out of the sparse matrix.',
      );
    }
    return mapEntries(csr, (v, c) => (v === v ? v : fill[c]!));
  }

  get #kept(): number[] {
    return this.parts.fill.flatMap((v, c) => (v === null ? [] : [c]));
  }

  override featureNamesOut(names?: readonly string[]): string[] {
    const given = this.namesIn(names, 'featureNamesOut');
    return [
      ...this.#kept.map((c) => given[c]!),
      ...Array.from(this.parts.indicated, (c) => `missingindicator_${given[c]}`),
    ];
  }
}

function fillColumn(column: Column, value: Category): Column {
  if (!hasMissing(column)) return column;
  if (column instanceof Float64Array && typeof value === 'number') return column.map((v) => (v === v ? v : value));
  return Array.from(column as readonly Category[], (v) => (isMissing(v) ? value : v)) as Column;
}
