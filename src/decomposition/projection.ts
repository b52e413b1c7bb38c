import { type Dense, type Matrix, matrixLike, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { linearMap, transposeOf } from './linear-map';

/** X·Vᵀ for rows V `[k, features]`: `[samples, k]`. */
export function project(X: Samples, vectors: Float64Array, k: number): Float64Array {
  const cols = vectors.length / k;
  if (!isSparse(X) && X.rows * vectors.length < 1e5) return projectFew(X, vectors, k);
  return linearMap(X).times(transposeOf(vectors, k, cols), k);
}

function projectFew({ data, rows, cols }: Dense, vectors: Float64Array, k: number): Float64Array {
  const out = new Float64Array(rows * k);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < k; j++) {
      let sum = 0;
      for (let c = 0; c < cols; c++) sum += data[i * cols + c]! * vectors[j * cols + c]!;
      out[i * k + j] = sum;
    }
  }
  return out;
}

/** Samples in the form of `X`; what a sparse matrix becomes is dense, as `{ data, shape }`. */
export function inFormOf<M extends Matrix>(X: M, dense: Dense): M {
  if (isSparse(X)) return { data: dense.data, shape: [dense.rows, dense.cols] } as unknown as M;
  return matrixLike(X, dense);
}
