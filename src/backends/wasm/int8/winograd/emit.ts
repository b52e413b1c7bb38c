import { type FunctionRef, i16x8, i32, type Local, type ModuleBuilder, memory, v128 } from '../../assembler/index';
import { allocatePlace, emitPixels, least, setPlace, TILE_WORDS } from '../../conv/winograd/tiles';
import { readWords } from '../../gemm/words';
import { emitTask } from '../../task';
import { interleaveWide, WIDE } from '../dot';
import { emitMicrokernel, type IntegerTile } from '../micro';
import { emitRequantizer, REQUANTIZE_WORDS, storeEight } from '../requantize';
import { COLUMNS } from '../weights';
import { emitBothAxes, type IntegerTransforms } from './transforms';

type Vector = Local<'v128'>;

/** Tiles of a unit, a multiple of the rows of any tile of a product. */
export const TILES = 24;
/** Bytes of sums of a unit's tiles for a panel of filters, of one of the matrices. */
export const SUM_BYTES = 4 * COLUMNS * TILES;
/** What is remembered of a tile: where its first output is, and how many outputs there are from it on. */
const RECORD = { out: 0, columns: 4, rows: 8 } as const;
export const RECORD_BYTES = 16;

/** Taps `[3, 3, channels, filters]` and where their transforms go: matrices in panels, pairs of channels together. */
export const KERNEL_WORDS = ['kernel', 'tapBytes', 'rowBytes', 'channels', 'u', 'uBytes', 'panelBytes'] as const;

export const WINOGRAD_WORDS = [
  ...REQUANTIZE_WORDS,
  ...TILE_WORDS,
  'zeroPoint',
  'filters',
  /** Pairs of channels. */
  'pairs',
  'panels',
  'u',
  'uBytes',
  'panelBytes',
  'scratch',
  'areaBytes',
  /** Parts of an area, which begins with what padding holds. */
  'recordsAt',
  'vAt',
  'sumsAt',
  'resultsAt',
] as const;

/** Emits `kernel`: every unit is a panel of filters. */
function emitKernelTask(m: ModuleBuilder, { taps, points }: IntegerTransforms): void {
  emitTask(m, { name: 'kernel', words: KERNEL_WORDS }, (f, w, { begin, end }) => {
    const [panel, c, at, to] = f.locals('i32', 4);
    const [first, second] = [0, 1].map(() => Array.from({ length: points ** 2 }, () => f.local('v128'))) as [
      Vector[],
      Vector[],
    ];
    const transform = (into: readonly Vector[]): void => {
      emitBothAxes(
        f,
        taps,
        [3, points],
        (i, j) => v128.load8x8S(i32.add(at, i32.mul(w.tapBytes, 3 * i + j))),
        (index, value) => f.set(into[index]!, value),
      );
      f.increment(at, w.rowBytes);
    };
    f.for(panel, begin, end, 1, () => {
      f.set(at, i32.add(w.kernel, i32.mul(panel, COLUMNS)));
      f.for(c, 0, w.channels, 2, () => {
        transform(first);
        f.if(
          i32.ltU(i32.add(c, 1), w.channels),
          () => transform(second),
          () => second.forEach((u) => f.set(u, v128.zero())),
        );
        f.set(to, i32.add(i32.add(w.u, i32.mul(panel, w.panelBytes)), i32.shl(c, 4)));
        first.forEach((u, index) => {
          interleaveWide(u, second[index]!).forEach((pairs, v) => f.do(v128.store(to, pairs, 16 * v)));
          f.increment(to, w.uBytes);
        });
      });
    });
  });
}

/** `inputs(params, area, first, count)`: tiles transformed into rows of the matrices, and their records. */
function emitInputs(m: ModuleBuilder, { input, shared, outputs, points }: IntegerTransforms): FunctionRef<'void'> {
  return m.func('inputs', ['i32', 'i32', 'i32', 'i32'], 'void', (f, params, area, first, count) => {
    const w = readWords(f, params, WINOGRAD_WORDS);
    const [t, c, target] = f.locals('i32', 3);
    const record = f.local('i32', i32.add(area, w.recordsAt));
    const to = f.local('i32', i32.add(area, w.vAt));
    const place = allocatePlace(f);
    // Every transformed value but one is free of what all pixels have in common.
    const zeros = f.local('v128', i16x8.splat(i32.mul(w.zeroPoint, shared)));
    f.for(t, 0, count, 1, () => {
      setPlace(f, w, place, i32.add(first, t), outputs);
      f.do(i32.store(record, place.out, RECORD.out));
      f.do(i32.store(record, least(i32.const(outputs), i32.sub(w.rowsX, place.x)), RECORD.columns));
      f.do(i32.store(record, least(i32.const(outputs), i32.sub(w.rowsY, place.y)), RECORD.rows));
      f.increment(record, RECORD_BYTES);
      const pixels = emitPixels(f, w, place, area, points);
      f.for(c, 0, i32.shrU(w.vRow, 1), 8, () => {
        f.set(target, i32.add(to, i32.shl(c, 1)));
        emitBothAxes(
          f,
          input,
          [points, points],
          (i, j) => v128.load8x8S(i32.add(pixels[i]![j]!, c)),
          (index, value) => {
            f.do(v128.store(target, index === points + 1 ? i16x8.sub(value, zeros) : value));
            f.increment(target, w.vBytes);
          },
        );
      });
      f.increment(to, w.vRow);
    });
  });
}

