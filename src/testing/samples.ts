import { KompaktError } from '../core/errors';
import { Rng } from '../core/rng';
import type { Labels } from '../data/labels';
import { type Matrix, readMatrix } from '../data/matrix';
import { readHost } from '../data/vector';
import { tensor } from '../ops/create';

/** Says which rule of a contract is broken. */
export type Fail = (rule: string) => never;

/** A `Fail` that begins every message with the name of the suite. */
export function failure(suite: string): Fail {
  return (rule) => {
    throw new KompaktError(`${suite}: ${rule}`);
  };
}

/** Well separated clouds of points in three dimensions, `sizes[c]` of them around centre c, in random order. */
export function blobs(sizes: readonly number[], seed = 'blobs'): { X: number[][]; classes: number[] } {
  const rng = new Rng(seed);
  const centres = sizes.map((_, c) => [3 * Math.cos(2 * c), 3 * Math.sin(2 * c), c % 2 === 0 ? 2 : -2]);
  const all = sizes.flatMap((n, c) => Array.from({ length: n }, () => c));
  const classes = Array.from(rng.permutation(all.length), (i) => all[i]!);
  const X = classes.map((c) => centres[c]!.map((v) => v + 0.5 * rng.gaussian()));
  return { X, classes };
}

/** The same samples in every form a matrix comes in. */
export function formsOf(X: readonly number[][]): { readonly [name: string]: Matrix } {
  const rows = X.length;
  const cols = X[0]!.length;
  const flat = Float64Array.from(X.flat());
  const byColumn = new Float64Array(rows * cols);
  X.forEach((row, r) => {
    row.forEach((v, c) => {
      byColumn[c * rows + r] = v;
    });
  });
  return {
    'an array of rows': X as number[][],
    'a float64 tensor': tensor(flat, { shape: [rows, cols] }),
    '{ data, shape }': { data: flat, shape: [rows, cols] },
    'a strided ndarray': { data: byColumn, shape: [rows, cols], stride: [1, rows], offset: 0 },
  };
}

/** Arrays that throw when written to. */
export function freeze(X: readonly number[][]): number[][] {
  return Object.freeze(X.map((row) => Object.freeze([...row]) as number[])) as number[][];
}

/** The numbers of a matrix or list of numbers. */
export function numbersOf(x: Matrix | Labels): number[] {
  const nested = Array.isArray(x) && typeof x[0] === 'object';
  return nested
    ? Array.from(readMatrix(x as Matrix, 'result', { allowNonFinite: true }).data)
    : Array.from(readHost(x as never, 'result').data);
}

/** Whether two lists of numbers or text are equal, element by element. */
export function sameList(a: ArrayLike<unknown>, b: ArrayLike<unknown>): boolean {
  return a.length === b.length && Array.prototype.every.call(a, (v, i) => Object.is(v, b[i]));
}

/** Runs `work`, which must fail with a `KompaktError`, in a promise or not. */
export async function mustRefuse(what: string, work: () => unknown, fail: Fail): Promise<void> {
  let error: unknown = null;
  try {
    await work();
  } catch (e) {
    error = e;
  }
  if (error === null) fail(`it accepts ${what}; it must throw.`);
  if (!(error instanceof KompaktError)) {
    fail(
      `given ${what} it throws ${String(error)}; it must throw a KompaktError that says what is wrong and what to do.`,
    );
  }
}

/** What `work` gives; where it throws, says so as a broken rule. */
export async function mustWork<T>(what: string, work: () => T | Promise<T>, fail: Fail): Promise<T> {
  try {
    return await work();
  } catch (error) {
    return fail(`it fails on ${what}: ${String(error)}`);
  }
}
