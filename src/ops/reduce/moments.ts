import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { scope } from '../../core/scope';
import { normalizeAxes, reducedShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { reshape, sum } from '../broadcast';
import type { TensorLike } from '../create';
import { abs, add, div, sqrt, square, sub } from '../elementwise/arithmetic';
import { castTo } from '../elementwise/cast';
import { equal, isFinite, notEqual } from '../elementwise/comparison';
import { exp, log, pow } from '../elementwise/exponential';
import { where } from '../elementwise/select';
import { stopGradient } from '../elementwise/stop-gradient';
import { floatingOperand } from '../operand';
import { max, min } from './extrema';
import { REDUCE_OPTIONS, type ReduceOptions } from './loop';

function countOver(x: Tensor, options: ReduceOptions, what: string): number {
  return normalizeAxes(options.axis, x.rank, what).reduce((n, axis) => n * x.shape[axis]!, 1);
}

/**
 * The mean over axes: y = Σ xᵢ / n; NaN of nothing.
 *
 * @param x - any shape; integers become float32.
 * @param options - `axis`: one or several, by default all; `keepDims = false`: leave the axes in place with size 1.
 * @returns `x` without the axes.
 * @throws ShapeError when an axis is out of range or named twice.
 *
 * @example
 * ```ts
 * import { mean } from 'kompakt';
 * console.log(mean([[1, 2], [3, 4]], { axis: 0 }).toArraySync()); // → [ 2, 3 ]
 * ```
 */
export function mean(x: TensorLike, options: ReduceOptions = {}): Tensor {
  checkOptions(options, REDUCE_OPTIONS, 'mean');
  return scope(() => {
    const t = floatingOperand(x);
    return div(sum(t, options), countOver(t, options, 'mean'));
  });
}

/** Options of `variance` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** What is subtracted from the number of elements in the divisor; by default 0. */
  readonly ddof?: number | undefined;
}

/**
 * The variance over axes: y = Σ (xᵢ − x̄)² / (n − ddof), in two passes.
 *
 * @param x - any shape; integers become float32.
 * @param options - `axis`: one or several, by default all; `keepDims = false`; `ddof = 0` (1: the unbiased estimate).
 * @returns `x` without the axes; NaN or ∞ where n ≤ ddof, as in NumPy.
 * @throws ShapeError when an axis is out of range or named twice.
 *
 * @example
 * ```ts
 * import { variance } from 'kompakt';
 * console.log(variance([1, 2, 3, 4]).item(), variance([1, 3], { ddof: 1 }).item()); // → 1.25 2
 * ```
 */
export function variance(x: TensorLike, options: VarianceOptions = {}): Tensor {
  return varianceOf(x, options, 'variance');
}

function varianceOf(x: TensorLike, options: VarianceOptions, what: string): Tensor {
  checkOptions(options, [...REDUCE_OPTIONS, 'ddof'], what);
  const { ddof = 0, axis, keepDims } = options;
  if (!Number.isFinite(ddof)) throw new ConfigError(`${what}: ddof must be a finite number, got ${ddof}.`);
  return scope(() => {
    const t = floatingOperand(x);
    const centred = sub(t, mean(t, { axis, keepDims: true }));
    return div(sum(square(centred), { axis, keepDims }), Math.max(countOver(t, options, what) - ddof, 0));
  });
}

/** The standard deviation over axes: the square root of {@link variance}, with the same options. */
export function std(x: TensorLike, options: VarianceOptions = {}): Tensor {
  return scope(() => sqrt(varianceOf(x, options, 'std')));
}

/**
 * log Σ e^xᵢ over axes, without overflow; −∞ of nothing and where all elements are −∞.
 *
 * @param x - any shape; integers become float32.
 * @param options - `axis`: one or several, by default all; `keepDims = false`: leave the axes in place with size 1.
 * @returns `x` without the axes.
 * @throws ShapeError when an axis is out of range or named twice.
 *
 * @example
 * ```ts
 * import { logSumExp } from 'kompakt';
 * console.log(logSumExp([1000, -Infinity]).item()); // → 1000
 * ```
 */
export function logSumExp(x: TensorLike, options: ReduceOptions = {}): Tensor {
  checkOptions(options, REDUCE_OPTIONS, 'logSumExp');
  const { axis, keepDims = false } = options;
  return scope(() => {
    const t = floatingOperand(x);
    if (t.size === 0) return log(sum(t, { axis, keepDims }));
    // The shift cancels out, so no gradient needs to flow through it.
    const largest = max(stopGradient(t), { axis, keepDims: true });
    const shift = where(isFinite(largest), largest, 0);
    const y = add(log(sum(exp(sub(t, shift)), { axis, keepDims: true })), shift);
    return keepDims ? y : reshape(y, reducedShape(t.shape, normalizeAxes(axis, t.rank, 'logSumExp'), false));
  });
}

/** Options of `norm`. */
export interface NormOptions extends ReduceOptions {
  /** p ≥ 0, ∞ or −∞; by default 2. */
  readonly ord?: number | undefined;
}

/**
 * The p-norm over axes: y = (Σ |xᵢ|ᵖ)^(1/p); max |xᵢ| for p = ∞, min |xᵢ| for −∞, the number of non-zeros for 0. Over
 * several axes it is that of the elements as one vector (for p = 2 the Frobenius norm). The gradient at 0 is 0.
 *
 * @param x - any shape; integers become float32.
 * @param options - `ord = 2`: p; `axis`: one or several, by default all; `keepDims = false`.
 * @returns `x` without the axes.
 * @throws ConfigError for a negative or NaN `ord`; ShapeError when an axis is out of range or named twice.
 *
 * @example
 * ```ts
 * import { norm } from 'kompakt';
 * console.log(norm([3, 4]).item(), norm([3, -4], { ord: 1 }).item()); // → 5 7
 * ```
 */
export function norm(x: TensorLike, options: NormOptions = {}): Tensor {
  checkOptions(options, [...REDUCE_OPTIONS, 'ord'], 'norm');
  const { ord = 2, axis, keepDims } = options;
  if (!(ord >= 0 || ord === -Infinity))
    throw new ConfigError(`norm: ord must be a number ≥ 0, Infinity or -Infinity, got ${ord}.`);
  return scope(() => {
    const t = floatingOperand(x);
    const over = { axis, keepDims };
    if (ord === Infinity) return max(abs(t), over);
    if (ord === -Infinity) return min(abs(t), over);
    if (ord === 0) return castTo(sum(notEqual(t, 0), over), t.dtype);
    if (ord === 1) return sum(abs(t), over);
    return root(ord === 2 ? sum(square(t), over) : sum(pow(abs(t), ord), over), ord);
  });
}

/** x^(1/order) for x ≥ 0, with derivative 0 at 0, where the root has none: it is taken of 1 there. */
function root(x: Tensor, order: number): Tensor {
  const isZero = equal(x, 0);
  const safe = where(isZero, 1, x);
  return where(isZero, 0, order === 2 ? sqrt(safe) : pow(safe, 1 / order));
}
