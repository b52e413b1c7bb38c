import type { Dense } from '../data/matrix';
import { type KdTree, leafStarts } from '../ops/kd-tree/search';

/**
 * Points per leaf at most, so 16 to 32. With 12, 24, 49 and 98 points per leaf, building a tree of 1e5 points of 3 columns took
 * 61, 44, 39 and 35 ms, and searching it for 5 nearest each 118, 124, 138 and 165 ms on one thread (best of a few, Node 20).
 */
const LEAF = 32;

/** A tree, and the points it was built of. */
export interface PointTree extends KdTree {
  readonly source: Dense;
}

/**
 * Builds the tree of all rows, in about the time of sorting them: a node is halved at the median of the axis along which
 * its points spread most.
 */
export function buildKdTree(source: Dense): PointTree {
  const { rows: n, cols } = source;
  const leaves = 2 ** Math.max(0, Math.ceil(Math.log2(n / LEAF)));
  const rows = new Int32Array(n);
  for (let i = 0; i < n; i++) rows[i] = i;
  const columns = columnsOf(source);
  const boxes = new Float64Array((2 * leaves - 1) * 2 * cols);
  // Depth first: the points of a small node are still in the cache when it is divided.
  const divide = (node: number, start: number, end: number): void => {
    const axis = fitBox(columns, start, end, boxes, node * 2 * cols);
    if (node >= leaves - 1) return;
    const middle = (start + end) >> 1;
    partition(columns, axis, rows, start, end - 1, middle);
    divide(2 * node + 1, start, middle);
    divide(2 * node + 2, middle, end);
  };
  divide(0, 0, n);
  const points = new Float64Array(n * cols);
  columns.forEach((column, c) => {
    for (let i = 0; i < n; i++) points[i * cols + c] = column[i]!;
  });
  return { source, cols, points, rows, starts: leafStarts(n, leaves), boxes };
}

/** Each column by itself: points move along with what they are divided by, so that none has to be looked up. */
function columnsOf({ data, rows, cols }: Dense): Float64Array[] {
  return Array.from({ length: cols }, (_, c) => {
    const column = new Float64Array(rows);
    for (let i = 0; i < rows; i++) column[i] = data[i * cols + c]!;
    return column;
  });
}

/** Writes the box around some points; returns the axis along which it is widest. */
function fitBox(columns: readonly Float64Array[], start: number, end: number, boxes: Float64Array, at: number): number {
  let axis = 0;
  let widest = -Infinity;
  for (let c = 0; c < columns.length; c++) {
    const column = columns[c]!;
    let low = Infinity;
    let high = -Infinity;
    for (let i = start; i < end; i++) {
      const v = column[i]!;
      if (v < low) low = v;
      if (v > high) high = v;
    }
    boxes[at + c] = low;
    boxes[at + columns.length + c] = high;
    if (high - low > widest) {
      widest = high - low;
      axis = c;
    }
  }
  return axis;
}

/** Quickselect: orders points by a column so that none before `k` is greater and none after it less; `rows` go along. */
function partition(
  columns: readonly Float64Array[],
  axis: number,
  rows: Int32Array,
  from: number,
  to: number,
  k: number,
): void {
  const values = columns[axis]!;
  let low = from;
  let high = to;
  while (low < high) {
    const pivot = median(values[low]!, values[(low + high) >> 1]!, values[high]!);
    let i = low;
    let j = high;
    while (i <= j) {
      while (values[i]! < pivot) i++;
      while (values[j]! > pivot) j--;
      if (i > j) break;
      for (let c = 0; c < columns.length; c++) {
        const column = columns[c]!;
        const value = column[i]!;
        column[i] = column[j]!;
        column[j] = value;
      }
      const row = rows[i]!;
      rows[i++] = rows[j]!;
      rows[j--] = row;
    }
    if (k <= j) high = j;
    else if (k >= i) low = i;
    else return;
  }
}

function median(a: number, b: number, c: number): number {
  return a < b ? (b < c ? b : a < c ? c : a) : a < c ? a : b < c ? c : b;
}
