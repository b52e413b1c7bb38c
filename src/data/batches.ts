import type { Backend } from '../core/backend';
import { allocateTyped, type DType, type TypedArray } from '../core/dtype';
import { ConfigError, ShapeError } from '../core/errors';
import { formatShape, type Shape, sizeOf } from '../core/shape';
import { shown } from '../core/shown';
import { Tensor } from '../core/tensor';
import { readValues, type TensorLike } from '../ops/create';
import { pickRows } from '../ops/gather';
import { cast, slice } from '../ops/index';

/** Samples along the first axis, of which batches can be taken. The tensors it gives out belong to the caller. */
export interface SampleSource {
  readonly length: number;
  /** Shape of one sample. */
  readonly shape: Shape;
  /** Samples `begin` to `end`, the latter excluded. */
  range(begin: number, end: number): Tensor;
  /** The samples at `index`, in that order. */
  pick(index: Int32Array): Tensor;
  /** All values on the host, row-major. */
  values(): Promise<ArrayLike<number>>;
}

/**
 * Samples as batches of `dtype` on `backend`: tensors that live there are sliced and gathered in place, all else is copied
 * over batch by batch.
 *
 * @param what - who asks, for error messages.
 * @throws ShapeError when `x` has no axis of samples.
 */
export async function sampleSource(x: TensorLike, backend: Backend, dtype: DType, what: string): Promise<SampleSource> {
  if (!(x instanceof Tensor)) return sampleSourceSync(x, backend, dtype, what);
  if (x.backend === backend) return tensorSource(checked(x, what), dtype);
  return hostSource({ data: await x.data(), shape: checked(x, what).shape }, backend, dtype);
}

/** The same without waiting; throws where a tensor's backend can't be read so. */
export function sampleSourceSync(x: TensorLike, backend: Backend, dtype: DType, what: string): SampleSource {
  if (x === undefined || x === null) throw new ConfigError(`${what}: expected samples, got ${shown(x)}.`);
  if (x instanceof Tensor && x.backend === backend) return tensorSource(checked(x, what), dtype);
  const read = x instanceof Tensor ? { data: x.dataSync(), shape: x.shape } : readValues(x);
  if (read.data.length !== sizeOf(read.shape)) {
    throw new ShapeError(`${what}: ${read.data.length} values do not fill shape ${formatShape(read.shape)}.`);
  }
  return hostSource(checked(read, what), backend, dtype);
}

function checked<T extends { readonly shape: Shape }>(x: T, what: string): T {
  if (x.shape.length === 0) throw new ShapeError(`${what}: expected samples along the first axis, got a scalar.`);
  return x;
}

function tensorSource(x: Tensor, dtype: DType): SampleSource {
  const [length, ...shape] = x.shape as [number, ...number[]];
  return {
    length,
    shape,
    range: (begin, end) => cast(slice(x, [begin], [end]), dtype),
    pick: (index) => cast(pickRows(x, Tensor.from(x.backend, index, 'int32', [index.length])), dtype),
    values: () => x.data(),
  };
}

function hostSource(
  x: { readonly data: ArrayLike<number>; readonly shape: Shape },
  backend: Backend,
  dtype: DType,
): SampleSource {
  const [length, ...shape] = x.shape as [number, ...number[]];
  const width = sizeOf(shape);
  const data = x.data as TypedArray | readonly number[];
  const make = (values: TypedArray, n: number): Tensor => Tensor.from(backend, values, dtype, [n, ...shape]);
  return {
    length,
    shape,
    range: (begin, end) => {
      const values = allocateTyped(dtype, (end - begin) * width);
      copyInto(values, 0, data, begin * width, end * width);
      return make(values, end - begin);
    },
    pick: (index) => {
      const values = allocateTyped(dtype, index.length * width);
      index.forEach((row, i) => copyInto(values, i * width, data, row * width, (row + 1) * width));
      return make(values, index.length);
    },
    values: async () => data,
  };
}

function copyInto(
  target: TypedArray,
  at: number,
  source: TypedArray | readonly number[],
  begin: number,
  end: number,
): void {
  if (ArrayBuffer.isView(source)) target.set(source.subarray(begin, end), at);
  else for (let i = begin; i < end; i++) target[at + i - begin] = source[i]!;
}
