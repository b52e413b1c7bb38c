import { checkDType, type DType, isFloating } from '../../core/dtype';
import { apply, defineOp, type Op } from '../../core/op';
import type { Tensor } from '../../core/tensor';
import { asTensor, type TensorLike } from '../create';
import { mapOne } from './loop';

/** Attributes of the primitive `cast`. */
export interface CastAttrs {
  readonly dtype: DType;
}

const castOp: Op<CastAttrs> = /* @__PURE__ */ defineOp({
  name: 'cast',
  // To integers it may need the host, which wraps what is out of range.
  elementwise: { scalars: ({ dtype }) => (isFloating(dtype) || dtype === 'bool' ? [] : null) },
  infer: ([x], { dtype }) => ({ shape: x!.shape, dtype }),
  // Storing into a typed array truncates toward zero and wraps; only bool has a rule of its own.
  reference: ([x], out) => mapOne(out.dtype === 'bool' ? (v) => (v !== 0 ? 1 : 0) : (v) => v, x!, out),
  view: (x, { dtype }) => (x.dtype === dtype ? { shape: x.shape, strides: x.strides, offset: x.offset } : null),
  vjp: (g, { inputs: [x], attrs }) => (isFloating(attrs.dtype) && isFloating(x!.dtype) ? castTo(g, x!.dtype) : null),
});

/**
 * `x` with another dtype; a view of it when it has that dtype already.
 *
 * Floats become integers by truncation toward zero, NaN becomes 0, and what is out of range wraps modulo 2ⁿ as typed
 * arrays do. To `bool`, everything but 0 is true. The gradient passes between floating dtypes only.
 *
 * @param x - any shape.
 * @param dtype - the dtype wanted.
 * @returns the shape of `x`.
 * @throws DTypeError for an unknown dtype.
 *
 * @example
 * ```ts
 * import { cast } from 'kompakt';
 * console.log(cast([1.7, -1.7, 0], 'int32').toArraySync()); // → [ 1, -1, 0 ]
 * ```
 */
export function cast(x: TensorLike, dtype: DType): Tensor {
  checkDType(dtype);
  return apply(castOp, [asTensor(x)], { dtype });
}

/** `x` with another dtype, and `x` itself when it has that dtype: for operands, which nobody disposes. */
export function castTo(x: Tensor, dtype: DType): Tensor {
  return x.dtype === dtype ? x : apply(castOp, [x], { dtype });
}
