import { type Arg, type Code, type Expr, float32Bytes, float64Bytes, memarg, signed, signed64 } from './code';

type I32 = Expr<'i32'>;
type I64 = Expr<'i64'>;
type F32 = Expr<'f32'>;
type F64 = Expr<'f64'>;
type Void = Expr<'void'>;

const constI32 = (value: number): I32 => ({ type: 'i32', code: [0x41, signed(value)] });
const constF32 = (value: number): F32 => ({ type: 'f32', code: [0x43, float32Bytes(value)] });
const constF64 = (value: number): F64 => ({ type: 'f64', code: [0x44, float64Bytes(value)] });

/** The code of an operand that may be given as a number. */
export const codeI32 = (x: Arg<'i32'>): Code => (typeof x === 'number' ? constI32(x).code : x.code);
export const codeF32 = (x: Arg<'f32'>): Code => (typeof x === 'number' ? constF32(x).code : x.code);
export const codeF64 = (x: Arg<'f64'>): Code => (typeof x === 'number' ? constF64(x).code : x.code);

const i32Unary =
  (op: number) =>
  (x: Arg<'i32'>): I32 => ({ type: 'i32', code: [codeI32(x), op] });
const i32Binary =
  (op: number) =>
  (a: Arg<'i32'>, b: Arg<'i32'>): I32 => ({ type: 'i32', code: [codeI32(a), codeI32(b), op] });
const i64Binary =
  (op: number) =>
  (a: I64, b: I64): I64 => ({ type: 'i64', code: [a.code, b.code, op] });
const i64Compare =
  (op: number) =>
  (a: I64, b: I64): I32 => ({ type: 'i32', code: [a.code, b.code, op] });
const f32Unary =
  (op: number) =>
  (x: Arg<'f32'>): F32 => ({ type: 'f32', code: [codeF32(x), op] });
const f32Binary =
  (op: number) =>
  (a: Arg<'f32'>, b: Arg<'f32'>): F32 => ({ type: 'f32', code: [codeF32(a), codeF32(b), op] });
const f32Compare =
  (op: number) =>
  (a: Arg<'f32'>, b: Arg<'f32'>): I32 => ({ type: 'i32', code: [codeF32(a), codeF32(b), op] });
const f64Unary =
  (op: number) =>
  (x: Arg<'f64'>): F64 => ({ type: 'f64', code: [codeF64(x), op] });
const f64Binary =
  (op: number) =>
  (a: Arg<'f64'>, b: Arg<'f64'>): F64 => ({ type: 'f64', code: [codeF64(a), codeF64(b), op] });
const f64Compare =
  (op: number) =>
  (a: Arg<'f64'>, b: Arg<'f64'>): I32 => ({ type: 'i32', code: [codeF64(a), codeF64(b), op] });

const i32Load =
  (op: number, alignment: number) =>
  (address: Arg<'i32'>, offset = 0): I32 => ({ type: 'i32', code: [codeI32(address), op, memarg(alignment, offset)] });
const i32Store =
  (op: number, alignment: number) =>
  (address: Arg<'i32'>, value: Arg<'i32'>, offset = 0): Void => ({
    type: 'void',
    code: [codeI32(address), codeI32(value), op, memarg(alignment, offset)],
  });

