import { transposeKernel } from '../../backends/wasm/kernels';
import { ShapeError } from '../../core/errors';
import { apply, defineOp, type Op } from '../../core/op';
import { type AxisOption, axisOf } from '../../core/options';
import { formatShape, normalizeAxes, normalizeAxis } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { reshape } from '../broadcast';
import { asTensor, type TensorLike } from '../create';
import { copyTo } from '../elementwise/loop';

/** Attributes of the primitive `transpose`: which axis of the input each axis of the result is. */
export interface TransposeAttrs {
  readonly axes: readonly number[];
}

const pick = (from: readonly number[], axes: readonly number[]): number[] => axes.map((axis) => from[axis]!);

const transposeOp: Op<TransposeAttrs> = /* @__PURE__ */ defineOp({
  name: 'transpose',
  kernel: transposeKernel,
  infer: ([x], { axes }) => ({ shape: pick(x!.shape, axes), dtype: x!.dtype }),
  reference: ([x], out, { axes }) => copyTo({ ...x!, shape: out.shape, strides: pick(x!.strides, axes) }, out, out),
  view: (x, { axes }, { shape }) => ({ shape, strides: pick(x.strides, axes), offset: x.offset }),
  vjp: (g, { attrs: { axes } }) =>
    transpose(
      g,
      axes.map((_, i) => axes.indexOf(i)),
    ),
});

/**
 * `x` with its axes in another order: y[i₀, i₁, …] = x at i_k along axis `axes[k]`; without copying.
 *
 * @param x - any shape.
 * @param axes - a permutation of the axes, by default reversed.
 * @returns a view of `x`, its shape permuted likewise.
 * @throws ShapeError when `axes` is not a permutation.
 *
 * @example
 * ```ts
 * import { transpose } from 'kompakt';
 * console.log(transpose([[1, 2], [3, 4]]).toArraySync()); // → [ [ 1, 3 ], [ 2, 4 ] ]
 * ```
 */
export function transpose(x: TensorLike, axes?: readonly number[]): Tensor {
  if (axes !== undefined && !Array.isArray(axes)) {
    throw new ShapeError(`transpose: axes must be an array that names each axis once, got ${String(axes)}.`);
  }
  const t = asTensor(x);
  const order = axes?.map((axis) => normalizeAxis(axis, t.rank, 'transpose')) ?? t.shape.map((_, i) => t.rank - 1 - i);
  if (order.length !== t.rank || new Set(order).size !== t.rank) {
    throw new ShapeError(
      `transpose: ${formatShape(axes!)} is not a permutation of the axes of shape ${formatShape(t.shape)}. Name each axis once.`,
    );
  }
  return apply(transposeOp, [t], { axes: order });
}

/**
 * `x` without axes of size 1; without copying.
 *
 * @param x - any shape.
 * @param options - one or several axes of size 1, by default all of them; also as `{ axis }`.
 * @returns a view of `x`.
 * @throws ShapeError when one of the axes has another size.
 *
 * @example
 * ```ts
 * import { squeeze } from 'kompakt';
 * console.log(squeeze([[[1, 2]]], 0).shape); // → [ 1, 2 ]
 * ```
 */
export function squeeze(x: TensorLike, options?: AxisOption<number | readonly number[] | null | undefined>): Tensor {
  const t = asTensor(x);
  const axis = axisOf(options, 'squeeze');
  if (axis === undefined || axis === null)
    return reshape(
      t,
      t.shape.filter((n) => n !== 1),
    );
  const axes = normalizeAxes(axis, t.rank, 'squeeze');
  const wrong = axes.find((a) => t.shape[a] !== 1);
  if (wrong !== undefined) {
    throw new ShapeError(
      `squeeze: axis ${wrong} of shape ${formatShape(t.shape)} has size ${t.shape[wrong]}; only axes of size 1 can go.`,
    );
  }
  return reshape(
    t,
    t.shape.filter((_, i) => !axes.includes(i)),
  );
}

/**
 * `x` with new axes of size 1; without copying.
 *
 * @param x - any shape.
 * @param options - where the new axes are to stand in the result, negative ones counted from its end; by default 0; also
 * as `{ axis }`.
 * @returns a view of `x`.
 * @throws ShapeError when an axis is out of range or named twice.
 *
 * @example
 * ```ts
 * import { expandDims } from 'kompakt';
 * console.log(expandDims([1, 2, 3], -1).shape); // → [ 3, 1 ]
 * ```
 */
export function expandDims(x: TensorLike, options: AxisOption<number | readonly number[]> = 0): Tensor {
  const t = asTensor(x);
  const axis = axisOf(options, 'expandDims') ?? 0;
  const rank = t.rank + (typeof axis === 'number' ? 1 : axis.length);
  const axes = normalizeAxes(axis, rank, 'expandDims');
  let next = 0;
  return reshape(
    t,
    Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : t.shape[next++]!)),
  );
}
