import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import type { ElementType } from '../code';
import { functionsFor } from '../elementwise/functions';
import { contiguous, elementType, type GPUKernel, groupsFor, type KernelContext, type KernelTable } from '../kernel';

type Pair = readonly [number, number];

interface PoolAttrs {
  readonly poolSize: Pair;
  readonly strides: Pair;
  readonly padding: readonly [Pair, Pair];
}

const FIELDS = {
  size: 'u32',
  height: 'i32',
  width: 'i32',
  outHeight: 'i32',
  outWidth: 'i32',
  channels: 'i32',
  windowHeight: 'i32',
  windowWidth: 'i32',
  strideY: 'i32',
  strideX: 'i32',
  top: 'i32',
  side: 'i32',
} as const;

/** The place of `id` among pixels and channels, and the input pixels under the window of an output pixel, padding left out. */
const WINDOW = `struct Window { low: vec2<i32>, high: vec2<i32>, row: i32 }
fn window_of(pixel: i32) -> Window {
  let x = (pixel % p.outWidth) * p.strideX - p.side;
  let rest = pixel / p.outWidth;
  let y = (rest % p.outHeight) * p.strideY - p.top;
  let low = max(vec2<i32>(y, x), vec2<i32>(0, 0));
  let high = min(vec2<i32>(y + p.windowHeight, x + p.windowWidth), vec2<i32>(p.height, p.width));
  return Window(low, high, (rest / p.outHeight) * p.height);
}
fn size_of(w: Window) -> f32 { return f32((w.high.x - w.low.x) * (w.high.y - w.low.y)); }`;

/** Output pixels whose windows have input pixel (y, x), as low and high ends of rows and columns. */
const COVERING = `fn covering(y: i32, x: i32) -> vec4<i32> {
  let a = y + p.top; let b = x + p.side;
  let low = vec2<i32>(max(0, (a - p.windowHeight + p.strideY) / p.strideY), max(0, (b - p.windowWidth + p.strideX) / p.strideX));
  return vec4<i32>(select(low.x, 0, a < p.windowHeight), select(low.y, 0, b < p.windowWidth),
    min(p.outHeight, a / p.strideY + 1), min(p.outWidth, b / p.strideX + 1));
}`;

/** The place of the first maximum under a window; a NaN counts as largest. */
const bestFunction = (type: ElementType): string => {
  const nan = (x: string): string => (type === 'f32' ? `k_is_nan(${x})` : 'false');
  return `fn best_of(pixel: i32, c: i32) -> i32 {
  let w = window_of(pixel);
  var best = ((w.row + w.low.x) * p.width + w.low.y) * p.channels + c;
  var largest = x[p.first0 + best];
  for (var iy = w.low.x; iy < w.high.x; iy++) { for (var ix = w.low.y; ix < w.high.y; ix++) {
    let at = ((w.row + iy) * p.width + ix) * p.channels + c;
    let value = x[p.first0 + at];
    if (!${nan('largest')} && (value > largest || ${nan('value')})) { best = at; largest = value; }
  } }
  return best;
}`;
};

/** Adds up, in \`total\`, what the windows over an input element give it. */
const overWindows = (term: string): string => `let c = i32(id) % p.channels; let pixel = i32(id) / p.channels;
let x0 = pixel % p.width; let y0 = (pixel / p.width) % p.height; let b = pixel / (p.width * p.height);
let range = covering(y0, x0);
var total = 0.0;
for (var oy = range.x; oy < range.z; oy++) { for (var ox = range.y; ox < range.w; ox++) {
  let out = (b * p.outHeight + oy) * p.outWidth + ox;
  ${term}
} }
y[id] = total;`;

interface PoolText {
  readonly name: string;
  /** Names of the operands that are read. */
  readonly reads: readonly string[];
  readonly main: string;
  readonly searches?: boolean;
}

