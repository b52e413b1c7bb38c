import type { Rng } from '../core/rng';
import type { Samples } from '../data/matrix';
import { between } from './samples';

/** Samples with their neighbours, as positions. */
export interface Neighbors {
  /** `[samples]`. */
  readonly from: Int32Array;
  /** `[samples, k]`. */
  readonly to: Int32Array;
}

/** Pairs of a sample and a neighbour, and how far to go from the one to the other. */
export interface Pairs {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly steps: Float64Array;
}

/** `count` pairs, drawn in imbalanced-learn's order: all pairs, then how far along each, in [0, reach). */
export function drawPairs({ from, to }: Neighbors, count: number, rng: Rng, reach = 1): Pairs {
  const k = to.length / from.length;
  const drawn = rng.integers(count, to.length);
  const steps = new Float64Array(count);
  for (let s = 0; s < count; s++) steps[s] = reach * rng.random();
  return { from: drawn.map((pair) => from[Math.floor(pair / k)]!), to: drawn.map((pair) => to[pair]!), steps };
}

/** `count` new points on the lines from samples to their neighbours. */
export function interpolate(X: Samples, neighbors: Neighbors, count: number, rng: Rng, reach = 1): Samples {
  const { from, to, steps } = drawPairs(neighbors, count, rng, reach);
  return between(X, from, to, steps);
}
