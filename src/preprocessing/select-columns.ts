import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import { describe } from '../data/rows';
import type { Column } from '../data/table';
import type { Input } from '../estimator/transformer';

/**
 * Which columns of a table: a position or name, a list of those, `{ start, end }` (end not included; negative ones count from
 * the end, a name is a column's), a mask of booleans, or a function of X that gives one of these. A single position or name,
 * not in a list, hands the transformer the column as a list of values: what text vectorizers take.
 */
export type ColumnSelector = Selection | ((X: Input) => Selection);

type Selection = number | string | readonly number[] | readonly string[] | readonly boolean[] | ColumnRange;

export interface ColumnRange {
  readonly start?: number | string | undefined;
  /** A position is not included; a name is. */
  readonly end?: number | string | undefined;
}

/** The columns that a selector means. */
export interface Selected {
  readonly index: readonly number[];
  /** Whether one column was named that is to be handed on as a list. */
  readonly single: boolean;
}

/** @throws ConfigError for columns that are not there. */
export function resolveColumns(
  selector: ColumnSelector,
  X: Input,
  width: number,
  names: readonly string[] | null,
  what: string,
): Selected {
  const selection = typeof selector === 'function' ? selector(X) : selector;
  const find = (column: unknown): number => position(column, width, names, what);
  if (typeof selection === 'number' || typeof selection === 'string') return { index: [find(selection)], single: true };
  if (Array.isArray(selection)) {
    if (typeof selection[0] !== 'boolean') return { index: selection.map(find), single: false };
    if (selection.length !== width)
      throw new ConfigError(
        `${what}: a mask of ${selection.length} booleans for ${width} columns. Give one per column.`,
      );
    return { index: selection.flatMap((take, c) => (take === true ? [c] : [])), single: false };
  }
  if (typeof selection === 'object' && selection !== null && ('start' in selection || 'end' in selection))
    return { index: range(selection as ColumnRange, width, find), single: false };
  throw new ConfigError(
    `${what}: columns must be a position or name, a list of those, { start, end }, a mask or a function; got ${describe(selection)}.`,
  );
}

function range({ start, end }: ColumnRange, width: number, find: (column: unknown) => number): number[] {
  const at = (edge: number | string | undefined, otherwise: number, included: number): number => {
    if (edge === undefined) return otherwise;
    if (typeof edge === 'string') return find(edge) + included;
    return edge < 0 ? Math.max(0, width + edge) : Math.min(width, edge);
  };
  const from = at(start, 0, 0);
  return Array.from({ length: Math.max(0, at(end, width, 1) - from) }, (_, i) => from + i);
}

function position(column: unknown, width: number, names: readonly string[] | null, what: string): number {
  if (typeof column === 'string') {
    if (names === null)
      throw new ConfigError(
        `${what}: column '${column}' is asked for by name, and X has no names. Give records or a ColumnTable.`,
      );
    const at = names.indexOf(column);
    if (at < 0) throw new ConfigError(`${what}: no column is named '${column}'. There are ${names.join(', ')}.`);
    return at;
  }
  const at = typeof column === 'number' && column < 0 ? width + column : column;
  if (typeof at !== 'number' || !Number.isInteger(at) || at < 0 || at >= width)
    throw new ConfigError(`${what}: there is no column ${shown(column)} among ${width}.`);
  return at;
}

export interface ColumnSelectorOptions {
  /** Columns whose name matches. */
  readonly pattern?: RegExp | undefined;
  /** Columns of these types. */
  readonly dtypeInclude?: readonly ('number' | 'text' | 'boolean')[] | 'number' | 'text' | 'boolean' | undefined;
  /** Columns of other types than these. */
  readonly dtypeExclude?: readonly ('number' | 'text' | 'boolean')[] | 'number' | 'text' | 'boolean' | undefined;
}

/** The type of a column. */
export function typeOf(column: Column): 'number' | 'text' | 'boolean' {
  if (column instanceof Float64Array) return 'number';
  return column.some((v) => typeof v === 'boolean') ? 'boolean' : 'text';
}
