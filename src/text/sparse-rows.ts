import { CsrMatrix } from '../data/sparse';

/** A row of a sparse matrix as it is put together: values by column, those of one column added. */
export type SparseRow = Map<number, number>;

/** Adds to an entry of a row. */
export function addTo(row: SparseRow, column: number, value: number): void {
  row.set(column, (row.get(column) ?? 0) + value);
}

/** The matrix of such rows. */
export function matrixOf(rows: readonly SparseRow[], columns: number): CsrMatrix {
  const indptr = new Int32Array(rows.length + 1);
  rows.forEach((row, r) => {
    indptr[r + 1] = indptr[r]! + row.size;
  });
  const indices = new Int32Array(indptr[rows.length]!);
  const data = new Float64Array(indices.length);
  rows.forEach((row, r) => {
    const at = Int32Array.from(row.keys()).sort();
    at.forEach((column, i) => {
      indices[indptr[r]! + i] = column;
      data[indptr[r]! + i] = row.get(column)!;
    });
  });
  return new CsrMatrix({ data, indices, indptr, shape: [rows.length, columns] });
}
