import { type Expr, type FunctionBuilder, i32, type Local, type ModuleBuilder, v128 } from '../../assembler/index';
import type { Arithmetic } from '../../gemm/arithmetic';
import { emitTask } from '../../task';
import { storePart } from '../pixel-loop';
import type { TileRun } from './row-plan';

type I32 = Local<'i32'>;
type Vector = Local<'v128'>;

/** What is known of the rows when their code is generated; bytes between neighbouring pixels and taps. */
export interface RowCode {
  readonly arithmetic: Arithmetic;
  readonly runs: readonly TileRun[];
  /** Of the row's taps. */
  readonly taps: number;
  /** Of one pixel or tap. */
  readonly channelBytes: number;
  /** Between pixels of the rows that are read. */
  readonly sourceStep: number;
  /** Between taps: of the kernel, or of the sums that become its gradient. */
  readonly tapStep: number;
}

/** Bytes of channels that go along a row before the next: with them the rows in use stay in the first-level cache. */
const CHANNEL_BLOCK = 512;

/**
 * Parameters of both tasks. Row y of an image and tap ky meet row t / divisor of the images that are read, where
 * t = y·stepY + originY + ky·tapY, if that is an integer and inside.
 */
const GEOMETRY = [
  'rows',
  'height',
  'fromImage',
  'fromRow',
  'tapsY',
  'stepY',
  'originY',
  'tapY',
  'divisor',
  /** Bytes from a row to the next that meets, and from its taps to theirs. */
  'fromStep',
  'kernelStep',
  /** Bytes of a row of taps. */
  'kernelRow',
] as const;

export const ROW_WORDS = ['to', 'from', 'kernel', ...GEOMETRY] as const;
export const KERNEL_WORDS = ['cotangent', 'from', 'sums', 'sumBytes', 'blockRows', 'blocks', ...GEOMETRY] as const;

export type RowLocals = Readonly<Record<(typeof GEOMETRY)[number] | 'from', I32>>;

/** The rows that meet one row: the first's address, bytes from the kernel's start to its taps, and how many. */
export interface Met {
  readonly from: I32;
  readonly tap: I32;
  readonly count: I32;
}

/** Emits `run`: every unit is a row of the result. */
export function emitDepthwiseRows(m: ModuleBuilder, code: RowCode): void {
  const { runs, arithmetic, channelBytes } = code;
  const rowBytes = runs.reduce((sum, run) => sum + run.times * run.pixels, 0) * channelBytes;
  emitTask(m, { words: ROW_WORDS }, (f, w, { begin, end }) => {
    const [unit, to, kernel] = f.locals('i32', 3);
    const registers = allocateRegisters(f, code);
    const { sums, taps, x } = registers;
    f.for(unit, begin, end, 1, () => {
      const met = emitMet(f, w, i32.divU(unit, w.rows), i32.remU(unit, w.rows));
      f.set(to, i32.add(w.to, i32.mul(unit, rowBytes)));
      f.set(kernel, i32.add(w.kernel, met.tap));
      emitTiles(f, code, { to, from: met.from, kernel }, 16, ({ run, at, source, tap, bytes }) => {
        for (let p = 0; p < run.pixels; p++) f.set(sums[p]!, v128.zero());
        emitRowsMet(f, w, met, source, tap, (from, taps0) => {
          for (const t of tapsOf(run)) f.set(taps[t]!, v128.load(taps0, t * code.tapStep));
          emitMeetings(f, code, run, from, x, (p, t) => {
            f.set(sums[p]!, arithmetic.multiplyAdd(x, taps[t]!, sums[p]!));
          });
        });
        for (let p = 0; p < run.pixels; p++) {
          if (bytes === 16) f.do(v128.store(at, sums[p]!, p * channelBytes));
          else storePart(f, i32.add(at, p * channelBytes), sums[p]!, i32.const(bytes));
        }
      });
    });
  });
}

/**
 * Emits `run`: every unit is a block of rows of one image of the cotangent, and computes what they add to the kernel's
 * gradient, `[taps, channels]` with channels filled up to whole vectors.
 */
export function emitDepthwiseSums(m: ModuleBuilder, code: RowCode): void {
  const { runs, arithmetic, channelBytes } = code;
  const rowBytes = runs.reduce((sum, run) => sum + run.times * run.pixels, 0) * channelBytes;
  emitTask(m, { words: KERNEL_WORDS }, (f, w, { begin, end }) => {
    const [unit, image, row, rowEnd, sumsAt, at, i, tapsAt] = f.locals('i32', 8);
    const { sums: gs, taps, x } = allocateRegisters(f, code);
    f.for(unit, begin, end, 1, () => {
      f.set(image, i32.divU(unit, w.blocks));
      f.set(row, i32.mul(i32.remU(unit, w.blocks), w.blockRows));
      f.set(rowEnd, i32.add(row, w.blockRows));
      f.set(rowEnd, i32.select(i32.ltU(rowEnd, w.rows), rowEnd, w.rows));
      f.set(sumsAt, i32.add(w.sums, i32.mul(unit, w.sumBytes)));
      f.for(i, sumsAt, i32.add(sumsAt, w.sumBytes), 16, () => f.do(v128.store(i, v128.zero())));
      f.set(at, i32.add(w.cotangent, i32.mul(i32.add(i32.mul(image, w.rows), row), rowBytes)));
      f.while(i32.ltU(row, rowEnd), () => {
        const met = emitMet(f, w, image, row);
        f.set(tapsAt, i32.add(sumsAt, met.tap));
        emitTiles(f, code, { to: at, from: met.from, kernel: tapsAt }, 16, ({ run, at: g, source, tap }) => {
          for (let p = 0; p < run.pixels; p++) f.set(gs[p]!, v128.load(g, p * channelBytes));
          emitRowsMet(f, w, met, source, tap, (from, taps0) => {
            for (const t of tapsOf(run)) f.set(taps[t]!, v128.load(taps0, t * code.tapStep));
            emitMeetings(f, code, run, from, x, (p, t) => {
              f.set(taps[t]!, arithmetic.multiplyAdd(x, gs[p]!, taps[t]!));
            });
            for (const t of tapsOf(run)) f.do(v128.store(taps0, taps[t]!, t * code.tapStep));
          });
        });
        f.increment(at, rowBytes);
        f.increment(row, 1);
      });
    });
  });
}

