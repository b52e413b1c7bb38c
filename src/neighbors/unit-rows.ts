import type { Dense, Samples } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';

/**
 * Rows scaled to length 1. Two columns are added: rows of zeros, which have no direction, get 1 in the first if they are
 * points and in the second if they are queries, and so are at right angles to everything.
 */
export function unitRows(X: Samples, role: 'points' | 'queries'): Samples {
  const extra = role === 'points' ? 0 : 1;
  return isSparse(X) ? sparseUnitRows(X, extra) : denseUnitRows(X, extra);
}

function denseUnitRows({ data, rows, cols }: Dense, extra: number): Dense {
  const width = cols + 2;
  const out = new Float64Array(rows * width);
  for (let i = 0; i < rows; i++) {
    const length = lengthOf(data, i * cols, (i + 1) * cols);
    if (length === 0) out[i * width + cols + extra] = 1;
    else for (let c = 0; c < cols; c++) out[i * width + c] = data[i * cols + c]! / length;
  }
  return { data: out, rows, cols: width };
}

function sparseUnitRows({ data, indices, indptr, shape: [rows, cols] }: CsrMatrix, extra: number): CsrMatrix {
  const values: number[] = [];
  const columns: number[] = [];
  const starts = new Int32Array(rows + 1);
  for (let i = 0; i < rows; i++) {
    const [from, to] = [indptr[i]!, indptr[i + 1]!];
    const length = lengthOf(data, from, to);
    if (length === 0) {
      values.push(1);
      columns.push(cols + extra);
    } else {
      for (let e = from; e < to; e++) {
        values.push(data[e]! / length);
        columns.push(indices[e]!);
      }
    }
    starts[i + 1] = values.length;
  }
  return new CsrMatrix({ data: values, indices: columns, indptr: starts, shape: [rows, cols + 2] });
}

/** The Euclidean length of some values. */
function lengthOf(data: Float64Array, from: number, to: number): number {
  let sum = 0;
  for (let i = from; i < to; i++) sum += data[i]! * data[i]!;
  return Math.sqrt(sum);
}
