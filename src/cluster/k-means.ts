import { NotConvergedWarning } from '../core/errors';
import { checkOptions } from '../core/options';
import { Rng, toRng } from '../core/rng';
import type { FitOptions } from '../data/estimator';
import { type Matrix, readSamplesAsync } from '../data/matrix';
import { centred, columnMeans } from '../data/moments';
import { isSparse } from '../data/sparse';
import { readWeights } from '../data/vector';
import { FittedKMeans } from './fitted-k-means';
import { type Clustering, lloyd } from './lloyd';
import { type Points, pointsOf, sizeOf } from './points';
import { centersAt, seedPlusPlus, seedRandom } from './seeding';
import {
  type ClusterCenterOptions,
  checkInteger,
  checkNonNegative,
  meanVariance,
  readSeeding,
  type Seeding,
} from './settings';

export interface KMeansOptions extends ClusterCenterOptions {
  /** Most iterations of one run; 300 by default. */
  readonly maxIter?: number | undefined;
  /** Centres have settled when their squared movements add up to no more than this times the mean variance; 1e-4. */
  readonly tol?: number | undefined;
}

/**
 * Divides samples into k clusters by Lloyd's algorithm: minimises Σ wᵢ ‖xᵢ − c(xᵢ)‖² over centres c.
 *
 * With `seed: numpyRandom(n)` the first centres, and with them the clusters, are those of scikit-learn 1.2 with
 * `random_state=n`; later versions draw the first centre otherwise.
 *
 * Reference: Lloyd 1982, “Least Squares Quantization in PCM”.
 *
 * @example
 * ```ts
 * import { KMeans } from 'kompakt/cluster';
 * const model = await new KMeans({ nClusters: 2, seed: 1 }).fit([[0], [1], [9], [10]]);
 * console.log(model.inertia, model.predict([[2]])[0] === model.labels[0]); // → 1 true
 * ```
 */
export class KMeans {
  readonly name = 'KMeans' as const;
  readonly options: KMeansOptions;

  /** @param options - see {@link KMeansOptions}; checked by `fit`. */
  constructor(options: KMeansOptions = {}) {
    this.options = options;
  }

  /**
   * Finds the clusters.
   *
   * @param X - `[samples, features]`, dense or sparse, finite numbers.
   * @param _y - not looked at: it stands where other estimators take labels, so that pipelines can fit any of them.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample. First centres are drawn without them.
   * @returns the model; `warnings` has one if fewer clusters than asked for were found.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for fewer samples than clusters.
   */
  async fit(X: Matrix, _y?: unknown, options: FitOptions = {}): Promise<FittedKMeans> {
    const what = `${this.name}.fit`;
    checkOptions(this.options, ['nClusters', 'init', 'nInit', 'maxIter', 'tol', 'seed'], what);
    checkOptions(options, ['sampleWeight'], what);
    const maxIter = checkInteger(this.options.maxIter ?? 300, 1, 'maxIter', what);
    const tol = checkNonNegative(this.options.tol ?? 1e-4, 'tol', what);
    const samples = await readSamplesAsync(X, `${what}: X`);
    const { rows, cols } = sizeOf(samples);
    const weights = readWeights(options.sampleWeight, rows, what);
    const seeding = await readSeeding(this.options, rows, cols, 10, what);
    const { seed } = this.options;
    const rng = seed instanceof Rng ? seed.restart() : toRng(seed);
    const shift = isSparse(samples) ? new Float64Array(cols) : columnMeans(samples);
    // Dense samples are moved to their mean, where distances lose fewer digits.
    const points = pointsOf(isSparse(samples) ? samples : centred(samples, shift));
    const tolerance = tol === 0 ? 0 : tol * meanVariance(samples);
    let best: Clustering | null = null;
    for (let run = 0; run < seeding.runs; run++) {
      const found = lloyd(points, weights, firstCenters(points, seeding, shift, rng), maxIter, tolerance);
      if (best === null || (found.inertia < best.inertia && !isSameClustering(found.labels, best.labels, seeding.k)))
        best = found;
    }
    const { centers, labels, inertia, nIter } = best!;
    for (let at = 0; at < centers.length; at++) centers[at]! += shift[at % cols]!;
    const warnings = warnOfFew(labels, seeding.k);
    return new FittedKMeans({ name: this.name, centers, nFeatures: cols, labels, inertia, nIter, warnings });
  }
}

function firstCenters(points: Points, { k, init }: Seeding, shift: Float64Array, rng: Rng): Float64Array {
  if (init === 'k-means++') return centersAt(points, seedPlusPlus(points, k, rng));
  if (init === 'random') return centersAt(points, seedRandom(points, k, rng));
  return init.data.map((v, at) => v - shift[at % points.cols]!);
}

/** Whether two labellings differ in the numbers of the clusters only. */
function isSameClustering(a: Int32Array, b: Int32Array, k: number): boolean {
  const to = new Int32Array(k).fill(-1);
  for (let i = 0; i < a.length; i++) {
    if (to[a[i]!] === -1) to[a[i]!] = b[i]!;
    else if (to[a[i]!] !== b[i]) return false;
  }
  return true;
}

function warnOfFew(labels: Int32Array, k: number): NotConvergedWarning[] {
  const found = new Set(labels).size;
  if (found === k) return [];
  return [
    new NotConvergedWarning(
      `KMeans: found ${found} distinct clusters, fewer than the ${k} asked for. Are there that many different samples?`,
    ),
  ];
}
