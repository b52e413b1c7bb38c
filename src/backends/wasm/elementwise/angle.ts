import { f64x2, type V128, v128 } from '../assembler/index';
import type { Emitter, Vector } from './emitter';

/** π/2 in three parts of 33 bits: k times the first two is exact for k < 2^20. */
const HALF_PI = [1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21] as const;
/** Up to here. */
const NEAR = 2 ** 20;

/** The first 216 bits of 2/π, 24 at a time: the product of each part with a float32 is exact in doubles. */
const TWO_OVER_PI = [0xa2f983, 0x6e4e44, 0x1529fc, 0x2757d1, 0xf534dd, 0xc0db62, 0x95993c, 0x439041, 0xfe5163] as const;

/** x = k·π/2 + r with |r| ≤ π/4 for doubles that were float32, of any size; k up to multiples of 4, and NaN if x is infinite. */
export function reduceAngle(e: Emitter, x: Vector): { k: Vector; r: Vector } {
  const k = e.keep(f64x2.nearest(f64x2.mul(x, f64x2.const(2 / Math.PI))));
  let reduced: V128 = x;
  for (const part of HALF_PI) reduced = f64x2.sub(reduced, f64x2.mul(k, f64x2.const(part)));
  const r = e.keep(reduced);
  const far = e.keep(f64x2.ge(f64x2.abs(x), f64x2.const(NEAR)));
  e.f.if(v128.anyTrue(far), () => {
    const { turns, rest } = reduceFarAngle(e, x);
    e.f.set(k, v128.bitselect(turns, k, far));
    e.f.set(r, v128.bitselect(rest, r, far));
  });
  return { k, r };
}

/**
 * After Payne and Hanek: x·2/π part by part, each without its multiples of 4 (exactly), added up in pairs of doubles.
 * Float32 numbers come no closer to multiples of π/2 than some 2^-30, so that r keeps all bits that float32 needs.
 */
function reduceFarAngle(e: Emitter, x: Vector): { turns: V128; rest: V128 } {
  const high = e.keep(f64x2.const(0));
  const low = e.keep(f64x2.const(0));
  TWO_OVER_PI.forEach((bits, i) => {
    const product = e.keep(f64x2.mul(x, f64x2.const(bits * 2 ** (-24 * (i + 1)))));
    const fours = f64x2.nearest(f64x2.mul(product, f64x2.const(0.25)));
    const part = e.keep(f64x2.sub(product, f64x2.mul(fours, f64x2.const(4))));
    const sum = e.keep(f64x2.add(high, part));
    const added = e.keep(f64x2.sub(sum, high));
    const lost = f64x2.add(f64x2.sub(high, f64x2.sub(sum, added)), f64x2.sub(part, added));
    e.f.set(low, f64x2.add(low, lost));
    e.f.set(high, sum);
  });
  const turns = e.keep(f64x2.nearest(high));
  const quarter = f64x2.add(f64x2.sub(high, turns), low);
  return { turns, rest: f64x2.mul(quarter, f64x2.const(Math.PI / 2)) };
}
