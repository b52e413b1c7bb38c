import { breastCancer, type Dataset, digits, iris, wine } from '../../src/data/index';

/** One regression of `test/fixtures/linear/logistic.json`. */
export interface Golden {
  readonly data: 'iris' | 'wine' | 'breastCancer' | 'digits';
  /** null: no penalty. */
  readonly C: number | null;
  readonly intercept: boolean;
  readonly weight: null | 'balanced' | 'samples' | Record<string, number>;
  readonly scale: boolean;
  readonly keep: null | [columns: number[], classes: number[]];
  readonly coef: number[][];
  readonly interceptValues: number[];
  readonly proba: number[][];
}

const SETS: Record<Golden['data'], () => Dataset> = { iris, wine, breastCancer, digits };

/** The data and options of a golden case, prepared as the generator does. */
export function prepare(golden: Golden): {
  X: number[][];
  y: number[];
  sampleWeight: number[] | null;
  classWeight: 'balanced' | Record<string, number> | null;
} {
  const { X, y } = SETS[golden.data]();
  const cols = X.shape[1];
  let rows = Array.from(y, (_, i) => Array.from(X.data.subarray(i * cols, (i + 1) * cols)));
  let labels = Array.from(y);
  if (golden.keep !== null) {
    const [columns, classes] = golden.keep;
    const kept = labels.flatMap((label, i) => (classes.includes(label) ? [i] : []));
    rows = kept.map((i) => columns.map((c) => rows[i]![c]!));
    labels = kept.map((i) => labels[i]!);
  }
  const { weight } = golden;
  return {
    X: golden.scale ? standardise(rows) : rows,
    y: labels,
    sampleWeight: weight === 'samples' ? labels.map((_, i) => 0.5 + (i % 5)) : null,
    classWeight: weight === 'samples' ? null : weight,
  };
}

/** Columns to mean 0 and deviation 1; constant ones to 0. */
export function standardise(rows: readonly number[][]): number[][] {
  const n = rows.length;
  const columns = rows[0]!.map((_, c) => rows.map((r) => r[c]!));
  const means = columns.map((v) => v.reduce((a, b) => a + b, 0) / n);
  const deviations = columns.map((v, c) => Math.sqrt(v.reduce((a, b) => a + (b - means[c]!) ** 2, 0) / n) || 1);
  return rows.map((r) => r.map((v, c) => (v - means[c]!) / deviations[c]!));
}
