import type { DType, TypedArray } from './dtype';
import type { Shape } from './shape';
import type { View } from './view';

/** Memory that a backend handed out. Only the backend that made it looks inside. */
export interface Block {
  readonly dtype: DType;
  /** Number of elements. */
  readonly length: number;
}

/** What a kernel sees of an operand: where it lies and how it is laid out. Never a Tensor. */
export interface Operand {
  readonly block: Block;
  readonly dtype: DType;
  readonly shape: Shape;
  /** In elements; 0 on broadcast axes, negative on flipped ones. */
  readonly strides: readonly number[];
  /** Of the first element, in elements from the start of the block. */
  readonly offset: number;
}

/** What a backend needs to know of an operation: its name, to find a kernel by, and its definition. */
export interface Primitive {
  readonly name: string;
  reference(inputs: readonly View[], out: View, attrs: never): void;
}

/**
 * A place where tensors live and operations run.
 *
 * `run` is the single way in, so a backend that records instead of computing (tracing for `compile`), one that fuses,
 * and one that hands the work to several workers all have the same face.
 */
export interface Backend {
  readonly name: string;
  /** The dtypes this backend can hold; creating a tensor of another one throws. */
  readonly dtypes: readonly DType[];
  /** Memory for `length` elements; contents unspecified. Throws a `BackendError` that says what to do when there is none. */
  allocate(dtype: DType, length: number): Block;
  free(block: Block): void;
  /** Copies `data` (exactly `block.length` elements) into the block. */
  write(block: Block, data: TypedArray): void;
  /** Copies `length` elements from `offset` out; throws on a backend that can't do so without waiting. */
  readSync(block: Block, offset: number, length: number): TypedArray;
  /** The same, for every backend. */
  read(block: Block, offset: number, length: number): Promise<TypedArray>;
  /**
   * The live memory of a block, for host-readable backends (else null). Valid only until the next `allocate` on this
   * backend: growing WASM memory detaches every view of it.
   */
  host(block: Block): TypedArray | null;
  /** Computes `op` on `inputs` into `out`, which is contiguous and newly allocated. */
  run(op: Primitive, inputs: readonly Operand[], out: Operand, attrs: unknown): void;
}
