import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Label, Labels } from '../data/labels';
import type { Dense, Matrix } from '../data/matrix';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { FittedClassifier } from '../estimator/fitted';
import { classifierState, labelsOfForm, type ModelState } from '../estimator/state';
import { type Classification, readClassification } from '../estimator/supervised';
import { checkOption } from '../metrics/warning';
import { bruteNearest } from './brute-search';
import { metricOf } from './metric';

export interface NearestCentroidOptions {
  /** `'euclidean'` (default), whose centroids are means, or `'manhattan'`, whose centroids are medians. */
  readonly metric?: 'euclidean' | 'manhattan' | undefined;
  /** How far centroids are moved towards that of all samples; null (default): not at all. */
  readonly shrinkThreshold?: number | null | undefined;
}

/**
 * Assigns each sample to the class whose centroid is nearest.
 *
 * With `shrinkThreshold` Δ centroids are shrunken: μ_c + soft(d_c, Δ)·m_c·s, where s is the deviation within classes plus
 * its median over features, m_c = √(1/n_c − 1/n) and d_c the centroid's distance from the mean in units of m_c·s.
 *
 * Reference: Tibshirani, Hastie, Narasimhan, Chu 2002, “Diagnosis of multiple cancer types by shrunken centroids of gene
 * expression”.
 *
 * @example
 * ```ts
 * import { NearestCentroid } from 'kompakt/neighbors';
 * const model = await new NearestCentroid().fit([[0], [1], [5], [6]], ['low', 'low', 'high', 'high']);
 * console.log(model.predict([[2]]), Array.from(model.centroids)); // → [ 'low' ] [ 5.5, 0.5 ]
 * ```
 */
export class NearestCentroid {
  readonly kind = 'classifier';
  readonly name = 'NearestCentroid' as const;
  readonly options: NearestCentroidOptions;

  /** @param options - see {@link NearestCentroidOptions}; checked by `fit`. */
  constructor(options: NearestCentroidOptions = {}) {
    this.options = options;
  }

  /**
   * Finds the centroids.
   *
   * @param X - `[samples, features]`, finite numbers.
   * @param y - one label per sample, of at least two classes.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for unsupported options, NaN or infinity, one class only, or constant features where centroids are
   * to be shrunken; ShapeError for data that does not fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: NoFitOptions = {}): Promise<FittedNearestCentroid<L>> {
    const what = `${this.name}.fit`;
    refuseFitOptions(options, what);
    checkOptions(this.options, ['metric', 'shrinkThreshold'], what);
    const { metric = 'euclidean', shrinkThreshold = null } = this.options;
    checkOption(metric, ['euclidean', 'manhattan'], 'metric', what);
    if (shrinkThreshold !== null && !(typeof shrinkThreshold === 'number' && shrinkThreshold > 0))
      throw new ConfigError(`${what}: shrinkThreshold must be a number > 0 or null, got ${shown(shrinkThreshold)}.`);
    const problem = await readClassification(X, y, {}, what);
    const centroids = metric === 'manhattan' ? medians(problem) : means(problem);
    if (shrinkThreshold !== null) shrink(centroids, problem, shrinkThreshold, what);
    const { classes } = problem;
    return new FittedNearestCentroid({ centroids, metric, classes, likeLabels: y, cols: problem.X.cols });
  }
}

function means({ X, codes, counts }: Classification): Float64Array {
  const centroids = new Float64Array(counts.length * X.cols);
  for (let i = 0; i < X.rows; i++) {
    const at = codes[i]! * X.cols;
    for (let c = 0; c < X.cols; c++) centroids[at + c]! += X.data[i * X.cols + c]!;
  }
  for (let at = 0; at < centroids.length; at++) centroids[at]! /= counts[Math.floor(at / X.cols)]!;
  return centroids;
}

function medians({ X, codes, counts }: Classification): Float64Array {
  return Float64Array.from({ length: counts.length * X.cols }, (_, at) => {
    const [of, c] = [Math.floor(at / X.cols), at % X.cols];
    return median(X.data.filter((_v, i) => i % X.cols === c && codes[Math.floor(i / X.cols)] === of));
  });
}

/** The middle value, or the mean of the two in the middle. */
function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  const half = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[half]! : (sorted[half - 1]! + sorted[half]!) / 2;
}

function shrink(centroids: Float64Array, { X, codes, counts }: Classification, threshold: number, what: string): void {
  const { rows, cols, data } = X;
  const mean = new Float64Array(cols);
  const deviation = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    for (let c = 0; c < cols; c++) {
      mean[c]! += data[i * cols + c]! / rows;
      deviation[c]! += (data[i * cols + c]! - centroids[codes[i]! * cols + c]!) ** 2;
    }
  }
  for (let c = 0; c < cols; c++) deviation[c] = Math.sqrt(deviation[c]! / (rows - counts.length));
  const middle = median(deviation);
  for (let c = 0; c < cols; c++) deviation[c]! += middle;
  if (deviation.some((s) => !(s > 0))) {
    throw new ConfigError(
      `${what}: shrinkThreshold needs features that differ within classes; feature ${deviation.findIndex((s) => !(s > 0))} does not. Drop it, or leave shrinkThreshold out.`,
    );
  }
  for (let at = 0; at < centroids.length; at++) {
    const c = at % cols;
    const unit = Math.sqrt(1 / counts[Math.floor(at / cols)]! - 1 / rows) * deviation[c]!;
    const d = (centroids[at]! - mean[c]!) / unit;
    centroids[at] = mean[c]! + unit * Math.sign(d) * Math.max(0, Math.abs(d) - threshold);
  }
}

interface Parts<L extends Labels> {
  readonly centroids: Float64Array;
  readonly metric: 'euclidean' | 'manhattan';
  readonly classes: readonly Label[];
  readonly likeLabels: L;
  readonly cols: number;
}

/** What `NearestCentroid.fit` returns. */
export class FittedNearestCentroid<L extends Labels = Labels> extends FittedClassifier<L> {
  static readonly type = 'NearestCentroid';
  /** float64 `[classes · features]`: one centroid after the other. */
  readonly centroids: Float64Array;
  readonly #metric: 'euclidean' | 'manhattan';

  constructor({ centroids, metric, classes, likeLabels, cols }: Parts<L>) {
    super({ name: 'NearestCentroid', nFeatures: cols, classes, likeLabels });
    this.centroids = centroids;
    this.#metric = metric;
  }

  protected override predictCodes(X: Matrix, method: string): Int32Array {
    const centroids: Dense = { data: this.centroids, rows: this.classes.length, cols: this.nFeatures };
    const metric = metricOf(this.#metric, 2, this.nFeatures, this.name);
    return bruteNearest(this.read(X, method), centroids, metric, 1, false).indices;
  }

  toState(): ModelState {
    const { centroids, nFeatures: cols } = this;
    return { type: this.name, ...classifierState(this, this.likeLabels), centroids, cols, metric: this.#metric };
  }

  static fromState(state: ModelState): FittedNearestCentroid {
    const { centroids, metric, classes, cols } = state as unknown as Parts<Labels>;
    return new FittedNearestCentroid({ centroids, metric, classes, cols, likeLabels: labelsOfForm(state.labels) });
  }
}
