import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { breastCancer, wine } from '../../src/data/index';

export interface Case {
  readonly name: string;
  readonly data: 'wine' | 'breastCancer';
  readonly estimator: 'GaussianNB' | 'LogisticRegression';
  readonly seed: number;
  readonly algorithm?: 'SAMME' | 'SAMME.R';
  readonly proba?: number[][];
  readonly errors?: number[];
  readonly weights?: number[];
  readonly indices?: number[];
}

export interface ForestCase {
  readonly data: 'wine' | 'breastCancer';
  readonly options: object;
  readonly weighted: boolean;
  /** Nodes of each tree, samples of all its nodes, and its thresholds' sum. */
  readonly sizes: number[];
  readonly samples: number[];
  readonly sums: number[];
  readonly oob: number | null;
  readonly importances: number[];
  readonly proba: number[][];
}

export interface BagCase {
  readonly data: 'wine' | 'breastCancer';
  readonly options: object;
  readonly sampler: 'RandomOverSampler' | 'SMOTE' | 'TomekLinks' | null;
  readonly estimator: 'GaussianNB' | null;
  readonly oob: number | null;
  /** Nodes of each tree; null where members are no trees. */
  readonly sizes: number[] | null;
  /** Features of the first two members. */
  readonly features: number[][];
  readonly proba: number[][];
}

export interface RoundsCase {
  readonly data: 'wine' | 'breastCancer';
  readonly algorithm: 'SAMME' | 'SAMME.R';
  readonly importances: number[];
  readonly proba: number[][];
}

export const { parts, cases, forests, bags, rounds } = JSON.parse(
  readFileSync(new URL('../fixtures/imbalanced/ensembles.json', import.meta.url), 'utf8'),
) as {
  readonly parts: Record<string, Record<string, number>>;
  readonly cases: readonly Case[];
  readonly forests: readonly ForestCase[];
  readonly bags: readonly BagCase[];
  readonly rounds: readonly RoundsCase[];
};

/** The first samples of each class, as many as the fixture says, scaled to variance 1. */
export function part(name: 'wine' | 'breastCancer'): { X: number[][]; y: number[] } {
  const { X, y } = (name === 'wine' ? wine : breastCancer)();
  const left = { ...parts[name] };
  const cols = X.shape[1];
  const kept = Array.from(y).flatMap((label, i) => ((left[label] ?? 0) > 0 && left[label]!-- ? [i] : []));
  const rows = kept.map((i) => Array.from(X.data.subarray(i * cols, (i + 1) * cols)));
  for (let f = 0; f < cols; f++) {
    const mean = rows.reduce((s, r) => s + r[f]!, 0) / rows.length;
    const deviation = Math.sqrt(rows.reduce((s, r) => s + (r[f]! - mean) ** 2, 0) / rows.length);
    for (const row of rows) row[f] = (row[f]! - mean) / deviation;
  }
  return { X: rows, y: kept.map((i) => y[i]!) };
}

export function expectNear(got: ArrayLike<number>, expected: readonly number[], tolerance = 1e-5): void {
  expect(got.length).toBe(expected.length);
  expected.forEach((v, i) => {
    expect(Math.abs(got[i]! - v)).toBeLessThan(tolerance);
  });
}
