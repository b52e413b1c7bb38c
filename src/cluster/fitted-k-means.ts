import type { KompaktError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Tensor } from '../core/tensor';
import type { FitOptions } from '../data/estimator';
import { countSamples, type Matrix, matrixLike } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { readWeights } from '../data/vector';
import { FittedModel, resultLike } from '../estimator/fitted';
import type { ModelState } from '../estimator/state';
import { inertiaOf } from './lloyd';
import { pointsOf } from './points';

/** What a model of cluster centres is made of. */
export interface CentersParts {
  readonly name: string;
  /** `[k, features]`. */
  readonly centers: Float64Array;
  readonly nFeatures: number;
  readonly labels: Int32Array;
  readonly inertia: number;
  readonly nIter: number;
  readonly warnings?: readonly KompaktError[];
}

/** Base of models that know samples by the nearest of some centres. */
export abstract class FittedCenters extends FittedModel {
  /** float64 `[clusters, features]`. */
  readonly clusterCenters: Tensor;
  /** int32 `[samples]`: the cluster of each sample of fit. */
  readonly labels: Int32Array;
  /** Σ wᵢ ‖xᵢ − c(xᵢ)‖² over the samples of fit. */
  readonly inertia: number;
  /** How many rounds it took. */
  readonly nIter: number;
  protected readonly centers: Float64Array;

  constructor(parts: CentersParts) {
    super(parts);
    this.centers = parts.centers;
    this.labels = parts.labels;
    this.inertia = parts.inertia;
    this.nIter = parts.nIter;
    this.clusterCenters = resultLike([], this.centers.slice(), [
      this.centers.length / parts.nFeatures,
      parts.nFeatures,
    ]);
  }

  /**
   * The cluster of each sample: the nearest centre, of equally near ones the first.
   *
   * @param X - `[samples, features]`, dense or sparse.
   * @returns int32 `[samples]`.
   * @throws ShapeError when X has other features than in fit; ConfigError for NaN or infinity.
   */
  predict(X: Matrix): Int32Array {
    const points = pointsOf(this.readSparse(X, 'predict'));
    const labels = new Int32Array(points.rows);
    points.assign(this.centers, labels);
    return labels;
  }

  /**
   * The distance of each sample from every centre.
   *
   * @param X - `[samples, features]`, dense or sparse.
   * @returns `[samples, clusters]` in the form of X, or `{ data, shape }` for a sparse matrix.
   */
  transform<M extends Matrix>(X: M): M {
    const samples = this.readSparse(X, 'transform');
    const points = pointsOf(samples);
    const k = this.centers.length / this.nFeatures;
    const data = new Float64Array(countSamples(samples) * k);
    for (let at = 0; at < data.length; at++) {
      const i = Math.floor(at / k);
      data[at] = Math.sqrt(points.squaredDistance(i, this.centers, (at - i * k) * this.nFeatures));
    }
    const shape = [points.rows, k];
    return isSparse(X) ? ({ data, shape } as unknown as M) : matrixLike(X, { data, rows: points.rows, cols: k });
  }

  /**
   * −Σ wᵢ ‖xᵢ − c(xᵢ)‖²: higher is better, as of every score.
   *
   * @param X - `[samples, features]`.
   * @param _y - not looked at: it stands where scores of other models have labels.
   * @param options - `sampleWeight`.
   */
  score(X: Matrix, _y?: unknown, options: FitOptions = {}): number {
    const what = `${this.name}.score`;
    checkOptions(options, ['sampleWeight'], what);
    const points = pointsOf(this.readSparse(X, 'score'));
    const labels = new Int32Array(points.rows);
    points.assign(this.centers, labels);
    return -inertiaOf(points, readWeights(options.sampleWeight, points.rows, what), this.centers, labels);
  }

  override toState(): ModelState {
    const { name, centers, nFeatures, labels, inertia, nIter } = this;
    return { type: name, centers, nFeatures, labels, inertia, nIter };
  }
}

/** What `KMeans.fit` returns. */
export class FittedKMeans extends FittedCenters {
  static readonly type = 'KMeans';

  static fromState(state: ModelState): FittedKMeans {
    return new FittedKMeans({ ...(state as unknown as CentersParts), name: state.type });
  }
}
