import type { NdArray } from 'ndarray';
// The package builds its classes with `new Function`, at the first call and not on import: nothing else may import it,
// so that only those who convert to ndarrays need a page that allows this.
import ndarray from 'ndarray';
import type { TypedArray } from '../core/dtype';
import { ConfigError } from '../core/errors';
import { Tensor } from '../core/tensor';
import { type NdArrayLike, type TensorOptions, tensor } from './create';

/**
 * A tensor with the elements of an `ndarray`, strided and offset ones included. Data is copied; typed arrays keep their
 * dtype, plain arrays become float32.
 *
 * @param nd - an array of the `ndarray` package, or anything with its `data`, `shape`, `stride` and `offset`.
 * @param options - `dtype`, `backend`.
 * @throws DTypeError when the data is of a type without a dtype.
 *
 * @example
 * ```ts
 * import ndarray from 'ndarray';
 * import { fromNdarray } from 'kompakt';
 * const columns = ndarray(new Float32Array([1, 2, 3, 4]), [2, 2]).transpose(1, 0);
 * console.log(fromNdarray(columns).toArraySync()); // → [ [ 1, 3 ], [ 2, 4 ] ]
 * ```
 */
export function fromNdarray(nd: NdArrayLike, options: Omit<TensorOptions, 'shape'> = {}): Tensor {
  return tensor(nd, options);
}

/**
 * An `ndarray` with the elements of a tensor, in row-major order. Data is copied to the host (`bool` as a Uint8Array).
 *
 * @throws BackendError on a backend that can't be read without waiting.
 *
 * @example
 * ```ts
 * import { tensor, toNdarray } from 'kompakt';
 * console.log(toNdarray(tensor([[1, 2], [3, 4]])).get(1, 0)); // → 3
 * ```
 */
export function toNdarray(t: Tensor): NdArray<TypedArray> {
  if (!(t instanceof Tensor)) throw new ConfigError('toNdarray: expected a tensor. Make one with tensor(…).');
  return ndarray(t.dataSync(), [...t.shape]);
}
