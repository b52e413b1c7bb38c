import { defaultBackend } from '../backends/default';
import type { KompaktError } from '../core/errors';
import { Tensor } from '../core/tensor';
import type { FitOptions } from '../data/estimator';
import { decodeLabels, type Label, type LabelOf, type Labels, type LabelsLike } from '../data/labels';
import { type Matrix, readMatrix } from '../data/matrix';
import { isTensor, type Rows, takeRows } from '../data/rows';
import { accuracyScore } from '../metrics/accuracy';
import { linearScores } from './products';

interface Parts<L extends Labels> {
  readonly coef: Tensor;
  readonly intercept: Tensor;
  readonly classes: readonly Label[];
  readonly nIter: number;
  readonly warnings: readonly KompaktError[];
  readonly likeLabels: L;
  readonly weights: { readonly coef: Float64Array; readonly intercept: Float64Array; readonly features: number };
}

/** What `LogisticRegression.fit` returns. Labels come back in the form they were given in. */
export class FittedLogisticRegression<L extends Labels = Labels> {
  /** float64 `[1, features]` for two classes (the log-odds of the second), else `[classes, features]`. */
  readonly coef: Tensor;
  /** float64 `[1]` or `[classes]`; zeros without an intercept. */
  readonly intercept: Tensor;
  /** The labels, ascending. */
  readonly classes: LabelOf<L>[];
  /** How many iterations it took. */
  readonly nIter: number;
  /** Whether it stopped because it had converged. */
  readonly converged: boolean;
  /** A `NotConvergedWarning` if it had not. */
  readonly warnings: readonly KompaktError[];
  readonly #parts: Parts<L>;

  constructor(parts: Parts<L>) {
    this.coef = parts.coef;
    this.intercept = parts.intercept;
    this.classes = [...parts.classes] as LabelOf<L>[];
    this.nIter = parts.nIter;
    this.warnings = parts.warnings;
    this.converged = parts.warnings.length === 0;
    this.#parts = { ...parts, likeLabels: emptyLike(parts.likeLabels) };
  }

  /**
   * The most probable label of each sample.
   *
   * @param X - `[samples, features]`.
   * @returns labels `[samples]`, in the form `fit` was given them in.
   * @throws ShapeError when X has other features than in fit; ConfigError for NaN or infinity.
   */
  predict(X: Matrix): LabelsLike<L> {
    const { scores, k } = this.#scores(X, 'predict');
    return decodeLabels(
      this.#parts.likeLabels,
      this.#parts.classes,
      k === 1 ? scores.map((z) => Number(z > 0)) : argMaxRows(scores, k),
    );
  }

  /**
   * The probability of each class: σ(z) for two, softmax(z) for more.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples, classes]`, columns in the order of `classes`.
   * @throws ShapeError when X has other features than in fit; ConfigError for NaN or infinity.
   */
  predictProba(X: Matrix): Tensor {
    const { scores, k, rows } = this.#scores(X, 'predictProba');
    const probabilities = k === 1 ? sigmoidColumns(scores) : softmaxRows(scores, k);
    return result(X, probabilities, [rows, Math.max(2, k)]);
  }

  /**
   * The scores z = W·x + b that predictions come from.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples]` for two classes (positive: the second), else `[samples, classes]`.
   * @throws ShapeError when X has other features than in fit; ConfigError for NaN or infinity.
   */
  decisionFunction(X: Matrix): Tensor {
    const { scores, k, rows } = this.#scores(X, 'decisionFunction');
    return result(X, scores, k === 1 ? [rows] : [rows, k]);
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

  #scores(X: Matrix, method: string): { readonly scores: Float64Array; readonly k: number; readonly rows: number } {
    const { coef, intercept, features } = this.#parts.weights;
    const samples = readMatrix(X, `LogisticRegression.${method}: X`, { cols: features });
    const k = intercept.length;
    const scores = new Float64Array(samples.rows * k);
    linearScores(samples, coef, intercept, scores);
    return { scores, k, rows: samples.rows };
  }
}

/** Keeps the kind of the labels without keeping the training labels alive. */
function emptyLike<L extends Labels>(y: L): L {
  return isTensor(y) ? y : (takeRows(y as Rows, []) as L);
}

function result(X: Matrix, data: Float64Array, shape: readonly number[]): Tensor {
  const backend = isTensor(X) && X.backend.dtypes.includes('float64') ? X.backend : defaultBackend();
  return Tensor.from(backend, data, 'float64', shape);
}

function argMaxRows(z: Float64Array, k: number): Int32Array {
  return Int32Array.from({ length: z.length / k }, (_, i) => {
    let best = 0;
    for (let c = 1; c < k; c++) if (z[i * k + c]! > z[i * k + best]!) best = c;
    return best;
  });
}

function sigmoidColumns(z: Float64Array): Float64Array {
  const out = new Float64Array(z.length * 2);
  for (let i = 0; i < z.length; i++) {
    const e = Math.exp(-Math.abs(z[i]!));
    const [near, far] = [1 / (1 + e), e / (1 + e)];
    out[2 * i] = z[i]! >= 0 ? far : near;
    out[2 * i + 1] = z[i]! >= 0 ? near : far;
  }
  return out;
}

function softmaxRows(z: Float64Array, k: number): Float64Array {
  const out = new Float64Array(z.length);
  for (let at = 0; at < z.length; at += k) {
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < k; c++) max = Math.max(max, z[at + c]!);
    let total = 0;
    for (let c = 0; c < k; c++) {
      out[at + c] = Math.exp(z[at + c]! - max);
      total += out[at + c]!;
    }
    for (let c = 0; c < k; c++) out[at + c]! /= total;
  }
  return out;
}
