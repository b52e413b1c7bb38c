import { BackendError, DTypeError } from './errors';

/** The element types a tensor can have. `bool` is stored one byte per element, 0 or 1. */
export type DType = 'float32' | 'float64' | 'int32' | 'int8' | 'uint8' | 'bool';

/** A typed array that can hold the elements of some dtype. */
export type TypedArray = Float32Array | Float64Array | Int32Array | Int8Array | Uint8Array;

interface TypedArrayConstructor {
  new (length: number): TypedArray;
  new (values: ArrayLike<number>): TypedArray;
  new (buffer: ArrayBufferLike, byteOffset?: number, length?: number): TypedArray;
  readonly BYTES_PER_ELEMENT: number;
}

const CONSTRUCTORS: Readonly<Record<DType, TypedArrayConstructor>> = {
  float32: Float32Array as TypedArrayConstructor,
  float64: Float64Array as TypedArrayConstructor,
  int32: Int32Array as TypedArrayConstructor,
  int8: Int8Array as TypedArrayConstructor,
  uint8: Uint8Array as TypedArrayConstructor,
  bool: Uint8Array as TypedArrayConstructor,
};

/** All dtypes, lowest first in promotion order. */
export const DTYPES: readonly DType[] = ['bool', 'uint8', 'int8', 'int32', 'float32', 'float64'];

/** Size of one element in bytes. */
export function bytesPerElement(dtype: DType): number {
  return CONSTRUCTORS[dtype].BYTES_PER_ELEMENT;
}

/** Throws a `DTypeError` unless `dtype` is one that kompakt knows. */
export function checkDType(dtype: string): asserts dtype is DType {
  if (!Object.hasOwn(CONSTRUCTORS, dtype)) {
    throw new DTypeError(`Unknown dtype '${dtype}'. Use one of: ${DTYPES.join(', ')}.`);
  }
}

/**
 * A zero-filled typed array for `length` elements of `dtype`.
 *
 * @throws BackendError when the engine gives no memory for so many.
 */
export function allocateTyped(dtype: DType, length: number): TypedArray {
  try {
    return new CONSTRUCTORS[dtype](length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    const mib = ((length * bytesPerElement(dtype)) / 2 ** 20).toFixed(1);
    throw new BackendError(
      `Out of memory: the engine gives no ${mib} MiB for ${length} elements of ${dtype}. ` +
        "Free tensors with dispose(), 'using' or scope(() => …), or use smaller batches.",
      { cause: error },
    );
  }
}

/** A typed-array view of `length` elements of `dtype` at `byteOffset` of `buffer`. */
export function viewTyped(dtype: DType, buffer: ArrayBufferLike, byteOffset: number, length: number): TypedArray {
  return new CONSTRUCTORS[dtype](buffer, byteOffset, length);
}

/** The dtype a typed array stands for (a `Uint8Array` is `uint8`, a `Uint8ClampedArray` too). */
export function dtypeOf(data: ArrayBufferView): DType {
  if (data instanceof Float32Array) return 'float32';
  if (data instanceof Float64Array) return 'float64';
  if (data instanceof Int32Array) return 'int32';
  if (data instanceof Int8Array) return 'int8';
  if (data instanceof Uint8Array || data instanceof Uint8ClampedArray) return 'uint8';
  const name = (data as object).constructor.name;
  throw new DTypeError(
    `Arrays of type ${name} are not supported. Convert to Float32Array, Float64Array, Int32Array, Int8Array or Uint8Array.`,
  );
}

export function isFloating(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64';
}

/** The floating dtype an operation such as `exp` or `div` computes in: floats keep theirs, the rest become float32. */
export function toFloating(dtype: DType): DType {
  return isFloating(dtype) ? dtype : 'float32';
}

/**
 * The dtype of an operation between two dtypes: the higher of the two in
 * bool < uint8, int8 < int32 < float32 < float64; uint8 with int8 needs int32 to hold both.
 */
export function promote(a: DType, b: DType): DType {
  if (a === b) return a;
  if ((a === 'uint8' && b === 'int8') || (a === 'int8' && b === 'uint8')) return 'int32';
  return DTYPES.indexOf(a) > DTYPES.indexOf(b) ? a : b;
}

/**
 * Writes `value` as an element of `dtype` holds it: integers wrap modulo their width, `bool` is 1 for anything
 * but 0 (NaN included), floats round to nearest.
 */
export function storeValue(data: TypedArray, index: number, value: number, dtype: DType): void {
  data[index] = dtype === 'bool' ? (value !== 0 ? 1 : 0) : value;
}
