import type { Operand } from '../../../core/backend';
import {
  type Expr,
  type FunctionBuilder,
  f64,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64,
  i64x2,
  type Local,
  type V128,
  v128,
} from '../assembler/index';
import { storePart } from '../conv/pixel-loop';
import { shuffle32 } from '../gemm/pack';
import { addressOf } from '../kernel';
import { emitTask, type TaskContext } from '../task';

type I32 = Local<'i32'>;
type Vector = Local<'v128'>;

/** What integer layers have in common; see `RequantizeAttrs` of the operations. */
export interface RequantizeAttrs {
  readonly inputZeroPoint: number;
  readonly outputZeroPoint: number;
  readonly qmin: number;
  readonly qmax: number;
}

/** Parameters of a task that requantises, in the order of `requantizeWords`. */
export const REQUANTIZE_WORDS = ['tables', 'tableBytes', 'firstChannel', 'outputZeroPoint', 'qmin', 'qmax'] as const;

/** The parameters as locals. */
export type RequantizeLocals = Readonly<Record<(typeof REQUANTIZE_WORDS)[number], I32>>;

/**
 * Tables of one entry per output channel. Five of int32: whether it needs the general way, bias, 2^left shift,
 * multiplier, 2^(31 − right shift). One more of int32 and two of float64 for the fast way; see `emitFast`.
 */
export interface RequantizeTables {
  readonly address: number;
  /** Of a table of int32. */
  readonly bytes: number;
}

const TABLES = { general: 0, bias: 1, left: 2, multiplier: 3, right: 4, step: 5, factor: 6, start: 8 } as const;
const ALL_TABLES = 10;

/** Shifts to the right for which the fast way is exact. */
const FAST_SHIFT = 12;
/** What the fast way multiplies results by is two to the power of this: doubles of 256 to 512 get the exponent 64. */
const EXPONENT = -967;
/** The result 0 in the high half of a double without its fraction of `FRACTION` bits: the exponent, and 128 of 256. */
const ORIGIN = 64 * 256 + 128;
const FRACTION = 12;

export function allocateTables(channels: number, context: TaskContext): RequantizeTables {
  // Eight channels are read at a time.
  const bytes = 4 * (channels + 8);
  return { address: context.workspace(ALL_TABLES * bytes), bytes };
}

/** The words of the parameters, for channels from `firstChannel` on. */
export function requantizeWords(tables: RequantizeTables, attrs: RequantizeAttrs, firstChannel = 0): number[] {
  return [tables.address, tables.bytes, firstChannel, attrs.outputZeroPoint, attrs.qmin, attrs.qmax];
}

/** Parameters of what fills the tables. */
export const SCALE_WORDS = [
  'tables',
  'tableBytes',
  'bias',
  'biasStride',
  'multiplier',
  'multiplierStride',
  'shift',
  'shiftStride',
  'outputZeroPoint',
] as const;

export type ScaleLocals = Readonly<Record<(typeof SCALE_WORDS)[number], I32>>;

/** The words of `SCALE_WORDS` for the operands bias, multiplier and shift `[channels]`. */
export function scaleWords(tables: RequantizeTables, scales: readonly Operand[], outputZeroPoint: number): number[] {
  const places = scales.flatMap((x) => [addressOf(x), 4 * x.strides[0]!]);
  return [tables.address, tables.bytes, ...places, outputZeroPoint];
}

/** The address of a channel's entry in a table. */
function entryAt(
  { tables, tableBytes }: Pick<ScaleLocals, 'tables' | 'tableBytes'>,
  name: keyof typeof TABLES,
  channel: Expr<'i32'>,
): Expr<'i32'> {
  const table = i32.add(tables, i32.mul(tableBytes, TABLES[name]));
  return i32.add(table, i32.shl(channel, TABLES[name] < TABLES.factor ? 2 : 3));
}

/**
 * Emits the entries of one channel. `correction` is added to its bias. Shifts beyond what a factor can say saturate to
 * what they would give: nothing to the right of 31, and to the left 31, which makes all but 0 the end of its range.
 */
