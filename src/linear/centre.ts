import { countFeatures, countSamples, type Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';

/** Samples and targets as least squares sees them: about their means, and scaled by the roots of the weights. */
export interface Centred {
  /** The samples as given; what follows is still to be applied. */
  readonly X: Samples;
  /** Mean of each feature; zeros without an intercept. */
  readonly mean: Float64Array;
  /** √weight of each sample; null for all 1. */
  readonly root: Float64Array | null;
  /** Targets `[targets][samples]`, centred and scaled already. */
  readonly targets: readonly Float64Array[];
  /** Mean of each target; zeros without an intercept. */
  readonly targetMeans: readonly number[];
}

/** What is to be taken off and multiplied so that the intercept drops out of the problem. */
export function centre(
  X: Samples,
  targets: readonly Float64Array[],
  weights: Float64Array | null,
  fitIntercept: boolean,
): Centred {
  const mean = fitIntercept ? featureMeans(X, weights) : new Float64Array(countFeatures(X));
  const targetMeans = targets.map((y) => (fitIntercept ? meanOf(y, weights) : 0));
  const root = weights === null ? null : weights.map(Math.sqrt);
  const scaled = targets.map((y, t) => y.map((v, i) => (v - targetMeans[t]!) * (root === null ? 1 : root[i]!)));
  return { X, mean, root, targets: scaled, targetMeans };
}

/** The intercept that goes with coefficients of centred samples. */
export function interceptFor(coef: Float64Array, mean: Float64Array, targetMean: number): number {
  let sum = 0;
  for (let j = 0; j < mean.length; j++) sum += coef[j]! * mean[j]!;
  return targetMean - sum;
}

function meanOf(y: Float64Array, weights: Float64Array | null): number {
  let sum = 0;
  let all = 0;
  for (let i = 0; i < y.length; i++) {
    const w = weights === null ? 1 : weights[i]!;
    sum += w * y[i]!;
    all += w;
  }
  return sum / all;
}

function featureMeans(X: Samples, weights: Float64Array | null): Float64Array {
  const n = countSamples(X);
  const cols = countFeatures(X);
  const sums = new Float64Array(cols);
  let all = 0;
  for (let i = 0; i < n; i++) {
    const w = weights === null ? 1 : weights[i]!;
    all += w;
    if (isSparse(X)) for (let e = X.indptr[i]!; e < X.indptr[i + 1]!; e++) sums[X.indices[e]!]! += w * X.data[e]!;
    else for (let j = 0, at = i * cols; j < cols; j++) sums[j]! += w * X.data[at + j]!;
  }
  return sums.map((v) => v / all);
}
