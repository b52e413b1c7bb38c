import { scope } from '../core/scope';
import type { Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { tensor } from '../ops/create';
import { matmul } from '../ops/linear';
import { csrMatmul, csrTransposeMatmul } from '../ops/sparse';

/** A matrix known by its products, which the engine computes. */
export interface LinearMap {
  readonly rows: number;
  readonly cols: number;
  /** A·X for X `[cols, k]`. */
  times(x: Float64Array, k: number): Float64Array;
  /** Aᵀ·X for X `[rows, k]`. */
  transposedTimes(x: Float64Array, k: number): Float64Array;
}

export function linearMap(X: Samples): LinearMap {
  if (isSparse(X)) {
    const [rows, cols] = X.shape;
    const a = {
      indptr: tensor(X.indptr, { dtype: 'int32' }),
      indices: tensor(X.indices, { dtype: 'int32' }),
      data: tensor(X.data),
      columns: cols,
    };
    return {
      rows,
      cols,
      times: (x, k) => scope(() => csrMatmul(a, tensor(x, { shape: [cols, k] })).dataSync() as Float64Array),
      transposedTimes: (x, k) =>
        scope(() => csrTransposeMatmul(a, tensor(x, { shape: [rows, k] })).dataSync() as Float64Array),
    };
  }
  const { rows, cols } = X;
  const a = tensor(X.data, { shape: [rows, cols] });
  return {
    rows,
    cols,
    times: (x, k) => scope(() => matmul(a, tensor(x, { shape: [cols, k] })).dataSync() as Float64Array),
    transposedTimes: (x, k) =>
      scope(() => matmul(a, tensor(x, { shape: [rows, k] }), { transposeA: true }).dataSync() as Float64Array),
  };
}

/** The same matrix with rows and columns exchanged. */
export function transposed(map: LinearMap): LinearMap {
  return { rows: map.cols, cols: map.rows, times: map.transposedTimes, transposedTimes: map.times };
}

/** `[rows, cols]` as `[cols, rows]`. */
export function transposeOf(x: Float64Array, rows: number, cols: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let i = 0; i < rows; i++) for (let c = 0; c < cols; c++) out[c * rows + i] = x[i * cols + c]!;
  return out;
}
