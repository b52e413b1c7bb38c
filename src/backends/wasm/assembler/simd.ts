import { type Arg, type Code, type Expr, float32Bytes, float64Bytes, memarg, unsigned } from './code';
import { codeF32, codeF64, codeI32 } from './scalar';

export type V128 = Expr<'v128'>;
type Void = Expr<'void'>;

const v = (...code: Code): V128 => ({ type: 'v128', code });
const simd = (op: number): Code => [0xfd, unsigned(op)];

const unary =
  (op: number) =>
  (x: V128): V128 =>
    v(x.code, simd(op));
const binary =
  (op: number) =>
  (a: V128, b: V128): V128 =>
    v(a.code, b.code, simd(op));
const ternary =
  (op: number) =>
  (a: V128, b: V128, c: V128): V128 =>
    v(a.code, b.code, c.code, simd(op));
const shift =
  (op: number) =>
  (x: V128, bits: Arg<'i32'>): V128 =>
    v(x.code, codeI32(bits), simd(op));
const test =
  (op: number) =>
  (x: V128): Expr<'i32'> => ({ type: 'i32', code: [x.code, simd(op)] });
const load =
  (op: number, alignment: number) =>
  (address: Arg<'i32'>, offset = 0): V128 =>
    v(codeI32(address), simd(op), memarg(alignment, offset));
const loadLane =
  (op: number, alignment: number) =>
  (address: Arg<'i32'>, into: V128, lane: number, offset = 0): V128 =>
    v(codeI32(address), into.code, simd(op), memarg(alignment, offset), lane);
const storeLane =
  (op: number, alignment: number) =>
  (address: Arg<'i32'>, from: V128, lane: number, offset = 0): Void => ({
    type: 'void',
    code: [codeI32(address), from.code, simd(op), memarg(alignment, offset), lane],
  });
const extractI32 =
  (op: number) =>
  (x: V128, lane: number): Expr<'i32'> => ({ type: 'i32', code: [x.code, simd(op), lane] });
const replaceI32 =
  (op: number) =>
  (x: V128, lane: number, value: Arg<'i32'>): V128 =>
    v(x.code, codeI32(value), simd(op), lane);

/** A vector constant from its 16 bytes. */
const constant = (bytes: readonly number[]): V128 => v(simd(12), bytes);
const repeat = (bytes: readonly number[], times: number): number[] => Array.from({ length: times }, () => bytes).flat();
const littleEndian = (value: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => (value >> (8 * i)) & 255);

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
  store: (address: Arg<'i32'>, value: V128, offset = 0): Void => ({
    type: 'void',
    code: [codeI32(address), value.code, simd(11), memarg(4, offset)],
  }),
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

const makeI8x16 = () => ({
  const: (value: number): V128 => constant(repeat(littleEndian(value, 1), 16)),
  splat: (x: Arg<'i32'>): V128 => v(codeI32(x), simd(15)),
  /** Bytes picked by constant index from the 32 of `a` followed by `b`. */
  shuffle: (a: V128, b: V128, lanes: readonly number[]): V128 => v(a.code, b.code, simd(13), lanes),
  /** Bytes of `x` picked by `indices`; 0 where an index is 16 or more. */
  swizzle: binary(14),
  extractS: extractI32(21),
  extractU: extractI32(22),
  replace: replaceI32(23),
  eq: binary(35),
  ne: binary(36),
  ltS: binary(37),
  ltU: binary(38),
  gtS: binary(39),
  gtU: binary(40),
  leS: binary(41),
  leU: binary(42),
  geS: binary(43),
  geU: binary(44),
  abs: unary(96),
  neg: unary(97),
  popcnt: unary(98),
  allTrue: test(99),
  bitmask: test(100),
  /** Saturates the 16-bit lanes of `a`, then `b`, to bytes. */
  narrowI16x8S: binary(101),
  narrowI16x8U: binary(102),
  shl: shift(107),
  shrS: shift(108),
  shrU: shift(109),
  add: binary(110),
  addSatS: binary(111),
  addSatU: binary(112),
  sub: binary(113),
  subSatS: binary(114),
  subSatU: binary(115),
  minS: binary(118),
  minU: binary(119),
  maxS: binary(120),
  maxU: binary(121),
  avgrU: binary(123),
});
export const i8x16 = /* @__PURE__ */ makeI8x16();

