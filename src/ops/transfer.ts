import type { Backend } from '../core/backend';
import { ConfigError } from '../core/errors';
import { mapNest, type Nest } from '../core/nest';
import { Tensor } from '../core/tensor';

/** Something that knows how to move itself, such as a model. */
export interface Movable<T> {
  to(backend: Backend): T;
}

/**
 * The same values on another backend: a tensor, a nest (arrays and records) of tensors, or anything with a `to(backend)`
 * of its own, such as a model. What lives there already is returned as it is; the rest is copied.
 *
 * @param x - what to move; it is not changed.
 * @param backend - where to.
 * @throws BackendError when a tensor's backend can't be read without waiting, or `backend` lacks its dtype; ConfigError
 * for a tensor that is being differentiated, whose gradient would be lost.
 *
 * @example
 * ```ts
 * import { tensor, to } from 'kompakt';
 * import { reference } from 'kompakt/backends/reference';
 * const x = to(tensor([1, 2]), reference());
 * console.log(x.backend.name); // → reference
 * ```
 */
export function to<T>(x: Movable<T>, backend: Backend): T;
export function to<T extends Nest<Tensor>>(x: T, backend: Backend): T;
export function to(x: Nest<Tensor> | Movable<unknown>, backend: Backend): unknown {
  if (isMovable(x)) return x.to(backend);
  return mapNest(x, (t) => move(t, backend));
}

function isMovable(x: Nest<Tensor> | Movable<unknown>): x is Movable<unknown> {
  return typeof (x as { to?: unknown } | null)?.to === 'function';
}

function move(t: Tensor, backend: Backend): Tensor {
  if (!(t instanceof Tensor))
    throw new ConfigError(`to: only tensors and nests of them can be moved, found ${typeof t}.`);
  if (t.backend === backend) return t;
  if (t.node !== null) {
    throw new ConfigError(
      'to: this tensor is being differentiated; its gradient would be lost. Move the tensors before calling grad.',
    );
  }
  return Tensor.from(backend, t.dataSync(), t.dtype, t.shape);
}
