import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Rng } from '../../src/core/rng';
import { CsrMatrix } from '../../src/data/index';
import { squaredDistance } from '../../src/imbalanced/distances';
import { Neighborhood } from '../../src/imbalanced/neighborhoods';

const all = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);

describe('neighbours', () => {
  it('are as near as sorting all distances says, dense or sparse, however many are equally near', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2, max: 120 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 3 }),
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        (rows, cols, spread, wanted, seed) => {
          const k = Math.min(wanted, rows - 1);
          const rng = new Rng(seed);
          const data = Float64Array.from({ length: rows * cols }, () => Math.round(rng.gaussian() * spread));
          const X = { data, rows, cols };
          const among = rng.permutation(rows).subarray(0, Math.max(k + 1, rows >> 1));
          const sparse = CsrMatrix.fromDense({ data, shape: [rows, cols] });
          for (const form of [X, sparse]) {
            const got = new Neighborhood(form, among, 'test').nearest(all(rows), k + 1, 'k');
            for (let i = 0; i < rows; i++) {
              const sorted = Array.from(among, (j) => squaredDistance(X, i, X, j)).sort((a, b) => a - b);
              const mine = got.subarray(i * (k + 1), (i + 1) * (k + 1));
              expect(Array.from(mine, (j) => squaredDistance(X, i, X, j))).toEqual(sorted.slice(0, k + 1));
              expect(new Set(mine).size).toBe(k + 1);
              expect(mine.every((j) => among.includes(j))).toBe(true);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it('leave the sample itself out, unless another lies in its place', () => {
    const X = { data: Float64Array.of(0, 1, 1, 3, 7), rows: 5, cols: 1 };
    const near = new Neighborhood(X, all(5), 'test').others(all(5), 2, 'k');
    expect(Array.from(near.subarray(0, 2)).sort()).toEqual([1, 2]);
    expect(Array.from(near.subarray(6, 8)).sort()).toEqual([1, 2]);
    expect(near[8]).toBe(3);
  });

  it('must be there', () => {
    const X = { data: Float64Array.of(0, 1), rows: 2, cols: 1 };
    expect(() => new Neighborhood(X, all(2), 'SMOTE').others(all(2), 2, 'kNeighbors')).toThrow(
      /SMOTE: kNeighbors needs 3 samples.*there are 2/,
    );
  });
});
