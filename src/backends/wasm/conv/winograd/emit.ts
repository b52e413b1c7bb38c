import {
  type Expr,
  type FunctionBuilder,
  type FunctionRef,
  f32x4,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  memory,
  v128,
} from '../../assembler/index';
import type { Arithmetic } from '../../gemm/arithmetic';
import { emitMacrokernel } from '../../gemm/macro';
import type { Tile } from '../../gemm/tile';
import { emitTask } from '../../task';
import { storePart } from '../pixel-loop';
import { allocatePlace, emitInput, least, setPlace, TILE_STEP, TILE_WORDS, type TilePlace } from './tiles';
import { emitKernelTransform, emitOutputTransform } from './transforms';

type I32 = Local<'i32'>;

/** The taps that a kernel consists of; strides in bytes, of any sign. */
const TAP_WORDS = ['kernel', 'kernelY', 'kernelX', 'kernelIn', 'kernelOut', 'channels', 'filters'] as const;
/**
 * `u` the 16 transformed kernels, each `uBytes`: by blocks of `block` channels, and those packed in panels. `uRow` bytes
 * hold all filters of a channel.
 */
const U_WORDS = ['u', 'uBytes', 'uRow', 'block'] as const;
export const KERNEL_TASK_WORDS = [...TAP_WORDS, ...U_WORDS, 'panels'] as const;

/** Tiles of 2 × 2 outputs, `tilesAtOnce` of them at most; the sizes of a worker's scratch memory, and of its parts. */
export const RUN_WORDS = [
  ...TAP_WORDS,
  ...TILE_WORDS,
  ...U_WORDS,
  'tilesAtOnce',
  'scratch',
  'areaBytes',
  /** Bytes of one of the 16 matrices of products. */
  'mBytes',
] as const;

type RunLocals = Readonly<Record<(typeof RUN_WORDS)[number], I32>>;

/** Emits `kernel`: every unit is an input channel. */
function emitKernelTask(m: ModuleBuilder, { columns }: Tile, turned: boolean): void {
  emitTask(m, { name: 'kernel', words: KERNEL_TASK_WORDS }, (f, w, { begin, end }) => {
    const [c, panel, k, tap, to, at, lane, first, size] = f.locals('i32', 9);
    const mask = f.local('v128');
    const value = f.local('v128');
    const load = (i: number, j: number) => {
      f.set(at, i32.add(tap, i32.add(i32.mul(w.kernelY, i), i32.mul(w.kernelX, j))));
      if (!turned) f.set(value, v128.load(at));
      else emitGather(f, value, at, k, w, lane);
      return v128.and(value, mask);
    };
    f.for(c, begin, end, 1, () => {
      f.set(first, i32.sub(c, i32.remU(c, w.block)));
      f.set(size, least(w.block, i32.sub(w.channels, first)));
      f.set(k, 0);
      f.for(panel, 0, w.panels, 1, () => {
        f.set(to, i32.mul(i32.add(i32.mul(panel, size), i32.sub(c, first)), 4 * columns));
        f.increment(to, i32.add(w.u, i32.mul(first, w.uRow)));
        for (let v = 0; v < columns / 4; v++) {
          // Columns beyond the last filter are zeros.
          f.set(mask, i32x4.gtS(i32x4.splat(i32.sub(w.filters, k)), i32x4.const(0, 1, 2, 3)));
          f.set(tap, i32.add(w.kernel, i32.mul(c, w.kernelIn)));
          if (!turned) f.increment(tap, i32.shl(k, 2));
          const target = f.local('i32', to);
          emitKernelTransform(f, load, (_, u) => {
            f.do(v128.store(target, u, 16 * v));
            f.increment(target, w.uBytes);
          });
          f.increment(k, 4);
        }
      });
    });
  });
}

/** Four filters from number `k` on, `kernelOut` bytes apart; those beyond the last are the last again. */
function emitGather(
  f: FunctionBuilder,
  value: Local<'v128'>,
  at: I32,
  k: I32,
  w: Pick<RunLocals, 'filters' | 'kernelOut'>,
  lane: I32,
): void {
  for (let l = 0; l < 4; l++) {
    f.set(lane, i32.add(k, l));
    f.set(lane, i32.select(i32.ltU(lane, w.filters), lane, i32.sub(w.filters, 1)));
    f.set(value, v128.load32Lane(i32.add(at, i32.mul(lane, w.kernelOut)), value, l));
  }
}

