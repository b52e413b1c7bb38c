import type { Backend } from '../core/backend';
import { type DType, isFloating, promote, toFloating } from '../core/dtype';
import { Tensor } from '../core/tensor';
import { asTensor, type Parsed, readValues, tensor, type TensorLike } from './create';
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

/** {@link operands}, where what is not a tensor yet goes to `backend`. */
export function operandsOn<Xs extends readonly TensorLike[]>(backend: Backend | undefined, xs: Xs): Operands<Xs> {
  const read = xs.map((x) => (x instanceof Tensor || typeof x === 'number' ? x : readValues(x)));
  const dtype = commonDType(read);
  return read.map((x) => (x instanceof Tensor ? castTo(x, dtype) : tensor(x, { dtype, backend }))) as Operands<Xs>;
}

/** The backend of the first of `xs` that is a tensor. */
export function backendOf(xs: readonly TensorLike[]): Backend | undefined {
  return xs.find((x) => x instanceof Tensor)?.backend;
}

/** {@link operands} in a floating dtype: integers and booleans become float32. */
export function floatingOperands<Xs extends readonly TensorLike[]>(...xs: Xs): Operands<Xs> {
  const ts = operands(...xs);
  return ts.map((t) => castTo(t, toFloating(t.dtype))) as Operands<Xs>;
}

/** {@link operands} for arithmetic that `bool` does not have, such as subtraction: booleans become int32. */
export function numericOperands<Xs extends readonly TensorLike[]>(...xs: Xs): Operands<Xs> {
  const ts = operands(...xs);
  return ts.map((t) => (t.dtype === 'bool' ? castTo(t, 'int32') : t)) as Operands<Xs>;
}

/** `x` as a tensor of a floating dtype: integers and booleans become float32. */
export function floatingOperand(x: TensorLike): Tensor {
  const t = asTensor(x);
  return castTo(t, toFloating(t.dtype));
}

/** `x` as a tensor of numbers: booleans become int32. */
export function numericOperand(x: TensorLike): Tensor {
  const t = asTensor(x);
  return t.dtype === 'bool' ? castTo(t, 'int32') : t;
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
