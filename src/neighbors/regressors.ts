import { checkOptions } from '../core/options';
import { countFeatures, countSamples, type Matrix, type Samples } from '../data/matrix';
import type { CsrMatrix } from '../data/sparse';
import type { Vector } from '../data/vector';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { FittedRegressor } from '../estimator/fitted';
import type { ModelState } from '../estimator/state';
import { readRegression } from '../estimator/supervised';
import type { KNeighborsOptions, RadiusNeighborsEstimatorOptions } from './classifiers';
import type { Within } from './point-index';
import {
  type KneighborsGraphOptions,
  type KneighborsOptions,
  type Neighbors,
  type RadiusNeighborsOptions,
  Searchable,
} from './searchable';
import { checkNeighbors, checkRadius, SEARCH_OPTIONS } from './settings';
import { checkNeighborWeights, type NeighborWeights, savedWeights, weigh } from './votes';

/**
 * Predicts the mean of the k nearest training samples: ŷ(x) = Σ wᵢ yᵢ / Σ wᵢ over the neighbours.
 *
 * Of equally near samples those given first are neighbours; in scikit-learn it depends on the algorithm.
 *
 * @example
 * ```ts
 * import { KNeighborsRegressor } from 'kompakt/neighbors';
 * const model = await new KNeighborsRegressor({ nNeighbors: 2 }).fit([[0], [1], [2], [9]], [0, 1, 2, 50]);
 * console.log(Array.from(model.predict([[1.6]]))); // → [ 1.5 ]
 * ```
 */
export class KNeighborsRegressor {
  readonly kind = 'regressor';
  readonly name = 'KNeighborsRegressor' as const;
  readonly options: KNeighborsOptions;

  /** @param options - see {@link KNeighborsOptions}; checked by `fit`. */
  constructor(options: KNeighborsOptions = {}) {
    this.options = options;
  }

  /**
   * Takes the training samples.
   *
   * @param X - `[samples, features]`, dense or sparse, finite numbers.
   * @param y - one value per sample.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together or fewer
   * samples than neighbours.
   */
  async fit(X: Matrix, y: Vector, options: NoFitOptions = {}): Promise<FittedKNeighborsRegressor> {
    const what = `${this.name}.fit`;
    refuseFitOptions(options, what);
    checkOptions(this.options, ['nNeighbors', 'weights', ...SEARCH_OPTIONS], what);
    const { weights = 'uniform', ...search } = this.options;
    checkNeighborWeights(weights, what);
    const { X: samples, y: targets } = await readRegression(X, y, {}, what, { sparse: true });
    checkNeighbors(search.nNeighbors ?? 5, countSamples(samples), what);
    const points = await Searchable.of(this.name, samples, search);
    return new FittedKNeighborsRegressor({ search: points, weights, targets: targets.slice() });
  }
}

/**
 * Predicts the mean of all training samples within a radius: ŷ(x) = Σ wᵢ yᵢ / Σ wᵢ over them; NaN where there is none.
 *
 * @example
 * ```ts
 * import { RadiusNeighborsRegressor } from 'kompakt/neighbors';
 * const model = await new RadiusNeighborsRegressor({ radius: 1 }).fit([[0], [1], [5]], [1, 2, 7]);
 * console.log(Array.from(model.predict([[0.5], [9]]))); // → [ 1.5, NaN ]
 * ```
 */
export class RadiusNeighborsRegressor {
  readonly kind = 'regressor';
  readonly name = 'RadiusNeighborsRegressor' as const;
  readonly options: RadiusNeighborsEstimatorOptions;

  /** @param options - see {@link RadiusNeighborsEstimatorOptions}; checked by `fit`. */
  constructor(options: RadiusNeighborsEstimatorOptions = {}) {
    this.options = options;
  }

