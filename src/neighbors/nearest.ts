import { scope } from '../core/scope';
import type { Dense } from '../data/matrix';
import { tensor } from '../ops/create';
import { nearestRows, rowDistances } from '../ops/distance';
import { buildKdTree, type KdTree } from './kd-tree';
import { euclidean, type Metric } from './metric';
import { meanLeaves, searchAll } from './tree-search';

/** For each query its nearest points, nearest first. */
export interface Nearest {
  /** int32 `[queries, k]`: rows of the points. */
  readonly indices: Int32Array;
  /** float64 `[queries, k]`. */
  readonly distances: Float64Array;
}

export interface NearestOptions {
  /** Whether query i is point i, which then does not count as its own neighbour. */
  readonly excludeSelf?: boolean | undefined;
}

/**
 * The k nearest points of each query by Euclidean distance, nearest first; of equally near points the one with the lower row
 * comes first. By the engine or by a tree, whichever has less to do; the result is the same, to the bit.
 *
 * @param queries - m rows.
 * @param points - n rows of as many columns.
 * @param k - from 1 to n, or n − 1 with `excludeSelf`.
 */
export function nearest(
  queries: Dense,
  points: Dense,
  k: number,
  { excludeSelf = false }: NearestOptions = {},
): Nearest {
  const tree = queries.rows * points.rows < 1e5 ? null : treeIfCheaper(queries, points, k);
  if (tree === null) return nearestByEngine(queries, points, k, excludeSelf);
  return searchAll(tree, euclidean, queries, k, excludeSelf);
}

/** Points the engine measures while a tree looks at one leaf, about: 400 were measured for leaves of half the size. */
const PAIRS_PER_LEAF = 600;
/** The same where distances other than the Euclidean are measured one by one. */
const PLAIN_PAIRS_PER_LEAF = 40;
/** A tree's lists are kept in order by insertion: long ones are not for it. */
const LONGEST = 64;
/** Beyond it boxes cost as much as what they save. */
const MOST_COLUMNS = 32;

/**
 * A tree of the points, if searching it is less work than measuring all distances; else null. What a search costs depends
 * on how the points lie much more than on how many columns they have, so a few queries are tried.
 */
export function treeIfCheaper(queries: Dense, points: Dense, k: number, metric: Metric = euclidean): KdTree | null {
  const affordable = points.rows / (metric.rank === euclidean.rank ? PAIRS_PER_LEAF : PLAIN_PAIRS_PER_LEAF);
  if (affordable < 2 || k > LONGEST || points.cols > MOST_COLUMNS) return null;
  const tree = buildKdTree(points);
  return meanLeaves(tree, metric, queries, k) <= affordable ? tree : null;
}

/** By measuring all distances on the engine; `distance` is what their squares become. */
export function nearestByEngine(
  queries: Dense,
  points: Dense,
  k: number,
  excludeSelf: boolean,
  distance: (rank: number) => number = Math.sqrt,
): Nearest {
  return scope(() => {
    const p = tensor(points.data, { shape: [points.rows, points.cols] });
    const q = queries.data === points.data ? p : tensor(queries.data, { shape: [queries.rows, queries.cols] });
    const rows = nearestRows(q, p, { k, others: excludeSelf });
    const distances = rowDistances(q, p, rows).dataSync() as Float64Array;
    for (let i = 0; i < distances.length; i++) distances[i] = distance(distances[i]!);
    return { indices: rows.dataSync() as Int32Array, distances };
  });
}
