import { type FunctionBuilder, i32, type Local, type ModuleBuilder, v128 } from '../../assembler/index';
import type { Arithmetic } from '../../gemm/arithmetic';
import { emitTask } from '../../task';
import { emitMet, emitRowsMet, type Met, ROW_WORDS, type RowLocals } from '../depthwise/emit';
import type { TileRun } from '../depthwise/row-plan';
import { storePart } from '../pixel-loop';

type I32 = Local<'i32'>;

/** What is known of the rows when their code is generated. */
export interface NarrowCode {
  readonly arithmetic: Arithmetic;
  readonly runs: readonly TileRun[];
  readonly channels: number;
  /** Bytes of an output pixel, which are those of a row of the kernel's matrix too. */
  readonly filterBytes: number;
  /** Bytes between pixels of the images. */
  readonly sourceStep: number;
}

/** Vectors of filters at a time: with the pixels of a tile, as many sums as hide the latency of adding. */
const VECTORS = 2;

/**
 * Emits a convolution of images with few channels, whose windows are too short to be worth gathering: every unit is a row
 * of the output. Tiles of pixels keep their sums in registers while the taps pass.
 */
export function emitNarrowRows(m: ModuleBuilder, code: NarrowCode): void {
  const { runs, filterBytes, sourceStep } = code;
  const rowBytes = runs.reduce((sum, run) => sum + run.times * run.pixels, 0) * filterBytes;
  emitTask(m, { words: ROW_WORDS }, (f, w, { begin, end }) => {
    const [unit, to, kernel, at, source, times, c] = f.locals('i32', 7);
    const pixels = Math.max(...runs.map((run) => run.pixels));
    const sums = Array.from({ length: pixels }, () => f.locals('v128', VECTORS));
    const weights = f.locals('v128', VECTORS);
    const registers: Registers = { sums, weights, x: f.local('v128') };
    f.for(unit, begin, end, 1, () => {
      const met = emitMet(f, w, i32.divU(unit, w.rows), i32.remU(unit, w.rows));
      f.set(to, i32.add(w.to, i32.mul(unit, rowBytes)));
      f.set(kernel, i32.add(w.kernel, met.tap));
      for (const run of runs) {
        const tile = { run, met, at, source, kernel, c };
        f.set(at, i32.add(to, run.pixel * filterBytes));
        f.set(source, i32.add(met.from, run.column * sourceStep));
        f.set(times, run.times);
        f.while(times, () => {
          emitFilters(f, w, code, tile, registers);
          f.increment(at, run.pixels * filterBytes);
          f.increment(source, run.columnStep * sourceStep);
          f.set(times, i32.sub(times, 1));
        });
      }
    });
  });
}

interface Registers {
  readonly sums: readonly (readonly Local<'v128'>[])[];
  readonly weights: readonly Local<'v128'>[];
  readonly x: Local<'v128'>;
}

/** A tile of pixels: the addresses of its first output and column, of the first row of taps, and where in the filters. */
interface NarrowTile {
  readonly run: TileRun;
  readonly met: Met;
  readonly at: I32;
  readonly source: I32;
  readonly kernel: I32;
  readonly c: I32;
}

/** All filters of a tile, some vectors at a time. */
function emitFilters(f: FunctionBuilder, w: RowLocals, code: NarrowCode, tile: NarrowTile, registers: Registers): void {
  const { filterBytes } = code;
  const whole = filterBytes - (filterBytes % (16 * VECTORS));
  f.set(tile.c, 0);
  if (whole > 0) {
    f.for(tile.c, 0, whole, 16 * VECTORS, () => emitSums(f, w, code, tile, registers, 16 * VECTORS));
  }
  for (let left = filterBytes - whole; left > 0; left -= 16) {
    emitSums(f, w, code, tile, registers, Math.min(left, 16));
    f.increment(tile.c, 16);
  }
}

/** The sums of `bytes` bytes of filters: some vectors, or the first part of one. */
function emitSums(
  f: FunctionBuilder,
  w: RowLocals,
  { arithmetic, channels, filterBytes, sourceStep }: NarrowCode,
  { run, met, at, source, kernel, c }: NarrowTile,
  { sums, weights, x }: Registers,
  bytes: number,
): void {
  const rows = sums.slice(0, run.pixels).map((row) => row.slice(0, Math.ceil(bytes / 16)));
  const [channel, pixel, taps, to] = f.locals('i32', 4);
  for (const row of rows) for (const sum of row) f.set(sum, v128.zero());
  const first = f.local('i32', i32.add(kernel, c));
  emitRowsMet(f, w, met, source, first, (from, row0) => {
    f.set(pixel, from);
    f.set(taps, row0);
    f.for(channel, 0, channels, 1, () => {
      for (const tap of new Set(run.meetings.map((meeting) => meeting.tap))) {
        const used = weights.slice(0, rows[0]!.length);
        used.forEach((weight, v) => f.set(weight, v128.load(taps, tap * channels * filterBytes + 16 * v)));
        for (const meeting of run.meetings.filter((other) => other.tap === tap)) {
          f.set(x, arithmetic.splat(pixel, meeting.column * sourceStep));
          rows[meeting.pixel]!.forEach((sum, v) => f.set(sum, arithmetic.multiplyAdd(x, used[v]!, sum)));
        }
      }
      f.increment(pixel, arithmetic.bytes);
      f.increment(taps, filterBytes);
    });
  });
  f.set(to, i32.add(at, c));
  rows.forEach((row, p) => {
    row.forEach((sum, v) => {
      if (bytes >= 16) f.do(v128.store(to, sum, p * filterBytes + 16 * v));
      else storePart(f, i32.add(to, p * filterBytes), sum, i32.const(bytes));
    });
  });
}
