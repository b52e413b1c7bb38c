import { type Arg, aligned, instruction } from './code';
import { asI32 } from './scalar';
import {
  binary,
  constant,
  load,
  loadLane,
  repeat,
  simd,
  storeLane,
  ternary,
  test,
  unary,
  type V128,
  type Void,
} from './simd-code';

const makeV128 = () => ({
  load: load(0, 4),
  load8x8S: load(1, 3),
  load8x8U: load(2, 3),
  load16x4S: load(3, 3),
  load16x4U: load(4, 3),
  load32x2S: load(5, 3),
  load32x2U: load(6, 3),
  load8Splat: load(7, 0),
  load16Splat: load(8, 1),
  load32Splat: load(9, 2),
  load64Splat: load(10, 3),
  load32Zero: load(92, 2),
  load64Zero: load(93, 3),
  store: (address: Arg<'i32'>, value: V128, offset = 0): Void =>
    instruction('void', simd(11) | aligned(4), asI32(address), value, null, offset),
  load8Lane: loadLane(84, 0),
  load16Lane: loadLane(85, 1),
  load32Lane: loadLane(86, 2),
  load64Lane: loadLane(87, 3),
  store8Lane: storeLane(88, 0),
  store16Lane: storeLane(89, 1),
  store32Lane: storeLane(90, 2),
  store64Lane: storeLane(91, 3),
  const: constant,
  zero: (): V128 => constant(repeat([0], 16)),
  not: unary(77),
  and: binary(78),
  /** a & ~b. */
  andnot: binary(79),
  or: binary(80),
  xor: binary(81),
  /** Bits of `a` where `mask` is 1, of `b` where it is 0. */
  bitselect: ternary(82),
  anyTrue: test(83),
});
/** Bitwise instructions, loads and stores. Every load reads 16 bytes or as many as its name says. */
export const v128 = /* @__PURE__ */ makeV128();
