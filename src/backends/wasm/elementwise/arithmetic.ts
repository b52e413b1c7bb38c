import { f32x4, f64x2, i8x16, i32, i32x4, i64x2, type Local, type V128, v128 } from '../assembler/index';
import type { Emitter, Vector } from './emitter';
import { floats, inDoubles, type Lowering } from './lowering';
import { highHalf, LOW_HALVES } from './values';

/** ±1 with the sign of x where `mask` is set, else x + 0: NaN stays, −0 becomes 0. */
const signOf = (mask: V128, x: V128, one: V128, minusZero: V128, plusZero: V128): V128 =>
  v128.bitselect(v128.or(one, v128.and(x, minusZero)), plusZero, mask);

/** x − y·⌊x/y⌋ for doubles that were float32. Lanes of quotients above 2^28, where the product would round, go the long way. */
function modulo64(e: Emitter, [x, y]: readonly Vector[]): V128 {
  const quotient = e.keep(f64x2.div(x!, y!));
  const r = e.keep(f64x2.sub(x!, f64x2.mul(f64x2.floor(quotient), y!)));
  const easy = v128.and(
    f64x2.lt(f64x2.abs(quotient), f64x2.const(2 ** 28)),
    f64x2.lt(f64x2.abs(y!), f64x2.const(Infinity)),
  );
  const mask = e.keep(easy);
  e.f.if(i32.eqz(i32x4.allTrue(mask)), () => {
    e.f.set(r, v128.bitselect(r, remainder64(e, x!, y!), mask));
  });
  // Rounding may have lifted the quotient to the next integer, and a remainder has the sign of x: bring r to the side of y.
  const opposite = v128.and(i64x2.ltS(v128.xor(r, y!), v128.zero()), f64x2.ne(r, f64x2.const(0)));
  e.f.set(r, v128.bitselect(f64x2.add(r, y!), r, opposite));
  // A remainder of 0 has the sign of the divisor, too.
  return v128.bitselect(v128.and(y!, f64x2.const(-0)), r, f64x2.eq(r, f64x2.const(0)));
}

/** The remainder of |x| by |y|, with the sign of x, exact for quotients of any size: y·2^k is taken off, k falling by 27 or so. */
function remainder64(e: Emitter, x: Vector, y: Vector): V128 {
  const d = e.keep(f64x2.abs(y));
  const left = e.keep(f64x2.abs(x));
  const EXPONENT = 0x7ff0000000000000n;
  const valid = e.keep(v128.and(f64x2.gt(d, f64x2.const(0)), f64x2.lt(left, f64x2.const(Infinity))));
  const isNumber = f64x2.eq(d, d);
  const unfinished = e.keep(v128.and(valid, f64x2.ge(left, d)));
  e.f.while(v128.anyTrue(unfinished), () => {
    const power = v128.and(f64x2.div(left, d), i64x2.const(EXPONENT));
    const part = e.keep(f64x2.mul(d, f64x2.pmax(f64x2.mul(power, f64x2.const(2 ** -27)), f64x2.const(1))));
    const rest = e.keep(f64x2.sub(left, f64x2.mul(part, f64x2.floor(f64x2.div(left, part)))));
    const lifted = v128.bitselect(f64x2.add(rest, part), rest, f64x2.lt(rest, f64x2.const(0)));
    e.f.set(left, v128.bitselect(lifted, left, unfinished));
    e.f.set(unfinished, v128.and(valid, f64x2.ge(left, d)));
  });
  const signed = v128.or(left, v128.and(x, f64x2.const(-0)));
  return v128.bitselect(signed, f64x2.const(NaN), v128.and(valid, isNumber));
}

/** a − b·⌊a/b⌋ in doubles, which hold every quotient of int32 well enough; 0 where b is 0. */
function moduloIntegers(e: Emitter, [a, b]: readonly Vector[]): V128 {
  const remainder = (x: V128, y: V128): V128 => {
    const divisor = e.keep(f64x2.convertLowI32x4S(y));
    const dividend = e.keep(f64x2.convertLowI32x4S(x));
    const quotient = f64x2.floor(f64x2.div(dividend, divisor));
    return i32x4.truncSatF64x2SZero(f64x2.sub(dividend, f64x2.mul(quotient, divisor)));
  };
  const low = remainder(a!, b!);
  const high = remainder(highHalf(a!), highHalf(b!));
  // By 0 it is NaN, which becomes 0.
  return i8x16.shuffle(low, high, LOW_HALVES);
}

