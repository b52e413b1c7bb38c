/** a·b. */
export function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}

/** The largest absolute value; 0 of none. */
export function maxAbs(v: Float64Array): number {
  let max = 0;
  for (let i = 0; i < v.length; i++) max = Math.max(max, Math.abs(v[i]!));
  return max;
}

/** Σ a[i + k]·b[j + k] over k < n, in four sums so that no addition waits for the last. */
export function dotAt(a: Float64Array, i: number, b: Float64Array, j: number, n: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let k = 0;
  for (; k + 3 < n; k += 4) {
    s0 += a[i + k]! * b[j + k]!;
    s1 += a[i + k + 1]! * b[j + k + 1]!;
    s2 += a[i + k + 2]! * b[j + k + 2]!;
    s3 += a[i + k + 3]! * b[j + k + 3]!;
  }
  for (; k < n; k++) s0 += a[i + k]! * b[j + k]!;
  return s0 + s1 + (s2 + s3);
}

/** target[i + k] += c·source[j + k] for k < n. */
export function addAt(target: Float64Array, i: number, c: number, source: Float64Array, j: number, n: number): void {
  let k = 0;
  for (; k + 3 < n; k += 4) {
    target[i + k]! += c * source[j + k]!;
    target[i + k + 1]! += c * source[j + k + 1]!;
    target[i + k + 2]! += c * source[j + k + 2]!;
    target[i + k + 3]! += c * source[j + k + 3]!;
  }
  for (; k < n; k++) target[i + k]! += c * source[j + k]!;
}
