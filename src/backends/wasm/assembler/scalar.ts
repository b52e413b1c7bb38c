import {
  type Arg,
  aligned,
  type Expr,
  float32Bytes,
  float64Bytes,
  instruction,
  prefixed,
  SIGNED,
  signed64,
} from './code';

type I32 = Expr<'i32'>;
type I64 = Expr<'i64'>;
type F32 = Expr<'f32'>;
type F64 = Expr<'f64'>;
type Void = Expr<'void'>;

const constI32 = (value: number): I32 => instruction('i32', 0x41 | SIGNED, null, null, null, value);
const constF32 = (value: number): F32 => instruction('f32', 0x43, null, null, null, 0, -1, float32Bytes(value));
const constF64 = (value: number): F64 => instruction('f64', 0x44, null, null, null, 0, -1, float64Bytes(value));

/** An operand that may be given as a number. */
export const asI32 = (x: Arg<'i32'>): I32 => (typeof x === 'number' ? constI32(x) : x);
export const asF32 = (x: Arg<'f32'>): F32 => (typeof x === 'number' ? constF32(x) : x);
export const asF64 = (x: Arg<'f64'>): F64 => (typeof x === 'number' ? constF64(x) : x);

const i32Unary =
  (op: number) =>
  (x: Arg<'i32'>): I32 =>
    instruction('i32', op, asI32(x), null, null);
const i32Binary =
  (op: number) =>
  (a: Arg<'i32'>, b: Arg<'i32'>): I32 =>
    instruction('i32', op, asI32(a), asI32(b), null);
const i64Binary =
  (op: number) =>
  (a: I64, b: I64): I64 =>
    instruction('i64', op, a, b, null);
const i64Compare =
  (op: number) =>
  (a: I64, b: I64): I32 =>
    instruction('i32', op, a, b, null);
const f32Unary =
  (op: number) =>
  (x: Arg<'f32'>): F32 =>
    instruction('f32', op, asF32(x), null, null);
const f32Binary =
  (op: number) =>
  (a: Arg<'f32'>, b: Arg<'f32'>): F32 =>
    instruction('f32', op, asF32(a), asF32(b), null);
const f32Compare =
  (op: number) =>
  (a: Arg<'f32'>, b: Arg<'f32'>): I32 =>
    instruction('i32', op, asF32(a), asF32(b), null);
const f64Unary =
  (op: number) =>
  (x: Arg<'f64'>): F64 =>
    instruction('f64', op, asF64(x), null, null);
const f64Binary =
  (op: number) =>
  (a: Arg<'f64'>, b: Arg<'f64'>): F64 =>
    instruction('f64', op, asF64(a), asF64(b), null);
const f64Compare =
  (op: number) =>
  (a: Arg<'f64'>, b: Arg<'f64'>): I32 =>
    instruction('i32', op, asF64(a), asF64(b), null);

/** A load of a type; atomic ones have a prefix, as `prefixed(0xfe, …)`. */
const loadOf =
  <T extends 'i32' | 'i64' | 'f32' | 'f64'>(type: T, op: number, alignment: number) =>
  (address: Arg<'i32'>, offset = 0): Expr<T> =>
    instruction(type, op | aligned(alignment), asI32(address), null, null, offset);
const i32Store =
  (op: number, alignment: number) =>
  (address: Arg<'i32'>, value: Arg<'i32'>, offset = 0): Void =>
    instruction('void', op | aligned(alignment), asI32(address), asI32(value), null, offset);
const i64Store =
  (op: number) =>
  (address: Arg<'i32'>, value: I64, offset = 0): Void =>
    instruction('void', op | aligned(3), asI32(address), value, null, offset);
/** What changes a word at once and is what it held. */
const i32Exchange =
  (op: number) =>
  (address: Arg<'i32'>, value: Arg<'i32'>, offset = 0): I32 =>
    instruction('i32', prefixed(0xfe, op) | aligned(2), asI32(address), asI32(value), null, offset);

