import type { TypedArray } from '../core/dtype';
import { ConfigError, DTypeError, ShapeError } from '../core/errors';
import { formatShape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { FlatData, NdArrayLike } from '../ops/create';
import {
  describe,
  type HostData,
  isNdArray,
  isTensor,
  isTyped,
  readFlat,
  readNdArray,
  readTensor,
  rebuild,
} from './rows';
import { type CsrMatrix, isSparse, type SparseMatrix } from './sparse';
import { type ColumnTable, isColumnTable } from './table';

/**
 * A table of numbers, one row per sample: an array of rows, a 2-D tensor, an `ndarray` (strided or not), `{ data, shape }`,
 * a sparse matrix, or a table whose columns are all numbers. What takes no sparse matrix says so when it meets one.
 */
export type Matrix = readonly ArrayLike<number>[] | Tensor | NdArrayLike | FlatData | SparseMatrix | ColumnTable;

/** A matrix as the estimators compute with it: float64, row-major. Not to be written to: it may be the caller's memory. */
export interface Dense {
  readonly data: Float64Array;
  readonly rows: number;
  readonly cols: number;
}

export interface MatrixChecks {
  /** The number of columns it must have, as the model was fitted with. */
  readonly cols?: number | undefined;
  /** Let NaN and infinities pass. */
  readonly allowNonFinite?: boolean | undefined;
  /** Let NaN pass, as a missing value, and infinities not. */
  readonly allowNaN?: boolean | undefined;
}

/**
 * Reads a matrix, checking that it is two-dimensional, rectangular, not empty and finite.
 *
 * @param X - the samples, in any form.
 * @param what - who asks, and for which argument: begins every error message.
 * @throws ShapeError when it is not a matrix, is empty, ragged or of the wrong width; ConfigError for NaN or infinity;
 * DTypeError for elements that are not numbers.
 */
export function readMatrix(X: Matrix, what: string, checks: MatrixChecks = {}): Dense {
  return check(host(X, what), what, checks);
}

/** The same for data on any backend, those that can only be read with waiting included. */
export async function readMatrixAsync(X: Matrix, what: string, checks: MatrixChecks = {}): Promise<Dense> {
  return check(isTensor(X) ? readTensor(X, await X.data()) : host(X, what), what, checks);
}

/** A sparse matrix by rows, or a dense one. */
export type Samples = Dense | CsrMatrix;

/** Reads a matrix that may be sparse: that comes out by rows, any other dense. Checks as {@link readMatrix}. */
export function readSamples(X: Matrix, what: string, checks: MatrixChecks = {}): Samples {
  return isSparse(X) ? checkSparse(X.toCsr(), what, checks) : readMatrix(X, what, checks);
}

/** The same for data on any backend, those that can only be read with waiting included. */
export async function readSamplesAsync(X: Matrix, what: string, checks: MatrixChecks = {}): Promise<Samples> {
  return isSparse(X) ? checkSparse(X.toCsr(), what, checks) : readMatrixAsync(X, what, checks);
}

/** Number of samples of either form. */
export function countSamples(X: Samples): number {
  return isSparse(X) ? X.shape[0] : X.rows;
}

/** Number of features of either form. */
export function countFeatures(X: Samples): number {
  return isSparse(X) ? X.shape[1] : X.cols;
}

/** The samples at `index`, in that order. */
export function takeSamples<S extends Samples>(X: S, index: ArrayLike<number>): S {
  if (isSparse(X)) return X.takeRows(index) as Samples as S;
  const { data, cols } = X as Dense;
  const out = new Float64Array(index.length * cols);
  for (let k = 0; k < index.length; k++) out.set(data.subarray(index[k]! * cols, (index[k]! + 1) * cols), k * cols);
  return { data: out, rows: index.length, cols } as Samples as S;
}

/** Some columns, in that order; one may be named twice. */
export function takeFeatures<S extends Samples>(X: S, index: ArrayLike<number>): S {
  if (isSparse(X)) return X.toCsc().transpose().takeRows(index).transpose().toCsr() as Samples as S;
  const { data, rows, cols } = X as Dense;
  const out = new Float64Array(rows * index.length);
  for (let i = 0, at = 0; i < rows; i++) for (let f = 0; f < index.length; f++) out[at++] = data[i * cols + index[f]!]!;
  return { data: out, rows, cols: index.length } as Samples as S;
}

/** Samples as they are given to an estimator. */
export const asMatrix = (X: Samples): Matrix => (isSparse(X) ? X : { data: X.data, shape: [X.rows, X.cols] });

/** A matrix of the values of `dense` in the form of `like`. */
export function matrixLike<M extends Matrix>(like: M, dense: Dense): M {
  return rebuild(like as Matrix as never, dense.data, [dense.rows, dense.cols]) as unknown as M;
}

function host(X: Matrix, what: string): HostData {
  if (isTensor(X)) return readTensor(X);
  if (isNdArray(X)) return readNdArray(X);
  if (Array.isArray(X)) return fromRows(X as readonly unknown[], what);
  if (isTyped(X)) return { data: X, shape: [(X as TypedArray).length] };
  if (isColumnTable(X)) return X.toMatrix();
  if (isSparse(X))
    throw new ConfigError(`${what}: a sparse matrix is not supported here. Give X.toDense() if it fits in memory.`);
  if (typeof X === 'object' && X !== null && 'data' in X && 'shape' in X) return readFlat(X as FlatData, what);
  throw new ConfigError(
    `${what}: expected an array of rows, a 2-D tensor, an ndarray or { data, shape }, got ${describe(X)}.`,
  );
}

function fromRows(rows: readonly unknown[], what: string): HostData {
  const first = rows[0];
  if (first === undefined) return { data: [], shape: [0, 0] };
  if (typeof first === 'number') return { data: rows as readonly number[], shape: [rows.length] };
  const width = rowLength(first, 0, what);
  const data = new Float64Array(rows.length * width);
  for (let r = 0, at = 0; r < rows.length; r++) {
    const row = rows[r];
    const length = rowLength(row, r, what);
    if (length !== width) {
      throw new ShapeError(
        `${what}: row ${r} has ${length} values and row 0 has ${width}. Every row needs the same number of features.`,
      );
    }
    for (let c = 0; c < width; c++) data[at++] = element((row as ArrayLike<unknown>)[c], r, c, what);
  }
  return { data, shape: [rows.length, width] };
}

function rowLength(row: unknown, r: number, what: string): number {
  if (Array.isArray(row) || isTyped(row)) return row.length;
  throw new DTypeError(`${what}: row ${r} is ${describe(row)}; every row must be an array of numbers.`);
}

function element(x: unknown, r: number, c: number, what: string): number {
  if (typeof x === 'number') return x;
  if (typeof x === 'boolean') return Number(x);
  if (Array.isArray(x))
    throw new ShapeError(`${what}: the element at row ${r}, column ${c} is an array. Flatten each sample to one row.`);
  const missing =
    x === undefined || x === null ? ' Fill in or drop missing values first.' : ' Encode it as a number first.';
  throw new DTypeError(`${what}: the element at row ${r}, column ${c} is ${describe(x)}, not a number.${missing}`);
}

function check(
  { data, shape }: HostData,
  what: string,
  { cols, allowNonFinite, allowNaN = false }: MatrixChecks,
): Dense {
  if (shape.length !== 2) {
    const hint =
      shape.length < 2
        ? 'Wrap a single sample as [sample], a single feature as values.map((v) => [v]).'
        : 'Reshape it to [samples, features].';
    throw new ShapeError(`${what}: expected a matrix [samples, features], got shape ${formatShape(shape)}. ${hint}`);
  }
  const [rows, width] = shape as readonly [number, number];
  checkSize(rows, width, cols, what);
  const out = data instanceof Float64Array ? data : Float64Array.from(data);
  if (!allowNonFinite) checkFinite(out, width, what, allowNaN);
  return { data: out, rows, cols: width };
}

function checkSparse(X: CsrMatrix, what: string, { cols, allowNonFinite, allowNaN = false }: MatrixChecks): CsrMatrix {
  checkSize(X.shape[0], X.shape[1], cols, what);
  if (allowNonFinite) return X;
  const at = X.data.findIndex((v) => isBad(v, allowNaN));
  if (at < 0) return X;
  const row = X.indptr.findIndex((start) => start > at) - 1;
  throw new ConfigError(
    `${what}: found ${X.data[at]} at row ${row}, column ${X.indices[at]}. ${remedyFor(X.data[at]!)}`,
  );
}

function checkSize(rows: number, width: number, cols: number | undefined, what: string): void {
  if (rows === 0 || width === 0) {
    throw new ShapeError(`${what}: found ${rows} samples with ${width} features. At least one of each is needed.`);
  }
  if (cols !== undefined && width !== cols) {
    throw new ShapeError(
      `${what}: has ${width} features, but the model was fitted with ${cols}. Give the same columns as in fit.`,
    );
  }
}

const remedyFor = (value: number): string =>
  Number.isNaN(value) ? 'Fill in or drop missing values first.' : 'Clip or drop it first.';

const isBad = (v: number, allowNaN: boolean): boolean => !(Number.isFinite(v) || (allowNaN && Number.isNaN(v)));

function checkFinite(data: Float64Array, width: number, what: string, allowNaN: boolean): void {
  // A finite sum proves every element finite; only when it isn't are they looked at one by one.
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += data[i]!;
  if (Number.isFinite(sum)) return;
  const at = data.findIndex((v) => isBad(v, allowNaN));
  if (at < 0) return;
  throw new ConfigError(
    `${what}: found ${data[at]} at row ${Math.floor(at / width)}, column ${at % width}. ${remedyFor(data[at]!)}`,
  );
}
