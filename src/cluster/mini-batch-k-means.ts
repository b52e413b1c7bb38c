import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { Rng, toRng } from '../core/rng';
import type { FitOptions } from '../data/estimator';
import { type Matrix, readSamplesAsync } from '../data/matrix';
import { readWeights } from '../data/vector';
import { checkNumber } from '../estimator/settings';
import type { ModelState } from '../estimator/state';
import { type CentersParts, FittedCenters } from './fitted-k-means';
import { inertiaOf } from './lloyd';
import { miniBatchStep } from './mini-batch-step';
import { type Points, pointsOf } from './points';
import { centersAt, seedPlusPlus, seedRandom } from './seeding';
import {
  type ClusterCenterOptions,
  checkInteger,
  checkNonNegative,
  meanVariance,
  readSeeding,
  type Seeding,
} from './settings';

export interface MiniBatchKMeansOptions extends ClusterCenterOptions {
  /** How many times, at most, as many samples are drawn as there are; 100 by default. */
  readonly maxIter?: number | undefined;
  /** Samples per batch; 1024 by default, or all if there are fewer. */
  readonly batchSize?: number | undefined;
  /** Stops when the squared movements of centres add up to no more than this times the mean variance; 0: never. */
  readonly tol?: number | undefined;
  /** Stops after so many batches without a lower smoothed inertia; 10 by default, null: never. */
  readonly maxNoImprovement?: number | null | undefined;
  /** How many samples first centres are found among; three batches by default. */
  readonly initSize?: number | null | undefined;
  /** Centres that have seen less than this share of the most seen are moved to a sample; 0.01 by default. */
  readonly reassignmentRatio?: number | undefined;
}

/**
 * Divides samples into k clusters by k-means on small random batches: every centre is the running mean of the samples that
 * were nearest to it. Nearly as good as `KMeans`, much sooner on many samples.
 *
 * With `seed: numpyRandom(n)` it draws as scikit-learn does with `random_state=n`; `nInit: 3` is what scikit-learn 1.2 does
 * by default.
 *
 * Reference: Sculley 2010, “Web-Scale K-Means Clustering”.
 *
 * @example
 * ```ts
 * import { MiniBatchKMeans } from 'kompakt/cluster';
 * const model = await new MiniBatchKMeans({ nClusters: 2, seed: 1 }).fit([[0], [1], [9], [10]]);
 * console.log(model.predict([[2]])[0] === model.labels[0]); // → true
 * ```
 */
export class MiniBatchKMeans {
  readonly name = 'MiniBatchKMeans' as const;
  readonly options: MiniBatchKMeansOptions;

  /** @param options - see {@link MiniBatchKMeansOptions}; checked by `fit`. */
  constructor(options: MiniBatchKMeansOptions = {}) {
    this.options = options;
  }

  /**
   * Finds the clusters.
   *
   * @param X - `[samples, features]`, dense or sparse, finite numbers.
   * @param _y - not looked at: it stands where other estimators take labels, so that pipelines can fit any of them.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample. First centres are drawn without them.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for fewer samples than clusters.
   */
  async fit(X: Matrix, _y?: unknown, options: FitOptions = {}): Promise<FittedMiniBatchKMeans> {
    const what = `${this.name}.fit`;
    checkOptions(options, ['sampleWeight'], what);
    const samples = await readSamplesAsync(X, `${what}: X`);
    const points = pointsOf(samples);
    const weights = readWeights(options.sampleWeight, points.rows, what);
    const seeding = await readSeeding(this.options, points.rows, points.cols, 3, what);
    const settings = checkSettings(this.options, seeding.k, points.rows, what);
    const { seed } = this.options;
    const rng = seed instanceof Rng ? seed.restart() : toRng(seed);
    const first = bestFirst(points, weights, seeding, settings.initSize, rng);
    const tolerance = settings.tol === 0 ? 0 : settings.tol * meanVariance(samples);
    const { centers, steps } = run(points, weights, first, { ...settings, tol: tolerance }, rng);
    const labels = new Int32Array(points.rows);
    points.assign(centers, labels);
    return new FittedMiniBatchKMeans({
      name: this.name,
      centers,
      nFeatures: points.cols,
      labels,
      inertia: inertiaOf(points, weights, centers, labels),
      nIter: Math.ceil((steps * settings.batchSize) / points.rows),
      nSteps: steps,
    });
  }
}

const OPTIONS = [
  'nClusters',
  'init',
  'nInit',
  'maxIter',
  'batchSize',
  'tol',
  'maxNoImprovement',
  'initSize',
  'reassignmentRatio',
  'seed',
];

interface Settings {
  readonly maxIter: number;
  readonly batchSize: number;
  readonly tol: number;
  /** Infinity for never. */
  readonly patience: number;
  readonly initSize: number;
  readonly reassignmentRatio: number;
}