const makeI32 = () => ({
  const: constI32,
  load: loadOf('i32', 0x28, 2),
  load8S: loadOf('i32', 0x2c, 0),
  load8U: loadOf('i32', 0x2d, 0),
  load16S: loadOf('i32', 0x2e, 1),
  load16U: loadOf('i32', 0x2f, 1),
  store: i32Store(0x36, 2),
  store8: i32Store(0x3a, 0),
  store16: i32Store(0x3b, 1),
  atomicLoad: loadOf('i32', prefixed(0xfe, 0x10), 2),
  atomicStore: i32Store(prefixed(0xfe, 0x17), 2),
  /** Adds and is the old value. */
  atomicAdd: i32Exchange(0x1e),
  /** Subtracts and is the old value. */
  atomicSub: i32Exchange(0x25),
  eqz: i32Unary(0x45),
  eq: i32Binary(0x46),
  ne: i32Binary(0x47),
  ltS: i32Binary(0x48),
  ltU: i32Binary(0x49),
  gtS: i32Binary(0x4a),
  gtU: i32Binary(0x4b),
  leS: i32Binary(0x4c),
  leU: i32Binary(0x4d),
  geS: i32Binary(0x4e),
  geU: i32Binary(0x4f),
  clz: i32Unary(0x67),
  ctz: i32Unary(0x68),
  popcnt: i32Unary(0x69),
  add: i32Binary(0x6a),
  sub: i32Binary(0x6b),
  mul: i32Binary(0x6c),
  divS: i32Binary(0x6d),
  divU: i32Binary(0x6e),
  remS: i32Binary(0x6f),
  remU: i32Binary(0x70),
  and: i32Binary(0x71),
  or: i32Binary(0x72),
  xor: i32Binary(0x73),
  shl: i32Binary(0x74),
  shrS: i32Binary(0x75),
  shrU: i32Binary(0x76),
  rotl: i32Binary(0x77),
  rotr: i32Binary(0x78),
  wrap: (x: I64): I32 => instruction('i32', 0xa7, x, null, null),
  extend8S: i32Unary(0xc0),
  extend16S: i32Unary(0xc1),
  truncSatF32S: (x: Arg<'f32'>): I32 => instruction('i32', prefixed(0xfc, 0), asF32(x), null, null),
  truncSatF32U: (x: Arg<'f32'>): I32 => instruction('i32', prefixed(0xfc, 1), asF32(x), null, null),
  truncSatF64S: (x: Arg<'f64'>): I32 => instruction('i32', prefixed(0xfc, 2), asF64(x), null, null),
  truncSatF64U: (x: Arg<'f64'>): I32 => instruction('i32', prefixed(0xfc, 3), asF64(x), null, null),
  reinterpretF32: (x: Arg<'f32'>): I32 => instruction('i32', 0xbc, asF32(x), null, null),
  /** a where `condition` is not 0, else b; both are computed. */
  select: (condition: Arg<'i32'>, a: Arg<'i32'>, b: Arg<'i32'>): I32 =>
    instruction('i32', 0x1b, asI32(a), asI32(b), asI32(condition)),
});
/** Instructions on 32-bit integers. Addresses may exceed 2^31: compare them unsigned (`ltU`), or for equality. */
export const i32 = /* @__PURE__ */ makeI32();

const makeI64 = () => ({
  const: (value: bigint | number): I64 => instruction('i64', 0x42, null, null, null, 0, -1, signed64(BigInt(value))),
  load: loadOf('i64', 0x29, 3),
  store: i64Store(0x37),
  atomicLoad: loadOf('i64', prefixed(0xfe, 0x11), 3),
  atomicStore: i64Store(prefixed(0xfe, 0x18)),
  /** Stores `value` where memory holds `expected`; is what it held. */
  atomicCompareExchange: (address: Arg<'i32'>, expected: I64, value: I64, offset = 0): I64 =>
    instruction('i64', prefixed(0xfe, 0x49) | aligned(3), asI32(address), expected, value, offset),
  eqz: (x: I64): I32 => instruction('i32', 0x50, x, null, null),
  eq: i64Compare(0x51),
  ne: i64Compare(0x52),
  ltS: i64Compare(0x53),
  ltU: i64Compare(0x54),
  gtS: i64Compare(0x55),
  geS: i64Compare(0x59),
  add: i64Binary(0x7c),
  sub: i64Binary(0x7d),
  mul: i64Binary(0x7e),
  divS: i64Binary(0x7f),
  and: i64Binary(0x83),
  or: i64Binary(0x84),
  xor: i64Binary(0x85),
  shl: i64Binary(0x86),
  shrS: i64Binary(0x87),
  shrU: i64Binary(0x88),
  extendI32S: (x: Arg<'i32'>): I64 => instruction('i64', 0xac, asI32(x), null, null),
  extendI32U: (x: Arg<'i32'>): I64 => instruction('i64', 0xad, asI32(x), null, null),
  truncSatF64S: (x: Arg<'f64'>): I64 => instruction('i64', prefixed(0xfc, 6), asF64(x), null, null),
  reinterpretF64: (x: Arg<'f64'>): I64 => instruction('i64', 0xbd, asF64(x), null, null),
});
/** Instructions on 64-bit integers. */
export const i64 = /* @__PURE__ */ makeI64();

