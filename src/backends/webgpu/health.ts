import { BackendError } from '../../core/errors';

/** Notices when a device is lost, or when it could not do what it was told. */
export class Health {
  /** Rejects when the device is lost. */
  readonly lost: Promise<never>;
  #failure: BackendError | null = null;

  constructor(device: GPUDevice) {
    this.lost = device.lost.then(({ reason, message }) => {
      const why = reason === 'destroyed' ? 'it was destroyed' : message.trim() || 'the driver gave no reason';
      this.#failure = new BackendError(
        `webgpu: the device is lost: ${why}. What lay on it is gone; make a new backend with await webgpu() and load the model again.`,
      );
      throw this.#failure;
    });
    // Whoever waits for a value hears of it; so does every later call.
    this.lost.catch(() => {});
    device.addEventListener('uncapturederror', (event) => {
      const { error } = event as GPUUncapturedErrorEvent;
      // An error that nobody caught leaves results that are wrong.
      this.#failure ??= new BackendError(
        `webgpu: the device refused an earlier operation: ${error.message} Make a new backend; if memory ran out, use smaller batches.`,
        { cause: error },
      );
    });
  }

  /** Throws where the device is of no use any more. */
  check(): void {
    if (this.#failure !== null) throw this.#failure;
  }
}
