import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, KompaktError, ShapeError } from '../../src/core/errors';
import { CsrMatrix } from '../../src/data/index';
import { readMatrix, readSamples } from '../../src/data/matrix';
import { countRows, takeRows } from '../../src/data/rows';

const tables = fc
  .tuple(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 6 }))
  .chain(([r, c]) =>
    fc.array(fc.array(fc.constantFrom(0, 0, 1, -2.5), { minLength: c, maxLength: c }), { minLength: r, maxLength: r }),
  );

const transposed = (rows: number[][]): number[][] => rows[0]!.map((_, c) => rows.map((row) => row[c]!));

describe('sparse matrices', () => {
  it('are the dense ones', () => {
    fc.assert(
      fc.property(tables, fc.array(fc.nat(), { maxLength: 8 }), (rows, picks) => {
        const X = CsrMatrix.fromDense(rows);
        expect(X.toArray()).toEqual(rows);
        expect(X.toCsc().toArray()).toEqual(rows);
        expect(X.transpose().toArray()).toEqual(transposed(rows));
        expect(X.toCsc().transpose().toArray()).toEqual(transposed(rows));
        expect(X.nnz).toBe(rows.flat().filter((v) => v !== 0).length);
        const index = picks.map((p) => p % rows.length);
        expect(takeRows(X, index).toArray()).toEqual(index.map((i) => rows[i]));
        expect(takeRows(X.toCsc(), index).toArray()).toEqual(index.map((i) => rows[i]));
        expect(countRows(X, 'x')).toBe(rows.length);
      }),
    );
  });

  it('come from entries in any order, those of one place added', () => {
    const X = CsrMatrix.fromTriplets([1, 0, 1, 1], [2, 1, 0, 2], [3, 4, 5, 6], [2, 3]);
    expect(X.toArray()).toEqual([
      [0, 4, 0],
      [5, 0, 9],
    ]);
    expect(X.nnz).toBe(3);
  });

  it('keep given arrays that are in order, and sort others', () => {
    const data = Float64Array.of(1, 2);
    const parts = { data, indices: Int32Array.of(0, 1), indptr: Int32Array.of(0, 2), shape: [1, 2] as const };
    expect(new CsrMatrix(parts).data).toBe(data);
    expect(new CsrMatrix({ ...parts, indices: [1, 0] }).toArray()).toEqual([[2, 1]]);
    expect(new CsrMatrix({ ...parts, indices: [1, 1] }).toArray()).toEqual([[0, 3]]);
  });

  it('keep explicit zeros and take values that are not finite only where allowed', () => {
    const X = new CsrMatrix({ data: [0, Number.NaN], indices: [0, 1], indptr: [0, 1, 2], shape: [2, 2] });
    expect(X.nnz).toBe(2);
    expect(() => readSamples(X, 'x')).toThrow(/NaN at row 1, column 1/);
    expect(readSamples(X, 'x', { allowNonFinite: true })).toBe(X);
  });

  it.each([
    ['too few starts', { data: [1], indices: [0], indptr: [0], shape: [1, 1] }],
    ['starts that do not end at the entries', { data: [1], indices: [0], indptr: [0, 2], shape: [1, 1] }],
    ['starts that fall', { data: [1, 1], indices: [0, 0], indptr: [0, 2, 1, 2], shape: [3, 1] }],
    ['a column outside', { data: [1], indices: [1], indptr: [0, 1], shape: [1, 1] }],
    ['a negative column', { data: [1], indices: [-1], indptr: [0, 1], shape: [1, 1] }],
    ['a shape of one number', { data: [], indices: [], indptr: [0], shape: [0] }],
    ['other numbers of indices and values', { data: [1], indices: [0, 0], indptr: [0, 1], shape: [1, 1] }],
  ])('refuse %s', (_, parts) => {
    expect(() => new CsrMatrix(parts as never)).toThrow(KompaktError);
  });

  it('refuse ragged rows and entries outside', () => {
    expect(() => CsrMatrix.fromDense([[1], [1, 2]])).toThrow(ShapeError);
    expect(() => CsrMatrix.fromTriplets([2], [0], [1], [2, 1])).toThrow(ConfigError);
    expect(() => CsrMatrix.fromTriplets([0], [0], [], [2, 1])).toThrow(ShapeError);
  });

  it('are refused, with advice, by what computes with dense ones', () => {
    expect(() => readMatrix(CsrMatrix.fromDense([[1]]), 'Model.fit: X')).toThrow(/Model.fit: X.*toDense/);
  });
});
