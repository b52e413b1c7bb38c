import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ColumnTable, CsrMatrix, readCSV } from '../../src/data/index';
import { fromJSON, fromState } from '../../src/estimator/state';
import { LogisticRegression } from '../../src/linear/index';
import { FittedPipeline, Pipeline } from '../../src/model-selection/index';
import {
  ColumnTransformer,
  FittedColumnTransformer,
  FittedMinMaxScaler,
  FittedOneHotEncoder,
  FittedOrdinalEncoder,
  FittedRobustScaler,
  FittedSimpleImputer,
  FittedStandardScaler,
  FunctionTransformer,
  MinMaxScaler,
  makeColumnSelector,
  makeColumnTransformer,
  OneHotEncoder,
  OrdinalEncoder,
  RobustScaler,
  SimpleImputer,
  StandardScaler,
} from '../../src/preprocessing/index';
import { closeTo, plain } from './nested';

const shared = process.env.KOMPAKT_SHARED ?? join(import.meta.dirname, '../../../shared');
const tabular = join(shared, 'data/tabular');
const isThere = existsSync(join(tabular, 'titanic.csv.gz'));
if (!isThere)
  console.log(`Skipping tests on real tables: there is no ${tabular}. Set KOMPAKT_SHARED to a folder that has it.`);

const read = (file: string, options = {}): Promise<ColumnTable> =>
  readCSV(new Uint8Array(readFileSync(join(tabular, file))), options);

interface Golden {
  readonly shape: [number, number];
  readonly sparse: boolean;
  readonly names: string[];
  readonly sums: number[];
  readonly row: number[];
}
const golden: Record<string, Golden> = JSON.parse(
  readFileSync(new URL('../fixtures/preprocessing/real.json', import.meta.url), 'utf8'),
);

const CLASSES = [
  FittedColumnTransformer,
  FittedPipeline,
  FittedStandardScaler,
  FittedMinMaxScaler,
  FittedRobustScaler,
  FittedOneHotEncoder,
  FittedOrdinalEncoder,
  FittedSimpleImputer,
] as never[];

describe.skipIf(!isThere)('on real tables, as scikit-learn', () => {
  const check = async (name: string, columns: ColumnTransformer, table: ColumnTable, named = false) => {
    const { fitted, X } = await columns.fitTransform(table);
    const expected = golden[name]!;
    expect(X instanceof CsrMatrix).toBe(expected.sparse);
    const rows = plain(X) as number[][];
    expect([rows.length, rows[0]!.length]).toEqual(expected.shape);
    const sums = rows[0]!.map((_, c) => rows.reduce((sum, row, r) => sum + ((r % 7) + 1) * row[c]!, 0));
    closeTo(sums, expected.sums, 'sums', 1e-8);
    closeTo(rows[10]!, expected.row, 'row', 1e-9);
    if (named) expect(fitted.featureNamesOut()).toEqual(expected.names.map((n) => n.replace(/_nan$/, '_null')));
    const again = fromState(fromJSON(JSON.parse(JSON.stringify(fitted))) as never, CLASSES) as FittedColumnTransformer;
    expect(plain(again.transform(table.takeRows([10, 3])))).toEqual([rows[10], rows[3]]);
  };

  it('titanic: medians, frequent values, categories', async () => {
    const table = await read('titanic.csv.gz');
    const numbers = new Pipeline([
      ['impute', new SimpleImputer({ strategy: 'median' })],
      ['scale', new StandardScaler()],
    ]);
    const categories = new Pipeline([
      ['impute', new SimpleImputer({ strategy: 'mostFrequent' })],
      ['encode', new OneHotEncoder({ handleUnknown: 'ignore' })],
    ]);
    const parts = [
      ['num', numbers, ['Age', 'Fare']],
      ['cat', categories, ['Sex', 'Embarked']],
      ['rank', 'passthrough', ['Pclass']],
    ] as const;
    await check('titanic', new ColumnTransformer(parts as never), table);
    const y = Array.from(table.column('Survived') as Float64Array);
    const model = await new Pipeline([
      ['columns', new ColumnTransformer(parts as never)],
      ['clf', new LogisticRegression()],
    ]).fit(table as never, y);
    expect(model.score(table as never, y)).toBeGreaterThan(0.78);
  });

  it('telco: categories of two leave one out', async () => {
    const table = await read('telco-churn.csv.gz', { missing: [' ', ''] });
    const text = table.names.filter(
      (n) => !(table.column(n) instanceof Float64Array) && n !== 'customerID' && n !== 'Churn',
    );
    const numbers = new Pipeline([
      ['impute', new SimpleImputer({ addIndicator: true })],
      ['scale', new RobustScaler()],
    ]);
    const columns = new ColumnTransformer([
      ['cat', new OneHotEncoder({ drop: 'ifBinary' }), text],
      ['num', numbers as never, ['tenure', 'MonthlyCharges', 'TotalCharges']],
    ]);
    await check('telco', columns, table);
  });

  it('adult: rare categories together, missing ones', async () => {
    const table = await read('adult-train.csv.gz', {
      header: Array.from({ length: 15 }, (_, i) => `c${i}`),
      missing: ['?'],
      maxRows: 8000,
    });
    const columns = new ColumnTransformer(
      [
        ['hot', new OneHotEncoder({ minFrequency: 100, handleUnknown: 'infrequentIfExist' }), ['c1', 'c6', 'c13']],
        ['ord', new OrdinalEncoder({ encodedMissingValue: -1 }), ['c3', 'c9', 'c6']],
        ['num', new StandardScaler(), ['c0', 'c2', 'c4', 'c10', 'c11', 'c12']],
      ],
      { sparseThreshold: 0.6 },
    );
    await check('adult', columns, table, true);
  });
});