function allocateRegisters(f: FunctionBuilder, { runs, taps }: RowCode) {
  const sums: Vector[] = f.locals('v128', Math.max(...runs.map((run) => run.pixels)));
  return { sums, taps: f.locals('v128', taps) as Vector[], x: f.local('v128') };
}

/** Finds the rows that row `y` of image `image` meets. */
export function emitMet(f: FunctionBuilder, w: RowLocals, image: Expr<'i32'>, y: Expr<'i32'>): Met {
  const [from, tap, count, ky, t] = f.locals('i32', 5);
  f.set(t, i32.add(i32.mul(y, w.stepY), w.originY));
  f.set(count, 0);
  f.set(from, 0);
  f.set(tap, 0);
  f.for(ky, 0, w.tapsY, 1, () => {
    // Below 0 is, unsigned, beyond the height.
    const inside = i32.and(i32.ltU(t, i32.mul(w.height, w.divisor)), i32.eqz(i32.remU(t, w.divisor)));
    f.if(inside, () => {
      f.if(i32.eqz(count), () => {
        f.set(tap, i32.mul(ky, w.kernelRow));
        f.set(from, i32.mul(i32.divU(t, w.divisor), w.fromRow));
      });
      f.increment(count, 1);
    });
    f.increment(t, w.tapY);
  });
  f.set(from, i32.add(i32.add(w.from, i32.mul(image, w.fromImage)), from));
  return { from, tap, count };
}

/** What to do for one tile and one vector of channels: addresses of its first pixel, column and tap. */
interface TileBody {
  readonly run: TileRun;
  readonly at: I32;
  readonly source: I32;
  readonly tap: I32;
  /** How many of the vector's bytes are channels. */
  readonly bytes: number;
}

/** Emits the loops over blocks of channels, tiles, and vectors of channels, which are so many bytes. */
export function emitTiles(
  f: FunctionBuilder,
  { runs, channelBytes, sourceStep }: Pick<RowCode, 'runs' | 'channelBytes' | 'sourceStep'>,
  row: { readonly to: I32; readonly from: I32; readonly kernel: I32 },
  vector: 8 | 16,
  body: (tile: TileBody) => void,
): void {
  const [c, bytes, left, at, source, tileAt, tileSource, tap, times] = f.locals('i32', 9);
  const tiles = (run: TileRun, inside: () => void): void => {
    f.set(tileAt, i32.add(i32.add(row.to, run.pixel * channelBytes), c));
    f.set(tileSource, i32.add(i32.add(row.from, run.column * sourceStep), c));
    f.set(times, run.times);
    f.while(times, () => {
      f.set(at, tileAt);
      f.set(source, tileSource);
      f.set(tap, i32.add(row.kernel, c));
      inside();
      f.increment(tileAt, run.pixels * channelBytes);
      f.increment(tileSource, run.columnStep * sourceStep);
      f.set(times, i32.sub(times, 1));
    });
  };
  const whole = channelBytes & -vector;
  if (whole > 0) {
    f.for(c, 0, whole, CHANNEL_BLOCK, () => {
      f.set(bytes, i32.sub(whole, c));
      f.set(bytes, i32.select(i32.ltU(bytes, CHANNEL_BLOCK), bytes, CHANNEL_BLOCK));
      for (const run of runs) {
        tiles(run, () => {
          f.set(left, bytes);
          f.loop((again) => {
            body({ run, at, source, tap, bytes: vector });
            for (const pointer of [at, source, tap]) f.increment(pointer, vector);
            f.set(left, i32.sub(left, vector));
            f.brIf(again, left);
          });
        });
      }
    });
  }
  if (channelBytes > whole) {
    f.set(c, whole);
    for (const run of runs) tiles(run, () => body({ run, at, source, tap, bytes: channelBytes - whole }));
  }
}

/** Emits the loop over the rows met, for one tile; the body gets the addresses in a row and in its taps. */
export function emitRowsMet(
  f: FunctionBuilder,
  w: RowLocals,
  { count }: Met,
  source: I32,
  tap: I32,
  body: (from: I32, taps: I32) => void,
): void {
  const from = f.local('i32', source);
  const taps = f.local('i32', tap);
  const left = f.local('i32', count);
  f.while(left, () => {
    body(from, taps);
    f.increment(from, w.fromStep);
    f.increment(taps, w.kernelStep);
    f.set(left, i32.sub(left, 1));
  });
}

/** Loads each column of a tile once and meets it with the pixels and taps that it concerns. */
function emitMeetings(
  f: FunctionBuilder,
  { sourceStep }: RowCode,
  { meetings }: TileRun,
  from: I32,
  x: Vector,
  body: (pixel: number, tap: number) => void,
): void {
  let loaded = -1;
  for (const { pixel, tap, column } of meetings) {
    if (column !== loaded) f.set(x, v128.load(from, column * sourceStep));
    loaded = column;
    body(pixel, tap);
  }
}

/** The taps that pixels of a tile meet. */
export function tapsOf({ meetings }: TileRun): number[] {
  return [...new Set(meetings.map((meeting) => meeting.tap))].sort((a, b) => a - b);
}
