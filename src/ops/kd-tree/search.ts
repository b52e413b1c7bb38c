/** Rounding in the bounds of boxes must not hide a point: they are compared with this much to spare. */
export const SLACK: number = 1 + 1e-12;
/** The tree is balanced, so no path through it is longer. */
const DEEPEST = 64;

/**
 * A balanced k-d tree: the points of a node are halved, the lesser half being the left child's, down to leaves of a few.
 * Node i has the children 2i + 1 and 2i + 2; those without any are the leaves, a power of two of them.
 */
export interface KdTree {
  readonly cols: number;
  /** Points in the order of the leaves. */
  readonly points: Float64Array;
  /** The row each of them had. */
  readonly rows: Int32Array;
  /** Where the points of each leaf begin, and where the last one's end. */
  readonly starts: Int32Array;
  /** Lower and upper corner of each node's box, around its points: `[nodes, 2, cols]`. */
  readonly boxes: Float64Array;
}

/** A measure of how far points are apart: a number that orders pairs as the distance does. */
export interface Ranking {
  /** Rank of the points that begin at `a` and `b`: columns added in their order. */
  rank(x: Float64Array, a: number, y: Float64Array, b: number, cols: number): number;
  /** The least rank a point of a box can have; its lower corner is at `b`, the upper one follows. */
  boxRank(x: Float64Array, a: number, box: Float64Array, b: number, cols: number): number;
}

/** Σ (x − y)². Written out, since nearly every search runs through it. */
export function squareRank(x: Float64Array, a: number, y: Float64Array, b: number, cols: number): number {
  let sum = 0;
  for (let c = 0; c < cols; c++) {
    const d = x[a + c]! - y[b + c]!;
    sum += d * d;
  }
  return sum;
}

/** The same to the nearest point of a box. */
export function squareBoxRank(x: Float64Array, a: number, box: Float64Array, b: number, cols: number): number {
  let sum = 0;
  for (let c = 0; c < cols; c++) {
    const v = x[a + c]!;
    const below = box[b + c]! - v;
    const above = v - box[b + cols + c]!;
    const gap = below > 0 ? below : above > 0 ? above : 0;
    sum += gap * gap;
  }
  return sum;
}

/** Where each of `leaves` leaves begins, and the last one ends, when n points are halved again and again. */
export function leafStarts(n: number, leaves: number): Int32Array {
  let starts = Int32Array.of(0, n);
  while (starts.length <= leaves) {
    const [coarse, last] = [starts, 2 * starts.length - 2];
    starts = Int32Array.from({ length: last + 1 }, (_, i) =>
      i % 2 === 0 ? coarse[i >> 1]! : (coarse[i >> 1]! + coarse[(i >> 1) + 1]!) >> 1,
    );
  }
  return starts;
}

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
    readonly ranking: Ranking,
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
    const { boxRank } = this.ranking;
    const [waiting, bounds] = [this.#waiting, this.#bounds];
    const firstLeaf = starts.length - 2;
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
      const limit = this.#scan(node - firstLeaf, query, at, skip) * SLACK;
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
    const { cols, points, rows: rowOf, starts, boxes } = this.tree;
    const { rank, boxRank } = this.ranking;
    const firstLeaf = starts.length - 2;
    const rows: number[] = [];
    const ranks: number[] = [];
    const visit = (node: number): void => {
      if (boxRank(query, at, boxes, node * 2 * cols, cols) > limit * SLACK) return;
      if (node < firstLeaf) {
        visit(2 * node + 1);
        visit(2 * node + 2);
        return;
      }
      for (let i = starts[node - firstLeaf]!; i < starts[node - firstLeaf + 1]!; i++) {
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
    const { cols, points, rows: rowOf, starts } = this.tree;
    const { ranks, rows } = this;
    const rank = this.ranking.rank;
    const last = ranks.length - 1;
    let worst = ranks[last]!;
    for (let i = starts[leaf]!, end = starts[leaf + 1]!; i < end; i++) {
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

/** Queries to search for, one after another. */
export interface Queries {
  /** `[m, cols]`. */
  readonly data: Float64Array;
  /** Each query once: close ones one after another are found faster, as they read the same part of the tree. */
  readonly order: Int32Array;
  /** Whether query i is row i of the points, which then does not count. */
  readonly others: boolean;
}

/** Searches for every query and hands over what was found; the arrays given to `take` are the same every time. */
export function searchEach(
  search: TreeSearch,
  { data, order, others }: Queries,
  take: (query: number, found: TreeSearch) => void,
): void {
  for (const q of order) {
    search.find(data, q * search.tree.cols, others ? q : -1);
    take(q, search);
  }
}
