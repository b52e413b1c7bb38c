import type { Dense, Samples } from './matrix';
import { isSparse } from './sparse';

/** The mean of every column, zeros that a sparse matrix leaves out included. */
export function columnMeans(X: Samples): Float64Array {
  const [rows, cols] = isSparse(X) ? X.shape : [X.rows, X.cols];
  const mean = new Float64Array(cols);
  if (isSparse(X)) for (let e = 0; e < X.data.length; e++) mean[X.indices[e]!]! += X.data[e]!;
  else {
    const { data } = X;
    for (let at = 0; at < data.length; ) for (let c = 0; c < cols; c++) mean[c]! += data[at++]!;
  }
  for (let c = 0; c < cols; c++) mean[c]! /= rows;
  return mean;
}

/** The variance of every column about its mean, Σ (x − x̄)² / rows. */
export function columnVariances(X: Samples, mean: Float64Array = columnMeans(X)): Float64Array {
  const [rows, cols] = isSparse(X) ? X.shape : [X.rows, X.cols];
  const variance = new Float64Array(cols);
  if (isSparse(X)) {
    const entries = new Int32Array(cols);
    for (let e = 0; e < X.data.length; e++) {
      const c = X.indices[e]!;
      variance[c]! += (X.data[e]! - mean[c]!) ** 2;
      entries[c]!++;
    }
    // Elements left out are 0.
    for (let c = 0; c < cols; c++) variance[c]! += (rows - entries[c]!) * mean[c]! ** 2;
  } else {
    const { data } = X;
    for (let at = 0; at < data.length; ) for (let c = 0; c < cols; c++) variance[c]! += (data[at++]! - mean[c]!) ** 2;
  }
  return variance.map((v) => v / rows);
}

/** The samples without the mean. */
export function centred({ data, rows, cols }: Dense, mean: Float64Array): Dense {
  const out = new Float64Array(data.length);
  for (let i = 0, at = 0; i < rows; i++) for (let c = 0; c < cols; c++, at++) out[at] = data[at]! - mean[c]!;
  return { data: out, rows, cols };
}
