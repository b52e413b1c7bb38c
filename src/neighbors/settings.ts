import { ConfigError, ShapeError } from '../core/errors';
import { shown } from '../core/shown';
import { countFeatures, type Samples } from '../data/matrix';
import { checkOption } from '../metrics/warning';
import { type MetricName, metricOf } from './metric';
import { type NeighborsAlgorithm, PointIndex } from './point-index';

/** What all that goes by nearest neighbours can be told. */
export interface NeighborsOptions {
  /** How many neighbours; 5 by default. */
  readonly nNeighbors?: number | undefined;
  /** How far is near; 1 by default. */
  readonly radius?: number | undefined;
  /**
   * `'auto'` (default): a k-d tree where it has less to do than measuring all distances; `'brute'`, `'kdTree'`. The
   * neighbours are the same.
   */
  readonly algorithm?: NeighborsAlgorithm | undefined;
  /** `'minkowski'` by default, which with `p` = 2 is `'euclidean'`. */
  readonly metric?: MetricName | undefined;
  /** The power of `'minkowski'`: 2 by default. */
  readonly p?: number | undefined;
}

export const SEARCH_OPTIONS = ['algorithm', 'metric', 'p'] as const;

/** The points, ready to be searched as the options say. */
export function indexPoints(points: Samples, options: NeighborsOptions, k: number, what: string): PointIndex {
  const { algorithm = 'auto', metric = 'minkowski', p = 2 } = options;
  checkOption(algorithm, ['auto', 'brute', 'kdTree'], 'algorithm', what);
  return new PointIndex(points, metricOf(metric, p, countFeatures(points), what), algorithm, k, what);
}

/** Throws unless `k` neighbours can be found among `most` points. */
export function checkNeighbors(k: unknown, most: number, what: string): number {
  checkCount(k, 'nNeighbors', what);
  if ((k as number) > most) {
    throw new ShapeError(`${what}: nNeighbors is ${k}, but there are only ${most} points. Ask for at most ${most}.`);
  }
  return k as number;
}

/** Throws unless `n` is a positive integer. */
export function checkCount(n: unknown, name: string, what: string): void {
  if (!Number.isInteger(n) || (n as number) < 1)
    throw new ConfigError(`${what}: ${name} must be an integer ≥ 1, got ${shown(n)}.`);
}

/** Throws unless `radius` is a distance. */
export function checkRadius(radius: unknown, what: string): number {
  if (typeof radius !== 'number' || !(radius >= 0) || radius === Infinity)
    throw new ConfigError(`${what}: radius must be a number ≥ 0, got ${shown(radius)}.`);
  return radius;
}
