import { ConfigError, ShapeError } from '../core/errors';
import type { Seed } from '../core/rng';
import { shown } from '../core/shown';
import { type Dense, type Matrix, readMatrixAsync, type Samples } from '../data/matrix';
import { columnVariances } from '../data/moments';

/** What both ways of k-means can be told. */
export interface ClusterCenterOptions {
  /** How many clusters; 8 by default. */
  readonly nClusters?: number | undefined;
  /** How the first centres are found: `'k-means++'` (default), `'random'` samples, or the centres themselves. */
  readonly init?: 'k-means++' | 'random' | Matrix | undefined;
  /** How many runs from different first centres, of which the best counts; `'auto'` (default) is one for k-means++. */
  readonly nInit?: number | 'auto' | undefined;
  readonly seed?: Seed | undefined;
}

/** Throws unless `n` is an integer of at least `least`. */
export function checkInteger(n: unknown, least: number, name: string, what: string): number {
  if (Number.isInteger(n) && (n as number) >= least) return n as number;
  throw new ConfigError(`${what}: ${name} must be an integer ≥ ${least}, got ${shown(n)}.`);
}

/** Throws unless `x` is a number of at least 0. */
export function checkNonNegative(x: unknown, name: string, what: string): number {
  if (typeof x === 'number' && x >= 0 && x < Infinity) return x;
  throw new ConfigError(`${what}: ${name} must be a number ≥ 0, got ${shown(x)}.`);
}

/** Options that have to do with first centres, checked. */
export interface Seeding {
  readonly k: number;
  readonly init: 'k-means++' | 'random' | Dense;
  readonly runs: number;
}

/** @param randomRuns - how many runs `'auto'` is where first centres are drawn at random. */
export async function readSeeding(
  { nClusters = 8, init = 'k-means++', nInit = 'auto' }: ClusterCenterOptions,
  rows: number,
  cols: number,
  randomRuns: number,
  what: string,
): Promise<Seeding> {
  const k = checkInteger(nClusters, 1, 'nClusters', what);
  if (rows < k)
    throw new ShapeError(
      `${what}: ${rows} samples can't make ${k} clusters. Give more samples or a smaller nClusters.`,
    );
  const runs = nInit === 'auto' ? (init === 'random' ? randomRuns : 1) : checkInteger(nInit, 1, 'nInit', what);
  if (init === 'k-means++' || init === 'random') return { k, init, runs };
  if (typeof init === 'string' || typeof init === 'function') {
    throw new ConfigError(`${what}: init must be 'k-means++', 'random' or a matrix of centres, got ${shown(init)}.`);
  }
  const centers = await readMatrixAsync(init, `${what}: init`);
  if (centers.rows !== k || centers.cols !== cols) {
    throw new ShapeError(
      `${what}: init has shape [${centers.rows}, ${centers.cols}]; ${k} centres of ${cols} features are needed.`,
    );
  }
  return { k, init: centers, runs: 1 };
}

/** What tolerances are relative to: the mean over features of their variances. */
export function meanVariance(X: Samples): number {
  const variances = columnVariances(X);
  return variances.reduce((a, b) => a + b, 0) / variances.length;
}
