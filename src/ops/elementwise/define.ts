import { type DType, isFloating } from '../../core/dtype';
import { DTypeError } from '../../core/errors';
import { defineOp, type Op } from '../../core/op';
import { broadcastShapes, broadcastStrides } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import type { View } from '../../core/view';
import { unbroadcast } from '../broadcast';
import { mapOne, mapTwo } from './loop';

/**
 * The dtypes an elementwise op takes and gives: `same` gives what it gets; `floating` does too and gets floats only (the
 * public functions cast); `bool` gives `bool`.
 */
export type DTypeRule = 'same' | 'floating' | 'bool';

interface UnaryRule<A> {
  readonly name: string;
  readonly dtype: DTypeRule;
  /** The value in double precision, for the given attributes. */
  f(attrs: A): (x: number) => number;
  /** The numbers among the attributes, in the order in which code generators want them; by default none. */
  scalars?(attrs: A): readonly number[];
  /** The name that code generators know this case by, where it is not the operation's. */
  variant?(attrs: A): string;
  /** The cotangent of x, given that of y = f(x); without it gradients stop. */
  vjp?(g: Tensor, x: Tensor, y: Tensor, attrs: A): Tensor | null;
}

/** Declares an elementwise op of one operand. */
export function defineUnary<A = undefined>({ name, dtype, f, scalars, variant, vjp }: UnaryRule<A>): Op<A> {
  const op: Op<A> = {
    name,
    elementwise: { scalars: scalars ?? (() => []), ...(variant && { variant }) },
    infer: ([x]) => ({ shape: x!.shape, dtype: resultDType(name, dtype, x!.dtype) }),
    reference: ([x], out, attrs) => mapOne(stored(f(attrs), out.dtype, dtype), x!, out),
  };
  if (vjp === undefined) return defineOp(op);
  return defineOp({ ...op, vjp: (g, { inputs: [x], output, attrs }) => vjp(g, x!, output, attrs) });
}

type BinaryFunction = (a: number, b: number) => number;
type BinaryPull = (g: Tensor, a: Tensor, b: Tensor, y: Tensor) => Tensor | null;

interface BinaryRule {
  readonly name: string;
  readonly dtype: DTypeRule;
  readonly f: BinaryFunction;
  /** The value on integers, where doubles would round or the rule differs. */
  readonly integer?: BinaryFunction;
  /** The cotangents of a and b, of the broadcast shape, given that of y = f(a, b); without them gradients stop. */
  readonly vjp?: readonly [BinaryPull, BinaryPull];
}

/** Declares an elementwise op of two operands of one dtype, which broadcast. */
export function defineBinary({ name, dtype, f, integer = f, vjp }: BinaryRule): Op<undefined> {
  const op: Op<undefined> = {
    name,
    elementwise: { scalars: () => [] },
    infer: ([a, b]) => {
      if (a!.dtype !== b!.dtype)
        throw new DTypeError(`${name}: the operands are ${a!.dtype} and ${b!.dtype}; cast one of them.`);
      return { shape: broadcastShapes(a!.shape, b!.shape, name), dtype: resultDType(name, dtype, a!.dtype) };
    },
    reference: ([a, b], out) => {
      const rule = isFloating(a!.dtype) ? f : integer;
      const store =
        dtype !== 'bool' && out.dtype === 'bool' ? (x: number, y: number) => (rule(x, y) !== 0 ? 1 : 0) : rule;
      mapTwo(store, broadcastView(a!, out), broadcastView(b!, out), out);
    },
  };
  if (vjp === undefined) return defineOp(op);
  return defineOp({
    ...op,
    vjp: (g, { inputs, output }, i) => {
      const part = vjp[i as 0 | 1](g, inputs[0]!, inputs[1]!, output);
      return part && unbroadcast(part, inputs[i]!.shape);
    },
  });
}

/** `x` as if it had the shape of `out`. */
export function broadcastView(x: View, out: View): View {
  return { ...x, shape: out.shape, strides: broadcastStrides(x.shape, x.strides, out.shape) };
}

function resultDType(name: string, rule: DTypeRule, dtype: DType): DType {
  if (rule === 'bool') return 'bool';
  if (rule === 'floating' && !isFloating(dtype)) {
    throw new DTypeError(`${name}: computes in float32 or float64, got ${dtype}. Use cast(x, 'float32').`);
  }
  return dtype;
}

/** `f` as its result is stored: anything but 0 is 1 where numbers become `bool`. */
function stored(f: (x: number) => number, out: DType, rule: DTypeRule): (x: number) => number {
  return rule !== 'bool' && out === 'bool' ? (x) => (f(x) !== 0 ? 1 : 0) : f;
}
