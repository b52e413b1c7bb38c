import type { CsrMatrix } from '../data/sparse';

/** ‖x‖² of every row. */
function squaredNorms({ data, indptr, shape }: CsrMatrix): Float64Array {
  const out = new Float64Array(shape[0]);
  for (let r = 0; r < shape[0]; r++) for (let e = indptr[r]!; e < indptr[r + 1]!; e++) out[r]! += data[e]! ** 2;
  return out;
}

/** Calls `visit` with the squared distances of each query to all points, ‖q‖² + ‖p‖² − 2 q·p; products only of entries that meet. */
export function eachSparseDistances(
  queries: CsrMatrix,
  points: CsrMatrix,
  visit: (query: number, distances: Float64Array) => void,
): void {
  const byColumn = points.toCsc();
  const [queryNorms, pointNorms] = [squaredNorms(queries), squaredNorms(points)];
  const distances = new Float64Array(points.shape[0]);
  for (let q = 0; q < queries.shape[0]; q++) {
    distances.fill(0);
    for (let e = queries.indptr[q]!; e < queries.indptr[q + 1]!; e++) {
      const [column, value] = [queries.indices[e]!, queries.data[e]!];
      for (let f = byColumn.indptr[column]!; f < byColumn.indptr[column + 1]!; f++)
        distances[byColumn.indices[f]!]! += value * byColumn.data[f]!;
    }
    for (let p = 0; p < distances.length; p++)
      distances[p] = Math.max(0, queryNorms[q]! + pointNorms[p]! - 2 * distances[p]!);
    visit(q, distances);
  }
}

/** The k nearest points of every query, nearest first; of equally near ones the first comes first. */
export function nearestSparse(queries: CsrMatrix, points: CsrMatrix, k: number): Int32Array {
  const out = new Int32Array(queries.shape[0] * k);
  eachSparseDistances(queries, points, (q, distances) => {
    out.set(smallest(distances, k), q * k);
  });
  return out;
}

/** Positions of the k smallest values, ascending; of equal ones the first comes first. */
export function smallest(values: Float64Array, k: number): Int32Array {
  const best = new Int32Array(k);
  let filled = 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (filled === k && v >= values[best[k - 1]!]!) continue;
    let at = filled < k ? filled++ : k - 1;
    while (at > 0 && v < values[best[at - 1]!]!) {
      best[at] = best[at - 1]!;
      at--;
    }
    best[at] = i;
  }
  return best;
}
