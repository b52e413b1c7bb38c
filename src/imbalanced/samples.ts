import { countFeatures, type Dense, type Matrix, matrixLike, type Samples } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';

/** The samples at `index`, in that order. */
export function takeSamples(X: Samples, index: ArrayLike<number>): Samples {
  if (isSparse(X)) return X.takeRows(index);
  const { cols } = X;
  const data = new Float64Array(index.length * cols);
  for (let i = 0; i < index.length; i++) {
    const from = index[i]! * cols;
    data.set(X.data.subarray(from, from + cols), i * cols);
  }
  return { data, rows: index.length, cols };
}

/** Points on lines between samples: x + step·(x' − x), with x the samples at `from`, x' those at `to`. */
export function between(X: Samples, from: ArrayLike<number>, to: ArrayLike<number>, steps: ArrayLike<number>): Samples {
  return isSparse(X) ? betweenSparse(X, from, to, steps) : betweenDense(X, from, to, steps);
}

function betweenDense(
  { data, cols }: Dense,
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  steps: ArrayLike<number>,
): Dense {
  const out = new Float64Array(from.length * cols);
  for (let s = 0, at = 0; s < from.length; s++) {
    const a = from[s]! * cols;
    const b = to[s]! * cols;
    const u = steps[s]!;
    for (let c = 0; c < cols; c++) {
      const x = data[a + c]!;
      out[at++] = x + u * (data[b + c]! - x);
    }
  }
  return { data: out, rows: from.length, cols };
}

function betweenSparse(
  { data, indices, indptr, shape }: CsrMatrix,
  from: ArrayLike<number>,
  to: ArrayLike<number>,
  steps: ArrayLike<number>,
): CsrMatrix {
  const values: number[] = [];
  const columns: number[] = [];
  const starts = new Int32Array(from.length + 1);
  for (let s = 0; s < from.length; s++) {
    let [a, b] = [indptr[from[s]!]!, indptr[to[s]!]!];
    const [endA, endB] = [indptr[from[s]! + 1]!, indptr[to[s]! + 1]!];
    while (a < endA || b < endB) {
      const column = Math.min(a < endA ? indices[a]! : shape[1], b < endB ? indices[b]! : shape[1]);
      const x = a < endA && indices[a] === column ? data[a++]! : 0;
      const y = b < endB && indices[b] === column ? data[b++]! : 0;
      const value = x + steps[s]! * (y - x);
      if (value === 0) continue;
      values.push(value);
      columns.push(column);
    }
    starts[s + 1] = values.length;
  }
  return new CsrMatrix({ data: values, indices: columns, indptr: starts, shape: [from.length, shape[1]] });
}

/** Samples below one another. All are sparse, or none. */
export function stack(parts: readonly Samples[]): Samples {
  const first = parts[0]!;
  return isSparse(first) ? stackSparse(parts as readonly CsrMatrix[]) : stackDense(parts as readonly Dense[]);
}

function stackDense(parts: readonly Dense[]): Dense {
  const { cols } = parts[0]!;
  const rows = parts.reduce((n, p) => n + p.rows, 0);
  const data = new Float64Array(rows * cols);
  let at = 0;
  for (const part of parts) {
    data.set(part.data, at);
    at += part.data.length;
  }
  return { data, rows, cols };
}

function stackSparse(parts: readonly CsrMatrix[]): CsrMatrix {
  const rows = parts.reduce((n, p) => n + p.shape[0], 0);
  const entries = parts.reduce((n, p) => n + p.nnz, 0);
  const data = new Float64Array(entries);
  const indices = new Int32Array(entries);
  const indptr = new Int32Array(rows + 1);
  let [row, at] = [0, 0];
  for (const part of parts) {
    data.set(part.data, at);
    indices.set(part.indices, at);
    for (let r = 1; r <= part.shape[0]; r++) indptr[++row] = at + part.indptr[r]!;
    at += part.nnz;
  }
  return new CsrMatrix({ data, indices, indptr, shape: [rows, countFeatures(parts[0]!)] });
}

/** Samples in the form of `like`: sparse by rows or by columns, an array of rows, a tensor, … */
export function samplesLike<M extends Matrix>(like: M, samples: Samples): M {
  if (!isSparse(samples)) return matrixLike(like, samples);
  return (like instanceof CsrMatrix ? samples : samples.toCsc()) as unknown as M;
}

/** All elements of a sparse matrix; a dense one as it is. */
export function toDense(X: Samples): Dense {
  if (!isSparse(X)) return X;
  return { data: X.toDense().data, rows: X.shape[0], cols: X.shape[1] };
}

/** Samples as estimators take them. */