const rows = [
  ['a', 1, 10],
  ['b', 2, 20],
  ['a', 3, 60],
];
const records = rows.map(([k, x, y]) => ({ k, x, y })) as { k: string; x: number; y: number }[];
const scale = () => new MinMaxScaler();
const make = (columns: unknown, options = {}) => new ColumnTransformer([['s', scale(), columns as never]], options);
const scaled = [
  [0, 0],
  [0.5, 0.2],
  [1, 1],
];

describe('ColumnTransformer', () => {
  it.each([
    ['positions', [1, 2], rows],
    ['positions from the end', [-2, -1], rows],
    ['names', ['x', 'y'], records],
    ['a range', { start: 1 }, rows],
    ['a range from the end', { start: -2, end: 3 }, rows],
    ['a range of names', { start: 'x', end: 'y' }, records],
    ['a mask', [false, true, true], rows],
    ['a function', () => [1, 2], rows],
    ['a selector by type', makeColumnSelector({ dtypeInclude: 'number' }), rows],
    [
      'a selector by exclusion',
      makeColumnSelector({ dtypeExclude: ['text', 'boolean'] }),
      ColumnTable.fromRecords(records),
    ],
    ['a selector by name', makeColumnSelector({ pattern: /x|y/ }), records],
  ])('takes %s', async (_, columns, X) => {
    const { fitted, X: out } = await make(columns).fitTransform(X);
    expect(plain(out)).toEqual(scaled);
    expect(plain(fitted.transform(X))).toEqual(scaled);
  });

  it('keeps the form of X, and names of columns', async () => {
    expect((await make([1, 2]).fitTransform(rows)).X).toEqual(scaled);
    expect((await make(['x', 'y']).fitTransform(records)).X).toEqual(scaled);
    const table = (await make(['x', 'y']).fitTransform(ColumnTable.fromRecords(records))).X as ColumnTable;
    expect(table.names).toEqual(['s__x', 's__y']);
  });

  it('takes columns by name in any order, and others beside them', async () => {
    const fitted = await make(['x', 'y']).fit(records);
    expect(fitted.transform(records.map(({ k, x, y }) => ({ y, extra: 1, x, k })))).toEqual(scaled);
  });

  it('passes on, drops, and transforms what remains', async () => {
    const passed = make([1], { remainder: 'passthrough' });
    const numbers = rows.map((row) => row.slice(1)) as number[][];
    expect((await make([0], { remainder: 'passthrough' }).fitTransform(numbers)).X).toEqual([
      [0, 10],
      [0.5, 20],
      [1, 60],
    ]);
    expect((await make([0]).fitTransform(numbers)).X).toEqual([[0], [0.5], [1]]);
    expect((await make([0], { remainder: scale() }).fitTransform(numbers)).X).toEqual(scaled);
    await expect(passed.fit(rows)).rejects.toThrow(/Encode it/);
  });

  it('tells where features are', async () => {
    const columns = makeColumnTransformer([
      [new OneHotEncoder(), [0]],
      [scale(), [1]],
      [scale(), [2]],
    ]);
    const fitted = await columns.fit(rows);
    expect(fitted.outputIndices).toEqual({
      oneHotEncoder: [0, 2],
      'minMaxScaler-1': [2, 3],
      'minMaxScaler-2': [3, 4],
      remainder: [4, 4],
    });
    expect(fitted.featureNamesOut(['k', 'x', 'y'])).toEqual([
      'oneHotEncoder__k_a',
      'oneHotEncoder__k_b',
      'minMaxScaler-1__x',
      'minMaxScaler-2__y',
    ]);
    expect(Object.keys(fitted.namedTransformers)).toHaveLength(4);
  });

  it('is sparse where that pays', async () => {
    const X = Array.from({ length: 8 }, (_, i) => [String(i), i]);
    const make = (sparseThreshold?: number) =>
      new ColumnTransformer(
        [
          ['k', new OneHotEncoder(), [0]],
          ['x', scale(), [1]],
        ],
        { sparseThreshold },
      );
    expect((await make().fitTransform(X)).X).toBeInstanceOf(CsrMatrix);
    const dense = (await make(0).fitTransform(X)).X;
    expect(Array.isArray(dense)).toBe(true);
    expect(plain((await make().fitTransform(X)).X)).toEqual(dense);
  });

  it('divides a sparse matrix', async () => {
    const X = CsrMatrix.fromDense([
      [0, 2, 4],
      [1, 0, 0],
    ]);
    const out = await new ColumnTransformer([
      ['a', new Normalized(), [2, 0]],
      ['b', 'passthrough', [1]],
    ]).fitTransform(X);
    expect(plain(out.X)).toEqual([
      [4, 0, 2],
      [0, 1, 0],
    ]);
  });

  it('gives a single column as a list', async () => {
    const length = new FunctionTransformer({ func: (X) => (X as unknown as string[]).map((s) => [s.length]) });
    const out = await new ColumnTransformer([['len', length, 0]]).fitTransform([
      ['abc', 1],
      ['d', 2],
    ]);
    expect(out.X).toEqual([[3], [1]]);
  });

  it('changes parameters of its parts', async () => {
    const changed = make([1, 2]).withParams({ s__featureRange: [0, 10], remainder: 'drop' });
    expect(((await changed.fitTransform(rows)).X as number[][])[1]).toEqual([5, 2]);
    expect(() => make([1]).withParams({ t__x: 1 })).toThrow(/nothing is named 't'.*s, remainder/);
    expect(() => make([1], { remainder: 'drop' }).withParams({ remainder__x: 1 })).toThrow(/has no parameters/);
  });

  it.each([
    ['a column that is not there', make([7]), /no column 7 among 3/],
    ['names where there are none', make(['x']), /X has no names/],
    ['an unknown name', make(['z']), /no column is named 'z'.*k, x, y/, records],
    ['a mask of another length', make([true]), /mask of 1 booleans for 3/],
    ['what are no columns', make(null), /columns must be a position/],
    ['no parts', new ColumnTransformer([]), /give a list/],
    ['what is no part', new ColumnTransformer(['x'] as never), /each part must be/],
    [
      'a name twice',
      new ColumnTransformer([
        ['a', scale(), [1]],
        ['a', scale(), [2]],
      ]),
      /names must be distinct/,
    ],
    ['what is no transformer', new ColumnTransformer([['a', {} as never, [1]]]), /must be a transformer/],
    ['an unknown remainder', make([1], { remainder: 'keep' }), /remainder must be a transformer/],
    ['an unknown option', make([1], { njobs: 1 }), /unknown option 'njobs'/],
    ['a threshold above 1', make([1], { sparseThreshold: 2 }), /sparseThreshold must be in/],
    ['text to a scaler', make([0]), /the string 'a'/],
  ])('refuses %s', async (_, columns, message, X: unknown = rows) => {
    await expect(columns.fit(X as never)).rejects.toThrow(message);
  });

  it('refuses to keep functions, and other samples than it gets', async () => {
    const f = new FunctionTransformer({ func: () => [[1]] });
    await expect(new ColumnTransformer([['f', f, [1]]]).fit(rows)).rejects.toThrow(/gave 1 samples for 3/);
    const fitted = await new ColumnTransformer([['f', new FunctionTransformer(), [1]]]).fit(rows);
    expect(() => fitted.toState()).toThrow(/function/);
    expect(() => fitted.featureNamesOut()).toThrow(/featureNamesOut/);
  });
});

class Normalized {
  async fit() {
    return { transform: (X: CsrMatrix) => X as never };
  }
}
