/** Softmax of each row of `k` scores, in place. */
export function softmaxInPlace(z: Float64Array, k: number): Float64Array {
  for (let at = 0; at < z.length; at += k) {
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < k; c++) max = Math.max(max, z[at + c]!);
    let total = 0;
    for (let c = 0; c < k; c++) {
      z[at + c] = Math.exp(z[at + c]! - max);
      total += z[at + c]!;
    }
    for (let c = 0; c < k; c++) z[at + c]! /= total;
  }
  return z;
}

/** Rows of `k` numbers divided by their sums, in place; 1/k each where the sum is 0. */
export function normaliseRows(p: Float64Array, k: number): Float64Array {
  for (let at = 0; at < p.length; at += k) {
    let total = 0;
    for (let c = 0; c < k; c++) total += p[at + c]!;
    for (let c = 0; c < k; c++) p[at + c] = total > 0 ? p[at + c]! / total : 1 / k;
  }
  return p;
}
