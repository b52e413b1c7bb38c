/** Rows of a table, by position. */
export interface Points {
  readonly data: Float64Array;
  readonly cols: number;
  /** Which rows are meant. */
  readonly index: Int32Array;
}

/** So many points are compared with so many at a time that both stay in the first cache. */
const BLOCK_VALUES = 1024;

/**
 * The k nearest other points of each point, nearest first, by Euclidean distance; equal distances go to the lower position.
 *
 * Every pair is looked at, blockwise.
 *
 * @param points - n points.
 * @param k - less than n.
 * @returns `[n, k]` positions in `points.index`.
 */
export function nearestNeighbors(points: Points, k: number): Int32Array {
  const { cols } = points;
  const n = points.index.length;
  const x = new Float64Array(n * cols);
  for (let i = 0; i < n; i++)
    x.set(points.data.subarray(points.index[i]! * cols, (points.index[i]! + 1) * cols), i * cols);
  const neighbors = new Int32Array(n * k).fill(-1);
  const distances = new Float64Array(n * k).fill(Number.POSITIVE_INFINITY);
  const block = Math.max(8, Math.floor(BLOCK_VALUES / cols));
  for (let from = 0; from < n; from += block) {
    const to = Math.min(n, from + block);
    for (let i = 0; i < n; i++) {
      for (let j = from; j < to; j++) {
        if (j === i) continue;
        const d = squaredDistance(x, i * cols, j * cols, cols);
        if (d < distances[i * k + k - 1]!) insert(neighbors, distances, i * k, k, j, d);
      }
    }
  }
  return neighbors;
}

function squaredDistance(x: Float64Array, a: number, b: number, cols: number): number {
  let sum = 0;
  for (let c = 0; c < cols; c++) {
    const d = x[a + c]! - x[b + c]!;
    sum += d * d;
  }
  return sum;
}

/** Puts a neighbour in its place among the k nearest so far, after those as near. */
function insert(neighbors: Int32Array, distances: Float64Array, start: number, k: number, j: number, d: number): void {
  let at = start + k - 1;
  for (; at > start && distances[at - 1]! > d; at--) {
    distances[at] = distances[at - 1]!;
    neighbors[at] = neighbors[at - 1]!;
  }
  distances[at] = d;
  neighbors[at] = j;
}
