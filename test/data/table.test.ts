import { describe, expect, it } from 'vitest';
import { ColumnTable } from '../../src/data/index';
import { readMatrix } from '../../src/data/matrix';
import { readTable, tableLike } from '../../src/data/read-table';
import { countRows, takeRows } from '../../src/data/rows';
import { trainTestSplit } from '../../src/model-selection/index';
import { tensor } from '../../src/ops/create';

const people = () =>
  new ColumnTable({ age: [31, null, 25], town: ['Riga', undefined, 'Pau'], free: [true, false, null] });

describe('ColumnTable', () => {
  it('keeps a type per column, with the missing value that type has', () => {
    const t = people();
    expect([t.names, t.shape, t.rows]).toEqual([['age', 'town', 'free'], [3, 3], 3]);
    expect(t.column('age')).toEqual(Float64Array.of(31, Number.NaN, 25));
    expect(t.column('town')).toEqual(['Riga', null, 'Pau']);
    expect(t.column('free')).toEqual([true, false, null]);
  });

  it('picks rows and columns', () => {
    const t = people();
    expect(t.takeRows([2, 0]).records()).toEqual([
      { age: 25, town: 'Pau', free: null },
      { age: 31, town: 'Riga', free: true },
    ]);
    expect(t.select(['free', 'age']).names).toEqual(['free', 'age']);
    expect(t.drop(['town']).names).toEqual(['age', 'free']);
    expect(takeRows(t, [1]).column('town')).toEqual([null]);
    expect(countRows(t, 'test')).toBe(3);
  });

  it('is a matrix if its columns are numbers', () => {
    const t = people().drop(['town']).takeRows([0, 2]);
    expect(t.toMatrix().data).toEqual(Float64Array.of(31, 1, 25, Number.NaN));
    expect(readMatrix(people().select(['age']).takeRows([0, 2]), 'test')).toEqual({
      data: Float64Array.of(31, 25),
      rows: 2,
      cols: 1,
    });
    expect(() => readMatrix(people(), 'test')).toThrow(/column 'town' is text.*OneHotEncoder/);
  });

  it('comes from records and rows', () => {
    const records = [{ a: 1 }, { a: 2, b: 'x' }];
    expect(ColumnTable.fromRecords(records).records()).toEqual([
      { a: 1, b: null },
      { a: 2, b: 'x' },
    ]);
    expect(
      ColumnTable.fromRows(
        [
          [1, 'p'],
          [2, null],
        ],
        ['a', 'b'],
      ).column('b'),
    ).toEqual(['p', null]);
    expect(
      new ColumnTable([
        ['2', [5]],
        ['1', Int32Array.of(6)],
      ]).names,
    ).toEqual(['2', '1']);
  });

  it('is split', () => {
    const { XTrain, XTest } = trainTestSplit(people(), [0, 1, 0], { testSize: 1, shuffle: false });
    expect([XTrain.rows, XTest.column('town')]).toEqual([2, ['Pau']]);
  });

  it.each([
    ['columns of different lengths', () => new ColumnTable({ a: [1], b: [1, 2] }), /column 'b' has 2 values/],
    [
      'a name twice',
      () =>
        new ColumnTable([
          ['a', [1]],
          ['a', [2]],
        ]),
      /two columns are named 'a'/,
    ],
    ['types mixed', () => new ColumnTable({ a: [1, 'x'] }), /value 1 is the string 'x'.*number/],
    ['what is no value', () => new ColumnTable({ a: [{}] as never }), /value 0 is an object/],
    ['no array', () => new ColumnTable({ a: 5 as never }), /expected an array/],
    ['a name that is not there', () => people().column('Age'), /no column is named 'Age'.*age, town/],
    ['a name to drop that is not there', () => people().drop(['Age']), /no column is named 'Age'/],
    ['ragged rows', () => ColumnTable.fromRows([[1], [1, 2]], ['a']), /row 1 has 2 values/],
  ])('refuses %s', (_, work, message) => {
    expect(work).toThrow(message);
  });
});

describe('readTable', () => {
  const rows = [
    [1, 'a'],
    [null, 'b'],
  ] as const;

  it('reads every form alike', () => {
    const columns = [Float64Array.of(1, Number.NaN), ['a', 'b']];
    const records = rows.map(([n, s]) => ({ n, s }));
    expect(readTable(rows, 't')).toEqual({ rows: 2, columns, names: null });
    expect(readTable(records, 't')).toEqual({ rows: 2, columns, names: ['n', 's'] });
    expect(readTable(ColumnTable.fromRecords(records), 't')).toEqual({ rows: 2, columns, names: ['n', 's'] });
    expect(readTable(tensor([[1, 2]]), 't').columns).toEqual([Float64Array.of(1), Float64Array.of(2)]);
    for (const form of [rows, records])
      expect(tableLike(form, readTable(form, 't'))).toEqual(
        form.map((r) =>
          Array.isArray(r) ? r.map((v) => v ?? Number.NaN) : { ...r, n: (r as { n: number | null }).n ?? Number.NaN },
        ),
      );
  });

  it('takes named columns in the order of fit', () => {
    const names = ['s', 'n'];
    expect(readTable([{ n: 1, s: 'a' }], 't', { names }).columns).toEqual([['a'], Float64Array.of(1)]);
    expect(() => readTable([{ n: 1 }], 't', { names })).toThrow(/no record has 's'/);
    expect(() => readTable(new ColumnTable({ n: [1] }), 't', { names })).toThrow(/no column is named 's'/);
  });

  it.each([
    ['ragged rows', [[1, 'a'], ['b']], /row 1 has 1 values; every row needs 2/],
    ['a column of mixed types', [[1], ['b']], /column 0: value 1 is the string 'b'/],
    ['records after rows', [[1], { a: 1 }], /row 1 is an object/],
    ['rows after records', [{ a: 1 }, [1]], /row 1 is an array/],
    ['no rows', [], /0 samples/],
    ['other columns than in fit', [[1, 2, 3]], /has 3 columns, but there were 2/],
  ])('refuses %s', (_, X, message) => {
    expect(() => readTable(X as never, 't', { cols: 2 })).toThrow(message);
  });
});
