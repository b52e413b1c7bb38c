import { type Expr, type FunctionBuilder, i32, type Local, v128 } from '../../assembler/index';
import { emitInputTransform } from './transforms';

type I32 = Local<'i32'>;

/** Images, the outputs over them in tiles of 2 × 2, and the transformed inputs; bytes. */
export const TILE_WORDS = [
  'image',
  'batchStride',
  'yStride',
  'xStride',
  'height',
  'width',
  'originY',
  'originX',
  /** Outputs, or their cotangent. */
  'out',
  'outImage',
  'outRow',
  'outPixel',
  'rowsY',
  'rowsX',
  'tilesY',
  'tilesX',
  'tiles',
  /** Bytes of a row of transformed inputs, and of one of the 16 matrices of them. */
  'vRow',
  'vBytes',
] as const;

export type TileLocals = Readonly<Record<(typeof TILE_WORDS)[number], I32>>;

/** Tiles that are transformed together are a multiple of this, so that most products have whole tiles. */
export const TILE_STEP = 12;
/** Bytes in a worker's area for one tile of a product. */
export const SPARE_BYTES = 1024;

export function least(a: Expr<'i32'>, b: Expr<'i32'>): Expr<'i32'> {
  return i32.select(i32.ltU(a, b), a, b);
}

/** Of a tile: its image, its first output, and the row and column of that. */
export interface TilePlace {
  readonly image: I32;
  readonly out: I32;
  readonly y: I32;
  readonly x: I32;
}

export function allocatePlace(f: FunctionBuilder): TilePlace {
  const [image, out, y, x] = f.locals('i32', 4);
  return { image, out, y, x };
}

/** Goes to tile number `tile`, of `size` × `size` outputs. */
export function setPlace(
  f: FunctionBuilder,
  w: TileLocals,
  { image, out, y, x }: TilePlace,
  tile: Expr<'i32'>,
  size: 2 | 4 = 2,
): void {
  const index = f.local('i32', tile);
  const log = size === 2 ? 1 : 2;
  f.set(x, i32.shl(i32.remU(index, w.tilesX), log));
  f.set(index, i32.divU(index, w.tilesX));
  f.set(y, i32.shl(i32.remU(index, w.tilesY), log));
  f.set(index, i32.divU(index, w.tilesY));
  f.set(image, i32.add(w.image, i32.mul(index, w.batchStride)));
  f.set(out, i32.add(w.out, i32.mul(index, w.outImage)));
  f.set(out, i32.add(out, i32.add(i32.mul(y, w.outRow), i32.mul(x, w.outPixel))));
}

/** Addresses of the `size` × `size` pixels under a tile, that of `padding` where there are none. */
export function emitPixels(
  f: FunctionBuilder,
  w: TileLocals,
  { image, y, x }: Omit<TilePlace, 'out'>,
  padding: I32,
  size: 4 | 6 = 4,
): readonly (readonly I32[])[] {
  const [row, column, visible, pixel] = f.locals('i32', 4);
  const columns: I32[] = f.locals('i32', size);
  const seen: I32[] = f.locals('i32', size);
  const pixels: I32[][] = Array.from({ length: size }, () => f.locals('i32', size));
  for (let j = 0; j < size; j++) {
    f.set(column, i32.add(i32.add(x, w.originX), j));
    f.set(seen[j]!, i32.ltU(column, w.width));
    f.set(columns[j]!, i32.mul(column, w.xStride));
  }
  for (let i = 0; i < size; i++) {
    f.set(row, i32.add(i32.add(y, w.originY), i));
    f.set(visible, i32.ltU(row, w.height));
    f.set(row, i32.add(image, i32.mul(row, w.yStride)));
    for (let j = 0; j < size; j++) {
      f.set(pixel, i32.add(row, columns[j]!));
      f.set(pixels[i]![j]!, i32.select(i32.and(visible, seen[j]!), pixel, padding));
    }
  }
  return pixels;
}

/** Transforms the pixels under a tile, zeros where there are none, into a row of each of the 16 matrices. */
export function emitInput(f: FunctionBuilder, w: TileLocals, place: TilePlace, zeros: I32, to: I32): void {
  const [c, target] = f.locals('i32', 2);
  const pixels = emitPixels(f, w, place, zeros);
  f.for(c, 0, w.vRow, 16, () => {
    f.set(target, i32.add(to, c));
    emitInputTransform(
      f,
      (i, j) => v128.load(i32.add(pixels[i]![j]!, c)),
      (_, value) => {
        f.do(v128.store(target, value));
        f.increment(target, w.vBytes);
      },
    );
  });
}
