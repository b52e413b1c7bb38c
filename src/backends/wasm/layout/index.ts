import { bytesPerElement } from '../../../core/dtype';
import { contiguousStrides } from '../../../core/shape';
import { addressOf } from '../kernel';
import type { TaskKernel } from '../task';
import { copyContiguous } from './copy';
import { move } from './move';

/** Ops whose result is the operand's elements in order, when they are not mere views. */
export const reshape: TaskKernel = ([x], out, _, context) => {
  copyContiguous(x!, out, context);
  return true;
};

export const transpose: TaskKernel<{ axes: readonly number[] }> = ([x], out, { axes }, context) => {
  const { block, dtype, offset, shape, strides } = x!;
  const pick = (from: readonly number[]): number[] => axes.map((axis) => from[axis]!);
  copyContiguous({ block, dtype, offset, shape: pick(shape), strides: pick(strides) }, out, context);
  return true;
};

export const concat: TaskKernel<{ axis: number }> = (inputs, out, { axis }, context) => {
  const bytes = bytesPerElement(out.dtype);
  const strides = contiguousStrides(out.shape);
  let address = addressOf(out);
  for (const x of inputs) {
    move(context, bytes, x.shape, { address, strides }, { address: addressOf(x), strides: x.strides });
    address += x.shape[axis]! * strides[axis]! * bytes;
  }
  return true;
};

export { pad } from './pad';