/**
 * Emits `kernel` and `run`: a convolution of 3 × 3 taps and stride 1 by Winograd's F(2×2, 3×3): 4 × 4 pixels are
 * transformed for 2 × 2 outputs, multiplied by the transformed kernel as 16 matrix products, and transformed back. Units
 * of `run` are rows of outputs. Where a part ends between the two rows of a tile, both parts compute it, and each stores
 * its own.
 *
 * Reference: Lavin & Gray 2016, “Fast Algorithms for Convolutional Neural Networks”.
 */
export function emitWinograd(m: ModuleBuilder, tile: Tile, arithmetic: Arithmetic, turned: boolean): void {
  const macro = emitMacrokernel(m, { tile, arithmetic, a: 'rows', b: 'panels' });
  const direct = emitDirect(m, arithmetic);
  emitKernelTask(m, tile, turned);
  emitTask(m, { words: RUN_WORDS }, (f, w, { begin, end, worker }) => {
    const [first, count, i, p, t, a, b, c] = f.locals('i32', 8);
    const zeros = f.local('i32', i32.add(w.scratch, i32.mul(worker, w.areaBytes)));
    const v = f.local('i32', i32.add(zeros, i32.add(w.vRow, 64)));
    const products = f.local('i32', i32.add(v, i32.shl(w.vBytes, 4)));
    const place = allocatePlace(f);
    f.do(memory.fill(zeros, 0, i32.add(w.vRow, 16)));
    const last = f.local('i32', i32.mul(i32.add(rowOfTiles(f, w, i32.sub(end, 1)), 1), w.tilesX));
    f.set(first, i32.mul(rowOfTiles(f, w, begin), w.tilesX));
    const step = stepOf(f, i32.sub(last, first), w.tilesAtOnce);
    const rows = {
      from: f.local('i32', i32.mul(begin, w.outRow)),
      till: f.local('i32', i32.mul(end, w.outRow)),
    };
    f.while(i32.ltU(first, last), () => {
      f.set(count, least(step, i32.sub(last, first)));
      f.set(a, v);
      f.for(t, 0, count, 1, () => {
        setPlace(f, w, place, i32.add(first, t));
        emitInput(f, w, place, zeros, a);
        f.increment(a, w.vRow);
      });
      f.set(a, v);
      f.set(b, w.u);
      f.set(c, products);
      f.for(i, 0, 16, 1, () => {
        f.for(p, 0, w.channels, w.block, () => {
          const from = i32.add(a, i32.shl(p, 2));
          const kernels = i32.add(b, i32.mul(p, w.uRow));
          const size = least(w.block, i32.sub(w.channels, p));
          const filters = i32.shrU(w.uRow, 2);
          f.do(f.call(macro, from, kernels, c, w.uRow, count, filters, size, i32.ne(p, 0), w.vRow, 0));
        });
        f.increment(a, w.vBytes);
        f.increment(b, w.uBytes);
        f.increment(c, w.mBytes);
      });
      f.set(c, products);
      f.for(t, 0, count, 1, () => {
        setPlace(f, w, place, i32.add(first, t));
        emitOutput(f, w, place, c, rows, direct);
        f.increment(c, w.uRow);
      });
      f.increment(first, step);
    });
  });
}

/** The row of tiles, among those of all images, that a row of outputs is in. */
function rowOfTiles(f: FunctionBuilder, w: RunLocals, row: Expr<'i32'>): Expr<'i32'> {
  const y = f.local('i32', row);
  const image = f.local('i32', i32.divU(y, w.rowsY));
  f.set(y, i32.shrU(i32.sub(y, i32.mul(image, w.rowsY)), 1));
  return i32.add(i32.mul(image, w.tilesY), y);
}

/** How many tiles to go by, so that `count` of them fall into equal groups of at most `most`. */
function stepOf(f: FunctionBuilder, count: Expr<'i32'>, most: I32): I32 {
  const step = f.local('i32', count);
  const groups = f.local('i32', i32.divU(i32.add(step, i32.sub(most, 1)), most));
  f.set(step, i32.divU(i32.add(step, i32.sub(groups, 1)), groups));
  f.set(step, i32.mul(i32.divU(i32.add(step, TILE_STEP - 1), TILE_STEP), TILE_STEP));
  return step;
}

