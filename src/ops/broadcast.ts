import { reshapeKernel, sumKernel } from '../backends/wasm/kernels';
import { isFloating } from '../core/dtype';
import { ShapeError } from '../core/errors';
import { apply, defineOp, type Op } from '../core/op';
import { checkOptions } from '../core/options';
import {
  broadcastStrides,
  checkShape,
  contiguousStrides,
  formatShape,
  normalizeAxes,
  reducedShape,
  type Shape,
  sameShape,
  sizeOf,
} from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous } from '../core/view';
import { asTensor, type TensorLike } from './create';
import { REDUCE_OPTIONS, type ReduceAttrs, type ReduceOptions, reduceEach } from './reduce/loop';

/** Attributes of the primitives `reshape` and `broadcastTo`: the new shape, without -1. */
export interface ShapeAttrs {
  readonly shape: Shape;
}

const reshapeOp: Op<ShapeAttrs> = /* @__PURE__ */ defineOp({
  name: 'reshape',
  kernel: reshapeKernel,
  infer: ([x], { shape }) => ({ shape, dtype: x!.dtype }),
  reference: ([x], out) => out.data.set(toContiguous(x!, false), out.offset),
  view: (x, { shape }) => {
    const strides = reshapedStrides(x.shape, x.strides, shape);
    return strides && { shape, strides, offset: x.offset };
  },
  vjp: (g, { inputs: [x] }) => reshape(g, x!.shape),
});

/**
 * The same elements, in row-major order, in another shape. Shares memory where the layout permits.
 *
 * @param x - any shape.
 * @param shape - the new sizes; one of them may be -1 and is then what is left over.
 * @returns a tensor of `shape`.
 * @throws ShapeError when the number of elements differs.
 *
 * @example
 * ```ts
 * import { arange, reshape } from 'kompakt';
 * console.log(reshape(arange(6), [2, -1]).toArraySync()); // → [ [ 0, 1, 2 ], [ 3, 4, 5 ] ]
 * ```
 */
export function reshape(x: TensorLike, shape: Shape): Tensor {
  const t = asTensor(x);
  return apply(reshapeOp, [t], { shape: resolveShape(t, shape) });
}

function resolveShape(x: Tensor, shape: Shape): Shape {
  if (!Array.isArray(shape)) throw new ShapeError(`reshape: ${String(shape)} is not a shape. Give an array of sizes.`);
  const free = shape.indexOf(-1);
  const known = shape.map((n, i) => (i === free ? 1 : n));
  checkShape(known, 'reshape');
  const size = sizeOf(known);
  const fits = free < 0 ? size === x.size : size > 0 && x.size % size === 0;
  if (!fits) {
    throw new ShapeError(
      `reshape: ${formatShape(x.shape)} has ${x.size} elements and does not fit ${formatShape(shape)}. ` +
        (free < 0 ? 'One size may be -1, for what is left over.' : 'The other sizes must divide it.'),
    );
  }
  return known.map((n, i) => (i === free ? x.size / size : n));
}

/** Strides that read memory laid out as (`shape`, `strides`) in shape `target`, in the same order; null if there are none. */
function reshapedStrides(shape: Shape, strides: readonly number[], target: Shape): number[] | null {
  if (sizeOf(shape) === 0) return contiguousStrides(target);
  const axes = shape.flatMap((n, i) => (n === 1 ? [] : [{ n, stride: strides[i]! }]));
  const out = new Array<number>(target.length).fill(0);
  let from = axes.length;
  let to = target.length;
  // From the innermost axes outwards, match the smallest groups of old and new axes that hold equally many elements.
  while (from > 0) {
    let old = axes[--from]!;
    const step = old.stride;
    let oldSize = old.n;
    let size = 1;
    while (size !== oldSize) {
      if (size < oldSize) {
        out[--to] = step * size;
        size *= target[to]!;
      } else {
        const next = axes[--from]!;
        if (next.stride !== old.stride * old.n) return null;
        old = next;
        oldSize *= old.n;
      }
    }
  }
  return out;
}

