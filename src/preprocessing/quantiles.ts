import type { Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';

/** The value at `fraction` of the way through ascending values, between two of them by straight line. */
export function quantileOf(sorted: ArrayLike<number>, fraction: number): number {
  const n = sorted.length;
  if (n === 0) return Number.NaN;
  const at = fraction * (n - 1);
  const below = Math.min(Math.floor(at), n - 1);
  const [a, b] = [sorted[below]!, sorted[Math.min(below + 1, n - 1)]!];
  const t = at - below;
  // From the nearer end, as NumPy computes it: the same digits.
  return t >= 0.5 ? b - (b - a) * (1 - t) : a + (b - a) * t;
}

/** A function that gives the values of a column that are not NaN, zeros of a sparse matrix included, as a new array. */
export function columnReader(X: Samples): (c: number) => Float64Array {
  if (!isSparse(X)) {
    return (c) => {
      const out = new Float64Array(X.rows);
      let n = 0;
      for (let r = 0; r < X.rows; r++) {
        const v = X.data[r * X.cols + c]!;
        if (v === v) out[n++] = v;
      }
      return out.subarray(0, n);
    };
  }
  const { data, indptr, shape } = X.toCsc();
  return (c) => {
    const kept = data.subarray(indptr[c]!, indptr[c + 1]!);
    const present = kept.filter((v) => v === v);
    const out = new Float64Array(shape[0] - kept.length + present.length);
    out.set(present);
    return out;
  };
}
