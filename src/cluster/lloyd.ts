import type { Points } from './points';

/** What one run of the algorithm ends with. */
export interface Clustering {
  /** `[k, cols]`. */
  readonly centers: Float64Array;
  readonly labels: Int32Array;
  /** Σ wᵢ ‖xᵢ − c(xᵢ)‖². */
  readonly inertia: number;
  readonly nIter: number;
}

/**
 * Lloyd's algorithm from some first centres: assign every point to its nearest centre, move centres to the mean of theirs,
 * until no label changes or the squared movements of the centres add up to no more than `tol`.
 *
 * A centre left without points moves to the point farthest from its own.
 */
export function lloyd(
  points: Points,
  weights: Float64Array | null,
  first: Float64Array,
  maxIter: number,
  tol: number,
): Clustering {
  let centers = first;
  let labels = new Int32Array(points.rows).fill(-1);
  let previous = labels.slice();
  let nIter = 0;
  let isSettled = false;
  while (nIter < maxIter && !isSettled) {
    nIter++;
    [labels, previous] = [previous, labels];
    points.assign(centers, labels);
    const moved = meansOf(points, weights, labels, centers);
    const shift = squaredShift(centers, moved);
    centers = moved;
    isSettled = isSame(labels, previous);
    if (!isSettled && shift <= tol) break;
  }
  // Labels are those of the centres that come out, not of the ones before.
  if (!isSettled) points.assign(centers, labels);
  return { centers, labels, inertia: inertiaOf(points, weights, centers, labels), nIter };
}

/** Σ wᵢ ‖xᵢ − c(xᵢ)‖². */
export function inertiaOf(
  points: Points,
  weights: Float64Array | null,
  centers: Float64Array,
  labels: Int32Array,
): number {
  let sum = 0;
  for (let i = 0; i < points.rows; i++) {
    const d = points.squaredDistance(i, centers, labels[i]! * points.cols);
    sum += weights === null ? d : weights[i]! * d;
  }
  return sum;
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

function squaredShift(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += (a[at]! - b[at]!) ** 2;
  return sum;
}

function meansOf(points: Points, weights: Float64Array | null, labels: Int32Array, old: Float64Array): Float64Array {
  const { rows, cols } = points;
  const k = old.length / cols;
  const centers = new Float64Array(old.length);
  const mass = new Float64Array(k);
  for (let i = 0; i < rows; i++) {
    const w = weights === null ? 1 : weights[i]!;
    points.add(i, w, centers, labels[i]! * cols);
    mass[labels[i]!]! += w;
  }
  const empty = Array.from(mass.keys()).filter((c) => mass[c] === 0);
  if (empty.length > 0) refill(empty, points, weights, labels, old, centers, mass);
  const heaviest = mass.indexOf(Math.max(...mass));
  for (let c = 0; c < k; c++) {
    if (mass[c]! > 0) for (let t = 0; t < cols; t++) centers[c * cols + t]! /= mass[c]!;
  }
  // What still weighs nothing must not stay at the origin.
  for (let c = 0; c < k; c++) {
    if (!(mass[c]! > 0)) centers.copyWithin(c * cols, heaviest * cols, (heaviest + 1) * cols);
  }
  return centers;
}

/** Gives each empty cluster the point that is farthest from its centre, then the next. */
function refill(
  empty: readonly number[],
  points: Points,
  weights: Float64Array | null,
  labels: Int32Array,
  old: Float64Array,
  centers: Float64Array,
  mass: Float64Array,
): void {
  const { rows, cols } = points;
  const far = Float64Array.from({ length: rows }, (_, i) => points.squaredDistance(i, old, labels[i]! * cols));
  const farthest = Array.from(far.keys()).sort((a, b) => far[b]! - far[a]!);
  empty.forEach((c, at) => {
    const i = farthest[at]!;
    const from = labels[i]!;
    const w = weights === null ? 1 : weights[i]!;
    points.add(i, -w, centers, from * cols);
    points.add(i, w, centers, c * cols);
    mass[c] = w;
    mass[from]! -= w;
  });
}
