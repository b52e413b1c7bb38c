import type { TypedArray } from '../core/dtype';
import type { Tensor } from '../core/tensor';
import type { Labels } from './labels';
import type { Matrix } from './matrix';
import type { Rows } from './rows';
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
  fit(X: Matrix, y: Labels, options?: FitOptions): Promise<F>;
}

/** Something that changes which samples there are, while fitting and never while predicting. */
export interface Resampler {
  fitResample<M extends Matrix, L extends Labels>(X: M, y: L): Promise<{ X: M; y: unknown; indices?: TypedArray | undefined }>;
}

/** Something that deals samples into training and test parts. */
export interface Splitter {
  /** Positions of the training and test samples of each part. */
  split(X: Rows, y?: Labels, groups?: Labels): Iterable<{ readonly train: Int32Array; readonly test: Int32Array }>;
}
