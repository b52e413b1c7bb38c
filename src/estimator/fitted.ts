import { defaultBackend } from '../backends/default';
import type { KompaktError } from '../core/errors';
import { Tensor } from '../core/tensor';
import type { FitOptions, FittedEstimator } from '../data/estimator';
import { decodeLabels, type Label, type LabelOf, type Labels, type LabelsLike } from '../data/labels';
import { type Dense, type Matrix, type MatrixChecks, readMatrix, readSamples, type Samples } from '../data/matrix';
import { isTensor, type Rows, takeRows } from '../data/rows';
import type { Vector } from '../data/vector';
import { accuracyScore } from '../metrics/accuracy';
import { r2Score } from '../metrics/regression';
import { type ModelState, toJSON } from './state';

/** What every fitted model knows about what it was fitted with. */
export interface FittedParts {
  /** Name of the estimator, which begins error messages: `'LogisticRegression'`. */
  readonly name: string;
  readonly nFeatures: number;
  /** What went less than well in fitting: such as a `NotConvergedWarning`. */
  readonly warnings?: readonly KompaktError[] | undefined;
  /** What samples may be, beside dense and finite. */
  readonly accepts?: { readonly sparse?: boolean; readonly nonFinite?: boolean; readonly nan?: boolean } | undefined;
}

/** Base of everything fitted: its name, how many features it takes, its warnings, its state. */
export abstract class FittedModel {
  /** Name of the estimator. */
  readonly name: string;
  /** How many features the samples have. */
  readonly nFeatures: number;
  /** What went less than well in fitting, as values; empty if nothing did. */
  readonly warnings: readonly KompaktError[];
  readonly #accepts: { readonly sparse?: boolean; readonly nonFinite?: boolean; readonly nan?: boolean };

  constructor({ name, nFeatures, warnings = [], accepts = {} }: FittedParts) {
    this.name = name;
    this.nFeatures = nFeatures;
    this.warnings = warnings;
    this.#accepts = accepts;
  }

  /** All that the model has learned, as data; `fromState` of its class makes the model again. */
  abstract toState(): ModelState;

  /** The model as JSON, for `JSON.stringify`; `fromJSON` makes it again. */
  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /** The samples to predict for, after checking that they have the features of those in fit. */
  protected read(X: Matrix, method: string): Dense {
    return readMatrix(X, `${this.name}.${method}: X`, this.#checks());
  }

  /** The same where sparse samples are computed with as they are. */
  protected readSparse(X: Matrix, method: string): Samples {
    return readSamples(X, `${this.name}.${method}: X`, this.#checks());
  }

  #checks(): MatrixChecks {
    return { cols: this.nFeatures, allowNonFinite: this.#accepts.nonFinite, allowNaN: this.#accepts.nan };
  }
}

export interface FittedClassifierParts<L extends Labels> extends FittedParts {
  /** The labels, ascending. */
  readonly classes: readonly Label[];
  /** The labels given to `fit`, or anything of their form. */
  readonly likeLabels: L;
}

/**
 * Base of fitted classifiers: labels come back in the form they were given in, `score` is the accuracy. A subclass says
 * which class each sample is of.
 */
export abstract class FittedClassifier<L extends Labels = Labels> extends FittedModel implements FittedEstimator {
  /** The labels, ascending. */
  readonly classes: LabelOf<L>[];
  /** An empty list in the form of the labels. */
  protected readonly likeLabels: L;

  constructor(parts: FittedClassifierParts<L>) {
    super(parts);
    this.classes = [...parts.classes] as LabelOf<L>[];
    this.likeLabels = emptyLike(parts.likeLabels);
  }

  /** Positions in `classes` of the labels predicted for `X`. */
  protected abstract predictCodes(X: Matrix, method: string): Int32Array;

  /**
   * The label of each sample.
   *
   * @param X - `[samples, features]`.
   * @returns labels `[samples]`, in the form `fit` was given them in.
   * @throws ShapeError when X has other features than in fit; ConfigError for values that can't be used.
   */
  predict(X: Matrix): LabelsLike<L> {
    return decodeLabels(this.likeLabels, this.classes as readonly Label[], this.predictCodes(X, 'predict'));
  }

  /**
   * The accuracy of `predict(X)`.
   *
   * @param X - `[samples, features]`.
   * @param y - true labels `[samples]`.
   * @param options - `sampleWeight`.
   */
  score(X: Matrix, y: Labels, options: FitOptions = {}): number {
    return accuracyScore(y, this.predict(X) as Labels, options);
  }
}

/** Base of fitted classifiers that know probabilities, and predict the most probable class. */
export abstract class FittedProbabilisticClassifier<L extends Labels = Labels> extends FittedClassifier<L> {
  /** Probabilities `[samples, classes]`, row by row. */
  protected abstract probabilities(X: Matrix, method: string): Float64Array;

  /**
   * The probability of each class.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples, classes]`, columns in the order of `classes`.
   * @throws ShapeError when X has other features than in fit; ConfigError for values that can't be used.
   */
  predictProba(X: Matrix): Tensor {
    const p = this.probabilities(X, 'predictProba');
    return resultLike(X, p, [p.length / this.classes.length, this.classes.length]);
  }

  protected override predictCodes(X: Matrix, method: string): Int32Array {
    return argMaxRows(this.probabilities(X, method), this.classes.length);
  }
}

/** Base of fitted regressors: predictions are float64, `score` is R². A subclass says what they are. */
export abstract class FittedRegressor extends FittedModel implements FittedEstimator {
  protected abstract predictValues(X: Matrix, method: string): Float64Array;

  /**
   * The value predicted for each sample.
   *
   * @param X - `[samples, features]`.
   * @returns `[samples]`.
   * @throws ShapeError when X has other features than in fit; ConfigError for values that can't be used.
   */
  predict(X: Matrix): Float64Array {
    return this.predictValues(X, 'predict');
  }

  /**
   * R² of `predict(X)`: 1 − Σ(y − ŷ)² / Σ(y − ȳ)².
   *
   * @param X - `[samples, features]`.
   * @param y - true values `[samples]`.
   * @param options - `sampleWeight`.
   */
  score(X: Matrix, y: Labels, options: FitOptions = {}): number {
    return r2Score(y as Vector, this.predict(X), options);
  }
}

/** Keeps the kind of the labels without keeping the training labels alive. */
export function emptyLike<L extends Labels>(y: L): L {
  return isTensor(y) ? y : (takeRows(y as Rows, []) as L);
}

/** A float64 tensor beside the data it came from, if that backend can hold it; else on the default one. */
export function resultLike(X: Matrix, data: Float64Array, shape: readonly number[]): Tensor {
  const backend = isTensor(X) && X.backend.dtypes.includes('float64') ? X.backend : defaultBackend();
  return Tensor.from(backend, data, 'float64', shape);
}

/** Position of the first greatest value of each row of `k`. */
export function argMaxRows(z: ArrayLike<number>, k: number): Int32Array {
  return Int32Array.from({ length: z.length / k }, (_, i) => {
    let best = 0;
    for (let c = 1; c < k; c++) if (z[i * k + c]! > z[i * k + best]!) best = c;
    return best;
  });
}
