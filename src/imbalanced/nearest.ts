import { nearest } from '../neighbors/nearest';

/** Rows of a table, by position. */
export interface Points {
  readonly data: Float64Array;
  readonly cols: number;
  /** Which rows are meant. */
  readonly index: Int32Array;
}

/**
 * The k nearest other points of each point, nearest first, by Euclidean distance; equal distances go to the lower position.
 *
 * @param points - n points.
 * @param k - less than n.
 * @returns `[n, k]` positions in `points.index`.
 */
export function nearestNeighbors({ data, cols, index }: Points, k: number): Int32Array {
  const n = index.length;
  const x = new Float64Array(n * cols);
  for (let i = 0; i < n; i++) {
    const from = index[i]! * cols;
    x.set(data.subarray(from, from + cols), i * cols);
  }
  const rows = { data: x, rows: n, cols };
  return nearest(rows, rows, k, { excludeSelf: true }).indices;
}
