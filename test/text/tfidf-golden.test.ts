import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CsrMatrix, digits } from '../../src/data/index';
import { TfidfTransformer } from '../../src/text/index';
import { closeTo, plain } from '../preprocessing/nested';

interface Case {
  readonly options: object;
  readonly idf: number[] | null;
  readonly rows: number[][];
}

const cases: Case[] = JSON.parse(readFileSync(new URL('../fixtures/text/tfidf.json', import.meta.url), 'utf8'));

describe('as scikit-learn', () => {
  it.each(cases)('TfidfTransformer $options', async ({ options, idf, rows }) => {
    const counts = (plain(digits().X) as number[][]).filter((_, r) => r % 60 === 0);
    const X = CsrMatrix.fromDense(counts);
    const fitted = await new TfidfTransformer(options).fit(X);
    if (idf) closeTo(plain(fitted.idf), idf, 'idf', 1e-12);
    const made = plain(fitted.transform(X)) as number[][];
    expect(made.length).toBe(counts.length);
    closeTo(
      made.filter((_, r) => r % 10 === 0),
      rows,
      'rows',
      1e-12,
    );
  });
});
