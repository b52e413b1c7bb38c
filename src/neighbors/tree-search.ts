import type { Dense } from '../data/matrix';
import type { KdTree } from './kd-tree';
import type { Metric } from './metric';

/** Rounding in the bounds of boxes must not hide a point: they are compared with this much to spare. */
const SLACK = 1 + 1e-12;
/** The tree is balanced, so no path through it is longer. */
const DEEPEST = 64;

/** Finds the k nearest points of one query after another. */
export class TreeSearch {
  /** Ranks of the points found for the last query, ascending. */
  readonly ranks: Float64Array;
  /** Their rows. */
  readonly rows: Int32Array;
  readonly #waiting = new Int32Array(DEEPEST);
  readonly #bounds = new Float64Array(DEEPEST);

  constructor(
    readonly tree: KdTree,
    readonly metric: Metric,
    k: number,
  ) {
    this.ranks = new Float64Array(k);
    this.rows = new Int32Array(k);
  }

  /**
   * Finds the nearest points, nearest first; of equally near ones that with the lower row.
   *
   * @param query - the array the query lies in, from `at`.
   * @param skip - a row that does not count; -1 for none.
   * @returns how many leaves were looked at.
   */
  find(query: Float64Array, at: number, skip: number): number {
    const { cols, starts, boxes } = this.tree;
    const { boxRank } = this.metric;
    const [waiting, bounds] = [this.#waiting, this.#bounds];
    const firstLeaf = (starts.length - 1) >> 1;
    this.ranks.fill(Infinity);
    this.rows.fill(-1);
    let height = 0;
    let leaves = 0;
    let node = 0;
    for (;;) {
      while (node < firstLeaf) {
        const left = 2 * node + 1;
        const a = boxRank(query, at, boxes, left * 2 * cols, cols);
        const b = boxRank(query, at, boxes, (left + 1) * 2 * cols, cols);
        const isLeftNearer = a <= b;
        waiting[height] = isLeftNearer ? left + 1 : left;
        bounds[height++] = isLeftNearer ? b : a;
        node = isLeftNearer ? left : left + 1;
      }
      const limit = this.#scan(node, query, at, skip) * SLACK;
      leaves++;
      do {
        if (height === 0) return leaves;
        height--;
      } while (bounds[height]! > limit);
      node = waiting[height]!;
    }
  }

  /** All points whose rank is at most `limit`, in no particular order. */
  within(query: Float64Array, at: number, limit: number): { readonly rows: number[]; readonly ranks: number[] } {
    const { cols, points, rows: rowOf, starts, ends, boxes } = this.tree;
    const { rank, boxRank } = this.metric;
    const firstLeaf = (starts.length - 1) >> 1;
    const rows: number[] = [];
    const ranks: number[] = [];
    const visit = (node: number): void => {
      if (boxRank(query, at, boxes, node * 2 * cols, cols) > limit * SLACK) return;
      if (node < firstLeaf) {
        visit(2 * node + 1);
        visit(2 * node + 2);
        return;
      }
      for (let i = starts[node]!; i < ends[node]!; i++) {
        const r = rank(query, at, points, i * cols, cols);
        if (r > limit) continue;
        rows.push(rowOf[i]!);
        ranks.push(r);
      }
    };
    visit(0);
    return { rows, ranks };
  }

  /** Takes the points of a leaf that are near enough; returns the rank that points must not exceed from now on. */
  #scan(leaf: number, query: Float64Array, at: number, skip: number): number {
    const { cols, points, rows: rowOf, starts, ends } = this.tree;
    const { ranks, rows } = this;
    const rank = this.metric.rank;
    const last = ranks.length - 1;
    let worst = ranks[last]!;
    for (let i = starts[leaf]!, end = ends[leaf]!; i < end; i++) {
      const r = rank(query, at, points, i * cols, cols);
      if (r > worst) continue;
      const row = rowOf[i]!;
      if (row === skip || (r === worst && rows[last]! >= 0 && row > rows[last]!)) continue;
      let to = last;
      while (to > 0 && (r < ranks[to - 1]! || (r === ranks[to - 1]! && (rows[to - 1]! < 0 || row < rows[to - 1]!)))) {
        ranks[to] = ranks[to - 1]!;
        rows[to] = rows[to - 1]!;
        to--;
      }
      ranks[to] = r;
      rows[to] = row;
      worst = ranks[last]!;
    }
    return worst;
  }
}

/** The k nearest points of every query, as `nearest` gives them. */
export function searchAll(tree: KdTree, metric: Metric, queries: Dense, k: number, excludeSelf: boolean) {
  const { data, rows: m, cols } = queries;
  const search = new TreeSearch(tree, metric, k);
  const indices = new Int32Array(m * k);
  const distances = new Float64Array(m * k);
  // Where the queries are the points, they are taken leaf by leaf: what the last search read is what the next one needs.
  const isSelf = data === tree.source && m === tree.rows.length;
  for (let i = 0; i < m; i++) {
    const q = isSelf ? tree.rows[i]! : i;
    search.find(data, q * cols, excludeSelf ? q : -1);
    indices.set(search.rows, q * k);
    for (let j = 0; j < k; j++) distances[q * k + j] = metric.distance(search.ranks[j]!);
  }
  return { indices, distances };
}

const PROBES = 32;

/** How many leaves a search looks at: the mean of a few, spread over the queries. */
export function meanLeaves(tree: KdTree, metric: Metric, { data, rows, cols }: Dense, k: number): number {
  const search = new TreeSearch(tree, metric, k);
  const probes = Math.min(PROBES, rows);
  let leaves = 0;
  for (let i = 0; i < probes; i++) leaves += search.find(data, Math.floor((i * rows) / probes) * cols, -1);
  return leaves / probes;
}
