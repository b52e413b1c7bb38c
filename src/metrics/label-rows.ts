import { ConfigError, ShapeError } from '../core/errors';
import { shown } from '../core/shown';
import { type Labels, readLabels } from '../data/labels';
import { type Dense, type Matrix, readMatrix } from '../data/matrix';
import { type CsrMatrix, isSparse } from '../data/sparse';
import { readWeights } from '../data/vector';
import { type ClassTargets, type Indicator, isIndicator } from './indicator';
import type { WeightOptions } from './pair';

/** The labels of each sample, as positions: those of sample i are `indices` from `indptr[i]` up to `indptr[i + 1]`, ascending. */
export interface LabelRows {
  readonly samples: number;
  readonly labels: number;
  readonly indptr: Int32Array;
  readonly indices: Int32Array;
}

/** True and predicted labels of samples that may have several. */
export interface RowPair {
  readonly truth: LabelRows;
  readonly predicted: LabelRows;
  readonly weights: Float64Array | null;
}

/**
 * Reads a table of labels.
 *
 * @throws ShapeError when it is no matrix, is empty or ragged; ConfigError for other values than 0 and 1.
 */
export function readLabelRows(y: Indicator, what: string): LabelRows {
  if (areLists(y))
    throw new ConfigError(`${what}: expected a column for each label, got lists of labels. Use MultiLabelBinarizer.`);
  const sparse = isSparse(y) ? y.toCsr() : null;
  const { data, rows, cols } = sparse === null ? readMatrix(y as Matrix, what) : sizeOf(sparse, what);
  const indptr = new Int32Array(rows + 1);
  const indices: number[] = [];
  for (let r = 0; r < rows; r++) {
    const from = sparse === null ? r * cols : sparse.indptr[r]!;
    const to = sparse === null ? from + cols : sparse.indptr[r + 1]!;
    for (let e = from; e < to; e++) {
      const column = sparse === null ? e - from : sparse.indices[e]!;
      if (data[e] === 1) indices.push(column);
      else if (data[e] !== 0) refuse(data[e]!, r, column, what);
    }
    indptr[r + 1] = indices.length;
  }
  return { samples: rows, labels: cols, indptr, indices: Int32Array.from(indices) };
}

function sizeOf({ data, shape: [rows, cols] }: CsrMatrix, what: string): Dense {
  if (rows === 0 || cols === 0) throw new ShapeError(`${what}: no labels. At least one sample and column are needed.`);
  return { data, rows, cols };
}

/** Whether rows name labels instead of saying of each whether it is one. */
function areLists(y: Indicator): boolean {
  const rows = y as readonly (ArrayLike<unknown> | null | undefined)[];
  return (
    Array.isArray(y) &&
    rows.some((row) => typeof row?.[0] === 'string' || (Array.isArray(row) && row.length !== rows[0]?.length))
  );
}

function refuse(value: number, row: number, column: number, what: string): never {
  const remedy = Number.isInteger(value)
    ? 'Compare outputs of several classes one by one.'
    : 'Compare scores with a threshold.';
  throw new ConfigError(`${what}: found ${value} at row ${row}, column ${column}; labels are 1 or 0. ${remedy}`);
}

/**
 * Reads true and predicted labels of samples that may have several; null where both are one label per sample.
 *
 * @throws ShapeError when one is a table and the other is not, or for tables of different shapes; ConfigError for other
 * values than 0 and 1.
 */
export function readRowPair(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  what: string,
  { sampleWeight }: WeightOptions = {},
): RowPair | null {
  const [isTable, areTables] = [isIndicator(yTrue), isIndicator(yPred)];
  if (!isTable && !areTables) return null;
  if (!isTable || !areTables) {
    const [table, list] = isTable ? ['yTrue', 'yPred'] : ['yPred', 'yTrue'];
    throw new ShapeError(
      `${what}: ${table} is a table of labels [samples, labels], ${list} is not. Give two tables, or the argMax of one-hot rows.`,
    );
  }
  const truth = readLabelRows(yTrue as Indicator, `${what}: yTrue`);
  const predicted = readLabelRows(yPred as Indicator, `${what}: yPred`);
  if (truth.samples !== predicted.samples || truth.labels !== predicted.labels) {
    throw new ShapeError(
      `${what}: yTrue has ${truth.samples} samples of ${truth.labels} labels, yPred ${predicted.samples} of ${predicted.labels}. Give tables of one shape.`,
    );
  }
  return { truth, predicted, weights: readWeights(sampleWeight, truth.samples, what) };
}

/**
 * The columns that `labels` name, in that order; null for all.
 *
 * @throws ConfigError for what is no column, or named twice.
 */
export function readColumnNumbers(
  labels: Labels | null | undefined,
  { labels: count }: LabelRows,
  what: string,
): readonly number[] | null {
  if (labels === undefined || labels === null) return null;
  const given = readLabels(labels, `${what}: labels`);
  const stranger = given.find((v) => !(Number.isInteger(v) && (v as number) >= 0 && (v as number) < count));
  if (stranger !== undefined) {
    throw new ConfigError(
      `${what}: labels of a table are its columns, 0 to ${count - 1}; got ${shown(stranger)}. Name columns by number.`,
    );
  }
  if (new Set(given).size !== given.length)
    throw new ConfigError(`${what}: labels [${given.join(', ')}] name a column twice.`);
  return given as readonly number[];
}

/** Samples with one label each, as if they might have several. */
export function oneHotRows(codes: Int32Array, labels: number): LabelRows {
  const indptr = Int32Array.from({ length: codes.length + 1 }, (_, i) => i);
  return { samples: codes.length, labels, indptr, indices: codes };
}

/** 1 for each sample of which all labels are right. */
export function rightRows({ truth, predicted }: RowPair): Int32Array {
  const right = new Int32Array(truth.samples);
  for (let i = 0; i < right.length; i++) {
    const [t, p] = [truth.indptr[i]!, predicted.indptr[i]!];
    const n = truth.indptr[i + 1]! - t;
    let isSame = predicted.indptr[i + 1]! - p === n;
    for (let e = 0; isSame && e < n; e++) isSame = truth.indices[t + e] === predicted.indices[p + e];
    right[i] = Number(isSame);
  }
  return right;
}

/** Calls `visit` with each label of each sample, and the sample. */
export function eachLabel({ samples, indptr, indices }: LabelRows, visit: (label: number, i: number) => void): void {
  for (let i = 0; i < samples; i++) for (let e = indptr[i]!; e < indptr[i + 1]!; e++) visit(indices[e]!, i);
}

/** Calls `visit` with each label that is both true and predicted, and its sample. */
export function eachShared(
  { truth, predicted }: Pick<RowPair, 'truth' | 'predicted'>,
  visit: (label: number, i: number) => void,
): void {
  for (let i = 0; i < truth.samples; i++) {
    let [t, p] = [truth.indptr[i]!, predicted.indptr[i]!];
    const [lastT, lastP] = [truth.indptr[i + 1]!, predicted.indptr[i + 1]!];
    while (t < lastT && p < lastP) {
      const difference = truth.indices[t]! - predicted.indices[p]!;
      if (difference === 0) visit(truth.indices[t]!, i);
      if (difference <= 0) t++;
      if (difference >= 0) p++;
    }
  }
}
