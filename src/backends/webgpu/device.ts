import { BackendError, ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { importPeer } from '../../core/peer';

/** Options of the WebGPU backend. */
export interface WebGPUOptions {
  /** A device to use; its limits and features are taken as they are. */
  readonly device?: GPUDevice | undefined;
  /** Where to ask for an adapter: by default `navigator.gpu`, in Node the optional peer `webgpu`. */
  readonly gpu?: GPU | undefined;
  /**
   * 'float32' (the default), or 'mixed': matrix products and convolutions round their operands to 16 bits and add up in
   * float32, where the device has the feature `shader-f16`; what lies between them in a plan is kept in 16 bits where it can
   * be, and `fit` scales the loss.
   */
  readonly precision?: 'float32' | 'mixed' | undefined;
}

/** Limits that are asked for as high as the adapter has them. */
const WANTED = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const;

const WITHOUT = 'Without a GPU, use wasm() from kompakt/backends/wasm.';

/** The device that the options name, or a new one. */
export async function acquireDevice(options: WebGPUOptions): Promise<GPUDevice> {
  checkOptions(options, ['device', 'gpu', 'precision'], 'webgpu');
  const { precision = 'float32' } = options;
  if (precision !== 'float32' && precision !== 'mixed') {
    throw new ConfigError(`webgpu: precision must be 'float32' or 'mixed', got ${String(precision)}.`);
  }
  const device = options.device ?? (await requestDevice(options.gpu ?? (await findGPU()), precision === 'mixed'));
  if (precision === 'mixed' && !device.features.has('shader-f16')) {
    throw new BackendError(
      "webgpu: this device has no feature 'shader-f16', which precision 'mixed' needs. Leave it out.",
    );
  }
  return device;
}

async function requestDevice(gpu: GPU, half: boolean): Promise<GPUDevice> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) {
    throw new BackendError(
      'webgpu: there is no adapter here: no GPU, no driver for it, or the browser blocks it. Use wasm() from ' +
        'kompakt/backends/wasm instead.',
    );
  }
  const requiredLimits = Object.fromEntries(WANTED.map((name) => [name, adapter.limits[name]]));
  const requiredFeatures: GPUFeatureName[] = half && adapter.features.has('shader-f16') ? ['shader-f16'] : [];
  try {
    const device = await adapter.requestDevice({ requiredLimits, requiredFeatures });
    keep(gpu, adapter, device);
    return device;
  } catch (cause) {
    throw new BackendError(`webgpu: the adapter gives no device: ${(cause as Error).message}`, { cause });
  }
}

/** In Node a process crashes at its end where these were collected before. */
function keep(...objects: unknown[]): void {
  if (!isNode()) return;
  const host = globalThis as { [KEPT]?: unknown[] };
  host[KEPT] ??= [];
  host[KEPT].push(...objects);
}

const KEPT: unique symbol = /* @__PURE__ */ Symbol.for('kompakt.webgpu') as typeof KEPT;

async function findGPU(): Promise<GPU> {
  const own = (globalThis as { navigator?: { gpu?: GPU } }).navigator?.gpu;
  if (own !== undefined) return own;
  if (!isNode())
    throw new BackendError(`webgpu: this browser or page has no navigator.gpu (it needs HTTPS, too). ${WITHOUT}`);
  try {
    const peer = await importPeer<{ create(flags: string[]): GPU }>('webgpu', 'webgpu: computing on a GPU', 'gpu');
    return peer.create([]);
  } catch (cause) {
    throw new BackendError(`${(cause as Error).message} ${WITHOUT}`, { cause });
  }
}

function isNode(): boolean {
  return (globalThis as { process?: { versions?: { node?: string } } }).process?.versions?.node !== undefined;
}
