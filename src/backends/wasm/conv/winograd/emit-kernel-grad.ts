import {
  type FunctionBuilder,
  type FunctionRef,
  f32x4,
  i32,
  type Local,
  type ModuleBuilder,
  memory,
  type V128,
  v128,
} from '../../assembler/index';
import type { Arithmetic } from '../../gemm/arithmetic';
import { emitMacrokernel } from '../../gemm/macro';
import { emitPack } from '../../gemm/pack';
import { emitPackFours } from '../../gemm/pack-fours';
import type { Tile } from '../../gemm/tile';
import { emitTask } from '../../task';
import { storePart } from '../pixel-loop';
import { allocatePlace, emitInput, least, setPlace, TILE_WORDS, type TilePlace } from './tiles';
import { emitCotangentTransform, emitTapTransform } from './transforms';

type I32 = Local<'i32'>;

/**
 * Every unit sums over `blocks` blocks of `tilesPerBlock` tiles, in a matrix `[channels, filters]` for each of the 16
 * products, of `sumBytes` together.
 */
export const SUM_WORDS = [
  ...TILE_WORDS,
  'channels',
  'tilesPerBlock',
  'blocks',
  'sums',
  'sumBytes',
  /** Bytes of a row of sums, filled up to whole panels, and of the 16 matrices of transformed cotangents. */
  'sumRow',
  'yBytes',
  'scratch',
  'areaBytes',
] as const;

export const TAPS_WORDS = [
  ...TILE_WORDS,
  'channels',
  'filters',
  'batch',
  'sums',
  'sumBytes',
  'sumRow',
  /** How many sums there are. */
  'parts',
  'kernel',
  'kernelRow',
  'kernelTap',
] as const;

type SumLocals = Readonly<Record<(typeof SUM_WORDS)[number], I32>>;
type TapsLocals = Readonly<Record<(typeof TAPS_WORDS)[number], I32>>;

/**
 * Emits `sums` and `taps`: the gradient by the kernel of a convolution of 3 × 3 taps and stride 1, the adjoint of
 * Winograd's F(2×2, 3×3): images and cotangents are transformed, multiplied tile by tile as 16 matrix products, and the
 * sums transformed back.
 */
export function emitWinogradKernelGrad(m: ModuleBuilder, tile: Tile, arithmetic: Arithmetic): void {
  const macro = emitMacrokernel(m, { tile, arithmetic, a: 'panels', b: 'panels' });
  const pack = tile.access === 'shuffle' ? emitPackFours(m, 'pack', tile.rows) : emitPack(m, 'pack', tile.rows, 4);
  const direct = emitDirectTaps(m, arithmetic);
  emitSums(m, tile, macro, pack);
  emitTaps(m, direct);
}

function emitSums(m: ModuleBuilder, tile: Tile, macro: FunctionRef<'void'>, pack: FunctionRef<'void'>): void {
  emitTask(m, { name: 'sums', words: SUM_WORDS }, (f, w, { begin, end, worker }) => {
    const [unit, block, lastBlock, first, count, i, t, a, b, c] = f.locals('i32', 10);
    const zeros = f.local('i32', i32.add(w.scratch, i32.mul(worker, w.areaBytes)));
    const zeroBytes = f.local('i32', i32.add(i32.add(w.vRow, w.sumRow), 64));
    const v = f.local('i32', i32.add(zeros, zeroBytes));
    const y = f.local('i32', i32.add(v, i32.shl(w.vBytes, 4)));
    const packed = f.local('i32', i32.add(y, i32.shl(w.yBytes, 4)));
    const place = allocatePlace(f);
    f.do(memory.fill(zeros, 0, zeroBytes));
    f.for(unit, begin, end, 1, () => {
      f.set(block, i32.mul(unit, w.blocks));
      f.set(lastBlock, i32.add(block, w.blocks));
      f.set(first, i32.mul(block, w.tilesPerBlock));
      f.while(i32.and(i32.ltU(block, lastBlock), i32.ltU(first, w.tiles)), () => {
        f.set(count, least(w.tilesPerBlock, i32.sub(w.tiles, first)));
        f.set(a, v);
        f.for(t, 0, count, 1, () => {
          setPlace(f, w, place, i32.add(first, t));
          emitInput(f, w, place, zeros, a);
          emitCotangent(f, w, place, { zeros, y, t, count }, tile);
          f.increment(a, w.vRow);
        });
        f.set(a, v);
        f.set(b, y);
        f.set(c, i32.add(w.sums, i32.mul(unit, w.sumBytes)));
        f.for(i, 0, 16, 1, () => {
          const again = i32.ne(i32.remU(block, w.blocks), 0);
          f.do(f.call(pack, packed, a, w.channels, count, 4, w.vRow));
          const width = i32.shrU(w.sumRow, 2);
          f.do(f.call(macro, packed, b, c, w.sumRow, w.channels, width, count, again, 0, 0));
          f.increment(a, w.vBytes);
          f.increment(b, w.yBytes);
          f.increment(c, i32.mul(w.channels, w.sumRow));
        });
        f.increment(block, 1);
        f.increment(first, w.tilesPerBlock);
      });
    });
  });
}

interface Cotangents {
  readonly zeros: I32;
  readonly y: I32;
  readonly t: I32;
  readonly count: I32;
}

