import type { Backend } from '../../core/backend';
import { BackendError, ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { GpuJsBackend } from './backend';
import { Device, type GpuJsMode, MODES } from './device';
import { KERNELS } from './kernels/index';
import { classOf, type GpuJsClass, type GpuJsModule } from './module';

export type { GpuJsMode } from './device';
export type { GpuJsModule } from './module';

/** Options of {@link gpujs}. */
export interface GpuJsOptions {
  /**
   * `'webgl2'` or `'webgpu'` for the GPU, `'webasm'` or `'cpu'` without one. By default `'webgl2'` where it works, else
   * `'webasm'`, else `'cpu'`; never `'webgpu'`, which can't be read without waiting.
   */
  readonly mode?: GpuJsMode | undefined;
}

/** A backend on gpu.js. */
export interface GpuJsBackendHandle extends Backend {
  /** Where its kernels run. */
  readonly mode: GpuJsMode;
  /** How many kernels are compiled and kept, at most 1024. */
  readonly kernels: number;
  /** Whether the browser took the graphics context, and with it all tensors, away. */
  readonly isLost: boolean;
  /** Frees the compiled kernels. The backend stays usable, and compiles them again where they are needed. */
  shutdown(): Promise<void>;
}

/** Modes to try where none is asked for, best first. */
const AUTOMATIC: readonly GpuJsMode[] = ['webgl2', 'webasm', 'cpu'];

/** One backend for each module and mode: each has an instance of gpu.js, and browsers take contexts away beyond sixteen. */
const open = /* @__PURE__ */ new WeakMap<GpuJsClass, Map<GpuJsMode, Promise<GpuJsBackend>>>();

/**
 * A backend that runs tensors and models on the GPU through gpu.js 2.24, an optional peer that the caller passes in. Models
 * of dense, convolution and pooling layers train and stay there; only reading brings values back. Elements are float32,
 * integers and booleans among them, so integers are exact below 2^24 only; an operation without a kernel throws instead of
 * computing elsewhere. Calling it again with the same module and mode gives the same backend.
 *
 * @param module - what `import('gpu.js')` gave.
 * @param options - `mode`: `'webgl2'`, `'webgpu'`, `'webasm'` or `'cpu'`; by default the first of `'webgl2'`, `'webasm'`
 * and `'cpu'` that works. Mode `'webgpu'` can only be read with `await x.data()`.
 * @returns a promise of the backend, with `mode`, `kernels`, `isLost` and `shutdown()`.
 * @throws BackendError where gpu.js is missing, too old, or has no usable mode here; ConfigError for unknown options.
 *
 * @example
 * ```ts
 * import { gpujs } from 'kompakt/backends/gpujs';
 * try {
 *   await gpujs(undefined as never);
 * } catch (error) {
 *   console.log((error as Error).name); // → BackendError
 * }
 * ```
 */
export async function gpujs(module: GpuJsModule, options: GpuJsOptions = {}): Promise<GpuJsBackendHandle> {
  checkOptions(options, ['mode'], 'gpujs');
  const { mode } = options;
  if (mode !== undefined && !Object.hasOwn(MODES, mode)) {
    throw new ConfigError(`gpujs: mode must be one of ${Object.keys(MODES).join(', ')}, got ${JSON.stringify(mode)}.`);
  }
  const GPU = classOf(module);
  const failures: string[] = [];
  for (const wanted of mode === undefined ? AUTOMATIC : [mode]) {
    try {
      return await backendFor(GPU, wanted);
    } catch (error) {
      failures.push(`${wanted}: ${(error as Error).message}`);
    }
  }
  throw new BackendError(
    `gpujs: no usable mode here (${failures.join('; ')}). ` +
      "Try mode 'webasm' or 'cpu', or another backend such as wasm() from kompakt/backends/wasm.",
  );
}

/** The backend of a mode; a new one where there is none yet, or where the old one is lost. */
async function backendFor(GPU: GpuJsClass, mode: GpuJsMode): Promise<GpuJsBackend> {
  const known = open.get(GPU) ?? new Map<GpuJsMode, Promise<GpuJsBackend>>();
  open.set(GPU, known);
  const old = known.get(mode);
  if (old !== undefined) {
    const backend = await old.catch(() => null);
    if (backend !== null && !backend.isLost) return backend;
    // Somebody else may have begun anew in the meantime.
    if (known.has(mode) && known.get(mode) !== old) return backendFor(GPU, mode);
  }
  const made = makeBackend(GPU, mode);
  known.set(mode, made);
  made.catch(() => known.get(mode) === made && known.delete(mode));
  return made;
}

async function makeBackend(GPU: GpuJsClass, mode: GpuJsMode): Promise<GpuJsBackend> {
  if (mode === 'webgl2' && !GPU.isWebGL2Supported) throw new BackendError('this host has no WebGL2');
  if (mode === 'webasm' && !GPU.isWebAssemblySupported) throw new BackendError('this host has no WebAssembly');
  if (mode === 'webgpu' && !(await GPU.isWebGPUAvailable())) throw new BackendError('this host has no WebGPU adapter');
  const backend = new GpuJsBackend(KERNELS, new Device(GPU, mode));
  await probe(backend);
  return backend;
}

/** Values that 8-bit textures, textures without floats and 16-bit floats all change. */
const PROBE = /* @__PURE__ */ Float32Array.of(0.1, -1e-30, 1e30, 16777215);

/** Runs a kernel and looks whether floats come back as they went. */
async function probe(backend: GpuJsBackend): Promise<void> {
  const block = backend.allocate('float32', PROBE.length);
  const shape = [PROBE.length];
  const operand = { block, dtype: 'float32', shape, strides: [1], offset: 0 } as const;
  backend.write(block, PROBE);
  const out = { ...operand, block: backend.allocate('float32', PROBE.length) };
  backend.run({ name: 'neg', reference: () => {} }, [operand], out, undefined);
  const values = await backend.read(out.block, 0, PROBE.length);
  backend.free(block);
  backend.free(out.block);
  if (values.some((v, i) => v !== -PROBE[i]!)) {
    throw new BackendError(`float32 textures don't work here: ${PROBE.join(', ')} negated gave ${values.join(', ')}`);
  }
}
