import type { Operand } from '../../../core/backend';
import { contiguousStrides, sizeOf } from '../../../core/shape';
import { contiguous, map, reader, withContiguous } from '../build';
import type { Context, Kernel, KernelTable } from '../kernel';
import { coordinates, INDEX, place } from '../source';
import type { Value } from '../value';

/** The same elements in row-major order: what is left of `reshape` and its kind where no view will do. */
const copy: Kernel = ([x], _, __, context) =>
  map({ name: 'copy', shape: x!.shape, readers: [reader(x!, context)], body: 'return v0;' }, context);

/** A layout over the operand, read where the result stands. */
function copyFrom(
  x: Operand,
  shape: readonly number[],
  strides: readonly number[],
  offset: number,
  context: Context,
): Value {
  return map(
    { name: 'copy', shape, readers: [{ value: context.valueOf(x), strides, offset }], body: 'return v0;' },
    context,
  );
}

interface Window {
  /** Where along each axis of the result the operand begins, and the step between its elements there. */
  readonly starts: readonly number[];
  readonly steps: readonly number[];
}

/** `x` at some places of the result, `fill` elsewhere. */
function spread(x: Operand, out: Operand, { starts, steps }: Window, fill: number, context: Context): Value {
  if (sizeOf(x.shape) === 0) return filled(out, fill, context);
  return withContiguous([x], context, ([values]) => {
    const strides = contiguousStrides(x.shape);
    const lines: string[] = [];
    const tests: string[] = [];
    x.shape.forEach((n, axis) => {
      const [start, step] = [starts[axis]!, steps[axis]!];
      const away = step > 0 ? `x${axis} - ${start}` : `${start} - x${axis}`;
      const size = Math.abs(step);
      lines.push(`const d${axis} = ${away};`);
      if (size === 1) lines.push(`const y${axis} = d${axis};`);
      else lines.push(`const y${axis} = quotient(d${axis}, ${size});`);
      tests.push(`y${axis} >= 0 && y${axis} < ${n}${size === 1 ? '' : ` && y${axis} * ${size} === d${axis}`}`);
    });
    const names = x.shape.map((_, axis) => `y${axis}`);
    const read = `return a[${place(names, strides, 0)}];`;
    const inside = tests.length === 0 ? read : `if (${tests.join(' && ')}) { ${read} } return s0;`;
    const body = `${INDEX} ${coordinates(out.shape, 'i')} ${lines.join(' ')} ${inside}`;
    return context.launch({
      source: `function spread(a, s0) { ${body} }`,
      size: out.block.length,
      arrays: [values!],
      numbers: [fill],
    });
  });
}

function filled(out: Operand, value: number, context: Context): Value {
  return context.launch({
    source: 'function fill(s0) { return s0; }',
    size: out.block.length,
    arrays: [],
    numbers: [value],
  });
}

interface PadAttrs {
  readonly pads: readonly (readonly [number, number])[];
  readonly value: number;
}

const pad: Kernel<PadAttrs> = ([x], out, { pads, value }, context) =>
  spread(
    x!,
    out,
    { starts: pads.map(([before]) => before), steps: pads.map(() => 1) },
    out.dtype === 'bool' ? Number(value !== 0) : value,
    context,
  );

const sliceGrad: Kernel<Window> = ([g], out, window, context) => spread(g!, out, window, 0, context);

const slice: Kernel<Window> = ([x], out, { starts, steps }, context) => {
  const offset = starts.reduce((at, start, axis) => at + start * x!.strides[axis]!, x!.offset);
  return copyFrom(
    x!,
    out.shape,
    x!.strides.map((s, axis) => s * steps[axis]!),
    offset,
    context,
  );
};

const transpose: Kernel<{ readonly axes: readonly number[] }> = ([x], out, { axes }, context) =>
  copyFrom(
    x!,
    out.shape,
    axes.map((axis) => x!.strides[axis]!),
    x!.offset,
    context,
  );

const broadcastTo: Kernel = ([x], out, _, context) =>
  map({ name: 'copy', shape: out.shape, readers: [reader(x!, context, out.shape)], body: 'return v0;' }, context);

/** Up to as many operands at once as a kernel can read; more of them bit by bit. */
const concat: Kernel<{ readonly axis: number }> = (inputs, out, { axis }, context) => {
  const parts = inputs.filter((x) => x.shape[axis]! > 0);
  const held = parts.map((x) => ({ value: contiguous(x, context), n: x.shape[axis]! }));
  const outer = out.shape.slice(0, axis).reduce((a, b) => a * b, 1);
  const inner = out.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  while (held.length > 1) {
    const now = held.splice(0, context.mostInputs);
    held.unshift({ value: join(now, outer, inner, context), n: now.reduce((sum, { n }) => sum + n, 0) });
    for (const { value } of now) value.release();
  }
  return held[0]!.value;
};

function join(
  parts: readonly { readonly value: Value; readonly n: number }[],
  outer: number,
  inner: number,
  context: Context,
): Value {
  const total = parts.reduce((sum, { n }) => sum + n, 0);
  const names = 'abcdefghjklm';
  let start = 0;
  const cases = parts.map(({ n }, p) => {
    const read = `return ${names[p]}[x0 * ${n * inner} + (x1 - ${start}) * ${inner} + x2];`;
    start += n;
    return p === parts.length - 1 ? read : `if (x1 < ${start}) { ${read} }`;
  });
  const body = `${INDEX} ${coordinates([outer, total, inner], 'i')} ${cases.join(' ')}`;
  const source = `function concat(${[...names.slice(0, parts.length)].join(', ')}) { ${body} }`;
  return context.launch({ source, size: outer * total * inner, arrays: parts.map(({ value }) => value) });
}

const makeKernels = (): KernelTable => ({
  reshape: copy,
  stopGradient: copy,
  slice: slice as Kernel,
  transpose: transpose as Kernel,
  broadcastTo,
  pad: pad as Kernel,
  sliceGrad: sliceGrad as Kernel,
  concat: concat as Kernel,
});
/** Elements in other places. */
export const LAYOUT: KernelTable = /* @__PURE__ */ makeKernels();
