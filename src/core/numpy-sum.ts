/** The sum of values as NumPy adds them along a contiguous axis: in pairs, for up to 128 values in eight lanes. */
export function numpySum(values: ArrayLike<number>, from = 0, n = values.length): number {
  if (n < 8) {
    let sum = 0;
    for (let i = 0; i < n; i++) sum += values[from + i]!;
    return sum;
  }
  if (n > 128) {
    const half = n / 2 - ((n / 2) % 8);
    const first = Math.floor(half);
    return numpySum(values, from, first) + numpySum(values, from + first, n - first);
  }
  const lanes = Float64Array.from({ length: 8 }, (_, l) => values[from + l]!);
  let i = 8;
  for (; i < n - (n % 8); i += 8) for (let l = 0; l < 8; l++) lanes[l]! += values[from + i + l]!;
  const [a, b, c, d, e, f, g, h] = lanes as unknown as [number, number, number, number, number, number, number, number];
  let sum = a + b + (c + d) + (e + f + (g + h));
  for (; i < n; i++) sum += values[from + i]!;
  return sum;
}
