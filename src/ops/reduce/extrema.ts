import { argMaxKernel, argMinKernel, maxKernel, minKernel } from '../../backends/wasm/kernels';
import { ShapeError } from '../../core/errors';
import { apply, defineOp, type Op } from '../../core/op';
import { checkOptions } from '../../core/options';
import { scope } from '../../core/scope';
import { formatShape, normalizeAxes, normalizeAxis, reducedShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { reshape, sum } from '../broadcast';
import { asTensor, type TensorLike } from '../create';
import { div, mul } from '../elementwise/arithmetic';
import { castTo } from '../elementwise/cast';
import { equal } from '../elementwise/comparison';
import { expectElements, REDUCE_OPTIONS, type ReduceAttrs, type ReduceOptions, reduceEach } from './loop';

type IsBetter = (value: number, best: number) => boolean;

const isLarger: IsBetter = (value, best) => value > best;
const isSmaller: IsBetter = (value, best) => value < best;

function defineExtremum(name: 'max' | 'min', kernel: unknown, isBetter: IsBetter): Op<ReduceAttrs> {
  return defineOp({
    name,
    kernel,
    infer: ([x], { axes, keepDims }) => {
      expectElements(x!.shape, axes, name);
      return { shape: reducedShape(x!.shape, axes, keepDims), dtype: x!.dtype };
    },
    reference: ([x], out, { axes }) =>
      reduceEach(x!, out, axes, (data, start, runs, length, step) => {
        let best = data[start + runs[0]!]!;
        for (const run of runs) {
          for (let k = 0, i = start + run; k < length; k++, i += step) {
            const value = data[i]!;
            if (value !== value) return value;
            if (isBetter(value, best)) best = value;
          }
        }
        return best;
      }),
    // Elements that tie for the extremum share its cotangent evenly.
    vjp: (g, { inputs: [x], output, attrs: { axes } }) => {
      const whole = reducedShape(x!.shape, axes, true);
      const ties = castTo(equal(x!, reshape(output, whole)), x!.dtype);
      return mul(ties, div(reshape(g, whole), sum(ties, { axis: axes, keepDims: true })));
    },
  });
}

const maxOp = /* @__PURE__ */ defineExtremum('max', maxKernel, isLarger);
const minOp = /* @__PURE__ */ defineExtremum('min', minKernel, isSmaller);

/** Attributes of the primitives `argMax` and `argMin`. */
export interface ArgAttrs {
  readonly axis: number;
  readonly keepDims: boolean;
}

function defineArgExtremum(name: 'argMax' | 'argMin', kernel: unknown, isBetter: IsBetter): Op<ArgAttrs> {
  return defineOp({
    name,
    kernel,
    infer: ([x], { axis, keepDims }) => {
      if (x!.shape[axis] === 0) {
        throw new ShapeError(
          `${name}: axis ${axis} of shape ${formatShape(x!.shape)} is empty. There is nothing to choose from.`,
        );
      }
      return { shape: reducedShape(x!.shape, [axis], keepDims), dtype: 'int32' };
    },
    reference: ([x], out, { axis }) =>
      reduceEach(x!, out, [axis], (data, start, _, length, step) => {
        let best = data[start]!;
        let at = 0;
        for (let k = 1; k < length && best === best; k++) {
          const value = data[start + k * step]!;
          if (value !== value || isBetter(value, best)) {
            best = value;
            at = k;
          }
        }
        return at;
      }),
  });
}

const argMaxOp = /* @__PURE__ */ defineArgExtremum('argMax', argMaxKernel, isLarger);
const argMinOp = /* @__PURE__ */ defineArgExtremum('argMin', argMinKernel, isSmaller);

function reduceBy(op: Op<ReduceAttrs>, x: TensorLike, options: ReduceOptions): Tensor {
  checkOptions(options, REDUCE_OPTIONS, op.name);
  const t = asTensor(x);
  return apply(op, [t], { axes: normalizeAxes(options.axis, t.rank, op.name), keepDims: options.keepDims ?? false });
}

/**
 * The largest element over axes: y = maxᵢ xᵢ; NaN where there is one. Elements that tie share the gradient evenly.
 *
 * @param x - any shape.
 * @param options - `axis`: one or several, by default all; `keepDims = false`: leave the axes in place with size 1.
 * @returns `x` without the axes, in its dtype.
 * @throws ShapeError when an axis is out of range, or there are no elements to choose from.
 *
 * @example
 * ```ts
 * import { max } from 'kompakt';
 * console.log(max([[1, 5], [7, 2]], { axis: 1 }).toArraySync()); // → [ 5, 7 ]
 * ```
 */
export function max(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return reduceBy(maxOp, x, options);
}

/** The smallest element over axes: y = minᵢ xᵢ. See {@link max}. */
export function min(x: TensorLike, options: ReduceOptions = {}): Tensor {
  return reduceBy(minOp, x, options);
}

/** Where to look, for `argMax` and `argMin`. */
export interface ArgOptions {
  /** By default the flattened tensor is searched. */
  readonly axis?: number | null | undefined;
  /** Whether the axis stays, with size 1; by default not. */
  readonly keepDims?: boolean | undefined;
}

/**
 * The position of the largest element along an axis; of equal ones the first, and of any NaN the first too.
 *
 * @param x - any shape.
 * @param options - `axis`, by default none: positions in the flattened tensor; `keepDims = false`.
 * @returns int32 positions, the shape of `x` without the axis.
 * @throws ShapeError when the axis is out of range or empty.
 *
 * @example
 * ```ts
 * import { argMax } from 'kompakt';
 * console.log(argMax([[1, 5], [7, 2]], { axis: 1 }).toArraySync()); // → [ 1, 0 ]
 * ```
 */
export function argMax(x: TensorLike, options: ArgOptions = {}): Tensor {
  return argBy(argMaxOp, x, options);
}

/** The position of the smallest element along an axis. See {@link argMax}. */
export function argMin(x: TensorLike, options: ArgOptions = {}): Tensor {
  return argBy(argMinOp, x, options);
}

function argBy(op: Op<ArgAttrs>, x: TensorLike, options: ArgOptions): Tensor {
  checkOptions(options, REDUCE_OPTIONS, op.name);
  const { axis, keepDims = false } = options;
  const t = asTensor(x);
  if (axis !== undefined && axis !== null)
    return apply(op, [t], { axis: normalizeAxis(axis, t.rank, op.name), keepDims });
  return scope(() => {
    const found = apply(op, [reshape(t, [t.size])], { axis: 0, keepDims: false });
    return keepDims
      ? reshape(
          found,
          t.shape.map(() => 1),
        )
      : found;
  });
}
