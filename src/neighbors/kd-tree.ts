import type { Dense } from '../data/matrix';

/** Points per leaf: below it, looking at all costs less than dividing further. */
const LEAF = 24;

/**
 * A balanced k-d tree: points are halved at the median of the axis along which they spread most, down to leaves of a few.
 * Every node knows the box around its points, which is what searches prune by.
 */
export interface KdTree {
  readonly cols: number;
  /** The data it was built of. */
  readonly source: Float64Array;
  /** Points in the order of the leaves. */
  readonly points: Float64Array;
  /** The row each of them had. */
  readonly rows: Int32Array;
  /** Where the points of each node begin. Node i has the children 2i + 1 and 2i + 2; those without any are the leaves. */
  readonly starts: Int32Array;
  /** And where they end. */
  readonly ends: Int32Array;
  /** Lower and upper corner of each node's box: `[nodes, 2, cols]`. */
  readonly boxes: Float64Array;
}

/** Builds the tree of all rows, in about the time of sorting them. */
export function buildKdTree({ data, rows: n, cols }: Dense): KdTree {
  const depth = Math.max(0, Math.ceil(Math.log2(n / LEAF)));
  const nodes = 2 ** (depth + 1) - 1;
  const rows = Int32Array.from({ length: n }, (_, i) => i);
  const starts = new Int32Array(nodes);
  const ends = new Int32Array(nodes);
  const boxes = new Float64Array(nodes * 2 * cols);
  const values = new Float64Array(n);
  ends[0] = n;
  const firstLeaf = 2 ** depth - 1;
  for (let node = 0; node < nodes; node++) {
    const [start, end] = [starts[node]!, ends[node]!];
    const axis = fitBox(data, cols, rows, start, end, boxes, node * 2 * cols);
    if (node >= firstLeaf) continue;
    const middle = (start + end) >> 1;
    for (let i = start; i < end; i++) values[i] = data[rows[i]! * cols + axis]!;
    partition(values, rows, start, end - 1, middle);
    starts[2 * node + 1] = start;
    ends[2 * node + 1] = middle;
    starts[2 * node + 2] = middle;
    ends[2 * node + 2] = end;
  }
  const points = new Float64Array(n * cols);
  for (let i = 0; i < n; i++) {
    const from = rows[i]! * cols;
    for (let c = 0; c < cols; c++) points[i * cols + c] = data[from + c]!;
  }
  return { cols, source: data, points, rows, starts, ends, boxes };
}

/** Writes the box around some rows; returns the axis along which it is widest. */
function fitBox(
  data: Float64Array,
  cols: number,
  rows: Int32Array,
  start: number,
  end: number,
  boxes: Float64Array,
  at: number,
): number {
  boxes.fill(Infinity, at, at + cols);
  boxes.fill(-Infinity, at + cols, at + 2 * cols);
  for (let i = start; i < end; i++) {
    const from = rows[i]! * cols;
    for (let c = 0; c < cols; c++) {
      const v = data[from + c]!;
      if (v < boxes[at + c]!) boxes[at + c] = v;
      if (v > boxes[at + cols + c]!) boxes[at + cols + c] = v;
    }
  }
  let widest = 0;
  for (let c = 1; c < cols; c++) {
    if (boxes[at + cols + c]! - boxes[at + c]! > boxes[at + cols + widest]! - boxes[at + widest]!) widest = c;
  }
  return widest;
}

/** Quickselect: orders `values` so that none before `k` is greater and none after it less; `rows` go along. */
function partition(values: Float64Array, rows: Int32Array, from: number, to: number, k: number): void {
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
      const value = values[i]!;
      values[i] = values[j]!;
      values[j] = value;
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
