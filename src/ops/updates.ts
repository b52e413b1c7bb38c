import { isFloating } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op } from '../core/op';
import { formatShape, sameShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add, div, mul, neg, sqrt, square } from './elementwise/arithmetic';
import { mapTwo } from './elementwise/loop';
import { sum } from './reduce';

/*
 * Elementwise steps of two operands of one shape, each in one pass over memory: what optimisers consist of. Numbers that
 * never change are attributes. A number that changes from step to step is a scalar tensor, so that a step is the same
 * computation every time and can be compiled once.
 */

/** Attributes of `weightedSum` and `weightedSquareSum`. */
export interface WeightedSumAttrs {
  readonly alpha: number;
  readonly beta: number;
}

/** Attributes of `rootRatio`. */
export interface RootRatioAttrs {
  /** Added under the root. */
  readonly inside: number;
  /** Added to the root. */
  readonly outside: number;
}

interface UpdateRule<A> {
  readonly name: string;
  /** Whether there is a third operand: a scalar. */
  readonly hasScalar: boolean;
  f(attrs: A, scalar: number): (a: number, b: number) => number;
  /** The numbers among the attributes, in the order in which code generators want them. */
  scalars(attrs: A): readonly number[];
  /** The cotangent of each operand. */
  readonly vjp: readonly ((g: Tensor, inputs: readonly Tensor[], attrs: A) => Tensor)[];
}

function defineUpdate<A>({ name, hasScalar, f, scalars, vjp }: UpdateRule<A>): Op<A> {
  return defineOp<A>({
    name,
    elementwise: { scalars },
    infer: ([a, b, scalar]) => {
      if (!isFloating(a!.dtype) || a!.dtype !== b!.dtype) {
        throw new DTypeError(
          `${name}: needs two operands of float32 or two of float64, got ${a!.dtype} and ${b!.dtype}. Use cast.`,
        );
      }
      if (!sameShape(a!.shape, b!.shape)) {
        throw new ShapeError(
          `${name}: the operands must have one shape, got ${formatShape(a!.shape)} and ${formatShape(b!.shape)}.`,
        );
      }
      if (hasScalar && (scalar!.shape.length !== 0 || scalar!.dtype !== a!.dtype)) {
        throw new ShapeError(
          `${name}: the factor must be a ${a!.dtype} scalar, got ${scalar!.dtype} of shape ${formatShape(scalar!.shape)}.`,
        );
      }
      return { shape: a!.shape, dtype: a!.dtype };
    },
    reference: ([a, b, scalar], out, attrs) =>
      mapTwo(f(attrs, hasScalar ? scalar!.data[scalar!.offset]! : 1), a!, b!, out),
    vjp: (g, { inputs, attrs }, i) => vjp[i]!(g, inputs, attrs),
  });
}

const weightedSumOp: Op<WeightedSumAttrs> = /* @__PURE__ */ defineUpdate<WeightedSumAttrs>({
  name: 'weightedSum',
  hasScalar: false,
  scalars: ({ alpha, beta }) => [alpha, beta],
  f:
    ({ alpha, beta }) =>
    (a, b) =>
      alpha * a + beta * b,
  vjp: [(g, _, { alpha }) => mul(g, alpha), (g, _, { beta }) => mul(g, beta)],
});

const weightedSquareSumOp: Op<WeightedSumAttrs> = /* @__PURE__ */ defineUpdate<WeightedSumAttrs>({
  name: 'weightedSquareSum',
  hasScalar: false,
  scalars: ({ alpha, beta }) => [alpha, beta],
  f:
    ({ alpha, beta }) =>
    (a, b) =>
      alpha * a + beta * b * b,
  vjp: [(g, _, { alpha }) => mul(g, alpha), (g, [, b], { beta }) => mul(g, mul(b!, 2 * beta))],
});

const addScaledOp: Op<undefined> = /* @__PURE__ */ defineUpdate<undefined>({
  name: 'addScaled',
  hasScalar: true,
  scalars: () => [],
  f: (_, alpha) => (a, b) => a + alpha * b,
  vjp: [(g) => g, (g, [, , alpha]) => mul(g, alpha!), (g, [, b]) => sum(mul(g, b!))],
});

const rootRatioOp: Op<RootRatioAttrs> = /* @__PURE__ */ defineUpdate<RootRatioAttrs>({
  name: 'rootRatio',
  hasScalar: true,
  scalars: ({ inside, outside }) => [inside, outside],
  f:
    ({ inside, outside }, alpha) =>
    (a, b) =>
      (alpha * a) / (Math.sqrt(b + inside) + outside),
  vjp: [
    (g, [, b, alpha], attrs) => apply(rootRatioOp, [g, b!, alpha!], attrs),
    (g, [a, b, alpha], { inside, outside }) => {
      const root = sqrt(add(b!, inside));
      return neg(mul(g, div(mul(a!, mul(alpha!, 0.5)), mul(root, square(add(root, outside))))));
    },
    (g, [a, b], { inside, outside }) => sum(mul(g, div(a!, add(sqrt(add(b!, inside)), outside)))),
  ],
});

/** α·a + β·b, in one pass. */
export function weightedSum(a: Tensor, b: Tensor, attrs: WeightedSumAttrs): Tensor {
  return apply(weightedSumOp, [a, b], attrs);
}

/** α·a + β·b², in one pass. */
export function weightedSquareSum(a: Tensor, b: Tensor, attrs: WeightedSumAttrs): Tensor {
  return apply(weightedSquareSumOp, [a, b], attrs);
}

/** a + α·b for a scalar α of their dtype, in one pass. */
export function addScaled(a: Tensor, b: Tensor, alpha: Tensor): Tensor {
  return apply(addScaledOp, [a, b, alpha], undefined);
}

/** α·a / (√(b + inside) + outside) for a scalar α of their dtype, in one pass. */
export function rootRatio(a: Tensor, b: Tensor, alpha: Tensor, attrs: RootRatioAttrs): Tensor {
  return apply(rootRatioOp, [a, b, alpha], attrs);
}
