import { f64x2, type V128 } from '../assembler/index';
import type { Emitter, Vector } from '../elementwise/emitter';
import { power2, reduceExponent } from '../elementwise/math64';
import { inverseFactorials } from '../elementwise/polynomial';

// Logistic losses ask for exp and log1p of half their arguments only, which takes half as much, and the time of a pass over few
// columns is theirs. Both are within 2 ulp.

/** Below this, exp is a number too small to be told apart from 0 in any sum. */
const LEAST = -708;

/** Σ cᵢ xⁱ, even and odd powers apart: half as long to wait for as Horner's rule. */
function polynomial(e: Emitter, x: Vector, coefficients: readonly number[]): V128 {
  const square = e.keep(f64x2.mul(x, x));
  const [even, odd] = [0, 1].map((first) => {
    const own = coefficients.filter((_, i) => i % 2 === first);
    return own.reduceRight(
      (sum: V128 | null, c) => (sum === null ? f64x2.const(c) : f64x2.add(f64x2.mul(sum, square), f64x2.const(c))),
      null,
    )!;
  }) as [V128, V128];
  return f64x2.add(even, f64x2.mul(odd, x));
}

/** exp(x) for x ≤ 0, −∞ included; what is below e^−708 is that. */
export function expOfNegative(e: Emitter, x: V128): V128 {
  const { n, r } = reduceExponent(e, x, LEAST, 0);
  return f64x2.mul(polynomial(e, r, inverseFactorials(0, 14)), power2(n));
}

/** (atanh(√z)/√z − 1)/z on [0, 1/9], interpolated at Chebyshev points: off by 5e-18 of what it is part of. */
const ATANH = [
  0.3333333333333333, 0.20000000000007292, 0.1428571428355438, 0.11111111358713932, 0.09090894718066429,
  0.07692785032479312, 0.06657072104827468, 0.06000536404795356, 0.04400369243072337, 0.08082022805971767,
];

/** ln(1 + x) for x in [0, 1]: 2·atanh(x/(2 + x)). */
export function log1pOfUnit(e: Emitter, x: Vector): V128 {
  const s = e.keep(f64x2.div(x, f64x2.add(x, f64x2.const(2))));
  const z = e.keep(f64x2.mul(s, s));
  const twice = e.keep(f64x2.add(s, s));
  return f64x2.add(twice, f64x2.mul(f64x2.mul(twice, z), polynomial(e, z, ATANH)));
}
