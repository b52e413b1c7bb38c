import fc from 'fast-check';
import ndarray from 'ndarray';
import { describe, expect, it } from 'vitest';
import { ConfigError, DTypeError, ShapeError } from '../../src/core/errors';
import {
  compareLabels,
  decodeLabels,
  distinctLabels,
  encodeLabels,
  type Label,
  labelsLike,
  readLabels,
  readLabelsAsync,
} from '../../src/data/labels';
import { matrixLike, readMatrix, readMatrixAsync } from '../../src/data/matrix';
import { countRows, takeRows } from '../../src/data/rows';
import { readVector, readWeights } from '../../src/data/vector';
import { tensor } from '../../src/ops/create';
import { transpose } from '../../src/ops/shape-ops';

const rows = [
  [1, 2, 3],
  [4, 5, 6],
];
const flat = Float64Array.of(1, 2, 3, 4, 5, 6);

describe('readMatrix', () => {
  const columns = Float32Array.of(1, 4, 2, 5, 3, 6);
  const forms: [string, () => Parameters<typeof readMatrix>[0]][] = [
    ['rows', () => rows],
    ['rows of typed arrays', () => rows.map((r) => Float32Array.from(r))],
    [
      'rows of booleans and numbers',
      () =>
        [
          [true, 2, 3],
          [4, 5, 6],
        ] as never,
    ],
    ['a tensor', () => tensor(flat, { shape: [2, 3] })],
    ['an int32 tensor', () => tensor(rows, { dtype: 'int32' })],
    ['a transposed view of a tensor', () => transpose(tensor(columns, { shape: [3, 2] }))],
    ['an ndarray', () => ndarray(Array.from(flat), [2, 3])],
    ['a strided ndarray', () => ndarray(columns, [3, 2]).transpose(1, 0)],
    ['flat data', () => ({ data: flat, shape: [2, 3] })],
    ['flat plain data', () => ({ data: [1, 2, 3, 4, 5, 6], shape: [2, 3] })],
  ];
  for (const [name, make] of forms) {
    it(`reads ${name}`, async () => {
      const expected = { data: flat, rows: 2, cols: 3 };
      const form = make();
      expect(readMatrix(form, 'test')).toEqual(expected);
      expect(await readMatrixAsync(form, 'test')).toEqual(expected);
    });
    it(`writes ${name}`, () => {
      const like = make();
      const written = matrixLike(like, { data: Float64Array.of(7, 8), rows: 1, cols: 2 });
      expect(readMatrix(written, 'test')).toEqual({ data: Float64Array.of(7, 8), rows: 1, cols: 2 });
      expect(Array.isArray(written)).toBe(Array.isArray(like));
      expect(Object.getPrototypeOf(written)).toBe(Object.getPrototypeOf(like));
      if ('dtype' in (like as object))
        expect((written as { dtype: string }).dtype).toBe((like as { dtype: string }).dtype);
    });
  }

  const refused: [string, unknown, new (m: string) => Error, RegExp][] = [
    ['a list', [1, 2], ShapeError, /got shape \[2\].*\[sample\]/],
    ['a typed array', flat, ShapeError, /got shape \[6\]/],
    ['three axes', tensor([[[1]]]), ShapeError, /Reshape/],
    ['deeper rows', [[[1]]], ShapeError, /row 0, column 0 is an array/],
    ['no rows', [], ShapeError, /0 samples/],
    ['no columns', [[], []], ShapeError, /2 samples with 0 features/],
    ['ragged rows', [[1], [1, 2]], ShapeError, /row 1 has 2 values and row 0 has 1/],
    ['a wrong shape', { data: flat, shape: [2, 2] }, ShapeError, /6 values do not fill shape \[2, 2\]/],
    ['NaN', [[1], [Number.NaN]], ConfigError, /NaN at row 1, column 0.*missing/],
    ['infinity', { data: [1, -Infinity], shape: [1, 2] }, ConfigError, /-Infinity at row 0, column 1/],
    ['text', [['a']], DTypeError, /the string 'a'.*Encode/],
    ['holes', [[null]], DTypeError, /null.*missing/],
    ['rows that are none', [[1], 'b'], DTypeError, /row 1 is the string 'b'/],
    ['records', { a: 1 }, ConfigError, /expected an array of rows/],
    ['nothing', undefined, ConfigError, /got undefined/],
  ];
  for (const [what, X, type, message] of refused) {
    it(`refuses ${what}`, () => {
      expect(() => readMatrix(X as never, 'Model.fit: X')).toThrow(type);
      expect(() => readMatrix(X as never, 'Model.fit: X')).toThrow(message);
      expect(() => readMatrix(X as never, 'Model.fit: X')).toThrow(/^Model\.fit: X: /);
    });
  }
  it('finds what is not finite even where a sum overflows', () => {
    expect(readMatrix([[1e308, 1e308, 1e308]], 'test').cols).toBe(3);
    expect(() => readMatrix([[1, 2]], 'test', { cols: 3 })).toThrow(/fitted with 3/);
    expect(readMatrix([[Number.NaN]], 'test', { allowNonFinite: true }).data[0]).toBeNaN();
  });
});

