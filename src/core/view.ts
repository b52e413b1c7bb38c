import { allocateTyped, type DType, type TypedArray } from './dtype';
import { contiguousStrides, isContiguous, type Shape, sizeOf } from './shape';

/**
 * Strided access to host memory: element `[i, j, …]` is `data[offset + i·strides[0] + j·strides[1] + …]`.
 * This is what reference rules read and write. The layout is that of the `ndarray` package.
 */
export interface View {
  readonly data: TypedArray;
  readonly dtype: DType;
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/** A fresh contiguous view over new host memory. */
export function allocateView(dtype: DType, shape: Shape): View {
  return { data: allocateTyped(dtype, sizeOf(shape)), dtype, shape, strides: contiguousStrides(shape), offset: 0 };
}

/** A row-major view over `data`. */
export function viewOf(data: TypedArray, dtype: DType, shape: Shape): View {
  return { data, dtype, shape, strides: contiguousStrides(shape), offset: 0 };
}

/**
 * Visits every index of `shape` in row-major order, giving the position in each of several strided layouts.
 * `visit` receives one reused array of positions; it must not keep it.
 */
export function forEachPosition(
  shape: Shape,
  layouts: readonly { readonly strides: readonly number[]; readonly offset: number }[],
  visit: (positions: readonly number[]) => void,
): void {
  const size = sizeOf(shape);
  if (size === 0) return;
  const rank = shape.length;
  const index = new Array<number>(rank).fill(0);
  const positions = layouts.map((l) => l.offset);
  for (let count = 0; ; ) {
    visit(positions);
    if (++count === size) return;
    for (let axis = rank - 1; axis >= 0; axis--) {
      const wraps = ++index[axis]! === shape[axis];
      if (wraps) index[axis] = 0;
      const steps = wraps ? 1 - shape[axis]! : 1;
      for (let l = 0; l < layouts.length; l++) positions[l]! += steps * layouts[l]!.strides[axis]!;
      if (!wraps) break;
    }
  }
}

/** The elements of a view in row-major order, in new memory (or the memory itself when it is exactly that and `copy` is false). */
export function toContiguous(view: View, copy = true): TypedArray {
  const size = sizeOf(view.shape);
  if (isContiguous(view.shape, view.strides)) {
    const part = view.data.subarray(view.offset, view.offset + size);
    return copy ? part.slice() : part;
  }
  const out = allocateTyped(view.dtype, size);
  // One element all over, as zeros that a gradient starts from.
  if (size > 0 && view.shape.every((n, axis) => n === 1 || view.strides[axis] === 0)) {
    return out.fill(view.data[view.offset]!);
  }
  let i = 0;
  forEachPosition(view.shape, [view], (p) => {
    out[i++] = view.data[p[0]!]!;
  });
  return out;
}
