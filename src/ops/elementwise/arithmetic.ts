import { isFloating } from '../../core/dtype';
import { apply, type Op } from '../../core/op';
import type { Tensor } from '../../core/tensor';
import { asTensor, type TensorLike } from '../create';
import {
  combine,
  floatingOperand,
  floatingOperands,
  numericOperand,
  numericOperands,
  operands,
  release,
  transform,
} from '../operand';
import { equal, less } from './comparison';
import { defineBinary, defineUnary } from './define';
import { where } from './select';

/** The remainder with the sign of the divisor. */
function floorMod(a: number, b: number): number {
  const r = a % b;
  if (r === 0) return b < 0 || Object.is(b, -0) ? -0 : 0;
  return r < 0 !== b < 0 && b !== 0 ? r + b : r;
}

const addOp: Op<undefined> = /* @__PURE__ */ defineBinary({
  name: 'add',
  dtype: 'same',
  f: (a, b) => a + b,
  vjp: [(g) => g, (g) => g],
});
const subOp: Op<undefined> = /* @__PURE__ */ defineBinary({
  name: 'sub',
  dtype: 'same',
  f: (a, b) => a - b,
  vjp: [(g) => g, (g) => neg(g)],
});
const mulOp: Op<undefined> = /* @__PURE__ */ defineBinary({
  name: 'mul',
  dtype: 'same',
  f: (a, b) => a * b,
  integer: Math.imul,
  vjp: [(g, _, b) => mul(g, b), (g, a) => mul(g, a)],
});
const divOp: Op<undefined> = /* @__PURE__ */ defineBinary({
  name: 'div',
  dtype: 'floating',
  f: (a, b) => a / b,
  vjp: [(g, _, b) => div(g, b), (g, _, b, y) => neg(div(mul(g, y), b))],
});
const modOp: Op<undefined> = /* @__PURE__ */ defineBinary({
  name: 'mod',
  dtype: 'same',
  f: floorMod,
  integer: (a, b) => (b === 0 ? 0 : floorMod(a, b)),
  // a − b·⌊a/b⌋, with ⌊a/b⌋ taken from the remainder so that it is the quotient the value was made with.
  vjp: [(g) => g, (g, a, b, y) => neg(mul(g, div(sub(a, y), b)))],
});
const maximumOp: Op<undefined> = /* @__PURE__ */ defineBinary({
  name: 'maximum',
  dtype: 'same',
  f: Math.max,
  vjp: [(g, a, b) => shareOf(g, a, b, true), (g, a, b) => shareOf(g, b, a, true)],
});
const minimumOp: Op<undefined> = /* @__PURE__ */ defineBinary({
  name: 'minimum',
  dtype: 'same',
  f: Math.min,
  vjp: [(g, a, b) => shareOf(g, a, b, false), (g, a, b) => shareOf(g, b, a, false)],
});

/** The cotangent of `mine` in maximum(mine, other), or minimum: all, none, or half where they are equal. */
function shareOf(g: Tensor, mine: Tensor, other: Tensor, isMaximum: boolean): Tensor {
  const lost = isMaximum ? less(mine, other) : less(other, mine);
  return where(lost, 0, where(equal(mine, other), mul(g, 0.5), g));
}

const negOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'neg',
  dtype: 'same',
  f: () => (x) => -x,
  vjp: (g) => neg(g),
});
const absOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'abs',
  dtype: 'same',
  f: () => Math.abs,
  vjp: (g, x) => mul(g, sign(x)),
});
const signOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'sign',
  dtype: 'same',
  f: () => (x) => (x > 0 ? 1 : x < 0 ? -1 : x !== x ? x : 0),
});
const squareOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'square',
  dtype: 'same',
  f: () => (x) => x * x,
  vjp: (g, x) => mul(g, mul(x, 2)),
});
const sqrtOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'sqrt',
  dtype: 'floating',
  f: () => Math.sqrt,
  vjp: (g, _, y) => div(g, mul(y, 2)),
});
const rsqrtOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'rsqrt',
  dtype: 'floating',
  f: () => (x) => 1 / Math.sqrt(x),
  vjp: (g, x, y) => mul(g, mul(div(y, x), -0.5)),
});
const reciprocalOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'reciprocal',
  dtype: 'floating',
  f: () => (x) => 1 / x,
  vjp: (g, _, y) => neg(mul(g, square(y))),
});

