/**
 * A way to measure how far apart two points are, in the form that searches use: a *rank*, which orders pairs as the
 * distance does and is cheaper to compute, and the distance that belongs to a rank.
 */
export interface Metric {
  readonly name: string;
  /** Rank of the points that begin at `a` and `b`. */
  rank(x: Float64Array, a: number, y: Float64Array, b: number, cols: number): number;
  /**
   * The least rank that any point of a box can have, the box being given by its lower corner at `b` and its upper one after
   * it. Metrics without it can't be searched by a tree.
   */
  readonly boxRank?: ((x: Float64Array, a: number, box: Float64Array, b: number, cols: number) => number) | undefined;
  distance(rank: number): number;
  /** Rank of a distance. */
  rankOf(distance: number): number;
}

/** √Σ (x − y)², ranked by its square: summed in the order of the columns, as the engine sums it. */
export const euclidean: Metric = {
  name: 'euclidean',
  rank: (x, a, y, b, cols) => {
    let sum = 0;
    for (let c = 0; c < cols; c++) {
      const d = x[a + c]! - y[b + c]!;
      sum += d * d;
    }
    return sum;
  },
  boxRank: (x, a, box, b, cols) => {
    let sum = 0;
    for (let c = 0; c < cols; c++) {
      const v = x[a + c]!;
      const below = box[b + c]! - v;
      const above = v - box[b + cols + c]!;
      const gap = below > 0 ? below : above > 0 ? above : 0;
      sum += gap * gap;
    }
    return sum;
  },
  distance: Math.sqrt,
  rankOf: (distance) => distance * distance,
};
