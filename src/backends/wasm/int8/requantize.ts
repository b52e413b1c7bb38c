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
  type V128,
  v128,
} from '../assembler/index';
import { shuffle32 } from '../gemm/pack';
import type { KernelContext, WasmBlock } from '../kernel';

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
  const words = context.arena.i32;
  const read = (x: Operand, c: number): number =>
    words[(x.block as WasmBlock).address / 4 + x.offset + c * x.strides[0]!]!;
  const tables = { address, bytes, left: false };
  for (let c = 0; c < channels; c++) {
    const s = read(shift!, c);
    if (s > 30 || s < -31) {
      releaseTables(tables, context);
      return null;
    }
    if (s > 0) tables.left = true;
    const at = address / 4 + c;
    words[at] = read(bias!, c);
    words[at + bytes / 4] = 2 ** Math.max(s, 0);
    words[at + (2 * bytes) / 4] = read(multiplier!, c);
    words[at + (3 * bytes) / 4] = 2 ** (31 + Math.min(s, 0));
  }
  const set = (name: keyof typeof REQUANTIZE, value: number): void => {
    words[PARAMETERS / 4 + REQUANTIZE[name]] = value;
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
  const [x, y, sign] = f.locals('v128', 3) as [Local<'v128'>, Local<'v128'>, Local<'v128'>];
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
