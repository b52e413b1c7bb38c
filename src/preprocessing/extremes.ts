import { countFeatures, countSamples, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';

/** Least and greatest value of each column; NaN for one of NaN alone. */
export interface Extremes {
  readonly min: Float64Array;
  readonly max: Float64Array;
}

/** Extremes of each column, NaN left out; zeros that a sparse matrix does not keep count. */
export function extremesOf(X: Samples): Extremes {
  const cols = countFeatures(X);
  const min = new Float64Array(cols).fill(Number.POSITIVE_INFINITY);
  const max = new Float64Array(cols).fill(Number.NEGATIVE_INFINITY);
  const see = (c: number, v: number): void => {
    if (v < min[c]!) min[c] = v;
    if (v > max[c]!) max[c] = v;
  };
  if (isSparse(X)) {
    const kept = new Int32Array(cols);
    for (let e = 0; e < X.nnz; e++) {
      see(X.indices[e]!, X.data[e]!);
      kept[X.indices[e]!]!++;
    }
    for (let c = 0; c < cols; c++) if (kept[c]! < countSamples(X)) see(c, 0);
  } else {
    for (let r = 0, at = 0; r < X.rows; r++) for (let c = 0; c < cols; c++, at++) see(c, X.data[at]!);
  }
  for (let c = 0; c < cols; c++) if (min[c]! > max[c]!) min[c] = max[c] = Number.NaN;
  return { min, max };
}

/** Extremes of two sets of samples together. */
export function mergeExtremes(a: Extremes, b: Extremes): Extremes {
  const merge = (x: number, y: number, f: (x: number, y: number) => number): number =>
    Number.isNaN(x) ? y : Number.isNaN(y) ? x : f(x, y);
  return {
    min: a.min.map((v, c) => merge(v, b.min[c]!, Math.min)),
    max: a.max.map((v, c) => merge(v, b.max[c]!, Math.max)),
  };
}
