import type { Operand } from '../../../core/backend';
import { i32, type Local, type ModuleBuilder, v128 } from '../assembler/index';
import { ARITHMETICS, type Arithmetic } from '../gemm/arithmetic';
import { arithmeticFor } from '../gemm/module';
import { addressOf, type KernelContext } from '../kernel';
import type { ConvAttrs } from './geometry';
import { emitPixelLoop, emitTapLoop, oneImage, storePart, writePixelArguments } from './pixel-loop';
import { byteStrides, type Four, type Placed, placeContiguous, placeImages, releasePlaced } from './place';
import { copyStrided } from './strided-copy';

/** Which of the three contractions of images, kernel and output is computed. */
type Into = 'output' | 'input' | 'kernel';

/** Channels per round of the widest loop, in vectors. */
const WIDE = 4;

/** `run()`: p0 the kernel `[taps, channels]`, p1 the output. The two that are read are given, the third is computed. */
function emitDepthwise(m: ModuleBuilder, arithmetic: Arithmetic, into: Into): void {
  const { multiplyAdd } = arithmetic;
  m.func('run', [], 'void', (f) => {
    const out = f.locals('v128', WIDE);
    const value = f.local('v128');
    emitPixelLoop(f, (pixel) => {
      const { w } = pixel;
      const c = f.local('i32');
      const chunk = (vectors: number): void => {
        const left = f.local('i32', i32.sub(w.channelBytes, c));
        const y = f.local('i32', i32.add(i32.add(w.p1, pixel.out), c));
        const vs = out.slice(0, vectors);
        const put = (at: Local<'i32'>, v: number): void => {
          if (vectors > 1) f.do(v128.store(at, value, 16 * v));
          else storePart(f, at, value, left);
        };
        vs.forEach((o, v) => f.set(o, into === 'output' ? v128.zero() : v128.load(y, 16 * v)));
        emitTapLoop(f, pixel, c, (x, tap) => {
          const k = f.local('i32', i32.add(w.p0, tap));
          vs.forEach((o, v) => {
            if (into === 'output') f.set(o, multiplyAdd(v128.load(x, 16 * v), v128.load(k, 16 * v), o));
            else {
              const [factor, target] = into === 'input' ? [k, x] : [x, k];
              f.set(value, multiplyAdd(o, v128.load(factor, 16 * v), v128.load(target, 16 * v)));
              put(target, v);
            }
          });
        });
        if (into === 'output') {
          vs.forEach((o, v) => {
            f.set(value, o);
            put(y, v);
          });
        }
      };
      f.set(c, 0);
      f.while(i32.leU(i32.add(c, 16 * WIDE), w.channelBytes), () => {
        chunk(WIDE);
        f.increment(c, 16 * WIDE);
      });
      f.while(i32.ltU(c, w.channelBytes), () => {
        chunk(1);
        f.increment(c, 16);
      });
    });
  });
}

interface Sizes {
  readonly bytes: 4 | 8;
  readonly kernel: readonly number[];
  readonly x: Four;
  readonly output: readonly [number, number];
  readonly attrs: ConvAttrs;
}

function runInto(
  into: Into,
  s: Sizes,
  images: Pick<Placed, 'address' | 'strides' | 'shape'>,
  kernel: number,
  out: number,
  context: KernelContext,
): void {
  const name = arithmeticFor(s.bytes === 8 ? 'f64' : 'f32', context);
  const { run } = context.module<{ run(): void }>(`${name}-depthwise-${into}`, (m) =>
    emitDepthwise(m, ARITHMETICS[name], into),
  );
  writePixelArguments(context.arena.i32, {
    images,
    output: s.output,
    window: [s.kernel[0]!, s.kernel[1]!],
    attrs: s.attrs,
    channelBytes: s.x[3] * s.bytes,
    addresses: [kernel, out],
  });
  run();
}

function sizesOf(
  dtype: string,
  x: readonly number[],
  kernel: readonly number[],
  out: readonly number[],
  attrs: ConvAttrs,
): Sizes | null {
  if (dtype !== 'float32' && dtype !== 'float64') return null;
  return { bytes: dtype === 'float64' ? 8 : 4, kernel, x: x as unknown as Four, output: [out[1]!, out[2]!], attrs };
}

/**
 * Filter `r` of every channel, out of the `multiplier` that lie side by side in the last axis: in place where there is
 * one, else copied out. `collapsed` is the shape up to that axis.
 */
function oneFilter(
  x: Placed,
  collapsed: Four,
  multiplier: number,
  r: number,
  bytes: 4 | 8,
  context: KernelContext,
): Placed {
  const strides = byteStrides(collapsed, bytes);
  if (multiplier === 1) return { address: x.address, shape: collapsed, strides, owned: 0 };
  const owned = collapsed.reduce((a, b) => a * b, bytes as number);
  const address = context.arena.allocate(owned);
  const from = strides.map((n) => n * multiplier) as unknown as Four;
  copyStrided(context, bytes, collapsed, { address, strides }, { address: x.address + r * bytes, strides: from });
  return { address, shape: collapsed, strides, owned };
}

/** The reverse: puts filter `r` back among the others. */
function putFilter(
  part: Placed,
  to: number,
  multiplier: number,
  r: number,
  bytes: 4 | 8,
  context: KernelContext,
): void {
  const strides = part.strides.map((n) => n * multiplier) as unknown as Four;
  copyStrided(context, bytes, part.shape, { address: to + r * bytes, strides }, part);
}