const makeI16x8 = () => ({
  const: (value: number): V128 => constant(repeat(littleEndian(value, 2), 8)),
  splat: (x: Arg<'i32'>): V128 => v(codeI32(x), simd(16)),
  extractS: extractI32(24),
  extractU: extractI32(25),
  replace: replaceI32(26),
  eq: binary(45),
  ne: binary(46),
  ltS: binary(47),
  ltU: binary(48),
  gtS: binary(49),
  gtU: binary(50),
  leS: binary(51),
  leU: binary(52),
  geS: binary(53),
  geU: binary(54),
  extaddPairwiseI8x16S: unary(124),
  extaddPairwiseI8x16U: unary(125),
  abs: unary(128),
  neg: unary(129),
  q15mulrSatS: binary(130),
  allTrue: test(131),
  bitmask: test(132),
  narrowI32x4S: binary(133),
  narrowI32x4U: binary(134),
  extendLowI8x16S: unary(135),
  extendHighI8x16S: unary(136),
  extendLowI8x16U: unary(137),
  extendHighI8x16U: unary(138),
  shl: shift(139),
  shrS: shift(140),
  shrU: shift(141),
  add: binary(142),
  addSatS: binary(143),
  addSatU: binary(144),
  sub: binary(145),
  subSatS: binary(146),
  subSatU: binary(147),
  mul: binary(149),
  minS: binary(150),
  minU: binary(151),
  maxS: binary(152),
  maxU: binary(153),
  avgrU: binary(155),
  extmulLowI8x16S: binary(156),
  extmulHighI8x16S: binary(157),
  extmulLowI8x16U: binary(158),
  extmulHighI8x16U: binary(159),
  /** Pairwise sums of products of bytes; relaxed: bytes of `b` above 127 differ between machines. */
  relaxedDotI8x16I7x16S: binary(0x112),
});
export const i16x8 = /* @__PURE__ */ makeI16x8();

const makeI32x4 = () => ({
  const: (a: number, b = a, c = a, d = a): V128 => constant([a, b, c, d].flatMap((x) => littleEndian(x, 4))),
  splat: (x: Arg<'i32'>): V128 => v(codeI32(x), simd(17)),
  extract: extractI32(27),
  replace: replaceI32(28),
  eq: binary(55),
  ne: binary(56),
  ltS: binary(57),
  ltU: binary(58),
  gtS: binary(59),
  gtU: binary(60),
  leS: binary(61),
  leU: binary(62),
  geS: binary(63),
  geU: binary(64),
  extaddPairwiseI16x8S: unary(126),
  extaddPairwiseI16x8U: unary(127),
  abs: unary(160),
  neg: unary(161),
  allTrue: test(163),
  bitmask: test(164),
  extendLowI16x8S: unary(167),
  extendHighI16x8S: unary(168),
  extendLowI16x8U: unary(169),
  extendHighI16x8U: unary(170),
  shl: shift(171),
  shrS: shift(172),
  shrU: shift(173),
  add: binary(174),
  sub: binary(177),
  mul: binary(181),
  minS: binary(182),
  minU: binary(183),
  maxS: binary(184),
  maxU: binary(185),
  /** Sums of pairs of products of the signed 16-bit lanes. */
  dotI16x8S: binary(186),
  extmulLowI16x8S: binary(188),
  extmulHighI16x8S: binary(189),
  extmulLowI16x8U: binary(190),
  extmulHighI16x8U: binary(191),
  truncSatF32x4S: unary(248),
  truncSatF32x4U: unary(249),
  truncSatF64x2SZero: unary(252),
  truncSatF64x2UZero: unary(253),
  /** a·b summed in fours, plus c; relaxed: bytes of `b` above 127 differ between machines. */
  relaxedDotI8x16I7x16AddS: ternary(0x113),
});
export const i32x4 = /* @__PURE__ */ makeI32x4();

const makeI64x2 = () => ({
  const: (value: bigint | number): V128 =>
    constant(repeat([...new Uint8Array(new BigInt64Array([BigInt(value)]).buffer)], 2)),
  splat: (x: Expr<'i64'>): V128 => v(x.code, simd(18)),
  extract: (x: V128, lane: number): Expr<'i64'> => ({ type: 'i64', code: [x.code, simd(29), lane] }),
  replace: (x: V128, lane: number, value: Expr<'i64'>): V128 => v(x.code, value.code, simd(30), lane),
  abs: unary(192),
  neg: unary(193),
  allTrue: test(195),
  bitmask: test(196),
  extendLowI32x4S: unary(199),
  extendHighI32x4S: unary(200),
  extendLowI32x4U: unary(201),
  extendHighI32x4U: unary(202),
  shl: shift(203),
  shrS: shift(204),
  shrU: shift(205),
  add: binary(206),
  sub: binary(209),
  mul: binary(213),
  eq: binary(214),
  ne: binary(215),
  ltS: binary(216),
  gtS: binary(217),
  leS: binary(218),
  geS: binary(219),
  extmulLowI32x4S: binary(220),
  extmulHighI32x4S: binary(221),
  extmulLowI32x4U: binary(222),
  extmulHighI32x4U: binary(223),
});
export const i64x2 = /* @__PURE__ */ makeI64x2();

const makeF32x4 = () => ({
  const: (a: number, b = a, c = a, d = a): V128 => constant([a, b, c, d].flatMap(float32Bytes)),
  splat: (x: Arg<'f32'>): V128 => v(codeF32(x), simd(19)),
  extract: (x: V128, lane: number): Expr<'f32'> => ({ type: 'f32', code: [x.code, simd(31), lane] }),
  replace: (x: V128, lane: number, value: Arg<'f32'>): V128 => v(x.code, codeF32(value), simd(32), lane),
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
  const: (a: number, b = a): V128 => constant([a, b].flatMap(float64Bytes)),
  splat: (x: Arg<'f64'>): V128 => v(codeF64(x), simd(20)),
  extract: (x: V128, lane: number): Expr<'f64'> => ({ type: 'f64', code: [x.code, simd(33), lane] }),
  replace: (x: V128, lane: number, value: Arg<'f64'>): V128 => v(x.code, codeF64(value), simd(34), lane),
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
