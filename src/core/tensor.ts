import type { Backend, Block, Operand } from './backend';
import { bytesPerElement, type DType, type TypedArray } from './dtype';
import { BackendError, DisposedError, ShapeError } from './errors';
import { formatTensor } from './format';
import { currentFrame, type Trace } from './lifetime';
import { checkSize, contiguousStrides, formatShape, isContiguous, type Shape, sizeOf } from './shape';
import { toContiguous } from './view';

/** Numbers nested as deep as a tensor has axes; a plain number for a scalar. */
export type NestedArray = number | NestedArray[];

/** How a tensor came about, seen by one trace. */
export interface TraceNode {
  readonly trace: Trace;
  /** The tensor itself as the code outside this trace sees it. */
  readonly value: Tensor;
  /** Name of the operation; null for a variable of the trace. */
  readonly opName: string | null;
  readonly inputs: readonly Tensor[];
  /** The cotangent of input `i`, given that of this tensor; null where no gradient flows. */
  pull(g: Tensor, i: number): Tensor | null;
}

/** Memory shared by the tensors that view it; freed with the last of them. */
interface Cell {
  readonly backend: Backend;
  readonly block: Block;
  /** How many undisposed tensors view it. */
  refs: number;
}

const describeValue = (x: unknown): string => (typeof x === 'string' ? `'${x}'` : String(x));

const live = { tensors: 0, bytes: 0 };

const abandoned = /* @__PURE__ */ new FinalizationRegistry<Cell>((cell) => {
  live.tensors -= cell.refs;
  if (cell.refs > 0) freeCell(cell);
  cell.refs = 0;
});

function freeCell(cell: Cell): void {
  live.bytes -= cell.block.length * bytesPerElement(cell.block.dtype);
  cell.backend.free(cell.block);
}

/**
 * Small storages of late, which are not registered yet: that costs more than computing a small result, and most are
 * disposed soon. They can't be collected until they are, so they are few.
 */
const young: Storage[] = [];
const YOUNG_BYTES = 16384;
const MOST_YOUNG = 128;

function registerYoung(): void {
  for (const storage of young) storage.register();
  young.length = 0;
}

/** Owner of a cell; when the last tensor that holds it is collected undisposed, the cell's memory is freed. */
class Storage {
  /** Its place among the young ones, or -1. */
  #place = -1;

  constructor(readonly cell: Cell) {
    const bytes = cell.block.length * bytesPerElement(cell.block.dtype);
    live.bytes += bytes;
    if (bytes > YOUNG_BYTES) abandoned.register(this, cell, cell);
    else {
      if (young.length === MOST_YOUNG) registerYoung();
      this.#place = young.length;
      young.push(this);
    }
  }

  register(): void {
    this.#place = -1;
    abandoned.register(this, this.cell, this.cell);
  }

