import { ConfigError, ShapeError } from '../core/errors';
import { formatShape } from '../core/shape';
import { shown } from '../core/shown';
import { codesOf, distinctLabels, type Label, type Labels, readLabels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { readMatrix } from '../data/matrix';
import { isTensor } from '../data/rows';
import { readHost, readVector, type Vector } from '../data/vector';

/** Scores or probabilities: one per sample, or `[samples, classes]`. */
export type Scores = Vector | Matrix;

/** Scores as `[samples, columns]`; one column when given as a list, or as a column. */
export interface ScoreTable {
  readonly data: Float64Array;
  readonly columns: number;
  readonly isTable: boolean;
}

export function readScores(yScore: Scores, samples: number, what: string): ScoreTable {
  const nested = Array.isArray(yScore) && typeof yScore[0] === 'object';
  const shape = nested ? [yScore.length, 0] : readShape(yScore, what);
  if (shape.length > 2)
    throw new ShapeError(`${what}: expected scores [samples] or [samples, classes], got shape ${formatShape(shape)}.`);
  if (shape.length === 2) {
    const { data, rows, cols } = readMatrix(yScore as Matrix, what);
    checkCount(rows, samples, what);
    return { data, columns: cols, isTable: cols > 1 };
  }
  const data = readVector(yScore as Vector, what);
  checkCount(data.length, samples, what);
  return { data, columns: 1, isTable: false };
}

function readShape(x: Scores, what: string): readonly number[] {
  return isTensor(x) ? x.shape : readHost(x as Vector, what).shape;
}

function checkCount(rows: number, samples: number, what: string): void {
  if (rows !== samples) throw new ShapeError(`${what}: has ${rows} rows for ${samples} labels. Give one per sample.`);
}

/** True labels as positions in the classes that the columns of a score table stand for. */
export function readClasses(
  yTrue: Labels,
  labels: Labels | null | undefined,
  what: string,
): { readonly codes: Int32Array; readonly classes: readonly Label[] } {
  const truth = readLabels(yTrue, `${what}: yTrue`);
  const classes =
    labels === undefined || labels === null
      ? distinctLabels(truth)
      : distinctLabels(readLabels(labels, `${what}: labels`));
  const codes = codesOf(truth, classes);
  const stranger = codes.indexOf(-1);
  if (stranger >= 0) {
    throw new ConfigError(
      `${what}: yTrue has the label ${shown(truth[stranger])}, which is not in labels [${classes.join(', ')}]. Add it.`,
    );
  }
  return { codes, classes };
}

/** The largest deviation of a row's sum from 1. */
export function rowSumError({ data, columns }: ScoreTable): number {
  let worst = 0;
  for (let at = 0; at < data.length; at += columns) {
    let sum = 0;
    for (let c = 0; c < columns; c++) sum += data[at + c]!;
    worst = Math.max(worst, Math.abs(sum - 1));
  }
  return worst;
}

/** Throws a `ConfigError` for a value outside [0, 1]. */
export function checkProbabilities(data: Float64Array, what: string): void {
  const at = data.findIndex((p) => !(p >= 0 && p <= 1));
  if (at >= 0)
    throw new ConfigError(
      `${what}: found ${data[at]}; probabilities lie in [0, 1]. Pass predictProba, not decision values.`,
    );
}
