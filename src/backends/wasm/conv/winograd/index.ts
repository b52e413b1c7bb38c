import { ARITHMETICS } from '../../gemm/arithmetic';
import { arithmeticFor } from '../../gemm/module';
import { type Tile, tileName } from '../../gemm/tile';
import type { TaskContext, Work } from '../../task';
import { tunedTile } from '../../tuner/tile';
import type { ConvAttrs, Four } from '../geometry';
import type { Placed } from '../place';
import type { ConvSizes } from '../sizes';
import { emitWinograd, KERNEL_TASK_WORDS, RUN_WORDS } from './emit';
import { emitWinogradKernelGrad, SUM_WORDS, TAPS_WORDS } from './emit-kernel-grad';
import { SPARE_BYTES, TILE_STEP } from './tiles';

/** A convolution of 3 × 3 taps with stride 1 of float32, or one group of it; strides in bytes. */
export interface SmallConvolution {
  readonly images: Placed;
  readonly channels: number;
  readonly filters: number;
  /** Where the window of the first output begins. */
  readonly origin: readonly [number, number];
  /** Its taps `[3, 3, channels, filters]`. */
  readonly kernel: { readonly address: number; readonly strides: Four };
  /** The outputs, or their cotangent where the kernel is computed. */
  readonly output: Placed;
}

/** Channels and filters from which products outweigh the transforms, and tiles from which they outweigh the kernel's. */
const LEAST_CHANNELS = 8;
/** The same for the gradient by the kernel, whose sums over tiles are transformed too. */
export const LEAST_CHANNELS_BY_KERNEL = 12;
const LEAST_TILES = 128;
/** Most channels that are summed up in one go: with more, sums are less exact than those of the plain algorithm. */
const CHANNEL_BLOCK = 128;
/** Most bytes of transformed inputs and products at a time, for them to stay in the second-level cache. */
const AREA_BYTES = 512 * 1024;
/**
 * Channels and filters up to which other work may follow chunk by chunk: with more, there are so few tiles at a time that
 * ending a chunk between them costs more than reading its rows once more.
 */
const LEADING_CHANNELS = 128;
/** Images to each worker from which they need not be divided. */
const ENOUGH_IMAGES = 4;
/** Most parts that sums over tiles are cut into, and most bytes of them. */
const MOST_PARTS = 16;
const PART_BYTES = 64 * 1024 * 1024;

/** Whether Winograd's algorithm suits a convolution, or its gradients, and is expected to be faster. */
export function isWinograd(
  result: readonly number[],
  { kind, kernel, inner, outer }: ConvSizes,
  { strides, dilations }: ConvAttrs,
  leastChannels = LEAST_CHANNELS,
): boolean {
  const [batch, rows, columns] = result as readonly [number, number, number];
  const small = kernel[0] === 3 && kernel[1] === 3 && [...strides, ...dilations].every((n) => n === 1);
  const tiles = batch * Math.ceil(rows / 2) * Math.ceil(columns / 2);
  return small && kind === 'f32' && Math.min(inner, outer) >= leastChannels && tiles >= LEAST_TILES;
}

/** The words of `TILE_WORDS`, and what follows from the sizes. */
function tileWords({ images, origin, output, channels, filters }: SmallConvolution) {
  const [, rowsY, rowsX] = output.shape;
  const [tilesY, tilesX] = [Math.ceil(rowsY / 2), Math.ceil(rowsX / 2)];
  const vRow = 4 * roundUp(channels, 4);
  const fitting = roundUp(AREA_BYTES / (64 * (channels + filters)) - TILE_STEP + 1, TILE_STEP);
  const tilesAtOnce = Math.min(Math.max(fitting, 2 * TILE_STEP), 8 * TILE_STEP);
  return {
    image: images.address,
    batchStride: images.strides[0],
    yStride: images.strides[1],
    xStride: images.strides[2],
    height: images.shape[1],
    width: images.shape[2],
    originY: origin[0],
    originX: origin[1],
    out: output.address,
    outImage: output.strides[0],
    outRow: output.strides[1],
    outPixel: output.strides[2],
    rowsY,
    rowsX,
    tilesY,
    tilesX,
    tiles: images.shape[0] * tilesY * tilesX,
    vRow,
    vBytes: tilesAtOnce * vRow,
    tilesAtOnce,
    channels,
    filters,
  };
}

