import { checkOptions } from '../core/options';
import type { Tensor } from '../core/tensor';
import { countFeatures, countSamples, type Matrix, readSamplesAsync } from '../data/matrix';
import type { CsrMatrix } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { type ModelState, toJSON } from '../estimator/state';
import type { Within } from './point-index';
import {
  type KneighborsGraphOptions,
  type KneighborsOptions,
  type Neighbors,
  type RadiusNeighborsOptions,
  Searchable,
} from './searchable';
import { checkCount, checkNeighbors, checkRadius, type NeighborsOptions, SEARCH_OPTIONS } from './settings';

export type NearestNeighborsOptions = NeighborsOptions;

/**
 * Finds the points nearest to a sample, exactly: those with the least d(x, pᵢ) in the metric chosen.
 *
 * Euclidean distances are measured on the engine, or a k-d tree is searched where that is less work. Neighbours come
 * nearest first. Of equally near points the one with the lower row comes first, always; in scikit-learn it depends on the
 * algorithm which of them is found.
 *
 * Reference: Friedman, Bentley, Finkel 1977, “An Algorithm for Finding Best Matches in Logarithmic Expected Time”.
 *
 * @example
 * ```ts
 * import { NearestNeighbors } from 'kompakt/neighbors';
 * const model = await new NearestNeighbors({ nNeighbors: 2 }).fit([[0, 0], [1, 0], [0, 3]]);
 * const { indices, distances } = model.kneighbors([[0, 1]]);
 * console.log(indices.toArraySync(), distances.dataSync()[0]); // → [ [ 0, 1 ] ] 1
 * ```
 */
export class NearestNeighbors {
  readonly name = 'NearestNeighbors' as const;
  readonly options: NearestNeighborsOptions;

  /** @param options - see {@link NeighborsOptions}; checked by `fit`. */
  constructor(options: NearestNeighborsOptions = {}) {
    this.options = options;
  }

  /**
   * Takes the points to be searched.
   *
   * @param X - `[points, features]`, dense or sparse, finite numbers.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for unsupported options, NaN or infinity; ShapeError for data that is no matrix.
   */
  async fit(X: Matrix, _y?: unknown, options: NoFitOptions = {}): Promise<FittedNearestNeighbors> {
    const what = `${this.name}.fit`;
    refuseFitOptions(options, what);
    checkOptions(this.options, ['nNeighbors', 'radius', ...SEARCH_OPTIONS], what);
    checkCount(this.options.nNeighbors ?? 5, 'nNeighbors', what);
    checkRadius(this.options.radius ?? 1, what);
    const samples = await readSamplesAsync(X, `${what}: X`);
    return new FittedNearestNeighbors(await Searchable.of(this.name, samples, this.options));
  }
}

/** What `NearestNeighbors.fit` returns. */
export class FittedNearestNeighbors {
  static readonly type = 'NearestNeighbors';
  readonly name = 'NearestNeighbors' as const;
  /** How many features the points have. */
  readonly nFeatures: number;
  /** How many points there are. */
  readonly nSamples: number;
  readonly #search: Searchable;

  constructor(search: Searchable) {
    this.#search = search;
    this.nFeatures = countFeatures(search.index.points);
    this.nSamples = countSamples(search.index.points);
  }

  /** How neighbours are looked for: what `'auto'` has become. */
  get algorithm(): 'brute' | 'kdTree' {
    return this.#search.index.algorithm;
  }

  /**
   * The nearest points of each sample, nearest first.
   *
   * @param X - `[samples, features]`; null or left out: the points themselves, none of which is its own neighbour.
   * @param options - `nNeighbors`, `returnDistance`.
   * @returns distances float64 and indices int32, both `[samples, nNeighbors]`.
   * @throws ShapeError when X has other features than in fit, or more neighbours are asked for than there are.
   */
  kneighbors(
    X?: Matrix | null,
    options?: KneighborsOptions & { readonly returnDistance?: true | undefined },
  ): Neighbors;
  kneighbors(X?: Matrix | null, options?: KneighborsOptions): { readonly indices: Tensor };
  kneighbors(X?: Matrix | null, options: KneighborsOptions = {}): Neighbors {
    return this.#search.kneighbors(X, options, `${this.name}.kneighbors`);
  }

  /**
   * All points no farther than the radius from each sample, nearest first.
   *
   * @param X - `[samples, features]`; null or left out: the points themselves, none of which is its own neighbour.
   * @param options - `radius`.
   * @returns for each sample the rows of the points and their distances.
   */
  radiusNeighbors(X?: Matrix | null, options: RadiusNeighborsOptions = {}): Within {
    return this.#search.radiusNeighbors(X, options, `${this.name}.radiusNeighbors`);
  }

  /**
   * Who is near whom, as a sparse matrix `[samples, points]`: 1, or the distance, where a point is among the nearest.
   *
   * @param X - `[samples, features]`; null or left out: the points themselves, none of which is its own neighbour.
   * @param options - `nNeighbors`, `mode`.
   */
  kneighborsGraph(X?: Matrix | null, options: KneighborsGraphOptions = {}): CsrMatrix {
    return this.#search.kneighborsGraph(X, options, `${this.name}.kneighborsGraph`);
  }

  /** The points and options, as data; `fromState` makes the model again. */
  toState(): ModelState {
    return { type: this.name, ...this.#search.toState() };
  }

  toJSON(): unknown {
    return toJSON(this.toState());
  }

  static fromState(state: ModelState): FittedNearestNeighbors {
    return new FittedNearestNeighbors(Searchable.fromState('NearestNeighbors', state));
  }
}

/** What {@link kneighbors} can be told. */
export interface KneighborsCallOptions extends Omit<NeighborsOptions, 'radius'> {
  /** `[samples, features]`; the points themselves by default, none of which then is its own neighbour. */
  readonly queries?: Matrix | null | undefined;
}

/**
 * The k nearest points of each query, nearest first; of equally near points the one with the lower row comes first.
 *
 * @param X - the points `[points, features]`, dense or sparse.
 * @param options - `queries` (default: the points themselves, none of which is its own neighbour), `nNeighbors = 5`,
 * `metric = 'minkowski'`, `p = 2`, `algorithm = 'auto'`.
 * @returns distances float64 and indices int32, both `[queries, nNeighbors]`.
 * @throws ShapeError when queries have other features, or more neighbours are asked for than there are points; ConfigError
 * for unsupported options, NaN or infinity.
 *
 * @example
 * ```ts
 * import { kneighbors } from 'kompakt/neighbors';
 * const points = [[0], [1], [3]];
 * console.log((await kneighbors(points, { nNeighbors: 1 })).indices.toArraySync()); // → [ [ 1 ], [ 0 ], [ 1 ] ]
 * ```
 */
export async function kneighbors(X: Matrix, options: KneighborsCallOptions = {}): Promise<Neighbors> {
  checkOptions(options, ['queries', 'nNeighbors', ...SEARCH_OPTIONS], 'kneighbors');
  const { queries, ...rest } = options;
  const { nNeighbors = 5 } = rest;
  checkNeighbors(nNeighbors, Infinity, 'kneighbors');
  const search = new Searchable('kneighbors', await readSamplesAsync(X, 'kneighbors: X'), rest);
  return search.kneighbors(queries, { nNeighbors }, 'kneighbors');
}
