import type { Tensor } from '../core/tensor';
import type { Label, Labels } from '../data/labels';
import { countSamples, type Matrix, type Samples } from '../data/matrix';
import {
  argMaxRows,
  FittedClassifier,
  type FittedClassifierParts,
  type FittedParts,
  FittedRegressor,
  resultLike,
} from '../estimator/fitted';
import { checkLearned } from '../estimator/learned';
import { classifierState, labelsOfForm, type ModelState, type StateValue } from '../estimator/state';
import { linearScores } from './products';

/** The numbers of a linear model. */
export interface LinearWeights {
  /** `[outputs, features]`. */
  readonly coef: Float64Array;
  /** `[outputs]`. */
  readonly intercept: Float64Array;
  /** Iterations it took. */
  readonly nIter: number;
}

export interface LinearClassifierParts<L extends Labels>
  extends LinearWeights,
    Pick<FittedClassifierParts<L>, 'nFeatures' | 'warnings' | 'classes' | 'likeLabels'> {
  /** Results are made beside it. */
  readonly beside: Matrix;
}

export interface LinearRegressorParts extends LinearWeights, Pick<FittedParts, 'nFeatures' | 'warnings'> {
  readonly beside: Matrix;
}

/** The scores Z = X·Wᵀ + b `[samples, outputs]`. */
export function scoresOf(X: Samples, { coef, intercept }: Pick<LinearWeights, 'coef' | 'intercept'>): Float64Array {
  const k = intercept.length;
  const out = new Float64Array(countSamples(X) * k);
  linearScores(X, coef, intercept, out);
  return out;
}

/** Base of fitted linear classifiers: one score for two classes, positive for the second, else one per class. */
export abstract class FittedLinearClassifier<L extends Labels = Labels> extends FittedClassifier<L> {
  /** float64 `[1, features]` for two classes, else `[classes, features]`. */
  readonly coef: Tensor;
  /** float64 `[1]` or `[classes]`; zeros without an intercept. */
  readonly intercept: Tensor;
  /** How many iterations it took; for several classes, the most of any. */
  readonly nIter: number;
  protected readonly weights: LinearWeights;

  constructor(name: string, parts: LinearClassifierParts<L>) {
    super({ ...parts, name, accepts: { sparse: true } });
    const { coef, intercept, nIter, beside, nFeatures } = parts;
    checkLearned(coef, 'a coefficient', name);
    checkLearned(intercept, 'the intercept', name);
    this.coef = resultLike(beside, coef, [intercept.length, nFeatures]);
    this.intercept = resultLike(beside, intercept, [intercept.length]);
    this.nIter = nIter;
    this.weights = { coef, intercept, nIter };
  }

  /**
   * The scores w·x + b that predictions come from.
   *
   * @param X - `[samples, features]`; may be sparse.
   * @returns float64 `[samples]` for two classes (positive: the second), else `[samples, classes]`.
   * @throws ShapeError when X has other features than in fit; ConfigError for NaN or infinity.
   */
  decisionFunction(X: Matrix): Tensor {
    const samples = this.readSparse(X, 'decisionFunction');
    const k = this.weights.intercept.length;
    const rows = countSamples(samples);
    return resultLike(X, scoresOf(samples, this.weights), k === 1 ? [rows] : [rows, k]);
  }

  protected override predictCodes(X: Matrix, method: string): Int32Array {
    const scores = scoresOf(this.readSparse(X, method), this.weights);
    const k = this.weights.intercept.length;
    return k === 1 ? Int32Array.from(scores, (z) => Number(z > 0)) : argMaxRows(scores, k);
  }

  toState(): ModelState {
    return { type: this.name, ...classifierState(this as never, this.likeLabels), ...this.weights };
  }
}

/** Base of fitted linear regressors: ŷ = X·w + b. */
export abstract class FittedLinearRegressor extends FittedRegressor {
  /** float64 `[features]`. */
  readonly coef: Tensor;
  /** float64 `[1]`; 0 without an intercept. */
  readonly intercept: Tensor;
  /** How many iterations it took. */
  readonly nIter: number;
  protected readonly weights: LinearWeights;

  constructor(name: string, parts: LinearRegressorParts) {
    super({ ...parts, name, accepts: { sparse: true } });
    const { coef, intercept, nIter, beside, nFeatures } = parts;
    checkLearned(coef, 'a coefficient', name);
    checkLearned(intercept, 'the intercept', name);
    this.coef = resultLike(beside, coef, [nFeatures]);
    this.intercept = resultLike(beside, intercept, [1]);
    this.nIter = nIter;
    this.weights = { coef, intercept, nIter };
  }

  protected override predictValues(X: Matrix, method: string): Float64Array {
    return scoresOf(this.readSparse(X, method), this.weights);
  }

  toState(): ModelState {
    return { type: this.name, nFeatures: this.nFeatures, ...this.weights };
  }
}

/** What the states of linear classifiers have in common. */
export function classifierParts(state: ModelState): LinearClassifierParts<Labels> {
  return {
    ...regressorParts(state),
    classes: state.classes as readonly Label[],
    likeLabels: labelsOfForm(state.labels),
  };
}

/** What the states of linear models have in common. */
export function regressorParts(state: { readonly [field: string]: StateValue }): LinearRegressorParts {
  return {
    nFeatures: state.nFeatures as number,
    coef: state.coef as Float64Array,
    intercept: state.intercept as Float64Array,
    nIter: state.nIter as number,
    beside: [],
  };
}
