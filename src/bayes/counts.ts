import { ConfigError } from '../core/errors';
import type { Samples } from '../data/matrix';
import { isSparse } from '../data/sparse';
import type { BatchOf } from './read';

/** What discrete naive Bayes models remember of the samples. */
export interface Counts {
  /** The weight of the samples of each class. */
  readonly classCount: Float64Array;
  /** Weighted sums of every feature in every class: `[classes, features]`. */
  readonly featureCount: Float64Array;
}

/** Counts of what was seen before and a batch together. */
export function count(old: Counts | null, { X, codes, classes, weights }: BatchOf<Samples>): Counts {
  const cols = isSparse(X) ? X.shape[1] : X.cols;
  const classCount = old?.classCount.slice() ?? new Float64Array(classes.length);
  const featureCount = old?.featureCount.slice() ?? new Float64Array(classes.length * cols);
  for (let i = 0; i < codes.length; i++) {
    const w = weights === null ? 1 : weights[i]!;
    const at = codes[i]! * cols;
    classCount[codes[i]!]! += w;
    forEntries(X, i, (c, v) => {
      featureCount[at + c]! += w * v;
    });
  }
  return { classCount, featureCount };
}

/** Calls `f` with every column and value of row i that is not 0. */
export function forEntries(X: Samples, i: number, f: (column: number, value: number) => void): void {
  if (isSparse(X)) {
    for (let e = X.indptr[i]!, end = X.indptr[i + 1]!; e < end; e++) f(X.indices[e]!, X.data[e]!);
    return;
  }
  for (let c = 0, at = i * X.cols; c < X.cols; c++, at++) if (X.data[at] !== 0) f(c, X.data[at]!);
}

/**
 * X·Wᵀ + b, with W `[classes, features]`. Zeros are left out, so that a weight of −∞, an event never seen and not smoothed
 * away, counts against samples that have it and no others.
 */
export function linearScores(X: Samples, weights: Float64Array, bias: Float64Array): Float64Array {
  const [rows, cols] = isSparse(X) ? X.shape : [X.rows, X.cols];
  const k = bias.length;
  // Feature by feature: a sample reads the weights of a feature for all classes at once.
  const byFeature = new Float64Array(weights.length);
  for (let c = 0; c < k; c++) for (let j = 0; j < cols; j++) byFeature[j * k + c] = weights[c * cols + j]!;
  const out = new Float64Array(rows * k);
  for (let i = 0; i < rows; i++) {
    forEntries(X, i, (j, v) => {
      for (let c = 0; c < k; c++) out[i * k + c]! += v * byFeature[j * k + c]!;
    });
    for (let c = 0; c < k; c++) out[i * k + c]! += bias[c]!;
  }
  return out;
}

/** The samples, after checking that they can be counts. */
export function checkCounts<S extends Samples>(X: S, what: string): S {
  const at = X.data.findIndex((v) => v < 0);
  if (at < 0) return X;
  throw new ConfigError(
    `${what}: X has the value ${X.data[at]}; counts must not be negative. Use GaussianNB, or shift it.`,
  );
}

/** 1 for values above the threshold, else 0. */
export function binarize<S extends Samples>(X: S, threshold: number | null): S {
  if (threshold === null) return X;
  const data = X.data.map((v) => Number(v > threshold));
  return (isSparse(X) ? X.withData(data) : { ...X, data }) as S;
}