  /** Frees the memory. */
  free(): void {
    if (this.#place < 0) abandoned.unregister(this.cell);
    else {
      const last = young.pop()!;
      if (last !== this) {
        young[this.#place] = last;
        last.#place = this.#place;
      }
    }
    freeCell(this.cell);
  }
}

const disposeSymbol: typeof Symbol.dispose = /* @__PURE__ */ (() =>
  Symbol.dispose ?? Symbol.for('Symbol.dispose'))() as typeof Symbol.dispose;
const inspectSymbol = /* @__PURE__ */ Symbol.for('nodejs.util.inspect.custom');

/** Where and how a tensor's elements lie in its block. */
export interface Layout {
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
}

/**
 * An n-dimensional array of one dtype on one backend. Immutable: operations are functions that return new tensors.
 *
 * Its layout is that of the `ndarray` package (shape, strides, offset into flat memory), so transposes, slices and
 * broadcasts are views that share memory. The memory is freed by `dispose()`, by leaving a `scope` or a `using` block,
 * or at the latest by the garbage collector.
 */
export class Tensor implements Operand {
  readonly dtype: DType;
  readonly shape: Shape;
  readonly strides: readonly number[];
  readonly offset: number;
  readonly size: number;
  /** How this tensor came about, while it is being differentiated; else null. */
  readonly node: TraceNode | null;
  /** The outermost active trace whose backward pass needs this tensor. */
  pinnedBy: Trace | null = null;
  /** The number of the walk that met this tensor last; see `newMark`. */
  mark = 0;
  #storage: Storage | null;
  readonly #backend: Backend;

  private constructor(storage: Storage, dtype: DType, layout: Layout, node: TraceNode | null) {
    this.#storage = storage;
    this.#backend = storage.cell.backend;
    this.dtype = dtype;
    this.shape = layout.shape;
    this.strides = layout.strides;
    this.offset = layout.offset;
    this.size = sizeOf(layout.shape);
    this.node = node;
    storage.cell.refs++;
    live.tensors++;
    currentFrame()?.add(this);
  }

  /** A contiguous tensor in new, unspecified memory of `backend`. */
  static allocate(backend: Backend, dtype: DType, shape: Shape): Tensor {
    if (typeof backend?.allocate !== 'function') {
      throw new BackendError(`Expected a backend, such as wasm() or reference(), got ${describeValue(backend)}.`);
    }
    if (!backend.dtypes.includes(dtype)) {
      throw new BackendError(
        `Backend '${backend.name}' does not support ${dtype}; it has ${backend.dtypes.join(', ')}. Cast first, or use a CPU backend.`,
      );
    }
    checkSize(shape);
    return Tensor.allocateAs(backend, dtype, { shape, strides: contiguousStrides(shape), offset: 0 });
  }

  /** The same for a contiguous layout that is known to fit. Tensors may share it. */
  static allocateAs(backend: Backend, dtype: DType, layout: Layout): Tensor {
    const block = backend.allocate(dtype, sizeOf(layout.shape));
    return new Tensor(new Storage({ backend, block, refs: 0 }), dtype, layout, null);
  }

  /** A contiguous tensor holding a copy of `data`. */
  static from(backend: Backend, data: TypedArray, dtype: DType, shape: Shape): Tensor {
    if (data.length !== sizeOf(shape)) {
      throw new ShapeError(
        `tensor: ${data.length} values do not fill shape ${formatShape(shape)}, which needs ${sizeOf(shape)}.`,
      );
    }
    const t = Tensor.allocate(backend, dtype, shape);
    backend.write(t.block, data);
    return t;
  }

  /** Another tensor over the same memory. */
  view(layout: Layout): Tensor {
    return new Tensor(this.#live(), this.dtype, layout, null);
  }

  /** The same tensor as seen inside a trace. */
  traced(node: TraceNode): Tensor {
    return new Tensor(this.#live(), this.dtype, this, node);
  }

  get rank(): number {
    return this.shape.length;
  }

  get backend(): Backend {
    return this.#backend;
  }

  get block(): Block {
    return this.#live().cell.block;
  }

  get isDisposed(): boolean {
    return this.#storage === null;
  }

  get isContiguous(): boolean {
    return isContiguous(this.shape, this.strides);
  }

  /** The elements in row-major order, as a fresh typed array (`bool`: a Uint8Array of 0 and 1). */
  async data(): Promise<TypedArray> {
    const { block } = this;
    if (this.isContiguous) return this.#backend.read(block, this.offset, this.size);
    return this.#gather(await this.#backend.read(block, 0, block.length));
  }

  /** The same, without waiting; throws a `BackendError` where the backend can't (GPUs). */
  dataSync(): TypedArray {
    const { block } = this;
    if (this.isContiguous) return this.#backend.readSync(block, this.offset, this.size);
    return this.#gather(this.#backend.readSync(block, 0, block.length));
  }

  /** The elements as nested arrays (a number for a scalar; `bool` as 0 and 1). */
  async toArray(): Promise<NestedArray> {
    return nest(await this.data(), this.shape);
  }

  /** The same, without waiting. */
  toArraySync(): NestedArray {
    return nest(this.dataSync(), this.shape);
  }

  /** The only element of a one-element tensor. */
  item(): number {
    if (this.size !== 1)
      throw new ShapeError(`item: the tensor has ${this.size} elements, shape ${formatShape(this.shape)}.`);
    return this.dataSync()[0]!;
  }

  /** Gives the memory back (when no other tensor views it). Using the tensor afterwards throws; disposing twice does not. */
  dispose(): void {
    const storage = this.#storage;
    if (storage === null) return;
    this.#storage = null;
    live.tensors--;
    const { cell } = storage;
    if (--cell.refs === 0) storage.free();
  }

  [disposeSymbol](): void {
    this.dispose();
  }

  toString(): string {
    return formatTensor(this);
  }

  [inspectSymbol](): string {
    return this.toString();
  }

  #live(): Storage {
    if (this.#storage === null) {
      throw new DisposedError(
        `This ${this.dtype} tensor of shape ${formatShape(this.shape)} was disposed, by dispose(), by 'using', or by the end of ` +
          'the scope it was made in. Return it from the scope to keep it.',
      );
    }
    return this.#storage;
  }

  #gather(all: TypedArray): TypedArray {
    return toContiguous({
      data: all,
      dtype: this.dtype,
      shape: this.shape,
      strides: this.strides,
      offset: this.offset,
    });
  }
}

/** Nested arrays of the elements of `data`, row-major. */
export function nest(data: TypedArray, shape: Shape): NestedArray {
  let at = 0;
  const build = (axis: number): NestedArray =>
    axis === shape.length ? data[at++]! : Array.from({ length: shape[axis]! }, () => build(axis + 1));
  return build(0);
}

/**
 * How many tensors are alive, and how many bytes of backend memory they hold.
 *
 * @example
 * ```ts
 * import { memory, zeros } from 'kompakt';
 * const before = memory().tensors;
 * const x = zeros([2, 2]);
 * console.log(memory().tensors - before); // → 1
 * x.dispose();
 * console.log(memory().tensors - before); // → 0
 * ```
 */
export function memory(): { tensors: number; bytes: number } {
  registerYoung();
  return { ...live };
}
