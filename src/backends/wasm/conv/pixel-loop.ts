import { type Expr, type FunctionBuilder, i8x16, i32, type Local, v128 } from '../assembler/index';
import type { WindowAttrs } from './geometry';
import type { Placed } from './place';

type I32 = Local<'i32'>;

/** Parameters of kernels that visit windows pixel by pixel; strides in bytes. */
export const PIXEL_WORDS = [
  'image',
  'batchStride',
  'yStride',
  'xStride',
  'height',
  'width',
  'batch',
  'rowsY',
  'rowsX',
  'stepY',
  'originY',
  'stepX',
  'originX',
  'tapsY',
  'tapsX',
  'dilationY',
  'dilationX',
  /** Of one pixel, in images, outputs and kernels alike. */
  'channelBytes',
  /** Further addresses, one per kernel's need. */
  'p0',
  'p1',
  'p2',
  'p3',
] as const;

type PixelWord = (typeof PIXEL_WORDS)[number];
export type PixelLocals = Readonly<Record<PixelWord, I32>>;

export interface PixelArguments {
  readonly images: Pick<Placed, 'address' | 'strides' | 'shape'>;
  readonly output: readonly [number, number];
  readonly window: readonly [number, number];
  readonly attrs: WindowAttrs;
  readonly channelBytes: number;
  readonly addresses: readonly number[];
}

/** The parameters of a task in the order of `PIXEL_WORDS`. */
export function pixelWords(args: PixelArguments): number[] {
  const { images, output, window, attrs } = args;
  const [batch, height, width] = images.shape;
  const [batchStride, yStride, xStride] = images.strides;
  const [p0 = 0, p1 = 0, p2 = 0, p3 = 0] = args.addresses;
  const values: Record<PixelWord, number> = {
    image: images.address,
    batchStride,
    yStride,
    xStride,
    height,
    width,
    batch,
    rowsY: output[0],
    rowsX: output[1],
    stepY: attrs.strides[0],
    originY: -attrs.padding[0][0],
    stepX: attrs.strides[1],
    originX: -attrs.padding[1][0],
    tapsY: window[0],
    tapsX: window[1],
    dilationY: attrs.dilations[0],
    dilationX: attrs.dilations[1],
    channelBytes: args.channelBytes,
    p0,
    p1,
    p2,
    p3,
  };
  return PIXEL_WORDS.map((word) => values[word]);
}

/** What a kernel sees at one output pixel. */
export interface Pixel {
  /** The parameters. */
  readonly w: PixelLocals;
  /** Address of the first visible tap in the image. */
  readonly first: I32;
  /** Bytes from the kernel's start to that tap, where a tap is as large as a pixel. */
  readonly firstTap: I32;
  /** How many taps are visible down and across. */
  readonly down: I32;
  readonly across: I32;
  /** Bytes from the start of an output to this pixel. */
  readonly out: I32;
  readonly fixed: FixedWindow | null;
}

/** A window known when the kernel is generated, all of whose taps are always visible: their loops are unrolled. */
export type FixedWindow = readonly [number, number];

/** The window as a fixed one, if it is small and the image needs no padding. */
export function fixedWindow(
  window: readonly [number, number],
  { padding, dilations }: WindowAttrs,
): FixedWindow | null {
  const padded = padding[0][0] + padding[0][1] + padding[1][0] + padding[1][1] > 0;
  const dilated = dilations[0] > 1 || dilations[1] > 1;
  return padded || dilated || window[0] * window[1] > 9 ? null : window;
}

/**
 * Emits the loops over the pixels of rows [begin, end) of the output, the rows of all images counted through; at each
 * pixel, taps outside the image are left out and `body` sees the rest.
 */
export function emitPixelRows(
  f: FunctionBuilder,
  w: PixelLocals,
  begin: I32,
  end: I32,
  body: (pixel: Pixel) => void,
  fixed: FixedWindow | null = null,
): void {
  const [row, py, px, y0, x0, ky, kx, down, across, first, firstTap, out, base] = f.locals('i32', 13);
  const nextImage = (): void => {
    f.set(py, 0);
    f.increment(base, w.batchStride);
  };
  f.set(py, i32.remU(begin, w.rowsY));
  f.set(base, i32.add(w.image, i32.mul(w.batchStride, i32.divU(begin, w.rowsY))));
  f.set(out, i32.mul(i32.mul(begin, w.rowsX), w.channelBytes));
  f.for(row, begin, end, 1, () => {
    f.set(y0, i32.add(i32.mul(py, w.stepY), w.originY));
    if (fixed === null) visible(f, y0, w.height, w.tapsY, w.dilationY, ky, down);
    else f.set(down, w.tapsY);
    f.for(px, 0, w.rowsX, 1, () => {
      f.set(x0, i32.add(i32.mul(px, w.stepX), w.originX));
      if (fixed === null) visible(f, x0, w.width, w.tapsX, w.dilationX, kx, across);
      else f.set(across, w.tapsX);
      const y = i32.add(y0, i32.mul(ky, w.dilationY));
      const x = i32.add(x0, i32.mul(kx, w.dilationX));
      f.set(first, i32.add(base, i32.add(i32.mul(y, w.yStride), i32.mul(x, w.xStride))));
      f.set(firstTap, i32.mul(i32.add(i32.mul(ky, w.tapsX), kx), w.channelBytes));
      body({ w, first, firstTap, down, across, out, fixed });
      f.increment(out, w.channelBytes);
    });
    f.increment(py, 1);
    f.if(i32.eq(py, w.rowsY), nextImage);
  });
}

