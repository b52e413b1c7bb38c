import type { Tensor } from '../core/tensor';
import { maximum, mul, rsqrt, square } from '../ops/elementwise';
import { sum } from '../ops/reduce';

/**
 * x/max(‖x‖₂, ε) along the axes: vectors of length 1, those shorter than ε divided by that. The bound is taken before the
 * root, so that a zero vector has a derivative.
 */
export function unitLength(x: Tensor, axis: number | readonly number[], epsilon: number): Tensor {
  return mul(x, rsqrt(maximum(sum(square(x), { axis, keepDims: true }), epsilon ** 2)));
}
