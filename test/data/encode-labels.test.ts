import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { codesOf, distinctLabels, encodeLabels, readLabels } from '../../src/data/labels';

describe('encodeLabels', () => {
  it('numbers labels in their order, near or far apart', () => {
    const labels = fc.oneof(
      fc.array(fc.integer({ min: -9, max: 9 })),
      fc.array(fc.integer({ min: 40_000, max: 90_000 })),
      fc.array(fc.integer()),
      fc.array(fc.constantFrom(0, -0, 1)),
      fc.array(fc.constantFrom(-1.5, 0, 2)),
      fc.array(fc.constantFrom('b', 'a')),
    );
    fc.assert(
      fc.property(labels as fc.Arbitrary<(number | string)[]>, (y) => {
        const { codes, classes, counts } = encodeLabels(y);
        expect(classes).toEqual(distinctLabels(y));
        expect(codes).toEqual(codesOf(y, classes));
        expect(Array.from(counts)).toEqual(classes.map((_, c) => codes.filter((code) => code === c).length));
      }),
    );
  });

  it('reads integers of any type without looking at each', () => {
    for (const Typed of [Int8Array, Uint8Array, Int32Array])
      expect(readLabels(Typed.of(3, 1, 3), 'y')).toEqual([3, 1, 3]);
    expect(() => readLabels(Float32Array.of(1, Number.NaN), 'y')).toThrow('label 1 is NaN');
  });
});
