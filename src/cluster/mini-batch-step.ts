import type { Rng } from '../core/rng';
import { inertiaOf } from './lloyd';
import type { Points } from './points';

export interface Batch {
  readonly points: Points;
  readonly weights: Float64Array | null;
}

/**
 * Moves centres by one batch: each becomes the mean of all it has seen, c ← (c·n + Σ wᵢ xᵢ) / (n + Σ wᵢ).
 *
 * @param counts - the weight each centre has seen; updated.
 * @param reassignmentRatio - centres that have seen less than this share of the most seen are put onto a sample of the
 * batch; 0: none.
 * @returns the new centres, and the inertia of the batch before they moved.
 */
export function miniBatchStep(
  { points, weights }: Batch,
  centers: Float64Array,
  counts: Float64Array,
  reassignmentRatio: number,
  rng: Rng,
): { readonly centers: Float64Array; readonly inertia: number } {
  const { rows, cols } = points;
  const labels = new Int32Array(rows);
  points.assign(centers, labels);
  const inertia = inertiaOf(points, weights, centers, labels);
  const added = new Float64Array(counts.length);
  for (let i = 0; i < rows; i++) added[labels[i]!]! += weights === null ? 1 : weights[i]!;
  const moved = centers.slice();
  for (let at = 0; at < moved.length; at++) {
    const c = Math.floor(at / cols);
    if (added[c]! > 0) moved[at]! *= counts[c]!;
  }
  for (let i = 0; i < rows; i++) points.add(i, weights === null ? 1 : weights[i]!, moved, labels[i]! * cols);
  for (let at = 0; at < moved.length; at++) {
    const c = Math.floor(at / cols);
    if (added[c]! > 0) moved[at]! *= 1 / (counts[c]! + added[c]!);
  }
  for (let c = 0; c < counts.length; c++) counts[c]! += added[c]!;
  if (reassignmentRatio > 0) reassign(points, moved, counts, reassignmentRatio, rng);
  return { centers: moved, inertia };
}

/** Puts centres that few samples are near to onto samples drawn from the batch, half as many as it has at most. */
function reassign(points: Points, centers: Float64Array, counts: Float64Array, ratio: number, rng: Rng): void {
  const { rows, cols } = points;
  const least = ratio * Math.max(...counts);
  const isLow = Array.from(counts, (n) => n < least);
  if (isLow.filter(Boolean).length > 0.5 * rows) {
    const byCount = Array.from(counts.keys()).sort((a, b) => counts[a]! - counts[b]!);
    for (const c of byCount.slice(Math.floor(0.5 * rows))) isLow[c] = false;
  }
  const low = Array.from(counts.keys()).filter((c) => isLow[c]);
  if (low.length === 0) return;
  const drawn = rng.permutation(rows);
  low.forEach((c, at) => {
    centers.fill(0, c * cols, (c + 1) * cols);
    points.add(drawn[at]!, 1, centers, c * cols);
  });
  // Not 0, or they would be moved again at once.
  const floor = Math.min(...Array.from(counts).filter((_, c) => !isLow[c]));
  for (const c of low) counts[c] = floor;
}
