import type { Operand } from '../../../core/backend';
import { f32, f32x4, i16x8, i32, i32x4, type Local, type ModuleBuilder, type V128, v128 } from '../assembler/index';
import type { ConvAttrs } from '../conv/geometry';
import { emitPixelLoop, emitTapLoop, storePart, writePixelArguments } from '../conv/pixel-loop';
import { placeContiguous, placeImages, releasePlaced } from '../conv/place';
import { addressOf, type KernelContext } from '../kernel';
import {
  emitRequantizer,
  narrow,
  prepareRequantize,
  type RequantizeAttrs,
  readRequantize,
  releaseTables,
} from './requantize';

type Vector = Local<'v128'>;

/** `run()`: p0 the kernel, p1 the output; eight channels at a time. */
function emitDepthwise(m: ModuleBuilder, left: boolean): void {
  m.func('run', [], 'void', (f) => {
    const requantizer = emitRequantizer(f, left);
    const zeros = f.local('v128', i16x8.splat(readRequantize(f, 'inputZeroPoint')));
    const [low, high, x, k] = f.locals('v128', 4);
    const c = f.local('i32');
    emitPixelLoop(f, (pixel) => {
      f.for(c, 0, pixel.w.channelBytes, 8, () => {
        f.set(low, v128.zero());
        f.set(high, v128.zero());
        emitTapLoop(f, pixel, c, (at, tap) => {
          f.set(x, i16x8.sub(v128.load8x8S(at), zeros));
          f.set(k, v128.load8x8S(i32.add(pixel.w.p0, tap)));
          f.set(low, i32x4.add(low, i32x4.extmulLowI16x8S(x, k)));
          f.set(high, i32x4.add(high, i32x4.extmulHighI16x8S(x, k)));
        });
        f.set(low, requantizer.four(low, i32.shl(c, 2)));
        f.set(high, requantizer.four(high, i32.shl(i32.add(c, 4), 2)));
        storeEight(low, high);
      });

      function storeEight(a: V128, b: V128): void {
        f.set(x, narrow(a, b));
        const at = f.local('i32', i32.add(i32.add(pixel.w.p1, pixel.out), c));
        f.if(
          i32.leU(i32.add(c, 8), pixel.w.channelBytes),
          () => f.do(v128.store64Lane(at, x, 0)),
          () => storePart(f, at, x, i32.sub(pixel.w.channelBytes, c)),
        );
      }
    });
  });
}

/** Inputs `[x, w, bias, multiplier, shift]`; one filter per channel. */
export function qDepthwiseConv2d(
  [x, w, ...scales]: readonly Operand[],
  out: Operand,
  attrs: RequantizeAttrs & ConvAttrs,
  context: KernelContext,
): boolean {
  const [kh, kw, channels, multiplier] = w!.shape as [number, number, number, number];
  if (multiplier !== 1) return false;
  const tables = prepareRequantize(scales, attrs, context);
  if (tables === null) return false;
  const images = placeImages(x!, context);
  const weights = placeContiguous(w!, context);
  const { run } = context.module<{ run(): void }>(`i8-depthwise${tables.left ? '-left' : ''}`, (m) =>
    emitDepthwise(m, tables.left),
  );
  writePixelArguments(context.arena.i32, {
    images,
    output: [out.shape[1]!, out.shape[2]!],
    window: [kh, kw],
    attrs,
    channelBytes: channels,
    addresses: [weights.address, addressOf(out)],
  });
  run();
  releasePlaced(context, images, weights);
  releaseTables(tables, context);
  return true;
}

/** `run()`: p0 the output. The mean is taken in float32, where it is exact enough; see `MOST_PIXELS`. */
function emitAvgPool(m: ModuleBuilder): void {
  m.func('run', [], 'void', (f) => {
    const [low, high, x, count, twice] = f.locals('v128', 5);
    const c = f.local('i32');
    /** a / n, halves away from zero: ⌊(2|a| + n) / 2n⌋ with the sign of a. */
    const mean = (sum: Vector): void => {
      const sign = f.local('v128', i32x4.shrS(sum, 31));
      const size = f32x4.convertI32x4S(i32x4.shl(i32x4.abs(sum), 1));
      f.set(sum, i32x4.truncSatF32x4S(f32x4.div(f32x4.add(size, count), twice)));
      f.set(sum, i32x4.sub(v128.xor(sum, sign), sign));
    };
    emitPixelLoop(f, (pixel) => {
      f.set(count, f32x4.splat(f32.convertI32S(i32.mul(pixel.down, pixel.across))));
      f.set(twice, f32x4.add(count, count));
      f.for(c, 0, pixel.w.channelBytes, 8, () => {
        f.set(low, v128.zero());
        f.set(high, v128.zero());
        emitTapLoop(f, pixel, c, (at) => {
          f.set(x, v128.load8x8S(at));
          f.set(low, i32x4.add(low, i32x4.extendLowI16x8S(x)));
          f.set(high, i32x4.add(high, i32x4.extendHighI16x8S(x)));
        });
        mean(low);
        mean(high);
        f.set(x, narrow(low, high));
        // The ninth byte and those after it are zeros that must not be stored.
        const left = i32.sub(pixel.w.channelBytes, c);
        storePart(f, i32.add(i32.add(pixel.w.p0, pixel.out), c), x, i32.select(i32.ltU(left, 8), left, 8));
      });
    });
  });
}

/** Up to this many pixels, 2|a| + n < 2^24 and the quotient, below 129, is never rounded up to the next integer. */
const MOST_PIXELS = 32768;

export function qAvgPool2d(
  [x]: readonly Operand[],
  out: Operand,
  {
    poolSize,
    strides,
    padding,
  }: { readonly poolSize: readonly [number, number] } & Pick<ConvAttrs, 'strides' | 'padding'>,
  context: KernelContext,
): boolean {
  const covered =
    padding[0][0] >= poolSize[0] ||
    padding[0][1] >= poolSize[0] ||
    padding[1][0] >= poolSize[1] ||
    padding[1][1] >= poolSize[1];
  if (poolSize[0] * poolSize[1] > MOST_PIXELS || covered) return false;
  const images = placeImages(x!, context);
  const { run } = context.module<{ run(): void }>('i8-avg-pool', emitAvgPool);
  writePixelArguments(context.arena.i32, {
    images,
    output: [out.shape[1]!, out.shape[2]!],
    window: poolSize,
    attrs: { strides, padding, dilations: [1, 1] },
    channelBytes: out.shape[3]!,
    addresses: [addressOf(out)],
  });
  run();
  releasePlaced(context, images);
  return true;
}
