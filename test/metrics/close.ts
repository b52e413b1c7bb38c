import { readFileSync } from 'node:fs';
import { expect } from 'vitest';

/** JSON has no NaN and no Infinity; the generators write their names. */
export function readGolden<T>(name: string): T {
  const revive = (_key: string, v: unknown): unknown =>
    v === 'NaN' ? Number.NaN : v === 'Infinity' ? Number.POSITIVE_INFINITY : v;
  return JSON.parse(readFileSync(new URL(`../fixtures/metrics/${name}.json`, import.meta.url), 'utf8'), revive) as T;
}

/** Equal up to rounding, at any depth. */
export function expectClose(got: unknown, expected: unknown): void {
  if (typeof expected === 'number') {
    if (!Number.isFinite(expected)) expect(got).toBe(expected);
    else expect(Math.abs((got as number) - expected)).toBeLessThan(1e-12 * (1 + Math.abs(expected)));
    return;
  }
  const list = Array.from(expected as ArrayLike<unknown>);
  expect((got as ArrayLike<unknown>).length).toBe(list.length);
  list.forEach((v, i) => {
    expectClose((got as ArrayLike<unknown>)[i], v);
  });
}
