import type { ConvAttrs, Four } from '../../conv/geometry';
import type { Placed } from '../../conv/place';
import { roundUp } from '../../gemm/params';
import type { TaskContext } from '../../task';
import { type IntegerDot, WIDE } from '../dot';
import { integerTile, integerTileName } from '../micro';
import { COLUMNS, panelBytes } from '../weights';
import { emitIntegerWinograd, KERNEL_WORDS, RECORD_BYTES, SUM_BYTES, TILES, WINOGRAD_WORDS } from './emit';
import { INTEGER_TRANSFORMS, type IntegerTransforms } from './transforms';

/** Channels and filters from which products outweigh the transforms, and tiles from which they outweigh the kernel's. */
const LEAST_CHANNELS = 16;
const LEAST_TILES = 2 * TILES;

/** Tiles of so many outputs. */
function tilesOf([batch, rows, columns]: readonly number[], { outputs }: IntegerTransforms): number {
  return batch! * Math.ceil(rows! / outputs) * Math.ceil(columns! / outputs);
}

/** The transforms of an integer convolution for which Winograd's algorithm is expected to be faster. */
export function winogradTransforms(
  dot: IntegerDot,
  kernel: Four,
  output: readonly number[],
  { strides, dilations, groups }: ConvAttrs,
): IntegerTransforms | null {
  const [kh, kw, channels, filters] = kernel;
  if (kh !== 3 || kw !== 3 || [...strides, ...dilations].some((n) => n !== 1)) return null;
  if (Math.min(channels, filters / groups) < LEAST_CHANNELS) return null;
  const { two, four } = INTEGER_TRANSFORMS;
  const suits = (t: IntegerTransforms): boolean => channels <= t.mostChannels && tilesOf(output, t) >= LEAST_TILES;
  // Larger tiles may lie outside in larger parts.
  const products = (t: IntegerTransforms): number => t.points ** 2 * tilesOf(output, t);
  if (suits(four) && products(four) < 0.9 * products(two)) return four;
  // What sums bytes in fours does more than twice the work of what sums pairs, and has nothing to transform.
  return dot === WIDE && suits(two) ? two : null;
}

/** An integer convolution of 3 × 3 taps with stride 1, or one group of it. */
export interface IntegerWinograd {
  /** Bytes, the channels of a pixel neighbours. */
  readonly images: Placed;
  readonly transforms: IntegerTransforms;
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
  const { images, transforms, channels, filters, kernel, output } = c;
  const { outputs, points } = transforms;
  const [, rowsY, rowsX] = output.shape;
  const [tilesY, tilesX] = [Math.ceil(rowsY / outputs), Math.ceil(rowsX / outputs)];
  const [tiles, panels] = [images.shape[0] * tilesY * tilesX, Math.ceil(filters / COLUMNS)];
  const vRow = 2 * roundUp(channels, 8);
  const vBytes = TILES * vRow;
  const bytes = panelBytes(WIDE, channels);
  // Pixels are read by eights of channels.
  const recordsAt = roundUp(channels + 8, 64);
  const vAt = recordsAt + roundUp(RECORD_BYTES * TILES, 64);
  const sumsAt = roundUp(vAt + points ** 2 * vBytes, 64);
  const resultsAt = sumsAt + panels * points ** 2 * SUM_BYTES;
  const areaBytes = resultsAt + 4 * COLUMNS * outputs ** 2;
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
    u: context.workspace(points ** 2 * panels * bytes),
    uBytes: panels * bytes,
    panelBytes: bytes,
    scratch: context.workspace(context.workers * areaBytes),
    areaBytes,
    recordsAt,
    vAt,
    sumsAt,
    resultsAt,
  };
  const tile = integerTile(WIDE);
  const key = `i16-winograd-${transforms.name}-${integerTileName(tile)}-requantize`;
  const code = (name: 'kernel' | 'run') => context.code(key, (m) => emitIntegerWinograd(m, transforms, tile), { name });
  context.launch(
    code('kernel'),
    KERNEL_WORDS.map((word) => words[word]),
    { units: panels, cost: panels * channels * points ** 2 * 1.5, prepares: true },
  );
  const own = WINOGRAD_WORDS.slice(c.requantize.length) as (keyof typeof words)[];
  context.launch(code('run'), [...c.requantize, ...own.map((word) => words[word])], {
    units: Math.ceil(tiles / TILES),
    cost: tiles * filters * (channels * points ** 2 * 0.03 + outputs ** 2),
  });
}
