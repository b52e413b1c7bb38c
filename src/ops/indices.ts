import { isFloating } from '../core/dtype';
import { ConfigError, DTypeError, ShapeError } from '../core/errors';
import type { Op, TensorSpec } from '../core/op';
import { formatShape, type Shape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { toContiguous, type View } from '../core/view';
import { type TensorLike, tensor } from './create';
import { cast } from './elementwise';

/**
 * Indices as an int32 tensor, on the backend of `like` if given. Tensors of floats are cast, as labels often come so;
 * plain numbers must be integers.
 */
export function toIndices(indices: TensorLike, what: string, like?: Tensor): Tensor {
  const t = indices instanceof Tensor ? indices : fromHost(indices, what, like);
  if (t.dtype === 'bool') {
    throw new DTypeError(`${what}: indices must be integers, got bool. Use where to choose by a mask.`);
  }
  return cast(t, 'int32');
}

function fromHost(indices: Exclude<TensorLike, Tensor>, what: string, like: Tensor | undefined): Tensor {
  const t = tensor(indices);
  const data = t.dataSync();
  t.dispose();
  const fraction = isFloating(t.dtype) ? data.find((i) => !Number.isInteger(i)) : undefined;
  if (fraction !== undefined) throw new ConfigError(`${what}: indices must be integers, got ${fraction}.`);
  // An empty list has no element to tell its dtype by.
  const dtype = t.dtype === 'bool' && t.size > 0 ? 'bool' : 'int32';
  return tensor({ data, shape: t.shape }, { dtype, backend: like?.backend });
}

/** Throws unless the operand is int32, as primitives want their indices. */
export function expectInt32({ dtype }: TensorSpec, what: string): void {
  if (dtype !== 'int32')
    throw new DTypeError(`${what}: indices must be int32, got ${dtype}. Use cast(indices, 'int32').`);
}

/** `index` in [0, n), negative ones counted from the end. */
export function wrapIndex(index: number, n: number, what: string, shape: readonly number[], axis: number): number {
  const i = index < 0 ? index + n : index;
  if (i < 0 || i >= n) {
    throw new ShapeError(
      `${what}: index ${index} is out of range for axis ${axis} of shape ${formatShape(shape)}. Use integers in [${-n}, ${n - 1}].`,
    );
  }
  return i;
}

/**
 * Throws where an index is out of range, if the indices can be read now. A compiled function looks at those among its
 * arguments when it is called; of others that can't be read now (on a GPU, or computed in a compiled function), what such an
 * index picks is unspecified.
 */
export function checkIndices(indices: Tensor, shape: Shape, axis: number, what: string): void {
  const data = indices.size === 0 ? null : indices.backend.host(indices.block);
  if (data === null) return;
  const { dtype, strides, offset } = indices;
  checkRange({ data, dtype, shape: indices.shape, strides, offset }, shape, axis, what);
}

/** Throws where one of the indices, along `axis` of `shape`, is out of range. */
function checkRange(indices: View, shape: Shape, axis: number, what: string): void {
  const n = shape[axis]!;
  const values = toContiguous(indices, false);
  for (let i = 0; i < values.length; i++) {
    const index = values[i]!;
    if (index < -n || index >= n) wrapIndex(index, n, what, shape, axis);
  }
}

/** For an op whose second operand holds indices along an axis of the first. */
export function indexRule(what: string): NonNullable<Op<{ readonly axis: number; areChecked?: boolean }>['indices']> {
  return {
    operand: 1,
    wants: ({ areChecked }) => areChecked !== true,
    check: (indices, { shape }, { axis }) => checkRange(indices, shape, axis, what),
  };
}
