import { BackendError } from '../../core/errors';

/** What a kernel takes and gives, by mode: numbers of the host, or something that lives on the device. */
export type Handle = Float32Array | DeviceHandle;

/** A texture or buffer of gpu.js. */
export interface DeviceHandle {
  toArray(): ArrayLike<number> | Promise<ArrayLike<number>>;
  delete(): void;
}

/** A kernel of gpu.js 2.24. In some modes, and in all of version 3, it answers with a promise. */
export interface GpuJsKernel {
  (...args: (Handle | number)[]): Handle | PromiseLike<Handle>;
  /** What really runs: gpu.js may replace it. */
  readonly kernel: { readonly constructor: { readonly mode?: string } };
  destroy(removeCanvas?: boolean): void;
}

/** Settings that kompakt uses. */
export interface GpuJsSettings {
  readonly output: readonly number[];
  readonly pipeline: true;
  readonly immutable: true;
  readonly precision: 'single';
  readonly argumentTypes: readonly string[];
  readonly functions: readonly GpuJsFunction[];
  /** Text for the shader, before its functions. */
  readonly injectedNative?: string;
}

/** A function that kernels call, known by its name. */
export interface GpuJsFunction {
  readonly source: string;
  readonly settings: { readonly argumentTypes: Readonly<Record<string, string>>; readonly returnType: string };
}

/** An instance of gpu.js. */
export interface GpuJsInstance {
  createKernel(source: string, settings: GpuJsSettings): GpuJsKernel;
  readonly context?: {
    isContextLost?(): boolean;
    getParameter?(name: number): number;
    MAX_TEXTURE_SIZE?: number;
  } | null;
  destroy(): Promise<void>;
}

/** The class `GPU`. */
export interface GpuJsClass {
  new (settings: { mode: string }): GpuJsInstance;
  readonly isWebGL2Supported: boolean;
  readonly isWebAssemblySupported: boolean;
  isWebGPUAvailable(): Promise<boolean>;
}

/** What `import('gpu.js')` gives, as far as kompakt uses it. */
export interface GpuJsModule {
  readonly GPU: unknown;
}

const HOW = "Install it (npm install gpu.js@~2.24) and pass it in: await gpujs(await import('gpu.js')).";

/** The class `GPU` of what the caller gave, in any of the forms in which bundlers and hosts hand gpu.js over. */
export function classOf(module: unknown): GpuJsClass {
  if (module === undefined || module === null) throw new BackendError(`gpujs: gpu.js is missing. ${HOW}`);
  const { GPU, default: inner } = module as { GPU?: unknown; default?: { GPU?: unknown } };
  const found = [GPU, inner?.GPU, inner, module].find(isClass);
  if (found === undefined) {
    const what =
      typeof module === 'object'
        ? `an object with ${Object.keys(module).slice(0, 5).join(', ') || 'nothing'}`
        : typeof module;
    throw new BackendError(`gpujs: expected the module gpu.js, got ${what}. ${HOW}`);
  }
  if (typeof found.isWebGPUAvailable !== 'function' || typeof found.isWebAssemblySupported !== 'boolean') {
    throw new BackendError(`gpujs: this gpu.js is too old: it has no webasm and webgpu modes. ${HOW}`);
  }
  return found;
}

function isClass(x: unknown): x is GpuJsClass {
  return (
    typeof x === 'function' && typeof (x.prototype as Partial<GpuJsInstance> | undefined)?.createKernel === 'function'
  );
}

export function isThenable<T>(x: T | PromiseLike<T>): x is PromiseLike<T> {
  return typeof (x as { then?: unknown } | null)?.then === 'function';
}
