import { compareLabels, type Label } from '../data/labels';
import type { Column } from '../data/table';

/** A feature whose values are categories: each as the position of its value in a sorted list; a missing one comes last. */
export interface Categorical {
  readonly codes: Int32Array;
  readonly values: readonly (Label | null)[];
}

/** A column as categories. */
export function categorize(column: Column): Categorical {
  const seen = new Set<Label | null>();
  for (const v of column) seen.add(isMissing(v) ? null : v === 0 ? 0 : v);
  const values: (Label | null)[] = [...seen].filter((v) => v !== null).sort(compareLabels);
  if (seen.has(null)) values.push(null);
  const position = new Map(values.map((v, i) => [v, i]));
  return {
    codes: Int32Array.from(column as ArrayLike<Label | null>, (v) => position.get(isMissing(v) ? null : v)!),
    values,
  };
}

const isMissing = (v: unknown): v is null => v === null || Number.isNaN(v);

/** The column that codes stand for, of the type that `like` is of. */
export function decategorize({ values }: Categorical, codes: Int32Array, like: Column): Column {
  if (like instanceof Float64Array)
    return Float64Array.from(codes, (c) => (values[c] === null ? NaN : Number(values[c])));
  return Array.from(codes, (c) => values[c]!) as Column;
}
