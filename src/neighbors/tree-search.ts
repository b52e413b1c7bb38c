import { scope } from '../core/scope';
import type { Dense } from '../data/matrix';
import { tensor } from '../ops/create';
import { rowDistances } from '../ops/distance';
import { treeNearest } from '../ops/kd-tree/nearest';
import { searchEach, squareRank, TreeSearch } from '../ops/kd-tree/search';
import type { Nearest } from './found';
import type { PointTree } from './kd-tree';
import type { Metric } from './metric';

/**
 * Beyond it, bringing the tree to the engine costs more than what searching there saves. Both ways took as long for 30 to
 * 100 points per query: 1e4 to 1e6 points of 3 columns, 5 nearest, two threads.
 */
const MOST_POINTS_PER_QUERY = 50;

/** A search to be done for all queries, in an order. */
interface Search {
  readonly tree: PointTree;
  readonly queries: Dense;
  readonly order: Int32Array;
  readonly k: number;
  readonly excludeSelf: boolean;
}

/** The k nearest points of every query, as `nearest` gives them. */
export function searchAll(tree: PointTree, metric: Metric, queries: Dense, k: number, excludeSelf: boolean): Nearest {
  // Where the queries are the points, they are taken leaf by leaf: what the last search read is what the next one needs.
  const order = isSame(queries, tree.source) ? tree.rows : upTo(queries.rows);
  const search: Search = { tree, queries, order, k, excludeSelf };
  const isForEngine = metric.rank === squareRank && tree.source.rows <= MOST_POINTS_PER_QUERY * queries.rows;
  const { indices, distances } = isForEngine ? searchByEngine(search) : searchHere(search, metric);
  for (let i = 0; i < distances.length; i++) distances[i] = metric.distance(distances[i]!);
  return { indices, distances };
}

function upTo(n: number): Int32Array {
  const numbers = new Int32Array(n);
  for (let i = 0; i < n; i++) numbers[i] = i;
  return numbers;
}

/** Whether two tables hold the same: a model's points are a copy of what it was fitted with, which is often asked about. */
function isSame(a: Dense, b: Dense): boolean {
  if (a.data === b.data) return a.rows === b.rows;
  if (a.data.length !== b.data.length) return false;
  for (let i = 0; i < a.data.length; i++) if (a.data[i] !== b.data[i]) return false;
  return true;
}

/** By the engine; ranks instead of distances. */
function searchByEngine({ tree, queries, order, k, excludeSelf }: Search): Nearest {
  return scope(() => {
    const { source, cols } = tree;
    const points = tensor(source.data, { shape: [source.rows, cols] });
    const q = queries.data === source.data ? points : tensor(queries.data, { shape: [queries.rows, cols] });
    const parts = {
      points: tensor(tree.points, { shape: [source.rows, cols] }),
      rows: tensor(tree.rows),
      boxes: tensor(tree.boxes, { shape: [2 * tree.starts.length - 3, 2, cols] }),
    };
    const rows = treeNearest(q, parts, order === tree.rows ? parts.rows : tensor(order), { k, others: excludeSelf });
    const distances = rowDistances(q, points, rows);
    return { indices: rows.dataSync() as Int32Array, distances: distances.dataSync() as Float64Array };
  });
}

/** One by one; ranks instead of distances. */
function searchHere({ tree, queries, order, k, excludeSelf }: Search, metric: Metric): Nearest {
  const indices = new Int32Array(queries.rows * k);
  const distances = new Float64Array(queries.rows * k);
  const each = { data: queries.data, order, others: excludeSelf };
  searchEach(new TreeSearch(tree, metric, k), each, (q, { rows, ranks }) => {
    indices.set(rows, q * k);
    distances.set(ranks, q * k);
  });
  return { indices, distances };
}

const PROBES = 32;

/** How many leaves a search looks at: the mean of a few, spread over the queries. */
export function meanLeaves(tree: PointTree, metric: Metric, { data, rows, cols }: Dense, k: number): number {
  const search = new TreeSearch(tree, metric, k);
  const probes = Math.min(PROBES, rows);
  let leaves = 0;
  for (let i = 0; i < probes; i++) leaves += search.find(data, Math.floor((i * rows) / probes) * cols, -1);
  return leaves / probes;
}
