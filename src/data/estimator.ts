import type { KompaktError } from '../core/errors';
import type { Tensor } from '../core/tensor';
import type { Labels, LabelsLike } from './labels';
import type { Matrix } from './matrix';
import type { Rows } from './rows';
import type { Table } from './table';
import type { Vector } from './vector';

/** Options every `fit` that can weigh its samples takes. */
export interface FitOptions {
  /** One weight ≥ 0 per sample; all 1 by default. */
  readonly sampleWeight?: Vector | null | undefined;
}

/** What `fit` returns: the learned model, able to predict, and never changed afterwards. */
export interface FittedEstimator {
  predict(X: Matrix): Labels;
  /** The usual score: accuracy of a classifier, R² of a regressor. */
  score(X: Matrix, y: Labels, options?: FitOptions): number;
  /** A classifier's labels, ascending. */
  readonly classes?: readonly (number | string | boolean)[];
  /** `[samples, classes]`, columns in the order of `classes`. */
  predictProba?(X: Matrix): Tensor;
  /** `[samples]` for two classes, else `[samples, classes]`. */
  decisionFunction?(X: Matrix): Tensor;
}

/** A recipe for a model: its constructor only stores options, so one estimator can be fitted any number of times. */
export interface Estimator<F extends FittedEstimator = FittedEstimator> {
  readonly kind: 'classifier' | 'regressor';
  /** The class's name, as it is exported; a built-in estimator has one, so that it can be fitted in another thread. */
  readonly name?: string;
  fit(X: Matrix, y: Labels, options?: FitOptions): Promise<F>;
}

/** A resampled set, in the forms that went in. */
export interface Resampled<M, L> {
  readonly X: M;
  readonly y: LabelsLike<L>;
  /** For methods that only pick: the position in the input of each sample of the output. */
  readonly indices?: Int32Array;
  /** What is unlikely to be meant; absent where there is nothing to say. */
  readonly warnings?: readonly KompaktError[];
}

/** What a transformer's `fit` returns: it maps samples to samples, one by one. */
export interface FittedTransformer {
  transform(X: Matrix): Matrix;
  /** Undoes `transform`, where that is possible. */
  inverseTransform?(X: Matrix): Matrix | Table;
  /** Names of the features that `transform` makes, given those of the features it takes. */
  featureNamesOut?(names?: readonly string[]): string[];
}

/** A recipe for a mapping of samples that is learned from samples, such as a scaler. */
export interface Transformer<F extends FittedTransformer = FittedTransformer> {
  fit(X: Matrix, y?: Labels): Promise<F>;
  /**
   * `fit`, and what becomes of the samples fitted with. A pipeline calls it where it is there: some transformers treat
   * training samples otherwise, so that what is fitted on them next does not see their own labels.
   */
  fitTransform?(X: Matrix, y?: Labels): Promise<{ readonly fitted: F; readonly X: Matrix }>;
}

/** Something that changes which samples there are, while fitting and never while predicting. */
export interface Resampler {
  fitResample<M extends Matrix, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>>;
}

/** Something that deals samples into training and test parts. */
export interface Splitter {
  /** Positions of the training and test samples of each part. */
  split(X: Rows, y?: Labels, groups?: Labels): Iterable<{ readonly train: Int32Array; readonly test: Int32Array }>;
}
