import { defaultBackend } from '../backends/default';
import { Tensor } from '../core/tensor';
import { countFeatures, countSamples, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { logisticGradient, logisticResiduals } from '../ops/logistic';
import type { Objective } from '../optim/lbfgs-minimize';
import { addOuterProducts, linearScores } from './products';

/** A weighted classification problem and its penalty. */
export interface Problem {
  readonly X: Samples;
  /** Class of each sample. */
  readonly codes: Int32Array;
  /** Rows of coefficients: 1 for two classes (the log-odds of the second), else one per class. */
  readonly outputs: number;
  /** One weight per sample, summing to 1. */
  readonly weights: Float64Array;
  /** λ of λ/2·‖w‖². */
  readonly l2: number;
  /** μ of μ·‖w‖₁. */
  readonly l1: number;
  readonly fitIntercept: boolean;
  /**
   * The intercept is this times a coefficient that is penalised like the others: that of a feature which is always
   * `interceptScaling`. Null for an intercept without a penalty.
   */
  readonly interceptScaling: number | null;
}

/** Number of parameters: `[outputs, features]` coefficients, then the intercepts if any. */
export function parameterCount({ X, outputs, fitIntercept }: Problem): number {
  return outputs * (countFeatures(X) + Number(fitIntercept));
}

/** λ of λ/2·b², for each intercept b. */
export function interceptL2({ l2, interceptScaling }: Problem): number {
  return interceptScaling === null ? 0 : l2 / interceptScaling ** 2;
}

/** The intercepts among the parameters; zeros where there are none. */
export function interceptsOf({ X, outputs, fitIntercept }: Problem, x: Float64Array): Float64Array {
  return fitIntercept ? x.subarray(outputs * countFeatures(X)) : new Float64Array(outputs);
}

/** Dense samples where the engine has them at hand; they stay there until `dispose`. Null for sparse ones. */
export function uploadSamples(X: Samples): Tensor | null {
  return isSparse(X) ? null : Tensor.from(defaultBackend(), X.data, 'float64', [X.rows, X.cols]);
}

/** A smooth objective, and what it keeps in the engine until it is disposed. */
export interface LogisticObjective {
  readonly evaluate: Objective;
  dispose(): void;
}

/**
 * The smooth part of what is minimised, Σ sᵢ·lossᵢ + λ/2·‖w‖², and its gradient, as a function of coefficients and
 * intercepts.
 *
 * @param table - the samples as {@link uploadSamples} made them.
 */
export function logisticObjective(problem: Problem, table: Tensor | null): LogisticObjective {
  const loss = table === null ? sparseLoss(problem) : denseLoss(problem, table);
  const { l2, outputs, X } = problem;
  const ofIntercept = interceptL2(problem);
  const coefficients = outputs * countFeatures(X);
  const evaluate: Objective = (x, gradient) => {
    let value = loss.evaluate(x, gradient);
    for (let j = 0; j < x.length; j++) {
      const lambda = j < coefficients ? l2 : ofIntercept;
      value += 0.5 * lambda * x[j]! * x[j]!;
      gradient[j]! += lambda * x[j]!;
    }
    return value;
  };
  return { evaluate, dispose: loss.dispose };
}

/** Σ sᵢ·lossᵢ of dense samples, computed by the engine. */
function denseLoss({ codes, weights, outputs, X }: Problem, table: Tensor): LogisticObjective {
  const { backend } = table;
  const y = Tensor.from(backend, codes, 'int32', [codes.length]);
  const s = Tensor.from(backend, weights, 'float64', [weights.length]);
  // Without intercepts theirs stay 0, and their part of the gradient is left alone.
  const params = new Float64Array(outputs * (countFeatures(X) + 1));
  const evaluate: Objective = (x, gradient) => {
    params.set(x);
    const w = Tensor.from(backend, params, 'float64', [params.length]);
    const result = logisticGradient(table, y, s, w, outputs);
    const sums = result.dataSync() as Float64Array;
    w.dispose();
    result.dispose();
    gradient.set(sums.subarray(1, 1 + x.length));
    return sums[0]!;
  };
  return {
    evaluate,
    dispose: () => {
      y.dispose();
      s.dispose();
    },
  };
}

/** The same of sparse samples. */
function sparseLoss(problem: Problem): LogisticObjective {
  const { X, codes, weights, outputs: k, fitIntercept } = problem;
  const rows = countSamples(X);
  const coefficients = k * countFeatures(X);
  const scores = new Float64Array(rows * k);
  const evaluate: Objective = (x, gradient) => {
    linearScores(X, x, interceptsOf(problem, x), scores);
    const value = logisticResiduals(scores, codes, weights, k);
    gradient.fill(0);
    addOuterProducts(X, scores, k, gradient);
    if (fitIntercept) for (let i = 0; i < scores.length; i++) gradient[coefficients + (i % k)]! += scores[i]!;
    return value;
  };
  return { evaluate, dispose: () => {} };
}
