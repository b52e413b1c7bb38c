import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atPositions, Cells } from '../../src/trees/hist/cells';

describe('cells', () => {
  it('never put a greater value lower', () => {
    const value = fc.double({ min: -1e300, max: 1e300, noNaN: true });
    fc.assert(
      fc.property(value, value, value, value, (a, b, c, d) => {
        const [least, low, high, greatest] = [a, b, c, d].sort((p, q) => p - q) as [number, number, number, number];
        const cells = new Cells(least, greatest, 64);
        expect(cells.of(low)).toBeLessThanOrEqual(cells.of(high));
        expect(cells.of(least)).toBeGreaterThanOrEqual(0);
        expect(cells.of(greatest)).toBeLessThan(64);
      }),
    );
  });

  it.each<[string, (i: number) => number]>([
    ['uniform', (i) => Math.sin(i * 12.9898) * 43758.5453 - Math.floor(Math.sin(i * 12.9898) * 43758.5453)],
    ['skewed', (i) => Math.exp(20 * Math.sin(i))],
    ['with many ties', (i) => (i * 7919) % 300],
    ['almost all equal', (i) => (i === 17 ? 1e9 : 3)],
    ['with infinities', (i) => (i % 100 === 0 ? Number.POSITIVE_INFINITY : -i)],
  ])('find what sorting finds among values that are %s', (_, make) => {
    const values = Float64Array.from({ length: 9000 }, (_v, i) => make(i));
    const kept = values.slice();
    const positions = Int32Array.from({ length: 300 }, (_v, i) => 30 * i);
    const sorted = values.slice().sort();
    expect(atPositions(values, positions)).toEqual(Float64Array.from(positions, (p) => sorted[p]!));
    expect(values).toEqual(kept);
  });
});