/**
 * a + b, elementwise with NumPy's broadcasting. A plain number takes the dtype of the other operand.
 *
 * @param a - any shape.
 * @param b - a shape that broadcasts with it.
 * @returns a tensor of the broadcast shape, in the higher of the two dtypes; integers wrap, `bool` means "or".
 * @throws ShapeError when the shapes do not broadcast; BackendError when the operands live on two backends.
 *
 * @example
 * ```ts
 * import { add } from 'kompakt';
 * console.log(add([[1, 2], [3, 4]], [10, 20]).toArraySync()); // → [ [ 11, 22 ], [ 13, 24 ] ]
 * ```
 */
export function add(a: TensorLike, b: TensorLike): Tensor {
  return combine(addOp, operands, a, b);
}

/** a − b, elementwise with broadcasting; booleans count as int32. See {@link add}. */
export function sub(a: TensorLike, b: TensorLike): Tensor {
  return combine(subOp, numericOperands, a, b);
}

/** a · b, elementwise with broadcasting; `bool` means "and". See {@link add}. */
export function mul(a: TensorLike, b: TensorLike): Tensor {
  return combine(mulOp, operands, a, b);
}

/** a / b, elementwise with broadcasting, as IEEE divides (x/0 = ±∞, 0/0 = NaN); integers become float32. See {@link add}. */
export function div(a: TensorLike, b: TensorLike): Tensor {
  return combine(divOp, floatingOperands, a, b);
}

/**
 * The remainder a − b·⌊a/b⌋, which has the sign of the divisor as in NumPy and Python, elementwise with broadcasting.
 *
 * @param a - any shape.
 * @param b - a shape that broadcasts with it; an integer divisor of 0 gives 0, a floating one NaN.
 * @returns a tensor of the broadcast shape, in the higher of the two dtypes (booleans as int32).
 * @throws ShapeError when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { mod } from 'kompakt';
 * console.log(mod([5, -5], 3).toArraySync(), mod([5, -5], -3).toArraySync()); // → [ 2, 1 ] [ -1, -2 ]
 * ```
 */
export function mod(a: TensorLike, b: TensorLike): Tensor {
  return combine(modOp, numericOperands, a, b);
}

/**
 * The larger of a and b, elementwise with broadcasting; NaN where either is. Equal operands share the gradient evenly.
 *
 * @param a - any shape.
 * @param b - a shape that broadcasts with it.
 * @returns a tensor of the broadcast shape, in the higher of the two dtypes.
 * @throws ShapeError when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { maximum } from 'kompakt';
 * console.log(maximum([1, 5, NaN], 3).toArraySync()); // → [ 3, 5, NaN ]
 * ```
 */
export function maximum(a: TensorLike, b: TensorLike): Tensor {
  return combine(maximumOp, operands, a, b);
}

/** The smaller of a and b, elementwise with broadcasting. See {@link maximum}. */
export function minimum(a: TensorLike, b: TensorLike): Tensor {
  return combine(minimumOp, operands, a, b);
}

/**
 * −x, elementwise.
 *
 * @param x - any shape; booleans count as int32.
 * @returns the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { neg } from 'kompakt';
 * console.log(neg([1, -2]).toArraySync()); // → [ -1, 2 ]
 * ```
 */
export function neg(x: TensorLike): Tensor {
  return transform(negOp, numericOperand, x, undefined);
}

/** |x|, elementwise, in the dtype of `x`; its gradient at 0 is 0. */
export function abs(x: TensorLike): Tensor {
  return transform(absOp, asTensor, x, undefined);
}

/** −1, 0 or 1 by the sign of x (NaN for NaN), elementwise, in the dtype of `x`. */
export function sign(x: TensorLike): Tensor {
  return transform(signOp, numericOperand, x, undefined);
}

/** x², elementwise, in the dtype of `x`. */
export function square(x: TensorLike): Tensor {
  const t = numericOperand(x);
  const y = isFloating(t.dtype) ? apply(squareOp, [t], undefined) : mul(t, t);
  release(t, x);
  return y;
}

/**
 * √x, elementwise; NaN below 0.
 *
 * @param x - any shape; integers become float32.
 * @returns the shape of `x`.
 *
 * @example
 * ```ts
 * import { sqrt } from 'kompakt';
 * console.log(sqrt([4, 9]).toArraySync()); // → [ 2, 3 ]
 * ```
 */
export function sqrt(x: TensorLike): Tensor {
  return transform(sqrtOp, floatingOperand, x, undefined);
}

/** 1/√x, elementwise. See {@link sqrt}. */
export function rsqrt(x: TensorLike): Tensor {
  return transform(rsqrtOp, floatingOperand, x, undefined);
}

/** 1/x, elementwise. See {@link sqrt}. */
export function reciprocal(x: TensorLike): Tensor {
  return transform(reciprocalOp, floatingOperand, x, undefined);
}
