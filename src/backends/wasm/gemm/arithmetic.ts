import { type Arg, f32x4, f64x2, i32x4, type V128, v128 } from '../assembler/index';

/**
 * What a product of packed panels computes with. One element of a panel is what one step along k consumes: a number,
 * or, for int8, a pair of neighbours along k widened to int16.
 */
export interface Arithmetic {
  /** First part of the kernel names. */
  readonly name: string;
  /** Size of one packed element. */
  readonly bytes: 4 | 8;
  /** Packed elements in a vector. */
  readonly lanes: 4 | 2;
  /** One packed element in every lane. */
  splat(address: Arg<'i32'>, offset: number): V128;
  add(a: V128, b: V128): V128;
  /** sum + a·b. */
  multiplyAdd(a: V128, b: V128, sum: V128): V128;
}

const makeFloat32 = (): Arithmetic => ({
  name: 'f32',
  bytes: 4,
  lanes: 4,
  splat: v128.load32Splat,
  add: f32x4.add,
  multiplyAdd: (a, b, sum) => f32x4.add(sum, f32x4.mul(a, b)),
});

const makeFloat64 = (): Arithmetic => ({
  name: 'f64',
  bytes: 8,
  lanes: 2,
  splat: v128.load64Splat,
  add: f64x2.add,
  multiplyAdd: (a, b, sum) => f64x2.add(sum, f64x2.mul(a, b)),
});

/** Integers, `multiplyAdd` being all they differ in. */
const makeInteger = (name: string, multiplyAdd: Arithmetic['multiplyAdd']): Arithmetic => ({
  name,
  bytes: 4,
  lanes: 4,
  splat: v128.load32Splat,
  add: i32x4.add,
  multiplyAdd,
});

const makeArithmetics = () => ({
  f32: makeFloat32(),
  'f32-fma': { ...makeFloat32(), name: 'f32-fma', multiplyAdd: f32x4.relaxedMadd } as Arithmetic,
  f64: makeFloat64(),
  i32: makeInteger('i32', (a, b, sum) => i32x4.add(sum, i32x4.mul(a, b))),
  i8: makeInteger('i8', (a, b, sum) => i32x4.add(sum, i32x4.dotI16x8S(a, b))),
});

/**
 * Every arithmetic by name. `f32-fma` rounds once per step where the machine can; the others give the same bits
 * everywhere.
 */
export const ARITHMETICS = /* @__PURE__ */ makeArithmetics();

export type ArithmeticName = keyof typeof ARITHMETICS;
