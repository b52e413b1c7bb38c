import { countSamples, type Samples } from '../data/matrix';
import { type CsrMatrix, isSparse } from '../data/sparse';
import type { Nearest } from './found';
import type { Metric } from './metric';

/** Writes the ranks of query i to every point. */
type RankRow = (i: number, ranks: Float64Array) => void;

/** Ranks between two tables, both dense or both sparse. */
export function rankRows(queries: Samples, points: Samples, metric: Metric): RankRow {
  if (isSparse(queries) && isSparse(points)) return (i, ranks) => sparseRanks(queries, i, points, metric, ranks);
  if (isSparse(queries) || isSparse(points)) throw new TypeError('rankRows: one table is sparse, the other is not');
  const { data, cols, rows } = points;
  return (i, ranks) => {
    for (let j = 0; j < rows; j++) ranks[j] = metric.rank(queries.data, i * cols, data, j * cols, cols);
  };
}

/** Columns where either row has an entry, by merging the two lists: nothing is made dense. */
function sparseRanks(queries: CsrMatrix, i: number, points: CsrMatrix, { add }: Metric, ranks: Float64Array): void {
  const [from, to] = [queries.indptr[i]!, queries.indptr[i + 1]!];
  for (let j = 0; j < points.shape[0]; j++) {
    let q = from;
    let p = points.indptr[j]!;
    const end = points.indptr[j + 1]!;
    let sum = 0;
    while (q < to && p < end) {
      const order = queries.indices[q]! - points.indices[p]!;
      if (order === 0) sum = add(sum, queries.data[q++]! - points.data[p++]!);
      else if (order < 0) sum = add(sum, queries.data[q++]!);
      else sum = add(sum, points.data[p++]!);
    }
    while (q < to) sum = add(sum, queries.data[q++]!);
    while (p < end) sum = add(sum, points.data[p++]!);
    ranks[j] = sum;
  }
}

/** The k nearest points of every query by measuring all distances, in any metric. */
export function bruteNearest(
  queries: Samples,
  points: Samples,
  metric: Metric,
  k: number,
  excludeSelf: boolean,
): Nearest {
  const [m, n] = [countSamples(queries), countSamples(points)];
  const row = rankRows(queries, points, metric);
  const ranks = new Float64Array(n);
  const indices = new Int32Array(m * k);
  const distances = new Float64Array(m * k);
  for (let i = 0; i < m; i++) {
    row(i, ranks);
    if (excludeSelf) ranks[i] = Infinity;
    const best = smallest(ranks, k, excludeSelf ? i : -1);
    indices.set(best, i * k);
    for (let j = 0; j < k; j++) distances[i * k + j] = metric.distance(ranks[best[j]!]!);
  }
  return { indices, distances };
}

/** Positions of the k smallest values, ascending, of equal ones the first; position `skip` is not among them. */
function smallest(values: Float64Array, k: number, skip: number): Int32Array {
  if (k > 64) {
    const order = Int32Array.from(values.keys()).filter((j) => j !== skip);
    return order.sort((a, b) => values[a]! - values[b]! || a - b).subarray(0, k);
  }
  const best = new Int32Array(k);
  let filled = 0;
  for (let j = 0; j < values.length; j++) {
    const v = values[j]!;
    if (j === skip || (filled === k && v >= values[best[k - 1]!]!)) continue;
    let to = filled < k ? filled++ : k - 1;
    for (; to > 0 && v < values[best[to - 1]!]!; to--) best[to] = best[to - 1]!;
    best[to] = j;
  }
  return best;
}
