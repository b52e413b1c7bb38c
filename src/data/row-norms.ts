import type { CsrMatrix } from './sparse';

/** Which norm of a sample is made 1. */
export type Norm = 'l1' | 'l2' | 'max';

/** The norm of values `from` … `to`. */
export function normOf(values: Float64Array, from: number, to: number, norm: Norm): number {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const v = Math.abs(values[i]!);
    if (norm === 'l2') sum += v * v;
    else if (norm === 'l1') sum += v;
    else if (v > sum) sum = v;
  }
  return norm === 'l2' ? Math.sqrt(sum) : sum;
}

/** Each row of a sparse matrix divided by its norm. */
export function normaliseSparse(X: CsrMatrix, norm: Norm): CsrMatrix {
  const out = new Float64Array(X.nnz);
  for (let r = 0; r < X.shape[0]; r++) {
    const [from, to] = [X.indptr[r]!, X.indptr[r + 1]!];
    const length = normOf(X.data, from, to, norm) || 1;
    for (let e = from; e < to; e++) out[e] = X.data[e]! / length;
  }
  return X.withData(out);
}
