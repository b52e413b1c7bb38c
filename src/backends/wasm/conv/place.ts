import type { Operand } from '../../../core/backend';
import { bytesPerElement } from '../../../core/dtype';
import { contiguousStrides, isContiguous, sizeOf } from '../../../core/shape';
import { i32, memory } from '../assembler/index';
import { addressOf } from '../kernel';
import { emitTask, type TaskContext } from '../task';
import type { Four } from './geometry';
import { copyStrided } from './strided-copy';

/** A four-dimensional operand as a kernel reads it; strides in bytes. */
export interface Placed {
  readonly address: number;
  readonly shape: Four;
  readonly strides: Four;
}

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
  const from = { address: addressOf(x), strides: x.strides.map((s) => s * bytes) as unknown as Four };
  if (asIs) {
    // Strides of axes of one element say nothing; make them those of a contiguous tensor where it is one.
    const strides = isContiguous(x.shape, x.strides) ? byteStrides(shape, bytes) : from.strides;
    return { ...from, strides, shape };
  }
  const copy = placeWorkspace(shape, bytes, context);
  copyStrided(context, bytes, shape, copy, from);
  return copy;
}

/** Clears a contiguous place. */
export function zero({ address, shape, strides }: Placed, context: TaskContext): void {
  const code = context.code('zero', (m) =>
    emitTask(m, { words: ['to'] }, (f, { to }, { begin, end }) =>
      f.do(memory.fill(i32.add(to, begin), 0, i32.sub(end, begin))),
    ),
  );
  const bytes = shape[0] * strides[0];
  context.launch(code, [address], { units: bytes, cost: bytes / 20, multiple: 64 });
}

/** Nothing to do: what was copied is the operation's workspace. */
export function releasePlaced(..._: readonly unknown[]): void {}
