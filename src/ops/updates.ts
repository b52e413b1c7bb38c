import { isFloating } from '../core/dtype';
import { DTypeError, ShapeError } from '../core/errors';
import { apply, defineOp, type Op } from '../core/op';
import { formatShape, sameShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { add, div, mul, neg, sqrt, square } from './elementwise/arithmetic';
import { mapTwo } from './elementwise/loop';

/*
 * Elementwise steps of two operands and host numbers, each in one pass over memory: what optimisers consist of. The
 * numbers are attributes read at run time, so a learning rate that changes with every step costs nothing.
 */

/** Attributes of `weightedSum` and `weightedSquareSum`. */
export interface WeightedSumAttrs {
  readonly alpha: number;
  readonly beta: number;
}

/** Attributes of `rootRatio`. */
export interface RootRatioAttrs {
  readonly alpha: number;
  /** Added under the root. */
  readonly inside: number;
  /** Added to the root. */
  readonly outside: number;
}

interface UpdateRule<A> {
  readonly name: string;
  f(attrs: A): (a: number, b: number) => number;
  readonly vjp: readonly [PullOf<A>, PullOf<A>];
}

type PullOf<A> = (g: Tensor, a: Tensor, b: Tensor, attrs: A) => Tensor;

function defineUpdate<A>({ name, f, vjp }: UpdateRule<A>): Op<A> {
  return defineOp<A>({
    name,
    infer: ([a, b]) => {
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
      return { shape: a!.shape, dtype: a!.dtype };
    },
    reference: ([a, b], out, attrs) => mapTwo(f(attrs), a!, b!, out),
    vjp: (g, { inputs: [a, b], attrs }, i) => vjp[i as 0 | 1](g, a!, b!, attrs),
  });
}

const weightedSumOp: Op<WeightedSumAttrs> = /* @__PURE__ */ defineUpdate<WeightedSumAttrs>({
  name: 'weightedSum',
  f:
    ({ alpha, beta }) =>
    (a, b) =>
      alpha * a + beta * b,
  vjp: [(g, _a, _b, { alpha }) => mul(g, alpha), (g, _a, _b, { beta }) => mul(g, beta)],
});

const weightedSquareSumOp: Op<WeightedSumAttrs> = /* @__PURE__ */ defineUpdate<WeightedSumAttrs>({
  name: 'weightedSquareSum',
  f:
    ({ alpha, beta }) =>
    (a, b) =>
      alpha * a + beta * b * b,
  vjp: [(g, _a, _b, { alpha }) => mul(g, alpha), (g, _a, b, { beta }) => mul(g, mul(b, 2 * beta))],
});

const rootRatioOp: Op<RootRatioAttrs> = /* @__PURE__ */ defineUpdate<RootRatioAttrs>({
  name: 'rootRatio',
  f:
    ({ alpha, inside, outside }) =>
    (a, b) =>
      (alpha * a) / (Math.sqrt(b + inside) + outside),
  vjp: [
    (g, _, b, attrs) => apply(rootRatioOp, [g, b], attrs),
    (g, a, b, { alpha, inside, outside }) => {
      const root = sqrt(add(b, inside));
      return neg(mul(g, div(mul(a, alpha / 2), mul(root, square(add(root, outside))))));
    },
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

/** α·a / (√(b + inside) + outside), in one pass. */
export function rootRatio(a: Tensor, b: Tensor, attrs: RootRatioAttrs): Tensor {
  return apply(rootRatioOp, [a, b], attrs);
}
