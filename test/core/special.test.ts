import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import * as special from '../../src/core/special';

const rows: Record<string, number[][]> = JSON.parse(
  readFileSync(new URL('../fixtures/core/special.json', import.meta.url), 'utf8'),
);

describe('as scipy and mpmath compute it', () => {
  it.each(Object.keys(rows))('%s', (name) => {
    const f = (special as unknown as Record<string, (...x: number[]) => number>)[name]!;
    const worst = { error: 0, at: [] as number[] };
    for (const row of rows[name]!) {
      const expected = row.at(-1)!;
      const error =
        Math.abs(f(...row.slice(0, -1)) - expected) / Math.max(Math.abs(expected), name === 'logGamma' ? 1e-2 : 1e-300);
      if (!(error <= worst.error)) Object.assign(worst, { error: Math.min(error, 1e9), at: row });
    }
    expect(worst.error, `at ${String(worst.at)}`).toBeLessThan(1e-11);
  });

  it('knows the ends', () => {
    expect([special.normalQuantile(0), special.normalQuantile(1)]).toEqual([-Infinity, Infinity]);
    expect([special.incompleteBeta(2, 3, 0), special.incompleteBeta(2, 3, 1)]).toEqual([0, 1]);
    expect([special.fSurvival(0, 2, 3), special.fSurvival(Infinity, 2, 3), special.chi2Survival(Infinity, 3)]).toEqual([
      1, 0, 0,
    ]);
    expect([special.fSurvival(Number.NaN, 2, 3), special.upperGamma(1, -1), special.incompleteBeta(1, 1, 2)]).toEqual([
      Number.NaN,
      Number.NaN,
      Number.NaN,
    ]);
  });
});
