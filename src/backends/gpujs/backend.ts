import type { Backend, Block, Operand, Primitive } from '../../core/backend';
import { allocateTyped, type DType, type TypedArray } from '../../core/dtype';
import { BackendError } from '../../core/errors';
import type { Expression } from '../../core/expression';
import { contiguousStrides, formatShape, sizeOf } from '../../core/shape';
import { type Argument, type Device, type GpuJsMode, nameOf } from './device';
import { ELEMENTWISE } from './elementwise/kernel';
import { canLower } from './elementwise/lower';
import type { Context, KernelTable, Launch } from './kernel';
import { isThenable } from './module';
import { EXACT, fromFloats, toFloats, Value } from './value';
import { hasWindows, hostValue, overlaps } from './windows';

/** The host keeps the elements of blocks up to this size: scalars become numbers of kernels, random keys stay whole. */
const FEW = 64;
const UPLOAD = 'function upload(a) { return a[this.thread.x]; }';

/** Memory of the backend: whatever was last written or computed there. */
interface GpuBlock extends Block {
  value: Value | null;
}

/** Tensors as textures or buffers of gpu.js, and kernels translated by it. */
export class GpuJsBackend implements Backend, Context {
  readonly name = 'gpujs';
  readonly dtypes: readonly DType[] = ['float32', 'int32', 'bool'];
  readonly #kernels: KernelTable;
  readonly #device: Device;

  constructor(kernels: KernelTable, device: Device) {
    this.#kernels = kernels;
    this.#device = device;
  }

  /** Where its kernels run. */
  get mode(): GpuJsMode {
    return this.#device.mode;
  }

  /** How many kernels are compiled and kept. */
  get kernels(): number {
    return this.#device.kernels;
  }

  /** Whether the host took the graphics context away. */
  get isLost(): boolean {
    return this.#device.isLost;
  }

  get approximate(): boolean {
    return this.#device.facts.approximate;
  }

  get packs(): boolean {
    return this.#device.facts.packs;
  }

  get mostInputs(): number {
    return this.#device.facts.mostInputs;
  }

