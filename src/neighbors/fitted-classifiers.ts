import { ConfigError } from '../core/errors';
import type { Label, Labels } from '../data/labels';
import { countFeatures, countSamples, type Matrix, type Samples } from '../data/matrix';
import type { CsrMatrix } from '../data/sparse';
import { FittedProbabilisticClassifier } from '../estimator/fitted';
import { classifierState, labelsOfForm, type ModelState } from '../estimator/state';
import type { Within } from './point-index';
import type { KneighborsGraphOptions, KneighborsOptions, Neighbors, RadiusNeighborsOptions } from './searchable';
import { Searchable } from './searchable';
import { type NeighborWeights, savedWeights, weigh } from './votes';

interface Parts<L extends Labels> {
  readonly search: Searchable;
  readonly weights: NeighborWeights;
  /** Positions in `classes` of the training labels. */
  readonly codes: Int32Array;
  readonly classes: readonly Label[];
  readonly likeLabels: L;
}

/** The neighbours of sample i. */
type NeighborsOf = (i: number) => { readonly rows: Int32Array; readonly distances: Float64Array };

/** What classifiers by neighbours share: the vote. A subclass says who votes. */
abstract class VotingClassifier<L extends Labels> extends FittedProbabilisticClassifier<L> {
  protected readonly search: Searchable;
  protected readonly weights: NeighborWeights;
  protected readonly codes: Int32Array;

  constructor({ search, weights, codes, classes, likeLabels }: Parts<L>) {
    super({ name: search.name, nFeatures: countFeatures(search.index.points), classes, likeLabels });
    this.search = search;
    this.weights = weights;
    this.codes = codes;
  }

  protected abstract neighbors(samples: Samples, what: string): NeighborsOf;

  protected override probabilities(X: Matrix, method: string): Float64Array {
    const what = `${this.name}.${method}`;
    const samples = this.readSparse(X, method);
    const neighbors = this.neighbors(samples, what);
    const k = this.classes.length;
    const out = new Float64Array(countSamples(samples) * k);
    for (let i = 0; i * k < out.length; i++) {
      const { rows, distances } = neighbors(i);
      const weights = weigh(this.weights, distances, what);
      let total = 0;
      for (let j = 0; j < rows.length; j++) {
        out[i * k + this.codes[rows[j]!]!]! += weights[j]!;
        total += weights[j]!;
      }
      if (rows.length === 0) out[i * k + this.outlier(i, what)] = 1;
      else for (let c = 0; c < k && total > 0; c++) out[i * k + c]! /= total;
    }
    return out;
  }

  /** Position in `classes` of the label of a sample without neighbours. */
  protected outlier(_i: number, _what: string): number {
    return 0;
  }

  toState(): ModelState {
    return {
      type: this.name,
      ...classifierState(this, this.likeLabels),
      ...this.search.toState(),
      weights: savedWeights(this.weights, this.name),
      codes: this.codes,
    };
  }
}

function partsFrom(name: string, state: ModelState): Parts<Labels> {
  return {
    search: Searchable.fromState(name, state),
    weights: state.weights as NeighborWeights,
    codes: state.codes as Int32Array,
    classes: state.classes as readonly Label[],
    likeLabels: labelsOfForm(state.labels),
  };
}

/** What `KNeighborsClassifier.fit` returns. */
export class FittedKNeighborsClassifier<L extends Labels = Labels> extends VotingClassifier<L> {
  static readonly type = 'KNeighborsClassifier';

  protected override neighbors(samples: Samples, what: string): NeighborsOf {
    const k = this.search.nNeighbors;
    const { indices, distances } = this.search.nearest(samples, k, what);
    return (i) => ({
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

  static fromState(state: ModelState): FittedKNeighborsClassifier {
    return new FittedKNeighborsClassifier(partsFrom('KNeighborsClassifier', state));
  }
}

/** What `RadiusNeighborsClassifier.fit` returns. */
export class FittedRadiusNeighborsClassifier<L extends Labels = Labels> extends VotingClassifier<L> {
  static readonly type = 'RadiusNeighborsClassifier';
  readonly #outlier: number;

  constructor(parts: Parts<L> & { readonly outlier: number }) {
    super(parts);
    this.#outlier = parts.outlier;
  }

  protected override neighbors(samples: Samples): NeighborsOf {
    const { indices, distances } = this.search.index.within(samples, this.search.radius);
    return (i) => ({ rows: indices[i]!, distances: distances[i]! });
  }

  protected override outlier(i: number, what: string): number {
    if (this.#outlier >= 0) return this.#outlier;
    throw new ConfigError(
      `${what}: sample ${i} has no neighbour within ${this.search.radius}. Give a larger radius, or outlierLabel for such samples.`,
    );
  }

  /** All training samples within the radius of each sample: see `NearestNeighbors`. */
  radiusNeighbors(X?: Matrix | null, options: RadiusNeighborsOptions = {}): Within {
    return this.search.radiusNeighbors(X, options, `${this.name}.radiusNeighbors`);
  }

  override toState(): ModelState {
    return { ...super.toState(), outlier: this.#outlier };
  }

  static fromState(state: ModelState): FittedRadiusNeighborsClassifier {
    const parts = partsFrom('RadiusNeighborsClassifier', state);
    return new FittedRadiusNeighborsClassifier({ ...parts, outlier: state.outlier as number });
  }
}
