import type { Dense } from '../data/matrix';
import type { Objective } from '../optim/lbfgs-minimize';
import { addOuterProducts, linearScores } from './products';

/** A weighted classification problem and its penalty. */
export interface Problem {
  readonly X: Dense;
  /** Class of each sample. */
  readonly codes: Int32Array;
  /** Rows of coefficients: 1 for two classes (the log-odds of the second), else one per class. */
  readonly outputs: number;
  /** One weight per sample, summing to 1. */
  readonly weights: Float64Array;
  /** λ of λ/2·‖w‖². */
  readonly l2: number;
  readonly fitIntercept: boolean;
}

/** Number of parameters: `[outputs, features]` coefficients, then the intercepts if any. */
export function parameterCount({ X, outputs, fitIntercept }: Problem): number {
  return outputs * (X.cols + Number(fitIntercept));
}

/**
 * The penalised mean loss Σ sᵢ·lossᵢ + λ/2·‖w‖² and its gradient, as a function of coefficients and intercepts; the
 * intercepts are not penalised.
 */
export function logisticObjective(problem: Problem): Objective {
  const { X, outputs: k, weights, codes, l2, fitIntercept } = problem;
  const coefficients = k * X.cols;
  const scores = new Float64Array(X.rows * k);
  const none = new Float64Array(k);
  const residuals = k === 1 ? binaryResiduals : softmaxResiduals;
  return (x, gradient) => {
    linearScores(X, x, fitIntercept ? x.subarray(coefficients) : none, scores);
    let value = residuals(scores, codes, weights, k);
    gradient.fill(0);
    addOuterProducts(X, scores, k, gradient);
    if (fitIntercept) {
      for (let i = 0, at = 0; i < X.rows; i++) for (let c = 0; c < k; c++) gradient[coefficients + c]! += scores[at++]!;
    }
    let squares = 0;
    for (let j = 0; j < coefficients; j++) {
      squares += x[j]! * x[j]!;
      gradient[j]! += l2 * x[j]!;
    }
    value += 0.5 * l2 * squares;
    return value;
  };
}

/** Σ s·(ln(1 + eᶻ) − y·z); the scores are replaced by the derivatives s·(σ(z) − y). */
function binaryResiduals(z: Float64Array, codes: Int32Array, weights: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < z.length; i++) {
    const v = z[i]!;
    const y = codes[i]!;
    const e = Math.exp(-Math.abs(v));
    const p = v >= 0 ? 1 / (1 + e) : e / (1 + e);
    // max(v, 0) − y·v is exact for both classes, so that confident right answers keep their tiny losses.
    sum += weights[i]! * (Math.log1p(e) + (v >= 0 ? (1 - y) * v : -y * v));
    z[i] = weights[i]! * (p - y);
  }
  return sum;
}

/** Σ s·(ln Σ eᶻ − z[y]); the scores are replaced by the derivatives s·(softmax(z) − onehot(y)). */
function softmaxResiduals(z: Float64Array, codes: Int32Array, weights: Float64Array, k: number): number {
  let sum = 0;
  for (let i = 0; i < codes.length; i++) {
    const at = i * k;
    const s = weights[i]!;
    const y = codes[i]!;
    const ofTruth = z[at + y]!;
    let max = z[at]!;
    for (let c = 1; c < k; c++) if (z[at + c]! > max) max = z[at + c]!;
    let total = 0;
    for (let c = 0; c < k; c++) {
      const e = Math.exp(z[at + c]! - max);
      z[at + c] = e;
      total += e;
    }
    sum += s * (Math.log(total) + max - ofTruth);
    const scale = s / total;
    for (let c = 0; c < k; c++) z[at + c]! *= scale;
    z[at + y]! -= s;
  }
  return sum;
}
