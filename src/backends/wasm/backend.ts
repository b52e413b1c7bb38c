import type { Backend, Block, Operand, Plan, Primitive, Program } from '../../core/backend';
import { bytesPerElement, DTYPES, type DType, type TypedArray, viewTyped } from '../../core/dtype';
import { BackendError, ConfigError } from '../../core/errors';
import type { Expression } from '../../core/expression';
import { checkOptions } from '../../core/options';
import { runReference } from '../../core/run-reference';
import { Arena, scalarsAt, TASK_PARAMETER_BYTES, TASK_PARAMETERS } from './arena';
import type { ModuleBuilder } from './assembler/index';
import { CodeLibrary } from './code-library';
import { canLower, elementwiseKernelOf } from './elementwise/index';
import { detectFeatures, type WasmFeatures } from './features';
import { isPending, settle, type WasmBlock } from './kernel';
import { planOf } from './plan/plan';
import type { Code, CodeOptions, TaskContext, TaskKernel, Work } from './task';
import { Conductor } from './threads/conductor';
import { canStartThreads, parallelism } from './threads/host';

/** Options of the WASM backend. */
export interface WasmOptions {
  /**
   * Threads to compute with, the calling one included, 1 to 256; 'auto' (the default) takes one per processor, at most 8. They
   * start when there is work for them. Where there is no shared memory, as on pages that are not cross-origin isolated,
   * there is one.
   */
  readonly threads?: number | 'auto';
  /**
   * Same bits on every machine: no fused multiply-add. Slower matrix products and functions. Not for `pow`, the
   * trigonometric functions, `sinh` and `cosh` in float64, which are those of the JavaScript engine. Default false.
   */
  readonly deterministic?: boolean;
  /** Most memory to use, in bytes; by default the 4 GiB that WebAssembly can address. */
  readonly maximumBytes?: number;
}

const MOST_THREADS = 256;
const MOST_AUTOMATIC = 8;
const PAGE = 65536;
/** Blocks of so many bytes are filled once their elements are needed. */
const LARGE_FILL = 65536;
/** The operation that begins with a copy of its first operand, and so can do without its elements where all are alike. */
const COPIES_FIRST = 'scatterAdd';

/** Ends the threads of backends that nobody holds any more. */
const abandoned = /* @__PURE__ */ new FinalizationRegistry<Conductor>((conductor) => void conductor.shutdown());

/** Tensors in one WebAssembly memory, and kernels generated at run time. */
export class WasmBackend implements Backend, TaskContext {
  readonly name = 'wasm';
  readonly dtypes = DTYPES;
  readonly arena: Arena;
  readonly features: WasmFeatures;
  readonly #library: CodeLibrary;
  readonly #conductor: Conductor;
  readonly #kept = new Map<string, unknown>();
  /** Addresses and sizes, in turn, of what the running operation works with. */
  readonly #workspaces: number[] = [];