describe('labels', () => {
  it('sort by value, by code point, and false first', () => {
    expect(distinctLabels([10, 9, -1, 10, 0])).toEqual([-1, 0, 9, 10]);
    expect(distinctLabels(['b', 'a', 'B', '10', '9'])).toEqual(['10', '9', 'B', 'a', 'b']);
    expect(distinctLabels([true, false])).toEqual([false, true]);
    expect(distinctLabels([0, -0])).toEqual([0]);
  });
  it('sort text as code points do, beyond 16 bits too', () => {
    const byPoints = (a: string, b: string): number => {
      const [p, q] = [Array.from(a, (c) => c.codePointAt(0)!), Array.from(b, (c) => c.codePointAt(0)!)];
      for (let i = 0; i < Math.min(p.length, q.length); i++) if (p[i] !== q[i]) return p[i]! - q[i]!;
      return p.length - q.length;
    };
    const text = fc.string({
      unit: fc.constantFrom('a', 'z', 'é', '\u{ffee}', '\u{1f600}', '\u{1f601}', '\u{20000}'),
      maxLength: 4,
    });
    fc.assert(fc.property(text, text, (a, b) => Math.sign(compareLabels(a, b)) === Math.sign(byPoints(a, b))));
  });
  it('come back from their codes, in the form they came in', () => {
    const forms = [
      [3, 1, 3],
      ['b', 'a', 'b'],
      [true, false, true],
      new Uint8Array([3, 1, 3]),
      new Float32Array([3, 1, 3]),
    ];
    for (const form of forms) {
      const { codes, classes, counts } = encodeLabels(readLabels(form, 'y'));
      expect([Array.from(codes), Array.from(counts)]).toEqual([
        [1, 0, 1],
        [1, 2],
      ]);
      expect(decodeLabels(form, classes, codes)).toEqual(form);
    }
    const t = decodeLabels(tensor([3, 1], { dtype: 'int8' }), [1, 3], [0, 0, 1]);
    expect([t.dtype, t.toArraySync()]).toEqual(['int8', [1, 1, 3]]);
    const b = labelsLike(tensor([true, false]), [1, 0] as Label[]);
    expect([b.dtype, b.toArraySync()]).toEqual(['bool', [1, 0]]);
    const nd = decodeLabels(ndarray(new Int32Array([3, 1])), [1, 3], [1]);
    expect([nd.get(0), nd.shape]).toEqual([3, [1]]);
  });
  it('are read from any backend', async () => {
    expect(await readLabelsAsync(tensor([1, 2], { dtype: 'int32' }), 'y')).toEqual([1, 2]);
  });
  it('are refused when mixed or no labels', () => {
    expect(() => readLabels([1, 'a'] as never, 'y')).toThrow(/label 1 is a string, label 0 a number/);
    expect(() => readLabels([{}] as never, 'y')).toThrow(DTypeError);
    expect(() => readLabels(tensor([[1], [2]]), 'y')).toThrow(/Flatten the column/);
    expect(() => readLabels(7 as never, 'y')).toThrow(ConfigError);
  });
});

describe('rows and vectors', () => {
  it('take positions of anything', () => {
    expect(takeRows(['a', 'b', 'c'], [2, 0, 2])).toEqual(['c', 'a', 'c']);
    expect(takeRows(new Int8Array([5, 6]), [1])).toEqual(new Int8Array([6]));
    expect(takeRows(tensor([[[1, 2]], [[3, 4]]]), [1]).toArraySync()).toEqual([[[3, 4]]]);
    expect(takeRows({ data: [1, 2, 3, 4], shape: [2, 2] }, [])).toEqual({ data: [], shape: [0, 2] });
    expect(() => countRows(tensor(1), 'X')).toThrow(/scalar/);
    expect(() => countRows(5 as never, 'X')).toThrow(/the number 5/);
  });
  it('read numbers and weights', () => {
    expect(readVector([1, true as never], 'v')).toEqual(Float64Array.of(1, 1));
    expect(readVector(tensor([1, 2]), 'v')).toEqual(Float64Array.of(1, 2));
    expect(readVector(tensor([[1], [2]]), 'v')).toEqual(Float64Array.of(1, 2));
    expect(readVector([[1], [2]] as never, 'v')).toEqual(Float64Array.of(1, 2));
    expect(() => readVector(tensor([[1, 2]]), 'v')).toThrow(/one value per sample/);
    expect(readWeights(null, 2, 'w')).toBeNull();
  });
});