/** Transforms the 2 × 2 cotangents of a tile, zeros where there are none, into step `t` of the panels of 16 matrices. */
function emitCotangent(
  f: FunctionBuilder,
  w: SumLocals,
  { out, y: row, x: column }: TilePlace,
  { zeros, y, t, count }: Cotangents,
  { columns }: Tile,
): void {
  const [k, target, to] = f.locals('i32', 3);
  const right = f.local('i32', i32.ltU(i32.add(column, 1), w.rowsX));
  const below = f.local('i32', i32.ltU(i32.add(row, 1), w.rowsY));
  const pixels = f.locals('i32', 4);
  const under = f.local('i32', i32.add(out, w.outRow));
  f.set(pixels[0], out);
  f.set(pixels[1], i32.select(right, i32.add(out, w.outPixel), zeros));
  f.set(pixels[2], i32.select(below, under, zeros));
  f.set(pixels[3], i32.select(i32.and(right, below), i32.add(under, w.outPixel), zeros));
  f.set(to, i32.add(y, i32.mul(t, 4 * columns)));
  f.set(k, 0);
  f.while(i32.ltU(k, w.sumRow), () => {
    for (let v = 0; v < columns / 4; v++) {
      f.set(target, to);
      emitCotangentTransform(
        f,
        (i, j) => v128.load(i32.add(pixels[2 * i + j]!, k), 16 * v),
        (_, value) => {
          f.do(v128.store(target, value, 16 * v));
          f.increment(target, w.yBytes);
        },
      );
    }
    f.increment(k, 4 * columns);
    f.increment(to, i32.mul(count, 4 * columns));
  });
}

/** Emits `taps`: every unit is an input channel. */
function emitTaps(m: ModuleBuilder, direct: FunctionRef<'v128'>): void {
  emitTask(m, { name: 'taps', words: TAPS_WORDS }, (f, w, { begin, end }) => {
    const [c, k, left, at, part, to] = f.locals('i32', 6);
    const [sum, check] = f.locals('v128', 2);
    const taps = Array.from({ length: 9 }, () => f.local('v128'));
    const load = (i: number, j: number) => {
      const row = i32.add(i32.mul(w.channels, 4 * i + j), c);
      f.set(at, i32.add(i32.add(w.sums, i32.shl(k, 2)), i32.mul(row, w.sumRow)));
      f.set(sum, v128.load(at));
      f.for(part, 1, w.parts, 1, () => {
        f.increment(at, w.sumBytes);
        f.set(sum, f32x4.add(sum, v128.load(at)));
      });
      return sum;
    };
    f.for(c, begin, end, 1, () => {
      f.for(k, 0, w.filters, 4, () => {
        emitTapTransform(f, load, (i, j, value) => f.set(taps[3 * i + j]!, value));
        f.set(
          check,
          taps.slice(1).reduce((a: V128, b) => f32x4.add(a, b), taps[0]!),
        );
        f.set(check, f32x4.sub(check, check));
        f.if(v128.anyTrue(f32x4.ne(check, check)), () => {
          taps.forEach((tap, i) => f.set(tap, f.call(direct, f.param(0), c, k, Math.floor(i / 3), i % 3)));
        });
        f.set(left, i32.shl(i32.sub(w.filters, k), 2));
        f.set(to, i32.add(w.kernel, i32.add(i32.mul(c, w.kernelRow), i32.shl(k, 2))));
        for (const tap of taps) {
          storePart(f, to, tap, left);
          f.increment(to, w.kernelTap);
        }
      });
    });
  });
}

/** `direct(params, c, k, i, j)`: the gradients of filters k to k + 3 at one tap of channel c, pixel by pixel. */
function emitDirectTaps(m: ModuleBuilder, { multiplyAdd }: Arithmetic): FunctionRef<'v128'> {
  return m.func('direct', ['i32', 'i32', 'i32', 'i32', 'i32'], 'v128', (f, params, c, k, i, j) => {
    const w = Object.fromEntries(
      TAPS_WORDS.map((word, n) => [word, f.local('i32', i32.load(params, 4 * n))]),
    ) as unknown as TapsLocals;
    const [b, y, x, row, column, image, g, gRow, g0] = f.locals('i32', 9);
    const [sum, total] = f.locals('v128', 2);
    f.set(image, i32.add(w.image, i32.shl(c, 2)));
    f.set(g0, i32.add(w.out, i32.shl(k, 2)));
    f.for(b, 0, w.batch, 1, () => {
      f.set(sum, v128.zero());
      f.set(gRow, g0);
      f.for(y, 0, w.rowsY, 1, () => {
        f.set(row, i32.add(i32.add(y, w.originY), i));
        f.set(g, gRow);
        f.for(x, 0, w.rowsX, 1, () => {
          f.set(column, i32.add(i32.add(x, w.originX), j));
          f.if(i32.and(i32.ltU(row, w.height), i32.ltU(column, w.width)), () => {
            const pixel = i32.add(image, i32.add(i32.mul(row, w.yStride), i32.mul(column, w.xStride)));
            f.set(sum, multiplyAdd(v128.load32Splat(pixel), v128.load(g), sum));
          });
          f.increment(g, w.outPixel);
        });
        f.increment(gRow, w.outRow);
      });
      f.set(total, f32x4.add(total, sum));
      f.increment(image, w.batchStride);
      f.increment(g0, w.outImage);
    });
    f.result(total);
  });
}
