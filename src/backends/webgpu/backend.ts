import type { Backend, Block, Operand, Plan, Primitive, Program } from '../../core/backend';
import { allocateTyped, type DType, type TypedArray } from '../../core/dtype';
import { BackendError } from '../../core/errors';
import type { Expression } from '../../core/expression';
import { contiguousStrides, type Shape, sizeOf } from '../../core/shape';
import { type Code, CodeLibrary, type CodeSpec } from './code';
import { Commands } from './commands';
import { canLower } from './elementwise/lower';
import { Health } from './health';
import {
  type GPUKernel,
  type KernelContext,
  type KernelTable,
  type Limits,
  noKernel,
  type Rounding,
  type Work,
} from './kernel';
import { bytesFor, fromWords, type GPUBlock, Pool, rangeOf, toWords, WORD } from './memory';
import { GPUPlan } from './plan/plan';

const DTYPES: readonly DType[] = ['float32', 'int32', 'int8', 'uint8', 'bool'];

/** How a backend may be told to behave otherwise than its device suggests. */
export interface BackendSettings {
  /** By default, products round nothing. */
  readonly rounding?: Rounding;
  /** Instead of the device's, to try what happens at their bounds. */
  readonly limits?: Partial<Limits>;
}

/** Tensors in the buffers of one WebGPU device, and kernels in WGSL generated at run time. */
export class WebGPUBackend implements Backend, KernelContext {
  readonly name = 'webgpu';
  readonly dtypes = DTYPES;
  readonly device: GPUDevice;
  readonly limits: Limits;
  readonly mixed: boolean;
  readonly rounding: Rounding;
  readonly #kernels: ReadonlyMap<string, GPUKernel>;
  readonly #library: CodeLibrary;
  readonly #pool: Pool;
  readonly #commands: Commands;
  readonly #health: Health;
  /** What the running operation works with beside its operands. */
  readonly #scratch: GPUBlock[] = [];

  constructor(device: GPUDevice, kernels: KernelTable, { rounding = 'none', limits }: BackendSettings) {
    this.device = device;
    this.rounding = rounding;
    this.mixed = rounding !== 'none';
    this.limits = { ...limitsOf(device), ...limits };
    this.#kernels = new Map(Object.entries(kernels));
    this.#health = new Health(device);
    this.#library = new CodeLibrary(device);
    this.#pool = new Pool(device);
    this.#commands = new Commands(device, () => this.#pool.trim());
  }

