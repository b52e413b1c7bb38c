import type { DeviceHandle, GpuJsKernel, Handle } from './module';

/**
 * A compiled kernel. In WebGL the textures that it made can neither be read nor freed once it is destroyed, so that waits
 * for the last of them.
 */
export class Kept {
  #results = 0;
  #isRetired = false;

  constructor(readonly kernel: GpuJsKernel) {}

  /** Destroys the kernel as soon as none of its results is left. */
  retire(): void {
    this.#isRetired = true;
    this.#destroyAfterLast();
  }

  /** A result of the kernel, which counts until it is deleted. */
  result(handle: Handle): Handle {
    if (handle instanceof Float32Array) return handle;
    this.#results++;
    return new Result(handle, () => {
      this.#results--;
      this.#destroyAfterLast();
    });
  }

  #destroyAfterLast(): void {
    if (this.#isRetired && this.#results === 0) this.kernel.destroy();
  }
}

/** Something on the device, and whom to tell when it goes. */
class Result implements DeviceHandle {
  constructor(
    readonly inner: DeviceHandle,
    readonly onDelete: () => void,
  ) {}

  toArray(): ArrayLike<number> | Promise<ArrayLike<number>> {
    return this.inner.toArray();
  }

  delete(): void {
    this.inner.delete();
    this.onDelete();
  }
}

/** What gpu.js knows a handle by. */
export function bare(handle: Handle): Handle {
  return handle instanceof Result ? handle.inner : handle;
}
