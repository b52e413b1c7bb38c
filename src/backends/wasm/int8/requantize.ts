import type { Operand } from '../../../core/backend';
import { PARAMETERS } from '../arena';
import {
  type Expr,
  type FunctionBuilder,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64x2,
  type Local,
  type ModuleBuilder,
  type V128,
  v128,
} from '../assembler/index';
import { shuffle32 } from '../gemm/pack';
import { addressOf, type KernelContext } from '../kernel';

type I32 = Local<'i32'>;

/** What integer layers have in common; see `RequantizeAttrs` of the operations. */
export interface RequantizeAttrs {
  readonly inputZeroPoint: number;
  readonly outputZeroPoint: number;
  readonly qmin: number;
  readonly qmax: number;
}

/** Words of the parameter block, past those of products and windows. */
export const REQUANTIZE = {
  inputZeroPoint: 64,
  outputZeroPoint: 65,
  /** Bounds of the output, the zero point subtracted. */
  low: 66,
  high: 67,
  /** Four tables of one int32 per output channel: bias, 2^left shift, multiplier, 2^(31 − right shift). */
  tables: 68,
  tableBytes: 69,
  out: 70,
  outRow: 71,
  sums: 72,
} as const;

export function readRequantize(f: FunctionBuilder, name: keyof typeof REQUANTIZE): Local<'i32'> {
  return f.local('i32', i32.load(PARAMETERS, 4 * REQUANTIZE[name]));
}

/** The tables of a layer, in workspace memory. */
export interface RequantizeTables {
  readonly address: number;
  /** Of one table. */
  readonly bytes: number;
  /** Whether any channel shifts to the left, which most do not. */
  readonly left: boolean;
}

/** What `fill` may find among the shifts. */
const LEFT = 1;
const BEYOND = 2;

/** `fill(to, tableBytes, channels, bias, biasStride, multiplier, multiplierStride, shift, shiftStride)`. */
function emitTables(m: ModuleBuilder): void {
  m.func(
    'fill',
    Array.from({ length: 9 }, () => 'i32' as const),
    'i32',
    (f, ...all) => {
      const [to, step, channels, bias, biasStride, multiplier, multiplierStride, shift, shiftStride] =
        all as unknown as [I32, I32, I32, I32, I32, I32, I32, I32, I32];
      const [found, s, at, left, right] = f.locals('i32', 5);
      f.while(channels, () => {
        f.set(s, i32.load(shift));
        f.set(found, i32.or(found, i32.gtS(s, 0)));
        f.if(i32.or(i32.gtS(s, 30), i32.ltS(s, -31)), () => f.set(found, i32.or(found, BEYOND)));
        f.set(left, i32.select(i32.gtS(s, 0), s, 0));
        f.set(right, i32.select(i32.ltS(s, 0), s, 0));
        f.set(at, to);
        const put = (value: Expr<'i32'>): void => {
          f.do(i32.store(at, value));
          f.increment(at, step);
        };
        put(i32.load(bias));
        put(i32.shl(1, left));
        put(i32.load(multiplier));
        put(i32.shl(1, i32.add(right, 31)));
        f.increment(to, 4);
        f.increment(bias, biasStride);
        f.increment(multiplier, multiplierStride);
        f.increment(shift, shiftStride);
        f.set(channels, i32.sub(channels, 1));
      });
      f.result(found);
    },
  );
}

/**
 * Prepares the tables from the operands bias, multiplier and shift `[channels]`, and the rest of the parameter block.
 * Null for shifts beyond what the kernels compute.
 */
export function prepareRequantize(
  [bias, multiplier, shift]: readonly Operand[],
  attrs: RequantizeAttrs,
  context: KernelContext,
): RequantizeTables | null {
  const channels = bias!.shape[0]!;
  const bytes = 4 * Math.ceil(channels / 4) * 4;
  const address = context.arena.allocate(4 * bytes);
  const { fill } = context.module<{ fill(...args: number[]): number }>('i8-tables', emitTables);
  const operand = (x: Operand): [number, number] => [addressOf(x), 4 * x.strides[0]!];
  const found = fill(address, bytes, channels, ...operand(bias!), ...operand(multiplier!), ...operand(shift!));
  const tables = { address, bytes, left: (found & LEFT) !== 0 };
  if ((found & BEYOND) !== 0) {
    releaseTables(tables, context);
    return null;
  }
  const set = (name: keyof typeof REQUANTIZE, value: number): void => {
    context.arena.i32[PARAMETERS / 4 + REQUANTIZE[name]] = value;
  };
  set('inputZeroPoint', attrs.inputZeroPoint);
  set('outputZeroPoint', attrs.outputZeroPoint);
  set('low', attrs.qmin - attrs.outputZeroPoint);
  set('high', attrs.qmax - attrs.outputZeroPoint);
  set('tables', address);
  set('tableBytes', bytes);
  return tables;
}