const makeArithmetic = (): Readonly<Record<string, Lowering>> => ({
  add: {
    ...floats((v, [a, b]) => v.add(a!, b!)),
    integer: (_, [a, b]) => i32x4.add(a!, b!),
    bool: (_, [a, b]) => v128.or(a!, b!),
  },
  sub: { ...floats((v, [a, b]) => v.sub(a!, b!)), integer: (_, [a, b]) => i32x4.sub(a!, b!) },
  mul: {
    ...floats((v, [a, b]) => v.mul(a!, b!)),
    integer: (_, [a, b]) => i32x4.mul(a!, b!),
    bool: (_, [a, b]) => v128.and(a!, b!),
  },
  div: floats((v, [a, b]) => v.div(a!, b!)),
  mod: { float32: inDoubles(modulo64), integer: moduloIntegers, cost: 3 },
  maximum: {
    ...floats((v, [a, b]) => v.max(a!, b!)),
    integer: (_, [a, b]) => i32x4.maxS(a!, b!),
    bool: (_, [a, b]) => v128.or(a!, b!),
  },
  minimum: {
    ...floats((v, [a, b]) => v.min(a!, b!)),
    integer: (_, [a, b]) => i32x4.minS(a!, b!),
    bool: (_, [a, b]) => v128.and(a!, b!),
  },
  neg: { ...floats((v, [x]) => v.neg(x!)), integer: (_, [x]) => i32x4.neg(x!) },
  abs: { ...floats((v, [x]) => v.abs(x!)), integer: (_, [x]) => i32x4.abs(x!), bool: (_, [x]) => x! },
  sign: {
    float32: (_, [x]) => {
      const nonZero = v128.or(f32x4.lt(x!, f32x4.const(0)), f32x4.gt(x!, f32x4.const(0)));
      return signOf(nonZero, x!, f32x4.const(1), f32x4.const(-0), f32x4.add(x!, f32x4.const(0)));
    },
    float64: (_, [x]) => {
      const nonZero = v128.or(f64x2.lt(x!, f64x2.const(0)), f64x2.gt(x!, f64x2.const(0)));
      return signOf(nonZero, x!, f64x2.const(1), f64x2.const(-0), f64x2.add(x!, f64x2.const(0)));
    },
    integer: (_, [x]) => i32x4.sub(i32x4.ltS(x!, v128.zero()), i32x4.gtS(x!, v128.zero())),
    bool: (_, [x]) => x!,
  },
  square: {
    ...floats((v, [x]) => v.mul(x!, x!)),
    integer: (_, [x]) => i32x4.mul(x!, x!),
    bool: (_, [x]) => x!,
  },
  sqrt: floats((v, [x]) => v.sqrt(x!)),
  rsqrt: floats((v, [x]) => v.div(v.const(1), v.sqrt(x!))),
  reciprocal: floats((v, [x]) => v.div(v.const(1), x!)),
  floor: { ...floats((v, [x]) => v.floor(x!)), integer: (_, [x]) => x!, bool: (_, [x]) => x! },
  ceil: { ...floats((v, [x]) => v.ceil(x!)), integer: (_, [x]) => x!, bool: (_, [x]) => x! },
  round: { ...floats((v, [x]) => v.nearest(x!)), integer: (_, [x]) => x!, bool: (_, [x]) => x! },
  clip: {
    ...floats((v, [x], [low, high]) => v.pmin(v.pmax(x!, v.scalar(low!)), v.scalar(high!))),
    integer: (_, [x], [low, high]) => {
      const bound = (s: Local<'f64'>): V128 => i32x4.splat(i32.truncSatF64S(s));
      return i32x4.minS(i32x4.maxS(x!, bound(low!)), bound(high!));
    },
    scalars: [
      ['min', -Infinity],
      ['max', Infinity],
    ],
  },
});
/** Arithmetic and rounding. */
export const ARITHMETIC: Readonly<Record<string, Lowering>> = /* @__PURE__ */ makeArithmetic();

const compare = (
  rule: (v: Parameters<Parameters<typeof floats>[0]>[0], a: Vector, b: Vector) => V128,
  integer: (a: V128, b: V128) => V128,
  bool: (a: V128, b: V128) => V128,
): Lowering => ({
  ...floats((v, [a, b]) => rule(v, a!, b!)),
  integer: (_, [a, b]) => integer(a!, b!),
  bool: (_, [a, b]) => bool(a!, b!),
  test: true,
});

const makeComparisons = (): Readonly<Record<string, Lowering>> => ({
  equal: compare((v, a, b) => v.eq(a, b), i32x4.eq, i32x4.eq),
  notEqual: compare((v, a, b) => v.ne(a, b), i32x4.ne, v128.xor),
  less: compare(
    (v, a, b) => v.lt(a, b),
    i32x4.ltS,
    (a, b) => v128.andnot(b, a),
  ),
  lessEqual: compare(
    (v, a, b) => v.le(a, b),
    i32x4.leS,
    (a, b) => v128.or(b, v128.not(a)),
  ),
  greater: compare(
    (v, a, b) => v.gt(a, b),
    i32x4.gtS,
    (a, b) => v128.andnot(a, b),
  ),
  greaterEqual: compare(
    (v, a, b) => v.ge(a, b),
    i32x4.geS,
    (a, b) => v128.or(a, v128.not(b)),
  ),
  logicalAnd: { bool: (_, [a, b]) => v128.and(a!, b!), test: true },
  logicalOr: { bool: (_, [a, b]) => v128.or(a!, b!), test: true },
  logicalNot: {
    ...floats((v, [x]) => v.eq(x!, v.const(0))),
    integer: (_, [x]) => i32x4.eq(x!, v128.zero()),
    bool: (_, [x]) => v128.not(x!),
    test: true,
  },
  isNaN: { ...floats((v, [x]) => v.ne(x!, x!)), integer: () => v128.zero(), bool: () => v128.zero(), test: true },
  isFinite: {
    ...floats((v, [x]) => v.lt(v.abs(x!), v.const(Infinity))),
    integer: () => i32x4.const(-1),
    bool: () => i32x4.const(-1),
    test: true,
  },
});
/** Comparisons, tests and logic: their results are masks. */
export const COMPARISONS: Readonly<Record<string, Lowering>> = /* @__PURE__ */ makeComparisons();
