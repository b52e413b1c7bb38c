import type { TypedArray } from '../../core/dtype';
import { ShapeError } from '../../core/errors';
import { formatShape, mergeAxes, type Shape, sizeOf } from '../../core/shape';
import { forEachPosition, type View } from '../../core/view';

/** Which axes to reduce. */
export interface ReduceOptions {
  /** One axis or several, negative ones counted from the last; by default all. */
  readonly axis?: number | readonly number[] | null | undefined;
  /** Whether the reduced axes stay, with size 1; by default not. */
  readonly keepDims?: boolean | undefined;
}

/** The names in {@link ReduceOptions}. */
export const REDUCE_OPTIONS: readonly string[] = ['axis', 'keepDims'];

/** Attributes of the reducing primitives. */
export interface ReduceAttrs {
  /** Sorted and not negative. */
  readonly axes: readonly number[];
  readonly keepDims: boolean;
}

/**
 * Folds the elements that make one element of the result: those at `start + run + k·step` for every `run` and every
 * k < `length`, which is row-major order over the reduced axes.
 */
export type Fold = (data: TypedArray, start: number, runs: readonly number[], length: number, step: number) => number;

/** Writes the fold over `axes` of `x` into the contiguous `out`, one element after the other. */
export function reduceEach(x: View, out: View, axes: readonly number[], fold: Fold): void {
  const kept = x.shape.map((_, i) => i).filter((i) => !axes.includes(i));
  const pick = (from: readonly number[], which: readonly number[]): number[] => which.map((i) => from[i]!);
  const inner = mergeAxes(pick(x.shape, axes), [pick(x.strides, axes)]);
  const length = inner.shape.pop() ?? 1;
  const step = inner.layouts[0]!.pop() ?? 0;
  const runs: number[] = [];
  if (length > 0) forEachPosition(inner.shape, [{ strides: inner.layouts[0]!, offset: 0 }], ([p]) => runs.push(p!));
  const outer = { strides: pick(x.strides, kept), offset: x.offset };
  let at = out.offset;
  forEachPosition(pick(x.shape, kept), [outer], ([start]) => {
    const value = fold(x.data, start!, runs, length, step);
    out.data[at++] = value;
  });
}

/** Throws unless every element of the result has at least one element to come from. */
export function expectElements(shape: Shape, axes: readonly number[], what: string): void {
  const result = shape.filter((_, i) => !axes.includes(i));
  if (sizeOf(shape) === 0 && sizeOf(result) > 0) {
    throw new ShapeError(
      `${what}: there is no ${what} of no elements; shape ${formatShape(shape)} is empty along axes ${formatShape(axes)}. ` +
        'Check that the input is not empty.',
    );
  }
}
