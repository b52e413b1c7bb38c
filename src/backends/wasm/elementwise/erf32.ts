import { ERF_SMALL, LOG_ERFC, MILLS_MIDDLE, MILLS_REST, PHI_SMALL } from '../../shared/error-function';
import { f32x4, i32x4, type V128, v128 } from '../assembler/index';
import type { Emitter, Vector } from './emitter';
import { anyOver, power2, reduceExponent, withSign32 } from './math32';
import { polynomial32 } from './polynomial';

/** erf in float32: a polynomial near 0, else 1 − exp(log(erfc(|x|))). */
export function erf32(e: Emitter, x: Vector): V128 {
  const a = e.keep(f32x4.pmin(f32x4.abs(x), f32x4.const(4)));
  const square = e.keep(f32x4.mul(a, a));
  const small = e.multiplyAdd(a, polynomial32(e, square, ERF_SMALL), a);
  const { power, rest } = reduceExponent(e, e.keep(f32x4.neg(f32x4.mul(a, polynomial32(e, a, LOG_ERFC)))));
  const large = f32x4.sub(f32x4.const(1), e.multiplyAdd(rest, power, power));
  return withSign32(v128.bitselect(small, large, f32x4.lt(a, f32x4.const(0.9))), x);
}

/** The upper 12 bits of the mantissa, whose products are exact. */
const upper = (x: V128): V128 => v128.and(x, i32x4.const(-4096));

/**
 * x·Φ(x) in float32. Away from 0 it is max(x, 0) − |x|·Φ(−|x|), the latter a smooth function times exp(−x²/2) with x² in two
 * parts, so that small results keep their digits. NaN at −∞.
 */
export function gelu32(e: Emitter, x: Vector): V128 {
  const square = e.keep(f32x4.mul(x, x));
  const near = e.multiplyAdd(square, polynomial32(e, square, PHI_SMALL), f32x4.mul(x, f32x4.const(0.5)));
  // Beyond 15 the tail is 0 in float32.
  const a = e.keep(f32x4.pmin(f32x4.abs(x), f32x4.const(15)));
  const high = e.keep(upper(a));
  const low = e.keep(f32x4.mul(f32x4.sub(a, high), f32x4.mul(f32x4.add(a, high), f32x4.const(-0.5))));
  const { n, power, rest } = reduceExponent(e, e.keep(f32x4.mul(f32x4.mul(high, high), f32x4.const(-0.5))), low);
  const t = e.keep(f32x4.div(f32x4.sub(a, f32x4.const(1.5)), f32x4.add(a, f32x4.const(2.5))));
  const slope = e.keep(f32x4.mul(t, polynomial32(e, t, MILLS_REST)));
  const ratio = f32x4.add(f32x4.const(MILLS_MIDDLE), slope);
  // The small parts first: their sum is rounded where it hardly counts.
  const tail = e.keep(f32x4.add(f32x4.const(MILLS_MIDDLE), e.multiplyAdd(ratio, rest, slope)));
  const scaled = e.keep(f32x4.mul(tail, power));
  // Further out 2^n, or the result, is denormal.
  e.f.if(anyOver(a, 13), () => {
    const half = e.keep(f32x4.floor(f32x4.mul(n, f32x4.const(0.5))));
    e.f.set(scaled, f32x4.mul(f32x4.mul(tail, power2(half)), power2(f32x4.sub(n, half))));
  });
  const far = f32x4.sub(v128.bitselect(x, f32x4.const(-0), f32x4.gt(x, f32x4.const(0))), scaled);
  const value = v128.bitselect(near, far, f32x4.lt(a, f32x4.const(0.74)));
  return v128.or(value, f32x4.eq(x, f32x4.const(-Infinity)));
}
