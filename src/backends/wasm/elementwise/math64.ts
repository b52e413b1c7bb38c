import { f64x2, i64x2, type V128, v128 } from '../assembler/index';
import { reduceAngle } from './angle';
import type { Emitter, Vector } from './emitter';
import { inverseFactorials, polynomial64 } from './polynomial';

/**
 * Functions on pairs of doubles. `single` ones are precise enough to be exact to half a unit when rounded to float32
 * (relative error below 1e-9), and take arguments that were float32; `double` ones are within about 2 ulp of float64.
 */
export type Grade = 'single' | 'double';

const LOG2E = 1.4426950408889634;
/** ln 2 in two parts, the first short enough that k·LN2_HIGH is exact for every exponent k. */
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
/** 1.5·2^52: added to a small integer, leaves it in the low bits. */
const MAGIC = 6755399441055744;
const SIGN = 0x8000000000000000n;

/** `x` with the sign of `sign`; `x` must not be negative. */
export function withSign64(x: V128, sign: V128): V128 {
  return v128.or(x, v128.and(sign, i64x2.const(SIGN)));
}

/** 2^n for integers n in [−1022, 1023]. */
export function power2(n: V128): V128 {
  return i64x2.shl(i64x2.add(f64x2.add(n, f64x2.const(MAGIC)), i64x2.const(1023)), 52);
}

/** x·2^n in two steps, so that neither overflows before the product does. */
function scale(e: Emitter, x: V128, n: Vector): V128 {
  const half = e.keep(f64x2.floor(f64x2.mul(n, f64x2.const(0.5))));
  return f64x2.mul(f64x2.mul(x, power2(half)), power2(f64x2.sub(n, half)));
}

/** x = n·ln 2 + r with |r| ≤ ln 2 / 2, x clamped to where the result is neither 0 nor infinite. NaN stays NaN. */
export function reduceExponent(e: Emitter, x: V128, low: number, high: number): { n: Vector; r: Vector } {
  const c = e.keep(f64x2.pmin(f64x2.pmax(x, f64x2.const(low)), f64x2.const(high)));
  const n = e.keep(f64x2.nearest(f64x2.mul(c, f64x2.const(LOG2E))));
  const r = e.keep(f64x2.sub(f64x2.sub(c, f64x2.mul(n, f64x2.const(LN2_HIGH))), f64x2.mul(n, f64x2.const(LN2_LOW))));
  return { n, r };
}

export function exp64(e: Emitter, x: V128, grade: Grade): V128 {
  if (grade === 'double') {
    const { n, r } = reduceExponent(e, x, -746, 710);
    return scale(e, polynomial64(r, inverseFactorials(0, 14)), n);
  }
  const { n, r } = reduceExponent(e, x, -200, 200);
  return f64x2.mul(polynomial64(r, inverseFactorials(0, 9)), power2(n));
}

/** exp(x) − 1, accurate near 0. */
export function expm164(e: Emitter, x: V128, grade: Grade): V128 {
  const { n, r } = reduceExponent(e, x, -80, grade === 'double' ? 710 : 200);
  const terms = inverseFactorials(2, grade === 'double' ? 13 : 8);
  const rest = f64x2.add(r, f64x2.mul(f64x2.mul(r, r), polynomial64(r, terms)));
  // 2^n·(exp(r) − 1) + 2^n − 1, the power taken out last.
  const sum = e.keep(f64x2.add(rest, f64x2.sub(f64x2.const(1), power2(f64x2.neg(n)))));
  // Where n is 0 the sum is exact as it is; −0 must stay −0.
  const scaled = scale(e, sum, n);
  return v128.bitselect(x, scaled, f64x2.eq(x, f64x2.const(0)));
}

/** x = m·2^k with m in about [√½, √2), as k and f = m − 1. `x` positive and normal. */
function splitExponent(e: Emitter, x: Vector): { k: V128; f: Vector } {
  const SQRT_HALF_BITS = 0x3fe6a09e667f3bcdn;
  const shifted = e.keep(i64x2.shrS(i64x2.sub(x, i64x2.const(SQRT_HALF_BITS)), 52));
  const f = e.keep(f64x2.sub(i64x2.sub(x, i64x2.shl(shifted, 52)), f64x2.const(1)));
  const MAGIC_BITS = 0x4338000000000000n;
  const k = f64x2.sub(i64x2.add(shifted, i64x2.const(MAGIC_BITS)), f64x2.const(MAGIC));
  return { k, f };
}

/** log(1 + f) + k·ln 2 + correction for f in about [−0.3, 0.42]: s = f/(2+f), log(1+f) = 2s + ⅔s³ + ⅖s⁵ + … */
function logOfParts(e: Emitter, k: Vector, f: Vector, correction: V128, grade: Grade): V128 {
  const s = e.keep(f64x2.div(f, f64x2.add(f, f64x2.const(2))));
  const z = e.keep(f64x2.mul(s, s));
  const terms = Array.from({ length: grade === 'double' ? 11 : 6 }, (_, i) => 2 / (2 * i + 3));
  const series = f64x2.mul(z, polynomial64(z, terms));
  const half = e.keep(f64x2.mul(f64x2.mul(f, f), f64x2.const(0.5)));
  const low = f64x2.add(
    f64x2.mul(s, f64x2.add(half, series)),
    f64x2.add(f64x2.mul(k, f64x2.const(LN2_LOW)), correction),
  );
  return f64x2.add(f64x2.mul(k, f64x2.const(LN2_HIGH)), f64x2.sub(f, f64x2.sub(half, low)));
}

