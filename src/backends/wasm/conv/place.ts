import type { Operand } from '../../../core/backend';
import { bytesPerElement } from '../../../core/dtype';
import { contiguousStrides, isContiguous, sizeOf } from '../../../core/shape';
import { addressOf } from '../kernel';
import { contiguous } from '../layout/copy';
import { move, type Place } from '../layout/move';
import { transposeMatrices } from '../layout/transpose';
import type { TaskContext } from '../task';
import type { Four } from './geometry';

/** A four-dimensional operand as a kernel reads it; strides in bytes. */
export interface Placed {
  readonly address: number;
  readonly shape: Four;
  readonly strides: Four;
}

type StridedPlace = Pick<Placed, 'address' | 'strides'>;

/** Row-major strides in bytes. */
export function byteStrides(shape: Four, bytes: number): Four {
  return contiguousStrides(shape).map((s) => s * bytes) as unknown as Four;
}

/** The operand itself where its channels are neighbours, else a contiguous copy. */
export function placeImages(x: Operand, context: TaskContext): Placed {
  return place(x, context, x.strides[3] === 1 || x.shape[3] === 1);
}

/** The operand itself where it is contiguous, else a contiguous copy. */
export function placeContiguous(x: Operand, context: TaskContext): Placed {
  return place(x, context, isContiguous(x.shape, x.strides));
}

/** The contiguous result of an operation. */
export function placeOut(out: Operand, shape = out.shape as unknown as Four): Placed {
  return { address: addressOf(out), shape, strides: byteStrides(shape, bytesPerElement(out.dtype)) };
}

/** Contiguous memory of the operation's own. */
export function placeWorkspace(shape: Four, bytes: number, context: TaskContext): Placed {
  return { address: context.workspace(sizeOf(shape) * bytes), shape, strides: byteStrides(shape, bytes) };
}

function place(x: Operand, context: TaskContext, asIs: boolean): Placed {
  const shape = x.shape as unknown as Four;
  const bytes = bytesPerElement(x.dtype);
  if (asIs) {
    // Strides of axes of one element say nothing; make them those of a contiguous tensor where it is one.
    const strides = isContiguous(x.shape, x.strides) ? byteStrides(shape, bytes) : x.strides.map((s) => s * bytes);
    return { address: addressOf(x), strides: strides as Four, shape };
  }
  return { address: addressOf(contiguous(x, context)), strides: byteStrides(shape, bytes), shape };
}

/** Copies a block of four axes between two places, which may not overlap; strides in bytes. */
export function copyPlaced(
  context: TaskContext,
  bytes: number,
  shape: Four,
  to: StridedPlace,
  from: StridedPlace,
): void {
  const inElements = ({ address, strides }: StridedPlace): Place => ({
    address,
    strides: strides.map((n) => n / bytes),
  });
  const [target, source] = [inElements(to), inElements(from)];
  const toContiguous = isContiguous(shape, target.strides);
  if (bytes === 4 && toContiguous && transposeMatrices(context, shape, target.address, source)) return;
  move(context, bytes, shape, target, source);
}
