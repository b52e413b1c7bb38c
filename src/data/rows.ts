import { dtypeOf, type TypedArray } from '../core/dtype';
import { ConfigError, ShapeError } from '../core/errors';
import { contiguousStrides, formatShape, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { toContiguous } from '../core/view';
import type { FlatData, NdArrayLike } from '../ops/create';
import { describe, isTyped } from './kinds';
import { isSparse, type SparseMatrix } from './sparse';
import type { ColumnTable } from './table';

export { describe, isTyped };

/** Samples along the first axis, in any form kompakt takes data in: arrays of anything, typed arrays, tensors, ndarrays, sparse, tables. */
export type Rows = readonly unknown[] | TypedArray | Tensor | NdArrayLike | FlatData | SparseMatrix | ColumnTable;

/** Whether `x` is a tensor. Asked by form, so that what only reads data does not carry the tensor code with it. */
export function isTensor(x: unknown): x is Tensor {
  return typeof x === 'object' && x !== null && 'dataSync' in x && 'dtype' in x && 'shape' in x;
}

/** Whether `x` has the form of an `ndarray`. */
export function isNdArray(x: unknown): x is NdArrayLike {
  return typeof x === 'object' && x !== null && 'data' in x && 'shape' in x && 'stride' in x && 'offset' in x;
}

/** Whether `x` is flat data with its shape. */
export function isFlat(x: unknown): x is FlatData {
  return (
    typeof x === 'object' && x !== null && 'data' in x && 'shape' in x && !isTensor(x) && !isNdArray(x) && !isSparse(x)
  );
}

/** Host data in row-major order with its shape; the memory may be the caller's. */
export interface HostData {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** The elements of an `ndarray` in row-major order. */
export function readNdArray(nd: NdArrayLike): HostData {
  const data = Array.isArray(nd.data) ? Float64Array.from(nd.data) : (nd.data as TypedArray);
  const view = { data, dtype: dtypeOf(data), shape: nd.shape, strides: nd.stride, offset: nd.offset };
  return { data: toContiguous(view, false), shape: nd.shape };
}

/** The elements of flat data, after checking that they fill the shape. */
export function readFlat({ data, shape }: FlatData, what: string): HostData {
  if (data.length !== sizeOf(shape)) {
    throw new ShapeError(
      `${what}: ${data.length} values do not fill shape ${formatShape(shape)}, which needs ${sizeOf(shape)}. Correct 'shape'.`,
    );
  }
  return { data, shape };
}

/** The data of a tensor already read from its backend, or of the tensor itself. */
export function readTensor(x: Tensor, data?: TypedArray): HostData {
  return { data: data ?? x.dataSync(), shape: x.shape };
}

/** The shape of `x` as far as it is known without looking at its elements. */
export function outerShape(x: Rows): readonly number[] {
  if (Array.isArray(x) || isTyped(x)) return [x.length];
  return (x as { shape: readonly number[] }).shape;
}

/** Number of samples. */
export function countRows(x: Rows, what: string): number {
  if (typeof x !== 'object' || x === null || (!Array.isArray(x) && !isTyped(x) && !('shape' in x))) {
    throw new ConfigError(
      `${what}: expected an array, a typed array, a tensor, an ndarray or { data, shape }, got ${describe(x)}.`,
    );
  }
  const n = outerShape(x)[0];
  if (n === undefined) throw new ShapeError(`${what}: expected samples along the first axis, got a scalar.`);
  return n;
}

/**
 * The samples at `index`, in that order, as the same kind of container with the same dtype and backend.
 *
 * @param x - samples along the first axis.
 * @param index - their positions.
 */
export function takeRows<T extends Rows>(x: T, index: ArrayLike<number>): T {
  if (Array.isArray(x)) return Array.from(index, (i) => x[i] as unknown) as unknown as T;
  if (picksRows(x)) return x.takeRows(index) as unknown as T;
  if (isTyped(x)) return gather(x, 1, index) as unknown as T;
  const host = isTensor(x) ? readTensor(x) : isNdArray(x) ? readNdArray(x) : readFlat(x as FlatData, 'takeRows');
  const shape = [index.length, ...host.shape.slice(1)];
  return rebuild(x, gather(host.data, sizeOf(shape.slice(1)), index), shape) as T;
}

/** Whether `x` knows how to pick its own rows, as sparse matrices and tables do. */
function picksRows(x: unknown): x is SparseMatrix | ColumnTable {
  return typeof x === 'object' && x !== null && 'takeRows' in x;
}

function gather<A extends ArrayLike<number>>(data: A, width: number, index: ArrayLike<number>): A {
  const length = index.length * width;
  const out = isTyped(data)
    ? new (data.constructor as new (n: number) => TypedArray)(length)
    : new Array<number>(length);
  for (let r = 0, at = 0; r < index.length; r++) {
    const from = index[r]! * width;
    for (let c = 0; c < width; c++) out[at++] = data[from + c]!;
  }
  return out as unknown as A;
}

/**
 * Flat row-major data in the kind of container `like` is: tensors and ndarrays keep dtype and backend, typed arrays and
 * `{ data, shape }` the type of array.
 */
export function rebuild(like: Rows, data: ArrayLike<number>, shape: readonly number[]): Rows {
  if (isTensor(like)) {
    const Tensor = like.constructor as typeof import('../core/tensor').Tensor;
    return Tensor.from(
      like.backend,
      toTypeOf(like.dtype === 'bool' ? new Uint8Array(0) : emptyOf(like), data),
      like.dtype,
      shape,
    );
  }
  if (isNdArray(like)) return rebuildNdArray(like, toTypeOf(like.data, data), shape);
  if (isFlat(like)) return { data: toTypeOf(like.data, data), shape: [...shape] };
  if (isTyped(like)) return toTypeOf(like, data) as TypedArray;
  if (picksRows(like)) return rebuildTable(like, data, shape);
  return nestRows(data, shape, like as readonly unknown[]);
}

const EMPTY = {
  float32: Float32Array,
  float64: Float64Array,
  int32: Int32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  bool: Uint8Array,
};

function emptyOf(t: Tensor): TypedArray {
  return new EMPTY[t.dtype](0);
}

function toTypeOf(like: ArrayLike<number>, data: ArrayLike<number>): TypedArray {
  if (!isTyped(like)) return Array.from(data) as unknown as TypedArray;
  const Typed = like.constructor as { new (n: ArrayLike<number>): TypedArray };
  return data.constructor === like.constructor ? (data as TypedArray) : new Typed(data);
}

function nestRows(data: ArrayLike<number>, shape: readonly number[], like: readonly unknown[]): Rows {
  const [n = 0, width] = shape;
  if (width === undefined) return Array.from(data);
  const first = like[0];
  return Array.from({ length: n }, (_, r) => {
    const row = Array.from({ length: width }, (_v, c) => data[r * width + c]!);
    return isTyped(first) ? toTypeOf(first, row) : row;
  });
}

/** Columns keep their names as long as there are as many; else the numbers come without. */
function rebuildTable(like: SparseMatrix | ColumnTable, data: ArrayLike<number>, shape: readonly number[]): Rows {
  const [rows = 0, width] = shape;
  if (isSparse(like) || width !== like.names.length) return { data: Float64Array.from(data), shape: [...shape] };
  const Table = like.constructor as typeof ColumnTable;
  return new Table(
    like.names.map((name, c) => [name, Float64Array.from({ length: rows }, (_, r) => data[r * width + c]!)] as const),
  );
}

/** The ndarray package gives no way to reach its factory from an array, but an array's class takes data and numbers. */
function rebuildNdArray(like: NdArrayLike, data: TypedArray, shape: readonly number[]): NdArrayLike {
  const stride = contiguousStrides(shape);
  const plain = { data, shape: [...shape], stride, offset: 0 };
  const View = (like as object).constructor as
    | (new (
        data: TypedArray,
        ...numbers: number[]
      ) => NdArrayLike)
    | undefined;
  if (View === undefined || (View as unknown) === Object) return plain;
  try {
    const built = new View(data, ...shape, ...stride, 0);
    const fits =
      isNdArray(built) &&
      built.data === data &&
      shape.every((n, i) => built.shape[i] === n && built.stride[i] === stride[i]);
    return fits ? built : plain;
  } catch {
    return plain;
  }
}