const makeI32 = () => ({
  const: constI32,
  load: i32Load(0x28, 2),
  load8S: i32Load(0x2c, 0),
  load8U: i32Load(0x2d, 0),
  load16S: i32Load(0x2e, 1),
  load16U: i32Load(0x2f, 1),
  store: i32Store(0x36, 2),
  store8: i32Store(0x3a, 0),
  store16: i32Store(0x3b, 1),
  atomicLoad: (address: Arg<'i32'>, offset = 0): I32 => ({
    type: 'i32',
    code: [codeI32(address), 0xfe, 0x10, memarg(2, offset)],
  }),
  atomicStore: (address: Arg<'i32'>, value: Arg<'i32'>, offset = 0): Void => ({
    type: 'void',
    code: [codeI32(address), codeI32(value), 0xfe, 0x17, memarg(2, offset)],
  }),
  /** Adds and is the old value. */
  atomicAdd: (address: Arg<'i32'>, value: Arg<'i32'>, offset = 0): I32 => ({
    type: 'i32',
    code: [codeI32(address), codeI32(value), 0xfe, 0x1e, memarg(2, offset)],
  }),
  /** Subtracts and is the old value. */
  atomicSub: (address: Arg<'i32'>, value: Arg<'i32'>, offset = 0): I32 => ({
    type: 'i32',
    code: [codeI32(address), codeI32(value), 0xfe, 0x25, memarg(2, offset)],
  }),
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
  wrap: (x: I64): I32 => ({ type: 'i32', code: [x.code, 0xa7] }),
  extend8S: i32Unary(0xc0),
  extend16S: i32Unary(0xc1),
  truncSatF32S: (x: Arg<'f32'>): I32 => ({ type: 'i32', code: [codeF32(x), 0xfc, 0] }),
  truncSatF32U: (x: Arg<'f32'>): I32 => ({ type: 'i32', code: [codeF32(x), 0xfc, 1] }),
  truncSatF64S: (x: Arg<'f64'>): I32 => ({ type: 'i32', code: [codeF64(x), 0xfc, 2] }),
  truncSatF64U: (x: Arg<'f64'>): I32 => ({ type: 'i32', code: [codeF64(x), 0xfc, 3] }),
  reinterpretF32: (x: Arg<'f32'>): I32 => ({ type: 'i32', code: [codeF32(x), 0xbc] }),
  /** a where `condition` is not 0, else b; both are computed. */
  select: (condition: Arg<'i32'>, a: Arg<'i32'>, b: Arg<'i32'>): I32 => ({
    type: 'i32',
    code: [codeI32(a), codeI32(b), codeI32(condition), 0x1b],
  }),
});
/** Instructions on 32-bit integers. Addresses may exceed 2^31: compare them unsigned (`ltU`), or for equality. */
export const i32 = /* @__PURE__ */ makeI32();

const makeI64 = () => ({
  const: (value: bigint | number): I64 => ({ type: 'i64', code: [0x42, signed64(BigInt(value))] }),
  load: (address: Arg<'i32'>, offset = 0): I64 => ({ type: 'i64', code: [codeI32(address), 0x29, memarg(3, offset)] }),
  store: (address: Arg<'i32'>, value: I64, offset = 0): Void => ({
    type: 'void',
    code: [codeI32(address), value.code, 0x37, memarg(3, offset)],
  }),
  atomicLoad: (address: Arg<'i32'>, offset = 0): I64 => ({
    type: 'i64',
    code: [codeI32(address), 0xfe, 0x11, memarg(3, offset)],
  }),
  atomicStore: (address: Arg<'i32'>, value: I64, offset = 0): Void => ({
    type: 'void',
    code: [codeI32(address), value.code, 0xfe, 0x18, memarg(3, offset)],
  }),
  /** Stores `value` where memory holds `expected`; is what it held. */
  atomicCompareExchange: (address: Arg<'i32'>, expected: I64, value: I64, offset = 0): I64 => ({
    type: 'i64',
    code: [codeI32(address), expected.code, value.code, 0xfe, 0x49, memarg(3, offset)],
  }),
  eqz: (x: I64): I32 => ({ type: 'i32', code: [x.code, 0x50] }),
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
  extendI32S: (x: Arg<'i32'>): I64 => ({ type: 'i64', code: [codeI32(x), 0xac] }),
  extendI32U: (x: Arg<'i32'>): I64 => ({ type: 'i64', code: [codeI32(x), 0xad] }),
  truncSatF64S: (x: Arg<'f64'>): I64 => ({ type: 'i64', code: [codeF64(x), 0xfc, 6] }),
  reinterpretF64: (x: Arg<'f64'>): I64 => ({ type: 'i64', code: [codeF64(x), 0xbd] }),
});
/** Instructions on 64-bit integers. */
export const i64 = /* @__PURE__ */ makeI64();

