import { ConfigError, DTypeError, ShapeError } from '../core/errors';
import { shown } from '../core/shown';
import type { FlatData } from '../ops/create';
import { describe, isTyped } from './kinds';

/** One value of a table; null, undefined and NaN are missing ones. */
export type Cell = number | string | boolean | null | undefined;

/** A column of one type: numbers with NaN where one is missing, or text or booleans with null. */
export type Column = Float64Array | readonly (string | null)[] | readonly (boolean | null)[];

/** Rows of columns that may be of different types: an array of rows, an array of records, or a {@link ColumnTable}. */
export type Table = readonly (readonly Cell[])[] | readonly Readonly<Record<string, Cell>>[] | ColumnTable;

/** Columns by name: a record, or pairs in order. */
export type NamedColumns =
  | Readonly<Record<string, ArrayLike<Cell>>>
  | readonly (readonly [name: string, values: ArrayLike<Cell>])[];

/** Whether `x` is a table of typed columns. Asked by form, so that what only reads numbers does not carry the class. */
export function isColumnTable(x: unknown): x is ColumnTable {
  return typeof x === 'object' && x !== null && 'names' in x && 'column' in x && 'takeRows' in x;
}

/**
 * A table of named, typed columns: what a CSV or Arrow file is read into. Columns of numbers are Float64Arrays, in which NaN
 * is a missing value; columns of text or booleans are arrays, in which null is.
 *
 * Given where samples are, all its columns must be numbers; encoders, imputers and `ColumnTransformer` take any.
 *
 * @example
 * ```ts
 * import { ColumnTable } from 'kompakt/data';
 * const people = new ColumnTable({ age: [31, null, 25], town: ['Riga', 'Pau', null] });
 * console.log(people.names, people.column('age')[1], people.takeRows([2]).records());
 * // → [ 'age', 'town' ] NaN [ { age: 25, town: null } ]
 * ```
 */
export class ColumnTable {
  /** Names of the columns, in order. */
  readonly names: readonly string[];
  /** `[rows, columns]`. */
  readonly shape: readonly [rows: number, columns: number];
  readonly #columns: ReadonlyMap<string, Column>;

  /**
   * @param columns - values by name: a record, or `[name, values]` pairs (a record moves names such as `'1'` to the front).
   * A Float64Array is kept without copying, a Map of columns as it is.
   * @throws ShapeError for columns of different lengths; ConfigError for a name given twice; DTypeError for a column of mixed
   * types.
   */
  constructor(columns: NamedColumns | Map<string, Column>) {
    const map = columns instanceof Map ? columns : typedColumns(columns);
    this.#columns = map;
    this.names = [...map.keys()];
    this.shape = [map.values().next().value?.length ?? 0, map.size];
  }

  /** A table from records; a name that one of them lacks is missing there. */
  static fromRecords(records: readonly Readonly<Record<string, Cell>>[]): ColumnTable {
    const names = new Set(records.flatMap((record) => Object.keys(record)));
    return new ColumnTable([...names].map((name) => [name, records.map((record) => record[name])] as const));
  }

  /** A table from rows of cells. */
  static fromRows(rows: readonly (readonly Cell[])[], names: readonly string[]): ColumnTable {
    checkWidths(rows, names.length, 'ColumnTable.fromRows');
    return new ColumnTable(names.map((name, c) => [name, rows.map((row) => row[c])] as const));
  }

  /** Number of rows. */
  get rows(): number {
    return this.shape[0];
  }

  /**
   * The values of a column; not to be written to.
   *
   * @throws ConfigError for a name that no column has.
   */
  column(name: string): Column {
    const column = this.#columns.get(name);
    if (column === undefined)
      throw new ConfigError(`ColumnTable: no column is named '${name}'. There are ${this.names.join(', ') || 'none'}.`);
    return column;
  }

