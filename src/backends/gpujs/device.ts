import { BackendError } from '../../core/errors';
import { declarationsOf, functionsOf } from './functions';
import { bare, Kept } from './kept';
import { type GpuJsClass, type GpuJsInstance, type GpuJsKernel, type Handle, isThenable } from './module';

/** Where kernels run: `webgl2` and `webgpu` on the GPU, `webasm` and `cpu` without one. */
export type GpuJsMode = 'webgl2' | 'webgpu' | 'webasm' | 'cpu';

interface ModeFacts {
  /** What gpu.js calls the type of a kernel's result as an argument. */
  readonly argument: string;
  /** What it calls the mode of a kernel that really runs there. */
  readonly runs: string;
  /** Most arrays that a kernel can read. */
  readonly mostInputs: number;
  /** Whether numbers of the host have to be brought to the device first. */
  readonly uploads: boolean;
  /** Whether functions and NaN may be worse than IEEE 754 and the C library have them. */
  readonly approximate: boolean;
  /** Whether a kernel can give and take four values at a place. */
  readonly packs: boolean;
  /** Whether functions have to be declared before they are used. */
  readonly declares: boolean;
}

/** WebGPU promises eight buffers, of which one is the result; WebGL 16 textures, of which gpu.js keeps some for itself. */
export const MODES: Readonly<Record<GpuJsMode, ModeFacts>> = {
  webgl2: {
    argument: 'ArrayTexture(1)',
    runs: 'gpu',
    mostInputs: 12,
    uploads: true,
    approximate: true,
    packs: true,
    declares: true,
  },
  webgpu: {
    argument: 'WebGPUBuffer',
    runs: 'webgpu',
    mostInputs: 7,
    uploads: true,
    approximate: true,
    packs: false,
    declares: false,
  },
  webasm: {
    argument: 'Array',
    runs: 'webasm',
    mostInputs: 12,
    uploads: false,
    approximate: false,
    packs: false,
    declares: false,
  },
  cpu: {
    argument: 'Array',
    runs: 'cpu',
    mostInputs: 12,
    uploads: false,
    approximate: false,
    packs: false,
    declares: false,
  },
};

/** The type of an array whose places hold four values. */
const PACKED = 'ArrayTexture(4)';

/** An argument of a kernel: elements at some place, or a number. */
export type Argument =
  | number
  | { readonly handle: Handle; readonly size: number; readonly kind: 'device' | 'host' | 'packed' };

/** A kernel to run. */
export interface Call {
  /** Begins `function name(a, b) {`: minifiers don't touch strings. */
  readonly source: string;
  /** Number of elements of the result. */
  readonly size: number;
}

/** Kernels that are kept; the one not used for longest goes. */
const MOST_KERNELS = 1024;

/**
 * One instance of gpu.js and its kernels. Each kernel is made for one result size and one type and size of every argument:
 * gpu.js silently reads wrong elements of an array of another size than the first.
 */
export class Device {
  readonly facts: ModeFacts;
  readonly #gpu: GpuJsInstance;
  readonly #kernels = new Map<string, Kept>();
  #isLost = false;
  #side: number | undefined;

  constructor(
    GPU: GpuJsClass,
    readonly mode: GpuJsMode,
  ) {
    this.facts = MODES[mode];
    this.#gpu = new GPU({ mode });
  }

  /** How many kernels are compiled and kept. */
  get kernels(): number {
    return this.#kernels.size;
  }

