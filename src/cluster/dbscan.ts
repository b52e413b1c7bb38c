import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { FitOptions } from '../data/estimator';
import { countFeatures, countSamples, type Matrix, readSamplesAsync } from '../data/matrix';
import { readWeights } from '../data/vector';
import type { ModelState } from '../estimator/state';
import { toJSON } from '../estimator/state';
import { checkOption } from '../metrics/warning';
import { METRICS, type MetricName, metricOf } from '../neighbors/metric';
import { type NeighborsAlgorithm, PointIndex } from '../neighbors/point-index';
import { checkInteger } from './settings';

export interface DBSCANOptions {
  /** How far neighbours may be apart; 0.5 by default. */
  readonly eps?: number | undefined;
  /** How many samples, or how much weight, must be near a core sample, itself included; 5 by default. */
  readonly minSamples?: number | undefined;
  /** `'euclidean'` by default. */
  readonly metric?: MetricName | undefined;
  /** The power of `'minkowski'`: 2 by default. */
  readonly p?: number | undefined;
  /** How neighbours are looked for; `'auto'` by default. */
  readonly algorithm?: NeighborsAlgorithm | undefined;
}

/**
 * Finds clusters as regions where samples are dense: samples with `minSamples` within `eps` are cores, cores near each other
 * are of one cluster, and what is near a core belongs to it; the rest is noise.
 *
 * Clusters are numbered in the order of their first core sample; a sample near cores of several goes to the first.
 *
 * Reference: Ester, Kriegel, Sander, Xu 1996, “A Density-Based Algorithm for Discovering Clusters in Large Spatial
 * Databases with Noise”.
 *
 * @example
 * ```ts
 * import { DBSCAN } from 'kompakt/cluster';
 * const model = await new DBSCAN({ eps: 1, minSamples: 2 }).fit([[0], [1], [5], [9], [9.5]]);
 * console.log(Array.from(model.labels)); // → [ 0, 0, -1, 1, 1 ]
 * ```
 */
export class DBSCAN {
  readonly name = 'DBSCAN' as const;
  readonly options: DBSCANOptions;

  /** @param options - see {@link DBSCANOptions}; checked by `fit`. */
  constructor(options: DBSCANOptions = {}) {
    this.options = options;
  }

  /**
   * Finds the clusters.
   *
   * @param X - `[samples, features]`, dense or sparse, finite numbers.
   * @param _y - not looked at: it stands where other estimators take labels.
   * @param options - `sampleWeight`: how many samples each counts as.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that is no matrix.
   */
  async fit(X: Matrix, _y?: unknown, options: FitOptions = {}): Promise<FittedDBSCAN> {
    const what = `${this.name}.fit`;
    checkOptions(this.options, ['eps', 'minSamples', 'metric', 'p', 'algorithm'], what);
    checkOptions(options, ['sampleWeight'], what);
    const { eps = 0.5, minSamples = 5, metric = 'euclidean', p = 2, algorithm = 'auto' } = this.options;
    if (typeof eps !== 'number' || !(eps > 0) || eps === Infinity)
      throw new ConfigError(`${what}: eps must be a number > 0, got ${shown(eps)}.`);
    checkInteger(minSamples, 1, 'minSamples', what);
    checkOption(metric, METRICS, 'metric', what);
    checkOption(algorithm, ['auto', 'brute', 'kdTree'], 'algorithm', what);
    const samples = await readSamplesAsync(X, `${what}: X`);
    const n = countSamples(samples);
    const weights = readWeights(options.sampleWeight, n, what);
    const index = new PointIndex(
      samples,
      metricOf(metric, p, countFeatures(samples), what),
      algorithm,
      minSamples,
      what,
    );
    const { indices } = index.within(samples, eps);
    const isCore = indices.map(
      (near) => (weights === null ? near.length : near.reduce((sum, j) => sum + weights[j]!, 0)) >= minSamples,
    );
    return new FittedDBSCAN({
      labels: spread(indices, isCore),
      coreSampleIndices: Int32Array.from(isCore.keys()).filter((i) => isCore[i]!),
      nFeatures: countFeatures(samples),
    });
  }
}

/** Labels of the samples, from who is near whom: clusters grow from one core to the next. */
function spread(near: readonly Int32Array[], isCore: readonly boolean[]): Int32Array {
  const labels = new Int32Array(near.length).fill(-1);
  let cluster = 0;
  for (let first = 0; first < near.length; first++) {
    if (labels[first] !== -1 || !isCore[first]) continue;
    labels[first] = cluster;
    const growing = [first];
    for (let i = growing.pop(); i !== undefined; i = growing.pop()) {
      for (const j of near[i]!) {
        if (labels[j] !== -1) continue;
        labels[j] = cluster;
        if (isCore[j]) growing.push(j);
      }
    }
    cluster++;
  }
  return labels;
}

interface Parts {
  readonly labels: Int32Array;
  readonly coreSampleIndices: Int32Array;
  readonly nFeatures: number;
}

/** What `DBSCAN.fit` returns. It knows the samples of fit only: density says nothing about a new one. */
export class FittedDBSCAN {
  static readonly type = 'DBSCAN';
  readonly name = 'DBSCAN' as const;
  /** int32 `[samples]`: the cluster of each, -1 for noise. */
  readonly labels: Int32Array;
  /** int32: positions of the core samples. */
  readonly coreSampleIndices: Int32Array;
  readonly nFeatures: number;

  constructor({ labels, coreSampleIndices, nFeatures }: Parts) {
    this.labels = labels;
    this.coreSampleIndices = coreSampleIndices;
    this.nFeatures = nFeatures;
  }

  /** All that was found, as data; `fromState` makes the model again. */
  toState(): ModelState {
    const { labels, coreSampleIndices, nFeatures } = this;
    return { type: this.name, labels, coreSampleIndices, nFeatures };
  }

  toJSON(): unknown {
    return toJSON(this.toState());
  }

  static fromState(state: ModelState): FittedDBSCAN {
    return new FittedDBSCAN(state as unknown as Parts);
  }
}
