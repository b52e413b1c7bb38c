import type { Block, Operand } from '../../core/backend';
import { bytesPerElement, type DType } from '../../core/dtype';
import type { Arena } from './arena';
import type { ModuleBuilder } from './assembler/index';
import type { TaskContext, TaskKernel } from './task';

/** A part of the arena. */
export interface WasmBlock extends Block {
  /** In bytes, a multiple of 64. */
  readonly address: number;
  /** As asked of the arena. */
  readonly bytes: number;
}

/** What kernels that run on the spot have at hand. */
export interface KernelContext extends TaskContext {
  /**
   * Memory; for workspace, `allocate` and `release` within the call. Allocating may detach views but moves nothing:
   * addresses stay good.
   */
  readonly arena: Arena;
  /**
   * The exports of the module known by `key`, built, compiled and instantiated the first time it is asked for. The key
   * must determine what `build` does. Functions of the host that it imports are given as `imports`.
   */
  module<E>(key: string, build: (module: ModuleBuilder) => void, imports?: WebAssembly.ModuleImports): E;
}

/**
 * Computes one operation on operands in the arena into `out` (contiguous, newly allocated, not empty), or returns false
 * where the case is not covered: then the reference rule runs. It runs on the spot, on the main thread; where it can,
 * a kernel is a `TaskKernel` instead.
 */
export type Kernel<A = never> = (inputs: readonly Operand[], out: Operand, attrs: A, context: KernelContext) => boolean;

/** A kernel that launches tasks. */
export interface TaskEntry {
  readonly tasks: TaskKernel;
}

/** Kernels by the name of the op they compute. */
export type KernelTable = Readonly<Record<string, Kernel | TaskEntry>>;

/** An entry of the kernel table for a kernel that launches tasks. */
export function asTasks<A>(tasks: TaskKernel<A>): TaskEntry {
  return { tasks };
}

const SHIFT: Readonly<Record<DType, number>> = { float32: 2, float64: 3, int32: 2, int8: 0, uint8: 0, bool: 0 };

/** log2 of the size of an element in bytes. */
export function elementShift(dtype: DType): number {
  return SHIFT[dtype];
}

/**
 * Address in bytes of the first element of an operand. It may exceed 2^31 (WebAssembly takes it modulo 2^32), and in a
 * recorded operation it is beyond all memory, for a place that is known later: add to it and subtract from it only.
 */
export function addressOf(x: Operand): number {
  return (x.block as WasmBlock).address + x.offset * bytesPerElement(x.dtype);
}
