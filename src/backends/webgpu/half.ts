import type { Operand } from '../../core/backend';
import type { DType } from '../../core/dtype';
import { elementType, type Rounding } from './kernel';
import { halfOf } from './memory';

/** How numbers are kept: as they are computed, in 16 bits, or in 32 bits as numbers that 16 bits can hold. */
export type Kept = 'f32' | 'i32' | 'f16' | 'rounded';

/** WGSL type of numbers that are kept so. */
export const keptType = (kept: Kept): 'f32' | 'i32' | 'f16' => (kept === 'rounded' ? 'f32' : kept);

/** How the numbers of an operand lie in memory. */
export const keptOf = (x: Operand): Kept => halfOf(x.block) ?? (elementType(x.dtype) as 'f32' | 'i32');

/** What products make of float32, and what is made for them. */
export const ROUNDED: Readonly<Record<Rounding, Kept>> = { none: 'f32', native: 'f16', imitated: 'rounded' };

/** An element as it is read, in a register: `bool` is a truth value there, and 16 bits are 32. */
export function loaded(text: string, x: Operand): string {
  if (x.dtype === 'bool') return `(${text} != 0)`;
  return halfOf(x.block) === 'f16' ? `f32(${text})` : text;
}

/** A value as it is stored; the code declares `narrowed` where numbers are rounded. */
export function stored(text: string, dtype: DType, kept: Kept): string {
  if (dtype === 'bool') return `select(0, 1, ${text})`;
  return kept === 'f16' || kept === 'rounded' ? `narrowed(${text})` : text;
}

/**
 * `narrowed(v)`: a number as it is kept. WGSL leaves open how numbers are rounded to 16 bits, and what becomes of those
 * from 65520 on. Here it is to the nearest, and infinite, so that training sees that it overflowed; NaN stays NaN.
 */
export function narrowing(kept: Kept): string {
  const type = keptType(kept);
  if (kept === 'f32' || kept === 'i32') return `fn narrowed(v: ${type}) -> ${type} { return v; }`;
  // Infinity converts to infinity whichever way a device rounds, which the largest numbers don't.
  return `fn narrowed(v: f32) -> ${type} {
  let bits = bitcast<u32>(v);
  let size = bits & 0x7fffffffu;
  if (size >= 0x477ff000u) {
    return ${type}(bitcast<f32>((bits & 0x80000000u) | select(0x7f800000u, 0x7fc00000u, size > 0x7f800000u)));
  }
  if (size < 0x38800000u) { return ${type}(round(v * 16777216.0) / 16777216.0); }
  return ${type}(bitcast<f32>((bits + 0xfffu + ((bits >> 13u) & 1u)) & 0xffffe000u));
}`;
}
