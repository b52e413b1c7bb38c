import { checkOptions } from '../core/options';
import { Tensor } from '../core/tensor';
import { countFeatures, countSamples, type Matrix, readSamples, type Samples } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';
import { resultLike } from '../estimator/fitted';
import type { StateValue } from '../estimator/state';
import { checkOption } from '../metrics/warning';
import type { Nearest } from './found';
import type { PointIndex, Within } from './point-index';
import { checkNeighbors, checkRadius, indexPoints, type NeighborsOptions } from './settings';

/** The nearest points of each query, nearest first; of equally near points the one with the lower row comes first. */
export interface Neighbors {
  /** float64 `[queries, nNeighbors]`. */
  readonly distances: Tensor;
  /** int32 `[queries, nNeighbors]`: rows of the points. */
  readonly indices: Tensor;
}

/** What `kneighbors` can be told. */
export interface KneighborsOptions {
  /** How many; as given to the estimator by default. */
  readonly nNeighbors?: number | undefined;
  /** Whether distances are wanted, too; true by default. */
  readonly returnDistance?: boolean | undefined;
}

/** What `radiusNeighbors` can be told. */
export interface RadiusNeighborsOptions {
  /** How far is near; as given to the estimator by default. */
  readonly radius?: number | undefined;
}

/** What `kneighborsGraph` can be told. */
export interface KneighborsGraphOptions {
  /** How many; as given to the estimator by default. */
  readonly nNeighbors?: number | undefined;
  /** What entries hold: `'connectivity'` (default), 1; `'distance'`, the distance. */
  readonly mode?: 'connectivity' | 'distance' | undefined;
}

/** Training points that can be searched: what all fitted models that go by neighbours are made of. */
export class Searchable {
  readonly index: PointIndex;
  readonly nNeighbors: number;
  readonly radius: number;

  constructor(
    /** Name of the estimator, which begins error messages. */
    readonly name: string,
    points: Samples,
    readonly options: NeighborsOptions,
  ) {
    this.nNeighbors = options.nNeighbors ?? 5;
    this.radius = options.radius ?? 1;
    this.index = indexPoints(points, options, this.nNeighbors, `${name}.fit`);
  }

  /** `fit`'s samples may be the caller's memory, which the caller may write to: these are not. */
  static async of(name: string, samples: Samples, options: NeighborsOptions): Promise<Searchable> {
    const own = isSparse(samples) ? samples.withData(samples.data.slice()) : { ...samples, data: samples.data.slice() };
    return new Searchable(name, own, options);
  }

  /** Neighbours of samples that have been read; null: of the points themselves, without themselves. */
  nearest(queries: Samples | null, k: number, what: string): Nearest {
    const most = countSamples(this.index.points) - (queries === null ? 1 : 0);
    return this.index.nearest(queries, checkNeighbors(k, most, what));
  }

  kneighbors(X: Matrix | null | undefined, options: KneighborsOptions, what: string): Neighbors {
    checkOptions(options, ['nNeighbors', 'returnDistance'], what);
    const k = options.nNeighbors ?? this.nNeighbors;
    const { indices, distances } = this.nearest(this.#read(X, what), k, what);
    const shape = [indices.length / k, k];
    const like = resultLike((X ?? []) as Matrix, distances, shape);
    const found = { indices: Tensor.from(like.backend, indices, 'int32', shape), distances: like };
    return options.returnDistance === false ? ({ indices: found.indices } as Neighbors) : found;
  }

  radiusNeighbors(X: Matrix | null | undefined, options: RadiusNeighborsOptions, what: string): Within {
    checkOptions(options, ['radius'], what);
    return this.index.within(this.#read(X, what), checkRadius(options.radius ?? this.radius, what));
  }

  kneighborsGraph(X: Matrix | null | undefined, options: KneighborsGraphOptions, what: string): CsrMatrix {
    checkOptions(options, ['nNeighbors', 'mode'], what);
    const mode = checkOption(options.mode ?? 'connectivity', ['connectivity', 'distance'], 'mode', what);
    const k = options.nNeighbors ?? this.nNeighbors;
    // As in scikit-learn a point is its own neighbour in a graph, unless the graph is that of the points themselves.
    const { indices, distances } = this.nearest(this.#read(X, what), k, what);
    return new CsrMatrix({
      data: mode === 'distance' ? distances : new Float64Array(indices.length).fill(1),
      indices,
      indptr: Int32Array.from({ length: indices.length / k + 1 }, (_, i) => i * k),
      shape: [indices.length / k, countSamples(this.index.points)],
    });
  }

  /** Points and options as data. */
  toState(): { readonly [field: string]: StateValue } {
    const { points } = this.index;
    const parts = isSparse(points)
      ? {
          data: points.data,
          indices: points.indices,
          indptr: points.indptr,
          rows: points.shape[0],
          cols: points.shape[1],
        }
      : { data: points.data, rows: points.rows, cols: points.cols };
    return { points: parts, options: this.options as { readonly [name: string]: StateValue } };
  }

  static fromState(name: string, state: { readonly [field: string]: StateValue }): Searchable {
    const { data, indices, indptr, rows, cols } = state.points as unknown as PointsState;
    const points =
      indices === undefined || indptr === undefined
        ? { data, rows, cols }
        : new CsrMatrix({ data, indices, indptr, shape: [rows, cols] });
    return new Searchable(name, points, state.options as NeighborsOptions);
  }

  #read(X: Matrix | null | undefined, what: string): Samples | null {
    if (X === null || X === undefined) return null;
    return readSamples(X, `${what}: X`, { cols: countFeatures(this.index.points) });
  }
}

interface PointsState {
  readonly data: Float64Array;
  readonly rows: number;
  readonly cols: number;
  readonly indices?: Int32Array;
  readonly indptr?: Int32Array;
}