  /** The rows at `index`, in that order. */
  takeRows(index: ArrayLike<number>): ColumnTable {
    return new ColumnTable(new Map(Array.from(this.#columns, ([name, column]) => [name, pick(column, index)])));
  }

  /** The columns with these names, in that order. */
  select(names: readonly string[]): ColumnTable {
    return new ColumnTable(new Map(names.map((name) => [name, this.column(name)])));
  }

  /** All columns but those with these names. */
  drop(names: readonly string[]): ColumnTable {
    for (const name of names) this.column(name);
    return this.select(this.names.filter((name) => !names.includes(name)));
  }

  /** The rows as records. */
  records(): Record<string, number | string | boolean | null>[] {
    return Array.from({ length: this.rows }, (_, r) =>
      Object.fromEntries([...this.#columns].map(([name, column]) => [name, column[r]!])),
    );
  }

  /**
   * Columns of numbers as a matrix; booleans count as 1 and 0, missing ones as NaN.
   *
   * @param names - which; all by default.
   * @returns float64 `[rows, columns]`.
   * @throws DTypeError for a column of text.
   */
  toMatrix(
    names: readonly string[] = this.names,
  ): FlatData & { readonly data: Float64Array; readonly shape: readonly [number, number] } {
    const data = new Float64Array(this.rows * names.length);
    names.forEach((name, c) => {
      const column = this.column(name);
      if (column.some((v) => typeof v === 'string')) {
        throw new DTypeError(
          `ColumnTable.toMatrix: column '${name}' is text. Encode it as numbers first, with OneHotEncoder or OrdinalEncoder, ` +
            'or leave it out with drop.',
        );
      }
      for (let r = 0; r < column.length; r++) {
        const v = column[r]!;
        data[r * names.length + c] = v === null ? Number.NaN : Number(v);
      }
    });
    return { data, shape: [this.rows, names.length] };
  }
}

function typedColumns(columns: NamedColumns): Map<string, Column> {
  const isRecord = typeof columns === 'object' && columns !== null;
  if (!isRecord || (Array.isArray(columns) && !columns.every((pair) => Array.isArray(pair) && pair.length === 2)))
    throw new ConfigError(`ColumnTable: expected columns by name, or [name, values] pairs; got ${shown(columns)}.`);
  const pairs = Array.isArray(columns)
    ? (columns as readonly (readonly [string, ArrayLike<Cell>])[])
    : Object.entries(columns as Readonly<Record<string, ArrayLike<Cell>>>);
  const map = new Map<string, Column>();
  let rows = 0;
  for (const [name, values] of pairs) {
    const column = toColumn(values, `ColumnTable: column '${name}'`);
    if (map.has(name)) throw new ConfigError(`ColumnTable: two columns are named '${name}'. Rename one.`);
    if (map.size > 0 && column.length !== rows)
      throw new ShapeError(`ColumnTable: column '${name}' has ${column.length} values, those before it ${rows}.`);
    rows = column.length;
    map.set(name, column);
  }
  return map;
}

function pick(column: Column, index: ArrayLike<number>): Column {
  if (column instanceof Float64Array) return Float64Array.from(index, (i) => column[i]!);
  return Array.from(index, (i) => column[i]!) as Column;
}

/**
 * Values of one type as a column. Missing ones take the form that their type has for them.
 *
 * @throws DTypeError for types mixed, or values that are none of a table.
 */
export function toColumn(values: ArrayLike<unknown>, what: string): Column {
  if (values instanceof Float64Array) return values;
  if (isTyped(values)) return Float64Array.from(values as ArrayLike<number>);
  if (typeof values !== 'object' || values === null || typeof values.length !== 'number')
    throw new DTypeError(`${what}: expected an array of values, got ${describe(values)}.`);
  const kind = kindOf(values, what);
  if (kind === 'number') {
    const out = new Float64Array(values.length);
    for (let i = 0; i < out.length; i++) out[i] = isMissing(values[i]) ? Number.NaN : (values[i] as number);
    return out;
  }
  return Array.from(values, (v) => (isMissing(v) ? null : v)) as unknown as Column;
}

const isMissing = (v: unknown): boolean => v === null || v === undefined || v !== v;

/** The type of all values that are not missing; numbers if all are. */
function kindOf(values: ArrayLike<unknown>, what: string): string {
  let kind = '';
  for (let i = 0; i < values.length; i++) {
    const v = values[i];
    if (isMissing(v)) continue;
    const type = typeof v;
    if (type !== 'number' && type !== 'string' && type !== 'boolean')
      throw new DTypeError(`${what}: value ${i} is ${describe(v)}; a table holds numbers, text and booleans.`);
    if (kind === '') kind = type;
    if (type !== kind) {
      throw new DTypeError(
        `${what}: value ${i} is ${describe(v)} and those before it are of type ${kind}. Use one type in each column.`,
      );
    }
  }
  return kind === '' ? 'number' : kind;
}

/** Throws a `ShapeError` unless all rows have `width` cells. */
export function checkWidths(rows: readonly ArrayLike<unknown>[], width: number, what: string): void {
  const at = rows.findIndex((row) => !(Array.isArray(row) || isTyped(row)) || row.length !== width);
  if (at < 0) return;
  const row = rows[at];
  const found = Array.isArray(row) || isTyped(row) ? `has ${row.length} values` : `is ${describe(row)}`;
  throw new ShapeError(`${what}: row ${at} ${found}; every row needs ${width}.`);
}
