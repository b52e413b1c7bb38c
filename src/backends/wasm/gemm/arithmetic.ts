import { type Arg, f32x4, f64x2, i32x4, type V128, v128 } from '../assembler/index';
import { type ArithmeticName, ELEMENTS, type Elements } from './elements';

/**
 * What a product of packed panels computes with. One element of a panel is what one step along k consumes: a number,
 * or, for int8, a pair of neighbours along k widened to int16.
 */
export interface Arithmetic extends Elements {
  /** One packed element in every lane. */
  splat(address: Arg<'i32'>, offset: number): V128;
  add(a: V128, b: V128): V128;
  /** sum + a·b. */
  multiplyAdd(a: V128, b: V128, sum: V128): V128;
}

const makeFloat32 = (of: Elements, multiplyAdd: Arithmetic['multiplyAdd']): Arithmetic => ({
  ...of,
  splat: v128.load32Splat,
  add: f32x4.add,
  multiplyAdd,
});

const makeFloat64 = (): Arithmetic => ({
  ...ELEMENTS.f64,
  splat: v128.load64Splat,
  add: f64x2.add,
  multiplyAdd: (a, b, sum) => f64x2.add(sum, f64x2.mul(a, b)),
});

/** Integers, `multiplyAdd` being all they differ in. */
const makeInteger = (of: Elements, multiplyAdd: Arithmetic['multiplyAdd']): Arithmetic => ({
  ...of,
  splat: v128.load32Splat,
  add: i32x4.add,
  multiplyAdd,
});

const makeArithmetics = (): Readonly<Record<ArithmeticName, Arithmetic>> => ({
  f32: makeFloat32(ELEMENTS.f32, (a, b, sum) => f32x4.add(sum, f32x4.mul(a, b))),
  'f32-fma': makeFloat32(ELEMENTS['f32-fma'], f32x4.relaxedMadd),
  f64: makeFloat64(),
  i32: makeInteger(ELEMENTS.i32, (a, b, sum) => i32x4.add(sum, i32x4.mul(a, b))),
  i8: makeInteger(ELEMENTS.i8, (a, b, sum) => i32x4.add(sum, i32x4.dotI16x8S(a, b))),
});

/**
 * Every arithmetic by name. `f32-fma` rounds once per step where the machine can; the others give the same bits
 * everywhere.
 */
export const ARITHMETICS = /* @__PURE__ */ makeArithmetics();

export function arithmeticOf(name: ArithmeticName): Arithmetic {
  return ARITHMETICS[name];
}
