import type { Operand } from '../../../core/backend';
import type { Shape } from '../../../core/shape';
import { sizeOf } from '../../../core/shape';
import { withContiguous } from '../build';
import type { Context, Kernel, KernelTable } from '../kernel';
import { coordinates, INDEX } from '../source';
import type { Value } from '../value';

interface AxisAttrs {
  readonly axis: number;
}

/** The axes before, at and after one. */
function lanesOf(shape: Shape, axis: number): { outer: number; n: number; inner: number } {
  return { outer: sizeOf(shape.slice(0, axis)), n: shape[axis]!, inner: sizeOf(shape.slice(axis + 1)) };
}

/** Statements that declare `row`, the index `from`, negative ones counted from the end of `n`. */
const rowOf = (from: string, n: number): string => `let row = ${from}; if (row < 0) { row = row + ${n}; }`;

function run(
  name: string,
  params: string,
  body: string,
  inputs: readonly Operand[],
  out: Operand,
  context: Context,
): Value {
  return withContiguous(inputs, context, (arrays) =>
    context.launch({ source: `function ${name}(${params}) { ${INDEX} ${body} }`, size: out.block.length, arrays }),
  );
}

const gather: Kernel<AxisAttrs> = (inputs, out, { axis }, context) => {
  const { outer, n, inner } = lanesOf(inputs[0]!.shape, axis);
  const count = sizeOf(inputs[1]!.shape);
  const body = `${coordinates([outer, count, inner], 'i')} ${rowOf('b[x1]', n)} return a[(x0 * ${n} + row) * ${inner} + x2];`;
  return run('gather', 'a, b', body, inputs, out, context);
};

/** Every row looks for the updates that are meant for it: there are no atomic additions. */
const scatterAdd: Kernel<AxisAttrs> = (inputs, out, { axis }, context) => {
  const { outer, n, inner } = lanesOf(inputs[0]!.shape, axis);
  const count = sizeOf(inputs[1]!.shape);
  const loop = `for (let p = 0; p < ${count}; p++) { ${rowOf('b[p]', n)} if (row === x1) { t = t + c[(x0 * ${count} + p) * ${inner} + x2]; } }`;
  const body = `${coordinates([outer, n, inner], 'i')} let t = a[i]; ${loop} return t;`;
  return run('scatterAdd', 'a, b, c', body, inputs, out, context);
};

const takeAlongAxis: Kernel<AxisAttrs> = (inputs, out, { axis }, context) => {
  const { outer, n, inner } = lanesOf(inputs[0]!.shape, axis);
  const count = inputs[1]!.shape[axis]!;
  const body = `${coordinates([outer, count, inner], 'i')} ${rowOf('b[i]', n)} return a[(x0 * ${n} + row) * ${inner} + x2];`;
  return run('takeAlongAxis', 'a, b', body, inputs, out, context);
};

const scatterAddAlongAxis: Kernel<AxisAttrs> = (inputs, out, { axis }, context) => {
  const { outer, n, inner } = lanesOf(inputs[0]!.shape, axis);
  const count = inputs[1]!.shape[axis]!;
  const loop = `for (let p = 0; p < ${count}; p++) { const q = (x0 * ${count} + p) * ${inner} + x2; ${rowOf('b[q]', n)} if (row === x1) { t = t + c[q]; } }`;
  const body = `${coordinates([outer, n, inner], 'i')} let t = a[i]; ${loop} return t;`;
  return run('scatterAddAlongAxis', 'a, b, c', body, inputs, out, context);
};

interface OneHotAttrs {
  readonly depth: number;
  readonly onValue: number;
  readonly offValue: number;
  readonly axis: number;
}

const oneHot: Kernel<OneHotAttrs> = (inputs, out, { onValue, offValue, axis }, context) => {
  const { outer, n, inner } = lanesOf(out.shape, axis);
  const stored = (value: number): number =>
    out.dtype === 'bool' ? Number(value !== 0) : out.dtype === 'int32' ? Math.trunc(value) : value;
  const body = `${INDEX} ${coordinates([outer, n, inner], 'i')} const own = a[x0 * ${inner} + x2]; if (own === x1) { return s0; } return s1;`;
  return withContiguous(inputs, context, (arrays) =>
    context.launch({
      source: `function oneHot(a, s0, s1) { ${body} }`,
      size: out.block.length,
      arrays,
      numbers: [stored(onValue), stored(offValue)],
    }),
  );
};

const makeKernels = (): KernelTable => ({
  gather: gather as Kernel,
  scatterAdd: scatterAdd as Kernel,
  takeAlongAxis: takeAlongAxis as Kernel,
  scatterAddAlongAxis: scatterAddAlongAxis as Kernel,
  oneHot: oneHot as Kernel,
});
/** Reading and adding by index. An index out of range picks something unspecified. */
export const GATHER: KernelTable = /* @__PURE__ */ makeKernels();
