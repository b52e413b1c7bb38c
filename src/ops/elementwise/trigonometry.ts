import type { Op } from '../../core/op';
import type { Tensor } from '../../core/tensor';
import type { TensorLike } from '../create';
import { combine, floatingOperand, floatingOperands, transform } from '../operand';
import { add, div, mul, neg, rsqrt, square, sub } from './arithmetic';
import { defineBinary, defineUnary } from './define';

function floating(
  name: string,
  f: (x: number) => number,
  vjp: (g: Tensor, x: Tensor, y: Tensor) => Tensor,
): Op<undefined> {
  return defineUnary({ name, dtype: 'floating', f: () => f, vjp });
}

const sinOp = /* @__PURE__ */ floating('sin', Math.sin, (g, x) => mul(g, cos(x)));
const cosOp = /* @__PURE__ */ floating('cos', Math.cos, (g, x) => neg(mul(g, sin(x))));
const tanOp = /* @__PURE__ */ floating('tan', Math.tan, (g, _, y) => mul(g, add(square(y), 1)));
const asinOp = /* @__PURE__ */ floating('asin', Math.asin, (g, x) => mul(g, rsqrt(sub(1, square(x)))));
const acosOp = /* @__PURE__ */ floating('acos', Math.acos, (g, x) => neg(mul(g, rsqrt(sub(1, square(x))))));
const atanOp = /* @__PURE__ */ floating('atan', Math.atan, (g, x) => div(g, add(square(x), 1)));
const sinhOp = /* @__PURE__ */ floating('sinh', Math.sinh, (g, x) => mul(g, cosh(x)));
const coshOp = /* @__PURE__ */ floating('cosh', Math.cosh, (g, x) => mul(g, sinh(x)));
const tanhOp = /* @__PURE__ */ floating('tanh', Math.tanh, (g, _, y) => mul(g, sub(1, square(y))));
const atan2Op: Op<undefined> = /* @__PURE__ */ defineBinary({
  name: 'atan2',
  dtype: 'floating',
  f: Math.atan2,
  vjp: [
    (g, a, b) => div(mul(g, b), add(square(a), square(b))),
    (g, a, b) => neg(div(mul(g, a), add(square(a), square(b)))),
  ],
});

/**
 * The sine, elementwise.
 *
 * @param x - angles in radians, any shape; integers become float32.
 * @returns the shape of `x`.
 *
 * @example
 * ```ts
 * import { cos, sin } from 'kompakt';
 * console.log(sin(0).item(), cos(0).item()); // → 0 1
 * ```
 */
export function sin(x: TensorLike): Tensor {
  return transform(sinOp, floatingOperand, x, undefined);
}

/** The cosine of angles in radians, elementwise. See {@link sin}. */
export function cos(x: TensorLike): Tensor {
  return transform(cosOp, floatingOperand, x, undefined);
}

/** The tangent of angles in radians, elementwise. See {@link sin}. */
export function tan(x: TensorLike): Tensor {
  return transform(tanOp, floatingOperand, x, undefined);
}

/** The angle in [−π/2, π/2] whose sine is x, elementwise; NaN outside [−1, 1]. See {@link sin}. */
export function asin(x: TensorLike): Tensor {
  return transform(asinOp, floatingOperand, x, undefined);
}

/** The angle in [0, π] whose cosine is x, elementwise; NaN outside [−1, 1]. See {@link sin}. */
export function acos(x: TensorLike): Tensor {
  return transform(acosOp, floatingOperand, x, undefined);
}

/** The angle in (−π/2, π/2) whose tangent is x, elementwise. See {@link sin}. */
export function atan(x: TensorLike): Tensor {
  return transform(atanOp, floatingOperand, x, undefined);
}

/**
 * The angle in [−π, π] of the point (b, a), elementwise with broadcasting: arctan(a / b) in the right quadrant.
 *
 * @param a - ordinates ("y"), any shape.
 * @param b - abscissas ("x"), a shape that broadcasts with it.
 * @returns a tensor of the broadcast shape; integers become float32.
 * @throws ShapeError when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { atan2 } from 'kompakt';
 * console.log(atan2(0, [1, 2]).toArraySync()); // → [ 0, 0 ]
 * ```
 */
export function atan2(a: TensorLike, b: TensorLike): Tensor {
  return combine(atan2Op, floatingOperands, a, b);
}

/** The hyperbolic sine (eˣ − e⁻ˣ)/2, elementwise. See {@link sin}. */
export function sinh(x: TensorLike): Tensor {
  return transform(sinhOp, floatingOperand, x, undefined);
}

/** The hyperbolic cosine (eˣ + e⁻ˣ)/2, elementwise. See {@link sin}. */
export function cosh(x: TensorLike): Tensor {
  return transform(coshOp, floatingOperand, x, undefined);
}

/** The hyperbolic tangent (eˣ − e⁻ˣ)/(eˣ + e⁻ˣ), elementwise. See {@link sin}. */
export function tanh(x: TensorLike): Tensor {
  return transform(tanhOp, floatingOperand, x, undefined);
}
