import { type Arg, type Expr, float32Bytes, float64Bytes, instruction } from './code';
import { asF32, asF64 } from './scalar';
import { binary, constant, simd, ternary, unary, type V128 } from './simd-code';

const makeF32x4 = () => ({
  const: (a: number, b = a, c = a, d = a): V128 => constant(float32Bytes(a, b, c, d)),
  splat: (x: Arg<'f32'>): V128 => instruction('v128', simd(19), asF32(x), null, null),
  extract: (x: V128, lane: number): Expr<'f32'> => instruction('f32', simd(31), x, null, null, 0, lane),
  replace: (x: V128, lane: number, value: Arg<'f32'>): V128 =>
    instruction('v128', simd(32), x, asF32(value), null, 0, lane),
  eq: binary(65),
  ne: binary(66),
  lt: binary(67),
  gt: binary(68),
  le: binary(69),
  ge: binary(70),
  ceil: unary(103),
  floor: unary(104),
  trunc: unary(105),
  nearest: unary(106),
  abs: unary(224),
  neg: unary(225),
  sqrt: unary(227),
  add: binary(228),
  sub: binary(229),
  mul: binary(230),
  div: binary(231),
  /** NaN if either is; −0 below 0. Slower than `pmin`. */
  min: binary(232),
  max: binary(233),
  /** b < a ? b : a. */
  pmin: binary(234),
  /** a < b ? b : a. */
  pmax: binary(235),
  convertI32x4S: unary(250),
  convertI32x4U: unary(251),
  /** The two lanes of an f64x2, rounded, in lanes 0 and 1; 0 in the others. */
  demoteF64x2Zero: unary(94),
  /** a·b + c, rounded once or twice. */
  relaxedMadd: ternary(0x105),
  /** −a·b + c. */
  relaxedNmadd: ternary(0x106),
});
export const f32x4 = /* @__PURE__ */ makeF32x4();

const makeF64x2 = () => ({
  const: (a: number, b = a): V128 => constant(float64Bytes(a, b)),
  splat: (x: Arg<'f64'>): V128 => instruction('v128', simd(20), asF64(x), null, null),
  extract: (x: V128, lane: number): Expr<'f64'> => instruction('f64', simd(33), x, null, null, 0, lane),
  replace: (x: V128, lane: number, value: Arg<'f64'>): V128 =>
    instruction('v128', simd(34), x, asF64(value), null, 0, lane),
  eq: binary(71),
  ne: binary(72),
  lt: binary(73),
  gt: binary(74),
  le: binary(75),
  ge: binary(76),
  ceil: unary(116),
  floor: unary(117),
  trunc: unary(122),
  nearest: unary(148),
  abs: unary(236),
  neg: unary(237),
  sqrt: unary(239),
  add: binary(240),
  sub: binary(241),
  mul: binary(242),
  div: binary(243),
  min: binary(244),
  max: binary(245),
  pmin: binary(246),
  pmax: binary(247),
  convertLowI32x4S: unary(254),
  convertLowI32x4U: unary(255),
  promoteLowF32x4: unary(95),
  relaxedMadd: ternary(0x107),
  relaxedNmadd: ternary(0x108),
});
export const f64x2 = /* @__PURE__ */ makeF64x2();