function runPool(
  { name, reads, main, searches = false }: PoolText,
  operands: readonly Operand[],
  out: Operand,
  [images, pooled]: readonly [readonly number[], readonly number[]],
  { poolSize, strides, padding }: PoolAttrs,
  context: KernelContext,
): boolean {
  const plain = operands.map((x) => contiguous(x, context));
  const types = plain.map(({ dtype }) => elementType(dtype));
  const result = elementType(out.dtype);
  const code = context.code(`pool ${name} ${types} ${result}`, () => {
    const declarations = [WINDOW, COVERING, searches ? bestFunction(types[0]!) : ''].join('\n');
    return {
      reads: Object.fromEntries(reads.map((r, i) => [r, types[i]!])),
      writes: { y: result },
      params: { ...FIELDS, ...Object.fromEntries(reads.map((_, i) => [`first${i}`, 'i32'])) },
      declarations: `${functionsFor(declarations)}\n${declarations}`,
      main: `if (id >= p.size) { return; }\n${main.replaceAll('0.0', `${result}(0)`)}`,
    };
  });
  const size = sizeOf(out.shape);
  context.dispatch(code, {
    reads: plain,
    writes: [out],
    params: {
      size,
      height: images[1]!,
      width: images[2]!,
      outHeight: pooled[1]!,
      outWidth: pooled[2]!,
      channels: images[3]!,
      windowHeight: poolSize[0],
      windowWidth: poolSize[1],
      strideY: strides[0],
      strideX: strides[1],
      top: padding[0][0],
      side: padding[1][0],
      ...Object.fromEntries(plain.map((x, i) => [`first${i}`, context.first(x)])),
    },
    groups: groupsFor(size, code),
  });
  return true;
}

const PIXEL = 'let c = i32(id) % p.channels; let pixel = i32(id) / p.channels;';

const maxPool2d: GPUKernel<PoolAttrs> = ([x], out, attrs, context) =>
  runPool(
    { name: 'max', reads: ['x'], main: `${PIXEL}\ny[id] = x[p.first0 + best_of(pixel, c)];`, searches: true },
    [x!],
    out,
    [x!.shape, out.shape],
    attrs,
    context,
  );

const maxPool2dGather: GPUKernel<PoolAttrs> = ([x, , u], out, attrs, context) =>
  runPool(
    { name: 'gather', reads: ['x', 'u'], main: `${PIXEL}\ny[id] = u[p.first1 + best_of(pixel, c)];`, searches: true },
    [x!, u!],
    out,
    [x!.shape, out.shape],
    attrs,
    context,
  );

const maxPool2dGrad: GPUKernel<PoolAttrs> = ([x, , g], out, attrs, context) =>
  runPool(
    {
      name: 'max gradient',
      reads: ['x', 'g'],
      main: overWindows('if (best_of(out, c) == i32(id)) { total += g[p.first1 + out * p.channels + c]; }'),
      searches: true,
    },
    [x!, g!],
    out,
    [x!.shape, g!.shape],
    attrs,
    context,
  );

const avgPool2d: GPUKernel<PoolAttrs> = ([x], out, attrs, context) =>
  runPool(
    {
      name: 'average',
      reads: ['x'],
      main: `${PIXEL}
let w = window_of(pixel);
var total = 0.0;
for (var iy = w.low.x; iy < w.high.x; iy++) { for (var ix = w.low.y; ix < w.high.y; ix++) {
  total += x[p.first0 + ((w.row + iy) * p.width + ix) * p.channels + c];
} }
y[id] = total / size_of(w);`,
    },
    [x!],
    out,
    [x!.shape, out.shape],
    attrs,
    context,
  );

const avgPool2dGrad: GPUKernel<PoolAttrs & { readonly inputShape: readonly number[] }> = ([g], out, attrs, context) =>
  runPool(
    {
      name: 'average gradient',
      reads: ['g'],
      main: overWindows('total += g[p.first0 + out * p.channels + c] / size_of(window_of(out));'),
    },
    [g!],
    out,
    [attrs.inputShape, g!.shape],
    attrs,
    context,
  );

const makePool = (): KernelTable => ({ maxPool2d, maxPool2dGather, maxPool2dGrad, avgPool2d, avgPool2dGrad });
/** Pools, their gradients, and what those are the adjoints of. */
export const POOL: KernelTable = /* @__PURE__ */ makePool();
