import type { Dense, Samples } from '../data/matrix';
import { type CsrMatrix, isSparse } from '../data/sparse';
import { eachSparseDistances } from './sparse-nearest';

/** Σ (a − b)², in the order of the columns. */
export function squaredDistance(A: Dense, i: number, B: Dense, j: number): number {
  let sum = 0;
  for (let c = 0; c < A.cols; c++) {
    const difference = A.data[i * A.cols + c]! - B.data[j * B.cols + c]!;
    sum += difference * difference;
  }
  return sum;
}

/** The squared distance between sample i of A and sample j of B, both sparse or both dense. */
export function distanceBetween(A: Samples, i: number, B: Samples, j: number): number {
  if (!isSparse(A)) return squaredDistance(A, i, B as Dense, j);
  const C = B as CsrMatrix;
  let [a, b] = [A.indptr[i]!, C.indptr[j]!];
  const [endA, endB] = [A.indptr[i + 1]!, C.indptr[j + 1]!];
  let sum = 0;
  while (a < endA || b < endB) {
    const [p, q] = [a < endA ? A.indices[a]! : Infinity, b < endB ? C.indices[b]! : Infinity];
    const difference = (p <= q ? A.data[a++]! : 0) - (q <= p ? C.data[b++]! : 0);
    sum += difference * difference;
  }
  return sum;
}

/** Calls `visit` for each query with its squared distances to all points; the array is overwritten for the next. */
export function eachDistances(
  queries: Samples,
  points: Samples,
  visit: (query: number, distances: Float64Array) => void,
): void {
  if (isSparse(queries)) {
    eachSparseDistances(queries, points as CsrMatrix, visit);
    return;
  }
  const { rows } = points as Dense;
  const distances = new Float64Array(rows);
  for (let q = 0; q < queries.rows; q++) {
    for (let p = 0; p < rows; p++) distances[p] = squaredDistance(queries, q, points as Dense, p);
    visit(q, distances);
  }
}