  /** Runs a kernel, compiling it where it is new; the result may be a promise. */
  call({ source, size }: Call, args: readonly Argument[]): Handle | PromiseLike<Handle> {
    this.checkAlive();
    const types = args.map((x) => (typeof x === 'number' ? 'Float' : this.#typeOf(x.kind)));
    const key = `${source} ${size} ${args.map((x) => (typeof x === 'number' ? '' : `${x.kind[0]}${x.size}`)).join()}`;
    const known = this.#kernels.get(key);
    const kept = known ?? new Kept(this.#compile(source, size, types));
    if (known !== undefined) this.#kernels.delete(key);
    this.#kernels.set(key, kept);
    let result: Handle | PromiseLike<Handle>;
    try {
      result = kept.kernel(...args.map((x) => (typeof x === 'number' ? x : bare(x.handle))));
    } catch (error) {
      this.#kernels.delete(key);
      throw this.#failure(error, source);
    }
    if (known === undefined) {
      this.#checkMode(kept.kernel, source);
      this.#evict();
    }
    if (!isThenable(result)) return kept.result(result);
    return result.then(
      (handle) => kept.result(handle),
      (error: unknown) => Promise.reject(this.#failure(error, source)),
    );
  }

  /** The elements of what a kernel gave, now or later. */
  read(handle: Handle): ArrayLike<number> | PromiseLike<ArrayLike<number>> {
    if (handle instanceof Float32Array) return handle;
    this.checkAlive();
    const values = handle.toArray();
    if (!isThenable(values)) return values;
    return values.then(undefined, (error: unknown) => Promise.reject(this.#failure(error, READING)));
  }

  /** Throws where the host has taken the device away. */
  checkAlive(): void {
    if (this.isLost) throw lostError();
  }

  /** Most elements that an array can have. */
  get mostElements(): number {
    const { context } = this.#gpu;
    // Kept, as it is asked for with every kernel, and a lost context knows nothing any more.
    if (context?.MAX_TEXTURE_SIZE !== undefined) this.#side ??= context.getParameter?.(context.MAX_TEXTURE_SIZE);
    return this.#side === undefined ? Number.POSITIVE_INFINITY : this.#side ** 2;
  }

  get isLost(): boolean {
    return this.#isLost || this.#gpu.context?.isContextLost?.() === true;
  }

  /** Frees all kernels. They are compiled again where they are needed. */
  clear(): void {
    for (const kept of this.#kernels.values()) kept.retire();
    this.#kernels.clear();
  }

  #typeOf(kind: 'device' | 'host' | 'packed'): string {
    if (kind === 'packed') return PACKED;
    return kind === 'host' ? 'Array' : this.facts.argument;
  }

  #compile(source: string, size: number, argumentTypes: readonly string[]): GpuJsKernel {
    const functions = functionsOf(source);
    return this.#gpu.createKernel(source, {
      output: [size],
      pipeline: true,
      immutable: true,
      precision: 'single',
      argumentTypes,
      functions,
      ...(this.facts.declares && { injectedNative: declarationsOf(functions) }),
    });
  }

  /** gpu.js falls back to its cpu mode without telling callers. */
  #checkMode({ kernel }: GpuJsKernel, source: string): void {
    const { mode } = kernel.constructor;
    if (mode !== this.facts.runs) {
      throw new BackendError(
        `gpujs: gpu.js ran ${nameOf(source)} in mode '${mode}' instead of '${this.mode}'. Use mode 'webasm' or 'cpu', or wasm().`,
      );
    }
  }

  #evict(): void {
    if (this.#kernels.size <= MOST_KERNELS) return;
    const [key, kept] = this.#kernels.entries().next().value!;
    this.#kernels.delete(key);
    kept.retire();
  }

  #failure(error: unknown, source: string): BackendError {
    if (error instanceof BackendError) return error;
    const text = error instanceof Error ? error.message : String(error);
    // So gpu.js words it, in mode 'webgpu'.
    if (/device was lost/.test(text)) this.#isLost = true;
    if (this.isLost) return lostError();
    // Browsers that know WebGL2 may refuse it all the same, which gpu.js does not look at.
    if (this.mode === 'webgl2' && !this.#gpu.context) {
      return new BackendError('this host knows WebGL2, but gave no context for it', { cause: error });
    }
    return new BackendError(`gpujs: ${nameOf(source)} failed in mode '${this.mode}': ${text.slice(0, 300)}`, {
      cause: error,
    });
  }
}

function lostError(): BackendError {
  return new BackendError(
    'gpujs: the browser took the graphics device away, and all tensors of this backend with it. Call gpujs(…) for a new one, ' +
      'and make or load the model again.',
  );
}

/** What is said to have failed where no kernel has. */
const READING = 'function reading() {}';

/** What a kernel is called. */
export const nameOf = (source: string): string => /^function (\w+)/.exec(source)?.[1] ?? 'a kernel';
