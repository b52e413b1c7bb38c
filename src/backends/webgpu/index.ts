import type { Backend } from '../../core/backend';
import { WebGPUBackend } from './backend';
import { acquireDevice, type WebGPUOptions } from './device';
import { KERNELS } from './kernels';

export type { WebGPUOptions } from './device';

/** A backend on a WebGPU device. */
export interface GPUBackend extends Backend {
  readonly device: GPUDevice;
  /** How many buffers the backend has, those that it keeps for later included, and their bytes. */
  readonly buffers: { readonly count: number; readonly bytes: number };
  /** How often commands were handed to the device: many operations at a time. */
  readonly submissions: number;
  /** Frees the buffers that are kept for later. The backend stays usable. */
  shutdown(): Promise<void>;
}

/**
 * The backend for GPUs, by WebGPU: in browsers, and in Node with the optional peer `webgpu`. Kernels are WGSL made at run
 * time; operations are handed to the device many at a time, and results stay there until they are asked for.
 *
 * Values come back later, by `await x.data()`; reading at once throws. There is no float64. Denormal numbers may count as 0.
 *
 * @param options - `device` (one of your own), `gpu` (where to ask for one; by default `navigator.gpu`, in Node the package
 * `webgpu`), `precision` ('float32', the default, or 'mixed').
 * @returns the backend, with `device`, `buffers`, `submissions` and `shutdown()`.
 * @throws BackendError where there is no WebGPU, no adapter or no device, or no `shader-f16` for precision 'mixed'; ConfigError
 * for unknown options.
 *
 * @example
 * ```ts no-run
 * import { add, tensor } from 'kompakt';
 * import { webgpu } from 'kompakt/backends/webgpu';
 * const backend = await webgpu();
 * console.log(await add(tensor([1, 2], { backend }), 1).toArray()); // → [ 2, 3 ]
 * ```
 */
export async function webgpu(options: WebGPUOptions = {}): Promise<GPUBackend> {
  const device = await acquireDevice(options);
  return new WebGPUBackend(device, KERNELS, { rounding: options.precision === 'mixed' ? 'native' : 'none' });
}
