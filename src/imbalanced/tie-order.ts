import type { Dense } from '../data/matrix';
import { Candidates, swap } from './tie-candidates';

// Which of several equally near points count as nearer is left open by the definition of nearest neighbours; resamplers draw
// by position among them, though, so that equal results need equal order. This is the order in which scikit-learn's k-d
// tree meets points: its tree (leaves of about 30, halved by C++'s `nth_element` along the widest axis), its search (depth
// first, the nearer child first), its heap of candidates, and its sort.

const LEAF = 30;

/** What only a search needs to know of a tree. */
export interface TieTree {
  readonly data: Float64Array;
  readonly cols: number;
  /** Rows in the order of the leaves. */
  readonly rows: Int32Array;
  readonly nodes: number;
  readonly starts: Int32Array;
  readonly ends: Int32Array;
  /** Lower and upper corner of each node's box: `[nodes, 2, cols]`. */
  readonly boxes: Float64Array;
}

export function buildTieTree({ data, rows: n, cols }: Dense): TieTree {
  const levels = Math.trunc(Math.log2(Math.max(1, (n - 1) / LEAF)) + 1);
  const nodes = 2 ** levels - 1;
  const rows = Int32Array.from({ length: n }, (_, i) => i);
  const [starts, ends] = [new Int32Array(nodes), new Int32Array(nodes)];
  const boxes = new Float64Array(nodes * 2 * cols);
  ends[0] = n;
  for (let node = 0; node < nodes; node++) {
    const [start, end] = [starts[node]!, ends[node]!];
    const axis = fitBox(data, cols, rows.subarray(start, end), boxes.subarray(node * 2 * cols, (node + 1) * 2 * cols));
    const left = 2 * node + 1;
    if (left >= nodes) continue;
    const middle = start + ((end - start) >> 1);
    nthElement(rows, start, middle, end, (a, b) => {
      const [x, y] = [data[a * cols + axis]!, data[b * cols + axis]!];
      return x === y ? a < b : x < y;
    });
    starts[left] = start;
    ends[left] = middle;
    starts[left + 1] = middle;
    ends[left + 1] = end;
  }
  return { data, cols, rows, nodes, starts, ends, boxes };
}

function fitBox(data: Float64Array, cols: number, rows: Int32Array, box: Float64Array): number {
  box.fill(Infinity, 0, cols);
  box.fill(-Infinity, cols);
  for (const r of rows) {
    for (let c = 0; c < cols; c++) {
      const v = data[r * cols + c]!;
      if (v < box[c]!) box[c] = v;
      if (v > box[cols + c]!) box[cols + c] = v;
    }
  }
  let [widest, most] = [0, 0];
  for (let c = 0; c < cols; c++) {
    const spread = box[cols + c]! - box[c]!;
    if (spread > most) [widest, most] = [c, spread];
  }
  return widest;
}

type Before = (a: number, b: number) => boolean;

/** Introselect, as the C++ library that scikit-learn is built with does it: the order it leaves the rest in matters here. */
function nthElement(x: Int32Array, from: number, nth: number, to: number, before: Before): void {
  let [first, last] = [from, to];
  if (first === last || nth === last) return;
  for (let depth = 2 * Math.floor(Math.log2(last - first)); last - first > 3; depth--) {
    if (depth === 0) {
      // Adversarial input only, where the library turns to a heap; any order is as good then.
      x.subarray(first, last).sort((a, b) => (before(a, b) ? -1 : 1));
      return;
    }
    const cut = partition(x, first, last, before);
    if (cut <= nth) first = cut;
    else last = cut;
  }
  for (let i = first + 1; i < last; i++) {
    const v = x[i]!;
    let j = i;
    while (j > first && before(v, x[j - 1]!)) {
      x[j] = x[j - 1]!;
      j--;
    }
    x[j] = v;
  }
}

/** Parts by the median of three, which comes first; returns where the second part begins. */
function partition(x: Int32Array, first: number, last: number, before: Before): number {
  const [a, b, c] = [first + 1, first + ((last - first) >> 1), last - 1];
  const [va, vb, vc] = [x[a]!, x[b]!, x[c]!];
  if (before(va, vb)) swap(x, first, before(vb, vc) ? b : before(va, vc) ? c : a);
  else swap(x, first, before(va, vc) ? a : before(vb, vc) ? c : b);
  const pivot = x[first]!;
  let [i, j] = [first + 1, last];
  for (;;) {
    while (before(x[i]!, pivot)) i++;
    j--;
    while (before(pivot, x[j]!)) j--;
    if (i >= j) return i;
    swap(x, i, j);
    i++;
  }
}

/** Searches a {@link TieTree}; keeps its candidates between searches. */
export class TieSearch {
  readonly #tree: TieTree;
  readonly #candidates: Candidates;

  constructor(tree: TieTree, k: number) {
    this.#tree = tree;
    this.#candidates = new Candidates(k);
  }

  /** The k nearest rows of the point that begins at `at` of `points`, nearest first; valid until the next search. */
  nearest(points: Float64Array, at: number): Int32Array {
    this.#candidates.clear();
    this.#visit(0, this.#bound(0, points, at), points, at);
    return this.#candidates.sorted();
  }

  #visit(node: number, bound: number, points: Float64Array, at: number): void {
    const { data, cols, rows, nodes, starts, ends } = this.#tree;
    if (bound > this.#candidates.farthest) return;
    const left = 2 * node + 1;
    if (left >= nodes) {
      for (let i = starts[node]!; i < ends[node]!; i++) {
        const row = rows[i]! * cols;
        let d = 0;
        for (let c = 0; c < cols; c++) {
          const difference = points[at + c]! - data[row + c]!;
          d += difference * difference;
        }
        this.#candidates.push(d, rows[i]!);
      }
      return;
    }
    const [a, b] = [this.#bound(left, points, at), this.#bound(left + 1, points, at)];
    if (a <= b) {
      this.#visit(left, a, points, at);
      this.#visit(left + 1, b, points, at);
    } else {
      this.#visit(left + 1, b, points, at);
      this.#visit(left, a, points, at);
    }
  }

  /** Squared distance to the box of a node. */
  #bound(node: number, points: Float64Array, at: number): number {
    const { boxes, cols } = this.#tree;
    const box = node * 2 * cols;
    let sum = 0;
    for (let c = 0; c < cols; c++) {
      const low = boxes[box + c]! - points[at + c]!;
      const high = points[at + c]! - boxes[box + cols + c]!;
      const d = 0.5 * (low + Math.abs(low) + (high + Math.abs(high)));
      sum += d * d;
    }
    return sum;
  }
}
