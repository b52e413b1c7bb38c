import { MiniBatchKMeans } from '../cluster/mini-batch-k-means';
import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import { asMatrix, type Matrix } from '../data/matrix';
import { eachDistances } from './distances';
import { interpolate } from './interpolate';
import { checkCount, Neighborhood } from './neighborhoods';
import { OverSampler } from './over-sampler';
import { type Added, type Given, membersOf, streams } from './resample';
import { takeSamples } from './samples';
import type { Plan } from './sampling-strategy';
import type { SMOTEOptions } from './smote';

/** What divides samples into clusters: {@link MiniBatchKMeans} and its like. */
export interface ClusterEstimator {
  fit(X: Matrix): Promise<{ readonly labels: ArrayLike<number> }>;
}

export interface KMeansSMOTEOptions extends SMOTEOptions {
  /** A number of clusters, or what finds them; `new MiniBatchKMeans()`, with the same seed, by default. */
  readonly kmeansEstimator?: number | ClusterEstimator | undefined;
  /** The least share of a class for a cluster to get samples of it; `'auto'` (default): half of what share the class is of all that is added. */
  readonly clusterBalanceThreshold?: number | 'auto' | undefined;
  /** Exponent of the mean distance in the sparsity of a cluster; `'auto'` (default): 0.16·(log₁.₆ n)^1.8. */
  readonly densityExponent?: number | 'auto' | undefined;
}

/**
 * SMOTE within clusters in which a class is not rare, and more of it where the class lies sparse.
 *
 * A cluster's part of the new samples goes by (mean distance)^e / n over its n samples of the class; each part is rounded up,
 * so that there may be a few more than asked for.
 *
 * Reference: Last, Douzas & Bação 2017, “Oversampling for Imbalanced Learning Based on K-Means and SMOTE”, arXiv:1711.00837.
 *
 * @example
 * ```ts
 * import { KMeansSMOTE } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [3], [10], [11], [12], [13], [14], [15], [20], [21], [22], [23]];
 * const y = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
 * const { X: rows } = await new KMeansSMOTE({ kmeansEstimator: 3, seed: 1 }).fitResample(X, y);
 * console.log(rows.slice(14).every(([x]) => x! <= 3)); // → true
 * ```
 */
export class KMeansSMOTE extends OverSampler<KMeansSMOTEOptions> {
  readonly name = 'KMeansSMOTE' as const;
  protected readonly known = ['kNeighbors', 'kmeansEstimator', 'clusterBalanceThreshold', 'densityExponent'];

  /**
   * @param options - `samplingStrategy = 'auto'`, `kNeighbors = 2`, `kmeansEstimator`, `clusterBalanceThreshold = 'auto'`,
   * `densityExponent = 'auto'`, `seed`; checked by `fitResample`.
   */
  constructor(options: KMeansSMOTEOptions = {}) {
    super(options);
  }

  protected override async synthesize(given: Given, plan: Plan, what: string): Promise<readonly Added[]> {
    const { kNeighbors: k = 2, clusterBalanceThreshold = 'auto', densityExponent = 'auto', seed } = this.options;
    checkCount(k, 'kNeighbors', what);
    checkAutoOrNumber(clusterBalanceThreshold, 'clusterBalanceThreshold', what);
    checkAutoOrNumber(densityExponent, 'densityExponent', what);
    if (plan.size === 0) return [];
    const clusters = await this.#clusters(given, what);
    const total = [...plan.values()].reduce((a, b) => a + b, 0);
    const next = streams(seed);
    return [...plan].flatMap(([c, count]) => {
      const least = clusterBalanceThreshold === 'auto' ? count / total / 2 : clusterBalanceThreshold;
      const groups = clusters.flatMap((cluster) => {
        const own = cluster.filter((i) => given.codes[i] === c);
        const isEnough = clusters.length === 1 || own.length / cluster.length >= least;
        return isEnough && own.length > k ? [own] : [];
      });
      if (groups.length === 0) {
        throw new ConfigError(
          `${what}: no cluster has more than ${k} samples of class ${shown(given.classes[c])} and enough of a share of it. Lower ` +
            'clusterBalanceThreshold, or change the number of clusters.',
        );
      }
      const weights = groups.map((own) => sparsity(given, own, densityExponent));
      const sum = weights.reduce((a, b) => a + b, 0);
      return groups.map((own, g) => {
        // Where all samples lie in one place, no cluster is sparser than others.
        const part = sum > 0 ? weights[g]! / sum : 1 / groups.length;
        const to = new Neighborhood(given.X, own, what).others(own, k, 'kNeighbors');
        const rows = interpolate(given.X, { from: own, to }, Math.ceil(count * part), next());
        return { rows, label: given.classes[c]! };
      });
    });
  }

  /** The samples of each cluster. */
  async #clusters(given: Given, what: string): Promise<Int32Array[]> {
    const { kmeansEstimator: wanted, seed } = this.options;
    if (typeof wanted === 'number') checkCount(wanted, 'kmeansEstimator', what);
    const estimator =
      wanted === undefined || typeof wanted === 'number' ? new MiniBatchKMeans({ nClusters: wanted, seed }) : wanted;
    if (typeof estimator?.fit !== 'function')
      throw new ConfigError(
        `${what}: kmeansEstimator must be a number of clusters or an estimator, got ${shown(wanted)}.`,
      );
    const { labels } = await estimator.fit(asMatrix(given.X));
    if (labels === undefined)
      throw new ConfigError(`${what}: kmeansEstimator gives no labels once fitted. Give one such as MiniBatchKMeans.`);
    const codes = Int32Array.from(labels);
    const n = codes.reduce((most, cluster) => Math.max(most, cluster + 1), 0);
    return Array.from({ length: n }, (_, cluster) => membersOf(codes, cluster)).filter((c) => c.length > 0);
  }
}

function checkAutoOrNumber(value: unknown, name: string, what: string): void {
  if (value !== 'auto' && !Number.isFinite(value))
    throw new ConfigError(`${what}: ${name} must be 'auto' or a number, got ${shown(value)}.`);
}

/** How sparse some samples lie. */
function sparsity(given: Given, own: Int32Array, exponent: number | 'auto'): number {
  const n = own.length;
  const points = takeSamples(given.X, own);
  let sum = 0;
  eachDistances(points, points, (i, squares) => {
    squares.forEach((d, j) => {
      if (j !== i) sum += Math.sqrt(d);
    });
  });
  const power = exponent === 'auto' ? (Math.log(n) / Math.log(1.6)) ** 1.8 * 0.16 : exponent;
  return (sum / (n * n - n)) ** power / n;
}
