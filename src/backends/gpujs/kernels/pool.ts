import type { Operand } from '../../../core/backend';
import { type Shape, sizeOf } from '../../../core/shape';
import { withContiguous } from '../build';
import type { Context, Kernel, KernelTable } from '../kernel';
import { coordinates, INDEX } from '../source';
import type { Value } from '../value';
import { type Geometry, overCells, overWindows, type Pair, type WindowAttrs } from './window';

interface PoolAttrs extends WindowAttrs {
  readonly poolSize: Pair;
}

function geometryOf(x: Shape, y: Shape, { poolSize, strides, padding }: PoolAttrs): Geometry {
  return { strides, padding, dilations: [1, 1], input: [x[1]!, x[2]!], window: poolSize, output: [y[1]!, y[2]!] };
}

/** Over the pixels of the window: the first largest, a NaN counting as largest, in `best`, and where it lies in its image in `at`. */
function search(x: Shape, y: Shape, attrs: PoolAttrs): string {
  const geometry = geometryOf(x, y, attrs);
  const [h, w] = geometry.input;
  const read = `const v = a[((x0 * ${h} + y) * ${w} + x) * ${x[3]} + x3];`;
  const take = `best = v; at = y * ${w} + x; began = 1;`;
  const body = `if (done < 0.5) { ${read} if (began < 0.5) { ${take} } else { if (v > best) { ${take} } } if (isNothing(v) > 0.5) { ${take} done = 1; } }`;
  return `${INDEX} ${coordinates(y, 'i')} const oy = x1; const ox = x2; let best = 0; let at = 0; let began = 0; let done = 0; ${overCells(geometry, body)}`;
}

const maxPool: Kernel<PoolAttrs> = (inputs, out, attrs, context) => {
  const source = `function maxPool2d(a) { ${search(inputs[0]!.shape, out.shape, attrs)} return best; }`;
  return withContiguous(inputs, context, (arrays) => context.launch({ source, size: out.block.length, arrays }));
};

/** Where the maxima lie, one number for each window. */
function maxima(x: Operand, value: Value, y: Shape, attrs: PoolAttrs, context: Context): Value {
  const source = `function maxima(a) { ${search(x.shape, y, attrs)} return at; }`;
  return context.launch({ source, size: sizeOf(y), arrays: [value] });
}

/** g goes to the first maximum of each window: every pixel asks the windows it lies in. */
const maxPoolGrad: Kernel<PoolAttrs> = ([x, , g], out, attrs, context) =>
  withContiguous([x!, g!], context, ([values, gs]) => {
    const y = g!.shape;
    const [, oh, ow, channels] = y as [number, number, number, number];
    const found = maxima(x!, values!, y, attrs, context);
    const body = `const o = ((x0 * ${oh} + oy) * ${ow} + ox) * ${channels} + x3; if (a[o] === own) { t = t + b[o]; }`;
    const loops = overWindows(geometryOf(x!.shape, y, attrs), body);
    const own = `x1 * ${x!.shape[2]} + x2`;
    const source = `function maxPool2dGrad(a, b) { ${INDEX} ${coordinates(out.shape, 'i')} const y = x1; const x = x2; const own = ${own}; let t = 0; ${loops} return t; }`;
    try {
      return context.launch({ source, size: out.block.length, arrays: [found, gs!] });
    } finally {
      found.release();
    }
  });

const maxPoolGather: Kernel<PoolAttrs> = ([x, , u], out, attrs, context) =>
  withContiguous([x!, u!], context, ([values, us]) => {
    const [, h, w, channels] = x!.shape as [number, number, number, number];
    const found = maxima(x!, values!, out.shape, attrs, context);
    const body = `${INDEX} ${coordinates(out.shape, 'i')} return b[(x0 * ${h * w} + a[i]) * ${channels} + x3];`;
    try {
      return context.launch({
        source: `function maxPool2dGather(a, b) { ${body} }`,
        size: out.block.length,
        arrays: [found, us!],
      });
    } finally {
      found.release();
    }
  });

const avgPool: Kernel<PoolAttrs> = (inputs, out, attrs, context) => {
  const geometry = geometryOf(inputs[0]!.shape, out.shape, attrs);
  const [h, w] = geometry.input;
  const body = `t = t + a[((x0 * ${h} + y) * ${w} + x) * ${out.shape[3]} + x3]; count = count + 1;`;
  const source = `function avgPool2d(a) { ${INDEX} ${coordinates(out.shape, 'i')} const oy = x1; const ox = x2; let t = 0; let count = 0; ${overCells(geometry, body)} return t / count; }`;
  return withContiguous(inputs, context, (arrays) => context.launch({ source, size: out.block.length, arrays }));
};

/** Spreads each value evenly over its window, by as many pixels as lie on the image. */
const avgPoolGrad: Kernel<PoolAttrs> = (inputs, out, attrs, context) => {
  const y = inputs[0]!.shape;
  const geometry = geometryOf(out.shape, y, attrs);
  const extent = (o: string, axis: 0 | 1): string => {
    const first = `${o} * ${attrs.strides[axis]} - ${attrs.padding[axis][0]}`;
    return `(smaller(${first} + ${attrs.poolSize[axis]}, ${geometry.input[axis]}) - larger(${first}, 0))`;
  };
  const body = `t = t + a[((x0 * ${y[1]} + oy) * ${y[2]} + ox) * ${y[3]} + x3] / (${extent('oy', 0)} * ${extent('ox', 1)});`;
  const source = `function avgPool2dGrad(a) { ${INDEX} ${coordinates(out.shape, 'i')} const y = x1; const x = x2; let t = 0; ${overWindows(geometry, body)} return t; }`;
  return withContiguous(inputs, context, (arrays) => context.launch({ source, size: out.block.length, arrays }));
};

const makeKernels = (): KernelTable => ({
  maxPool2d: maxPool as Kernel,
  maxPool2dGrad: maxPoolGrad as Kernel,
  maxPool2dGather: maxPoolGather as Kernel,
  avgPool2d: avgPool as Kernel,
  avgPool2dGrad: avgPoolGrad as Kernel,
});
/** Pools and their gradients. */
export const POOL: KernelTable = /* @__PURE__ */ makeKernels();
