import type { Operand } from '../../../core/backend';
import {
  type FunctionBuilder,
  i8x16,
  i16x8,
  i32,
  i32x4,
  type Local,
  type ModuleBuilder,
  v128,
} from '../assembler/index';
import { emitMet, emitTiles, ROW_WORDS, tapsOf } from '../conv/depthwise/emit';
import { rowGeometry, verticalWords } from '../conv/depthwise/geometry';
import { planRow, type TileRun } from '../conv/depthwise/row-plan';
import type { ConvAttrs } from '../conv/geometry';
import { type Placed, placeOut } from '../conv/place';
import { emitTask, type TaskContext } from '../task';
import { emitRequantizer, type Pair, REQUANTIZE_WORDS, storeEight } from './requantize';

type I32 = Local<'i32'>;
type Vector = Local<'v128'>;

/** Channels of a vector of 16-bit values, which are as many bytes. */
const CHANNELS = 8;
const WORDS = [...ROW_WORDS, ...REQUANTIZE_WORDS, 'inputZeroPoint'] as const;

/** What is known of the rows when their code is generated; bytes between neighbouring pixels. */
interface RowCode {
  readonly runs: readonly TileRun[];
  readonly channelBytes: number;
  readonly sourceStep: number;
}

/** The 16-bit lanes of a and b in turn: what a dot product of pairs multiplies and adds. */
function interleave(a: Vector, b: Vector, half: 0 | 1) {
  const lanes = Array.from({ length: 8 }, (_, i) => 4 * half + (i >> 1) + (i & 1 ? 8 : 0));
  return i8x16.shuffle(
    a,
    b,
    lanes.flatMap((lane) => [2 * lane, 2 * lane + 1]),
  );
}

/** Emits `run`: every unit is a row of the result. */
function emitRows(m: ModuleBuilder, code: RowCode): void {
  const { runs, channelBytes } = code;
  const rowBytes = runs.reduce((sum, run) => sum + run.times * run.pixels, 0) * channelBytes;
  emitTask(m, { words: WORDS }, (f, w, { begin, end }) => {
    const requantizer = emitRequantizer(f, w);
    const zeros = f.local('v128', i16x8.splat(w.inputZeroPoint));
    const [unit, to, from, taps, left] = f.locals('i32', 5);
    const sums = Array.from(
      { length: Math.max(...runs.map((run) => run.pixels)) },
      () => f.locals('v128', 2) as unknown as Pair,
    );
    const rows = rowSums(f, code, sums, zeros);
    f.for(unit, begin, end, 1, () => {
      const met = emitMet(f, w, i32.divU(unit, w.rows), i32.remU(unit, w.rows));
      f.set(to, i32.add(w.to, i32.mul(unit, rowBytes)));
      const kernel = f.local('i32', i32.add(w.kernel, met.tap));
      emitTiles(f, code, { to, from: met.from, kernel }, CHANNELS, ({ run, at, source, tap, bytes }) => {
        for (const half of sums.slice(0, run.pixels).flat()) f.set(half, v128.zero());
        f.set(from, source);
        f.set(taps, tap);
        f.set(left, met.count);
        f.while(i32.geU(left, 2), () => {
          rows(
            run,
            [from, f.local('i32', i32.add(from, w.fromStep))],
            [taps, f.local('i32', i32.add(taps, w.kernelStep))],
          );
          f.increment(from, i32.shl(w.fromStep, 1));
          f.increment(taps, i32.shl(w.kernelStep, 1));
          f.set(left, i32.sub(left, 2));
        });
        f.if(left, () => rows(run, [from], [taps]));
        const channel = i32.sub(tap, kernel);
        requantizer.select(channel);
        const pixels = sums.slice(0, run.pixels);
        const put = (general: boolean): void => {
          pixels.forEach((pair, p) => {
            requantizer.eight([pair], general);
            storeEight(f, i32.add(at, p * channelBytes), pair[0], i32.const(bytes));
          });
        };
        requantizer.eitherWay(put);
      });
    });
  });
}

/**
 * What emits the sums of one row, or of two whose values, and taps, are paired: one instruction multiplies both and adds
 * the products.
 */
function rowSums(f: FunctionBuilder, { channelBytes, sourceStep }: RowCode, sums: readonly Pair[], zeros: Vector) {
  const [a, b] = f.locals('v128', 2);
  const x = f.locals('v128', 2) as unknown as Pair;
  const taps = new Map<number, Pair>();
  const paired = ([low, high]: Pair): void => {
    f.set(low, interleave(a, b, 0));
    f.set(high, interleave(a, b, 1));
  };
  return (run: TileRun, from: readonly I32[], kernel: readonly I32[]): void => {
    // What a lone row is paired with meets zeros.
    const single = from.length === 1;
    if (single) f.set(b, v128.zero());
    for (const t of tapsOf(run)) {
      if (!taps.has(t)) taps.set(t, f.locals('v128', 2) as unknown as Pair);
      kernel.forEach((row, i) => f.set(i === 0 ? a : b, v128.load8x8S(row, t * channelBytes)));
      paired(taps.get(t)!);
    }
    let loaded = -1;
    for (const { pixel, tap, column } of run.meetings) {
      if (column !== loaded) {
        from.forEach((row, i) => f.set(i === 0 ? a : b, i16x8.sub(v128.load8x8S(row, column * sourceStep), zeros)));
        paired(x);
      }
      loaded = column;
      sums[pixel]!.forEach((sum, half) => f.set(sum, i32x4.add(sum, i32x4.dotI16x8S(x[half]!, taps.get(tap)![half]!))));
    }
  };
}

/** A depthwise convolution of bytes, one filter per channel, every operand placed. */
export interface DepthwiseBytes {
  readonly images: Placed;
  readonly kernel: Placed;
  readonly out: Operand;
  readonly attrs: ConvAttrs;
  /** The words of `REQUANTIZE_WORDS` and the input's zero point. */
  readonly requantize: readonly number[];
  readonly cost: number;
}

/** Launches it row by row; false where the code of a row would be too long. */
export function launchDepthwiseRows(d: DepthwiseBytes, context: TaskContext): boolean {
  const { images, kernel, out, attrs, requantize, cost } = d;
  const channelBytes = images.shape[3];
  const sourceStep = images.strides[2];
  if (sourceStep < channelBytes) return false;
  const c = { images, kernel, output: placeOut(out), attrs };
  const geometry = rowGeometry(c, false);
  const runs = planRow(geometry);
  if (runs === null) return false;
  const { width, sourceWidth, taps, stride, before, dilation } = geometry;
  const key = ['i8-depthwise-rows', channelBytes, sourceStep, width, sourceWidth, taps, stride, before, dilation];
  const code = context.code(key.join('-'), (m) => emitRows(m, { runs, channelBytes, sourceStep }));
  const words = [c.output.address, images.address, kernel.address, ...verticalWords(c, channelBytes, false)];
  context.launch(code, [...words, ...requantize], { units: out.shape[0]! * out.shape[1]!, cost });
  return true;
}
