import {
  type FunctionRef,
  i16x8,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  memory,
  v128,
} from '../../assembler/index';
import { allocatePlace, emitPixels, least, setPlace, TILE_WORDS } from '../../conv/winograd/tiles';
import {
  emitInputTransform,
  emitKernelTransform,
  emitOutputTransform,
  type TapSums,
} from '../../conv/winograd/transforms';
import { readWords } from '../../gemm/params';
import { emitTask } from '../../task';
import { interleaveWide, WIDE } from '../dot';
import { emitMicrokernel, ROWS } from '../gemm';
import { emitRequantizer, REQUANTIZE_WORDS, storeEight } from '../requantize';
import { COLUMNS } from '../weights';

type Vector = Local<'v128'>;

/** Tiles of 2 × 2 outputs of a unit. */
export const TILES = 4 * ROWS;
/** Bytes of sums of a unit's tiles for a panel of filters, of one matrix of the 16. */
const SUM_BYTES = 4 * COLUMNS * TILES;
/** The same of all matrices. */
export const PANEL_SUM_BYTES = 16 * SUM_BYTES;
/** What is remembered of a tile: where its first output is, and whether it has two to the right, and two below. */
const RECORD = { out: 0, right: 4, below: 8 } as const;
export const RECORD_BYTES = 16;

/** Taps `[3, 3, channels, filters]` and where their transforms go: 16 matrices in panels, pairs of channels together. */
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
] as const;

/** Twice G on both axes, which keeps integers. */
const doubledTaps = (): TapSums => ({ ...i16x8, end: (tap) => i16x8.shl(tap, 1), middle: (sum) => sum });

/** Emits `kernel`: every unit is a panel of filters. */
function emitKernelTask(m: ModuleBuilder): void {
  emitTask(m, { name: 'kernel', words: KERNEL_WORDS }, (f, w, { begin, end }) => {
    const [panel, c, at, to] = f.locals('i32', 4);
    const first = f.locals('v128', 16);
    const second = f.locals('v128', 16);
    const transform = (into: readonly Vector[]): void => {
      emitKernelTransform(
        f,
        (i, j) => v128.load8x8S(i32.add(at, i32.mul(w.tapBytes, 3 * i + j))),
        (index, value) => f.set(into[index]!, value),
        doubledTaps(),
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

/** `inputs(params, area, first, count)`: tiles transformed into rows of the 16 matrices, and their records. */
function emitInputs(m: ModuleBuilder): FunctionRef<'void'> {
  return m.func('inputs', ['i32', 'i32', 'i32', 'i32'], 'void', (f, params, area, first, count) => {
    const w = readWords(f, params, WINOGRAD_WORDS);
    const [t, c, target] = f.locals('i32', 3);
    const record = f.local('i32', i32.add(area, w.recordsAt));
    const to = f.local('i32', i32.add(area, w.vAt));
    const place = allocatePlace(f);
    // Every transformed value but one is free of what all pixels have in common.
    const zeros = f.local('v128', i16x8.splat(i32.shl(w.zeroPoint, 2)));
    f.for(t, 0, count, 1, () => {
      setPlace(f, w, place, i32.add(first, t));
      f.do(i32.store(record, place.out, RECORD.out));
      f.do(i32.store(record, i32.ltU(i32.add(place.x, 1), w.rowsX), RECORD.right));
      f.do(i32.store(record, i32.ltU(i32.add(place.y, 1), w.rowsY), RECORD.below));
      f.increment(record, RECORD_BYTES);
      const pixels = emitPixels(f, w, place, area);
      f.for(c, 0, i32.shrU(w.vRow, 1), 8, () => {
        f.set(target, i32.add(to, i32.shl(c, 1)));
        emitInputTransform(
          f,
          (i, j) => v128.load8x8S(i32.add(pixels[i]![j]!, c)),
          (index, value) => {
            f.do(v128.store(target, index === 5 ? i16x8.sub(value, zeros) : value));
            f.increment(target, w.vBytes);
          },
          i16x8,
        );
      });
      f.increment(to, w.vRow);
    });
  });
}

/** `outputs(params, area, count)`: sums of all matrices transformed back, requantised and stored. */
function emitOutputs(m: ModuleBuilder): FunctionRef<'void'> {
  return m.func('outputs', ['i32', 'i32', 'i32'], 'void', (f, params, area, count) => {
    const w = readWords(f, params, WINOGRAD_WORDS);
    const requantizer = emitRequantizer(f, w);
    const [j, t, from, record, out, right, left] = f.locals('i32', 7);
    const panel = f.local('i32', i32.add(area, w.sumsAt));
    const halves = Array.from({ length: 2 }, () => f.locals('v128', 4));
    const tile = (general: boolean): void => {
      halves.forEach((outputs, h) =>
        emitOutputTransform(
          f,
          (row, column) => v128.load(from, SUM_BYTES * (4 * row + column) + 16 * h),
          // Four times the sums, from doubling the taps on both axes.
          (index, value) => f.set(outputs[index]!, i32x4.shrS(value, 2)),
          i32x4,
        ),
      );
      const store = (index: number): void => {
        const [a, b] = [halves[0]![index]!, halves[1]![index]!];
        f.set(a, requantizer.eight([a, b], general));
        storeEight(f, out, a, left);
      };
      const pair = (first: number): void => {
        store(first);
        f.if(right, () => {
          f.increment(out, w.outPixel);
          store(first + 1);
          f.set(out, i32.sub(out, w.outPixel));
        });
      };
      f.set(out, i32.add(i32.load(record, RECORD.out), j));
      f.set(right, i32.load(record, RECORD.right));
      pair(0);
      f.if(i32.load(record, RECORD.below), () => {
        f.increment(out, w.outRow);
        pair(2);
      });
    };
    const each = (general: boolean): void =>
      f.for(t, 0, count, 1, () => {
        tile(general);
        f.increment(from, 4 * COLUMNS);
        f.increment(record, RECORD_BYTES);
      });
    f.for(j, 0, w.filters, COLUMNS, () => {
      requantizer.select(j);
      f.set(left, i32.sub(w.filters, j));
      f.set(from, panel);
      f.set(record, i32.add(area, w.recordsAt));
      f.if(
        requantizer.isGeneral(),
        () => each(true),
        () => each(false),
      );
      f.increment(panel, PANEL_SUM_BYTES);
    });
  });
}

/**
 * Emits `kernel` and `run`: a convolution of 3 × 3 taps and stride 1 by Winograd's F(2×2, 3×3) in integers. Transformed
 * pixels and taps fit in 16 bits, and sums are exact modulo 2³², as all that wraps around is added and multiplied only.
 *
 * Reference: Lavin & Gray 2016, “Fast Algorithms for Convolutional Neural Networks”.
 */
export function emitIntegerWinograd(m: ModuleBuilder): void {
  const micro = emitMicrokernel(m, WIDE);
  const inputs = emitInputs(m);
  const outputs = emitOutputs(m);
  emitKernelTask(m);
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
      f.for(index, 0, 16, 1, () => {
        f.set(b, u);
        f.for(panel, 0, w.panels, 1, () => {
          f.set(a, matrix);
          f.set(sums, i32.add(i32.mul(panel, PANEL_SUM_BYTES), i32.mul(index, SUM_BYTES)));
          f.increment(sums, i32.add(area, w.sumsAt));
          f.for(r, 0, count, ROWS, () => {
            f.do(f.call(micro, a, w.vRow, i32.sub(count, r), b, w.pairs, sums));
            f.increment(a, i32.mul(w.vRow, ROWS));
            f.increment(sums, 4 * COLUMNS * ROWS);
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
