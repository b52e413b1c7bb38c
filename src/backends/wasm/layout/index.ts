import type { Operand } from '../../../core/backend';
import { bytesPerElement } from '../../../core/dtype';
import { contiguousStrides, type Shape } from '../../../core/shape';
import { addressOf, type Kernel, type KernelContext, type KernelTable } from '../kernel';
import { copies, copyContiguous, forEachOffset, mergeAxes, withContiguous } from './copy';
import { gather, scatterAdd } from './rows';

const product = (shape: Shape): number => shape.reduce((a, b) => a * b, 1);

/** Ops whose result is the operand's elements in order, when they are not mere views. */
const inOrder: Kernel = ([x], out, _, context) => copyContiguous(x!, out, context);

const concat: Kernel<{ axis: number }> = (inputs, out, { axis }, context) => {
  const { rows } = copies(context);
  const size = bytesPerElement(out.dtype);
  const outer = product(out.shape.slice(0, axis));
  const toStep = product(out.shape.slice(axis)) * size;
  let to = addressOf(out);
  for (const x of inputs) {
    const bytes = product(x.shape.slice(axis)) * size;
    if (bytes === 0) continue;
    const start = to;
    const done = withContiguous(x, context, (y) => {
      rows(start, addressOf(y), outer, bytes, toStep, bytes);
      return true;
    });
    if (!done) return false;
    to += bytes;
  }
  return true;
};

interface PadAttrs {
  readonly pads: readonly (readonly [number, number])[];
  readonly value: number;
}

const pad: Kernel<PadAttrs> = ([x], out, { pads, value }, context) => {
  if (pads.some(([before, after]) => before < 0 || after < 0)) return false;
  fill(out, value, context);
  if (product(x!.shape) === 0) return true;
  const strides = contiguousStrides(out.shape);
  const start = pads.reduce((at, [before], axis) => at + before * strides[axis]!, 0);
  return withContiguous(x!, context, (y) => {
    copyInto({ shape: y.shape, strides }, addressOf(out) + start * bytesPerElement(out.dtype), y, context);
    return true;
  });
};

function fill(out: Operand, value: number, { arena }: KernelContext): void {
  const start = addressOf(out) / bytesPerElement(out.dtype);
  arena.elements(out.dtype).fill(out.dtype === 'bool' ? Number(value !== 0) : value, start, start + product(out.shape));
}

/** Copies the contiguous `y` to where a layout of the same shape puts it: whole rows, as long as the layout allows. */
function copyInto(
  layout: { shape: Shape; strides: readonly number[] },
  to: number,
  y: Operand,
  context: KernelContext,
): void {
  const { rows } = copies(context);
  const size = bytesPerElement(y.dtype);
  const { shape, strides } = mergeAxes(layout);
  const unit = strides[strides.length - 1] === 1;
  const run = unit ? shape.pop()! : 1;
  if (unit) strides.pop();
  const count = shape.pop() ?? 1;
  const step = strides.pop() ?? 0;
  let from = addressOf(y);
  forEachOffset(shape, strides, (offset) => {
    rows(to + offset * size, from, count, run * size, step * size, run * size);
    from += count * run * size;
  });
}

const makeLayout = (): KernelTable => ({
  reshape: inOrder,
  transpose: (inputs, out, attrs: { axes: readonly number[] }, context) => {
    const [x] = inputs as readonly [Operand];
    const pick = (from: readonly number[]): number[] => attrs.axes.map((axis) => from[axis]!);
    const { block, dtype, offset } = x;
    return copyContiguous({ block, dtype, offset, shape: pick(x.shape), strides: pick(x.strides) }, out, context);
  },
  concat,
  pad,
  gather,
  scatterAdd,
});
/** Kernels that move elements without computing on them, and sums of rows picked by index. */
export const LAYOUT: KernelTable = /* @__PURE__ */ makeLayout();
