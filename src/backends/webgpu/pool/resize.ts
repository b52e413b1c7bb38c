import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import { contiguous, elementType, type GPUKernel, groupsFor, type KernelContext, type KernelTable } from '../kernel';

interface ResizeAttrs {
  readonly size: readonly [number, number];
  readonly mode: string;
  readonly alignCorners: boolean;
}

const FIELDS = {
  first: 'i32',
  count: 'u32',
  height: 'i32',
  width: 'i32',
  outHeight: 'i32',
  outWidth: 'i32',
  channels: 'i32',
} as const;

/**
 * `taps(i, n, size)`: the pixel low of n, and the weight of the one behind it, that pixel i of size is made of. The place is
 * a quotient of integers, so that nothing is rounded the wrong way.
 */
function tapsFunction({ mode, alignCorners }: ResizeAttrs): string {
  const corners = ['var top = i * (n - 1);', 'var under = max(size - 1, 1);'];
  const middles = ['var top = (2 * i + 1) * n - size;', 'var under = 2 * size;'];
  const nearest = alignCorners
    ? ['let top = 2 * i * (n - 1) + max(size - 1, 1);', 'let under = 2 * max(size - 1, 1);']
    : ['let top = (2 * i + 1) * n;', 'let under = 2 * size;'];
  const lines =
    mode === 'nearest'
      ? [...nearest, 'return Taps(min(top / under, n - 1), 0.0);']
      : [
          ...(alignCorners ? corners : middles),
          'top = clamp(top, 0, (n - 1) * under);',
          'return Taps(top / under, f32(top % under) / f32(under));',
        ];
  return `struct Taps { low: i32, weight: f32 }
fn taps(i: i32, n: i32, size: i32) -> Taps { ${lines.join(' ')} }
fn share(t: Taps, at: i32, n: i32) -> f32 {
  return select(0.0, 1.0 - t.weight, t.low == at) + select(0.0, t.weight, t.weight > 0.0 && min(t.low + 1, n - 1) == at);
}
fn touching(at: i32, n: i32, size: i32) -> vec2<i32> {
  let scale = f32(size) / f32(n) + ${alignCorners ? 'f32(size) / f32(max(n - 1, 1))' : '0.0'};
  let low = i32(f32(at - 1) * f32(size - 1) / f32(max(n, 1))) - 2;
  let high = i32(f32(at + 2) * scale) + 2;
  return vec2<i32>(select(max(low, 0), 0, at == 0), select(min(high, size - 1), size - 1, at >= n - 1));
}`;
}

const OF_PIXEL = `if (id >= p.count) { return; }
let c = i32(id) % p.channels; let pixel = i32(id) / p.channels;`;

const FORWARD = `${OF_PIXEL}
let column = taps(pixel % p.outWidth, p.width, p.outWidth);
let row = taps((pixel / p.outWidth) % p.outHeight, p.height, p.outHeight);
let image = pixel / (p.outWidth * p.outHeight) * p.height;
let top = (image + row.low) * p.width; let bottom = (image + min(row.low + 1, p.height - 1)) * p.width;
let left = column.low; let right = min(column.low + 1, p.width - 1);
var total = (1.0 - row.weight) * (1.0 - column.weight) * x[p.first + (top + left) * p.channels + c];
if (column.weight > 0.0) { total += (1.0 - row.weight) * column.weight * x[p.first + (top + right) * p.channels + c]; }
if (row.weight > 0.0) { total += row.weight * (1.0 - column.weight) * x[p.first + (bottom + left) * p.channels + c]; }
if (row.weight > 0.0 && column.weight > 0.0) { total += row.weight * column.weight * x[p.first + (bottom + right) * p.channels + c]; }
y[id] = total;`;

const NEAREST = `${OF_PIXEL}
let column = taps(pixel % p.outWidth, p.width, p.outWidth);
let row = taps((pixel / p.outWidth) % p.outHeight, p.height, p.outHeight);
let image = pixel / (p.outWidth * p.outHeight) * p.height;
y[id] = x[p.first + ((image + row.low) * p.width + column.low) * p.channels + c];`;

const GRADIENT = `${OF_PIXEL}
let ix = pixel % p.width; let iy = (pixel / p.width) % p.height;
let image = pixel / (p.width * p.height) * p.outHeight;
let rows = touching(iy, p.height, p.outHeight); let columns = touching(ix, p.width, p.outWidth);
var total = 0.0;
for (var oy = rows.x; oy <= rows.y; oy++) {
  let down = share(taps(oy, p.height, p.outHeight), iy, p.height);
  if (down == 0.0) { continue; }
  for (var ox = columns.x; ox <= columns.y; ox++) {
    let across = share(taps(ox, p.width, p.outWidth), ix, p.width);
    if (across > 0.0) { total += down * across * f32(x[p.first + ((image + oy) * p.outWidth + ox) * p.channels + c]); }
  }
}`;

function run(
  x: Operand,
  out: Operand,
  [images, resized]: readonly [readonly number[], readonly number[]],
  attrs: ResizeAttrs,
  main: string,
  context: KernelContext,
): boolean {
  const plain = contiguous(x, context);
  const type = elementType(x.dtype);
  const name = main === GRADIENT ? 'gradient' : 'forward';
  const code = context.code(`resize ${name} ${type} ${attrs.mode} ${attrs.alignCorners}`, () => ({
    reads: { x: type },
    writes: { y: type },
    params: FIELDS,
    declarations: tapsFunction(attrs),
    main: main === GRADIENT ? `${main}\ny[id] = ${type}(total);` : main,
  }));
  const count = sizeOf(out.shape);
  const params = {
    first: context.first(plain),
    count,
    height: images[1]!,
    width: images[2]!,
    outHeight: resized[1]!,
    outWidth: resized[2]!,
    channels: images[3]!,
  };
  context.dispatch(code, { reads: [plain], writes: [out], params, groups: groupsFor(count, code) });
  return true;
}

const resize: GPUKernel<ResizeAttrs> = ([x], out, attrs, context) =>
  run(x!, out, [x!.shape, out.shape], attrs, attrs.mode === 'nearest' ? NEAREST : FORWARD, context);

const resizeGrad: GPUKernel<ResizeAttrs & { readonly inputShape: readonly number[] }> = ([g], out, attrs, context) =>
  run(g!, out, [attrs.inputShape, g!.shape], attrs, GRADIENT, context);

const makeResize = (): KernelTable => ({ resize, resizeGrad });
/** Images of another size. */
export const RESIZE: KernelTable = /* @__PURE__ */ makeResize();
