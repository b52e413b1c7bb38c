import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import {
  Table as ArrowTable,
  Int64,
  makeVector,
  tableFromArrays,
  tableFromIPC,
  tableToIPC,
  vectorFromArray,
} from 'apache-arrow';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConfigError, DTypeError, FormatError } from '../../src/core/errors';
import { ColumnTable, fromArrow, parseCSV, readCSV } from '../../src/data/index';
import { trainTestSplit } from '../../src/model-selection/index';

interface GoldenColumn {
  readonly name: string;
  readonly missing: number;
  readonly sum: number | null;
  readonly distinct: number | null;
}
type Golden = Record<string, { readonly rows: number; readonly header: boolean; readonly columns: GoldenColumn[] }>;

const golden = JSON.parse(readFileSync(new URL('../fixtures/data/tables.json', import.meta.url), 'utf8')) as Golden;
const folder = join(process.env.KOMPAKT_SHARED ?? join(import.meta.dirname, '../../../shared'), 'data/tabular');
const isThere = existsSync(folder);
if (!isThere) console.log(`Skipping real tables: there is no ${folder}. Set KOMPAKT_SHARED to a folder that has it.`);

describe.skipIf(!isThere)('real files', () => {
  it.each(Object.entries(golden))('%s is read as pandas reads it', async (name, { rows, header, columns }) => {
    const table = await readCSV(join(folder, `${name}.csv.gz`), { header });
    expect(table.shape).toEqual([rows, columns.length]);
    columns.forEach(({ name: title, missing, sum, distinct }, c) => {
      const found = table.names[c]!;
      if (header) expect(found).toBe(title);
      const column = table.column(found);
      expect([found, column instanceof Float64Array]).toEqual([found, sum !== null]);
      if (column instanceof Float64Array) {
        expect(column.filter(Number.isNaN).length).toBe(missing);
        const total = column.reduce((a, v) => (Number.isNaN(v) ? a : a + v), 0);
        expect(Math.abs(total - sum!)).toBeLessThan(1e-9 * (1 + Math.abs(sum!)));
      } else {
        const present = (column as readonly unknown[]).filter((v) => v !== null);
        expect(column.length - present.length).toBe(missing);
        expect(new Set(present).size).toBe(distinct);
      }
    });
  });
});

