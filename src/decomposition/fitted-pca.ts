import type { Tensor } from '../core/tensor';
import { type Matrix, readMatrix } from '../data/matrix';
import { centred } from '../data/moments';
import { FittedModel, resultLike } from '../estimator/fitted';
import { checkLearned } from '../estimator/learned';
import type { ModelState } from '../estimator/state';
import { transposeOf } from './linear-map';
import { inFormOf, project } from './projection';

interface Parts {
  /** `[k, features]`. */
  readonly components: Float64Array;
  readonly mean: Float64Array;
  readonly singularValues: Float64Array;
  readonly explainedVariance: Float64Array;
  readonly explainedVarianceRatio: Float64Array;
  readonly noiseVariance: number;
  readonly whiten: boolean;
  readonly nFeatures: number;
  readonly nSamples: number;
}

/** What `PCA.fit` returns. */
export class FittedPCA extends FittedModel {
  static readonly type = 'PCA';
  /** float64 `[components, features]`: directions of length 1, by descending variance. */
  readonly components: Tensor;
  readonly nComponents: number;
  /** The mean of every feature, which is taken off first. */
  readonly mean: Float64Array;
  readonly singularValues: Float64Array;
  /** The variance along each component. */
  readonly explainedVariance: Float64Array;
  /** Its share of the variance of all features. */
  readonly explainedVarianceRatio: Float64Array;
  /** The mean variance along the components left out. */
  readonly noiseVariance: number;
  /** How many samples it was fitted with. */
  readonly nSamples: number;
  readonly #parts: Parts;

  constructor(parts: Parts) {
    super({ name: 'PCA', nFeatures: parts.nFeatures });
    checkLearned(parts.singularValues, 'a singular value', 'PCA');
    this.#parts = parts;
    this.nComponents = parts.singularValues.length;
    this.components = resultLike([], parts.components.slice(), [this.nComponents, parts.nFeatures]);
    this.mean = parts.mean;
    this.singularValues = parts.singularValues;
    this.explainedVariance = parts.explainedVariance;
    this.explainedVarianceRatio = parts.explainedVarianceRatio;
    this.noiseVariance = parts.noiseVariance;
    this.nSamples = parts.nSamples;
  }

  /**
   * The samples by their components: (X − mean)·Vᵀ, divided by the deviation along each if whitened.
   *
   * @param X - `[samples, features]`.
   * @returns `[samples, components]`, in the form of X.
   * @throws ShapeError when X has other features than in fit; ConfigError for NaN or infinity.
   */
  transform<M extends Matrix>(X: M): M {
    const { components, mean, whiten } = this.#parts;
    const samples = centred(this.read(X, 'transform'), mean);
    const k = this.nComponents;
    const data = project(samples, components, k);
    if (whiten) for (let at = 0; at < data.length; at++) data[at]! /= this.#deviation(at % k);
    return inFormOf(X, { data, rows: samples.rows, cols: k });
  }

  /**
   * Samples with these components, as near to the original ones as components allow.
   *
   * @param X - `[samples, components]`.
   * @returns `[samples, features]`, in the form of X.
   * @throws ShapeError when X has another number of columns than there are components.
   */
  inverseTransform<M extends Matrix>(X: M): M {
    const k = this.nComponents;
    const { components, mean, whiten, nFeatures } = this.#parts;
    const given = readMatrix(X, `${this.name}.inverseTransform: X`, { cols: k });
    const scaled = whiten ? given.data.map((v, at) => v * this.#deviation(at % k)) : given.data;
    const data = project({ ...given, data: scaled }, transposeOf(components, k, nFeatures), nFeatures);
    for (let at = 0; at < data.length; at++) data[at]! += mean[at % nFeatures]!;
    return inFormOf(X, { data, rows: given.rows, cols: nFeatures });
  }

  toState(): ModelState {
    return { type: this.name, ...this.#parts };
  }

  static fromState(state: ModelState): FittedPCA {
    return new FittedPCA(state as unknown as Parts);
  }

  /** What whitening divides by: directions without variance stay at 0. */
  #deviation(component: number): number {
    const variance = this.#parts.explainedVariance[component]!;
    const least = Number.EPSILON * this.#parts.explainedVariance[0]!;
    return variance > least ? Math.sqrt(variance) : Math.sqrt(least) || 1;
  }
}
