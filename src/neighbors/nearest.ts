import { scope } from '../core/scope';
import type { Dense } from '../data/matrix';
import { tensor } from '../ops/create';
import { nearestRows, rowDistances } from '../ops/distance';
import type { Nearest } from './found';
import { buildKdTree, type PointTree } from './kd-tree';
import { euclidean, type Metric } from './metric';
import { meanLeaves, searchAll } from './tree-search';

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
  const tree = queries.rows < FEWEST_QUERIES ? null : treeIfCheaper(queries, points, k);
  if (tree === null) return nearestByEngine(queries, points, k, excludeSelf);
  return searchAll(tree, euclidean, queries, k, excludeSelf);
}

/**
 * Points the engine measures while it looks at one leaf. Of 2e4 normally distributed points, 20 to a leaf, 5 nearest, Node 20
 * and 24 alike: 400 to 600 for 2 and 3 columns, where trees are far better anyway; about 260 for 5 and 8, and 180 for 10 to
 * 24. For 30 nearest of 8 columns, 85.
 */
const PAIRS_PER_LEAF = 250;
/** The same where distances other than the Euclidean are measured one by one: 22 to 29 of 6 and 10 columns. */
const PLAIN_PAIRS_PER_LEAF = 30;
/** Fewer leaves than these are seldom enough, and building the tree takes longer than all distances do. */
const LEAST_AFFORDABLE = 8;
/** A point costs as much to build a tree of as this many distances by the engine: 440 to 900 ns, and 0.7 to 0.9 each. */
const FEWEST_QUERIES = 1000;
/** A tree's lists are kept in order by insertion: long ones are not for it. */
const LONGEST = 64;
/** Beyond it boxes cost as much as what they save. */
const MOST_COLUMNS = 32;

/**
 * A tree of the points, if searching it is less work than measuring all distances; else null. What a search costs depends
 * on how the points lie much more than on how many columns they have, so a few queries are tried.
 */
export function treeIfCheaper(queries: Dense, points: Dense, k: number, metric: Metric = euclidean): PointTree | null {
  const [pairs, least] =
    metric.rank === euclidean.rank ? [PAIRS_PER_LEAF, LEAST_AFFORDABLE] : [PLAIN_PAIRS_PER_LEAF, 2];
  const affordable = points.rows / pairs;
  if (affordable < least || k > LONGEST || points.cols > MOST_COLUMNS) return null;
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