/** Computes the outputs. */
export function runWinograd(c: SmallConvolution, context: TaskContext): void {
  const { channels, filters, kernel } = c;
  const geometry = tileWords(c);
  const { tiles, tilesAtOnce, vRow, vBytes } = geometry;
  const cost = tiles * channels * filters * 0.7;
  const { name, tile } = choose(cost, context);
  const panels = Math.ceil(filters / tile.columns);
  const uRow = 4 * panels * tile.columns;
  const turned = kernel.strides[3] !== 4;
  const key = `${name}-winograd-${tileName(tile)}${turned ? '-turned' : ''}`;
  const code = (of: 'kernel' | 'run') =>
    context.code(key, (m) => emitWinograd(m, tile, ARITHMETICS[name], turned), { name: of });

  const uBytes = uRow * channels;
  const mBytes = tilesAtOnce * uRow;
  const areaBytes = roundUp(vRow + 64 + 16 * (vBytes + mBytes) + SPARE_BYTES, 64);
  const words = {
    ...geometry,
    kernel: kernel.address,
    kernelY: kernel.strides[0],
    kernelX: kernel.strides[1],
    kernelIn: kernel.strides[2],
    kernelOut: kernel.strides[3],
    u: context.workspace(16 * uBytes),
    uBytes,
    uRow,
    block: roundUp(channels / Math.ceil(channels / CHANNEL_BLOCK), 4),
    panels,
    scratch: context.workspace(context.workers * areaBytes),
    areaBytes,
    mBytes,
  };
  const work = { units: channels, cost: channels * filters * 6, prepares: true };
  context.launch(
    code('kernel'),
    KERNEL_TASK_WORDS.map((word) => words[word]),
    work,
  );
  context.launch(
    code('run'),
    RUN_WORDS.map((word) => words[word]),
    rowWork(c.output.shape[0], geometry, cost, context.workers),
  );
}

type Geometry = ReturnType<typeof tileWords>;

/** Work by rows of outputs. */
function rowWork(batch: number, geometry: Geometry, cost: number, workers: number): Work {
  const { rowsY, rowsX, outRow, channels, filters } = geometry;
  const work = { units: batch * rowsY, cost, multiple: rowsTogether(batch, geometry, workers) };
  const rowLength = rowsX * filters;
  const leads = channels + filters <= LEADING_CHANNELS && outRow === 4 * rowLength;
  return leads ? { ...work, rowLength, leadsOnly: true } : work;
}

/**
 * Rows of outputs that go to a worker together: those of about as many tiles as are transformed together. A part that ends
 * inside of a tile computes it in vain; with an odd number of rows most images would begin inside of one, so they go as
 * a whole where there are enough of them.
 */
function rowsTogether(batch: number, { rowsY, tilesY, tilesX, tilesAtOnce }: Geometry, workers: number): number {
  const perImage = tilesY * tilesX;
  const enough = perImage <= tilesAtOnce || batch >= ENOUGH_IMAGES * workers;
  if (rowsY % 2 === 1 && batch > 1 && enough) return rowsY * Math.max(1, Math.floor(tilesAtOnce / perImage));
  return 2 * Math.max(1, Math.floor(tilesAtOnce / tilesX));
}

/** Computes the gradient by the kernel, which is contiguous along its filters. */
export function runWinogradKernelGrad(c: SmallConvolution, context: TaskContext): void {
  const { channels, filters, kernel } = c;
  const geometry = tileWords(c);
  const { tiles, tilesAtOnce, vRow, vBytes } = geometry;
  const cost = tiles * channels * filters * 0.7;
  const { name, tile } = choose(cost, context);
  const key = `${name}-winograd-kernel-grad-${tileName(tile)}`;
  const code = (of: 'sums' | 'taps') =>
    context.code(key, (m) => emitWinogradKernelGrad(m, tile, ARITHMETICS[name]), { name: of });

  const sumRow = 4 * roundUp(filters, tile.columns);
  const sumBytes = 16 * channels * sumRow;
  const tileBlocks = Math.ceil(tiles / tilesAtOnce);
  const most = Math.min(MOST_PARTS, Math.max(2, Math.floor(PART_BYTES / sumBytes)));
  const blocks = Math.ceil(tileBlocks / most);
  const parts = Math.ceil(tileBlocks / blocks);
  const yBytes = tilesAtOnce * sumRow;
  const packedBytes = 4 * roundUp(channels, tile.rows) * roundUp(tilesAtOnce, 4);
  const areaBytes = roundUp(SPARE_BYTES + vRow + sumRow + 64 + 16 * (vBytes + yBytes) + packedBytes, 64);
  const words = {
    ...geometry,
    batch: c.images.shape[0],
    tilesPerBlock: tilesAtOnce,
    blocks,
    sums: context.workspace(parts * sumBytes),
    sumBytes,
    sumRow,
    yBytes,
    scratch: context.workspace(context.workers * areaBytes),
    areaBytes,
    parts,
    kernel: kernel.address,
    kernelRow: kernel.strides[2],
    kernelTap: kernel.strides[1],
  };
  context.launch(
    code('sums'),
    SUM_WORDS.map((word) => words[word]),
    { units: parts, cost },
  );
  context.launch(
    code('taps'),
    TAPS_WORDS.map((word) => words[word]),
    { units: channels, cost: channels * filters * parts * 2 },
  );
}

/** What to compute with, for work of about `cost` nanoseconds. */
function choose(cost: number, context: TaskContext): { name: 'f32' | 'f32-fma'; tile: Tile } {
  const name = arithmeticFor('f32', context) as 'f32' | 'f32-fma';
  return { name, tile: tunedTile(context, cost) };
}

function roundUp(x: number, multiple: number): number {
  return Math.ceil(x / multiple) * multiple;
}
