import { normaliseRows } from './logistic-probabilities';

/**
 * Probabilities from scores by the logistic function: σ(z), divided by their sum for several classes.
 *
 * @param z - `[samples]` for two classes, else `[samples, classes]`.
 * @returns `[samples, classes]`.
 */
export function logisticShares(z: Float64Array, classes: number): Float64Array {
  const p = z.map((v) => 1 / (1 + Math.exp(-v)));
  return classes === 2 ? bothOf(p, (i) => 1 / (1 + Math.exp(z[i]!))) : normaliseRows(p, classes);
}

/** The same by how far the margin is from −1 to 1: (clip(z, −1, 1) + 1) / 2. */
export function marginShares(z: Float64Array, classes: number): Float64Array {
  const p = z.map((v) => (Math.max(-1, Math.min(1, v)) + 1) / 2);
  return classes === 2 ? bothOf(p, (i) => 1 - p[i]!) : normaliseRows(p, classes);
}

function bothOf(second: Float64Array, first: (i: number) => number): Float64Array {
  const out = new Float64Array(2 * second.length);
  for (let i = 0; i < second.length; i++) {
    out[2 * i] = first(i);
    out[2 * i + 1] = second[i]!;
  }
  return out;
}