export function releaseTables({ address, bytes }: RequantizeTables, context: KernelContext): void {
  context.arena.release(address, 4 * bytes);
}

/** Requantises vectors of four channels, in one function. */
export interface Requantizer {
  /** The int8 values, as int32, of sums without bias; `c4` is four times the number of the first channel. */
  four(sum: V128, c4: Expr<'i32'>): Local<'v128'>;
}

/**
 * Sets up requantising in `f`. In 64-bit lanes: (a·b + 2^30) >> 31 is the doubling high product rounded to nearest with
 * halves up, which is what the definition comes to for either sign; and a right shift by n with halves away from zero is
 * the same with |a| and 2^(31 − n), so that every channel can have a shift of its own.
 */
export function emitRequantizer(f: FunctionBuilder, left: boolean): Requantizer {
  const tables = readRequantize(f, 'tables');
  const step = readRequantize(f, 'tableBytes');
  const splat = (name: keyof typeof REQUANTIZE): Local<'v128'> => f.local('v128', i32x4.splat(readRequantize(f, name)));
  const [low, high, zero] = [splat('low'), splat('high'), splat('outputZeroPoint')];
  const half = f.local('v128', i64x2.const(2 ** 30));
  const [x, y, sign] = f.locals('v128', 3);
  const at = f.local('i32');
  const joined = (a: V128, b: V128): V128 => shuffle32(a, b, [0, 2, 4, 6]);
  // Only the low halves of the shifted lanes are kept, and there arithmetic and logical shifts agree.
  const rounded = (product: V128): V128 => i64x2.shrU(i64x2.add(product, half), 31);
  return {
    four(sum, c4) {
      f.set(at, i32.add(tables, c4));
      f.set(x, i32x4.add(sum, v128.load(at)));
      f.increment(at, step);
      if (left) saturatingShift(f, x, v128.load(at), joined);
      f.increment(at, step);
      f.set(y, v128.load(at));
      f.set(x, joined(rounded(i64x2.extmulLowI32x4S(x, y)), rounded(i64x2.extmulHighI32x4S(x, y))));
      f.set(sign, i32x4.shrS(x, 31));
      f.set(x, i32x4.abs(x));
      f.increment(at, step);
      f.set(y, v128.load(at));
      f.set(x, joined(rounded(i64x2.extmulLowI32x4U(x, y)), rounded(i64x2.extmulHighI32x4U(x, y))));
      f.set(x, i32x4.sub(v128.xor(x, sign), sign));
      f.set(x, i32x4.add(i32x4.minS(i32x4.maxS(x, low), high), zero));
      return x;
    },
  };
}

/** x·factor, held to the range of int32. */
function saturatingShift(f: FunctionBuilder, x: Local<'v128'>, factor: V128, joined: (a: V128, b: V128) => V128): void {
  const most = i64x2.const(2 ** 31 - 1);
  const least = i64x2.const(-(2 ** 31));
  const by = f.local('v128', factor);
  const hold = (product: V128): Local<'v128'> => {
    const p = f.local('v128', product);
    f.set(p, v128.bitselect(most, p, i64x2.gtS(p, most)));
    f.set(p, v128.bitselect(least, p, i64x2.ltS(p, least)));
    return p;
  };
  const lower = hold(i64x2.extmulLowI32x4S(x, by));
  const upper = hold(i64x2.extmulHighI32x4S(x, by));
  f.set(x, joined(lower, upper));
}

/** The low bytes of eight int32 in range, in the first eight bytes. */
export function narrow(a: V128, b: V128): V128 {
  const words = i16x8.narrowI32x4S(a, b);
  return i8x16.narrowI16x8S(words, v128.zero());
}
