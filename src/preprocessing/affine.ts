import type { Dense } from '../data/matrix';
import type { CsrMatrix } from '../data/sparse';

/** (x − shift) / scale, column by column; null leaves out. */
export function standardise(X: Dense, shift: Float64Array | null, scale: Float64Array | null): Dense {
  return mapColumns(X, (v, c) => {
    const moved = shift === null ? v : v - shift[c]!;
    return scale === null ? moved : moved / scale[c]!;
  });
}

/** x · scale + shift, column by column; null leaves out. */
export function unstandardise(X: Dense, shift: Float64Array | null, scale: Float64Array | null): Dense {
  return mapColumns(X, (v, c) => {
    const stretched = scale === null ? v : v * scale[c]!;
    return shift === null ? stretched : stretched + shift[c]!;
  });
}

/** A new matrix of f(value, column). */
export function mapColumns({ data, rows, cols }: Dense, f: (v: number, c: number) => number): Dense {
  const out = new Float64Array(data.length);
  for (let r = 0, at = 0; r < rows; r++) for (let c = 0; c < cols; c++, at++) out[at] = f(data[at]!, c);
  return { data: out, rows, cols };
}

/** A new sparse matrix of f(value, column) where there are entries: as a dense one, for an f that leaves 0 at 0. */
export function mapEntries(X: CsrMatrix, f: (v: number, c: number) => number): CsrMatrix {
  const out = new Float64Array(X.nnz);
  for (let e = 0; e < out.length; e++) out[e] = f(X.data[e]!, X.indices[e]!);
  return X.withData(out);
}

/** `scale` with 1 where it is 0 but for rounding, so that constant columns stay. */
export function nonZero(scale: Float64Array): Float64Array {
  return scale.map((v) => (v < 10 * Number.EPSILON ? 1 : v));
}
