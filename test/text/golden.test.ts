import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { CsrMatrix } from '../../src/data/index';
import { fromJSON, fromState, type Restorable } from '../../src/estimator/state';
import * as text from '../../src/text/index';
import { murmurHash } from '../../src/text/murmur-hash';

type Entry = [row: number, column: number, value: number];
interface Case {
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly X: Entry[];
  readonly new: Entry[];
  readonly shape: [number, number];
  readonly names?: string[];
  readonly idf?: number[];
}
interface Vectorizer {
  fitTransform(texts: readonly string[]): Promise<{
    fitted: { transform(texts: readonly string[]): CsrMatrix; featureNames?: string[]; idf?: Float64Array };
    X: CsrMatrix;
  }>;
}

const load = (name: string) => JSON.parse(readFileSync(new URL(`../fixtures/text/${name}`, import.meta.url), 'utf8'));
const golden = load('golden.json');
const make = ({ name, options }: { name: string; options: Record<string, unknown> }): Vectorizer =>
  new (text as never as Record<string, new (o: object) => Vectorizer>)[name]!(options);

function entries(X: CsrMatrix): Entry[] {
  const out: Entry[] = [];
  for (let r = 0; r < X.shape[0]; r++)
    for (let e = X.indptr[r]!; e < X.indptr[r + 1]!; e++) out.push([r, X.indices[e]!, X.data[e]!]);
  return out;
}

function expectEntries(X: CsrMatrix, expected: readonly Entry[]): void {
  const found = entries(X);
  expect(found.map(([r, c]) => [r, c])).toEqual(expected.map(([r, c]) => [r, c]));
  found.forEach(([, , v], i) => expect(v).toBeCloseTo(expected[i]![2], 11));
}

describe('as scikit-learn', () => {
  it.each((golden.cases as Case[]).map((c) => [`${c.name} ${JSON.stringify(c.options)}`, c] as const))(
    '%s',
    async (_, c) => {
      const { fitted, X } = await make(c).fitTransform(golden.texts);
      if (c.names) expect(fitted.featureNames).toEqual(c.names);
      expect(X.shape).toEqual(c.shape);
      expectEntries(X, c.X);
      expectEntries(fitted.transform(golden.new), c.new);
      expectEntries(fitted.transform(golden.texts), c.X);
      c.idf?.forEach((v, i) => expect(fitted.idf![i]).toBeCloseTo(v, 11));
      const Fitted = (text as never as Record<string, Restorable<typeof fitted>>)[`Fitted${c.name}`]!;
      const again = fromState(fromJSON(JSON.parse(JSON.stringify(fitted))) as never, [Fitted]);
      expect(entries(again.transform(golden.texts))).toEqual(entries(X));
    },
  );

  it('hashes', () => {
    for (const [word, plain, seeded] of golden.murmur)
      expect([murmurHash(word), murmurHash(word, 42)]).toEqual([plain, seeded]);
  });

  it('DictVectorizer and FeatureHasher', async () => {
    const { fitted, X } = await new text.DictVectorizer().fitTransform(golden.records);
    expect(fitted.featureNames).toEqual(golden.dictNames);
    expectEntries(X as CsrMatrix, golden.dicts);
    const records = golden.records.map(({ c: _, ...rest }: Record<string, unknown>) => rest);
    expectEntries((await new text.FeatureHasher({ nFeatures: 20 }).fitTransform(records)).X, golden.hashed);
    const strings = new text.FeatureHasher({ nFeatures: 20, inputType: 'string', alternateSign: false });
    expectEntries((await strings.fitTransform([['a', 'b', 'a'], ['c']])).X, golden.hashedStrings);
    const pairs = new text.FeatureHasher({ nFeatures: 20, inputType: 'pair' });
    expectEntries((await pairs.fitTransform(records.map((r: object) => Object.entries(r)))).X, golden.hashed);
  });
});

const shared = process.env.KOMPAKT_SHARED ?? join(import.meta.dirname, '../../../shared');
const file = join(shared, 'data/text/sms.tsv.gz');
const isThere = existsSync(file);
if (!isThere)
  console.log(`Skipping tests on text messages: there is no ${file}. Set KOMPAKT_SHARED to a folder that has it.`);

describe.skipIf(!isThere)('on 5,574 text messages', () => {
  const lines = isThere ? gunzipSync(readFileSync(file)).toString().trim().split('\n') : [];
  const texts = lines.map((line) => line.slice(line.indexOf('\t') + 1));
  interface Sums {
    readonly name: string;
    readonly options: Record<string, unknown>;
    readonly shape: [number, number];
    readonly nnz: number;
    readonly sum: number;
    readonly abs: number;
  }

  it.each((load('sms.json') as Sums[]).map((c) => [`${c.name} ${JSON.stringify(c.options)}`, c] as const))(
    '%s',
    async (_, c) => {
      const { X } = await make(c).fitTransform(texts);
      expect([X.shape, X.nnz]).toEqual([c.shape, c.nnz]);
      const sum = entries(X).reduce((s, [r, col, v]) => s + ((r % 11) + 1) * ((col % 13) + 1) * v, 0);
      expect(Math.abs(sum / c.sum - 1)).toBeLessThan(1e-10);
      expect(Math.abs(X.data.reduce((s, v) => s + Math.abs(v), 0) / c.abs - 1)).toBeLessThan(1e-10);
    },
  );
});
