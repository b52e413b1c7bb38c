import type { Operand } from '../../../core/backend';
import { bytesPerElement } from '../../../core/dtype';
import { contiguousStrides, isContiguous, sizeOf } from '../../../core/shape';
import { addressOf, type KernelContext, type WasmBlock } from '../kernel';
import { copyContiguous, workspace } from '../layout/copy';
import { copyStrided } from './strided-copy';

export type Four = readonly [number, number, number, number];

/** A four-dimensional operand as a kernel reads it; strides in bytes. */
export interface Placed {
  readonly address: number;
  readonly shape: Four;
  readonly strides: Four;
  /** Bytes to be given back at `address`; 0 where it is the operand's own memory. */
  readonly owned: number;
}

/** Row-major strides in bytes. */
export function byteStrides(shape: Four, bytes: number): Four {
  return contiguousStrides(shape).map((s) => s * bytes) as unknown as Four;
}

/** The operand itself where its channels are neighbours, else a contiguous copy. */
export function placeImages(x: Operand, context: KernelContext): Placed {
  return place(x, context, x.strides[3] === 1 || x.shape[3] === 1);
}

/** The operand itself where it is contiguous, else a contiguous copy. */
export function placeContiguous(x: Operand, context: KernelContext): Placed {
  return place(x, context, isContiguous(x.shape, x.strides));
}

function place(x: Operand, context: KernelContext, asIs: boolean): Placed {
  const shape = x.shape as unknown as Four;
  const bytes = bytesPerElement(x.dtype);
  const from = { address: addressOf(x), strides: x.strides.map((s) => s * bytes) as unknown as Four };
  if (asIs) {
    // Strides of axes of one element say nothing; make them those of a contiguous tensor where it is one.
    const strides = isContiguous(x.shape, x.strides) ? byteStrides(shape, bytes) : from.strides;
    return { ...from, strides, shape, owned: 0 };
  }
  const copy = workspace(context, x.dtype, shape);
  const { address } = copy.block as WasmBlock;
  const strides = byteStrides(shape, bytes);
  if (!copyContiguous(x, copy, context)) copyStrided(context, bytes, shape, { address, strides }, from);
  return { address, strides, shape, owned: sizeOf(shape) * bytes };
}

/** Gives back what `placeImages` and `placeContiguous` had to allocate. */
export function releasePlaced(context: KernelContext, ...all: readonly Placed[]): void {
  for (const { address, owned } of all) if (owned > 0) context.arena.release(address, owned);
}