export function emitEntries(f: FunctionBuilder, w: ScaleLocals, channel: I32, correction: Expr<'i32'> | null): void {
  const entry = (base: I32, stride: I32): Expr<'i32'> => i32.load(i32.add(base, i32.mul(channel, stride)));
  const shift = f.local('i32', entry(w.shift, w.shiftStride));
  const multiplier = f.local('i32', entry(w.multiplier, w.multiplierStride));
  const put = (name: keyof typeof TABLES, value: Expr<'i32'>): void =>
    f.do(i32.store(entryAt(w, name, channel), value));
  const fast = i32.and(i32.geS(multiplier, 0), i32.and(i32.leS(shift, 0), i32.geS(shift, -FAST_SHIFT)));
  const bias = entry(w.bias, w.biasStride);
  put('general', i32.eqz(fast));
  put('bias', correction === null ? bias : i32.add(bias, correction));
  const left = f.local('i32', i32.select(i32.gtS(shift, 0), shift, 0));
  put('left', i32.shl(1, i32.select(i32.gtS(left, 31), 31, left)));
  put('multiplier', multiplier);
  const right = i32.select(i32.gtS(shift, 0), 31, i32.add(shift, 31));
  put('right', i32.select(i32.ltS(shift, -31), 0, i32.shl(1, right)));
  f.if(fast, () => {
    const power = (exponent: number): Expr<'f64'> =>
      f64.reinterpretI64(i64.shl(i64.extendI32S(i32.add(shift, 1023 + exponent)), i64.const(52)));
    const store = (name: keyof typeof TABLES, value: Expr<'f64'>): void =>
      f.do(f64.store(entryAt(w, name, channel), value));
    put('step', i32.select(shift, i32.shl(1, i32.add(shift, FRACTION)), 0));
    store('factor', f64.mul(f64.convertI32S(multiplier), power(EXPONENT - 31)));
    const half = f64.select(shift, power(-1), 0);
    const start = f64.add(half, f64.convertI32S(i32.add(w.outputZeroPoint, 384)));
    store('start', f64.mul(f64.add(start, 0.5), 2 ** EXPONENT));
  });
}

/** Launches what fills the tables from the operands bias, multiplier and shift alone. */
export function launchTables(
  tables: RequantizeTables,
  scales: readonly Operand[],
  { outputZeroPoint }: RequantizeAttrs,
  context: TaskContext,
): void {
  const channels = scales[0]!.shape[0]!;
  const code = context.code('i8-tables', (m) =>
    emitTask(m, { words: SCALE_WORDS }, (f, words, { begin, end }) => {
      const channel = f.local('i32');
      f.for(channel, begin, end, 1, () => emitEntries(f, words, channel, null));
    }),
  );
  context.launch(code, scaleWords(tables, scales, outputZeroPoint), {
    units: channels,
    cost: 5 * channels,
    prepares: true,
  });
}

/** Turns sums into bytes, of eight channels at a time. */
export interface Requantizer {
  /** Goes to the eight channels from `c` on. */
  select(c: Expr<'i32'>): void;
  /** Whether any of them needs the general way, which most don't. */
  isGeneral(): Expr<'i32'>;
  /** Emits `body` for both ways; which one runs depends on the channels. */
  eitherWay(body: (general: boolean) => void): void;
  /** The biases of the first four of them, or of the others. */
  bias(half: number): V128;
  /**
   * Turns their sums, of one pixel or more, into bytes: into the first half of the first vector of each. Their biases are
   * added before, unless they are in the sums already.
   */
  eight(sums: readonly Pair[], general: boolean, biased?: boolean): void;
}

/** Eight sums. */
export type Pair = readonly [Vector, Vector];

/** What requantising needs beside the sums, as locals of `f`. */
export function emitRequantizer(f: FunctionBuilder, w: RequantizeLocals): Requantizer {
  const zero = f.local('v128', i16x8.splat(w.outputZeroPoint));
  const [low, high] = [w.qmin, w.qmax].map((bound) => f.local('v128', i8x16.splat(bound))) as [Vector, Vector];
  const names = Object.keys(TABLES) as (keyof typeof TABLES)[];
  const at = Object.fromEntries(names.map((name) => [name, f.local('i32')])) as unknown as Entries;
  const isGeneral = (): Expr<'i32'> => v128.anyTrue(v128.or(v128.load(at.general), v128.load(at.general, 16)));
  return {
    select(c) {
      const channel = f.local('i32', i32.add(w.firstChannel, c));
      for (const name of names) f.set(at[name], entryAt(w, name, channel));
    },
    isGeneral,
    eitherWay: (body) =>
      f.if(
        isGeneral(),
        () => body(true),
        () => body(false),
      ),
    bias: (half) => v128.load(at.bias, 16 * half),
    eight(sums, general, biased = false) {
      if (!biased)
        sums.forEach((pair) => pair.forEach((sum, half) => f.set(sum, i32x4.add(sum, v128.load(at.bias, 16 * half)))));
      if (general) sums.forEach((pair) => emitGeneral(f, at, pair));
      else emitFast(f, at, sums);
      for (const [a, b] of sums) {
        const words = i16x8.narrowI32x4S(a, b);
        // Saturating twice ends at the same bytes as adding the zero point in full.
        f.set(a, general ? i16x8.addSatS(words, zero) : i16x8.subSatS(words, i16x8.const(ORIGIN)));
        f.set(a, i8x16.minS(i8x16.maxS(i8x16.narrowI16x8S(a, a), low), high));
      }
    },
  };
}

/** Addresses of the entries of the first of eight channels. */
type Entries = Readonly<Record<keyof typeof TABLES, I32>>;

