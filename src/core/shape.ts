import { ShapeError } from './errors';

/** Sizes along each axis, outermost first. `[]` is a scalar. */
export type Shape = readonly number[];

/** Number of elements of a shape. */
export function sizeOf(shape: Shape): number {
  let size = 1;
  for (const n of shape) size *= n;
  return size;
}

/** Row-major strides, in elements. */
export function contiguousStrides(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i]!;
  }
  return strides;
}

/** Whether elements with these strides lie in row-major order without gaps (axes of size 1 don't matter). */
export function isContiguous(shape: Shape, strides: readonly number[]): boolean {
  if (shape.includes(0)) return true;
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    const n = shape[i]!;
    if (n !== 1 && strides[i] !== step) return false;
    step *= n;
  }
  return true;
}

export function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((n, i) => n === b[i]);
}

/** `[2, 3]` as people write it; a size that is not known yet (NaN) as `?`. */
export function formatShape(shape: Shape): string {
  return `[${shape.map((n) => (Number.isNaN(n) ? '?' : n)).join(', ')}]`;
}

/** Throws unless every size is a non-negative integer. */
export function checkShape(shape: Shape, what = 'shape'): void {
  if (!Array.isArray(shape)) {
    throw new ShapeError(`${what}: ${String(shape)} is not a shape. Give an array of sizes, such as [2, 3].`);
  }
  for (const n of shape) {
    if (!Number.isInteger(n) || n < 0) {
      throw new ShapeError(`${what}: ${formatShape(shape)} is not a shape. Sizes must be non-negative integers.`);
    }
  }
}

/** Most elements that a tensor can have: positions are 32-bit integers. */
const MOST_ELEMENTS = 2 ** 31 - 1;

/** Throws unless memory for so many elements can be asked for. For what is made anew: a view may repeat its elements more often. */
export function checkSize(shape: Shape, what = 'tensor'): void {
  const size = sizeOf(shape);
  if (size > MOST_ELEMENTS) {
    throw new ShapeError(
      `${what}: shape ${formatShape(shape)} has ${size} elements; at most 2^31 - 1 fit. Split it into smaller ones.`,
    );
  }
}

/**
 * The shape two shapes broadcast to, by NumPy's rule: aligned at the right, sizes must be equal or 1.
 *
 * @throws ShapeError when they do not fit.
 */
export function broadcastShapes(a: Shape, b: Shape, what = 'broadcast'): Shape {
  if (sameShape(a, b)) return a;
  const rank = Math.max(a.length, b.length);
  const out = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const m = a[a.length - i] ?? 1;
    const n = b[b.length - i] ?? 1;
    if (m !== n && m !== 1 && n !== 1) {
      throw new ShapeError(
        `${what}: shapes ${formatShape(a)} and ${formatShape(b)} do not broadcast: ${m} and ${n} differ on axis ${-i}. ` +
          'Sizes must be equal or 1, counted from the last axis.',
      );
    }
    out[rank - i] = m === 1 ? n : m;
  }
  return out;
}

/** Strides that read a tensor of `shape` as if it had the (broadcast) shape `target`: 0 where an axis repeats. */
export function broadcastStrides(shape: Shape, strides: readonly number[], target: Shape): number[] {
  const lead = target.length - shape.length;
  return target.map((n, i) => (i < lead || (shape[i - lead] === 1 && n !== 1) ? 0 : strides[i - lead]!));
}

/** Axis `axis` of a tensor of `rank` as a number in [0, rank). */
export function normalizeAxis(axis: number, rank: number, what: string): number {
  const a = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || a < 0 || a >= rank) {
    const shown = typeof axis === 'number' ? axis : JSON.stringify(axis);
    const hint = rank === 0 ? 'A scalar has no axes.' : `Use an integer in [${-rank}, ${rank - 1}].`;
    throw new ShapeError(`${what}: axis ${shown} is out of range for rank ${rank}. ${hint}`);
  }
  return a;
}

/** One axis, several or none given (= all of them), as sorted distinct non-negative numbers. */
export function normalizeAxes(
  axis: number | readonly number[] | null | undefined,
  rank: number,
  what: string,
): number[] {
  if (axis === undefined || axis === null) return Array.from({ length: rank }, (_, i) => i);
  const axes = (Array.isArray(axis) ? (axis as readonly number[]) : [axis as number]).map((a) =>
    normalizeAxis(a, rank, what),
  );
  if (new Set(axes).size !== axes.length) {
    throw new ShapeError(`${what}: axes ${formatShape(axis as readonly number[])} name the same axis twice.`);
  }
  return axes.sort((a, b) => a - b);
}

/** The shape left when `axes` are reduced, with or without size-1 axes in their place. */
export function reducedShape(shape: Shape, axes: readonly number[], keepDims: boolean): number[] {
  if (keepDims) return shape.map((n, i) => (axes.includes(i) ? 1 : n));
  return shape.filter((_, i) => !axes.includes(i));
}

/**
 * The same positions with fewer axes: size-1 axes are dropped, and two adjacent axes become one where every layout runs
 * through them evenly. Contiguous operands end up with a single axis.
 */
export function mergeAxes(
  shape: Shape,
  layouts: readonly (readonly number[])[],
): { shape: number[]; layouts: number[][] } {
  const merged: number[] = [];
  const strides: number[][] = layouts.map(() => []);
  shape.forEach((n, axis) => {
    if (n === 1) return;
    const last = merged.length - 1;
    const even = last >= 0 && layouts.every((s, l) => strides[l]![last] === s[axis]! * n);
    if (even) merged[last]! *= n;
    else merged.push(n);
    const at = merged.length - 1;
    layouts.forEach((s, l) => {
      strides[l]![at] = s[axis]!;
    });
  });
  return { shape: merged, layouts: strides };
}
