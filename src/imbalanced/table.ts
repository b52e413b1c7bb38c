import { ConfigError, DTypeError, ShapeError } from '../core/errors';
import type { Labels } from '../data/labels';
import { countSamples, type Matrix, readSamplesAsync, type Samples } from '../data/matrix';
import { describe, isTyped } from '../data/rows';
import { type Given, type GivenLabels, readGivenLabels } from './resample';

/** What a table may hold; null, undefined and NaN are missing values. */
export type Value = number | string | boolean | null | undefined;

/** One sample of a table: its values in order, or by name. */
export type Row = readonly Value[] | Readonly<Record<string, Value>>;

/** Samples that are not all numbers, as rows or records. */
export type Table = readonly Row[];

/** A table by features. */
export interface Columns {
  readonly rows: number;
  readonly cols: number;
  /** Names of the features; null where rows are arrays. */
  readonly names: readonly string[] | null;
  value(row: number, feature: number): Value;
}

/** Whether `X` is rows that are not all numbers, or records. */
export function isTable(X: unknown): X is Table {
  if (!Array.isArray(X) || X.length === 0) return false;
  return X.some((row) => isRecord(row) || (Array.isArray(row) && row.some((v) => !isNumeric(v) && !isNested(v))));
}

const isNumeric = (v: unknown): boolean => typeof v === 'number' || typeof v === 'boolean';
const isNested = (v: unknown): boolean => typeof v === 'object' && v !== null;
const isRecord = (row: unknown): row is Readonly<Record<string, Value>> =>
  typeof row === 'object' && row !== null && !Array.isArray(row) && !isTyped(row);

/**
 * Reads a table, checking that all rows have the same features and hold nothing but numbers, text, booleans and missing values.
 *
 * @throws ShapeError for rows of different features; DTypeError for other values.
 */
export function readTable(X: Table, what: string): Columns {
  const names = isRecord(X[0]) ? Object.keys(X[0]) : null;
  const cols = names?.length ?? (X[0] as readonly Value[]).length ?? 0;
  if (!(cols > 0)) throw new ShapeError(`${what}: the samples have no features. At least one is needed.`);
  X.forEach((row, r) => {
    checkRow(row, r, names, cols, what);
  });
  const value =
    names === null
      ? (r: number, f: number): Value => (X as readonly (readonly Value[])[])[r]![f]
      : (r: number, f: number): Value => (X as readonly Readonly<Record<string, Value>>[])[r]![names[f]!];
  return { rows: X.length, cols, names, value };
}

function checkRow(row: Row, r: number, names: readonly string[] | null, cols: number, what: string): void {
  if (isRecord(row) !== (names !== null))
    throw new ShapeError(
      `${what}: row ${r} is ${describe(row)}, row 0 is not. Give all rows as arrays, or all as records.`,
    );
  if (names !== null) {
    const strange = Object.keys(row).find((name) => !names.includes(name));
    if (strange !== undefined)
      throw new ShapeError(
        `${what}: row ${r} has the feature '${strange}', which row 0 lacks. Give all rows the same.`,
      );
  } else if ((row as readonly Value[]).length !== cols) {
    throw new ShapeError(
      `${what}: row ${r} has ${(row as readonly Value[]).length} values and row 0 has ${cols}. Every row needs the same number of features.`,
    );
  }
  const strange = Object.values(row).find((v) => !isNumeric(v) && !isMissing(v) && typeof v !== 'string');
  if (strange !== undefined)
    throw new DTypeError(
      `${what}: row ${r} holds ${describe(strange)}. A table holds numbers, text, booleans and nothing.`,
    );
}

export const isMissing = (v: unknown): boolean => v === null || v === undefined || Number.isNaN(v);

/** Labels, with how many rows they belong to, and the samples where those are numbers. */
export type GivenRows = GivenLabels & { readonly X: Samples | null };

/** Reads what a method was given that only picks samples: numbers, which may be missing, or a table. */
export async function readGivenRows(X: Matrix | Table, y: Labels, what: string): Promise<GivenRows> {
  if (isTable(X)) return { X: null, ...(await readGivenLabels(y, readTable(X, `${what}: X`).rows, what)) };
  const samples = await readSamplesAsync(X, `${what}: X`, { allowNonFinite: true });
  return { X: samples, ...(await readGivenLabels(y, countSamples(samples), what)) };
}

/** The samples as numbers. */
export function needNumbers(given: GivenRows, why: string, what: string): Given {
  if (given.X === null)
    throw new ConfigError(`${what}: ${why} needs samples of numbers only. Encode the others first.`);
  return given as Given;
}
