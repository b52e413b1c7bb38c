import type { DType } from '../../../core/dtype';
import {
  type Arg,
  f32x4,
  f64x2,
  i8x16,
  i16x8,
  i32,
  i32x4,
  i64x2,
  type Local,
  type V128,
  v128,
} from '../assembler/index';
import { elementShift } from '../kernel';
import type { Emitter, Vector } from './emitter';

/**
 * Four consecutive elements in registers: one vector, two for float64. Integers of any width are widened to 32 bits, and
 * `bool` is a mask, all ones or zeros per 32-bit lane.
 */
export interface Value {
  readonly dtype: DType;
  readonly parts: readonly Vector[];
}

/** How an input runs along the inner loop: neighbours in memory, one element throughout, or `step` bytes apart. */
export type Mode = 'unit' | 'splat' | 'strided';

/** 32-bit lanes 0 and 2 of each of two vectors. */
const EVEN_WORDS = [0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27];
/** 32-bit lanes 0 and 1 of each of two vectors. */
export const LOW_HALVES = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
const HIGH_HALF = [8, 9, 10, 11, 12, 13, 14, 15, 8, 9, 10, 11, 12, 13, 14, 15];
const LOW_BYTES = [0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12, 0, 4, 8, 12];

export const highHalf = (x: V128): V128 => i8x16.shuffle(x, x, HIGH_HALF);
/** The 64-bit masks of two pairs as 32-bit masks of four. */
export const joinMasks = (a: V128, b: V128): V128 => i8x16.shuffle(a, b, EVEN_WORDS);

/** Bytes in the low lanes, widened. */
function widen(dtype: DType, bytes: V128): V128 {
  if (dtype === 'int8') return i32x4.extendLowI16x8S(i16x8.extendLowI8x16S(bytes));
  const words = i32x4.extendLowI16x8U(i16x8.extendLowI8x16U(bytes));
  return dtype === 'bool' ? i32x4.ne(words, v128.zero()) : words;
}

/** Loads four neighbours at `address` + `offset` elements. */
export function loadUnit(e: Emitter, dtype: DType, address: Local<'i32'>, offset: number): Value {
  const at = offset << elementShift(dtype);
  if (dtype === 'float64')
    return { dtype, parts: [e.keep(v128.load(address, at)), e.keep(v128.load(address, at + 16))] };
  if (dtype === 'float32' || dtype === 'int32') return { dtype, parts: [e.keep(v128.load(address, at))] };
  return { dtype, parts: [e.keep(widen(dtype, v128.load32Zero(address, at)))] };
}

/** Loads one element into all four lanes. */
export function loadSplat(e: Emitter, dtype: DType, address: Local<'i32'>): Value {
  if (dtype === 'float64') {
    const part = e.keep(v128.load64Splat(address));
    return { dtype, parts: [part, part] };
  }
  if (dtype === 'float32' || dtype === 'int32') return { dtype, parts: [e.keep(v128.load32Splat(address))] };
  return { dtype, parts: [e.keep(widen(dtype, v128.load8Splat(address)))] };
}

/** Loads four elements from `address` plus each of `offsets` bytes. */
export function loadStrided(e: Emitter, dtype: DType, address: Local<'i32'>, offsets: readonly Arg<'i32'>[]): Value {
  const [a, b, c, d] = offsets.map((o) => i32.add(address, o)) as [Arg<'i32'>, Arg<'i32'>, Arg<'i32'>, Arg<'i32'>];
  if (dtype === 'float64') {
    const low = v128.load64Lane(b, v128.load64Zero(a), 1);
    return { dtype, parts: [e.keep(low), e.keep(v128.load64Lane(d, v128.load64Zero(c), 1))] };
  }
  if (dtype === 'float32' || dtype === 'int32') {
    const parts = v128.load32Lane(d, v128.load32Lane(c, v128.load32Lane(b, v128.load32Zero(a), 1), 2), 3);
    return { dtype, parts: [e.keep(parts)] };
  }
  const bytes = v128.load8Lane(d, v128.load8Lane(c, v128.load8Lane(b, v128.load8Splat(a), 1), 2), 3);
  return { dtype, parts: [e.keep(widen(dtype, bytes))] };
}

/** The bytes a narrow value is stored as, in the low four bytes. */
function narrow({ dtype, parts }: Value): V128 {
  const words = dtype === 'bool' ? v128.and(parts[0]!, i32x4.const(1)) : parts[0]!;
  return i8x16.shuffle(words, words, LOW_BYTES);
}

/** Stores all four elements at `address` + `offset` elements. */
export function storeAll(e: Emitter, value: Value, address: Local<'i32'>, offset: number): void {
  const at = offset << elementShift(value.dtype);
  if (value.dtype === 'float64') {
    e.f.do(v128.store(address, value.parts[0]!, at));
    e.f.do(v128.store(address, value.parts[1]!, at + 16));
  } else if (value.dtype === 'float32' || value.dtype === 'int32') e.f.do(v128.store(address, value.parts[0]!, at));
  else e.f.do(v128.store32Lane(address, narrow(value), 0, at));
}

