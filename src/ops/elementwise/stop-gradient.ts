import { apply, defineOp, type Op } from '../../core/op';
import type { Tensor } from '../../core/tensor';
import { asTensor, type TensorLike } from '../create';
import { copyTo } from './loop';

const stopGradientOp: Op<undefined> = /* @__PURE__ */ defineOp({
  name: 'stopGradient',
  infer: ([x]) => ({ shape: x!.shape, dtype: x!.dtype }),
  reference: ([x], out) => copyTo(x!, out, out),
  view: ({ shape, strides, offset }) => ({ shape, strides, offset }),
});

/**
 * `x` as a constant: the same values, through which no gradient flows.
 *
 * @param x - any shape.
 * @returns a view of `x`.
 *
 * @example
 * ```ts
 * import { grad, mul, stopGradient, tensor } from 'kompakt';
 * console.log(grad((x) => mul(x, stopGradient(x)))(tensor(3)).item()); // → 3
 * ```
 */
export function stopGradient(x: TensorLike): Tensor {
  return apply(stopGradientOp, [asTensor(x)], undefined);
}
