import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { breastCancer, type Dataset, digits, iris, wine } from '../../src/data/index';
import { standardise } from '../linear/cases';

const shared = process.env.KOMPAKT_SHARED ?? join(import.meta.dirname, '../../../shared');
const pima = join(shared, 'data/tabular/pima-indians-diabetes.csv.gz');
export const hasPima = existsSync(pima);
if (!hasPima) console.log(`Skipping the Pima cases: there is no ${pima}. Set KOMPAKT_SHARED to a folder that has it.`);

const SETS: Record<string, () => Dataset> = { iris, wine, breastCancer, digits };

/** A set of samples as the generator of the goldens prepares it. */
export function load(name: string, scale: boolean): { X: number[][]; y: number[] } {
  const { X, y } = name === 'pima' ? readPima() : rowsOf(SETS[name]!());
  return { X: scale ? standardise(X) : X, y };
}

function rowsOf({ X, y }: Dataset): { X: number[][]; y: number[] } {
  const cols = X.shape[1];
  return {
    X: Array.from(y, (_, i) => Array.from(X.data.subarray(i * cols, (i + 1) * cols))),
    y: Array.from(y),
  };
}

function readPima(): { X: number[][]; y: number[] } {
  const lines = gunzipSync(readFileSync(pima)).toString().trim().split('\n');
  const fields = lines.filter((line) => /^\d/.test(line)).map((line) => line.trim().split(',').map(Number));
  return { X: fields.map((f) => f.slice(0, -1)), y: fields.map((f) => f.at(-1)!) };
}

/** Largest difference, relative to the largest expected value. */
export function relativeError(got: ArrayLike<number>, expected: readonly number[]): number {
  const size = Math.max(1e-12, ...expected.map(Math.abs));
  return Math.max(0, ...expected.map((v, i) => Math.abs(v - got[i]!))) / size;
}

/** The samples whose predictions the goldens have. */
export function shownOf<T>(rows: readonly T[]): T[] {
  const step = Math.max(1, Math.floor(rows.length / 8));
  return rows.filter((_, i) => i % step === 0).slice(0, 8);
}

/** Options of scikit-learn in kompakt's names. */
export function camelOptions(options: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(options).map(([k, v]) => [k.replace(/_(\w)/g, (_m, c: string) => c.toUpperCase()), v]),
  );
}
