import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Label, Labels } from '../data/labels';
import { countFeatures, type Matrix, type Samples, takeSamples } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';
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
   * @param X - `[samples, features]`, finite numbers, dense or sparse.
   * @param y - one label per sample, of at least two classes.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for unsupported options, NaN or infinity, one class only, or constant features or sparse samples
   * where centroids are to be shrunken; ShapeError for data that does not fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: NoFitOptions = {}): Promise<FittedNearestCentroid<L>> {
    const what = `${this.name}.fit`;
    refuseFitOptions(options, what);
    checkOptions(this.options, ['metric', 'shrinkThreshold'], what);
    const { metric = 'euclidean', shrinkThreshold = null } = this.options;
    checkOption(metric, ['euclidean', 'manhattan'], 'metric', what);
    if (shrinkThreshold !== null && !(typeof shrinkThreshold === 'number' && shrinkThreshold > 0))
      throw new ConfigError(`${what}: shrinkThreshold must be a number > 0 or null, got ${shown(shrinkThreshold)}.`);
    if (shrinkThreshold !== null && isSparse(X))
      throw new ConfigError(`${what}: shrinkThreshold needs dense samples. Give X.toDense(), or leave it out.`);
    const problem = await readClassification(X, y, {}, what, { sparse: true });
    const { classes } = problem;
    const centroids = centroidsOf(problem, metric === 'manhattan' ? median : average);
    if (shrinkThreshold !== null) shrink(centroids, problem as Classification, shrinkThreshold, what);
    return new FittedNearestCentroid({ centroids, metric, classes, likeLabels: y, cols: countFeatures(problem.X) });
  }
}

/** The middle of each feature of each class. */
function centroidsOf(
  { X, codes, counts }: Classification<Samples>,
  middle: (values: Float64Array) => number,
): Float64Array {
  const cols = countFeatures(X);
  const centroids = new Float64Array(counts.length * cols);
  counts.forEach((count, of) => {
    const own = takeSamples(
      X,
      Int32Array.from(codes.keys()).filter((i) => codes[i] === of),
    );
    const column = columnsOf(own, count);
    for (let c = 0; c < cols; c++) centroids[of * cols + c] = middle(column(c));
  });
  return centroids;
}

/** A function that gives the values of a column, zeros of a sparse matrix included. */
function columnsOf(X: Samples, rows: number): (c: number) => Float64Array {
  if (!isSparse(X)) return (c) => Float64Array.from({ length: rows }, (_, i) => X.data[i * X.cols + c]!);
  const { data, indices, indptr } = X.toCsc();
  return (c) => {
    const out = new Float64Array(rows);
    for (let e = indptr[c]!; e < indptr[c + 1]!; e++) out[indices[e]!] = data[e]!;
    return out;
  };
}

const average = (values: Float64Array): number => values.reduce((a, b) => a + b, 0) / values.length;

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
    super({ name: 'NearestCentroid', nFeatures: cols, classes, likeLabels, accepts: { sparse: true } });
    this.centroids = centroids;
    this.#metric = metric;
  }

  protected override predictCodes(X: Matrix, method: string): Int32Array {
    const samples = this.readSparse(X, method);
    const [rows, cols] = [this.classes.length, this.nFeatures];
    const centroids: Samples = isSparse(samples)
      ? CsrMatrix.fromDense({ data: this.centroids, shape: [rows, cols] })
      : { data: this.centroids, rows, cols };
    const metric = metricOf(this.#metric, 2, cols, this.name);
    return bruteNearest(samples, centroids, metric, 1, false).indices;
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