function checkSettings(options: MiniBatchKMeansOptions, k: number, rows: number, what: string): Settings {
  checkOptions(options, OPTIONS, what);
  const { maxNoImprovement = 10, initSize = null } = options;
  const batchSize = Math.min(checkInteger(options.batchSize ?? 1024, 1, 'batchSize', what), rows);
  if (initSize !== null && checkInteger(initSize, 1, 'initSize', what) < k) {
    throw new ConfigError(`${what}: initSize is ${initSize}; ${k} first centres need at least as many samples.`);
  }
  const wanted = initSize ?? (3 * batchSize < k ? 3 * k : 3 * batchSize);
  return {
    maxIter: checkInteger(options.maxIter ?? 100, 1, 'maxIter', what),
    batchSize,
    tol: checkNonNegative(options.tol ?? 0, 'tol', what),
    patience: maxNoImprovement === null ? Infinity : checkInteger(maxNoImprovement, 0, 'maxNoImprovement', what),
    initSize: Math.min(wanted, rows),
    reassignmentRatio: checkNumber(options.reassignmentRatio ?? 0.01, 'reassignmentRatio', what, { min: 0, max: 1 }),
  };
}

/** The first centres that do best on some samples drawn for the purpose. */
function bestFirst(
  points: Points,
  weights: Float64Array | null,
  { k, init, runs }: Seeding,
  initSize: number,
  rng: Rng,
): Float64Array {
  const draw = (): Int32Array => Int32Array.from({ length: initSize }, () => rng.integer(points.rows));
  const at = draw();
  const trial = points.take(at);
  const trialWeights = weights === null ? null : Float64Array.from(at, (i) => weights[i]!);
  const labels = new Int32Array(initSize);
  let best: Float64Array | null = null;
  let least = Infinity;
  for (let run = 0; run < runs; run++) {
    const among = initSize < points.rows ? points.take(draw()) : points;
    const centers =
      typeof init !== 'string'
        ? init.data.slice()
        : centersAt(among, init === 'random' ? seedRandom(among, k, rng) : seedPlusPlus(among, k, rng));
    trial.assign(centers, labels);
    const inertia = inertiaOf(trial, trialWeights, centers, labels);
    if (best !== null && inertia >= least) continue;
    best = centers;
    least = inertia;
  }
  return best!;
}

/** Batch after batch, until nothing improves any more. */
function run(
  points: Points,
  weights: Float64Array | null,
  first: Float64Array,
  settings: Settings,
  rng: Rng,
): { readonly centers: Float64Array; readonly steps: number } {
  const { batchSize, tol, patience, reassignmentRatio } = settings;
  const k = first.length / points.cols;
  const counts = new Float64Array(k);
  const most = Math.floor((settings.maxIter * points.rows) / batchSize);
  // The share of a batch in the smoothed inertia.
  const alpha = Math.min(1, (batchSize * 2) / (points.rows + 1));
  let centers = first;
  let sinceReassigned = 0;
  let smoothed: number | null = null;
  let least = Infinity;
  let withoutProgress = 0;
  for (let step = 1; ; step++) {
    const at = Int32Array.from({ length: batchSize }, () => rng.integer(points.rows));
    const batch = {
      points: points.take(at),
      weights: weights === null ? null : Float64Array.from(at, (i) => weights[i]!),
    };
    sinceReassigned += batchSize;
    const reassign = counts.includes(0) || sinceReassigned >= 10 * k;
    if (reassign) sinceReassigned = 0;
    const { centers: moved, inertia } = miniBatchStep(batch, centers, counts, reassign ? reassignmentRatio : 0, rng);
    const shift = tol > 0 ? moved.reduce((sum, v, i) => sum + (v - centers[i]!) ** 2, 0) : 0;
    centers = moved;
    if (step === most) return { centers, steps: step };
    // The first batch tells about the first centres, not about progress.
    if (step === 1) continue;
    const mean = inertia / batchSize;
    smoothed = smoothed === null ? mean : smoothed * (1 - alpha) + mean * alpha;
    if (tol > 0 && shift <= tol) return { centers, steps: step };
    withoutProgress = smoothed < least ? 0 : withoutProgress + 1;
    least = Math.min(least, smoothed);
    if (withoutProgress >= patience) return { centers, steps: step };
  }
}

interface Parts extends CentersParts {
  readonly nSteps: number;
}

/** What `MiniBatchKMeans.fit` returns. */
export class FittedMiniBatchKMeans extends FittedCenters {
  static readonly type = 'MiniBatchKMeans';
  /** How many batches there were. */
  readonly nSteps: number;

  constructor(parts: Parts) {
    super(parts);
    this.nSteps = parts.nSteps;
  }

  override toState(): ModelState {
    return { ...super.toState(), nSteps: this.nSteps };
  }

  static fromState(state: ModelState): FittedMiniBatchKMeans {
    return new FittedMiniBatchKMeans({ ...(state as unknown as Parts), name: state.type });
  }
}
