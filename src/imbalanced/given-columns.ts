import type { KompaktError } from '../core/errors';
import type { Resampled } from '../data/estimator';
import { type Label, type Labels, labelsLike } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { readTableAsync, type TableColumns, tableLike } from '../data/read-table';
import { CsrMatrix, isSparse } from '../data/sparse';
import type { Column, Table } from '../data/table';
import { type GivenLabels, readGivenLabels, withWarnings } from './resample';

/** A table by columns and its labels, read and checked. */
export type GivenColumns = GivenLabels & TableColumns;

/** Reads a table, or numbers, column by column. */
export async function readGivenColumns(X: Matrix | Table, y: Labels, what: string): Promise<GivenColumns> {
  const dense = isSparse(X) ? X.toDense() : X;
  const table = await readTableAsync(dense, `${what}: X`);
  return { ...table, ...(await readGivenLabels(y, table.rows, what)) };
}

/** New samples of one class, by columns. */
export interface AddedColumns {
  readonly columns: readonly Column[];
  readonly label: Label;
  readonly count: number;
}

/** What came in, then new samples, in the form of what came in. */
export function appendColumns<M extends Matrix | Table, L extends Labels>(
  given: GivenColumns,
  like: { readonly X: M; readonly y: L },
  added: readonly AddedColumns[],
  warnings: readonly KompaktError[],
): Resampled<M, L> {
  const columns = given.columns.map((column, f) => concatenate([column, ...added.map((a) => a.columns[f]!)]));
  const rows = added.reduce((n, a) => n + a.count, given.rows);
  const labels = [...given.labels, ...added.flatMap((a) => Array<Label>(a.count).fill(a.label))];
  const table = { rows, columns, names: given.names };
  return withWarnings({ X: formLike(like.X, table) as M, y: labelsLike(like.y, labels) }, warnings);
}

function formLike(X: Matrix | Table, table: TableColumns): Matrix | Table {
  if (!isSparse(X)) return tableLike(X, table);
  const dense = tableLike({ data: new Float64Array(0), shape: [0, table.columns.length] }, table);
  const rows = CsrMatrix.fromDense(dense as Parameters<typeof CsrMatrix.fromDense>[0]);
  return X instanceof CsrMatrix ? rows : rows.toCsc();
}

function concatenate(parts: readonly Column[]): Column {
  if (!parts.every((p) => p instanceof Float64Array))
    return parts.flatMap((p) => Array.from<unknown>(p as never)) as never;
  const out = new Float64Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
