import { defaultBackend } from '../backends/default';
import { type KompaktError, NotConvergedWarning } from '../core/errors';
import { Tensor } from '../core/tensor';
import type { Label, Labels } from '../data/labels';
import { countSamples, type Matrix } from '../data/matrix';
import { isTensor } from '../data/rows';
import { argMaxRows, FittedProbabilisticClassifier, resultLike } from '../estimator/fitted';
import { classifierState, labelsOfForm, type ModelState } from '../estimator/state';
import { softmaxInPlace } from './logistic-probabilities';
import type { Scheme } from './logistic-solve';
import { logisticShares } from './probability-shares';
import { linearScores } from './products';

/** What a logistic regression has learned. */
export interface LogisticParts<L extends Labels> {
  readonly name: string;
  readonly classes: readonly Label[];
  readonly likeLabels: L;
  readonly nFeatures: number;
  readonly scheme: Scheme;
  /** `[outputs, features]` and `[outputs]`. */
  readonly weights: { readonly coef: Float64Array; readonly intercept: Float64Array };
  readonly nIter: number;
  readonly warnings: readonly KompaktError[];
  /** Results live beside these samples, if they are a tensor. */
  readonly like?: Matrix;
}

/** What `LogisticRegression.fit` returns. Labels come back in the form they were given in. */
export class FittedLogisticRegression<L extends Labels = Labels> extends FittedProbabilisticClassifier<L> {
  static readonly type: string = 'LogisticRegression';
  /** float64 `[1, features]` for two classes (the log-odds of the second), else `[classes, features]`. */
  readonly coef: Tensor;
  /** float64 `[1]` or `[classes]`; zeros without an intercept. */
  readonly intercept: Tensor;
  /** How many iterations it took; of the class that took the most, where each was fitted against the rest. */
  readonly nIter: number;
  /** Whether it stopped because it had converged. */
  readonly converged: boolean;
  readonly #weights: { readonly coef: Float64Array; readonly intercept: Float64Array };
  readonly #scheme: Scheme;

  constructor(parts: LogisticParts<L>) {
    super({ ...parts, accepts: { sparse: true } });
    const { coef, intercept } = parts.weights;
    const { like } = parts;
    const backend =
      like !== undefined && isTensor(like) && like.backend.dtypes.includes('float64') ? like.backend : defaultBackend();
    this.coef = Tensor.from(backend, coef.slice(), 'float64', [intercept.length, parts.nFeatures]);
    this.intercept = Tensor.from(backend, intercept.slice(), 'float64', [intercept.length]);
    this.nIter = parts.nIter;
    this.converged = parts.warnings.length === 0;
    this.#weights = parts.weights;
    this.#scheme = parts.scheme;
  }

  /**
   * The scores z = W·x + b that predictions come from.
   *
   * @param X - `[samples, features]`, dense or sparse.
   * @returns float64 `[samples]` for two classes (positive: the second), else `[samples, classes]`.
   * @throws ShapeError when X has other features than in fit; ConfigError for NaN or infinity.
   */
  decisionFunction(X: Matrix): Tensor {
    const scores = this.#scores(X, 'decisionFunction');
    const k = this.#weights.intercept.length;
    return resultLike(X, scores, k === 1 ? [scores.length] : [scores.length / k, k]);
  }

  override toState(): ModelState {
    return {
      type: this.name,
      ...classifierState(this, this.likeLabels),
      ...this.#weights,
      scheme: this.#scheme,
      nIter: this.nIter,
      warnings: this.warnings.map((warning) => warning.message),
    };
  }

  static fromState(state: ModelState): FittedLogisticRegression {
    return new FittedLogisticRegression(logisticPartsOf(state));
  }

  protected override predictCodes(X: Matrix, method: string): Int32Array {
    const scores = this.#scores(X, method);
    const k = this.#weights.intercept.length;
    return k === 1 ? Int32Array.from(scores, (z) => Number(z > 0)) : argMaxRows(scores, k);
  }

  /** σ(z) for two classes, softmax(z) for more; for classes each against the rest σ(z), divided by their sum. */
  protected override probabilities(X: Matrix, method: string): Float64Array {
    const scores = this.#scores(X, method);
    const k = this.#weights.intercept.length;
    if (this.#scheme === 'ovr') return logisticShares(scores, k);
    if (k > 1) return softmaxInPlace(scores, k);
    // Of a softmax of two, the scores are ±z: their difference counts.
    return logisticShares(this.#scheme === 'multinomial' ? scores.map((z) => 2 * z) : scores, 2);
  }

  #scores(X: Matrix, method: string): Float64Array {
    const samples = this.readSparse(X, method);
    const { coef, intercept } = this.#weights;
    const scores = new Float64Array(countSamples(samples) * intercept.length);
    linearScores(samples, coef, intercept, scores);
    return scores;
  }
}

/** The parts that `toState` kept. */
export function logisticPartsOf(state: ModelState): LogisticParts<Labels> {
  return {
    name: state.type,
    classes: state.classes as readonly Label[],
    likeLabels: labelsOfForm(state.labels),
    nFeatures: state.nFeatures as number,
    scheme: state.scheme as Scheme,
    weights: { coef: state.coef as Float64Array, intercept: state.intercept as Float64Array },
    nIter: state.nIter as number,
    warnings: (state.warnings as readonly string[]).map((message) => new NotConvergedWarning(message)),
  };
}
