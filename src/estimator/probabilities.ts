/** Probabilities `[samples, 2]` of two classes whose log-odds for the second are z: 1 − σ(z) and σ(z), row by row. */
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

/** Softmax of each row of `k` scores. */
export function softmaxRows(z: Float64Array, k: number): Float64Array {
  const out = new Float64Array(z.length);
  for (let at = 0; at < z.length; at += k) {
    let max = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < k; c++) max = Math.max(max, z[at + c]!);
    let total = 0;
    for (let c = 0; c < k; c++) {
      out[at + c] = Math.exp(z[at + c]! - max);
      total += out[at + c]!;
    }
    for (let c = 0; c < k; c++) out[at + c]! /= total;
  }
  return out;
}
