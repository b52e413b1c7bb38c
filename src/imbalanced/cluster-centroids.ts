import { KMeans } from '../cluster/k-means';
import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import { shown } from '../core/shown';
import type { Tensor } from '../core/tensor';
import type { Resampled } from '../data/estimator';
import { type Labels, labelsLike } from '../data/labels';
import { asMatrix, type Dense, type Matrix, readMatrixAsync } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';
import { withParams } from '../estimator/params';
import { checkOption } from '../metrics/warning';
import { Neighborhood } from './neighborhoods';
import { type Given, membersOf, readGiven } from './resample';
import { samplesLike, stack, takeSamples } from './samples';
import { planSampling, type SamplingStrategy } from './sampling-strategy';

/** What finds cluster centres, and has an option `nClusters`: {@link KMeans} and its like. */
export interface CenterEstimator {
  readonly options: object;
  fit(X: Matrix): Promise<{ readonly clusterCenters: Tensor }>;
}

export interface ClusterCentroidsOptions {
  /** How many samples each class should keep; `'auto'` (default): as many as the rarest has. */
  readonly samplingStrategy?: SamplingStrategy | undefined;
  readonly seed?: Seed | undefined;
  /** What finds the centres; `new KMeans()`, with the same seed, by default. Its `nClusters` is set. */
  readonly estimator?: CenterEstimator | undefined;
  /** What stands for a cluster: `'soft'`, its centre; `'hard'`, the sample nearest to it; `'auto'` (default): hard for sparse samples. */
  readonly voting?: 'auto' | 'hard' | 'soft' | undefined;
}

/**
 * Replaces frequent classes by the centres of as many clusters as samples are wanted.
 *
 * Reference: Yen & Lee 2009, “Cluster-Based Under-Sampling Approaches for Imbalanced Data Distributions”.
 *
 * @example
 * ```ts
 * import { ClusterCentroids } from 'kompakt/imbalanced';
 * const X = [[0], [2], [10], [12], [20], [21]];
 * const { X: rows, y } = await new ClusterCentroids({ seed: 1 }).fitResample(X, [0, 0, 0, 0, 1, 1]);
 * console.log(rows.map(([x]) => x).sort().join(), y); // → 1,11,20,21 [ 0, 0, 1, 1 ]
 * ```
 */
export class ClusterCentroids {
  readonly name = 'ClusterCentroids' as const;
  readonly options: ClusterCentroidsOptions;

  /** @param options - `samplingStrategy = 'auto'`, `estimator`, `voting = 'auto'`, `seed`; checked by `fitResample`. */
  constructor(options: ClusterCentroidsOptions = {}) {
    this.options = options;
  }

  /**
   * Resamples a labelled set.
   *
   * @param X - `[samples, features]`, finite numbers; a sparse matrix stays one. Not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in, class by class.
   * @throws ConfigError for NaN or infinity, one class, a strategy that does not fit, or an estimator without centres.
   */
  async fitResample<M extends Matrix, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = 'ClusterCentroids.fitResample';
    checkOptions(this.options, ['samplingStrategy', 'seed', 'estimator', 'voting'], what);
    const { samplingStrategy = 'auto', seed, estimator = new KMeans({ seed }), voting = 'auto' } = this.options;
    checkOption(voting, ['auto', 'hard', 'soft'], 'voting', what);
    if (typeof estimator?.fit !== 'function')
      throw new ConfigError(`${what}: estimator must be an estimator such as new KMeans(), got ${shown(estimator)}.`);
    const given = await readGiven(X, y, what);
    const plan = planSampling(samplingStrategy, 'under', given, y, what);
    const isHard = voting === 'hard' || (voting === 'auto' && isSparse(given.X));
    const parts = [];
    const labels = [];
    for (const [c, label] of given.classes.entries()) {
      const members = membersOf(given.codes, c);
      const count = plan.get(c) ?? members.length;
      parts.push(
        plan.has(c) && count > 0
          ? await represent(given, members, count, estimator, isHard, what)
          : takeSamples(given.X, members.subarray(0, count)),
      );
      for (let i = 0; i < count; i++) labels.push(label);
    }
    return { X: samplesLike(X, stack(parts)), y: labelsLike(y, labels) };
  }
}

/** What stands for the clusters of some samples. */
async function represent(
  given: Given,
  members: Int32Array,
  count: number,
  estimator: CenterEstimator,
  isHard: boolean,
  what: string,
): Promise<Given['X']> {
  const own = takeSamples(given.X, members);
  const { clusterCenters } = await withParams(estimator, { nClusters: count }).fit(asMatrix(own));
  if (clusterCenters === undefined)
    throw new ConfigError(`${what}: the estimator has no clusterCenters once fitted. Give one such as KMeans.`);
  const centers: Dense = await readMatrixAsync(clusterCenters, `${what}: clusterCenters`);
  const { data, rows, cols } = centers;
  const matching = isSparse(own) ? CsrMatrix.fromDense({ data, shape: [rows, cols] }) : centers;
  if (!isHard) return matching;
  const all = stack([own, matching]);
  const range = (from: number, n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => from + i);
  const near = new Neighborhood(all, range(0, members.length), what).nearest(
    range(members.length, rows),
    1,
    'a centre',
  );
  return takeSamples(own, near);
}
