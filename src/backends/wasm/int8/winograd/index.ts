import type { ConvAttrs, Four } from '../../conv/geometry';
import type { Placed } from '../../conv/place';
import { roundUp } from '../../gemm/params';
import type { TaskContext } from '../../task';
import { type IntegerDot, WIDE } from '../dot';
import { COLUMNS, panelBytes } from '../weights';
import { emitIntegerWinograd, KERNEL_WORDS, PANEL_SUM_BYTES, RECORD_BYTES, TILES, WINOGRAD_WORDS } from './emit';

/** Channels and filters from which products outweigh the transforms, and tiles from which they outweigh the kernel's. */
const LEAST_CHANNELS = 16;
const LEAST_TILES = 4 * TILES;
/** Channels up to which four times a sum fits in 32 bits: 4 · 9 · 255 · 128 · channels < 2^31, with some to spare. */
const MOST_CHANNELS = 1536;

/** Whether Winograd's algorithm suits an integer convolution, and is expected to be faster. */
export function isIntegerWinograd(
  dot: IntegerDot,
  kernel: Four,
  output: readonly number[],
  { strides, dilations, groups }: ConvAttrs,
): boolean {
  const [kh, kw, channels, filters] = kernel;
  const [batch, rows, columns] = output as readonly [number, number, number];
  // What sums bytes does four times the work of what sums pairs, and all of it is in the sums.
  if (dot !== WIDE || kh !== 3 || kw !== 3 || [...strides, ...dilations].some((n) => n !== 1)) return false;
  const tiles = batch * Math.ceil(rows / 2) * Math.ceil(columns / 2);
  return Math.min(channels, filters / groups) >= LEAST_CHANNELS && channels <= MOST_CHANNELS && tiles >= LEAST_TILES;
}

/** An integer convolution of 3 × 3 taps with stride 1, or one group of it. */
export interface IntegerWinograd {
  /** Bytes, the channels of a pixel neighbours. */
  readonly images: Placed;
  readonly channels: number;
  readonly filters: number;
  readonly origin: readonly [number, number];
  readonly zeroPoint: number;
  /** Its taps `[3, 3, channels, filters]`; `row` bytes between channels. */
  readonly kernel: { readonly address: number; readonly row: number };
  readonly output: Placed;
  /** The words of `REQUANTIZE_WORDS`. */
  readonly requantize: readonly number[];
}

export function launchIntegerWinograd(c: IntegerWinograd, context: TaskContext): void {
  const { images, channels, filters, kernel, output } = c;
  const [, rowsY, rowsX] = output.shape;
  const [tilesY, tilesX] = [Math.ceil(rowsY / 2), Math.ceil(rowsX / 2)];
  const [tiles, panels] = [images.shape[0] * tilesY * tilesX, Math.ceil(filters / COLUMNS)];
  const vRow = 2 * roundUp(channels, 8);
  const vBytes = TILES * vRow;
  const bytes = panelBytes(WIDE, channels);
  // Pixels are read by eights of channels.
  const recordsAt = roundUp(channels + 8, 64);
  const vAt = recordsAt + roundUp(RECORD_BYTES * TILES, 64);
  const sumsAt = roundUp(vAt + 16 * vBytes, 64);
  const areaBytes = sumsAt + panels * PANEL_SUM_BYTES;
  const words = {
    kernel: kernel.address,
    tapBytes: channels * kernel.row,
    rowBytes: kernel.row,
    channels,
    filters,
    image: images.address,
    batchStride: images.strides[0],
    yStride: images.strides[1],
    xStride: images.strides[2],
    height: images.shape[1],
    width: images.shape[2],
    originY: c.origin[0],
    originX: c.origin[1],
    out: output.address,
    outImage: output.strides[0],
    outRow: output.strides[1],
    outPixel: output.strides[2],
    rowsY,
    rowsX,
    tilesY,
    tilesX,
    tiles,
    vRow,
    vBytes,
    zeroPoint: c.zeroPoint,
    pairs: Math.ceil(channels / 2),
    panels,
    u: context.workspace(16 * panels * bytes),
    uBytes: panels * bytes,
    panelBytes: bytes,
    scratch: context.workspace(context.workers * areaBytes),
    areaBytes,
    recordsAt,
    vAt,
    sumsAt,
  };
  const code = (name: 'kernel' | 'run') => context.code('i16-winograd-requantize', emitIntegerWinograd, { name });
  context.launch(
    code('kernel'),
    KERNEL_WORDS.map((word) => words[word]),
    { units: panels, cost: panels * channels * 25, prepares: true },
  );
  const own = WINOGRAD_WORDS.slice(c.requantize.length) as (keyof typeof words)[];
  context.launch(code('run'), [...c.requantize, ...own.map((word) => words[word])], {
    units: Math.ceil(tiles / TILES),
    cost: tiles * (channels * filters * 0.5 + 4 * filters),
  });
}
