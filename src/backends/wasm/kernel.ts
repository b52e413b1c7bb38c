import type { Block, Operand } from '../../core/backend';
import { bytesPerElement, type DType } from '../../core/dtype';
import type { TaskKernel } from './task';

/** A part of the arena. */
export interface WasmBlock extends Block {
  /** In bytes, a multiple of 64. */
  readonly address: number;
  /** As asked of the arena. */
  readonly bytes: number;
}

/** Kernels by the name of the op they compute. */
export type KernelTable = Readonly<Record<string, TaskKernel>>;

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
