import type { Op } from '../../core/op';
import type { Tensor } from '../../core/tensor';
import type { TensorLike } from '../create';
import { combine, floatingOperand, floatingOperands, numericOperands, transform } from '../operand';
import { add, div, mul, square, sub } from './arithmetic';
import { equal, greaterEqual, logicalAnd } from './comparison';
import { defineBinary, defineUnary } from './define';
import { where } from './select';

/** aᵇ as IEEE 754 and NumPy have it: unlike JavaScript's, 1 to any power and (−1)^±∞ are 1. */
function power(a: number, b: number): number {
  if (a === 1 || (a === -1 && (b === Infinity || b === -Infinity))) return 1;
  return a ** b;
}

/** aᵇ modulo 2³², by squaring; negative powers truncate toward zero. */
function integerPower(a: number, b: number): number {
  if (b < 0) return a === 1 ? 1 : a === -1 ? (b % 2 === 0 ? 1 : -1) : 0;
  let result = 1;
  for (let base = a, rest = b; rest > 0; rest = Math.floor(rest / 2), base = Math.imul(base, base)) {
    if (rest % 2 === 1) result = Math.imul(result, base);
  }
  return result;
}

const expOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'exp',
  dtype: 'floating',
  f: () => Math.exp,
  vjp: (g, _, y) => mul(g, y),
});
const expm1Op: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'expm1',
  dtype: 'floating',
  f: () => Math.expm1,
  vjp: (g, _, y) => mul(g, add(y, 1)),
});
const logOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'log',
  dtype: 'floating',
  f: () => Math.log,
  vjp: (g, x) => div(g, x),
});
const log1pOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'log1p',
  dtype: 'floating',
  f: () => Math.log1p,
  vjp: (g, x) => div(g, add(x, 1)),
});
const powOp: Op<undefined> = /* @__PURE__ */ defineBinary({
  name: 'pow',
  dtype: 'same',
  f: power,
  integer: integerPower,
  vjp: [
    // b·aᵇ⁻¹, which is 0 at a = b = 0.
    (g, a, b) => mul(g, mul(b, pow(where(logicalAnd(equal(a, 0), equal(b, 0)), 1, a), sub(b, 1)))),
    // y·log a, which is 0 at a = 0 for b ≥ 0.
    (g, a, b, y) => {
      const vanishes = logicalAnd(equal(a, 0), greaterEqual(b, 0));
      return mul(g, mul(y, log(where(vanishes, 1, a))));
    },
  ],
});

/**
 * eˣ, elementwise.
 *
 * @param x - any shape; integers become float32.
 * @returns the shape of `x`.
 *
 * @example
 * ```ts
 * import { exp } from 'kompakt';
 * console.log(exp([0, -Infinity]).toArraySync()); // → [ 1, 0 ]
 * ```
 */
export function exp(x: TensorLike): Tensor {
  return transform(expOp, floatingOperand, x, undefined);
}

/** eˣ − 1, accurate near 0, elementwise. See {@link exp}. */
export function expm1(x: TensorLike): Tensor {
  return transform(expm1Op, floatingOperand, x, undefined);
}

/** The natural logarithm, elementwise; −∞ at 0 and NaN below. See {@link exp}. */
export function log(x: TensorLike): Tensor {
  return transform(logOp, floatingOperand, x, undefined);
}

/** log(1 + x), accurate near 0, elementwise. See {@link exp}. */
export function log1p(x: TensorLike): Tensor {
  return transform(log1pOp, floatingOperand, x, undefined);
}

/**
 * aᵇ, elementwise with broadcasting.
 *
 * @param a - any shape.
 * @param b - a shape that broadcasts with it. Powers of integers are integers, and wrap; a negative plain number makes
 * the result float32, and within an integer tensor negative powers truncate toward zero.
 * @returns a tensor of the broadcast shape, in the higher of the two dtypes (booleans as int32).
 * @throws ShapeError when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { pow } from 'kompakt';
 * console.log(pow([1, 2, 3], 2).toArraySync(), pow(2, [-1, 4]).toArraySync()); // → [ 1, 4, 9 ] [ 0.5, 16 ]
 * ```
 */
export function pow(a: TensorLike, b: TensorLike): Tensor {
  if (b === 2) return square(a);
  const negative = typeof b === 'number' && b < 0;
  return combine(powOp, negative ? floatingOperands : numericOperands, a, b);
}
