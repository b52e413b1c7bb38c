import { type Expr, f32x4, i32x4, type V128, v128 } from '../assembler/index';
import type { Emitter, Vector } from './emitter';
import { polynomial32 } from './polynomial';

const LOG2E = 1.4426950408889634;
/** ln 2 in two parts, the first of 10 bits so that its products with exponents are exact. */
const LN2_HIGH = 0.693359375;
const LN2_LOW = -2.12194440054690583e-4;
/** 1.5·2^23: added to a small integer, leaves it in the low bits; with the bias of exponents, ready to be one. */
const MAGIC = 12582912;
const BIASED = MAGIC + 127;

/** (exp(r) − 1 − r)/r² for |r| ≤ 0.347: a minimax fit, which adds 2^-28 to the error of exp. */
const EXP_REST = [0.5, 0.16666533, 0.04166724, 0.008367607, 0.0013863735];

/** 2^n for integers n in [−127, 127], 0 being that of −127. */
export function power2(n: V128): V128 {
  return i32x4.shl(f32x4.add(n, f32x4.const(BIASED)), 23);
}

interface Reduced {
  readonly n: Vector;
  /** 2^n for n in [−127, 127], 0 being that of −127. */
  readonly power: Vector;
  /** exp(r) − 1. */
  readonly rest: Vector;
}

/** x + low = n·ln 2 + r. `low`, if given, is what rounding x has lost. */
export function reduceExponent(e: Emitter, x: Vector, low?: Vector): Reduced {
  const whole = low === undefined ? x : f32x4.add(x, low);
  // Rounded to an integer by the addition.
  const biased = e.keep(e.multiplyAdd(whole, f32x4.const(LOG2E), f32x4.const(BIASED)));
  const n = e.keep(f32x4.sub(biased, f32x4.const(BIASED)));
  const near = e.multiplyAdd(n, f32x4.const(-LN2_HIGH), x);
  const lost = f32x4.const(-LN2_LOW);
  const r = e.keep(low === undefined ? e.multiplyAdd(n, lost, near) : f32x4.add(near, e.multiplyAdd(n, lost, low)));
  const rest = e.keep(e.multiplyAdd(f32x4.mul(r, r), polynomial32(e, r, EXP_REST), r));
  return { n, power: e.keep(i32x4.shl(biased, 23)), rest };
}

/** exp in float32, within 1 ulp, or 1.03 where multiply-adds are fused. Where a result is denormal or infinite, it is scaled in two steps. */
export function exp32(e: Emitter, x: Vector): V128 {
  const { power, rest } = reduceExponent(e, x);
  const value = e.keep(e.multiplyAdd(rest, power, power));
  e.f.if(anyOver(f32x4.abs(x), 87), () => e.f.set(value, expAnywhere32(e, x)));
  return value;
}

/** Whether a lane is greater than `bound`; of NaN, it may be so or not. */
export const anyOver = (x: V128, bound: number): Expr<'i32'> => i32x4.bitmask(f32x4.sub(f32x4.const(bound), x));

function expAnywhere32(e: Emitter, x: Vector): V128 {
  const c = e.keep(f32x4.pmin(f32x4.pmax(x, f32x4.const(-104)), f32x4.const(89)));
  const { n, rest } = reduceExponent(e, c);
  const half = e.keep(f32x4.floor(f32x4.mul(n, f32x4.const(0.5))));
  return f32x4.mul(f32x4.mul(f32x4.add(rest, f32x4.const(1)), power2(half)), power2(f32x4.sub(n, half)));
}

/** exp of x ≤ 0, or a little more, in float32, as near as `exp32`; what would be denormal is 0. Cheaper than `exp32`. */
export function expNonPositive32(e: Emitter, x: V128): V128 {
  // From −87.7 down, n is −127, and its power 0.
  const { power, rest } = reduceExponent(e, e.keep(f32x4.pmax(x, f32x4.const(-88))));
  return e.multiplyAdd(rest, power, power);
}

/** The sign of `sign` put on `x`, which must not be negative. */
export const withSign32 = (x: V128, sign: V128): V128 => v128.or(x, v128.and(sign, f32x4.const(-0)));

/** (tanh(x)/x − 1)/x² as a polynomial in x² for |x| < 0.625, after Cephes' `tanhf`. */
const TANH_SMALL = [-3.33332819422e-1, 1.33314422036e-1, -5.37397155531e-2, 2.06390887954e-2, -5.70498872745e-3];

/** tanh in float32: a polynomial near 0, else 1 − 2/(exp(2|x|) + 1), which is 1 from 10 on. */
export function tanh32(e: Emitter, x: Vector): V128 {
  const a = e.keep(f32x4.abs(x));
  const z = e.keep(f32x4.mul(a, a));
  const small = e.multiplyAdd(f32x4.mul(a, z), polynomial32(e, z, TANH_SMALL), a);
  const { power, rest } = reduceExponent(e, e.keep(f32x4.pmin(f32x4.add(a, a), f32x4.const(20))));
  const divisor = e.multiplyAdd(rest, power, f32x4.add(power, f32x4.const(1)));
  const large = f32x4.sub(f32x4.const(1), f32x4.div(f32x4.const(2), divisor));
  return withSign32(v128.bitselect(small, large, f32x4.lt(a, f32x4.const(0.625))), x);
}

