import { ConfigError, DTypeError } from '../core/errors';
import { type Cell, ColumnTable } from './table';

/** What is used of an Apache Arrow vector. */
export interface ArrowVector {
  readonly length: number;
  get(index: number): unknown;
}

/** What is used of an Apache Arrow table, as the package `apache-arrow` makes them. */
export interface ArrowTable {
  readonly numRows: number;
  readonly schema: { readonly fields: readonly { readonly name: string }[] };
  getChild(name: string): ArrowVector | null;
}

/**
 * An Apache Arrow table as typed columns. The package `apache-arrow` (yours, not a dependency of kompakt) reads files
 * into such tables.
 *
 * Numbers and 64-bit integers become numbers, dates milliseconds, text and dictionaries text, nulls missing.
 *
 * @param table - as `tableFromIPC(bytes)` or `tableFromArrays(…)` make it.
 * @throws DTypeError for columns of lists or structs, or integers that a number can't hold; ConfigError for what is no table.
 *
 * @example
 * ```ts
 * import { tableFromArrays } from 'apache-arrow';
 * import { fromArrow } from 'kompakt/data';
 * const table = fromArrow(tableFromArrays({ x: Float32Array.of(0.5, 2), y: ['a', 'b'] }));
 * console.log(table.column('x'), table.column('y')); // → Float64Array(2) [ 0.5, 2 ] [ 'a', 'b' ]
 * ```
 */
export function fromArrow(table: ArrowTable): ColumnTable {
  if (typeof table?.getChild !== 'function' || !Array.isArray(table.schema?.fields))
    throw new ConfigError(
      'fromArrow: expected a table of the package apache-arrow, such as tableFromIPC(bytes) gives.',
    );
  return new ColumnTable(
    table.schema.fields.map(({ name }) => {
      const vector = table.getChild(name);
      if (vector === null)
        throw new ConfigError(`fromArrow: the table has no column '${name}', which its schema names.`);
      return [name, Array.from({ length: table.numRows }, (_, i) => toCell(vector.get(i), name, i))] as const;
    }),
  );
}

function toCell(value: unknown, name: string, row: number): Cell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean') return value;
  if (value instanceof Date) return value.getTime();
  if (typeof value === 'bigint') {
    const number = Number(value);
    if (Number.isSafeInteger(number)) return number;
    throw new DTypeError(
      `fromArrow: column '${name}', row ${row}: ${value} is too large for a number. Cast the column.`,
    );
  }
  throw new DTypeError(
    `fromArrow: column '${name}', row ${row} holds an object; columns are numbers, text, booleans or dates. Select others.`,
  );
}
