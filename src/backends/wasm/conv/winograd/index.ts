import { ARITHMETICS } from '../../gemm/arithmetic';
import { arithmeticFor } from '../../gemm/module';
import type { TaskContext } from '../../task';
import { tunedTile } from '../../tuner/tile';
import type { ConvAttrs, Four } from '../geometry';
import type { Placed } from '../place';
import type { ConvSizes } from '../sizes';
import { emitWinograd, KERNEL_TASK_WORDS, RUN_WORDS, SPARE_BYTES } from './emit';

/** A convolution of 3 × 3 taps with stride 1 of float32; strides in bytes. */
export interface SmallConvolution {
  readonly images: Pick<Placed, 'address' | 'strides' | 'shape'>;
  readonly channels: number;
  readonly filters: number;
  /** Where the window of the first output begins. */
  readonly origin: readonly [number, number];
  /** Its taps `[3, 3, channels, filters]`. */
  readonly kernel: { readonly address: number; readonly strides: Four };
  readonly output: Placed;
}

/** Channels and filters from which the products outweigh the transforms, and tiles from which they outweigh the kernel's. */
const LEAST_CHANNELS = 16;
const LEAST_TILES = 128;
/** Most channels that are summed up in one go: with more, sums are less exact than those of the plain algorithm. */
const BLOCK = 128;
/** Most bytes of transformed inputs and products at a time, for them to stay in the second-level cache. */
const AREA_BYTES = 512 * 1024;
/** Tiles are a multiple of this, so that most products have whole tiles. */
const TILE_STEP = 12;

/** Whether a convolution, or its gradient by the images, has an algorithm of Winograd's that is expected to be faster. */
export function isWinograd(
  result: readonly number[],
  { kind, kernel, inner, outer }: ConvSizes,
  { strides, dilations }: ConvAttrs,
): boolean {
  const [batch, rows, columns] = result as readonly [number, number, number];
  const small = kernel[0] === 3 && kernel[1] === 3 && [...strides, ...dilations].every((n) => n === 1);
  const tiles = batch * Math.ceil(rows / 2) * Math.ceil(columns / 2);
  return small && kind === 'f32' && Math.min(inner, outer) >= LEAST_CHANNELS && tiles >= LEAST_TILES;
}

export function runWinograd(c: SmallConvolution, context: TaskContext): void {
  const { images, channels, filters, kernel, output } = c;
  const [, rowsY, rowsX] = output.shape;
  const [tilesY, tilesX] = [Math.ceil(rowsY / 2), Math.ceil(rowsX / 2)];
  const tiles = images.shape[0] * tilesY * tilesX;
  const vRow = 4 * roundUp(channels, 4);
  const fitting = Math.floor(AREA_BYTES / (64 * (channels + filters)) / TILE_STEP) * TILE_STEP;
  const tilesPerUnit = Math.min(Math.max(fitting, 2 * TILE_STEP), 8 * TILE_STEP);
  const name = arithmeticFor('f32', context);
  const tile = tunedTile(context as never, tilesPerUnit, filters);
  const panels = Math.ceil(filters / tile.columns);
  const uRow = 4 * panels * tile.columns;
  const turned = kernel.strides[3] !== 4;
  const key = `${name}-winograd-${tile.rows}x${tile.columns}-${tile.access}${turned ? '-turned' : ''}`;
  const code = (of: 'kernel' | 'run') =>
    context.code(key, (m) => emitWinograd(m, tile, ARITHMETICS[name], turned), { name: of });

  const uBytes = uRow * channels;
  const [vBytes, mBytes] = [tilesPerUnit * vRow, tilesPerUnit * uRow];
  const areaBytes = roundUp(vRow + 64 + 16 * (vBytes + mBytes) + SPARE_BYTES, 64);
  const u = context.workspace(16 * uBytes);
  const words = {
    kernel: kernel.address,
    kernelY: kernel.strides[0],
    kernelX: kernel.strides[1],
    kernelIn: kernel.strides[2],
    kernelOut: kernel.strides[3],
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
    u,
    uBytes,
    uRow,
    block: roundUp(Math.ceil(channels / Math.ceil(channels / BLOCK)), 4),
    panels,
    tilesY,
    tilesX,
    tiles,
    tilesPerUnit,
    scratch: context.workspace(context.workers * areaBytes),
    areaBytes,
    vRow,
    vBytes,
    mBytes,
  };
  context.launch(
    code('kernel'),
    KERNEL_TASK_WORDS.map((word) => words[word]),
    { units: channels, cost: channels * filters * 6 },
  );
  context.launch(
    code('run'),
    RUN_WORDS.map((word) => words[word]),
    { units: Math.ceil(tiles / tilesPerUnit), cost: tiles * channels * filters * 0.7 },
  );
}

function roundUp(x: number, multiple: number): number {
  return Math.ceil(x / multiple) * multiple;
}