/** `value` where x is positive and finite; −∞ at 0, NaN below, x itself at +∞. */
function logSpecials(e: Emitter, x: Vector, value: V128): V128 {
  const v = e.keep(v128.bitselect(f64x2.const(-Infinity), value, f64x2.eq(x, f64x2.const(0))));
  const w = e.keep(v128.bitselect(x, v, f64x2.eq(x, f64x2.const(Infinity))));
  return v128.bitselect(w, f64x2.const(NaN), f64x2.ge(x, f64x2.const(0)));
}

export function log64(e: Emitter, x: Vector, grade: Grade): V128 {
  if (grade === 'single') {
    const { k, f } = splitExponent(e, x);
    return logSpecials(e, x, logOfParts(e, e.keep(k), f, f64x2.const(0), grade));
  }
  const tiny = e.keep(f64x2.lt(x, f64x2.const(2 ** -1022)));
  const normal = e.keep(v128.bitselect(f64x2.mul(x, f64x2.const(2 ** 54)), x, tiny));
  const { k, f } = splitExponent(e, normal);
  const kept = e.keep(f64x2.sub(k, v128.and(tiny, f64x2.const(54))));
  return logSpecials(e, x, logOfParts(e, kept, f, f64x2.const(0), grade));
}

/** log(1 + x), accurate near 0: what rounding 1 + x loses is added back, divided by 1 + x. */
export function log1p64(e: Emitter, x: Vector, grade: Grade): V128 {
  const u = e.keep(f64x2.add(x, f64x2.const(1)));
  const lostLarge = f64x2.sub(f64x2.const(1), f64x2.sub(u, x));
  const lostSmall = f64x2.sub(x, f64x2.sub(u, f64x2.const(1)));
  const lost = v128.bitselect(lostLarge, lostSmall, f64x2.gt(x, f64x2.const(1)));
  const inside = v128.and(f64x2.gt(u, f64x2.const(0)), f64x2.lt(u, f64x2.const(Infinity)));
  const correction = e.keep(v128.and(f64x2.div(lost, u), inside));
  const { k, f } = splitExponent(e, u);
  const value = e.keep(logSpecials(e, u, logOfParts(e, e.keep(k), f, correction, grade)));
  return v128.bitselect(x, value, f64x2.eq(x, f64x2.const(0)));
}

/** Sine and cosine of x − k·π/2 and the quadrant k (single grade). */
export function sinCos64(e: Emitter, x: Vector): { sin: Vector; cos: Vector; quadrant: Vector } {
  const { k, r } = reduceAngle(e, x);
  const z = e.keep(f64x2.mul(r, r));
  const alternating = (first: number, count: number): number[] =>
    inverseFactorials(first, 2 * count)
      .filter((_, i) => i % 2 === 0)
      .map((c, i) => (i % 2 === 0 ? c : -c));
  const sin = e.keep(f64x2.mul(r, polynomial64(z, alternating(1, 7))));
  const cos = e.keep(polynomial64(z, alternating(0, 7)));
  return { sin, cos, quadrant: e.keep(f64x2.add(k, f64x2.const(MAGIC))) };
}

/** Lanes of `a` where the quadrant is even, of `b` where it is odd. */
export function byParity(quadrant: Vector, a: V128, b: V128): V128 {
  const odd = i64x2.eq(v128.and(quadrant, i64x2.const(1)), i64x2.const(1));
  return v128.bitselect(b, a, odd);
}

/** The sign bit, set where bit 1 of `quadrant` is. */
export function quadrantSign(quadrant: V128): V128 {
  return i64x2.shl(v128.and(quadrant, i64x2.const(2)), 62);
}

/** atan of x ≥ 0 or NaN, +∞ included (single grade). Halved twice in argument, then the series to t²⁵. */
export function atanPositive64(e: Emitter, x: Vector): V128 {
  const inverted = e.keep(f64x2.gt(x, f64x2.const(1)));
  const a = e.keep(v128.bitselect(f64x2.div(f64x2.const(1), x), x, inverted));
  const upper = e.keep(f64x2.gt(a, f64x2.const(Math.SQRT2 - 1)));
  const b = f64x2.div(f64x2.sub(a, f64x2.const(1)), f64x2.add(a, f64x2.const(1)));
  const t = e.keep(v128.bitselect(b, a, upper));
  const z = e.keep(f64x2.mul(t, t));
  const terms = Array.from({ length: 13 }, (_, i) => (i % 2 === 0 ? 1 : -1) / (2 * i + 1));
  const base = v128.and(upper, f64x2.const(Math.PI / 4));
  const angle = e.keep(f64x2.add(base, f64x2.mul(t, polynomial64(z, terms))));
  return v128.bitselect(f64x2.sub(f64x2.const(Math.PI / 2), angle), angle, inverted);
}
