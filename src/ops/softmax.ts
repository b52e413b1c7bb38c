import { logSoftmaxGradKernel, logSoftmaxKernel, softmaxGradKernel, softmaxKernel } from '../backends/wasm/kernels';
import { isFloating, type TypedArray } from '../core/dtype';
import { DTypeError } from '../core/errors';
import { apply, defineOp, type Op, type TensorSpec } from '../core/op';
import { checkOptions } from '../core/options';
import { normalizeAxis } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous, type View } from '../core/view';
import type { TensorLike } from './create';
import { exp, mul, neg, sub } from './elementwise';
import { forEachLane, lanesOf } from './lanes';
import { floatingOperand } from './operand';
import { sum } from './reduce';

/** The axis along which values sum to 1, as a non-negative number. */
export interface SoftmaxAttrs {
  readonly axis: number;
}

function inferFloating([x]: readonly TensorSpec[], what: string): TensorSpec {
  if (!isFloating(x!.dtype))
    throw new DTypeError(`${what}: needs float32 or float64, got ${x!.dtype}. Use cast(x, 'float32').`);
  return { shape: x!.shape, dtype: x!.dtype };
}

/** Writes `write(x, max, Σ exp(x − max))` for every element x of every lane. */
function alongLanes(
  x: View,
  out: View,
  axis: number,
  write: (value: number, max: number, total: number) => number,
): void {
  const lanes = lanesOf(x.shape, axis);
  const values: TypedArray = toContiguous(x, false);
  const end = lanes.n * lanes.inner;
  forEachLane(lanes, (start) => {
    let max = -Infinity;
    for (let at = start; at < start + end; at += lanes.inner) max = Math.max(max, values[at]!);
    let total = 0;
    for (let at = start; at < start + end; at += lanes.inner) total += Math.exp(values[at]! - max);
    for (let at = start; at < start + end; at += lanes.inner)
      out.data[out.offset + at] = write(values[at]!, max, total);
  });
}

const softmaxOp: Op<SoftmaxAttrs> = /* @__PURE__ */ defineOp<SoftmaxAttrs>({
  name: 'softmax',
  kernel: softmaxKernel,
  infer: (inputs) => inferFloating(inputs, 'softmax'),
  reference: ([x], out, { axis }) => alongLanes(x!, out, axis, (value, max, total) => Math.exp(value - max) / total),
  vjp: (g, { output, attrs }) => apply(softmaxGradOp, [output, g], attrs),
});

const logSoftmaxOp: Op<SoftmaxAttrs> = /* @__PURE__ */ defineOp<SoftmaxAttrs>({
  name: 'logSoftmax',
  kernel: logSoftmaxKernel,
  infer: (inputs) => inferFloating(inputs, 'logSoftmax'),
  reference: ([x], out, { axis }) => alongLanes(x!, out, axis, (value, max, total) => value - max - Math.log(total)),
  vjp: (g, { output, attrs }) => apply(logSoftmaxGradOp, [output, g], attrs),
});

/** Writes, for every lane, `write(y, g, Σ term(y, g))` for the elements y and g of two operands of one shape. */
function combineLanes(
  [y, g]: readonly View[],
  out: View,
  axis: number,
  term: (y: number, g: number) => number,
  write: (y: number, g: number, total: number) => number,
): void {
  const lanes = lanesOf(y!.shape, axis);
  const [ys, gs] = [toContiguous(y!, false), toContiguous(g!, false)];
  const end = lanes.n * lanes.inner;
  forEachLane(lanes, (start) => {
    let total = 0;
    for (let at = start; at < start + end; at += lanes.inner) total += term(ys[at]!, gs[at]!);
    for (let at = start; at < start + end; at += lanes.inner)
      out.data[out.offset + at] = write(ys[at]!, gs[at]!, total);
  });
}

const sumAlong = (x: Tensor, { axis }: SoftmaxAttrs): Tensor => sum(x, { axis, keepDims: true });

/** y·(g − Σ g·y): the cotangent of x, from the softmax y of x and its cotangent g. Inputs `[y, g]`. */
const softmaxGradOp: Op<SoftmaxAttrs> = /* @__PURE__ */ defineOp<SoftmaxAttrs>({
  name: 'softmaxGrad',
  kernel: softmaxGradKernel,
  infer: ([y]) => ({ shape: y!.shape, dtype: y!.dtype }),
  reference: (inputs, out, { axis }) =>
    combineLanes(
      inputs,
      out,
      axis,
      (y, g) => y * g,
      (y, g, total) => y * (g - total),
    ),
  vjp: (h, { inputs: [y, g], attrs }, i) => {
    if (i === 1) return apply(softmaxGradOp, [y!, h], attrs);
    return sub(mul(h, sub(g!, sumAlong(mul(g!, y!), attrs))), mul(g!, sumAlong(mul(h, y!), attrs)));
  },
});

/** g − exp(y)·Σ g: the cotangent of x, from the logarithm y of its softmax and the cotangent g of y. Inputs `[y, g]`. */
const logSoftmaxGradOp: Op<SoftmaxAttrs> = /* @__PURE__ */ defineOp<SoftmaxAttrs>({
  name: 'logSoftmaxGrad',
  kernel: logSoftmaxGradKernel,
  infer: ([y]) => ({ shape: y!.shape, dtype: y!.dtype }),
  reference: (inputs, out, { axis }) =>
    combineLanes(
      inputs,
      out,
      axis,
      (_, g) => g,
      (y, g, total) => g - Math.exp(y) * total,
    ),
  vjp: (h, { inputs: [y, g], attrs }, i) => {
    const weighed = mul(h, exp(y!));
    return i === 1 ? sub(h, sumAlong(weighed, attrs)) : neg(mul(weighed, sumAlong(g!, attrs)));
  },
});

function run(op: Op<SoftmaxAttrs>, x: TensorLike, options: { axis?: number }): Tensor {
  checkOptions(options, ['axis'], op.name);
  const t = floatingOperand(x);
  return apply(op, [t], { axis: normalizeAxis(options.axis ?? -1, t.rank, op.name) });
}

/**
 * Softmax along an axis: yᵢ = exp(xᵢ) / Σⱼ exp(xⱼ), computed as exp(xᵢ − max x) / … so that nothing overflows.
 *
 * @param x - any shape of rank ≥ 1; integers become float32.
 * @param options - `axis = -1`: the axis whose values sum to 1.
 * @returns the shape of `x`; a lane that is −∞ throughout, or has a NaN or +∞, becomes NaN.
 * @throws ShapeError when the axis is out of range.
 *
 * @example
 * ```ts
 * import { softmax } from 'kompakt';
 * console.log(softmax([0, 0, 1000]).toArraySync()); // → [ 0, 0, 1 ]
 * ```
 */
export function softmax(x: TensorLike, options: { axis?: number } = {}): Tensor {
  return run(softmaxOp, x, options);
}

/**
 * Logarithm of the softmax along an axis: yᵢ = xᵢ − log Σⱼ exp(xⱼ), exact where the softmax itself would underflow.
 *
 * @param x - any shape of rank ≥ 1; integers become float32.
 * @param options - `axis = -1`.
 * @returns the shape of `x`.
 * @throws ShapeError when the axis is out of range.
 *
 * @example
 * ```ts
 * import { logSoftmax } from 'kompakt';
 * console.log(logSoftmax([0, 1000]).toArraySync()); // → [ -1000, 0 ]
 * ```
 */
export function logSoftmax(x: TensorLike, options: { axis?: number } = {}): Tensor {
  return run(logSoftmaxOp, x, options);
}
