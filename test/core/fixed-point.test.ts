import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { multiplyByQuantizedMultiplier, quantizeMultiplier, roundHalfToEven } from '../../src/core/fixed-point';

/** The definition in exact integers: Jacob et al. 2018, appendix B. */
function exact(x: number, multiplier: number, shift: number): number {
  const clamp = (v: bigint): bigint => (v > 2147483647n ? 2147483647n : v < -2147483648n ? -2147483648n : v);
  const a = shift > 0 ? clamp(BigInt(x) << BigInt(shift)) : BigInt(x);
  const product = a * BigInt(multiplier);
  const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
  const high = (product + nudge) / (1n << 31n);
  if (shift >= 0) return Number(high);
  const n = BigInt(-shift);
  const magnitude = ((high < 0n ? -high : high) + (1n << (n - 1n))) >> n;
  return Number(high < 0n ? -magnitude : magnitude);
}

describe('fixed-point multiplication', () => {
  it('equals its definition in big integers, for all int32', () => {
    const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
    fc.assert(
      fc.property(
        int32,
        fc.integer({ min: 2 ** 30, max: 2 ** 31 - 1 }),
        fc.integer({ min: -31, max: 8 }),
        (x, m, s) => {
          expect(multiplyByQuantizedMultiplier(x, m, s)).toBe(exact(x, m, s));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it.each([
    [0, 1 << 30, 0],
    [-1, 1 << 30, 0],
    [1, 1 << 30, 0],
    [-3, 1 << 30, -1],
    [3, 1 << 30, -1],
    [2147483647, 2147483647, 8],
    [-2147483648, 2147483647, 0],
  ])('is exact at the edges: %i · %i, shift %i', (x, m, s) => {
    expect(multiplyByQuantizedMultiplier(x, m, s)).toBe(exact(x, m, s));
  });

  it('represents a factor to 31 bits', () => {
    fc.assert(
      fc.property(fc.double({ min: 2 ** -20, max: 2 ** 20, noNaN: true }), (real) => {
        const { multiplier, shift } = quantizeMultiplier(real);
        expect(multiplier).toBeGreaterThanOrEqual(2 ** 30);
        expect(multiplier).toBeLessThan(2 ** 31);
        expect(Math.abs((multiplier * 2 ** (shift - 31)) / real - 1)).toBeLessThan(2 ** -30);
      }),
    );
  });

  it('turns what is too small into zero and refuses what is no factor', () => {
    expect(quantizeMultiplier(0)).toEqual({ multiplier: 0, shift: 0 });
    expect(quantizeMultiplier(2 ** -40)).toEqual({ multiplier: 0, shift: 0 });
    expect(() => quantizeMultiplier(-1)).toThrow(/\[0, 2\^31\), got -1/);
    expect(() => quantizeMultiplier(Number.NaN)).toThrow(/got NaN/);
  });

  it('rounds halves to even', () => {
    expect([0.5, 1.5, 2.5, -0.5, -1.5, 2.4, 2.6].map((x) => roundHalfToEven(x) + 0)).toEqual([0, 2, 2, 0, -2, 2, 3]);
  });
});
