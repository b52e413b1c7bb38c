import type { Block, Operand } from '../../core/backend';
import { bytesPerElement, type DType, type TypedArray } from '../../core/dtype';
import type { TaskKernel } from './task';

/** A part of the arena. */
export interface WasmBlock extends Block {
  /** In bytes, a multiple of 64. */
  readonly address: number;
  /** As asked of the arena. */
  readonly bytes: number;
  /** What all elements are to be, where only the first has been written yet: see `settle`. */
  pending?: number | undefined;
}

/** Kernels by the name of the op they compute. */
export type KernelTable = Readonly<Record<string, TaskKernel>>;

const SHIFT: Readonly<Record<DType, number>> = { float32: 2, float64: 3, int32: 2, int8: 0, uint8: 0, bool: 0 };

/** log2 of the size of an element in bytes. */
export function elementShift(dtype: DType): number {
  return SHIFT[dtype];
}

/** Whether all elements of a block are to be alike, and only the first has been written. */
export function isPending(block: Block): boolean {
  return (block as WasmBlock).pending !== undefined;
}

/** Writes the elements of a block that has only been said what to be filled with; `elements` views all memory. */
export function settle(block: Block, elements: TypedArray): void {
  const { pending, address, length } = block as WasmBlock;
  if (pending === undefined) return;
  const first = address / bytesPerElement(block.dtype);
  elements.fill(pending, first, first + length);
  (block as WasmBlock).pending = undefined;
}

/** An operand whose elements are all alike, and not written yet, as its first one repeated; others as they are. */
export function asRepeated(x: Operand): Operand {
  const { block, dtype, shape } = x;
  return isPending(block) ? { block, dtype, shape, strides: shape.map(() => 0), offset: 0 } : x;
}

/**
 * Address in bytes of the first element of an operand. It may exceed 2^31 (WebAssembly takes it modulo 2^32), and in a
 * recorded operation it is beyond all memory, for a place that is known later: add to it and subtract from it only.
 */
export function addressOf(x: Operand): number {
  return (x.block as WasmBlock).address + x.offset * bytesPerElement(x.dtype);
}
