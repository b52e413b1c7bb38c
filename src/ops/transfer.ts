import type { Backend } from '../core/backend';
import type { TypedArray } from '../core/dtype';
import { ConfigError } from '../core/errors';
import { flattenNest, mapNest, type Nest } from '../core/nest';
import { Tensor } from '../core/tensor';

/** Something that knows how to move itself, such as a model. */
export interface Movable<T> {
  to(backend: Backend): T;
  /** The same for backends that can't be read without waiting. */
  moved?(backend: Backend): Promise<T>;
}

/**
 * The same values on another backend: a tensor, a nest (arrays and records) of tensors, or anything with a `to(backend)`
 * of its own, such as a model. What lives there already is returned as it is; the rest is copied. From a GPU, use
 * {@link moved}.
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

/**
 * The same as {@link to} from any backend, GPUs that can't be read without waiting among them.
 *
 * @param x - a tensor, a nest of them, or a model; it is not changed.
 * @param backend - where to.
 * @returns a promise of the same on `backend`.
 * @throws BackendError when `backend` lacks a tensor's dtype; ConfigError for a tensor that is being differentiated.
 *
 * @example
 * ```ts
 * import { moved, tensor } from 'kompakt';
 * import { reference } from 'kompakt/backends/reference';
 * const x = await moved(tensor([1, 2]), reference());
 * console.log(x.backend.name); // → reference
 * ```
 */
export function moved<T>(x: Movable<T>, backend: Backend): Promise<T>;
export function moved<T extends Nest<Tensor>>(x: T, backend: Backend): Promise<T>;
export async function moved(x: Nest<Tensor> | Movable<unknown>, backend: Backend): Promise<unknown> {
  if (isMovable(x)) return x.moved === undefined ? x.to(backend) : x.moved(backend);
  const values = new Map<Tensor, TypedArray>();
  for (const t of flattenNest(x).leaves) check(t, backend, 'moved');
  await Promise.all(
    flattenNest(x).leaves.map(async (t) => {
      if (t.backend !== backend) values.set(t, await t.data());
    }),
  );
  return mapNest(x, (t) => (t.backend === backend ? t : Tensor.from(backend, values.get(t)!, t.dtype, t.shape)));
}

function move(t: Tensor, backend: Backend): Tensor {
  check(t, backend, 'to');
  return t.backend === backend ? t : Tensor.from(backend, t.dataSync(), t.dtype, t.shape);
}

function check(t: Tensor, backend: Backend, what: string): void {
  if (!(t instanceof Tensor))
    throw new ConfigError(`${what}: only tensors and nests of them can be moved, found ${typeof t}.`);
  if (t.backend !== backend && t.node !== null) {
    throw new ConfigError(
      `${what}: this tensor is being differentiated; its gradient would be lost. Move the tensors before calling grad.`,
    );
  }
}
