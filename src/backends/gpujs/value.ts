import { allocateTyped, type DType, type TypedArray } from '../../core/dtype';
import { BackendError } from '../../core/errors';
import { type Handle, isThenable } from './module';

/** Integers beyond this are not exact as float32, which is all that gpu.js computes in. */
export const EXACT = 2 ** 24;

/**
 * Elements that a block held at some time: on the host, on the device, or still being computed. Every one that needs them
 * holds them, and with the last holder they go.
 */
export class Value {
  #handle: Handle | null = null;
  #pending: Promise<void> | null = null;
  #error: unknown = null;
  #holders = 1;
  #host: TypedArray | null;

  /**
   * @param size - number of elements.
   * @param host - the elements, where the host knows them.
   * @param packed - whether four elements lie at each place, `size` being the number of places.
   * @param windows - values of the elements in turn, held by this one, where an array can't have them all.
   */
  constructor(
    readonly size: number,
    host: TypedArray | null = null,
    readonly packed = false,
    readonly windows: readonly Value[] | null = null,
  ) {
    this.#host = host;
  }

  /** The elements, where the host knows them. */
  get host(): TypedArray | null {
    return this.#host;
  }

  /** From now on, only the device has them. */
  forgetHost(): void {
    this.#host = null;
  }

  /** Where it lives on the device; null where it is not there (yet). */
  get handle(): Handle | null {
    return this.#handle;
  }

  /** When it will be there; null where it is, or where nobody is computing it. */
  get pending(): Promise<void> | null {
    return this.#pending;
  }

  /** Takes over what a kernel gave, now or later; `after` is called when it is there, or never will be. */
  settle(result: Handle | PromiseLike<Handle>, after?: () => void): void {
    if (!isThenable(result)) {
      this.#take(result);
      after?.();
      return;
    }
    this.#pending = Promise.resolve(result)
      .then(
        (handle) => this.#take(handle),
        (error: unknown) => {
          this.#error = error;
        },
      )
      .then(() => {
        this.#pending = null;
        after?.();
      });
  }

  /** Throws what went wrong in computing it, if anything did. */
  check(): void {
    if (this.#error !== null) throw this.#error;
  }

  hold(): this {
    this.#holders++;
    return this;
  }

  release(): void {
    if (--this.#holders === 0) this.#drop();
  }

  #take(handle: Handle): void {
    this.#handle = handle;
    if (this.#holders === 0) this.#drop();
  }

  #drop(): void {
    const handle = this.#handle;
    this.#handle = null;
    if (handle !== null && 'delete' in handle) handle.delete();
    for (const window of this.windows ?? []) window.release();
  }
}

/** Elements as the device holds them. */
export function toFloats(data: TypedArray): Float32Array {
  if (data instanceof Int32Array) checkExact(data, 'takes');
  return data instanceof Float32Array ? data : Float32Array.from(data);
}

/** Elements of a dtype from what the device holds. */
export function fromFloats(values: ArrayLike<number>, dtype: DType, offset: number, length: number): TypedArray {
  const part = Float32Array.from({ length }, (_, i) => values[offset + i]!);
  if (dtype === 'float32') return part;
  if (dtype === 'int32') checkExact(part, 'computes');
  const out = allocateTyped(dtype, length);
  out.set(part);
  return out;
}

function checkExact(values: ArrayLike<number>, does: string): void {
  for (let i = 0; i < values.length; i++) {
    if (!(Math.abs(values[i]!) < EXACT)) {
      throw new BackendError(
        `gpujs: gpu.js ${does} integers as float32, exact below 2^24 = ${EXACT}; element ${i} is ${values[i]}. ` +
          'Keep such integers on a CPU backend.',
      );
    }
  }
}
