import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseCSV } from '../../src/data/index';
import * as imbalanced from '../../src/imbalanced/index';
import { numpyRandom } from '../../src/ops/numpy-random';

const shared = join(process.env.KOMPAKT_SHARED ?? join(import.meta.dirname, '../../../shared'), 'data/tabular');
const isThere = existsSync(join(shared, 'titanic.csv.gz'));
if (!isThere)
  console.log(`Skipping the larger sets: there is no ${shared}. Set KOMPAKT_SHARED to a folder that has it.`);

interface Case {
  readonly data: string;
  readonly name: string;
  readonly count: number;
  readonly positives: number;
  readonly indices?: string;
  readonly sums: readonly number[];
}
const golden = JSON.parse(readFileSync(new URL('../fixtures/imbalanced/shared.json', import.meta.url), 'utf8')) as {
  readonly cases: readonly Case[];
  readonly titanic: { readonly digest: string; readonly head: string[]; readonly count: number };
};

const text = (name: string): string => gunzipSync(readFileSync(join(shared, `${name}.csv.gz`))).toString();
const digest = (list: ArrayLike<number | string>): string =>
  createHash('sha256').update(Array.from(list).join(',')).digest('hex');

function read(name: string): { X: { data: Float64Array; shape: [number, number] }; y: number[] } {
  const rows = text(name)
    .replaceAll("'", '')
    .trim()
    .split('\n')
    .map((line) => line.split(',').map(Number));
  const cols = rows[0]!.length - 1;
  return {
    X: { data: Float64Array.from(rows.flatMap((r) => r.slice(0, -1))), shape: [rows.length, cols] },
    y: rows.map((r) => Number(r.at(-1) === 1)),
  };
}

describe.skipIf(!isThere)('larger sets with many ties and duplicates, against imbalanced-learn', () => {
  const sets = new Map<string, ReturnType<typeof read>>();
  for (const c of golden.cases) {
    it(`${c.name} ${c.data}`, async () => {
      const { X, y } = sets.get(c.data) ?? sets.set(c.data, read(c.data)).get(c.data)!;
      const seeded = /SMOTE|ADASYN|OneSided/.test(c.name);
      const Sampler = (imbalanced as unknown as Record<string, new (o: object) => imbalanced.TomekLinks>)[c.name]!;
      const options = { ...(seeded && { seed: numpyRandom(0) }), ...(c.name === 'NearMiss' && { version: 3 }) };
      const got = await new Sampler(options).fitResample(X, y);
      expect([got.y.length, got.y.filter((v) => v === 1).length]).toEqual([c.count, c.positives]);
      if (c.indices !== undefined) expect(digest(got.indices!)).toBe(c.indices);
      const [rows, cols] = got.X.shape as [number, number];
      const sums = new Float64Array(cols);
      for (let i = 0; i < rows; i++) for (let f = 0; f < cols; f++) sums[f]! += (i + 1) * got.X.data[i * cols + f]!;
      c.sums.forEach((v, f) => {
        expect(Math.abs(sums[f]! - v)).toBeLessThan(1e-9 * Math.max(1, Math.abs(v)));
      });
    });
  }

  it('SMOTEN titanic', async () => {
    const table = await parseCSV(text('titanic'));
    const people = table.records().map((r) => ({
      Pclass: String(r.Pclass),
      Sex: r.Sex!,
      SibSp: String(r.SibSp),
      Embarked: r.Embarked ?? '',
    }));
    const y = Array.from(table.column('Survived') as Float64Array);
    const { X } = await new imbalanced.SMOTEN({ seed: numpyRandom(0) }).fitResample(people, y);
    const added = X.slice(people.length).map((r) => Object.values(r).join('/'));
    expect(added.slice(0, 5)).toEqual(golden.titanic.head);
    expect(added.length).toBe(golden.titanic.count);
    expect(digest(added)).toBe(golden.titanic.digest);
  });

  it('SMOTENC titanic, columns as they come', async () => {
    const table = (await parseCSV(text('titanic'))).select(['Survived', 'Pclass', 'Sex', 'Fare', 'Embarked', 'SibSp']);
    const y = Array.from(table.column('Survived') as Float64Array);
    const X = table.drop(['Survived']);
    const sampler = new imbalanced.SMOTENC({ categoricalFeatures: ['Pclass', 'Sex', 'Embarked'], seed: 1 });
    const got = await sampler.fitResample(X, y);
    expect(got.X.shape).toEqual([2 * 549, 5]);
    expect(got.X.takeRows(X.column('Fare').map((_, i) => i) as ArrayLike<number>).records()).toEqual(X.records());
    expect(new Set(got.X.column('Pclass') as Float64Array)).toEqual(new Set([1, 2, 3]));
    expect(new Set(got.X.column('Embarked') as string[])).toEqual(new Set(['S', 'C', 'Q', null]));
  });
});
