import type { Samples } from './matrix';
import { isSparse } from './sparse';

/** The mean of every column, zeros that a sparse matrix leaves out included. */
export function columnMeans(X: Samples): Float64Array {
  const [rows, cols] = isSparse(X) ? X.shape : [X.rows, X.cols];
  const mean = new Float64Array(cols);
  forElements(X, (c, v) => {
    mean[c]! += v;
  });
  for (let c = 0; c < cols; c++) mean[c]! /= rows;
  return mean;
}

/** The variance of every column about its mean, Σ (x − x̄)² / rows. */
export function columnVariances(X: Samples, mean: Float64Array = columnMeans(X)): Float64Array {
  const [rows, cols] = isSparse(X) ? X.shape : [X.rows, X.cols];
  const variance = new Float64Array(cols);
  const entries = new Int32Array(cols);
  forElements(X, (c, v) => {
    variance[c]! += (v - mean[c]!) ** 2;
    entries[c]!++;
  });
  // Elements left out are 0.
  for (let c = 0; c < cols; c++) variance[c] = (variance[c]! + (rows - entries[c]!) * mean[c]! ** 2) / rows;
  return variance;
}

function forElements(X: Samples, f: (column: number, value: number) => void): void {
  if (isSparse(X)) {
    for (let e = 0; e < X.data.length; e++) f(X.indices[e]!, X.data[e]!);
    return;
  }
  const { data, rows, cols } = X;
  for (let i = 0, at = 0; i < rows; i++) for (let c = 0; c < cols; c++) f(c, data[at++]!);
}
