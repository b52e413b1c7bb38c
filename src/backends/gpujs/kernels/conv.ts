import type { Operand } from '../../../core/backend';
import type { Shape } from '../../../core/shape';
import { fold, withContiguous } from '../build';
import type { Context, Kernel, KernelTable } from '../kernel';
import { coordinates, INDEX } from '../source';
import type { Value } from '../value';
import { type Geometry, overCells, overWindows, type Pair, type WindowAttrs } from './window';

interface ConvAttrs extends WindowAttrs {
  readonly dilations: Pair;
  readonly groups: number;
}

/** A convolution, whatever of it is computed: images `[batch, h, w, groups·inner]`, kernels with `groups·outer` filters. */
interface Conv {
  readonly geometry: Geometry;
  readonly batch: number;
  readonly channels: number;
  readonly filters: number;
  /** Input and output channels of one group. */
  readonly inner: number;
  readonly outer: number;
}

/** A kernel is `[kh, kw, in / groups, out]`, or `[kh, kw, in, multiplier]`: the same in memory, with a group for each channel. */
function convOf(x: Shape, k: Shape, y: Shape, attrs: ConvAttrs, isDepthwise: boolean): Conv {
  const channels = x[3]!;
  const filters = y[3]!;
  const groups = isDepthwise ? channels : attrs.groups;
  const geometry: Geometry = {
    strides: attrs.strides,
    padding: attrs.padding,
    dilations: attrs.dilations,
    input: [x[1]!, x[2]!],
    window: [k[0]!, k[1]!],
    output: [y[1]!, y[2]!],
  };
  return { geometry, batch: x[0]!, channels, filters, inner: channels / groups, outer: filters / groups };
}

const forward =
  (name: string, isDepthwise: boolean): Kernel<ConvAttrs> =>
  (inputs, out, attrs, context) => {
    const [x, k] = inputs as [Operand, Operand];
    const { geometry, channels, filters, inner, outer } = convOf(x.shape, k.shape, out.shape, attrs, isDepthwise);
    const [h, w] = geometry.input;
    const first = inner === channels ? '0' : `quotient(x3, ${outer}) * ${inner}`;
    const body =
      `const at = ((x0 * ${h} + y) * ${w} + x) * ${channels} + first; const cell = (ky * ${geometry.window[1]} + kx) * ${inner * filters} + x3; ` +
      `for (let c = 0; c < ${inner}; c++) { t = t + a[at + c] * b[cell + c * ${filters}]; }`;
    const source = `function ${name}(a, b) { ${INDEX} ${coordinates(out.shape, 'i')} const oy = x1; const ox = x2; const first = ${first}; let t = 0; ${overCells(geometry, body)} return t; }`;
    return withContiguous(inputs, context, (arrays) => context.launch({ source, size: out.block.length, arrays }));
  };

const inputGrad =
  (name: string, isDepthwise: boolean): Kernel<ConvAttrs> =>
  (inputs, out, attrs, context) => {
    const [g, k] = inputs as [Operand, Operand];
    const { geometry, channels, filters, inner, outer } = convOf(out.shape, k.shape, g.shape, attrs, isDepthwise);
    const [oh, ow] = geometry.output;
    const group =
      inner === channels
        ? 'const group = 0; const c = x3;'
        : `const group = quotient(x3, ${inner}); const c = x3 - group * ${inner};`;
    const body =
      `const at = ((x0 * ${oh} + oy) * ${ow} + ox) * ${filters} + group * ${outer}; const cell = ((ky * ${geometry.window[1]} + kx) * ${inner} + c) * ${filters} + group * ${outer}; ` +
      `for (let f = 0; f < ${outer}; f++) { t = t + a[at + f] * b[cell + f]; }`;
    const source = `function ${name}(a, b) { ${INDEX} ${coordinates(out.shape, 'i')} const y = x1; const x = x2; ${group} let t = 0; ${overWindows(geometry, body)} return t; }`;
    return withContiguous(inputs, context, (arrays) => context.launch({ source, size: out.block.length, arrays }));
  };

/** About how many threads share the work on a gradient by a small kernel. */
const THREADS = 65536;

/** By parts of the batch, as a small kernel has few elements and each of them a long sum; then the sum of the parts. */
const kernelGrad =
  (name: string, isDepthwise: boolean): Kernel<ConvAttrs> =>
  (inputs, out, attrs, context) => {
    const [x, g] = inputs as [Operand, Operand];
    const conv = convOf(x.shape, out.shape, g.shape, attrs, isDepthwise);
    const size = out.block.length;
    const parts = Math.max(1, Math.min(conv.batch, Math.ceil(THREADS / size)));
    const source = kernelGradSource(name, conv, parts);
    return withContiguous(inputs, context, (arrays) => {
      const value = context.launch({ source, size: parts * size, arrays });
      return parts === 1 ? value : sumOfParts(value, parts, size, context);
    });
  };

function kernelGradSource(
  name: string,
  { geometry, batch, channels, filters, inner, outer }: Conv,
  parts: number,
): string {
  const [kh, kw] = geometry.window;
  const [oh, ow] = geometry.output;
  const [h, w] = geometry.input;
  const pixel = (o: string, k: string, axis: 0 | 1): string =>
    `${o} * ${geometry.strides[axis]} + ${k} * ${geometry.dilations[axis]} - ${geometry.padding[axis][0]}`;
  const channel = inner === channels ? 'x3' : `quotient(x4, ${outer}) * ${inner} + x3`;
  const term = `t = t + a[((n * ${h} + y) * ${w} + x) * ${channels} + channel] * b[((n * ${oh} + oy) * ${ow} + ox) * ${filters} + x4];`;
  const across = `for (let ox = 0; ox < ${ow}; ox++) { const x = ${pixel('ox', 'x2', 1)}; if (x >= 0 && x < ${w}) { ${term} } }`;
  const down = `for (let oy = 0; oy < ${oh}; oy++) { const y = ${pixel('oy', 'x1', 0)}; if (y >= 0 && y < ${h}) { ${across} } }`;
  const loop = `for (let s = 0; s < ${Math.ceil(batch / parts)}; s++) { const n = s * ${parts} + x0; if (n < ${batch}) { ${down} } }`;
  const where = coordinates([parts, kh, kw, inner, filters], 'i');
  return `function ${name}(a, b) { ${INDEX} ${where} const channel = ${channel}; let t = 0; ${loop} return t; }`;
}

function sumOfParts(value: Value, parts: number, size: number, context: Context): Value {
  const readers = [{ value, strides: [size, 1], offset: 0 }];
  const total = fold(
    { name: 'sumOfParts', shape: [parts, size], axes: [0], readers, init: 'let t = 0;', step: 't = t + v0;' },
    context,
  );
  value.release();
  return total;
}

function makeKernels(): KernelTable {
  const kernels: Record<string, Kernel> = {};
  for (const [name, isDepthwise] of [
    ['conv2d', false],
    ['depthwiseConv2d', true],
  ] as const) {
    kernels[name] = forward(name, isDepthwise) as Kernel;
    kernels[`${name}InputGrad`] = inputGrad(`${name}InputGrad`, isDepthwise) as Kernel;
    kernels[`${name}KernelGrad`] = kernelGrad(`${name}KernelGrad`, isDepthwise) as Kernel;
  }
  return kernels;
}

/** Convolutions, dense, grouped and depthwise, with their gradients. */
export const CONV: KernelTable = /* @__PURE__ */ makeKernels();