/** top/(1 + exp(−x)) in float32. Where exp(−x) may overflow, it is scaled in two steps. */
function overOnePlusExp(e: Emitter, top: V128, x: Vector): V128 {
  // Beyond 88, 1 + exp(−x) is 1.
  const c = e.keep(f32x4.pmax(f32x4.neg(x), f32x4.const(-88)));
  const { power, rest } = reduceExponent(e, c);
  // The small parts first: their sum is rounded where it hardly counts.
  const divisor = f32x4.add(power, e.multiplyAdd(rest, power, f32x4.const(1)));
  const value = e.keep(f32x4.div(top, divisor));
  e.f.if(anyOver(c, 88), () => e.f.set(value, overOnePlusExpAnywhere(e, top, x)));
  return value;
}

/** With exp(−x) = (1 + r)·2^a·2^b it is top/(2^a + (2^−b + r·2^a))·2^−b, which neither overflows nor loses digits. */
function overOnePlusExpAnywhere(e: Emitter, top: V128, x: Vector): V128 {
  const c = e.keep(f32x4.pmin(f32x4.pmax(f32x4.neg(x), f32x4.const(-110)), f32x4.const(110)));
  const { n, rest } = reduceExponent(e, c);
  const half = e.keep(f32x4.floor(f32x4.mul(n, f32x4.const(0.5))));
  const power = e.keep(power2(half));
  const inverse = e.keep(power2(f32x4.sub(half, n)));
  const divisor = f32x4.add(power, e.multiplyAdd(rest, power, inverse));
  return f32x4.mul(f32x4.div(top, divisor), inverse);
}

export function sigmoid32(e: Emitter, x: Vector): V128 {
  return overOnePlusExp(e, f32x4.const(1), x);
}

/** x·sigmoid(x); 0 from −110 on, NaN at −∞. */
export function silu32(e: Emitter, x: Vector): V128 {
  const value = overOnePlusExp(e, e.keep(f32x4.pmax(x, f32x4.const(-110))), x);
  return v128.or(value, f32x4.eq(x, f32x4.const(-Infinity)));
}

/** max(x, 0) + log(1 + exp(−|x|)) in float32. */
export function softplus32(e: Emitter, x: Vector): V128 {
  const t = e.keep(exp32(e, e.keep(f32x4.neg(f32x4.abs(x)))));
  const s = e.keep(f32x4.div(t, f32x4.add(t, f32x4.const(2))));
  const z = e.keep(f32x4.mul(s, s));
  // log(1 + t) = t − (t²/2 − s·(t²/2 + ⅔s² + ⅖s⁴ + …)), s at most ⅓.
  const series = f32x4.mul(z, polynomial32(e, z, [2 / 3, 2 / 5, 2 / 7, 2 / 9, 2 / 11, 2 / 13]));
  const half = e.keep(f32x4.mul(f32x4.mul(t, t), f32x4.const(0.5)));
  const less = e.lessProduct(s, f32x4.add(half, series), half);
  return f32x4.add(t, f32x4.sub(f32x4.pmax(x, f32x4.const(0)), less));
}

/** The natural logarithm in float32, within 1 ulp. Blocks of positive normal numbers skip what the others need. */
export function log32(e: Emitter, x: Vector): V128 {
  const value = e.keep(logNormal32(e, x, null));
  // Moved so that positive normal numbers are the smallest integers.
  const place = i32x4.add(x, i32x4.const(0x7f800000));
  const special = v128.anyTrue(i32x4.geS(place, i32x4.const(-0x01000000)));
  e.f.if(special, () => e.f.set(value, logAnywhere32(e, x)));
  return value;
}

function logAnywhere32(e: Emitter, x: Vector): V128 {
  const tiny = e.keep(f32x4.lt(x, f32x4.const(2 ** -126)));
  const normal = e.keep(v128.bitselect(f32x4.mul(x, f32x4.const(2 ** 25)), x, tiny));
  const value = logNormal32(e, normal, v128.and(tiny, f32x4.const(25)));
  const atZero = e.keep(v128.bitselect(f32x4.const(-Infinity), value, f32x4.eq(x, f32x4.const(0))));
  const atInfinity = e.keep(v128.bitselect(x, atZero, f32x4.eq(x, f32x4.const(Infinity))));
  return v128.bitselect(atInfinity, f32x4.const(NaN), f32x4.ge(x, f32x4.const(0)));
}

/** log(x/2^shift) for positive normal x = 2^k·(1 + f): the series in f/(2 + f). */
function logNormal32(e: Emitter, x: Vector, shift: V128 | null): V128 {
  const SQRT_HALF_BITS = 0x3f3504f3;
  const shifted = e.keep(i32x4.shrS(i32x4.sub(x, i32x4.const(SQRT_HALF_BITS)), 23));
  const f = e.keep(f32x4.sub(i32x4.sub(x, i32x4.shl(shifted, 23)), f32x4.const(1)));
  const exponent = f32x4.convertI32x4S(shifted);
  const k = e.keep(shift === null ? exponent : f32x4.sub(exponent, shift));
  const s = e.keep(f32x4.div(f, f32x4.add(f, f32x4.const(2))));
  const z = e.keep(f32x4.mul(s, s));
  const series = f32x4.mul(z, polynomial32(e, z, [2 / 3, 2 / 5, 2 / 7, 2 / 9]));
  const half = e.keep(f32x4.mul(f32x4.mul(f, f), f32x4.const(0.5)));
  const low = e.multiplyAdd(s, f32x4.add(half, series), f32x4.mul(k, f32x4.const(LN2_LOW)));
  return e.multiplyAdd(k, f32x4.const(LN2_HIGH), f32x4.sub(f, f32x4.sub(half, low)));
}