const makeF32 = () => ({
  const: constF32,
  load: loadOf('f32', 0x2a, 2),
  store: (address: Arg<'i32'>, value: Arg<'f32'>, offset = 0): Void =>
    instruction('void', 0x38 | aligned(2), asI32(address), asF32(value), null, offset),
  eq: f32Compare(0x5b),
  ne: f32Compare(0x5c),
  lt: f32Compare(0x5d),
  gt: f32Compare(0x5e),
  le: f32Compare(0x5f),
  ge: f32Compare(0x60),
  abs: f32Unary(0x8b),
  neg: f32Unary(0x8c),
  ceil: f32Unary(0x8d),
  floor: f32Unary(0x8e),
  trunc: f32Unary(0x8f),
  nearest: f32Unary(0x90),
  sqrt: f32Unary(0x91),
  add: f32Binary(0x92),
  sub: f32Binary(0x93),
  mul: f32Binary(0x94),
  div: f32Binary(0x95),
  min: f32Binary(0x96),
  max: f32Binary(0x97),
  copysign: f32Binary(0x98),
  convertI32S: (x: Arg<'i32'>): F32 => instruction('f32', 0xb2, asI32(x), null, null),
  convertI32U: (x: Arg<'i32'>): F32 => instruction('f32', 0xb3, asI32(x), null, null),
  demote: (x: Arg<'f64'>): F32 => instruction('f32', 0xb6, asF64(x), null, null),
  reinterpretI32: (x: Arg<'i32'>): F32 => instruction('f32', 0xbe, asI32(x), null, null),
  select: (condition: Arg<'i32'>, a: Arg<'f32'>, b: Arg<'f32'>): F32 =>
    instruction('f32', 0x1b, asF32(a), asF32(b), asI32(condition)),
});
/** Instructions on 32-bit floats. */
export const f32 = /* @__PURE__ */ makeF32();

const makeF64 = () => ({
  const: constF64,
  load: loadOf('f64', 0x2b, 3),
  store: (address: Arg<'i32'>, value: Arg<'f64'>, offset = 0): Void =>
    instruction('void', 0x39 | aligned(3), asI32(address), asF64(value), null, offset),
  eq: f64Compare(0x61),
  ne: f64Compare(0x62),
  lt: f64Compare(0x63),
  gt: f64Compare(0x64),
  le: f64Compare(0x65),
  ge: f64Compare(0x66),
  abs: f64Unary(0x99),
  neg: f64Unary(0x9a),
  ceil: f64Unary(0x9b),
  floor: f64Unary(0x9c),
  trunc: f64Unary(0x9d),
  nearest: f64Unary(0x9e),
  sqrt: f64Unary(0x9f),
  add: f64Binary(0xa0),
  sub: f64Binary(0xa1),
  mul: f64Binary(0xa2),
  div: f64Binary(0xa3),
  min: f64Binary(0xa4),
  max: f64Binary(0xa5),
  copysign: f64Binary(0xa6),
  convertI32S: (x: Arg<'i32'>): F64 => instruction('f64', 0xb7, asI32(x), null, null),
  convertI32U: (x: Arg<'i32'>): F64 => instruction('f64', 0xb8, asI32(x), null, null),
  convertI64S: (x: I64): F64 => instruction('f64', 0xb9, x, null, null),
  promote: (x: Arg<'f32'>): F64 => instruction('f64', 0xbb, asF32(x), null, null),
  reinterpretI64: (x: I64): F64 => instruction('f64', 0xbf, x, null, null),
  select: (condition: Arg<'i32'>, a: Arg<'f64'>, b: Arg<'f64'>): F64 =>
    instruction('f64', 0x1b, asF64(a), asF64(b), asI32(condition)),
});
/** Instructions on 64-bit floats. */
export const f64 = /* @__PURE__ */ makeF64();

const makeMemory = () => ({
  /** Copies `bytes` bytes; the ranges may overlap. */
  copy: (to: Arg<'i32'>, from: Arg<'i32'>, bytes: Arg<'i32'>): Void =>
    instruction('void', prefixed(0xfc, 10), asI32(to), asI32(from), asI32(bytes), 0, -1, [0, 0]),
  /** Sets `bytes` bytes to the low byte of `value`. */
  fill: (at: Arg<'i32'>, value: Arg<'i32'>, bytes: Arg<'i32'>): Void =>
    instruction('void', prefixed(0xfc, 11), asI32(at), asI32(value), asI32(bytes), 0, 0),
  /**
   * Sleeps while the 32-bit word at `address` of shared memory is `expected`, at most `timeout` nanoseconds (negative:
   * without limit): 0 when woken, 1 when it is another, 2 when time is up.
   */
  wait32: (address: Arg<'i32'>, expected: Arg<'i32'>, timeout: I64): I32 =>
    instruction('i32', prefixed(0xfe, 0x01) | aligned(2), asI32(address), asI32(expected), timeout),
  /** Wakes at most `count` sleepers at `address`; how many it woke. */
  notify: (address: Arg<'i32'>, count: Arg<'i32'>): I32 =>
    instruction('i32', prefixed(0xfe, 0x00) | aligned(2), asI32(address), asI32(count), null),
});
/** Instructions on whole ranges of memory, and on who waits for it. */
export const memory = /* @__PURE__ */ makeMemory();