/** `outputs(params, area, count)`: sums of all matrices transformed back, requantised and stored. */
function emitOutputs(m: ModuleBuilder, { output, result, outputs, points }: IntegerTransforms): FunctionRef<'void'> {
  return m.func('outputs', ['i32', 'i32', 'i32'], 'void', (f, params, area, count) => {
    const w = readWords(f, params, WINOGRAD_WORDS);
    const requantizer = emitRequantizer(f, w);
    const [j, t, from, record, rows, columns, row, column, outRow, out, at, left, general] = f.locals('i32', 13);
    const panel = f.local('i32', i32.add(area, w.sumsAt));
    const results = f.local('i32', i32.add(area, w.resultsAt));
    const [a, b] = f.locals('v128', 2) as [Vector, Vector];
    const transform = (): void => {
      for (const half of [0, 16]) {
        emitBothAxes(
          f,
          output,
          [points, outputs],
          (y, x) => v128.load(from, SUM_BYTES * (points * y + x) + half),
          (index, value) => f.do(v128.store(results, result(value), 4 * COLUMNS * index + half)),
        );
      }
    };
    const pixel = (): void => {
      f.set(a, v128.load(at));
      f.set(b, v128.load(at, 16));
      f.if(
        general,
        () => requantizer.eight([[a, b]], true),
        () => requantizer.eight([[a, b]], false),
      );
      storeEight(f, out, a, left);
      f.increment(at, 4 * COLUMNS);
      f.increment(out, w.outPixel);
    };
    f.for(j, 0, w.filters, COLUMNS, () => {
      requantizer.select(j);
      f.set(general, requantizer.isGeneral());
      f.set(left, i32.sub(w.filters, j));
      f.set(from, panel);
      f.set(record, i32.add(area, w.recordsAt));
      f.for(t, 0, count, 1, () => {
        transform();
        f.set(outRow, i32.add(i32.load(record, RECORD.out), j));
        f.set(rows, i32.load(record, RECORD.rows));
        f.set(columns, i32.load(record, RECORD.columns));
        f.for(row, 0, rows, 1, () => {
          f.set(at, i32.add(results, i32.mul(row, 4 * COLUMNS * outputs)));
          f.set(out, outRow);
          f.for(column, 0, columns, 1, pixel);
          f.increment(outRow, w.outRow);
        });
        f.increment(from, 4 * COLUMNS);
        f.increment(record, RECORD_BYTES);
      });
      f.increment(panel, SUM_BYTES * points ** 2);
    });
  });
}

/**
 * Emits `kernel` and `run`: a convolution of 3 × 3 taps and stride 1 by Winograd's algorithm in integers. Transformed
 * pixels and taps fit in 16 bits, and sums are exact modulo 2³², as all that wraps around is added and multiplied only.
 *
 * Reference: Lavin & Gray 2016, “Fast Algorithms for Convolutional Neural Networks”.
 */
export function emitIntegerWinograd(m: ModuleBuilder, transforms: IntegerTransforms, tile: IntegerTile): void {
  const { rows } = tile;
  const matrices = transforms.points ** 2;
  const micro = emitMicrokernel(m, WIDE, tile);
  const inputs = emitInputs(m, transforms);
  const outputs = emitOutputs(m, transforms);
  emitKernelTask(m, transforms);
  emitTask(m, { words: WINOGRAD_WORDS }, (f, w, { begin, end, worker }) => {
    const area = f.local('i32', i32.add(w.scratch, i32.mul(worker, w.areaBytes)));
    const [unit, first, count, index, panel, r, a, matrix, b, u, sums] = f.locals('i32', 11);
    f.do(memory.fill(area, w.zeroPoint, w.recordsAt));
    f.for(unit, begin, end, 1, () => {
      f.set(first, i32.mul(unit, TILES));
      f.set(count, least(i32.const(TILES), i32.sub(w.tiles, first)));
      f.do(f.call(inputs, f.param(0), area, first, count));
      f.set(matrix, i32.add(area, w.vAt));
      f.set(u, w.u);
      f.for(index, 0, matrices, 1, () => {
        f.set(b, u);
        f.for(panel, 0, w.panels, 1, () => {
          f.set(a, matrix);
          f.set(sums, i32.add(i32.mul(panel, SUM_BYTES * matrices), i32.mul(index, SUM_BYTES)));
          f.increment(sums, i32.add(area, w.sumsAt));
          f.for(r, 0, count, rows, () => {
            f.do(f.call(micro, a, w.vRow, i32.sub(count, r), b, w.pairs, sums));
            f.increment(a, i32.mul(w.vRow, rows));
            f.increment(sums, 4 * COLUMNS * rows);
          });
          f.increment(b, w.panelBytes);
        });
        f.increment(matrix, w.vBytes);
        f.increment(u, w.uBytes);
      });
      f.do(f.call(outputs, f.param(0), area, count));
    });
  });
}
