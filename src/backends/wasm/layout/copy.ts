import type { Operand } from '../../../core/backend';
import { bytesPerElement } from '../../../core/dtype';
import { contiguousStrides, isContiguous, type Shape, sizeOf } from '../../../core/shape';
import { addressOf, elementShift, type WasmBlock } from '../kernel';
import type { TaskContext } from '../task';
import { copyBytes, repeat } from './bytes';
import { move, type Place } from './move';
import { transposeMatrices } from './transpose';

function placeOf(x: Operand): Place {
  return { address: addressOf(x), strides: x.strides };
}

/** Writes the elements of `x`, in row-major order, to `out`, which is contiguous with as many elements, of any shape. */
export function copyContiguous(x: Operand, out: Operand, context: TaskContext): void {
  const bytes = bytesPerElement(x.dtype);
  if (isContiguous(x.shape, x.strides)) {
    copyBytes(context, addressOf(out), addressOf(x), sizeOf(x.shape) * bytes);
  } else if (isRepeated(x)) {
    repeat(context, elementShift(x.dtype), addressOf(out), addressOf(x), sizeOf(x.shape) * bytes);
  } else if (!copyTransposed(x, out, context)) {
    const to = { address: addressOf(out), strides: contiguousStrides(x.shape) };
    move(context, bytes, x.shape, to, placeOf(x));
  }
}

/** Whether all elements of `x` are one in memory. */
export function isRepeated({ shape, strides }: Operand): boolean {
  return shape.every((n, axis) => n === 1 || strides[axis] === 0);
}

/** Copies an `x` of 32-bit elements that consists of matrices with their axes swapped; false if it does not. */
export function copyTransposed(x: Operand, out: Operand, context: TaskContext): boolean {
  return elementShift(x.dtype) === 2 && transposeMatrices(context, x.shape, addressOf(out), placeOf(x));
}

/** A contiguous operand in memory that is the operation's until it is done. */
export function workspace(context: TaskContext, dtype: Operand['dtype'], shape: Shape): Operand {
  const length = sizeOf(shape);
  const bytes = length * bytesPerElement(dtype);
  const block: WasmBlock = { dtype, length, bytes, address: context.workspace(bytes) };
  return { block, dtype, shape, strides: contiguousStrides(shape), offset: 0 };
}

/** `x` made contiguous: `x` itself if it is, else a copy. */
export function contiguous(x: Operand, context: TaskContext): Operand {
  if (isContiguous(x.shape, x.strides)) return x;
  const copy = workspace(context, x.dtype, x.shape);
  copyContiguous(x, copy, context);
  return copy;
}
