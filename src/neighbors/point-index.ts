import { ConfigError } from '../core/errors';
import { countSamples, type Dense, type Samples } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';
import { TreeSearch } from '../ops/kd-tree/search';
import { bruteNearest, rankRows } from './brute-search';
import type { Nearest } from './found';
import { buildKdTree, type PointTree } from './kd-tree';
import { euclidean, type Metric } from './metric';
import { nearestByEngine, treeIfCheaper } from './nearest';
import { searchAll } from './tree-search';

/** How neighbours are looked for: the result is the same. */
export type NeighborsAlgorithm = 'auto' | 'brute' | 'kdTree';

/** All points within a radius of each query, nearest first. */
export interface Within {
  readonly indices: Int32Array[];
  readonly distances: Float64Array[];
}

/** Points that nearest neighbours are looked for among. */
export class PointIndex {
  readonly #points: Samples;
  readonly #tree: PointTree | null;

  /**
   * @param points - the points; kept as they are.
   * @param k - how many neighbours are likely to be asked for, which `'auto'` goes by.
   * @throws ConfigError where a tree is asked for and the points are sparse.
   */
  constructor(
    readonly points: Samples,
    readonly metric: Metric,
    algorithm: NeighborsAlgorithm,
    k: number,
    what: string,
  ) {
    this.#points = metric.prepare?.(points, 'points') ?? points;
    this.#tree = isSparse(this.#points)
      ? refuseTree(algorithm, what)
      : algorithm === 'kdTree'
        ? buildKdTree(this.#points)
        : algorithm === 'auto'
          ? treeIfCheaper(this.#points, this.#points, Math.min(k, this.#points.rows), metric)
          : null;
  }

  /** How neighbours are found: `'auto'` has become one of the others. */
  get algorithm(): 'brute' | 'kdTree' {
    return this.#tree === null ? 'brute' : 'kdTree';
  }

  /**
   * The k nearest points of each query.
   *
   * @param queries - samples of as many columns; null: the points themselves, none being its own neighbour.
   * @param k - at most as many as there are to choose from.
   */
  nearest(queries: Samples | null, k: number): Nearest {
    const q = this.#queries(queries);
    if (isSparse(q) || isSparse(this.#points)) return bruteNearest(q, this.#points, this.metric, k, queries === null);
    if (this.#tree !== null) return searchAll(this.#tree, this.metric, q, k, queries === null);
    if (this.metric.rank !== euclidean.rank) return bruteNearest(q, this.#points, this.metric, k, queries === null);
    return nearestByEngine(q, this.#points, k, queries === null, this.metric.distance);
  }

  /** All points no farther than `radius` from each query, nearest first; see {@link nearest}. */
  within(queries: Samples | null, radius: number): Within {
    const q = this.#queries(queries);
    const limit = this.metric.rankOf(radius);
    const ranksOf = this.#ranksWithin(q, limit);
    const out: Within = { indices: [], distances: [] };
    for (let i = 0; i < countSamples(q); i++) {
      const { rows, ranks } = ranksOf(i);
      const order = Array.from(rows.keys()).filter((at) => queries !== null || rows[at] !== i);
      order.sort((a, b) => ranks[a]! - ranks[b]! || rows[a]! - rows[b]!);
      out.indices.push(Int32Array.from(order, (at) => rows[at]!));
      out.distances.push(Float64Array.from(order, (at) => this.metric.distance(ranks[at]!)));
    }
    return out;
  }

  #ranksWithin(q: Samples, limit: number): (i: number) => { readonly rows: number[]; readonly ranks: number[] } {
    if (this.#tree !== null) {
      const search = new TreeSearch(this.#tree, this.metric, 1);
      return (i) => search.within((q as Dense).data, i * (q as Dense).cols, limit);
    }
    const row = rankRows(q, this.#points, this.metric);
    const all = new Float64Array(countSamples(this.#points));
    return (i) => {
      row(i, all);
      const rows: number[] = [];
      for (let j = 0; j < all.length; j++) if (all[j]! <= limit) rows.push(j);
      return { rows, ranks: rows.map((j) => all[j]!) };
    };
  }

  /** Queries in the form of the points: a few of them may be made dense or sparse, the points never. */
  #queries(queries: Samples | null): Samples {
    const given = queries ?? this.points;
    const alike =
      isSparse(given) === isSparse(this.points) ? given : isSparse(given) ? toDense(given) : toSparse(given as Dense);
    if (queries !== null || this.metric.prepare !== undefined) return this.metric.prepare?.(alike, 'queries') ?? alike;
    return this.#points;
  }
}

function refuseTree(algorithm: NeighborsAlgorithm, what: string): null {
  if (algorithm !== 'kdTree') return null;
  throw new ConfigError(`${what}: sparse samples can't be put into a k-d tree. Use algorithm 'brute' or 'auto'.`);
}

function toDense(X: CsrMatrix): Dense {
  return { data: X.toDense().data, rows: X.shape[0], cols: X.shape[1] };
}

function toSparse({ data, rows, cols }: Dense): CsrMatrix {
  return CsrMatrix.fromDense({ data, shape: [rows, cols] });
}
