import { ConfigError } from './errors';

/** A positive real number as `multiplier · 2^(shift − 31)`, `multiplier` in [2^30, 2^31). */
export interface QuantizedMultiplier {
  readonly multiplier: number;
  readonly shift: number;
}

/**
 * A real factor as a 31-bit fixed-point multiplier and a power of two, so that integers can be scaled without floats:
 * real ≈ multiplier · 2^(shift − 31).
 *
 * @param real - the factor, ≥ 0 and finite.
 * @returns `multiplier` in [2^30, 2^31) (0 for factors below 2^-32) and `shift` (positive: to the left).
 * @throws ConfigError for a negative or non-finite factor, or one of 2^31 and above.
 *
 * Reference: Jacob et al. 2018, “Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only
 * Inference”, section 2.2.
 *
 * @example
 * ```ts
 * import { quantizeMultiplier } from 'kompakt/compress';
 * console.log(quantizeMultiplier(0.75)); // → { multiplier: 1610612736, shift: 0 }
 * ```
 */
export function quantizeMultiplier(real: number): QuantizedMultiplier {
  if (!(real >= 0) || real >= 2 ** 31) {
    throw new ConfigError(`quantizeMultiplier: the factor must be in [0, 2^31), got ${real}.`);
  }
  if (real === 0) return { multiplier: 0, shift: 0 };
  // Rounding up from below gives −0; adding 0 makes it 0.
  let shift = Math.max(-1074, Math.ceil(Math.log2(real))) + 0;
  let fraction = real / 2 ** shift;
  // log2 rounds: bring the fraction into [0.5, 1) exactly.
  while (fraction >= 1) {
    fraction /= 2;
    shift++;
  }
  while (fraction < 0.5) {
    fraction *= 2;
    shift--;
  }
  let multiplier = Math.round(fraction * 2 ** 31);
  if (multiplier === 2 ** 31) {
    multiplier = 2 ** 30;
    shift++;
  }
  return shift < -31 ? { multiplier: 0, shift: 0 } : { multiplier, shift };
}

/**
 * x · multiplier · 2^(shift − 31) in integers: a left shift, a doubling high multiplication rounded to nearest, then a
 * right shift rounded to nearest with halves away from zero. Every backend computes exactly this.
 *
 * @param x - an int32.
 * @returns an int32, saturated.
 *
 * Reference: Jacob et al. 2018, appendix B.
 *
 * @example
 * ```ts
 * import { multiplyByQuantizedMultiplier, quantizeMultiplier } from 'kompakt/compress';
 * const { multiplier, shift } = quantizeMultiplier(0.1);
 * console.log(multiplyByQuantizedMultiplier(1234, multiplier, shift)); // → 123
 * ```
 */
export function multiplyByQuantizedMultiplier(x: number, multiplier: number, shift: number): number {
  const shifted = shift > 0 ? saturate32(x * 2 ** shift) : x;
  const high = doublingHighMultiply(shifted, multiplier);
  return (shift < 0 ? roundingRightShift(high, -shift) : high) | 0;
}

function saturate32(x: number): number {
  return Math.min(2147483647, Math.max(-2147483648, x));
}

/** a · b / 2^31 rounded to nearest: half is added away from zero (less one unit below zero), then truncated. */
function doublingHighMultiply(a: number, b: number): number {
  if (a === -2147483648 && b === -2147483648) return 2147483647;
  // The product needs 62 bits: split b so that every part is exact in a double.
  const high = Math.floor(b / 65536);
  const low = b - high * 65536;
  const upper = a * high;
  const quotient = Math.floor(upper / 32768);
  const negative = a < 0 !== b < 0 && a !== 0 && b !== 0;
  const nudge = negative ? 1 - 2 ** 30 : 2 ** 30;
  const rest = ((upper - quotient * 32768) * 65536 + a * low + nudge) / 2 ** 31;
  return quotient + (negative ? Math.ceil(rest) : Math.floor(rest));
}

/** x / 2^n rounded to nearest, halves away from zero. */
function roundingRightShift(x: number, n: number): number {
  const scaled = Math.abs(x) / 2 ** n;
  const rounded = Math.floor(scaled + 0.5);
  return x < 0 ? -rounded : rounded;
}

/** The nearest integer, halves to even. */
export function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}