  /** How many buffers the backend has, those that it keeps for later included, and their bytes. */
  get buffers(): { readonly count: number; readonly bytes: number } {
    return { count: this.#pool.buffers, bytes: this.#pool.bytes };
  }

  /** How often commands were handed to the device: many operations at a time. */
  get submissions(): number {
    return this.#commands.submissions;
  }

  allocate(dtype: DType, length: number): GPUBlock {
    this.#health.check();
    return { dtype, length, memory: this.#pool.take(bytesFor(length)) };
  }

  free(block: Block): void {
    this.#pool.give((block as GPUBlock).memory);
  }

  write(block: Block, data: TypedArray): void {
    this.#health.check();
    if (data.length !== block.length) {
      throw new BackendError(
        `webgpu: ${data.length} values don't fill a block of ${block.length}; give exactly as many.`,
      );
    }
    if (data.length === 0) return;
    const own = block as GPUBlock;
    // The queue writes at once; commands that are not yet submitted must find what they were given.
    if (this.#commands.isPending(own.memory)) own.memory = this.#exchange(own);
    this.device.queue.writeBuffer(own.memory.buffer, 0, toWords(data));
  }

  readSync(): never {
    throw new BackendError(
      'webgpu: values of a GPU come back later: use await x.data() or await x.toArray() instead of reading at once, and await moved(x, backend) to move a tensor or a model.',
    );
  }

  async read(block: Block, offset: number, length: number): Promise<TypedArray> {
    this.#health.check();
    if (length === 0) return allocateTyped(block.dtype, 0);
    const bytes = length * WORD;
    const staging = this.#pool.take(bytes, 'staging');
    this.#commands.copy((block as GPUBlock).memory, offset * WORD, staging, 0, bytes);
    this.#commands.flush();
    try {
      await Promise.race([staging.buffer.mapAsync(1, 0, bytes), this.#health.lost]);
    } catch (cause) {
      this.#health.check();
      // A lost device may say so after what waits for it.
      await Promise.race([this.#health.lost, later()]);
      throw new BackendError(`webgpu: reading failed: ${(cause as Error).message}`, { cause });
    }
    const copy = staging.buffer.getMappedRange(0, bytes).slice(0);
    staging.buffer.unmap();
    this.#pool.give(staging, 'staging');
    this.#health.check();
    return fromWords(block.dtype, copy);
  }

  host(): null {
    return null;
  }

  run(op: Pick<Primitive, 'name'>, inputs: readonly Operand[], out: Operand, attrs: unknown): void {
    this.#health.check();
    const kernel = this.#kernels.get(op.name);
    const held = this.#scratch.length;
    try {
      if (kernel?.(inputs, out, attrs as never, this) === true) return;
    } finally {
      for (const block of this.#scratch.splice(held)) this.free(block);
    }
    throw noKernel(op.name, inputs, out);
  }

  runs({ name }: Pick<Primitive, 'name'>): boolean {
    return this.#kernels.has(name);
  }

  fuses(expression: Expression): boolean {
    return canLower(expression);
  }

  plan(program: Program): Plan {
    this.#health.check();
    return new GPUPlan(program, {
      device: this.device,
      limits: this.limits,
      rounding: this.rounding,
      pool: this.#pool,
      commands: this.#commands,
      health: this.#health,
      code: (key, build) => this.#library.code(key, build),
      kernel: (op) => this.#kernels.get(op),
    });
  }

  /** Frees the buffers that are kept for later. The backend stays usable. */
  async shutdown(): Promise<void> {
    this.#health.check();
    this.#commands.flush();
    this.#pool.trim(true);
  }

  code(key: string, build: () => CodeSpec): Code {
    return this.#library.code(key, build);
  }

  dispatch(code: Code, { reads, writes, params, groups }: Work): void {
    if (groups === 0) return;
    const bindings = [...reads, ...writes].map((x) => ({
      ...rangeOf(x, this.limits.bindingBytes),
      memory: (x.block as GPUBlock).memory,
    }));
    this.#commands.dispatch(code, bindings, params, groups);
  }

  scratch(dtype: DType, shape: Shape): Operand {
    const block = this.allocate(dtype, sizeOf(shape));
    this.#scratch.push(block);
    return { block, dtype, shape, strides: contiguousStrides(shape), offset: 0 };
  }

  first(x: Operand): number {
    return x.offset - rangeOf(x, this.limits.bindingBytes).start / WORD;
  }

  /** Other memory for a block, whose contents are of no interest. */
  #exchange({ memory, length }: GPUBlock): GPUBlock['memory'] {
    const taken = [];
    let other = this.#pool.take(bytesFor(length));
    while (this.#commands.isPending(other)) {
      taken.push(other);
      other = this.#pool.take(bytesFor(length));
    }
    for (const busy of taken) this.#pool.give(busy);
    this.#pool.give(memory);
    return other;
  }
}

const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 50));

function limitsOf({ limits }: GPUDevice): Limits {
  return {
    bindingBytes: limits.maxStorageBufferBindingSize,
    arrays: limits.maxStorageBuffersPerShaderStage,
    invocations: Math.min(limits.maxComputeInvocationsPerWorkgroup, limits.maxComputeWorkgroupSizeX),
    sharedBytes: limits.maxComputeWorkgroupStorageSize,
  };
}
