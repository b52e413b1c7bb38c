import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countToPrune, keepHighest, maskLowest, maskNofM, maskPerOutput, parseNofM } from '../../src/compress/masks';

const zeros = (mask: ArrayLike<number>): number => Array.from(mask).filter((m) => m === 0).length;

describe('masks', () => {
  it('count to prune rounds halves to even', () => {
    expect([0.5, 0.25, 0.75, 1, 0].map((s) => countToPrune(10, s))).toEqual([5, 2, 8, 10, 0]);
  });

  it('removes exactly the lowest scores, ties by position', () => {
    expect(Array.from(maskLowest([[3, 1, 1, 1, 2]], 2)[0]!)).toEqual([1, 0, 0, 1, 1]);
    expect(
      maskLowest(
        [
          [5, 1],
          [2, 7, 0],
        ],
        3,
      ).map((m) => Array.from(m)),
    ).toEqual([
      [1, 0],
      [0, 1, 0],
    ]);
  });

  it('removes the count asked for, and nothing scored above what is kept', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1 }), fc.nat(), (scores, n) => {
        const count = n % (scores.length + 1);
        const mask = maskLowest([scores], count)[0]!;
        expect(zeros(mask)).toBe(count);
        const removed = scores.filter((_, i) => mask[i] === 0);
        const kept = scores.filter((_, i) => mask[i] === 1);
        expect(Math.max(-1, ...removed)).toBeLessThanOrEqual(Math.min(6, ...kept));
        expect(keepHighest(scores, count).length).toBe(scores.length - count);
      }),
    );
  });

  it('keeps n of every m inputs, for each output', () => {
    const scores = [4, 1, 3, 2, 1, 8, 2, 7];
    // kernel [4, 2]: columns are (4, 3, 1, 2) and (1, 2, 8, 7)
    expect(Array.from(maskNofM(scores, [4, 2], { keep: 2, of: 4 }))).toEqual([1, 0, 1, 0, 0, 1, 0, 1]);
    expect(Array.from(maskNofM([1, 2, 3, 4, 5, 6], [6, 1], { keep: 2, of: 4 }))).toEqual([0, 0, 1, 1, 1, 1]);
  });

  it('reads n:m and refuses what is not', () => {
    expect(parseNofM('2:4')).toEqual({ keep: 2, of: 4 });
    for (const bad of ['4:4', '0:4', 'filter', '2:4:8']) expect(() => parseNofM(bad)).toThrow(/'n:m'/);
  });
});

describe('a mask per output', () => {
  it('removes the lowest scores of each output, however they compare with those of others', () => {
    // Kernel [4, 2]: the second output's scores are all above the first's.
    const mask = maskPerOutput([1, 50, 2, 10, 3, 20, 4, 40], 2, 0.5);
    expect([...mask]).toEqual([0, 1, 0, 0, 1, 0, 1, 1]);
  });
});