  get mostElements(): number {
    return Math.min(EXACT, this.#device.mostElements);
  }

  /** Frees the compiled kernels. The backend stays usable, and compiles them again where they are needed. */
  async shutdown(): Promise<void> {
    this.#device.clear();
  }

  allocate(dtype: DType, length: number): GpuBlock {
    this.#device.checkAlive();
    return { dtype, length, value: null };
  }

  free(block: Block): void {
    const own = block as GpuBlock;
    own.value?.release();
    own.value = null;
  }

  write(block: Block, data: TypedArray): void {
    if (data.length !== block.length) {
      throw new BackendError(
        `gpujs: ${data.length} values don't fill a block of ${block.length}; give exactly as many.`,
      );
    }
    const own = allocateTyped(block.dtype, data.length);
    own.set(data);
    this.#put(block, hostValue(own, this.mostElements));
  }

  readSync(block: Block, offset: number, length: number): TypedArray {
    const value = this.#valueIn(block);
    if (value.windows === null) return this.#readNow(value, block.dtype, offset, length);
    const out = allocateTyped(block.dtype, length);
    for (const { window, from, count, at } of overlaps(value.windows, offset, length)) {
      out.set(this.#readNow(window, block.dtype, from, count), at);
    }
    return out;
  }

  #readNow(value: Value, dtype: DType, offset: number, length: number): TypedArray {
    value.check();
    if (value.host !== null) return value.host.slice(offset, offset + length);
    const { handle } = value;
    const values = handle === null ? null : this.#device.read(handle);
    if (values === null || isThenable(values)) {
      if (values !== null) values.then(undefined, () => {});
      throw new BackendError(
        `gpujs: mode '${this.mode}' can't be read without waiting. Await x.data() instead of calling x.dataSync(), and moved(x, backend) to move a tensor or a model.`,
      );
    }
    this.#device.checkAlive();
    return fromFloats(values, dtype, offset, length);
  }

  async read(block: Block, offset: number, length: number): Promise<TypedArray> {
    const value = this.#valueIn(block).hold();
    try {
      if (value.windows === null) return await this.#read(value, block.dtype, offset, length);
      const out = allocateTyped(block.dtype, length);
      for (const { window, from, count, at } of overlaps(value.windows, offset, length)) {
        out.set(await this.#read(window, block.dtype, from, count), at);
      }
      return out;
    } finally {
      value.release();
    }
  }

  async #read(value: Value, dtype: DType, offset: number, length: number): Promise<TypedArray> {
    while (value.pending !== null) await value.pending;
    value.check();
    if (value.host !== null) return value.host.slice(offset, offset + length);
    const values = await this.#device.read(value.handle!);
    this.#device.checkAlive();
    return fromFloats(values, dtype, offset, length);
  }

  /** Nothing here can be read in place. */
  host(): null {
    return null;
  }

  run(op: Primitive | string, inputs: readonly Operand[], out: Operand, attrs: unknown): void;
  run(op: string, inputs: readonly Operand[], out: Pick<Operand, 'shape' | 'dtype'>, attrs: unknown): Value;
  run(op: Primitive | string, inputs: readonly Operand[], out: Pick<Operand, 'shape' | 'dtype'>, attrs: unknown) {
    const name = typeof op === 'string' ? op : op.name;
    const kernel = this.#kernels[name];
    if (kernel === undefined) {
      throw new BackendError(
        `${name}: backend 'gpujs' has no kernel for it (shape ${formatShape(out.shape)}, ${out.dtype}). ` +
          'Move the operands to a CPU backend with to(x, backend).',
      );
    }
    const isWhole = sizeOf(out.shape) <= this.mostElements;
    const value = isWhole
      ? kernel(inputs, this.#resultOf(out), attrs as never, this)
      : this.#runInWindows(name, inputs, out, attrs);
    if (typeof op === 'string') return value;
    this.#put((out as Operand).block, value);
    return undefined;
  }

  runs({ name }: Pick<Primitive, 'name'>): boolean {
    return this.#kernels[name] !== undefined;
  }

  fuses(expression: Expression): boolean {
    return canLower(expression);
  }

  valueOf(x: Operand): Value {
    this.checkFits('a tensor', x.block.length);
    return this.#valueIn(x.block);
  }

  hostOf(x: Operand): TypedArray | null {
    return this.#valueIn(x.block).host;
  }

  asOperand(value: Value, { shape, dtype }: Pick<Operand, 'shape' | 'dtype'>): Operand {
    const block: GpuBlock = { dtype, length: value.size, value };
    return { block, dtype, shape, strides: contiguousStrides(shape), offset: 0 };
  }

  checkFits(what: string, count: number): void {
    const most = this.mostElements;
    if (count <= most) return;
    throw new BackendError(
      `gpujs: ${what} of ${count} elements is too large for mode '${this.mode}': at most ${most} fit, as gpu.js counts ` +
        'in float32 and textures are limited. Use smaller batches, or a CPU backend.',
    );
  }

  launch({ source, size, arrays, numbers = [], packed = false }: Launch): Value {
    this.#device.checkAlive();
    // Operands and results were looked at when they were made, but not what kernels make in between.
    this.checkFits(`an array that ${nameOf(source)} needs`, size);
    for (const x of arrays) this.#bring(x);
    const specials = /^[^)]*\binf\b/.test(source) ? [Number.POSITIVE_INFINITY, Number.NaN] : [];
    const start = () => {
      for (const x of arrays) x.check();
      const given = arrays.map(
        (x): Argument => ({ handle: x.handle!, size: x.size, kind: x.packed ? 'packed' : 'device' }),
      );
      return this.#device.call({ source, size }, [...given, ...numbers, ...specials]);
    };
    const awaited = arrays.flatMap((x) => (x.pending === null ? [] : [x.pending]));
    const result = awaited.length === 0 ? start() : Promise.all(awaited).then(start);
    const value = new Value(size, null, packed);
    if (!isThenable(result)) value.settle(result);
    else {
      for (const x of arrays) x.hold();
      value.settle(result, () => {
        for (const x of arrays) x.release();
      });
    }
    return value;
  }

  /** An elementwise operation with more results than an array can have, on one window of them after the other. */
  #runInWindows(
    name: string,
    inputs: readonly Operand[],
    out: Pick<Operand, 'shape' | 'dtype'>,
    attrs: unknown,
  ): Value {
    const size = sizeOf(out.shape);
    const kernel = ELEMENTWISE[name];
    if (kernel === undefined || !inputs.every((x) => hasWindows(x, size))) {
      this.checkFits(`a result of ${name}`, size);
    }
    const windows: Value[] = [];
    try {
      for (let start = 0; start < size; start += this.mostElements) {
        const shape = [Math.min(this.mostElements, size - start)];
        const parts = inputs.map((x) =>
          sizeOf(x.shape) === 1
            ? { block: x.block, dtype: x.dtype, shape: [], strides: [], offset: x.offset }
            : this.asOperand(this.#valueIn(x.block).windows![windows.length]!, { shape, dtype: x.dtype }),
        );
        windows.push(kernel!(parts, this.#resultOf({ shape, dtype: out.dtype }), attrs as never, this));
      }
    } catch (error) {
      for (const window of windows) window.release();
      throw error;
    }
    return new Value(size, null, false, windows);
  }

  /** Sees to it that elements that only the host has get to the device. */
  #bring(value: Value): void {
    if (value.host === null || value.handle !== null || value.pending !== null) return;
    // There are no arrays of no elements on a GPU.
    const floats = value.size === 0 ? new Float32Array(1) : toFloats(value.host);
    const { facts } = this.#device;
    if (!facts.uploads) value.settle(floats);
    else
      value.settle(
        this.#device.call({ source: UPLOAD, size: floats.length }, [
          { handle: floats, size: floats.length, kind: 'host' },
        ]),
      );
    if (value.size > FEW) value.forgetHost();
  }

  #put(block: Block, value: Value): void {
    const own = block as GpuBlock;
    own.value?.release();
    own.value = value;
  }

  #valueIn(block: Block): Value {
    const own = block as GpuBlock;
    own.value ??= hostValue(allocateTyped(own.dtype, own.length), this.mostElements);
    return own.value;
  }

  /** What kernels see of the result: never the block, which keeps its value until there is a new one. */
  #resultOf(out: Pick<Operand, 'shape' | 'dtype'>): Operand {
    const { shape, dtype } = out;
    const block: GpuBlock = { dtype, length: sizeOf(shape), value: null };
    return { block, dtype, shape, strides: contiguousStrides(shape), offset: 0 };
  }
}
