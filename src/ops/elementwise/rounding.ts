import type { DType } from '../../core/dtype';
import { ConfigError } from '../../core/errors';
import type { Op } from '../../core/op';
import type { Tensor } from '../../core/tensor';
import { asTensor, type TensorLike } from '../create';
import { backendOf, operandsOn, transform, withNumber } from '../operand';
import { maximum, minimum } from './arithmetic';
import { greaterEqual, lessEqual, logicalAnd } from './comparison';
import { defineUnary } from './define';
import { where } from './select';

function step(name: string, f: (x: number) => number): Op<undefined> {
  return defineUnary({ name, dtype: 'same', f: () => f });
}

const floorOp = /* @__PURE__ */ step('floor', Math.floor);
const ceilOp = /* @__PURE__ */ step('ceil', Math.ceil);
const roundOp = /* @__PURE__ */ step('round', (x) => (Math.abs(x % 1) === 0.5 ? 2 * Math.round(x / 2) : Math.round(x)));

/**
 * The largest integer ⌊x⌋ ≤ x, elementwise, in the dtype of `x`; no gradient flows
 * through it.
 *
 * @param x - any shape.
 * @returns the shape and dtype of `x`.
 *
 * @example
 * ```ts
 * import { ceil, floor, round } from 'kompakt';
 * console.log(floor([1.5, -1.5]).toArraySync(), ceil([1.5, -1.5]).toArraySync()); // → [ 1, -2 ] [ 2, -1 ]
 * console.log(round([0.5, 1.5, 2.5]).toArraySync()); // → [ 0, 2, 2 ]
 * ```
 */
export function floor(x: TensorLike): Tensor {
  return transform(floorOp, asTensor, x, undefined);
}

/** The smallest integer ⌈x⌉ ≥ x, elementwise. See {@link floor}. */
export function ceil(x: TensorLike): Tensor {
  return transform(ceilOp, asTensor, x, undefined);
}

/** The nearest integer, of two equally near ones the even one as IEEE and NumPy round, elementwise. See {@link floor}. */
export function round(x: TensorLike): Tensor {
  return transform(roundOp, asTensor, x, undefined);
}

/** Attributes of the primitive `clip`; null: no bound. */
export interface ClipAttrs {
  readonly min: number | null;
  readonly max: number | null;
}

const clipOp: Op<ClipAttrs> = /* @__PURE__ */ defineUnary<ClipAttrs>({
  name: 'clip',
  dtype: 'same',
  f: ({ min, max }) => {
    const low = min ?? -Infinity;
    const high = max ?? Infinity;
    return (x) => Math.min(Math.max(x, low), high);
  },
  scalars: ({ min, max }) => [min ?? -Infinity, max ?? Infinity],
  vjp: (g, x, _, { min, max }) => {
    const above = min === null ? null : greaterEqual(x, min);
    const below = max === null ? null : lessEqual(x, max);
    const inside = above && below ? logicalAnd(above, below) : (above ?? below);
    return inside === null ? g : where(inside, g, 0);
  },
});

/**
 * x held within bounds: min(max(x, low), high), elementwise; NaN stays NaN. The gradient is 1 within the bounds, ends
 * included, and 0 outside.
 *
 * @param x - any shape.
 * @param min - the lower bound, or null for none; a tensor broadcasts.
 * @param max - the upper bound, or null for none; where the bounds cross, it wins.
 * @returns the shape of `x`, broadcast with that of the bounds.
 * @throws ConfigError when a bound is NaN; ShapeError when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { clip } from 'kompakt';
 * console.log(clip([-2, 0.5, 3], -1, 1).toArraySync()); // → [ -1, 0.5, 1 ]
 * ```
 */
export function clip(x: TensorLike, min: TensorLike | null = null, max: TensorLike | null = null): Tensor {
  if (!isBound(min) || !isBound(max)) {
    const raised = min === null ? asTensor(x) : maximum(x, min);
    return max === null ? raised : minimum(raised, max);
  }
  if (min !== min || max !== max)
    throw new ConfigError(`clip: the bounds must be numbers, got ${min} and ${max}. Use null for no bound.`);
  const attrs = { min: min === -Infinity ? null : min, max: max === Infinity ? null : max };
  const ready = (v: TensorLike): Tensor => operandsOn(backendOf([v]), [v], (dtype) => boundedDType(dtype, attrs))[0];
  return transform(clipOp, ready, x, attrs);
}

function isBound(x: TensorLike | null): x is number | null {
  return x === null || typeof x === 'number';
}

/** The dtype that holds both the elements and the bounds. */
function boundedDType(dtype: DType, { min, max }: ClipAttrs): DType {
  const numeric = dtype === 'bool' ? 'int32' : dtype;
  return [min, max].reduce<DType>((common, bound) => (bound === null ? common : withNumber(common, bound)), numeric);
}
