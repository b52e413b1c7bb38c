import type { Rng } from '../core/rng';
import { type LinearMap, transposed, transposeOf } from './linear-map';
import { fixSigns } from './signs';
import { orthonormalizeRow, type Svd, svd } from './svd';

export interface RandomizedSettings {
  readonly k: number;
  readonly oversamples: number;
  /** How often the range is multiplied by A·Aᵀ, which makes large values stand out. */
  readonly iterations: number;
}

/**
 * The k largest singular values and right vectors, from the range of A·Ω for a random Ω: nearly exact where the values fall
 * off, and the same for the same stream of random numbers as scikit-learn's, but for rounding.
 *
 * Reference: Halko, Martinsson, Tropp 2009, “Finding Structure with Randomness”.
 */
export function randomizedSvd(map: LinearMap, { k, oversamples, iterations }: RandomizedSettings, rng: Rng): Svd {
  const isWide = map.rows < map.cols;
  const a = isWide ? transposed(map) : map;
  const r = k + oversamples;
  let range: Float64Array = Float64Array.from({ length: a.cols * r }, () => rng.gaussian());
  for (let i = 0; i < iterations; i++) {
    range = orthonormal(a.times(range, r), a.rows, r);
    range = orthonormal(a.transposedTimes(range, r), a.cols, r);
  }
  const q = orthonormal(a.times(range, r), a.rows, r);
  // B = Qᵀ·A, [r, cols], has the values of A in that range.
  const b = transposeOf(a.transposedTimes(q, r), a.cols, r);
  const small = svd(b, r, a.cols);
  const far = small.vectors.slice(0, Math.min(k, small.values.length) * a.cols);
  const values = small.values.slice(0, k);
  const near = leftVectors(q, b, r, a.rows, far, a.cols, values);
  if (isWide) {
    // Of Aᵀ, the left vectors are the right ones of A.
    fixSigns(far, a.cols, near, a.rows);
    return { values, vectors: near };
  }
  fixSigns(near, a.rows, far, a.cols);
  return { values, vectors: far };
}

/** Q·(B·v)/σ for every right vector v: `[k, rows]`. */
function leftVectors(
  q: Float64Array,
  b: Float64Array,
  r: number,
  rows: number,
  vectors: Float64Array,
  cols: number,
  values: Float64Array,
): Float64Array {
  const out = new Float64Array(values.length * rows);
  for (let j = 0; j < values.length; j++) {
    const hat = Float64Array.from({ length: r }, (_, p) => {
      let sum = 0;
      for (let c = 0; c < cols; c++) sum += b[p * cols + c]! * vectors[j * cols + c]!;
      return values[j]! === 0 ? 0 : sum / values[j]!;
    });
    for (let i = 0; i < rows; i++) {
      let sum = 0;
      for (let p = 0; p < r; p++) sum += q[i * r + p]! * hat[p]!;
      out[j * rows + i] = sum;
    }
  }
  return out;
}

/** The columns of X `[n, k]` made orthonormal; columns that depend on those before them become 0. */
function orthonormal(x: Float64Array, n: number, k: number): Float64Array {
  const byColumn = transposeOf(x, n, k);
  for (let j = 0; j < k; j++) orthonormalizeRow(byColumn, j, n);
  return transposeOf(byColumn, k, n);
}
