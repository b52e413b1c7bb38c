import type { Operand } from '../../../core/backend';
import { sizeOf } from '../../../core/shape';
import { f32, f32x4, i16x8, i32, i32x4, type Local, type ModuleBuilder, v128 } from '../assembler/index';
import type { ConvAttrs } from '../conv/geometry';
import { emitPixelRows, emitTapLoop, PIXEL_WORDS, type Pixel, pixelWords } from '../conv/pixel-loop';
import { placeContiguous, placeImages } from '../conv/place';
import { addressOf } from '../kernel';
import { emitTask, type TaskContext } from '../task';
import { launchDepthwiseRows } from './depthwise';
import {
  allocateTables,
  emitRequantizer,
  launchTables,
  narrow,
  REQUANTIZE_WORDS,
  type RequantizeAttrs,
  requantizeWords,
  storeEight,
} from './requantize';

type Vector = Local<'v128'>;

const DEPTHWISE_WORDS = [...PIXEL_WORDS, ...REQUANTIZE_WORDS, 'inputZeroPoint'] as const;

/** p0 the kernel, p1 the output; eight channels at a time. */
function emitDepthwise(m: ModuleBuilder): void {
  emitTask(m, { words: DEPTHWISE_WORDS }, (f, w, { begin, end }) => {
    const requantizer = emitRequantizer(f, w);
    const zeros = f.local('v128', i16x8.splat(w.inputZeroPoint));
    const [low, high, x, k] = f.locals('v128', 4);
    const c = f.local('i32');
    const eight = (pixel: Pixel): void => {
      f.set(low, v128.zero());
      f.set(high, v128.zero());
      emitTapLoop(f, pixel, c, (at, tap) => {
        f.set(x, i16x8.sub(v128.load8x8S(at), zeros));
        f.set(k, v128.load8x8S(i32.add(w.p0, tap)));
        // At most 255 · 128, which 16 bits hold.
        f.set(x, i16x8.mul(x, k));
        f.set(low, i32x4.add(low, i32x4.extendLowI16x8S(x)));
        f.set(high, i32x4.add(high, i32x4.extendHighI16x8S(x)));
      });
      requantizer.select(c);
      requantizer.eitherWay((general) => requantizer.eight([[low, high]], general));
      storeEight(f, i32.add(i32.add(w.p1, pixel.out), c), low, i32.sub(w.channelBytes, c));
    };
    emitPixelRows(f, w, begin, end, (pixel) => f.for(c, 0, w.channelBytes, 8, () => eight(pixel)));
  });
}

/** About the nanoseconds that a task takes which visits every tap of every pixel. */
function costOf(out: Operand, window: readonly [number, number]): number {
  return (sizeOf(out.shape) * (window[0] * window[1] + 6)) / 8;
}

/** Inputs `[x, w, bias, multiplier, shift]`; one filter per channel. */
export function qDepthwiseConv2d(
  [x, w, ...scales]: readonly Operand[],
  out: Operand,
  attrs: RequantizeAttrs & ConvAttrs,
  context: TaskContext,
): boolean {
  const [kh, kw, channels, multiplier] = w!.shape as [number, number, number, number];
  if (multiplier !== 1) return false;
  const tables = allocateTables(channels, context);
  launchTables(tables, scales, attrs, context);
  const images = placeImages(x!, context);
  const weights = placeContiguous(w!, context);
  const requantize = [...requantizeWords(tables, attrs), attrs.inputZeroPoint];
  const cost = costOf(out, [kh, kw]);
  if (launchDepthwiseRows({ images, kernel: weights, out, attrs, requantize, cost }, context)) return true;
  const code = context.code('i8-depthwise', emitDepthwise);
  const words = pixelWords({
    images,
    output: [out.shape[1]!, out.shape[2]!],
    window: [kh, kw],
    attrs,
    channelBytes: channels,
    addresses: [weights.address, addressOf(out)],
  });
  const units = out.shape[0]! * out.shape[1]!;
  context.launch(code, [...words, ...requantize], { units, cost });
  return true;
}

/** p0 the output. The mean is taken in float32, where it is exact enough; see `MOST_PIXELS`. */
function emitAvgPool(m: ModuleBuilder): void {
  emitTask(m, { words: PIXEL_WORDS }, (f, w, { begin, end }) => {
    const [low, high, x, count, twice] = f.locals('v128', 5);
    const c = f.local('i32');
    /** a / n, halves away from zero: ⌊(2|a| + n) / 2n⌋ with the sign of a. */
    const mean = (sum: Vector): void => {
      const sign = f.local('v128', i32x4.shrS(sum, 31));
      const size = f32x4.convertI32x4S(i32x4.shl(i32x4.abs(sum), 1));
      f.set(sum, i32x4.truncSatF32x4S(f32x4.div(f32x4.add(size, count), twice)));
      f.set(sum, i32x4.sub(v128.xor(sum, sign), sign));
    };
    emitPixelRows(f, w, begin, end, (pixel) => {
      f.set(count, f32x4.splat(f32.convertI32S(i32.mul(pixel.down, pixel.across))));
      f.set(twice, f32x4.add(count, count));
      f.for(c, 0, w.channelBytes, 8, () => {
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
        storeEight(f, i32.add(i32.add(w.p0, pixel.out), c), x, i32.sub(w.channelBytes, c));
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
  context: TaskContext,
): boolean {
  const covered =
    padding[0][0] >= poolSize[0] ||
    padding[0][1] >= poolSize[0] ||
    padding[1][0] >= poolSize[1] ||
    padding[1][1] >= poolSize[1];
  if (poolSize[0] * poolSize[1] > MOST_PIXELS || covered) return false;
  const images = placeImages(x!, context);
  const words = pixelWords({
    images,
    output: [out.shape[1]!, out.shape[2]!],
    window: poolSize,
    attrs: { strides, padding, dilations: [1, 1] },
    channelBytes: out.shape[3]!,
    addresses: [addressOf(out)],
  });
  const units = out.shape[0]! * out.shape[1]!;
  context.launch(context.code('i8-avg-pool', emitAvgPool), words, { units, cost: costOf(out, poolSize) });
  return true;
}