function fill0(address: number, bytes: number, context: KernelContext): void {
  context.arena.u8.fill(0, address, address + bytes);
}

export function depthwiseConv2d(
  [x, kernel]: readonly Operand[],
  out: Operand,
  attrs: ConvAttrs,
  context: KernelContext,
): boolean {
  const s = sizesOf(x!.dtype, x!.shape, kernel!.shape, out.shape, attrs);
  if (s === null) return false;
  const [kh, kw, channels, multiplier] = kernel!.shape as unknown as Four;
  const images = placeImages(x!, context);
  const weights = placeContiguous(kernel!, context);
  const outShape: Four = [s.x[0], s.output[0], s.output[1], channels];
  for (let r = 0; r < multiplier; r++) {
    const filter = oneFilter(weights, [kh, kw, 1, channels], multiplier, r, s.bytes, context);
    const part = partOf(out, outShape, multiplier, s.bytes, context);
    runInto('output', s, images, filter.address, part.address, context);
    if (multiplier > 1) putFilter(part, addressOf(out), multiplier, r, s.bytes, context);
    releasePlaced(context, filter, part);
  }
  releasePlaced(context, images, weights);
  return true;
}

/** Where to compute the part of a result that belongs to one filter: the result itself where there is one. */
function partOf(out: Operand, shape: Four, multiplier: number, bytes: 4 | 8, context: KernelContext): Placed {
  const strides = byteStrides(shape, bytes);
  if (multiplier === 1) return { address: addressOf(out), shape, strides, owned: 0 };
  const owned = shape.reduce((a, b) => a * b, bytes as number);
  return { address: context.arena.allocate(owned), shape, strides, owned };
}

export function depthwiseConv2dInputGrad(
  [g, kernel]: readonly Operand[],
  out: Operand,
  attrs: ConvAttrs,
  context: KernelContext,
): boolean {
  const s = sizesOf(g!.dtype, out.shape, kernel!.shape, g!.shape, attrs);
  if (s === null) return false;
  const [kh, kw, channels, multiplier] = kernel!.shape as unknown as Four;
  const cotangent = placeContiguous(g!, context);
  const weights = placeContiguous(kernel!, context);
  const images = { address: addressOf(out), shape: s.x, strides: byteStrides(s.x, s.bytes) };
  fill0(images.address, s.x[0] * images.strides[0], context);
  const outShape: Four = [s.x[0], s.output[0], s.output[1], channels];
  for (let r = 0; r < multiplier; r++) {
    const filter = oneFilter(weights, [kh, kw, 1, channels], multiplier, r, s.bytes, context);
    const part = oneFilter(cotangent, outShape, multiplier, r, s.bytes, context);
    runInto('input', s, images, filter.address, part.address, context);
    releasePlaced(context, filter, part);
  }
  releasePlaced(context, cotangent, weights);
  return true;
}

export function depthwiseConv2dKernelGrad(
  [x, g]: readonly Operand[],
  out: Operand,
  attrs: ConvAttrs,
  context: KernelContext,
): boolean {
  const s = sizesOf(x!.dtype, x!.shape, out.shape, g!.shape, attrs);
  if (s === null) return false;
  const [kh, kw, channels, multiplier] = out.shape as unknown as Four;
  const images = placeImages(x!, context);
  const cotangent = placeContiguous(g!, context);
  const outShape: Four = [s.x[0], s.output[0], s.output[1], channels];
  for (let r = 0; r < multiplier; r++) {
    const part = oneFilter(cotangent, outShape, multiplier, r, s.bytes, context);
    const filter = partOf(out, [kh, kw, 1, channels], multiplier, s.bytes, context);
    sumOverImages(s, images, part, filter, context);
    if (multiplier > 1) putFilter(filter, addressOf(out), multiplier, r, s.bytes, context);
    releasePlaced(context, part, filter);
  }
  releasePlaced(context, images, cotangent);
  return true;
}

/** The kernel's gradient, image by image and then summed: long sums in one go would lose digits. */
function sumOverImages(s: Sizes, images: Placed, g: Placed, filter: Placed, context: KernelContext): void {
  const bytes = filter.shape[0] * filter.strides[0];
  const sum = context.arena.allocate(bytes);
  const { add } = context.module<{ add(to: number, from: number, bytes: number): void }>(
    `f${8 * s.bytes}-add-to`,
    (m) => emitAddTo(m, s.bytes),
  );
  fill0(filter.address, bytes, context);
  for (let b = 0; b < images.shape[0]; b++) {
    fill0(sum, bytes, context);
    const image = { ...images, address: images.address + b * images.strides[0], shape: oneImage(images.shape) };
    runInto('kernel', s, image, sum, g.address + b * g.strides[0], context);
    add(filter.address, sum, bytes);
  }
  context.arena.release(sum, bytes);
}

/** `add(to, from, bytes)`: to += from. */
function emitAddTo(m: ModuleBuilder, bytes: 4 | 8): void {
  const arithmetic = bytes === 8 ? ARITHMETICS.f64 : ARITHMETICS.f32;
  m.func('add', ['i32', 'i32', 'i32'], 'void', (f, to, from, size) => {
    const i = f.local('i32');
    const value = f.local('v128');
    f.for(i, 0, size, 16, () => {
      f.set(value, arithmetic.add(v128.load(i32.add(to, i)), v128.load(i32.add(from, i))));
      storePart(f, i32.add(to, i), value, i32.sub(size, i));
    });
  });
}
