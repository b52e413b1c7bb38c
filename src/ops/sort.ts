import { argSortKernel, topKKernel } from '../backends/wasm/kernels';
import type { TypedArray } from '../core/dtype';
import { ShapeError } from '../core/errors';
import { apply, defineOp, type Op } from '../core/op';
import { checkOptions } from '../core/options';
import { scope } from '../core/scope';
import { formatShape, normalizeAxis } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous, type View } from '../core/view';
import { asTensor, type TensorLike } from './create';
import { pickAlongAxis } from './gather';
import { forEachLane, lanesOf } from './lanes';

export interface ArgSortAttrs {
  readonly axis: number;
  readonly descending: boolean;
}

const argSortOp: Op<ArgSortAttrs> = /* @__PURE__ */ defineOp<ArgSortAttrs>({
  name: 'argSort',
  kernel: argSortKernel,
  infer: ([x]) => ({ shape: x!.shape, dtype: 'int32' }),
  reference: ([x], out, { axis, descending }) => firstPositions(x!, out, axis, descending),
});

export interface TopKAttrs {
  readonly axis: number;
  readonly k: number;
}

/** Positions of the k largest along an axis, the largest first: the first k of `argSort`, descending. */
const topKOp: Op<TopKAttrs> = /* @__PURE__ */ defineOp<TopKAttrs>({
  name: 'topK',
  kernel: topKKernel,
  infer: ([x], { axis, k }) => ({ shape: x!.shape.map((n, i) => (i === axis ? k : n)), dtype: 'int32' }),
  reference: ([x], out, { axis }) => firstPositions(x!, out, axis, true),
});

/** Fills `out` along `axis` with the first of the positions that sort `x`. */
function firstPositions(x: View, out: View, axis: number, descending: boolean): void {
  const lanes = lanesOf(x.shape, axis);
  const { n, inner } = lanes;
  const count = out.shape[axis]!;
  const values = toContiguous(x, false);
  const order = new Int32Array(n);
  forEachLane(lanes, (start) => {
    for (let j = 0; j < n; j++) order[j] = j;
    order.sort(comparator(values, start, inner, descending));
    const at = out.offset + Math.floor(start / (n * inner)) * count * inner + (start % inner);
    for (let j = 0; j < count; j++) out.data[at + j * inner] = order[j]!;
  });
}

/** Orders positions of a lane by value, NaN last either way; the sort is stable, so ties keep their order. */
function comparator(
  values: TypedArray,
  start: number,
  step: number,
  descending: boolean,
): (i: number, j: number) => number {
  const sign = descending ? -1 : 1;
  return (i, j) => {
    const a = values[start + i * step]!;
    const b = values[start + j * step]!;
    if (a < b) return -sign;
    if (a > b) return sign;
    return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  };
}

export interface SortOptions {
  /** By default the last. */
  readonly axis?: number | undefined;
  /** Largest first; by default false. */
  readonly descending?: boolean | undefined;
}

/**
 * The positions that would sort `x` along an axis: gathering by them gives x₀ ≤ x₁ ≤ …. Ties keep their order, NaN
 * comes last whichever the direction.
 *
 * @param x - any shape of rank ≥ 1.
 * @param options - `axis = -1`, `descending = false`.
 * @returns int32, the shape of `x`.
 * @throws ShapeError when the axis is out of range.
 *
 * @example
 * ```ts
 * import { argSort } from 'kompakt';
 * console.log(argSort([3, 1, 2]).toArraySync()); // → [ 1, 2, 0 ]
 * ```
 */
export function argSort(x: TensorLike, options: SortOptions = {}): Tensor {
  return argSortBy(x, options, 'argSort');
}

function argSortBy(x: TensorLike, options: SortOptions, what: string): Tensor {
  checkOptions(options, ['axis', 'descending'], what);
  return scope(() => {
    const t = asTensor(x);
    const axis = normalizeAxis(options.axis ?? -1, t.rank, what);
    return apply(argSortOp, [t], { axis, descending: options.descending ?? false });
  });
}

/**
 * `x` sorted along an axis, NaN last whichever the direction. The gradient goes back to where each value came from.
 *
 * @param x - any shape of rank ≥ 1.
 * @param options - `axis = -1`, `descending = false`.
 * @returns the shape of `x`.
 * @throws ShapeError when the axis is out of range.
 *
 * @example
 * ```ts
 * import { sort } from 'kompakt';
 * console.log(sort([3, 1, 2], { descending: true }).toArraySync()); // → [ 3, 2, 1 ]
 * ```
 */
export function sort(x: TensorLike, options: SortOptions = {}): Tensor {
  return scope(() => {
    const t = asTensor(x);
    const order = argSortBy(t, options, 'sort');
    return pickAlongAxis(t, order, normalizeAxis(options.axis ?? -1, t.rank, 'sort'));
  });
}

/**
 * The `k` largest values along an axis, largest first, and where they are. Of equal values the first counts as larger;
 * NaN counts as smallest.
 *
 * @param x - any shape of rank ≥ 1.
 * @param k - how many, at most the length of the axis.
 * @param options - `axis = -1`.
 * @returns `values` and int32 `indices`, the shape of `x` with `axis` of length `k`; gradients flow through `values`.
 * @throws ShapeError when `k` is larger than the axis.
 *
 * @example
 * ```ts
 * import { topK } from 'kompakt';
 * const { values, indices } = topK([1, 5, 3, 5], 3);
 * console.log(values.toArraySync(), indices.toArraySync()); // → [ 5, 5, 3 ] [ 1, 3, 2 ]
 * ```
 */
export function topK(x: TensorLike, k: number, options: { axis?: number } = {}): { values: Tensor; indices: Tensor } {
  checkOptions(options, ['axis'], 'topK');
  return scope(() => largest(asTensor(x), k, options.axis ?? -1));
}

function largest(t: Tensor, k: number, along: number): { values: Tensor; indices: Tensor } {
  const axis = normalizeAxis(along, t.rank, 'topK');
  if (!Number.isInteger(k) || k < 0 || k > t.shape[axis]!) {
    throw new ShapeError(
      `topK: k must be an integer in [0, ${t.shape[axis]}] for axis ${axis} of shape ${formatShape(t.shape)}, got ${k}.`,
    );
  }
  const indices = apply(topKOp, [t], { axis, k });
  return { values: pickAlongAxis(t, indices, axis), indices };
}