/** Stores the first `count` elements, 1 to 3. Advances `address` past the pair it stores, if any. */
export function storeSome(e: Emitter, value: Value, address: Local<'i32'>, count: Local<'i32'>): void {
  const { f } = e;
  const shift = elementShift(value.dtype);
  const pair = (store: () => void): void => {
    f.if(i32.and(count, 2), () => {
      store();
      f.increment(address, 2 << shift);
    });
  };
  const single = (store: () => void): void => {
    f.if(i32.and(count, 1), () => {
      store();
      f.increment(address, 1 << shift);
    });
  };
  if (value.dtype === 'float64') {
    const rest = e.keep(value.parts[0]!);
    pair(() => {
      f.do(v128.store(address, rest));
      f.set(rest, value.parts[1]!);
    });
    single(() => f.do(v128.store64Lane(address, rest, 0)));
  } else if (shift === 2) {
    const rest = e.keep(value.parts[0]!);
    pair(() => {
      f.do(v128.store64Lane(address, rest, 0));
      f.set(rest, highHalf(rest));
    });
    single(() => f.do(v128.store32Lane(address, rest, 0)));
  } else {
    const rest = e.keep(narrow(value));
    pair(() => {
      f.do(v128.store16Lane(address, rest, 0));
      f.set(rest, i32x4.shrU(rest, 16));
    });
    single(() => f.do(v128.store8Lane(address, rest, 0)));
  }
}

/** Keeps an integer in the range of its dtype: wraps modulo its width. */
export function wrap(e: Emitter, dtype: DType, x: V128): Vector {
  if (dtype === 'int8') return e.keep(i32x4.shrS(i32x4.shl(x, 24), 24));
  if (dtype === 'uint8') return e.keep(v128.and(x, i32x4.const(255)));
  return e.keep(x);
}

/** The low and high halves of a vector of four floats as doubles. */
export function promote(e: Emitter, x: V128): [Vector, Vector] {
  const kept = e.keep(x);
  return [e.keep(f64x2.promoteLowF32x4(kept)), e.keep(f64x2.promoteLowF32x4(highHalf(kept)))];
}

/** Two pairs of doubles rounded to four floats. */
export function demote(a: V128, b: V128): V128 {
  return i8x16.shuffle(f32x4.demoteF64x2Zero(a), f32x4.demoteF64x2Zero(b), LOW_HALVES);
}

/** `value` as `dtype`, by the rule of `cast`. */
export function convert(e: Emitter, value: Value, dtype: DType): Value {
  if (value.dtype === dtype) return value;
  if (dtype === 'bool') return { dtype, parts: [e.keep(isNonZero(value))] };
  if (dtype === 'float64') return { dtype, parts: toDoubles(e, value) };
  if (dtype === 'float32') return { dtype, parts: [e.keep(toFloats(value))] };
  return { dtype, parts: [wrap(e, dtype, toWords(e, value))] };
}

function isNonZero({ dtype, parts }: Value): V128 {
  if (dtype === 'float64') return joinMasks(f64x2.ne(parts[0]!, f64x2.const(0)), f64x2.ne(parts[1]!, f64x2.const(0)));
  if (dtype === 'float32') return f32x4.ne(parts[0]!, f32x4.const(0));
  return i32x4.ne(parts[0]!, v128.zero());
}

function toDoubles(e: Emitter, { dtype, parts }: Value): Vector[] {
  const x = parts[0]!;
  if (dtype === 'float32') return promote(e, x);
  if (dtype !== 'bool') return [e.keep(f64x2.convertLowI32x4S(x)), e.keep(f64x2.convertLowI32x4S(highHalf(x)))];
  return [i64x2.extendLowI32x4S(x), i64x2.extendHighI32x4S(x)].map((mask) => e.keep(v128.and(mask, f64x2.const(1))));
}

function toFloats({ dtype, parts }: Value): V128 {
  if (dtype === 'float64') return demote(parts[0]!, parts[1]!);
  return dtype === 'bool' ? v128.and(parts[0]!, f32x4.const(1)) : f32x4.convertI32x4S(parts[0]!);
}

/** As 32-bit integers; floats truncate, and those out of range wrap modulo 2^32, as typed arrays convert. */
function toWords(e: Emitter, { dtype, parts }: Value): V128 {
  if (dtype === 'bool') return v128.and(parts[0]!, i32x4.const(1));
  if (dtype === 'float32') return floatsToWords(e, parts[0]!);
  if (dtype !== 'float64') return parts[0]!;
  const [low, high] = parts as [Vector, Vector];
  const joined = i8x16.shuffle(i32x4.truncSatF64x2SZero(low), i32x4.truncSatF64x2SZero(high), LOW_HALVES);
  const words = e.keep(joined);
  const inside = v128.and(
    f64x2.lt(f64x2.abs(low), f64x2.const(2 ** 31)),
    f64x2.lt(f64x2.abs(high), f64x2.const(2 ** 31)),
  );
  e.f.if(i32.eqz(i64x2.allTrue(inside)), () => e.f.set(words, wrapped(e, [low, high])));
  return words;
}

function floatsToWords(e: Emitter, x: Vector): V128 {
  const words = e.keep(i32x4.truncSatF32x4S(x));
  e.f.if(i32.eqz(i32x4.allTrue(f32x4.lt(f32x4.abs(x), f32x4.const(2 ** 31)))), () =>
    e.f.set(words, wrapped(e, promote(e, x))),
  );
  return words;
}

/** Doubles of any size as words; NaN and infinities are 0. Every step is exact. */
function wrapped(e: Emitter, halves: readonly [Vector, Vector]): V128 {
  const [low, high] = halves.map((x) => {
    const whole = e.keep(f64x2.trunc(x));
    const turns = f64x2.floor(f64x2.mul(whole, f64x2.const(2 ** -32)));
    return i32x4.truncSatF64x2UZero(f64x2.sub(whole, f64x2.mul(turns, f64x2.const(2 ** 32))));
  });
  return i8x16.shuffle(low!, high!, LOW_HALVES);
}