  constructor(options: WasmOptions = {}) {
    checkWasmOptions(options);
    const features = detectFeatures();
    if (!features.simd) {
      throw new BackendError(
        'wasm: this engine has no WebAssembly SIMD. Use reference() from kompakt/backends/reference.',
      );
    }
    this.features = options.deterministic === true ? { ...features, relaxedSimd: false } : features;
    const wanted = threadsFor(options, features);
    const maximumPages = Math.min(65536, Math.floor((options.maximumBytes ?? 2 ** 32) / PAGE));
    this.arena = new Arena({ maximumPages, shared: wanted > 1 });
    const threads = this.arena.shared ? wanted : 1;
    this.#library = new CodeLibrary(this.arena);
    this.#conductor = new Conductor(this.arena, this.#library, { threads });
    if (threads > 1) abandoned.register(this, this.#conductor);
  }

  get workers(): number {
    return this.#conductor.threads;
  }

  /** How many threads compute, once there is work for them. */
  get threads(): number {
    return this.#conductor.threads;
  }

  /** Ends the threads. The backend stays usable, and starts them again when there is work for them. */
  shutdown(): Promise<void> {
    return this.#conductor.shutdown();
  }

  allocate(dtype: DType, length: number): WasmBlock {
    const bytes = length * bytesPerElement(dtype);
    return { dtype, length, bytes, address: this.arena.allocate(bytes), pending: undefined };
  }

  free(block: Block): void {
    const { address, bytes } = block as WasmBlock;
    this.arena.release(address, bytes);
  }

  write(block: Block, data: TypedArray): void {
    if (data.length !== block.length) {
      throw new BackendError(
        `wasm: ${data.length} values don't fill a block of ${block.length}; give exactly as many.`,
      );
    }
    (block as WasmBlock).pending = undefined;
    this.arena.elements(block.dtype).set(data, firstElement(block));
  }

  fill(block: Block, value: number): void {
    const first = firstElement(block);
    const now = (block as WasmBlock).bytes < LARGE_FILL ? block.length : 1;
    this.arena.elements(block.dtype).fill(value, first, first + now);
    (block as WasmBlock).pending = now < block.length ? value : undefined;
  }

  readSync(block: Block, offset: number, length: number): TypedArray {
    this.#settle(block);
    const start = firstElement(block) + offset;
    return this.arena.elements(block.dtype).slice(start, start + length);
  }

  async read(block: Block, offset: number, length: number): Promise<TypedArray> {
    return this.readSync(block, offset, length);
  }

  host(block: Block): TypedArray {
    this.#settle(block);
    return viewTyped(block.dtype, this.arena.buffer, (block as WasmBlock).address, block.length);
  }

  run(op: Primitive, inputs: readonly Operand[], out: Operand, attrs: unknown): void {
    const kernel = kernelOf(op);
    for (let i = op.name === COPIES_FIRST ? 1 : 0; i < inputs.length; i++) this.#settle(inputs[i]!.block);
    const held = this.#workspaces.length;
    try {
      if (kernel?.(inputs, out, attrs as never, this) === true) return;
    } finally {
      if (this.#workspaces.length > held) this.#releaseWorkspaces(held);
    }
    runReference(this, op, inputs, out, attrs);
  }

  fuses(expression: Expression): boolean {
    return canLower(expression);
  }

  plan(program: Program): Plan {
    return planOf(program, this, {
      arena: this.arena,
      conductor: this.#conductor,
      taskKernel: kernelOf,
      settle: (block) => this.#settle(block),
      runNow: ({ op, attrs }, inputs, out) => this.run(op, inputs, out, attrs),
    });
  }

  code(key: string, build: (module: ModuleBuilder) => void, options?: CodeOptions): Code {
    return this.#library.code(key, build, options);
  }

  isConstant(): boolean {
    return false;
  }

  workspace(bytes: number): number {
    const address = this.arena.allocate(bytes);
    this.#workspaces.push(address, bytes);
    return address;
  }

  launch(code: Code, words: readonly number[], work: Work, scalars?: readonly number[]): void {
    const { i32, f64 } = this.arena;
    const bytes = scalarsAt(words.length) + 8 * (scalars?.length ?? 0);
    if (bytes > TASK_PARAMETER_BYTES) {
      throw new BackendError(`wasm: a task has ${bytes} bytes of parameters; at most ${TASK_PARAMETER_BYTES} fit.`);
    }
    for (let i = 0; i < words.length; i++) i32[TASK_PARAMETERS / 4 + i] = words[i]!;
    if (scalars !== undefined) {
      const first = (TASK_PARAMETERS + scalarsAt(words.length)) / 8;
      for (let i = 0; i < scalars.length; i++) f64[first + i] = scalars[i]!;
    }
    if (work.units > 0) this.perform(code, TASK_PARAMETERS, work);
  }

  /** Runs all units of a task whose parameters are in place. */
  protected perform(code: Code, _params: number, work: Work): void {
    this.#conductor.runTask(code, work);
  }

  cached<T>(key: string, make: () => T): T {
    if (!this.#kept.has(key)) this.#kept.set(key, make());
    return this.#kept.get(key) as T;
  }

  #settle(block: Block): void {
    if (isPending(block)) settle(block, this.arena.elements(block.dtype));
  }

  #releaseWorkspaces(held: number): void {
    while (this.#workspaces.length > held) {
      const bytes = this.#workspaces.pop()!;
      this.arena.release(this.#workspaces.pop()!, bytes);
    }
  }
}

/** The code of an operation, where there is any. */
function kernelOf({ name, kernel }: Primitive): TaskKernel | undefined {
  return (kernel as TaskKernel | undefined) ?? elementwiseKernelOf(name);
}

/** Where a block starts among the elements of its dtype. */
function firstElement(block: Block): number {
  return (block as WasmBlock).address / bytesPerElement(block.dtype);
}

function threadsFor({ threads = 'auto' }: WasmOptions, features: WasmFeatures): number {
  if (threads === 1 || !features.threads || !canStartThreads()) return 1;
  return threads === 'auto' ? Math.min(MOST_AUTOMATIC, parallelism()) : threads;
}

function checkWasmOptions(options: WasmOptions): void {
  checkOptions(options, ['threads', 'deterministic', 'maximumBytes'], 'wasm');
  const { threads = 'auto', maximumBytes } = options;
  const valid = threads === 'auto' || (Number.isInteger(threads) && threads >= 1 && threads <= MOST_THREADS);
  if (!valid) {
    throw new ConfigError(`wasm: threads must be 'auto' or an integer from 1 to ${MOST_THREADS}, got ${threads}.`);
  }
  const fits = typeof maximumBytes === 'number' && maximumBytes >= PAGE && maximumBytes <= 2 ** 32;
  if (maximumBytes !== undefined && !fits) {
    const given = typeof maximumBytes === 'number' ? maximumBytes : `'${String(maximumBytes)}'`;
    throw new ConfigError(`wasm: maximumBytes must be a number from ${PAGE} (64 KiB) to 2^32 (4 GiB), got ${given}.`);
  }
}
