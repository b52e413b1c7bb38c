import { defaultBackend } from '../backends/default';
import type { Backend } from '../core/backend';
import { allocateTyped, checkDType, type DType, dtypeOf, isFloating, storeValue, type TypedArray } from '../core/dtype';
import { ConfigError, DTypeError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { checkShape, checkSize, formatShape, type Shape, sizeOf } from '../core/shape';
import { Tensor } from '../core/tensor';
import { toContiguous } from '../core/view';

/** The part of the `ndarray` package's arrays that kompakt reads; any object of this form is accepted as data. */
export interface NdArrayLike {
  readonly data: ArrayLike<number>;
  readonly shape: readonly number[];
  readonly stride: readonly number[];
  readonly offset: number;
}

/** Numbers or booleans nested as deep as the tensor has axes, typed arrays at the innermost level included. */
export type NestedValues = number | boolean | ArrayLike<number> | readonly NestedValues[];

/** Flat data with its shape. */
export interface FlatData {
  readonly data: ArrayLike<number>;
  readonly shape: Shape;
}

/** Everything that can be turned into a tensor. */
export type TensorLike = Tensor | NdArrayLike | FlatData | NestedValues;

export interface TensorOptions {
  /** Shape of flat data; by default the nesting's. */
  shape?: Shape | undefined;
  /** By default that of a typed array or tensor, `bool` for booleans and float32 for plain numbers. */
  dtype?: DType | undefined;
  /** By default the WASM backend where SIMD is available, else the reference backend. */
  backend?: Backend | undefined;
}

/**
 * A tensor from nested arrays, a typed array, an `ndarray`, `{ data, shape }` or another tensor. Data is copied.
 *
 * @param values - the data; plain numbers become float32 unless `dtype` says otherwise.
 * @param options - `shape` for flat data, `dtype`, `backend`.
 * @throws ShapeError when rows differ in length or the data does not fill `shape`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * const x = tensor([[1, 2, 3], [4, 5, 6]]);
 * console.log(x.shape, x.dtype); // → [ 2, 3 ] float32
 * console.log(tensor(new Int32Array([1, 2, 3, 4]), { shape: [2, 2] }).toArraySync()); // → [ [ 1, 2 ], [ 3, 4 ] ]
 * ```
 */
export function tensor(values: TensorLike, options: TensorOptions = {}): Tensor {
  checkOptions(options, TENSOR_OPTIONS, 'tensor');
  const { dtype } = options;
  if (dtype !== undefined) checkDType(dtype);
  if (options.shape !== undefined) checkShape(options.shape, 'tensor');
  const source = values instanceof Tensor ? fromTensor(values) : readValues(values);
  const target = dtype ?? source.dtype;
  const shape = options.shape ?? source.shape;
  const backend = options.backend ?? (values instanceof Tensor ? values.backend : defaultBackend());
  return Tensor.from(backend, convert(source.data, source.dtype, target), target, shape);
}

const TENSOR_OPTIONS = ['shape', 'dtype', 'backend'];

/** Host data with its shape and the dtype it stands for. */
export interface Parsed {
  readonly data: ArrayLike<number>;
  readonly shape: Shape;
  readonly dtype: DType;
}

function fromTensor(t: Tensor): Parsed {
  return { data: t.dataSync(), shape: t.shape, dtype: t.dtype };
}

/** What `values` say, without copying where they are flat already. */
export function readValues(values: Exclude<TensorLike, Tensor>): Parsed {
  if (typeof values === 'number') return { data: [values], shape: [], dtype: 'float32' };
  if (typeof values === 'boolean') return { data: [values ? 1 : 0], shape: [], dtype: 'bool' };
  if (typeof values !== 'object' || values === null) {
    const what = typeof values === 'string' ? `the string '${String(values)}'` : String(values);
    throw new ConfigError(`tensor: can't make a tensor from ${what}. Give numbers, arrays or typed arrays.`);
  }
  if (ArrayBuffer.isView(values)) {
    const data = values as unknown as TypedArray;
    return { data, shape: [data.length], dtype: dtypeOf(data) };
  }
  if (isNdArray(values)) return fromStrided(values);
  if ('shape' in values && 'data' in values) return fromFlat(values as FlatData);
  return fromNested(values as readonly NestedValues[]);
}

/** Whether `x` has the form of an `ndarray`. */
export function isNdArray(x: unknown): x is NdArrayLike {
  return typeof x === 'object' && x !== null && 'stride' in x && 'shape' in x && 'data' in x && 'offset' in x;
}

function fromStrided(nd: NdArrayLike): Parsed {
  if (nd.shape.length !== nd.stride.length) {
    throw new ShapeError(
      `tensor: the ndarray has ${nd.shape.length} sizes and ${nd.stride.length} strides. Give one stride for each axis.`,
    );
  }
  const plain = Array.isArray(nd.data);
  const data = plain ? Float64Array.from(nd.data) : (nd.data as TypedArray);
  const dtype = dtypeOf(data);
  const view = { data, dtype, shape: [...nd.shape], strides: [...nd.stride], offset: nd.offset };
  return { data: toContiguous(view, false), shape: view.shape, dtype: plain ? 'float32' : dtype };
}

function fromFlat({ data, shape }: FlatData): Parsed {
  checkShape(shape, 'tensor');
  if (typeof (data as { length?: unknown } | null)?.length !== 'number' || typeof data === 'string') {
    throw new ConfigError(`tensor: data must be an array or a typed array, got ${String(data)}.`);
  }
  if (Array.isArray(data)) {
    const at = data.findIndex((x: unknown) => typeof x !== 'number' && typeof x !== 'boolean');
    if (at >= 0) throw notANumber(data[at], [data.length]);
  }
  return { data, shape: [...shape], dtype: ArrayBuffer.isView(data) ? dtypeOf(data) : 'float32' };
}

function fromNested(values: readonly NestedValues[]): Parsed {
  const shape: number[] = [];
  for (let x: unknown = values; isArrayLike(x); x = x[0]) shape.push(x.length);
  checkSize(shape);
  const data = new Array<number>(sizeOf(shape));
  let at = 0;
  let booleans = true;
  const collect = (x: unknown, axis: number): void => {
    if (axis === shape.length) {
      if (typeof x !== 'number' && typeof x !== 'boolean') throw notANumber(x, shape);
      booleans &&= typeof x === 'boolean';
      data[at++] = Number(x);
      return;
    }
    if (!isArrayLike(x) || x.length !== shape[axis]) throw ragged(x, axis, shape);
    for (let i = 0; i < x.length; i++) collect(x[i], axis + 1);
  };
  collect(values, 0);
  return { data, shape, dtype: booleans && at > 0 ? 'bool' : 'float32' };
}

function isArrayLike(x: unknown): x is ArrayLike<unknown> {
  return Array.isArray(x) || (ArrayBuffer.isView(x) && 'length' in x);
}

function ragged(x: unknown, axis: number, shape: Shape): ShapeError {
  const got = isArrayLike(x) ? `one of length ${x.length}` : `a ${typeof x}`;
  return new ShapeError(
    `tensor: rows differ: on axis ${axis} expected arrays of length ${shape[axis]} (from the first row), found ${got}. ` +
      'Nested arrays must be rectangular.',
  );
}

function notANumber(x: unknown, shape: Shape): ConfigError {
  const what =
    x instanceof Tensor
      ? 'a tensor; join tensors with stack'
      : isArrayLike(x)
        ? 'an array'
        : typeof x === 'string'
          ? `the string '${x}'`
          : String(x);
  return new ConfigError(`tensor: expected a number at depth ${shape.length}, found ${what}.`);
}

/** `data` as a typed array that holds `target`, converted by the rule of `cast`. */
function convert(data: ArrayLike<number>, from: DType, target: DType): TypedArray {
  if (ArrayBuffer.isView(data) && from === target && data.constructor === allocateTyped(target, 0).constructor) {
    return data as unknown as TypedArray;
  }
  const out = allocateTyped(target, data.length);
  for (let i = 0; i < data.length; i++) storeValue(out, i, data[i]!, target);
  return out;
}

/** `x` itself if it is a tensor, else a new one, on the backend of `like` if given. */
export function asTensor(x: TensorLike, like?: Tensor): Tensor {
  return x instanceof Tensor ? x : tensor(x, { backend: like?.backend });
}

export type FillOptions = Omit<TensorOptions, 'shape'>;
const FILL_OPTIONS = ['dtype', 'backend'];

/**
 * A tensor filled with one value.
 *
 * @param shape - the sizes.
 * @param value - what every element is.
 * @param options - `dtype`, by default float32, and `bool` for a boolean; `backend`.
 * @throws ShapeError when a size is negative or not an integer, or there are more than 2^31 − 1 elements; BackendError when
 * memory does not hold them.
 *
 * @example
 * ```ts
 * import { full, ones, zeros } from 'kompakt';
 * console.log(full([3], 7).toArraySync(), zeros([1, 2]).toArraySync(), ones([2]).toArraySync()); // → [ 7, 7, 7 ] [ [ 0, 0 ] ] [ 1, 1 ]
 * ```
 */
export function full(shape: Shape, value: number | boolean, options: FillOptions = {}): Tensor {
  checkShape(shape, 'full');
  checkSize(shape, 'full');
  checkOptions(options, FILL_OPTIONS, 'full');
  if (typeof value !== 'number' && typeof value !== 'boolean') {
    throw new ConfigError(`full: expected a number or a boolean to fill with, got ${String(value)}.`);
  }
  const dtype = options.dtype ?? (typeof value === 'boolean' ? 'bool' : 'float32');
  checkDType(dtype);
  const backend = options.backend ?? defaultBackend();
  const t = Tensor.allocate(backend, dtype, [...shape]);
  const one = allocateTyped(dtype, 1);
  storeValue(one, 0, Number(value), dtype);
  if (backend.fill !== undefined) backend.fill(t.block, one[0]!);
  else backend.write(t.block, allocateTyped(dtype, t.size).fill(one[0]!));
  return t;
}

/** A tensor of zeros. See {@link full}. */
export function zeros(shape: Shape, options: FillOptions = {}): Tensor {
  return full(shape, 0, { dtype: 'float32', ...options });
}

/** A tensor of ones. See {@link full}. */
export function ones(shape: Shape, options: FillOptions = {}): Tensor {
  return full(shape, 1, { dtype: 'float32', ...options });
}

/**
 * A new tensor of what `fill` puts in, zeros elsewhere. Its memory is taken before any value is made, so what does not fit
 * fails at once.
 */
export function generate(
  shape: Shape,
  options: FillOptions,
  what: string,
  fill: (put: (at: number, value: number) => void) => void,
): Tensor {
  checkShape(shape, what);
  checkSize(shape, what);
  checkOptions(options, FILL_OPTIONS, what);
  const { dtype = 'float32', backend = defaultBackend() } = options;
  checkDType(dtype);
  const t = Tensor.allocate(backend, dtype, [...shape]);
  try {
    const data = allocateTyped(dtype, t.size);
    fill((at, value) => storeValue(data, at, value, dtype));
    backend.write(t.block, data);
    return t;
  } catch (error) {
    t.dispose();
    throw error;
  }
}

/** A tensor of `value` with the shape, dtype and backend of `x`. See {@link full}. */
export function fullLike(x: Tensor, value: number): Tensor {
  return full(x.shape, value, { dtype: x.dtype, backend: x.backend });
}

/** A tensor of zeros with the shape, dtype and backend of `x`. See {@link full}. */
export function zerosLike(x: Tensor): Tensor {
  return fullLike(x, 0);
}

/** A tensor of ones with the shape, dtype and backend of `x`. See {@link full}. */
export function onesLike(x: Tensor): Tensor {
  return fullLike(x, 1);
}

/**
 * The numbers `start`, `start + step`, … below `stop` (above it, for a negative step); `arange(n)` counts from 0.
 *
 * @param start - the first number; alone, the number to stop before.
 * @param stop - the number to stop before.
 * @param step - by default 1.
 * @param options - `dtype`, by default float32; `backend`.
 * @throws ConfigError for a step of 0; ShapeError for more than 2^31 − 1 numbers.
 *
 * @example
 * ```ts
 * import { arange } from 'kompakt';
 * console.log(arange(3).toArraySync(), arange(1, 2, 0.5).toArraySync()); // → [ 0, 1, 2 ] [ 1, 1.5 ]
 * ```
 */
export function arange(start: number, stop?: number, step = 1, options: FillOptions = {}): Tensor {
  const [from, to] = stop === undefined ? [0, start] : [start, stop];
  if (step === 0 || !Number.isFinite(step))
    throw new ConfigError(`arange: step must be a finite number other than 0, got ${step}.`);
  if (!Number.isFinite(from) || !Number.isFinite(to))
    throw new ConfigError(`arange: start and stop must be finite numbers, got ${from} and ${to}.`);
  const n = Math.max(0, Math.ceil((to - from) / step));
  return generate([n], options, 'arange', (put) => {
    for (let i = 0; i < n; i++) put(i, from + i * step);
  });
}

/**
 * `n` evenly spaced numbers from `start` to `stop`, both included.
 *
 * @param start - the first number.
 * @param stop - the last.
 * @param n - how many, by default 50.
 * @param options - `dtype`, by default float32; `backend`.
 * @throws ConfigError when `n` is negative or not an integer; ShapeError when it is above 2^31 − 1.
 *
 * @example
 * ```ts
 * import { linspace } from 'kompakt';
 * console.log(linspace(0, 1, 3).toArraySync()); // → [ 0, 0.5, 1 ]
 * ```
 */
export function linspace(start: number, stop: number, n = 50, options: FillOptions = {}): Tensor {
  if (!Number.isInteger(n) || n < 0) throw new ConfigError(`linspace: n must be a non-negative integer, got ${n}.`);
  const step = n > 1 ? (stop - start) / (n - 1) : 0;
  return generate([n], options, 'linspace', (put) => {
    for (let i = 0; i < n; i++) put(i, i === n - 1 && n > 1 ? stop : start + i * step);
  });
}

/**
 * The `n × m` matrix with ones on its main diagonal.
 *
 * @param n - the number of rows.
 * @param m - the number of columns, by default `n`.
 * @param options - `dtype`, by default float32; `backend`.
 * @throws ShapeError when a size is negative or not an integer, or there are more than 2^31 − 1 elements; BackendError when
 * memory does not hold them.
 *
 * @example
 * ```ts
 * import { eye } from 'kompakt';
 * console.log(eye(2).toArraySync()); // → [ [ 1, 0 ], [ 0, 1 ] ]
 * ```
 */
export function eye(n: number, m = n, options: FillOptions = {}): Tensor {
  checkShape([n, m], 'eye');
  return generate([n, m], options, 'eye', (put) => {
    for (let i = 0; i < Math.min(n, m); i++) put(i * m + i, 1);
  });
}

/** Checks that `shape` can be given to data whose shape is `found`; used for readable errors. */
export function expectShape(x: Tensor, shape: Shape, what: string): void {
  if (x.shape.length !== shape.length || shape.some((n, i) => n !== -1 && n !== x.shape[i])) {
    throw new ShapeError(`${what}: expected shape ${formatShape(shape)} (-1: any), got ${formatShape(x.shape)}.`);
  }
}

/** Throws a `DTypeError` unless `x` is floating point. */
export function expectFloating(x: Tensor, what: string): void {
  if (!isFloating(x.dtype)) {
    throw new DTypeError(`${what}: needs float32 or float64, got ${x.dtype}. Use cast(x, 'float32').`);
  }
}
