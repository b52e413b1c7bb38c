import { ConfigError, DTypeError, ShapeError } from '../core/errors';
import { type Dense, type Matrix, readMatrix, readMatrixAsync } from './matrix';
import { describe, isTensor, isTyped, rebuild } from './rows';
import { isSparse } from './sparse';
import { type Cell, type Column, ColumnTable, checkWidths, isColumnTable, type Table, toColumn } from './table';

/** The columns of a table of any form. */
export interface TableColumns {
  readonly rows: number;
  readonly columns: readonly Column[];
  /** null where columns have no names. */
  readonly names: readonly string[] | null;
}

export interface TableChecks {
  /** The number of columns it must have, as in fit. */
  readonly cols?: number | undefined;
  /** The names of the columns in fit: a table with names must have them all, and they are read in this order. */
  readonly names?: readonly string[] | null | undefined;
}

/**
 * Reads a table column by column: an array of rows or of records, a {@link ColumnTable}, or any matrix of numbers.
 *
 * @param what - who asks, and for which argument: begins every error message.
 * @throws ShapeError for ragged rows, none, or others than in fit; DTypeError for columns of mixed types; ConfigError for
 * names that are not those in fit, and sparse matrices.
 */
export function readTable(X: Matrix | Table, what: string, checks: TableChecks = {}): TableColumns {
  if (isSparse(X))
    throw new ConfigError(`${what}: a sparse matrix is not supported here. Give X.toDense() if it fits in memory.`);
  if (isColumnTable(X)) return checkTable(columnsOf(X, checks), what, checks);
  if (Array.isArray(X)) {
    if (isRecord(X[0])) return checkTable(fromRecords(X, what, checks), what, checks);
    if (Array.isArray(X[0])) return checkTable(fromCells(X as readonly Cell[][], what), what, checks);
  }
  return fromDense(readMatrix(X as Matrix, what, { allowNonFinite: true, cols: checks.cols }));
}

/** The same for data on any backend, those that can only be read with waiting included. */
export async function readTableAsync(X: Matrix | Table, what: string, checks: TableChecks = {}): Promise<TableColumns> {
  if (!isTensor(X)) return readTable(X, what, checks);
  return fromDense(await readMatrixAsync(X, what, { allowNonFinite: true, cols: checks.cols }));
}

const isRecord = (x: unknown): boolean =>
  typeof x === 'object' && x !== null && !Array.isArray(x) && !isTyped(x) && !('shape' in x);

function columnsOf(X: ColumnTable, { names }: TableChecks): TableColumns {
  const order = names ?? X.names;
  return { rows: X.rows, columns: order.map((name) => X.column(name)), names: order };
}

function fromRecords(records: readonly unknown[], what: string, { names }: TableChecks): TableColumns {
  const at = records.findIndex((record) => !isRecord(record));
  if (at >= 0)
    throw new DTypeError(`${what}: row ${at} is ${describe(records[at])} and row 0 a record. Use one form for all.`);
  const rows = records as readonly Readonly<Record<string, Cell>>[];
  const order = names ?? [...new Set(rows.flatMap((record) => Object.keys(record)))];
  const lost = order.find((name) => !rows.some((record) => name in record));
  if (lost !== undefined) throw new ConfigError(`${what}: no record has '${lost}', which was there in fit.`);
  const columns = order.map((name) =>
    toColumn(
      rows.map((r) => r[name]),
      `${what}: column '${name}'`,
    ),
  );
  return { rows: rows.length, columns, names: order };
}

function fromCells(rows: readonly (readonly Cell[])[], what: string): TableColumns {
  const width = rows[0]!.length;
  checkWidths(rows, width, what);
  const columns = Array.from({ length: width }, (_, c) => {
    const cells = new Array<Cell>(rows.length);
    for (let r = 0; r < rows.length; r++) cells[r] = rows[r]![c];
    return toColumn(cells, `${what}: column ${c}`);
  });
  return { rows: rows.length, columns, names: null };
}

function fromDense({ data, rows, cols }: Dense): TableColumns {
  const columns = Array.from({ length: cols }, (_, c) => {
    const column = new Float64Array(rows);
    for (let r = 0; r < rows; r++) column[r] = data[r * cols + c]!;
    return column;
  });
  return { rows, columns, names: null };
}

function checkTable(table: TableColumns, what: string, { cols }: TableChecks): TableColumns {
  const width = table.columns.length;
  if (table.rows === 0 || width === 0) {
    throw new ShapeError(`${what}: found ${table.rows} samples with ${width} columns. At least one of each is needed.`);
  }
  if (cols !== undefined && width !== cols) {
    throw new ShapeError(
      `${what}: has ${width} columns, but there were ${cols} in fit. Give the same columns as in fit.`,
    );
  }
  return table;
}

/**
 * Columns in the form of the table that they come from: rows, records, a {@link ColumnTable}, a tensor.
 *
 * @throws DTypeError for text where the form holds numbers alone.
 */
export function tableLike(like: Matrix | Table, table: TableColumns): Matrix | Table {
  const { columns, rows } = table;
  const names = table.names ?? columns.map((_, c) => `x${c}`);
  if (isColumnTable(like)) return new ColumnTable(columns.map((column, c) => [names[c]!, column] as const));
  if (Array.isArray(like)) {
    if (isRecord(like[0])) return new ColumnTable(columns.map((column, c) => [names[c]!, column] as const)).records();
    if (!isTyped(like[0]))
      return Array.from({ length: rows }, (_, r) => columns.map((column) => column[r]!)) as unknown as Table;
  }
  const data = new Float64Array(rows * columns.length);
  columns.forEach((column, c) => {
    for (let r = 0; r < rows; r++) {
      const v = column[r]!;
      if (typeof v === 'string')
        throw new DTypeError(
          `the result has text in column ${c}, which a matrix of numbers can't hold. Give rows or records.`,
        );
      data[r * columns.length + c] = v === null ? Number.NaN : Number(v);
    }
  });
  return rebuild(like as never, data, [rows, columns.length]) as Matrix;
}
