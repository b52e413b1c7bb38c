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

/** 1 − σ(z) and σ(z) of each score, side by side: each exact, however small. */
export function sigmoidColumns(z: Float64Array): Float64Array {
  const out = new Float64Array(z.length * 2);
  for (let i = 0; i < z.length; i++) {
    const e = Math.exp(-Math.abs(z[i]!));
    const [near, far] = [1 / (1 + e), e / (1 + e)];
    out[2 * i] = z[i]! >= 0 ? far : near;
    out[2 * i + 1] = z[i]! >= 0 ? near : far;
  }
  return out;
}

/** σ of each score, divided by the sum of its row of `k`; all alike where every σ is 0. */
export function normalisedSigmoids(z: Float64Array, k: number): Float64Array {
  const out = z.map((v) => 1 / (1 + Math.exp(-v)));
  return normaliseRows(out, k);
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