describe('CSV', () => {
  it('finds types out, and takes those that are given', async () => {
    const text = 'zip,when,ok,n\n00123,today, TRUE ,-1.5e3\n00456,NA,false,\n';
    const table = await parseCSV(text, { types: { zip: 'string' } });
    expect(table.records()).toEqual([
      { zip: '00123', when: 'today', ok: true, n: -1500 },
      { zip: '00456', when: null, ok: false, n: Number.NaN },
    ]);
    expect((await parseCSV(text)).column('zip')).toEqual(Float64Array.of(123, 456));
  });

  it('takes quotes, line breaks within them, other separators and line ends, and a byte order mark', async () => {
    const table = await parseCSV('\uFEFFa;b\r\n"x ""y""\nz";2\r\n"";3\r\n');
    expect(table.records()).toEqual([
      { a: 'x "y"\nz', b: 2 },
      { a: null, b: 3 },
    ]);
  });

  it('leaves out what it is told to', async () => {
    const text = '# made by hand\nx,y,z\n1,2,3\n# a remark\n4,5,6\n7,8,9\n';
    const table = await parseCSV(text, { comment: '#', maxRows: 2, columns: ['z', 'x'] });
    expect(table.names).toEqual(['z', 'x']);
    expect(table.toMatrix().data).toEqual(Float64Array.of(3, 1, 6, 4));
    const skipped = await parseCSV('junk\n1,2\n', { skipRows: 1, header: ['a', 'b'] });
    expect(skipped.records()).toEqual([{ a: 1, b: 2 }]);
    expect((await parseCSV('1,2\n', { header: false })).names).toEqual(['column0', 'column1']);
  });

  it('knows infinity, and which texts are missing', async () => {
    const table = await parseCSV('x,y\ninf,?\n-Infinity,b\n', { missing: ['?'] });
    expect(table.column('x')).toEqual(Float64Array.of(Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY));
    expect(table.column('y')).toEqual([null, 'b']);
    expect((await parseCSV('y\nNA\n', { missing: [] })).column('y')).toEqual(['NA']);
  });

  it('gives back what was written', async () => {
    const cell = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer());
    const text = fc
      .string()
      .filter((s) => s.trim() !== '' && s === s.trim() && !/^[\d.+-]|inf|na|null|none|true|false/i.test(s));
    const quote = (s: string): string => `"${s.replaceAll('"', '""')}"`;
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, text), { minLength: 1, maxLength: 5 }), async (rows) => {
        const csv = `n,s\n${rows.map(([n, s]) => `${n},${quote(s)}`).join('\n')}\n`;
        const table = await parseCSV(csv, { delimiter: ',', types: { s: 'string' }, missing: [] });
        expect(Array.from(table.column('n') as Float64Array, (v) => v + 0)).toEqual(rows.map(([n]) => n + 0));
        expect(table.column('s')).toEqual(rows.map(([, s]) => s));
      }),
      { numRuns: 50 },
    );
  });

  it('reads files, gzipped or not, and other encodings', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'kompakt-csv-'));
    try {
      writeFileSync(join(directory, 'a.csv'), 'x\n1\n');
      writeFileSync(join(directory, 'b.csv.gz'), gzipSync('x\n2\n'));
      expect((await readCSV(join(directory, 'a.csv'))).column('x')).toEqual(Float64Array.of(1));
      expect((await readCSV(join(directory, 'b.csv.gz'))).column('x')).toEqual(Float64Array.of(2));
      const latin = Uint8Array.of(120, 10, 0xe9, 10);
      expect((await readCSV(latin, { encoding: 'windows-1252' })).column('x')).toEqual(['é']);
      await expect(readCSV(latin)).rejects.toThrow(/windows-1252/);
      await expect(readCSV(gzipSync('x\n2\n').subarray(0, 15))).rejects.toThrow(FormatError);
      await expect(readCSV(join(directory, 'none.csv'))).rejects.toThrow(ConfigError);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it.each<[string, string, object, new (m: string) => Error]>([
    ['a row that is too short', 'a,b\n1\n', {}, FormatError],
    ['a row that is too long', 'a,b\n1,2,3\n', {}, FormatError],
    ['quotes that do not end', 'a,b\n"1,2\n', {}, FormatError],
    ['two columns of one name', 'a,a\n1,2\n', {}, FormatError],
    ['nothing', '', {}, FormatError],
    ['a number that is none', 'a\nx\n', { types: { a: 'number' } }, FormatError],
    ['a column that is not there', 'a\n1\n', { columns: ['b'] }, ConfigError],
    ['a type of no column', 'a\n1\n', { types: { b: 'string' } }, ConfigError],
    ['a type that is none', 'a\n1\n', { types: { a: 'date' } }, ConfigError],
    ['a negative number of rows', 'a\n1\n', { maxRows: -1 }, ConfigError],
    ['an unknown option', 'a\n1\n', { sep: ';' }, ConfigError],
  ])('refuses %s', async (_, text, options, type) => {
    await expect(parseCSV(text, options)).rejects.toThrow(type);
  });

  it('goes through a split as a table', async () => {
    const table = await parseCSV('x,s\n1,a\n2,b\n3,c\n4,d\n');
    const { XTrain, XTest } = trainTestSplit(table, [0, 1, 0, 1], { testSize: 0.5, seed: 1 });
    expect(XTrain).toBeInstanceOf(ColumnTable);
    const all = [...XTrain.records(), ...XTest.records()].sort((a, b) => Number(a.x) - Number(b.x));
    expect(all).toEqual(table.records());
  });
});

describe('Arrow tables', () => {
  it('become typed columns, through a file, too', () => {
    const made = tableFromArrays({ x: Float64Array.of(1.5, -2), n: Int32Array.of(3, 4), s: ['a', 'b'] });
    const table = fromArrow(tableFromIPC(tableToIPC(made)));
    expect(table.names).toEqual(['x', 'n', 's']);
    expect(table.records()).toEqual([
      { x: 1.5, n: 3, s: 'a' },
      { x: -2, n: 4, s: 'b' },
    ]);
  });

  it('keep missing values, booleans and 64-bit integers', () => {
    const table = fromArrow(
      new ArrowTable({
        b: vectorFromArray([true, null, false]),
        x: vectorFromArray([1, null, 3]),
        big: makeVector(BigInt64Array.of(1n, 2n ** 40n, -3n)) as never,
      }),
    );
    expect(table.column('b')).toEqual([true, null, false]);
    expect(table.column('x')).toEqual(Float64Array.of(1, Number.NaN, 3));
    expect(table.column('big')).toEqual(Float64Array.of(1, 2 ** 40, -3));
  });

  it('refuse what no table holds', () => {
    expect(() => fromArrow(new ArrowTable({ v: vectorFromArray([[1, 2]]) }))).toThrow(DTypeError);
    const huge = new ArrowTable({ v: vectorFromArray([2n ** 60n], new Int64()) });
    expect(() => fromArrow(huge)).toThrow(/too large/);
    expect(() => fromArrow({} as never)).toThrow(ConfigError);
  });
});
