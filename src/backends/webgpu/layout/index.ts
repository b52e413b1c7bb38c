import type { Operand } from '../../../core/backend';
import { allocateTyped, type DType } from '../../../core/dtype';
import { broadcastStrides, sizeOf } from '../../../core/shape';
import { copy } from '../elementwise/kernel';
import {
  elementType,
  type GPUKernel,
  groupsFor,
  type KernelContext,
  type KernelTable,
  reshaped,
  stretchOf,
  withLayout,
} from '../kernel';

interface SliceAttrs {
  readonly starts: readonly number[];
  readonly sizes: readonly number[];
  readonly steps: readonly number[];
}

/** The part of an operand that a slice selects. */
function partOf(x: Operand, { starts, sizes, steps }: SliceAttrs): Operand {
  const offset = starts.reduce((at, start, axis) => at + start * x.strides[axis]!, x.offset);
  return withLayout(x, { shape: sizes, strides: x.strides.map((s, axis) => s * steps[axis]!), offset });
}

/** Copies where there is something to copy. */
function copySome(x: Operand, out: Operand, context: KernelContext): void {
  if (sizeOf(out.shape) > 0) copy(x, out, context);
}

/** A value as a dtype stores it. */
function storedAs(value: number, dtype: DType): number {
  const one = allocateTyped(dtype, 1);
  one[0] = dtype === 'bool' ? Number(value !== 0) : value;
  return one[0]!;
}

/** Writes a number into all of the contiguous `out`. */
function fill(out: Operand, value: number, context: KernelContext): void {
  const type = elementType(out.dtype) as 'f32' | 'i32';
  const code = context.code(`fill ${type}`, () => ({
    reads: {},
    writes: { y: type },
    params: { size: 'u32', value: type },
    main: 'if (id < p.size) { y[id] = p.value; }',
  }));
  const all = sizeOf(out.shape);
  const step = stretchOf(out, context);
  for (let offset = 0; offset < all; offset += step) {
    const size = Math.min(step, all - offset);
    context.dispatch(code, {
      reads: [],
      writes: [step < all ? withLayout(out, { shape: [size], strides: [1], offset }) : out],
      params: { size, value: storedAs(value, out.dtype) },
      groups: groupsFor(size, code),
    });
  }
}

const slice: GPUKernel<SliceAttrs> = ([x], out, attrs, context) => {
  copySome(partOf(x!, attrs), out, context);
  return true;
};

const sliceGrad: GPUKernel<SliceAttrs> = ([g], out, attrs, context) => {
  fill(out, 0, context);
  copySome(g!, partOf(out, attrs), context);
  return true;
};

interface PadAttrs {
  readonly pads: readonly (readonly [number, number])[];
  readonly value: number;
}

const pad: GPUKernel<PadAttrs> = ([x], out, { pads, value }, context) => {
  fill(out, value, context);
  const starts = pads.map(([before]) => before);
  copySome(x!, partOf(out, { starts, sizes: x!.shape, steps: starts.map(() => 1) }), context);
  return true;
};

const concat: GPUKernel<{ readonly axis: number }> = (xs, out, { axis }, context) => {
  let { offset } = out;
  for (const x of xs) {
    copySome(x, withLayout(out, { shape: x.shape, strides: out.strides, offset }), context);
    offset += x.shape[axis]! * out.strides[axis]!;
  }
  return true;
};

const transpose: GPUKernel<{ readonly axes: readonly number[] }> = ([x], out, { axes }, context) => {
  copy(withLayout(x!, { shape: out.shape, strides: axes.map((a) => x!.strides[a]!), offset: x!.offset }), out, context);
  return true;
};

const reshape: GPUKernel = ([x], out, _, context) => {
  copy(x!, reshaped(out, x!.shape), context);
  return true;
};

const broadcastTo: GPUKernel = ([x], out, _, context) => {
  const strides = broadcastStrides(x!.shape, x!.strides, out.shape);
  copy(withLayout(x!, { shape: out.shape, strides, offset: x!.offset }), out, context);
  return true;
};

interface OneHotAttrs {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly axis: number;
}

const oneHot: GPUKernel<OneHotAttrs> = ([indices], out, { depth, onValue, offValue, axis }, context) => {
  const type = elementType(out.dtype) as 'f32' | 'i32';
  const spread = context.scratch('int32', indices!.shape);
  copy(indices!, spread, context);
  const inner = sizeOf(out.shape.slice(axis + 1));
  const code = context.code(`one-hot ${type}`, () => ({
    reads: { classes: 'i32' },
    writes: { y: type },
    params: { size: 'u32', depth: 'u32', inner: 'u32', on: type, off: type },
    main: `if (id >= p.size) { return; }
let c = (id / p.inner) % p.depth;
let at = id / (p.inner * p.depth) * p.inner + id % p.inner;
y[id] = select(p.off, p.on, classes[at] == i32(c));`,
  }));
  const size = sizeOf(out.shape);
  const params = { size, depth, inner, on: storedAs(onValue, out.dtype), off: storedAs(offValue, out.dtype) };
  context.dispatch(code, { reads: [spread], writes: [out], params, groups: groupsFor(size, code) });
  return true;
};

const stopGradient: GPUKernel = ([x], out, _, context) => {
  copy(x!, out, context);
  return true;
};

const makeLayout = (): KernelTable => ({
  slice,
  sliceGrad,
  pad,
  concat,
  transpose,
  reshape,
  broadcastTo,
  stopGradient,
  oneHot,
});
/** Elements moved about, and numbers spread. */
export const LAYOUT: KernelTable = /* @__PURE__ */ makeLayout();
