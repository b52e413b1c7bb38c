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
 * Every pair is looked at, once for both of its points.
 *
 * @param points - n points.
 * @param k - less than n.
 * @returns `[n, k]` positions in `points.index`.
 */
export function nearestNeighbors(points: Points, k: number): Int32Array {
  const { cols } = points;
  const n = points.index.length;
  const x = new Float64Array(n * cols);
  for (let i = 0; i < n; i++) {
    const from = points.index[i]! * cols;
    x.set(points.data.subarray(from, from + cols), i * cols);
  }
  const nearest = new Nearest(n, k);
  const distances = new Float64Array(BLOCK);
  for (let i = 0; i < n; i++) {
    for (let from = i + 1; from < n; from += BLOCK) {
      const count = Math.min(BLOCK, n - from);
      squaredDistances(x, cols, i, from, count, distances);
      for (let j = 0; j < count; j++) {
        nearest.offer(i, from + j, distances[j]!);
        nearest.offer(from + j, i, distances[j]!);
      }
    }
  }
  return nearest.positions;
}

const BLOCK = 64;

/** Distances of point `i` to `count` points from `first` on, four at a time so that its values are loaded once for each. */
function squaredDistances(
  x: Float64Array,
  cols: number,
  i: number,
  first: number,
  count: number,
  out: Float64Array,
): void {
  const a = i * cols;
  let j = 0;
  for (; j + 4 <= count; j += 4) {
    const b0 = (first + j) * cols;
    const b1 = b0 + cols;
    const b2 = b1 + cols;
    const b3 = b2 + cols;
    let s0 = 0;
    let s1 = 0;
    let s2 = 0;
    let s3 = 0;
    for (let c = 0; c < cols; c++) {
      const v = x[a + c]!;
      const d0 = v - x[b0 + c]!;
      const d1 = v - x[b1 + c]!;
      const d2 = v - x[b2 + c]!;
      const d3 = v - x[b3 + c]!;
      s0 += d0 * d0;
      s1 += d1 * d1;
      s2 += d2 * d2;
      s3 += d3 * d3;
    }
    out[j] = s0;
    out[j + 1] = s1;
    out[j + 2] = s2;
    out[j + 3] = s3;
  }
  for (; j < count; j++) {
    const b = (first + j) * cols;
    let sum = 0;
    for (let c = 0; c < cols; c++) sum += (x[a + c]! - x[b + c]!) ** 2;
    out[j] = sum;
  }
}

/** The k nearest so far of each point, in order. */
class Nearest {
  readonly positions: Int32Array;
  readonly #distances: Float64Array;
  readonly #k: number;

  constructor(n: number, k: number) {
    this.positions = new Int32Array(n * k).fill(n);
    this.#distances = new Float64Array(n * k).fill(Number.POSITIVE_INFINITY);
    this.#k = k;
  }

  offer(i: number, j: number, distance: number): void {
    const first = i * this.#k;
    const last = first + this.#k - 1;
    if (distance > this.#distances[last]! || !this.#comesBefore(last, j, distance)) return;
    let at = last;
    for (; at > first && this.#comesBefore(at - 1, j, distance); at--) {
      this.#distances[at] = this.#distances[at - 1]!;
      this.positions[at] = this.positions[at - 1]!;
    }
    this.#distances[at] = distance;
    this.positions[at] = j;
  }

  /** Whether point `j` at this distance goes before the one at place `at`. */
  #comesBefore(at: number, j: number, distance: number): boolean {
    const other = this.#distances[at]!;
    return distance < other || (distance === other && j < this.positions[at]!);
  }
}
