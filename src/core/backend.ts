import type { DType, TypedArray } from './dtype';
import type { Expression } from './expression';
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
  /**
   * What the WASM backend computes it with, which travels with the operation so that a program holds the code of its
   * operations only. That backend alone looks inside.
   */
  readonly kernel?: unknown;
  reference(inputs: readonly View[], out: View, attrs: never): void;
  /** Present where each element of the result depends on the elements of the (broadcast) inputs at its place only. */
  readonly elementwise?: ElementwiseRule;
  /** Present where an operand holds indices, which may be out of range. */
  readonly indices?: IndexRule;
}

/** What looking at indices beforehand needs to know of an operation. */
export interface IndexRule {
  /** Number of the operand that holds the indices; they count along an axis of the first. */
  readonly operand: number;
  /** Whether they are to be looked at. */
  wants(attrs: never): boolean;
  /** Throws where a value of that operand is out of range. */
  check(indices: View, first: { readonly shape: Shape }, attrs: never): void;
}

/** What fusing needs to know of an elementwise operation. */
export interface ElementwiseRule {
  /** Its numeric attributes in the order in which code generators want them; null where this case can't be fused. */
  scalars(attrs: never): readonly number[] | null;
  /** The name that code generators know this case by, where it is not the operation's. */
  variant?(attrs: never): string;
}

/** Where the contents of a block of a program come from. */
export type BlockRole =
  /** Given at each call, as input number `index`. */
  | { readonly kind: 'input'; readonly index: number }
  /** Known beforehand: values, or the block of a captured tensor. */
  | { readonly kind: 'constant'; readonly data: TypedArray }
  | { readonly kind: 'captured'; readonly operand: Operand }
  /** Computed, and wanted as output number `index`. */
  | { readonly kind: 'output'; readonly index: number }
  /** Computed on the way. */
  | { readonly kind: 'temporary' };

/** Memory that a program works with, known by its number. */
export interface ProgramBlock {
  readonly dtype: DType;
  /** Number of elements. */
  readonly length: number;
  readonly role: BlockRole;
}

/** An operand whose block is one of a program's. */
export interface ProgramOperand extends Omit<Operand, 'block'> {
  /** Number of the block. */
  readonly block: number;
}

/** One operation of a program. */
export interface ProgramNode {
  readonly op: Primitive;
  readonly inputs: readonly ProgramOperand[];
  /** Contiguous, and the whole of its block. */
  readonly out: ProgramOperand;
  readonly attrs: unknown;
}

/** What a traced function computes: operations in an order in which they can run. */
export interface Program {
  readonly blocks: readonly ProgramBlock[];
  readonly nodes: readonly ProgramNode[];
}

/** A program made ready to run many times. */
export interface Plan {
  /** Bytes of memory that the plan holds, inputs and outputs left out. */
  readonly peakBytes: number;
  /** Computes outputs, which are contiguous and allocated, from inputs of the layouts in the program. */
  run(inputs: readonly Operand[], outputs: readonly Operand[]): void;
  dispose(): void;
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
  /** Whether products round what they multiply to 16 bits, so that small gradients vanish and large ones overflow. */
  readonly mixed?: boolean;
  /** Memory for `length` elements; contents unspecified. Throws a `BackendError` that says what to do when there is none. */
  allocate(dtype: DType, length: number): Block;
  free(block: Block): void;
  /** Copies `data` (exactly `block.length` elements) into the block. */
  write(block: Block, data: TypedArray): void;
  /** Sets all elements of the block to `value`, a number of its dtype; absent where `write` does as well. */
  fill?(block: Block, value: number): void;
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
  /** Whether there is code for an operation, for those who know another way; absent where all operations can run. */
  runs?(op: Pick<Primitive, 'name'>): boolean;
  /** Whether there is code for an elementwise expression, so that fusing it pays; absent where fusing never does. */
  fuses?(expression: Expression): boolean;
  /** Makes a program ready to run many times; for backends that do better than running it operation by operation. */
  plan?(program: Program): Plan;
  /**
   * For a backend that records: a tensor of another backend as one of its own, to be used beside those; null where it
   * takes none from there.
   */
  adopt?<T extends Operand>(stranger: T): T | null;
  /** Ends the threads that the backend has started, if any. It stays usable. */
  shutdown?(): Promise<void>;
}