const makeF32 = () => ({
  const: constF32,
  load: (address: Arg<'i32'>, offset = 0): F32 => ({ type: 'f32', code: [codeI32(address), 0x2a, memarg(2, offset)] }),
  store: (address: Arg<'i32'>, value: Arg<'f32'>, offset = 0): Void => ({
    type: 'void',
    code: [codeI32(address), codeF32(value), 0x38, memarg(2, offset)],
  }),
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
  convertI32S: (x: Arg<'i32'>): F32 => ({ type: 'f32', code: [codeI32(x), 0xb2] }),
  convertI32U: (x: Arg<'i32'>): F32 => ({ type: 'f32', code: [codeI32(x), 0xb3] }),
  demote: (x: Arg<'f64'>): F32 => ({ type: 'f32', code: [codeF64(x), 0xb6] }),
  reinterpretI32: (x: Arg<'i32'>): F32 => ({ type: 'f32', code: [codeI32(x), 0xbe] }),
  select: (condition: Arg<'i32'>, a: Arg<'f32'>, b: Arg<'f32'>): F32 => ({
    type: 'f32',
    code: [codeF32(a), codeF32(b), codeI32(condition), 0x1b],
  }),
});
/** Instructions on 32-bit floats. */
export const f32 = /* @__PURE__ */ makeF32();

const makeF64 = () => ({
  const: constF64,
  load: (address: Arg<'i32'>, offset = 0): F64 => ({ type: 'f64', code: [codeI32(address), 0x2b, memarg(3, offset)] }),
  store: (address: Arg<'i32'>, value: Arg<'f64'>, offset = 0): Void => ({
    type: 'void',
    code: [codeI32(address), codeF64(value), 0x39, memarg(3, offset)],
  }),
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
  convertI32S: (x: Arg<'i32'>): F64 => ({ type: 'f64', code: [codeI32(x), 0xb7] }),
  convertI32U: (x: Arg<'i32'>): F64 => ({ type: 'f64', code: [codeI32(x), 0xb8] }),
  convertI64S: (x: I64): F64 => ({ type: 'f64', code: [x.code, 0xb9] }),
  promote: (x: Arg<'f32'>): F64 => ({ type: 'f64', code: [codeF32(x), 0xbb] }),
  reinterpretI64: (x: I64): F64 => ({ type: 'f64', code: [x.code, 0xbf] }),
  select: (condition: Arg<'i32'>, a: Arg<'f64'>, b: Arg<'f64'>): F64 => ({
    type: 'f64',
    code: [codeF64(a), codeF64(b), codeI32(condition), 0x1b],
  }),
});
/** Instructions on 64-bit floats. */
export const f64 = /* @__PURE__ */ makeF64();

const makeMemory = () => ({
  /** Copies `bytes` bytes; the ranges may overlap. */
  copy: (to: Arg<'i32'>, from: Arg<'i32'>, bytes: Arg<'i32'>): Void => ({
    type: 'void',
    code: [codeI32(to), codeI32(from), codeI32(bytes), 0xfc, 10, 0, 0],
  }),
  /** Sets `bytes` bytes to the low byte of `value`. */
  fill: (at: Arg<'i32'>, value: Arg<'i32'>, bytes: Arg<'i32'>): Void => ({
    type: 'void',
    code: [codeI32(at), codeI32(value), codeI32(bytes), 0xfc, 11, 0],
  }),
  /**
   * Sleeps while the 32-bit word at `address` of shared memory is `expected`, at most `timeout` nanoseconds (negative:
   * without limit): 0 when woken, 1 when it is another, 2 when time is up.
   */
  wait32: (address: Arg<'i32'>, expected: Arg<'i32'>, timeout: I64): I32 => ({
    type: 'i32',
    code: [codeI32(address), codeI32(expected), timeout.code, 0xfe, 0x01, memarg(2, 0)],
  }),
  /** Wakes at most `count` sleepers at `address`; how many it woke. */
  notify: (address: Arg<'i32'>, count: Arg<'i32'>): I32 => ({
    type: 'i32',
    code: [codeI32(address), codeI32(count), 0xfe, 0x00, memarg(2, 0)],
  }),
});
/** Instructions on whole ranges of memory, and on who waits for it. */
export const memory = /* @__PURE__ */ makeMemory();
