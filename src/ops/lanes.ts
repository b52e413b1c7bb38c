import type { Shape } from '../core/shape';

/**
 * Row-major data seen along one axis: element j of lane (o, i) lies at (o·n + j)·inner + i.
 */
export interface Lanes {
  readonly outer: number;
  /** Length of the axis. */
  readonly n: number;
  readonly inner: number;
}

/** The lanes of contiguous data of `shape` along `axis` (not negative). */
export function lanesOf(shape: Shape, axis: number): Lanes {
  const product = (sizes: Shape): number => sizes.reduce((a, b) => a * b, 1);
  return { outer: product(shape.slice(0, axis)), n: shape[axis]!, inner: product(shape.slice(axis + 1)) };
}

/** Visits the start of every lane; its elements follow at steps of `inner`. */
export function forEachLane({ outer, n, inner }: Lanes, visit: (start: number) => void): void {
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) visit(o * n * inner + i);
  }
}