/** The first tap inside [0, size) for a window that begins at `start`, and how many are inside. */
function visible(f: FunctionBuilder, start: I32, size: I32, taps: I32, dilation: I32, firstTap: I32, count: I32): void {
  const ceilDivide = (x: Expr<'i32'>): Expr<'i32'> => i32.divU(i32.add(x, i32.sub(dilation, 1)), dilation);
  f.set(firstTap, 0);
  f.if(i32.ltS(start, 0), () => f.set(firstTap, ceilDivide(i32.sub(0, start))));
  f.set(count, 0);
  f.if(i32.ltS(start, size), () => {
    f.set(count, ceilDivide(i32.sub(size, start)));
    f.set(count, i32.select(i32.ltU(count, taps), count, taps));
    f.set(count, i32.select(i32.gtU(count, firstTap), i32.sub(count, firstTap), 0));
  });
}

/**
 * Emits the loops over the visible taps of a pixel for one chunk of its channels. `body` gets the address of the chunk in
 * the image and the bytes from the kernel's start.
 */
export function emitTapLoop(f: FunctionBuilder, pixel: Pixel, c: I32, body: (at: I32, tap: I32) => void): void {
  const { w, first, firstTap, down, across, fixed } = pixel;
  if (fixed !== null) {
    emitFixedTaps(f, pixel, fixed, c, body);
    return;
  }
  const row = f.local('i32', i32.add(first, c));
  const tapRow = f.local('i32', i32.add(firstTap, c));
  const yStep = f.local('i32', i32.mul(w.dilationY, w.yStride));
  const xStep = f.local('i32', i32.mul(w.dilationX, w.xStride));
  const [ky, kx, at, tap] = f.locals('i32', 4);
  f.set(ky, i32.select(across, down, 0));
  f.while(ky, () => {
    f.set(at, row);
    f.set(tap, tapRow);
    f.set(kx, across);
    f.while(kx, () => {
      body(at, tap);
      f.increment(at, xStep);
      f.increment(tap, w.channelBytes);
      f.set(kx, i32.sub(kx, 1));
    });
    f.increment(row, yStep);
    f.increment(tapRow, i32.mul(w.tapsX, w.channelBytes));
    f.set(ky, i32.sub(ky, 1));
  });
}

/** The same, unrolled. */
function emitFixedTaps(
  f: FunctionBuilder,
  { w, first }: Pixel,
  [high, wide]: FixedWindow,
  c: I32,
  body: (at: I32, tap: I32) => void,
): void {
  const row = f.local('i32', i32.add(first, c));
  const at = f.local('i32');
  const tap = f.local('i32', c);
  for (let ky = 0; ky < high; ky++) {
    f.set(at, row);
    for (let kx = 0; kx < wide; kx++) {
      body(at, tap);
      f.increment(at, w.xStride);
      f.increment(tap, w.channelBytes);
    }
    f.increment(row, w.yStride);
  }
}

/** Stores the first `bytes` bytes of a vector, all 16 where there are as many. Changes the local. */
export function storePart(f: FunctionBuilder, address: Expr<'i32'>, value: Local<'v128'>, bytes: Expr<'i32'>): void {
  const left = f.local('i32', bytes);
  const at = f.local('i32', address);
  f.if(
    i32.geS(left, 16),
    () => f.do(v128.store(at, value)),
    () => {
      const parts = [
        { size: 8, store: v128.store64Lane },
        { size: 4, store: v128.store32Lane },
        { size: 2, store: v128.store16Lane },
        { size: 1, store: v128.store8Lane },
      ];
      for (const { size, store } of parts) {
        f.if(i32.and(left, size), () => {
          f.do(store(at, value, 0));
          f.set(
            value,
            i8x16.shuffle(
              value,
              value,
              Array.from({ length: 16 }, (_, i) => (i + size) % 16),
            ),
          );
          f.increment(at, size);
        });
      }
    },
  );
}
