import { ConfigError } from '../core/errors';
import type { Labels } from '../data/labels';
import { countSamples, type Matrix, readSamplesAsync, type Samples } from '../data/matrix';
import { readTableAsync } from '../data/read-table';
import { isTyped } from '../data/rows';
import { isColumnTable, type Table } from '../data/table';
import { type Given, type GivenLabels, readGivenLabels } from './resample';

/** Whether `X` is columns, records, or rows that are not all numbers. */
export function isTable(X: unknown): X is Table {
  if (isColumnTable(X)) return true;
  return Array.isArray(X) && X.some((row) => isRecord(row) || (Array.isArray(row) && row.some(isNoNumber)));
}

const isNoNumber = (v: unknown): boolean => typeof v === 'string' || v === null || v === undefined;
const isRecord = (row: unknown): boolean =>
  typeof row === 'object' && row !== null && !Array.isArray(row) && !isTyped(row);

/** Labels, and the samples where those are numbers. */
export type GivenRows = GivenLabels & { readonly X: Samples | null };

/** Reads what a method was given that only picks samples: numbers, which may be missing, or a table. */
export async function readGivenRows(X: Matrix | Table, y: Labels, what: string): Promise<GivenRows> {
  if (isTable(X)) {
    const { rows } = await readTableAsync(X, `${what}: X`);
    return { X: null, ...(await readGivenLabels(y, rows, what)) };
  }
  const samples = await readSamplesAsync(X, `${what}: X`, { allowNonFinite: true });
  return { X: samples, ...(await readGivenLabels(y, countSamples(samples), what)) };
}

/** The samples as numbers. */
export function needNumbers(given: GivenRows, why: string, what: string): Given {
  if (given.X === null)
    throw new ConfigError(`${what}: ${why} needs samples of numbers only. Encode the others first.`);
  return given as Given;
}
