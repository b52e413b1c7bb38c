import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CsrMatrix } from '../../src/data/index';
import { fromJSON, fromState, type Restorable } from '../../src/estimator/state';
import { numpyRandom } from '../../src/ops/numpy-random';
import * as preprocessing from '../../src/preprocessing/index';
import { closeTo, type Nested, plain } from './nested';

interface Case {
  readonly name: string;
  readonly options: Record<string, unknown>;
  readonly X: string;
  readonly y?: string;
  readonly fitted: Record<string, Nested>;
  readonly out: Nested;
  readonly sparse: boolean;
  readonly then?: string;
  readonly thenOut?: Nested;
  readonly inverse?: Nested;
  readonly names?: string[];
}

const { data, cases }: { data: Record<string, unknown[][]>; cases: Case[] } = JSON.parse(
  readFileSync(new URL('../fixtures/preprocessing/golden.json', import.meta.url), 'utf8'),
);

function samples(name: string): never {
  const rows = data[name]!;
  if (name.startsWith('text')) return rows as never;
  const numbers = rows.map((row) => (Array.isArray(row) ? row.map((v) => (v === null ? Number.NaN : v)) : row));
  return (name === 'sparse' ? CsrMatrix.fromDense(numbers as number[][]) : numbers) as never;
}

interface Fitted {
  transform(X: unknown): unknown;
  inverseTransform(X: unknown): unknown;
  featureNamesOut(): string[];
  toJSON(): unknown;
}

/** scikit-learn keeps quantiles by rows. */
const transposed = (columns: Float64Array[]): Nested =>
  Array.from(columns[0]!, (_, r) => columns.map((column) => column[r]!));

const revive = (options: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(options).map(([k, v]) =>
      k === 'randomState' ? ['seed', numpyRandom(v as number)] : [k, v === 'NaN' ? Number.NaN : v],
    ),
  );

describe('as scikit-learn', () => {
  it.each(cases.map((c) => [`${c.name} ${JSON.stringify(c.options)} of ${c.X}`, c] as const))('%s', async (_, c) => {
    const Class = (preprocessing as never)[c.name] as new (
      options: object,
    ) => { fit(X: unknown, y?: unknown): Promise<Fitted> };
    const transformer = new Class(revive(c.options));
    const X = samples(c.X);
    const fitted = await transformer.fit(X, c.y === undefined ? undefined : samples(c.y));
    for (const [attribute, value] of Object.entries(c.fitted))
      closeTo(
        attribute === 'quantiles' ? transposed((fitted as never)[attribute]) : plain((fitted as never)[attribute]),
        value,
        attribute,
      );
    const out = fitted.transform(X);
    expect(out instanceof CsrMatrix).toBe(c.sparse);
    closeTo(plain(out), c.out, 'transform');
    if (c.then) closeTo(plain(fitted.transform(samples(c.then))), c.thenOut!, 'transform of others');
    if (c.inverse) closeTo(plain(fitted.inverseTransform(out)), c.inverse, 'inverseTransform');
    if (c.names)
      expect(fitted.featureNamesOut()).toEqual(
        c.names.map((name) => name.replace(/_nan$/, '_null').replace(/_(\d)\.0$/, '_$1')),
      );

    const Fitted = (preprocessing as never)[`Fitted${c.name}`] as Restorable<Fitted>;
    const again = fromState(fromJSON(JSON.parse(JSON.stringify(fitted))) as never, [Fitted]);
    expect(plain(again.transform(X))).toEqual(plain(out));
  });
});