/**
 * Transforms a row of the 16 products into 2 × 2 outputs, of which those are stored that exist and lie in the rows of
 * this part, which begin and end so many bytes behind the first output.
 */
function emitOutput(
  f: FunctionBuilder,
  w: RunLocals,
  { image, out, y, x }: TilePlace,
  from: I32,
  rows: { readonly from: I32; readonly till: I32 },
  direct: FunctionRef<'v128'>,
): void {
  const [k, left, source, at] = f.locals('i32', 4);
  const outputs = f.locals('v128', 4);
  const check = f.local('v128');
  const right = f.local('i32', i32.ltU(i32.add(x, 1), w.rowsX));
  const offset = f.local('i32', i32.sub(out, w.out));
  const upper = f.local('i32', i32.geU(offset, rows.from));
  f.increment(offset, w.outRow);
  const below = f.local('i32', i32.and(i32.ltU(i32.add(y, 1), w.rowsY), i32.ltU(offset, rows.till)));
  f.set(left, i32.shl(w.filters, 2));
  f.for(k, 0, i32.shl(w.filters, 2), 16, () => {
    emitOutputTransform(
      f,
      (i, j) => {
        f.set(source, i32.add(i32.add(from, k), i32.mul(w.mBytes, 4 * i + j)));
        return v128.load(source);
      },
      (index, value) => f.set(outputs[index]!, value),
    );
    // What is not finite reaches outputs of the tile that don't see it; those are computed tap by tap.
    f.set(check, f32x4.add(f32x4.add(outputs[0], outputs[1]), f32x4.add(outputs[2], outputs[3])));
    f.set(check, f32x4.sub(check, check));
    f.if(v128.anyTrue(f32x4.ne(check, check)), () => {
      outputs.forEach((o, i) => {
        const row = i32.add(i32.add(y, w.originY), i >> 1);
        const column = i32.add(i32.add(x, w.originX), i & 1);
        f.set(o, f.call(direct, f.param(0), image, row, column, i32.shrU(k, 2)));
      });
    });
    f.set(at, i32.add(out, k));
    const store = (o: Local<'v128'>, to: Expr<'i32'>): void => storePart(f, to, o, left);
    f.if(upper, () => {
      store(outputs[0], at);
      f.if(right, () => store(outputs[1], i32.add(at, w.outPixel)));
    });
    f.if(below, () => {
      store(outputs[2], i32.add(at, w.outRow));
      f.if(right, () => store(outputs[3], i32.add(i32.add(at, w.outRow), w.outPixel)));
    });
    f.set(left, i32.sub(left, 16));
  });
}

/** `direct(params, image, y, x, k)`: filters k to k + 3 at the window that begins at (y, x), tap by tap. */
function emitDirect(m: ModuleBuilder, { multiplyAdd }: Arithmetic): FunctionRef<'v128'> {
  return m.func('direct', ['i32', 'i32', 'i32', 'i32', 'i32'], 'v128', (f, params, image, y, x, k) => {
    const names = [...TAP_WORDS, 'yStride', 'xStride', 'height', 'width'] as const;
    const w = Object.fromEntries(
      names.map((name) => [name, f.local('i32', i32.load(params, 4 * RUN_WORDS.indexOf(name)))]),
    ) as unknown as RunLocals;
    const [i, j, c, pixel, tap, row, column, lane] = f.locals('i32', 8);
    const [sum, weight] = f.locals('v128', 2);
    f.for(i, 0, 3, 1, () => {
      f.set(row, i32.add(y, i));
      f.for(j, 0, 3, 1, () => {
        f.set(column, i32.add(x, j));
        f.if(i32.and(i32.ltU(row, w.height), i32.ltU(column, w.width)), () => {
          f.set(pixel, i32.add(image, i32.add(i32.mul(row, w.yStride), i32.mul(column, w.xStride))));
          f.set(tap, i32.add(w.kernel, i32.add(i32.mul(i, w.kernelY), i32.mul(j, w.kernelX))));
          f.for(c, 0, w.channels, 1, () => {
            emitGather(f, weight, tap, k, w, lane);
            f.set(sum, multiplyAdd(v128.load32Splat(pixel), weight, sum));
            f.increment(pixel, 4);
            f.increment(tap, w.kernelIn);
          });
        });
      });
    });
    f.result(sum);
  });
}
