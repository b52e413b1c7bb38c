import type { Backend } from '../core/backend';
import { ConfigError } from '../core/errors';
import { mapNest, type Nest } from '../core/nest';
import { sameShape } from '../core/shape';
import { Tensor } from '../core/tensor';

/** What a plan takes for granted of one tensor. */
class TensorSignature {
  readonly #backend: Backend;
  readonly #dtype: string;
  readonly #shape: readonly number[];
  /** Null for a contiguous tensor. */
  readonly #strides: readonly number[] | null;

  constructor({ backend, dtype, shape, isContiguous, strides }: Tensor) {
    this.#backend = backend;
    this.#dtype = dtype;
    this.#shape = shape;
    this.#strides = isContiguous ? null : strides;
  }

  matches(x: Tensor): boolean {
    if (x.dtype !== this.#dtype || x.backend !== this.#backend || !sameShape(x.shape, this.#shape)) return false;
    return this.#strides === null ? x.isContiguous : !x.isContiguous && sameShape(x.strides, this.#strides);
  }
}

/** What a plan was made for: how arguments are nested, the layouts of tensors, and the values of everything else. */
export class Signature {
  readonly #args: unknown;

  constructor(args: unknown) {
    this.#args = mapNest(args as Nest<unknown>, (x) => (x instanceof Tensor ? new TensorSignature(x) : unchanging(x)));
  }

  /** Whether the same plan computes with these arguments; if so, their tensors are in `inputs` afterwards, in order. */
  matches(args: unknown, inputs: Tensor[]): boolean {
    inputs.length = 0;
    return isLike(this.#args, args, inputs);
  }
}

/** `x`, which is no tensor; throws where it could be another value later and the same object still. */
function unchanging(x: unknown): unknown {
  if (typeof x !== 'object' || x === null) return x;
  const { name = '' } = (x as { constructor?: { name?: string } }).constructor ?? {};
  throw new ConfigError(
    `compile: an argument is or holds an object of ${name === '' ? 'some class' : name}, whose contents can change from call to ` +
      'call. Give tensors, numbers, strings and booleans, or arrays and records of them; leave what never changes out of the arguments.',
  );
}

function isLike(own: unknown, given: unknown, inputs: Tensor[]): boolean {
  if (own instanceof TensorSignature) {
    if (!(given instanceof Tensor) || !own.matches(given)) return false;
    inputs.push(given);
    return true;
  }
  if (Array.isArray(own)) {
    if (!Array.isArray(given) || given.length !== own.length) return false;
    for (let i = 0; i < own.length; i++) if (!isLike(own[i], given[i], inputs)) return false;
    return true;
  }
  if (!isRecord(own)) return Object.is(own, given);
  if (!isRecord(given)) return false;
  let count = 0;
  for (const key in own) {
    count++;
    if (!Object.hasOwn(given, key) || !isLike(own[key], given[key], inputs)) return false;
  }
  for (const _ in given) count--;
  return count === 0;
}

function isRecord(x: unknown): x is Record<string, unknown> {
  if (typeof x !== 'object' || x === null) return false;
  const prototype = Object.getPrototypeOf(x) as unknown;
  return prototype === Object.prototype || prototype === null;
}
