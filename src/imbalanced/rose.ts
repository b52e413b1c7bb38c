import type { Rng } from '../core/rng';
import { countFeatures, type Samples } from '../data/matrix';
import { CsrMatrix, isSparse } from '../data/sparse';
import { takeSamples, toDense } from './samples';

/**
 * Repeats of samples, each moved by normal noise: a smoothed bootstrap (ROSE).
 *
 * The noise of feature j has the deviation shrinkage · (4 / ((p + 2)·n))^(1/(p + 4)) · σ_j, with n samples of p features, and σ_j
 * that of the class: the bandwidth by Silverman's rule.
 */
export function perturb(
  X: Samples,
  total: number,
  members: Int32Array,
  picked: Int32Array,
  shrinkage: number,
  rng: Rng,
): Samples {
  const cols = countFeatures(X);
  const bandwidth = (4 / ((cols + 2) * total)) ** (1 / (cols + 4));
  const scale = deviations(toDense(takeSamples(X, members))).map((s) => shrinkage * bandwidth * s);
  const { data, rows } = toDense(takeSamples(X, picked));
  const moved = new Float64Array(data.length);
  for (let i = 0; i < rows; i++)
    for (let c = 0; c < cols; c++) moved[i * cols + c] = rng.gaussian() * scale[c]! + data[i * cols + c]!;
  return isSparse(X) ? CsrMatrix.fromDense({ data: moved, shape: [rows, cols] }) : { data: moved, rows, cols };
}

/** Standard deviation of every feature, over all samples (not n − 1). */
export function deviations({ data, rows, cols }: { data: Float64Array; rows: number; cols: number }): Float64Array {
  const means = new Float64Array(cols);
  for (let i = 0; i < data.length; i++) means[i % cols]! += data[i]!;
  for (let c = 0; c < cols; c++) means[c]! /= rows;
  const squares = new Float64Array(cols);
  for (let i = 0; i < data.length; i++) squares[i % cols]! += (data[i]! - means[i % cols]!) ** 2;
  return squares.map((s) => Math.sqrt(s / rows));
}