/**
 * With p = sum · multiplier / 2^31 and n the shift to the right, the definition is
 * ⌊(⌊p + ½⌋ + 2^(n−1) − [p < 0]) / 2^n⌋ where n > 0 (rounding halves away from zero), which is one floor:
 * ⌊(p + ½ + 2^(n−1) − [p < 0]) / 2^n⌋. In float64 all but the last term is exact up to n = 13 wherever the result is not
 * saturated afterwards. Added to 384 = 1.5 · 2^8, a result in range, its zero point included, is the 8 bits of the
 * mantissa that come before 44 of fraction; what is not in range changes the exponent. Of the high half, an integer that
 * grows with the double, the last term is taken, exactly up to n = 12, and the fraction cut off. All is scaled so that the
 * exponent is small enough for 16 bits to tell what is out of range.
 */
function emitFast(f: FunctionBuilder, at: Entries, sums: readonly Pair[]): void {
  const [step, below] = f.locals('v128', 3);
  const [factors, starts, values] = [0, 1, 2].map(() => f.locals('v128', 2)) as unknown as [Pair, Pair, Pair];
  for (const half of [0, 1]) {
    f.set(step, v128.load(at.step, 16 * half));
    factors.forEach((x, i) => f.set(x, v128.load(at.factor, 32 * half + 16 * i)));
    starts.forEach((x, i) => f.set(x, v128.load(at.start, 32 * half + 16 * i)));
    for (const pair of sums) {
      const sum = pair[half]!;
      f.set(below, v128.and(i32x4.shrS(sum, 31), step));
      values.forEach((value, i) => {
        const two = i === 0 ? sum : shuffle32(sum, sum, [2, 3, 2, 3]);
        f.set(value, f64x2.add(f64x2.mul(f64x2.convertLowI32x4S(two), factors[i]!), starts[i]!));
      });
      f.set(sum, i32x4.shrS(i32x4.sub(shuffle32(...values, [1, 3, 5, 7]), below), FRACTION));
    }
  }
}

/** Any shift, in 64-bit integers. */
function emitGeneral(f: FunctionBuilder, at: Entries, sums: Pair): void {
  const [y, sign] = f.locals('v128', 2);
  const half = f.local('v128', i64x2.const(2 ** 30));
  // Only the low halves of the shifted lanes are kept, and there arithmetic and logical shifts agree.
  const rounded = (product: V128): V128 => i64x2.shrU(i64x2.add(product, half), 31);
  sums.forEach((x, i) => {
    saturatingShift(f, x, v128.load(at.left, 16 * i));
    f.set(y, v128.load(at.multiplier, 16 * i));
    f.set(x, joined(rounded(i64x2.extmulLowI32x4S(x, y)), rounded(i64x2.extmulHighI32x4S(x, y))));
    f.set(sign, i32x4.shrS(x, 31));
    f.set(x, i32x4.abs(x));
    f.set(y, v128.load(at.right, 16 * i));
    f.set(x, joined(rounded(i64x2.extmulLowI32x4U(x, y)), rounded(i64x2.extmulHighI32x4U(x, y))));
    f.set(x, i32x4.sub(v128.xor(x, sign), sign));
  });
}

function joined(a: V128, b: V128): V128 {
  return shuffle32(a, b, [0, 2, 4, 6]);
}

/** x·factor, held to the range of int32. A factor of 2^31 looks negative. */
function saturatingShift(f: FunctionBuilder, x: Vector, factor: V128): void {
  const most = i64x2.const(2 ** 31 - 1);
  const least = i64x2.const(-(2 ** 31));
  const by = f.local('v128', factor);
  const hold = (product: V128, widened: V128): Vector => {
    const p = f.local('v128', product);
    const negative = f.local('v128', i64x2.shrS(widened, 63));
    f.set(p, i64x2.sub(v128.xor(p, negative), negative));
    f.set(p, v128.bitselect(most, p, i64x2.gtS(p, most)));
    f.set(p, v128.bitselect(least, p, i64x2.ltS(p, least)));
    return p;
  };
  const lower = hold(i64x2.extmulLowI32x4S(x, by), i64x2.extendLowI32x4S(by));
  const upper = hold(i64x2.extmulHighI32x4S(x, by), i64x2.extendHighI32x4S(by));
  f.set(x, joined(lower, upper));
}

/** The low bytes of eight int32 in range, in the first eight bytes. */
export function narrow(a: V128, b: V128): V128 {
  const words = i16x8.narrowI32x4S(a, b);
  return i8x16.narrowI16x8S(words, v128.zero());
}

/** Stores eight bytes, or the first `left` where there are fewer. Changes the local. */
export function storeEight(f: FunctionBuilder, at: Expr<'i32'>, bytes: Vector, left: Expr<'i32'>): void {
  const count = f.local('i32', left);
  f.if(
    i32.geS(count, 8),
    () => f.do(v128.store64Lane(at, bytes, 0)),
    () => storePart(f, at, bytes, count),
  );
}
