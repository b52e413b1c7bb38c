import type { Backend } from '../core/backend';
import { type DType, isFloating, promote, toFloating } from '../core/dtype';
import { apply, type Op } from '../core/op';
import { Tensor } from '../core/tensor';
import { type Parsed, readValues, type TensorLike, tensor } from './create';
import { castTo } from './elementwise/cast';

const INTEGER_RANGES: Readonly<Partial<Record<DType, readonly [number, number]>>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  int32: [-(2 ** 31), 2 ** 31 - 1],
};

/** A tensor for each operand, all of one dtype. */
export type Operands<Xs extends readonly TensorLike[]> = { [K in keyof Xs]: Tensor };

/**
 * The operands of one operation as tensors of one dtype, on the backend of those that are tensors already.
 *
 * Tensors and arrays are promoted (see `promote`). A plain number is weak: it takes the dtype of the others where that can
 * hold it, so that `add(x, 1)` keeps an integer `x` integer and a float64 `x` at full precision; where it can't, the
 * others become int32 or float32. A plain array beside a float64 operand is read in float64.
 */
export function operands<Xs extends readonly TensorLike[]>(...xs: Xs): Operands<Xs> {
  return operandsOn(backendOf(xs), xs);
}

/** {@link operands}, where what is not a tensor yet goes to `backend`, and `rule` has the last word on the dtype. */
export function operandsOn<const Xs extends readonly TensorLike[]>(
  backend: Backend | undefined,
  xs: Xs,
  rule?: (common: DType) => DType,
): Operands<Xs> {
  const first = xs[0];
  if (first instanceof Tensor && xs.every((x) => x instanceof Tensor && x.dtype === first.dtype)) {
    // The common case, without a detour.
    const wanted = rule === undefined ? first.dtype : rule(first.dtype);
    if (wanted === first.dtype) return xs as Operands<Xs>;
  }
  const read = xs.map((x) => (x instanceof Tensor || typeof x === 'number' ? x : readValues(x)));
  const common = commonDType(read);
  const dtype = rule === undefined ? common : rule(common);
  return read.map((x) => (x instanceof Tensor ? castTo(x, dtype) : tensor(x, { dtype, backend }))) as Operands<Xs>;
}

/** The backend of the first of `xs` that is a tensor. */
export function backendOf(xs: readonly TensorLike[]): Backend | undefined {
  return xs.find((x) => x instanceof Tensor)?.backend;
}

/** {@link operands} in a floating dtype: integers and booleans become float32. */
export function floatingOperands<Xs extends readonly TensorLike[]>(...xs: Xs): Operands<Xs> {
  return operandsOn(backendOf(xs), xs, toFloating);
}

/** {@link operands} for arithmetic that `bool` does not have, such as subtraction: booleans become int32. */
export function numericOperands<Xs extends readonly TensorLike[]>(...xs: Xs): Operands<Xs> {
  return operandsOn(backendOf(xs), xs, toNumeric);
}

/** {@link operands} of logic: everything but 0 is true. */
export function truthOperands<Xs extends readonly TensorLike[]>(...xs: Xs): Operands<Xs> {
  return operandsOn(backendOf(xs), xs, () => 'bool');
}

function toNumeric(dtype: DType): DType {
  return dtype === 'bool' ? 'int32' : dtype;
}

/** `x` as a tensor of a floating dtype: integers and booleans become float32. */
export function floatingOperand(x: TensorLike): Tensor {
  return floatingOperands(x)[0];
}

/** `x` as a tensor of numbers: booleans become int32. */
export function numericOperand(x: TensorLike): Tensor {
  return numericOperands(x)[0];
}

/** The dtype that a plain number gives an operation whose other operands have `dtype`. */
export function withNumber(dtype: DType, value: number): DType {
  if (isFloating(dtype)) return dtype;
  if (!Number.isInteger(value)) return 'float32';
  const fits = (d: DType): boolean => {
    const range = INTEGER_RANGES[d];
    return range !== undefined && value >= range[0] && value <= range[1];
  };
  if (fits(dtype)) return dtype;
  return fits('int32') ? 'int32' : 'float32';
}

function commonDType(xs: readonly (Tensor | Parsed | number)[]): DType {
  let common: DType | undefined;
  for (const x of xs) {
    if (typeof x !== 'number') common = common === undefined ? x.dtype : promote(common, x.dtype);
  }
  if (common === undefined) return 'float32';
  for (const x of xs) if (typeof x === 'number') common = withNumber(common, x);
  return common;
}

/** Applies an op to two operands, made ready by `ready`. */
export function combine(
  op: Op<undefined>,
  ready: (...xs: [TensorLike, TensorLike]) => readonly [Tensor, Tensor],
  a: TensorLike,
  b: TensorLike,
): Tensor {
  const [x, y] = ready(a, b);
  const out = apply(op, [x, y], undefined);
  release(x, a);
  release(y, b);
  return out;
}

/** Applies an op to one operand, made ready by `ready`. */
export function transform<A>(op: Op<A>, ready: (x: TensorLike) => Tensor, x: TensorLike, attrs: A): Tensor {
  const t = ready(x);
  const out = apply(op, [t], attrs);
  release(t, x);
  return out;
}

/**
 * Frees an operand that was made from `given` for one call, such as the tensor of the number in `add(x, 1)`, unless a
 * backward pass needs it: nobody else can.
 */
export function release(operand: Tensor, given: TensorLike): void {
  const { pinnedBy } = operand;
  if (operand !== given && operand.node === null && !pinnedBy?.active) operand.dispose();
}
