import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { entries } from '../../scripts/entries';
import { bundle, gzipBytes } from './bundle';

const budget = JSON.parse(readFileSync('test/architecture/size-budget.json', 'utf8')) as Record<string, number>;

describe('bundle size, minified and gzip-compressed', () => {
  it('has a budget for every entry', () => {
    const codes = entries.map(({ specifier }) => `export * from '${specifier}'`);
    expect(codes.filter((code) => budget[code] === undefined)).toEqual([]);
  });

  it.each(Object.entries(budget))('%s stays within %i bytes', async (code, bytes) => {
    expect(gzipBytes(await bundle(code)), 'if it is worth it: npm run size -- --write').toBeLessThanOrEqual(bytes);
  });

  it('of one metric stays under 5 KB', async () => {
    const bytes = gzipBytes(await bundle(`export { accuracyScore } from 'kompakt/metrics'`));
    expect(bytes).toBeGreaterThan(50);
    expect(bytes).toBeLessThan(5000);
  });
});
