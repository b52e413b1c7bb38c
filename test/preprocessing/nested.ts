import { expect } from 'vitest';
import { ColumnTable, CsrMatrix } from '../../src/data/index';

/** Numbers, text and lists of them; null for NaN. */
export type Nested = number | string | boolean | null | readonly Nested[];

/** Anything a transformer gives, as nested arrays in which NaN is null. */
export function plain(x: unknown): Nested {
  if (x instanceof CsrMatrix) return plain(x.toArray());
  if (x instanceof ColumnTable) return x.records().map((record) => plain(Object.values(record)));
  if (ArrayBuffer.isView(x) || Array.isArray(x)) return Array.from(x as ArrayLike<unknown>, plain);
  if (typeof x === 'number') {
    if (Number.isNaN(x)) return null;
    return Number.isFinite(x) ? x : x > 0 ? 'inf' : '-inf';
  }
  if (typeof x === 'object' && x !== null && 'data' in x && 'shape' in x) {
    const { data, shape } = x as { data: ArrayLike<number>; shape: [number, number] };
    return Array.from({ length: shape[0] }, (_, r) =>
      plain(Array.from({ length: shape[1] }, (_v, c) => data[r * shape[1] + c])),
    );
  }
  return x as Nested;
}

/** Expects the same lists of values, numbers within `tolerance`, relatively. */
export function closeTo(found: Nested, expected: Nested, what: string, tolerance = 1e-10): void {
  if (Array.isArray(expected)) {
    expect((found as readonly Nested[]).length, what).toBe(expected.length);
    expected.forEach((v, i) => closeTo((found as readonly Nested[])[i]!, v as Nested, `${what}[${i}]`, tolerance));
  } else if (typeof expected === 'number' || typeof expected === 'boolean') {
    expect(
      Math.abs(Number(found ?? Number.NaN) - Number(expected)),
      `${what}: ${String(found)} for ${expected}`,
    ).toBeLessThanOrEqual(tolerance * (1 + Math.abs(Number(expected))));
  } else {
    expect(found, what).toBe(expected);
  }
}
