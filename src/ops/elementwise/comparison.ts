import type { Op } from '../../core/op';
import type { Tensor } from '../../core/tensor';
import { asTensor, type TensorLike } from '../create';
import { combine, operands, transform, truthOperands } from '../operand';
import { defineBinary, defineUnary } from './define';

type Test = (a: number, b: number) => number;

function comparison(name: string, f: Test): Op<undefined> {
  return defineBinary({ name, dtype: 'bool', f });
}

const equalOp = /* @__PURE__ */ comparison('equal', (a, b) => (a === b ? 1 : 0));
const notEqualOp = /* @__PURE__ */ comparison('notEqual', (a, b) => (a !== b ? 1 : 0));
const lessOp = /* @__PURE__ */ comparison('less', (a, b) => (a < b ? 1 : 0));
const lessEqualOp = /* @__PURE__ */ comparison('lessEqual', (a, b) => (a <= b ? 1 : 0));
const greaterOp = /* @__PURE__ */ comparison('greater', (a, b) => (a > b ? 1 : 0));
const greaterEqualOp = /* @__PURE__ */ comparison('greaterEqual', (a, b) => (a >= b ? 1 : 0));
const logicalAndOp = /* @__PURE__ */ comparison('logicalAnd', (a, b) => (a !== 0 && b !== 0 ? 1 : 0));
const logicalOrOp = /* @__PURE__ */ comparison('logicalOr', (a, b) => (a !== 0 || b !== 0 ? 1 : 0));
const logicalNotOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'logicalNot',
  dtype: 'bool',
  f: () => (x) => (x === 0 ? 1 : 0),
});
const isNaNOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'isNaN',
  dtype: 'bool',
  f: () => (x) => (x !== x ? 1 : 0),
});
const isFiniteOp: Op<undefined> = /* @__PURE__ */ defineUnary({
  name: 'isFinite',
  dtype: 'bool',
  f: () => (x) => (Number.isFinite(x) ? 1 : 0),
});

/**
 * Where a = b, elementwise with broadcasting; NaN equals nothing.
 *
 * @param a - any shape.
 * @param b - a shape that broadcasts with it.
 * @returns a `bool` tensor of the broadcast shape.
 * @throws ShapeError when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { equal } from 'kompakt';
 * console.log(equal([1, 2, 3], 2).toArraySync()); // → [ 0, 1, 0 ]
 * ```
 */
export function equal(a: TensorLike, b: TensorLike): Tensor {
  return combine(equalOp, operands, a, b);
}

/** Where a ≠ b, as `bool`; NaN differs from everything. See {@link equal}. */
export function notEqual(a: TensorLike, b: TensorLike): Tensor {
  return combine(notEqualOp, operands, a, b);
}

/** Where a < b, as `bool`; false where either is NaN. See {@link equal}. */
export function less(a: TensorLike, b: TensorLike): Tensor {
  return combine(lessOp, operands, a, b);
}

/** Where a ≤ b, as `bool`; false where either is NaN. See {@link equal}. */
export function lessEqual(a: TensorLike, b: TensorLike): Tensor {
  return combine(lessEqualOp, operands, a, b);
}

/** Where a > b, as `bool`; false where either is NaN. See {@link equal}. */
export function greater(a: TensorLike, b: TensorLike): Tensor {
  return combine(greaterOp, operands, a, b);
}

/** Where a ≥ b, as `bool`; false where either is NaN. See {@link equal}. */
export function greaterEqual(a: TensorLike, b: TensorLike): Tensor {
  return combine(greaterEqualOp, operands, a, b);
}

/**
 * a ∧ b, elementwise with broadcasting; every number but 0 counts as true, NaN too.
 *
 * @param a - any shape and dtype.
 * @param b - a shape that broadcasts with it.
 * @returns a `bool` tensor of the broadcast shape.
 * @throws ShapeError when the shapes do not broadcast.
 *
 * @example
 * ```ts
 * import { logicalAnd } from 'kompakt';
 * console.log(logicalAnd([true, true, false], [true, false, false]).toArraySync()); // → [ 1, 0, 0 ]
 * ```
 */
export function logicalAnd(a: TensorLike, b: TensorLike): Tensor {
  return combine(logicalAndOp, truthOperands, a, b);
}

/** a ∨ b, as `bool`. See {@link logicalAnd}. */
export function logicalOr(a: TensorLike, b: TensorLike): Tensor {
  return combine(logicalOrOp, truthOperands, a, b);
}

/** ¬x, as `bool`: where x is 0. See {@link logicalAnd}. */
export function logicalNot(x: TensorLike): Tensor {
  return transform(logicalNotOp, asTensor, x, undefined);
}

/**
 * Where x is not a number, as `bool`.
 *
 * @param x - any shape and dtype.
 * @returns a `bool` tensor of the shape of `x`.
 *
 * @example
 * ```ts
 * import { isNaN } from 'kompakt';
 * console.log(isNaN([1, NaN, Infinity]).toArraySync()); // → [ 0, 1, 0 ]
 * ```
 */
export function isNaN(x: TensorLike): Tensor {
  return transform(isNaNOp, asTensor, x, undefined);
}

/** Where x is neither infinite nor NaN, as `bool`. See {@link isNaN}. */
export function isFinite(x: TensorLike): Tensor {
  return transform(isFiniteOp, asTensor, x, undefined);
}