  /**
   * Takes the training samples.
   *
   * @param X - `[samples, features]`, dense or sparse, finite numbers.
   * @param y - one value per sample.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector, options: NoFitOptions = {}): Promise<FittedRadiusNeighborsRegressor> {
    const what = `${this.name}.fit`;
    refuseFitOptions(options, what);
    checkOptions(this.options, ['radius', 'weights', ...SEARCH_OPTIONS], what);
    const { weights = 'uniform', ...search } = this.options;
    checkNeighborWeights(weights, what);
    checkRadius(search.radius ?? 1, what);
    const { X: samples, y: targets } = await readRegression(X, y, {}, what, { sparse: true });
    const points = await Searchable.of(this.name, samples, search);
    return new FittedRadiusNeighborsRegressor({ search: points, weights, targets: targets.slice() });
  }
}

interface Parts {
  readonly search: Searchable;
  readonly weights: NeighborWeights;
  readonly targets: Float64Array;
}

abstract class AveragingRegressor extends FittedRegressor {
  protected readonly search: Searchable;
  protected readonly weights: NeighborWeights;
  protected readonly targets: Float64Array;

  constructor({ search, weights, targets }: Parts) {
    super({ name: search.name, nFeatures: countFeatures(search.index.points) });
    this.search = search;
    this.weights = weights;
    this.targets = targets;
  }

  protected abstract neighbors(
    samples: Samples,
    what: string,
  ): (i: number) => { readonly rows: Int32Array; readonly distances: Float64Array };

  protected override predictValues(X: Matrix, method: string): Float64Array {
    const what = `${this.name}.${method}`;
    const samples = this.readSparse(X, method);
    const neighbors = this.neighbors(samples, what);
    return Float64Array.from({ length: countSamples(samples) }, (_, i) => {
      const { rows, distances } = neighbors(i);
      const weights = weigh(this.weights, distances, what);
      let sum = 0;
      let total = 0;
      for (let j = 0; j < rows.length; j++) {
        sum += weights[j]! * this.targets[rows[j]!]!;
        total += weights[j]!;
      }
      return sum / total;
    });
  }

  toState(): ModelState {
    return {
      type: this.name,
      ...this.search.toState(),
      weights: savedWeights(this.weights, this.name),
      targets: this.targets,
    };
  }
}

function partsFrom(name: string, state: ModelState): Parts {
  return {
    search: Searchable.fromState(name, state),
    weights: state.weights as NeighborWeights,
    targets: state.targets as Float64Array,
  };
}

/** What `KNeighborsRegressor.fit` returns. */
export class FittedKNeighborsRegressor extends AveragingRegressor {
  static readonly type = 'KNeighborsRegressor';

  protected override neighbors(samples: Samples, what: string) {
    const k = this.search.nNeighbors;
    const { indices, distances } = this.search.nearest(samples, k, what);
    return (i: number) => ({
      rows: indices.subarray(i * k, (i + 1) * k),
      distances: distances.subarray(i * k, (i + 1) * k),
    });
  }

  /** The nearest training samples of each sample: see `NearestNeighbors`. */
  kneighbors(X?: Matrix | null, options: KneighborsOptions = {}): Neighbors {
    return this.search.kneighbors(X, options, `${this.name}.kneighbors`);
  }

  /** Who is near whom, as a sparse matrix `[samples, training samples]`: see `NearestNeighbors`. */
  kneighborsGraph(X?: Matrix | null, options: KneighborsGraphOptions = {}): CsrMatrix {
    return this.search.kneighborsGraph(X, options, `${this.name}.kneighborsGraph`);
  }

  static fromState(state: ModelState): FittedKNeighborsRegressor {
    return new FittedKNeighborsRegressor(partsFrom('KNeighborsRegressor', state));
  }
}

/** What `RadiusNeighborsRegressor.fit` returns. */
export class FittedRadiusNeighborsRegressor extends AveragingRegressor {
  static readonly type = 'RadiusNeighborsRegressor';

  protected override neighbors(samples: Samples) {
    const { indices, distances } = this.search.index.within(samples, this.search.radius);
    return (i: number) => ({ rows: indices[i]!, distances: distances[i]! });
  }

  /** All training samples within the radius of each sample: see `NearestNeighbors`. */
  radiusNeighbors(X?: Matrix | null, options: RadiusNeighborsOptions = {}): Within {
    return this.search.radiusNeighbors(X, options, `${this.name}.radiusNeighbors`);
  }

  static fromState(state: ModelState): FittedRadiusNeighborsRegressor {
    return new FittedRadiusNeighborsRegressor(partsFrom('RadiusNeighborsRegressor', state));
  }
}
