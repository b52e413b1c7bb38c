import type { Operand } from '../../core/backend';
import type { TypedArray } from '../../core/dtype';
import type { GpuJsMode } from './device';
import type { Value } from './value';

/** A kernel to launch. */
export interface Launch {
  /** Begins `function name(a, b, s0, …) {` with as many arrays and numbers as are given; `inf` and `nan` may follow. */
  readonly source: string;
  /** Number of elements of the result, at least 1. */
  readonly size: number;
  readonly arrays: readonly Value[];
  readonly numbers?: readonly number[];
  /** Whether the kernel returns four values for each place of the result. */
  readonly packed?: boolean;
}

/** What kernels have at hand. */
export interface Context {
  readonly mode: GpuJsMode;
  /** Whether functions and NaN may be worse in this mode than IEEE 754 and the C library have them. */
  readonly approximate: boolean;
  /** Whether a kernel can give and take four values at a place. */
  readonly packs: boolean;
  /** Most arrays that a kernel can read. */
  readonly mostInputs: number;
  /** Most elements that an array can have. */
  readonly mostElements: number;
  valueOf(x: Operand): Value;
  /** The elements of the block of `x`, where they are few and the host knows them. */
  hostOf(x: Operand): TypedArray | null;
  /** Throws a BackendError where `what`, of `count` elements, has more than an array can have. */
  checkFits(what: string, count: number): void;
  /** Runs a kernel, now or when its operands are there. The caller holds the result. */
  launch(launch: Launch): Value;
  /** Runs another kernel of the backend, for kernels made of others. The caller holds the result. */
  run(name: string, inputs: readonly Operand[], out: Pick<Operand, 'shape' | 'dtype'>, attrs: unknown): Value;
  /** A value as an operand of `run`: contiguous, of a shape. */
  asOperand(value: Value, like: Pick<Operand, 'shape' | 'dtype'>): Operand;
}

/** Computes the elements of `out`, which is not empty, as a new value. */
export type Kernel<A = never> = (inputs: readonly Operand[], out: Operand, attrs: A, context: Context) => Value;

/** Kernels by the name of the op they compute. */
export type KernelTable = Readonly<Record<string, Kernel>>;
