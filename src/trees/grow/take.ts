import type { RankedColumns, Target } from './types';

/** Some rows, with what is to be learned of them; ranks and values stay those of all rows. */
export function takeRanked(
  columns: RankedColumns,
  target: Target,
  rows: Int32Array,
): { readonly columns: RankedColumns; readonly target: Target } {
  const n = rows.length;
  const { features, ranks: all } = columns;
  const ranks = all instanceof Uint16Array ? new Uint16Array(features * n) : new Uint32Array(features * n);
  for (let f = 0, at = 0; f < features; f++) {
    const first = f * columns.rows;
    for (let i = 0; i < n; i++) ranks[at++] = all[first + rows[i]!]!;
  }
  const codes = new Int32Array(target.codes.length > 0 ? n : 0);
  for (let i = 0; i < codes.length; i++) codes[i] = target.codes[rows[i]!]!;
  const values = new Float64Array(target.values.length > 0 ? n : 0);
  for (let i = 0; i < values.length; i++) values[i] = target.values[rows[i]!]!;
  return { columns: { ...columns, rows: n, ranks }, target: { ...target, codes, values } };
}
