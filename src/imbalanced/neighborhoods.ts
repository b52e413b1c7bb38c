import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import { countFeatures, countSamples, type Dense, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { nearest } from '../neighbors/nearest';
import { distanceBetween, eachDistances } from './distances';
import { takeSamples } from './samples';
import { nearestSparse } from './sparse-nearest';
import { Candidates } from './tie-candidates';
import { buildTieTree, TieSearch } from './tie-order';

/** Beyond this many features, or for half of the points, scikit-learn compares all points instead of building a tree. */
const TREE_FEATURES = 15;

/** Throws unless `k` is a number of neighbours. */
export function checkCount(k: unknown, name: string, what: string): asserts k is number {
  if (!Number.isInteger(k) || (k as number) < 1)
    throw new ConfigError(`${what}: ${name} must be an integer ≥ 1, got ${shown(k)}.`);
}

/** The samples that others are near to: all, or some of them. */
export class Neighborhood {
  readonly #X: Samples;
  readonly #among: Int32Array;
  readonly #points: Samples;
  readonly #what: string;

  /**
   * @param X - all samples.
   * @param among - positions of those that count as neighbours.
   * @param what - who asks: begins every error message.
   */
  constructor(X: Samples, among: Int32Array, what: string) {
    this.#X = X;
    this.#among = among;
    const isAll = among.length === countSamples(X) && among.every((j, i) => i === j);
    this.#points = isAll ? X : takeSamples(X, among);
    this.#what = what;
  }

  /**
   * The k nearest of some samples, each sample itself among them if it is among the neighbours.
   *
   * @param queries - positions.
   * @param name - the option that k comes from.
   * @returns `[queries, k]` positions, nearest first. Equally near ones are in the order in which scikit-learn's k-d tree
   * finds them where it would use one; else the first comes first.
   * @throws ConfigError when there are fewer than k.
   */
  nearest(queries: Int32Array, k: number, name: string): Int32Array {
    const n = this.#among.length;
    if (k > n) {
      throw new ConfigError(
        `${this.#what}: ${name} needs ${k} samples to choose from, and there are ${n}. Make it smaller, or give more samples.`,
      );
    }
    const asked = takeSamples(this.#X, queries);
    return nearestSettled(asked, this.#points, k).map((j) => this.#among[j]!);
  }

  /**
   * The k nearest others: as imbalanced-learn does, the nearest of k + 1 is dropped, which is the sample itself unless
   * another lies in the same place.
   */
  others(queries: Int32Array, k: number, name: string): Int32Array {
    const all = this.nearest(queries, k + 1, name);
    return all.filter((_, i) => i % (k + 1) !== 0);
  }
}

/** Beyond as many products, comparing all points for the sake of their order would take too long. */
const MOST_WORK = 1e9;
/** Up to as many queries scikit-learn deals out the points to threads, and gathers what they find. */
const GATHERED = 2048;

/** The k nearest points of each query, equally near ones in the order in which scikit-learn finds them. */
function nearestSettled(asked: Samples, points: Samples, k: number): Int32Array {
  const n = countSamples(points);
  // One more than asked for shows whether the last of them is one of several equally near.
  const width = Math.min(k + 1, n);
  const found = nearestFirst(asked, points, width);
  const tied = tiedQueries(asked, points, found, width);
  const out = found.filter((_, i) => width === k || i % width < k);
  if (tied.length === 0) return out;
  if (!isSparse(points) && points.cols <= TREE_FEATURES && k < n >> 1) {
    const search = new TieSearch(buildTieTree(points), k);
    for (const q of tied) out.set(search.nearest((asked as Dense).data, q * points.cols), q * k);
  } else if (tied.length * n * countFeatures(points) <= MOST_WORK) {
    const candidates = new Candidates(k);
    eachDistances(takeSamples(asked, tied), points, (i, distances) => {
      candidates.clear();
      for (let j = 0; j < n; j++) candidates.push(distances[j]!, j);
      if (countSamples(asked) <= GATHERED) candidates.gather();
      out.set(candidates.sorted(), tied[i]! * k);
    });
  }
  return out;
}

/** The k nearest points of each query; of equally near ones the first comes first. */
function nearestFirst(asked: Samples, points: Samples, k: number): Int32Array {
  if (isSparse(points)) return nearestSparse(asked as typeof points, points, k);
  return nearest(asked as Dense, points, k).indices;
}

/** The queries some of whose found points are equally near. */
function tiedQueries(asked: Samples, points: Samples, found: Int32Array, width: number): Int32Array {
  const tied: number[] = [];
  for (let q = 0; q < countSamples(asked); q++) {
    let last = -1;
    for (let i = 0; i < width; i++) {
      const d = distanceBetween(asked, q, points, found[q * width + i]!);
      if (d === last) {
        tied.push(q);
        break;
      }
      last = d;
    }
  }
  return Int32Array.from(tied);
}