const broadcastToOp: Op<ShapeAttrs> = /* @__PURE__ */ defineOp({
  name: 'broadcastTo',
  infer: ([x], { shape }) => {
    const from = x!.shape;
    const lead = shape.length - from.length;
    if (lead < 0 || from.some((n, i) => n !== 1 && n !== shape[lead + i])) {
      throw new ShapeError(
        `broadcastTo: shape ${formatShape(from)} does not broadcast to ${formatShape(shape)}. ` +
          'Counted from the last axis, sizes must be equal, or 1 in the operand.',
      );
    }
    return { shape, dtype: x!.dtype };
  },
  reference: ([x], out) => {
    const strides = broadcastStrides(x!.shape, x!.strides, out.shape);
    out.data.set(toContiguous({ ...x!, shape: out.shape, strides }, false), out.offset);
  },
  view: (x, { shape }) => ({ shape, strides: broadcastStrides(x.shape, x.strides, shape), offset: x.offset }),
  vjp: (g, { inputs: [x] }) => unbroadcast(g, x!.shape),
});

/**
 * `x` repeated along axes of size 1, and along new leading axes, to a larger shape; without copying.
 *
 * @param x - a shape that broadcasts to `shape` by NumPy's rule.
 * @param shape - the shape wanted.
 * @returns a view of `x` with that shape.
 * @throws ShapeError when `x` does not broadcast to it.
 *
 * @example
 * ```ts
 * import { broadcastTo } from 'kompakt';
 * console.log(broadcastTo([1, 2], [2, 2]).toArraySync()); // → [ [ 1, 2 ], [ 1, 2 ] ]
 * ```
 */
export function broadcastTo(x: TensorLike, shape: Shape): Tensor {
  checkShape(shape, 'broadcastTo');
  return apply(broadcastToOp, [asTensor(x)], { shape: [...shape] });
}

const sumOp: Op<ReduceAttrs> = /* @__PURE__ */ defineOp({
  name: 'sum',
  kernel: sumKernel,
  infer: ([x], { axes, keepDims }) => ({
    shape: reducedShape(x!.shape, axes, keepDims),
    dtype: isFloating(x!.dtype) ? x!.dtype : 'int32',
  }),
  reference: ([x], out, { axes }) =>
    reduceEach(x!, out, axes, (data, start, runs, length, step) => {
      let total = 0;
      for (const run of runs) for (let k = 0, i = start + run; k < length; k++, i += step) total += data[i]!;
      return total;
    }),
  vjp: (g, { inputs: [x], attrs: { axes } }) => broadcastTo(reshape(g, reducedShape(x!.shape, axes, true)), x!.shape),
});

/**
 * The sum over axes: y = Σ xᵢ. It accumulates in double precision; integers and booleans sum as int32. Nothing sums to 0.
 *
 * @param x - any shape.
 * @param options - `axis`: one or several, by default all; `keepDims = false`: leave the axes in place with size 1.
 * @returns `x` without the axes.
 * @throws ShapeError when an axis is out of range or named twice.
 *
 * @example
 * ```ts
 * import { sum } from 'kompakt';
 * console.log(sum([[1, 2], [3, 4]]).item(), sum([[1, 2], [3, 4]], { axis: 0 }).toArraySync()); // → 10 [ 4, 6 ]
 * ```
 */
export function sum(x: TensorLike, options: ReduceOptions = {}): Tensor {
  checkOptions(options, REDUCE_OPTIONS, 'sum');
  const t = asTensor(x);
  return apply(sumOp, [t], { axes: normalizeAxes(options.axis, t.rank, 'sum'), keepDims: options.keepDims ?? false });
}

/** The cotangent of an operand of `shape` that was broadcast: `g` summed over the axes along which it was repeated. */
export function unbroadcast(g: Tensor, shape: Shape): Tensor {
  if (sameShape(g.shape, shape)) return g;
  const lead = g.rank - shape.length;
  const axis: number[] = [];
  g.shape.forEach((n, i) => {
    if (i < lead || (shape[i - lead] === 1 && n !== 1)) axis.push(i);
  });
  return reshape(axis.length === 0 ? g : sum(g, { axis, keepDims: true }), shape);
}
