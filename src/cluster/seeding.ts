import type { Rng } from '../core/rng';
import type { Points } from './points';

/**
 * First centres by greedy k-means++: each is the best of 2 + ⌊ln k⌋ points drawn with probability proportional to the squared
 * distance from the centres there are. Draws in scikit-learn's order.
 *
 * Reference: Arthur & Vassilvitskii 2007, “k-means++: The Advantages of Careful Seeding”.
 *
 * @returns positions of the points, `[k]`.
 */
export function seedPlusPlus(points: Points, k: number, rng: Rng): Int32Array {
  const n = points.rows;
  const trials = 2 + Math.floor(Math.log(k));
  const chosen = new Int32Array(k);
  chosen[0] = rng.integer(n);
  let closest = distancesTo(points, chosen[0]!);
  let potential = sum(closest);
  const running = new Float64Array(n);
  for (let c = 1; c < k; c++) {
    let total = 0;
    for (let i = 0; i < n; i++) running[i] = total += closest[i]!;
    const draws = Float64Array.from({ length: trials }, () => rng.random() * potential);
    let best: { readonly potential: number; readonly closest: Float64Array } | null = null;
    for (const draw of draws) {
      const candidate = Math.min(firstAtLeast(running, draw), n - 1);
      const nearer = distancesTo(points, candidate);
      for (let i = 0; i < n; i++) if (closest[i]! < nearer[i]!) nearer[i] = closest[i]!;
      const left = sum(nearer);
      if (best !== null && left >= best.potential) continue;
      best = { potential: left, closest: nearer };
      chosen[c] = candidate;
    }
    ({ potential, closest } = best!);
  }
  return chosen;
}

/** First centres by drawing k different points. */
export function seedRandom(points: Points, k: number, rng: Rng): Int32Array {
  return rng.permutation(points.rows).slice(0, k);
}

/** The points at some positions, as centres. */
export function centersAt(points: Points, index: Int32Array): Float64Array {
  const centers = new Float64Array(index.length * points.cols);
  for (let c = 0; c < index.length; c++) points.add(index[c]!, 1, centers, c * points.cols);
  return centers;
}

function distancesTo(points: Points, i: number): Float64Array {
  const center = centersAt(points, Int32Array.of(i));
  const out = new Float64Array(points.rows);
  points.distancesTo(center, out);
  return out;
}

const sum = (values: Float64Array): number => {
  let total = 0;
  for (let i = 0; i < values.length; i++) total += values[i]!;
  return total;
};

/** Position of the first value that is not less than `x`, in ascending values. */
function firstAtLeast(values: Float64Array, x: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}
