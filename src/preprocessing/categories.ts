import { ConfigError, DTypeError, ShapeError } from '../core/errors';
import { shown } from '../core/shown';
import { compareLabels } from '../data/labels';
import { isTyped } from '../data/rows';
import type { Column } from '../data/table';

/** A value of a categorical column; a missing one is NaN among numbers and null among text and booleans. */
export type Category = number | string | boolean | null;

/** Which categories columns have: found in fit, or one list per column. */
export type Categories = 'auto' | readonly (readonly Category[])[];

const isMissing = (v: Category): boolean => v === null || v !== v;

/** The distinct values of a column, ascending, a missing one last. */
export function categoriesOf(column: Column): Category[] {
  const distinct = new Set<Category>();
  for (let i = 0; i < column.length; i++) distinct.add(column[i] === 0 ? 0 : column[i]!);
  return [...distinct].sort((a, b) =>
    isMissing(a) || isMissing(b) ? Number(isMissing(a)) - Number(isMissing(b)) : compareLabels(a!, b!),
  );
}

/** Categories as given for each column, checked: numbers must ascend, as scikit-learn wants them. */
export function readCategories(given: Categories, columns: readonly Column[], what: string): (Category[] | null)[] {
  if (given === 'auto') return columns.map(() => null);
  if (!Array.isArray(given))
    throw new ConfigError(
      `${what}: categories must be 'auto' or an array with a list per column, got ${shown(given)}.`,
    );
  if (given.length !== columns.length) {
    throw new ShapeError(
      `${what}: categories has ${given.length} lists for ${columns.length} columns. Give one list per column.`,
    );
  }
  return given.map((list, c) => {
    if (!Array.isArray(list) && !isTyped(list))
      throw new ConfigError(`${what}: categories of column ${c} must be a list, got ${shown(list)}.`);
    const values = Array.from(list as readonly Category[], (v) => (v === undefined ? null : v));
    const numbers = columns[c] instanceof Float64Array;
    const kept = values.map((v) => (v === null && numbers ? Number.NaN : v));
    if (new Set(kept).size !== kept.length) throw new ConfigError(`${what}: categories of column ${c} name one twice.`);
    const stray = kept.find((v) => !isMissing(v) && (typeof v === 'number') !== numbers);
    if (stray !== undefined) {
      throw new DTypeError(
        `${what}: categories of column ${c} have ${JSON.stringify(stray)}, and the column is of ${numbers ? 'numbers' : 'text'}.`,
      );
    }
    const present = kept.filter((v) => !isMissing(v));
    if (numbers && present.some((v, i) => i > 0 && (v as number) < (present[i - 1] as number)))
      throw new ConfigError(`${what}: categories of column ${c} are numbers and must ascend.`);
    const missing = kept.findIndex(isMissing);
    if (missing >= 0 && missing !== kept.length - 1)
      throw new ConfigError(`${what}: categories of column ${c}: the missing value must be the last.`);
    return kept;
  });
}

/** The position of each value in `categories`; −1 for one that is not there. */
export function codesIn(column: Column, categories: readonly Category[]): Int32Array {
  const position = new Map(categories.map((v, i) => [v, i]));
  const out = new Int32Array(column.length);
  for (let i = 0; i < out.length; i++) out[i] = position.get(column[i]!) ?? -1;
  return out;
}

/** Throws a `ConfigError` that names the values of a column that are unknown. */
export function refuseUnknown(column: Column, codes: Int32Array, c: number, remedy: string, what: string): never {
  const unknown = new Set<Category>();
  for (let i = 0; i < codes.length && unknown.size < 4; i++) if (codes[i]! < 0) unknown.add(column[i]!);
  const names = [...unknown].map((v) => (typeof v === 'string' ? `'${v}'` : shown(v))).join(', ');
  throw new ConfigError(`${what}: column ${c} has ${names}, unknown from fit. ${remedy}`);
}
