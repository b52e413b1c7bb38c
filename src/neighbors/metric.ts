import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import type { Samples } from '../data/matrix';
import { type Ranking, squareBoxRank, squareRank } from '../ops/kd-tree/search';
import { unitRows } from './unit-rows';

/** How far apart two points are, by name. `'euclidean'` is `'minkowski'` with p = 2, `'manhattan'` with p = 1. */
export type MetricName = 'euclidean' | 'manhattan' | 'chebyshev' | 'minkowski' | 'cosine' | 'hamming';

/**
 * A way to measure how far apart two points are, in the form that searches use: a *rank*, which orders pairs as the
 * distance does and is cheaper to compute, and the distance that belongs to a rank.
 */
export interface Metric extends Ranking {
  readonly name: MetricName;
  /** Adds to a rank what columns that differ by `d` contribute: nothing for 0. */
  add(sum: number, d: number): number;
  distance(rank: number): number;
  /** Rank of a distance. */
  rankOf(distance: number): number;
  /** What is done to points and queries before they are measured. */
  readonly prepare?: ((X: Samples, role: 'points' | 'queries') => Samples) | undefined;
}

/** √Σ (x − y)², ranked by its square. */
export const euclidean: Metric = {
  name: 'euclidean',
  rank: squareRank,
  boxRank: squareBoxRank,
  add: (sum, d) => sum + d * d,
  distance: (rank) => Math.sqrt(rank),
  rankOf: (distance) => distance * distance,
};

/**
 * 1 − cos of the angle between two points. Among points of length 1 it is half the squared distance between them, without
 * the cancellation of 1 − x·y. Points at 0 have no direction and are 1 away from every other, as in scikit-learn: they get
 * a direction of their own, in a further column for points and another for queries.
 */
const cosine = (): Metric => ({
  ...euclidean,
  name: 'cosine',
  distance: (rank) => rank / 2,
  rankOf: (distance) => 2 * distance,
  prepare: unitRows,
});

function bySum(
  name: MetricName,
  add: (sum: number, d: number) => number,
  distance: (rank: number) => number = (rank) => rank,
  rankOf: (distance: number) => number = distance,
): Metric {
  return {
    name,
    add,
    rank: (x, a, y, b, cols) => {
      let sum = 0;
      for (let c = 0; c < cols; c++) sum = add(sum, x[a + c]! - y[b + c]!);
      return sum;
    },
    boxRank: (x, a, box, b, cols) => {
      let sum = 0;
      for (let c = 0; c < cols; c++) {
        const v = x[a + c]!;
        const below = box[b + c]! - v;
        const above = v - box[b + cols + c]!;
        sum = add(sum, below > 0 ? below : above > 0 ? above : 0);
      }
      return sum;
    },
    distance,
    rankOf,
  };
}

/** Every metric by name. */
export const METRICS: readonly MetricName[] = ['euclidean', 'manhattan', 'chebyshev', 'minkowski', 'cosine', 'hamming'];

/**
 * The metric of a name.
 *
 * @param p - the power of `'minkowski'`, at least 1.
 * @param cols - number of columns, which Hamming distances are a share of.
 * @throws ConfigError for an unknown name, or a p that makes no metric.
 */
export function metricOf(name: MetricName, p: number, cols: number, what: string): Metric {
  if (!METRICS.includes(name)) {
    throw new ConfigError(`${what}: metric must be one of ${METRICS.join(', ')}; got ${shown(name)}.`);
  }
  if (typeof p !== 'number' || !(p >= 1)) {
    throw new ConfigError(`${what}: p must be a number ≥ 1, got ${shown(p)}. Below 1 it does not measure distances.`);
  }
  const kind = name !== 'minkowski' ? name : p === 1 ? 'manhattan' : p === 2 ? 'euclidean' : p;
  if (kind === 'euclidean') return euclidean;
  if (kind === 'cosine') return cosine();
  if (kind === 'manhattan') return bySum(kind, (sum, d) => sum + Math.abs(d));
  if (kind === 'chebyshev' || kind === Infinity) return bySum('chebyshev', (sum, d) => Math.max(sum, Math.abs(d)));
  if (kind === 'hamming') {
    return bySum(
      kind,
      (sum, d) => (d === 0 ? sum : sum + 1),
      (rank) => rank / cols,
      // A share that is no whole number of columns must not lose one to rounding.
      (distance) => distance * cols * (1 + 1e-12),
    );
  }
  return bySum(
    'minkowski',
    (sum, d) => sum + Math.abs(d) ** p,
    (rank) => rank ** (1 / p),
    (distance) => distance ** p,
  );
}
