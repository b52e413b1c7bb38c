import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { distinctLabels, type Label, type Labels, readLabels } from '../data/labels';
import { isFlat, isNdArray, isTensor, isTyped } from '../data/rows';
import { readWeights } from '../data/vector';
import { positiveLabel } from './curves';
import { type ClassTargets, isIndicator } from './indicator';
import { eachLabel, type LabelRows, oneHotRows, readLabelRows } from './label-rows';
import { mean, type WeightOptions } from './pair';
import {
  checkProbabilities,
  readClasses,
  readScores,
  rowSumError,
  type Scores,
  type ScoreTable,
} from './probabilities';
import { UndefinedMetricWarning, type WarningOptions } from './warning';

export interface LogLossOptions extends WeightOptions, WarningOptions {
  /** What the columns stand for, ascending; by default the labels that occur in `yTrue`. */
  readonly labels?: Labels | null | undefined;
  /** The mean over samples (default), or with false the sum. */
  readonly normalize?: boolean | undefined;
}

/**
 * The cross-entropy of true labels under predicted probabilities: −(1/n) Σ ln pᵢ[yᵢ].
 *
 * Probabilities are clipped to [ε, 1 − ε], ε the precision of their dtype; rows are taken as they are, not renormalised. Where
 * samples may have several labels, the sum over those that a sample has.
 *
 * @param yTrue - labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yPred - probabilities `[samples, classes]`, columns by ascending label, or of the greater of two labels `[samples]`.
 * @param options - `labels`, `normalize = true`, `sampleWeight`, `onWarning` (told of rows that do not sum to 1).
 * @throws ConfigError when `yTrue` has one label only and `labels` is not given, or is given with a table, or a value is
 * outside [0, 1]; ShapeError when the columns are not as many as classes.
 *
 * Reference: Bishop 2006, “Pattern Recognition and Machine Learning”, p. 209.
 *
 * @example
 * ```ts
 * import { logLoss } from 'kompakt/metrics';
 * console.log(logLoss(['no', 'yes'], [[0.9, 0.1], [0.2, 0.8]]).toFixed(4)); // → 0.1643
 * ```
 */
export function logLoss(yTrue: ClassTargets, yPred: Scores, options: LogLossOptions = {}): number {
  checkOptions(options, ['labels', 'normalize', 'onWarning', 'sampleWeight'], 'logLoss');
  const what = 'logLoss';
  const { rows, classes } = readTrueColumns(yTrue, options.labels, what);
  const n = rows.samples;
  const table = readScores(yPred, n, `${what}: yPred`);
  checkProbabilities(table.data, `${what}: yPred`);
  const columns = expandBinary(table, classes, what);
  const eps = isSingle(yPred) ? 2 ** -23 : Number.EPSILON;
  const k = columns.columns;
  if (rowSumError(columns) > Math.sqrt(eps)) {
    options.onWarning?.(
      new UndefinedMetricWarning(`${what}: rows of yPred do not sum to 1 and are taken as they are. Normalise them.`),
    );
  }
  const weights = readWeights(options.sampleWeight, n, what);
  const losses = new Float64Array(n);
  eachLabel(rows, (c, i) => {
    losses[i]! -= Math.log(Math.min(1 - eps, Math.max(eps, columns.data[i * k + c]!)));
  });
  if (options.normalize !== false) return mean(losses, weights);
  return losses.reduce((sum, v, i) => sum + v * (weights === null ? 1 : weights[i]!), 0);
}

/** The columns that are true of each sample, and what the columns stand for. */
function readTrueColumns(
  yTrue: ClassTargets,
  labels: Labels | null | undefined,
  what: string,
): { readonly rows: LabelRows; readonly classes: readonly Label[] } {
  if (isIndicator(yTrue)) {
    if (labels !== undefined && labels !== null)
      throw new ConfigError(
        `${what}: labels are for one label per sample; the columns of a table have none. Leave them out.`,
      );
    const rows = readLabelRows(yTrue, `${what}: yTrue`);
    return { rows, classes: Array.from({ length: rows.labels }, (_, c) => c) };
  }
  const { codes, classes } = readClasses(yTrue, labels, what);
  if (classes.length < 2)
    throw new ConfigError(`${what}: only the label ${shown(classes[0])} is known. Name all classes with labels.`);
  return { rows: oneHotRows(codes, classes.length), classes };
}

function expandBinary(table: ScoreTable, classes: readonly Label[], what: string): ScoreTable {
  const expanded = table.columns === 1 ? twoColumns(table.data) : table;
  if (expanded.columns !== classes.length) {
    throw new ShapeError(
      `${what}: yPred has ${table.columns} columns for ${classes.length} classes [${classes.join(', ')}]. Give one per class, or set labels.`,
    );
  }
  return expanded;
}

function twoColumns(p: Float64Array): ScoreTable {
  const data = new Float64Array(p.length * 2);
  p.forEach((v, i) => {
    data[2 * i] = 1 - v;
    data[2 * i + 1] = v;
  });
  return { data, columns: 2, isTable: true };
}

/** Whether the probabilities were computed in float32, and are that much less precise. */
function isSingle(x: Scores): boolean {
  if (isTensor(x)) return x.dtype === 'float32';
  if (isNdArray(x) || isFlat(x)) return x.data instanceof Float32Array;
  return isTyped(x) && x instanceof Float32Array;
}

export interface BrierOptions extends WeightOptions {
  /** Two classes: the positive one; by default 1, when the labels are 0 and 1 or −1 and 1. */
  readonly posLabel?: Label | undefined;
  /** What the columns stand for, ascending; by default the labels that occur in `yTrue`. */
  readonly labels?: Labels | null | undefined;
  /** Halve the sum over classes, so that it lies in [0, 1]: by default for two classes only. */
  readonly scaleByHalf?: 'auto' | boolean | undefined;
}

/**
 * The mean squared difference between predicted probability and outcome: (1/n) Σ (pᵢ − yᵢ)²; for several classes summed
 * over them.
 *
 * @param yTrue - labels `[samples]`.
 * @param yProba - probabilities of the positive class `[samples]`, or of all classes `[samples, classes]`.
 * @param options - `posLabel`, `labels`, `scaleByHalf = 'auto'`, `sampleWeight`.
 * @throws ConfigError when the positive label is not clear, several classes come with one column, or a value is outside [0, 1].
 *
 * Reference: Brier 1950, “Verification of forecasts expressed in terms of probability”.
 *
 * @example
 * ```ts
 * import { brierScoreLoss } from 'kompakt/metrics';
 * console.log(brierScoreLoss([0, 1, 1, 0], [0, 1, 0.5, 0.5])); // → 0.125
 * ```
 */
export function brierScoreLoss(yTrue: Labels, yProba: Scores, options: BrierOptions = {}): number {
  checkOptions(options, ['posLabel', 'labels', 'scaleByHalf', 'sampleWeight'], 'brierScoreLoss');
  const what = 'brierScoreLoss';
  const truth = readLabels(yTrue, `${what}: yTrue`);
  const table = readScores(yProba, truth.length, `${what}: yProba`);
  checkProbabilities(table.data, `${what}: yProba`);
  const weights = readWeights(options.sampleWeight, truth.length, what);
  if (!table.isTable) {
    const found = distinctLabels(truth);
    if (found.length > 2)
      throw new ConfigError(`${what}: yTrue has ${found.length} classes. Pass probabilities [samples, classes].`);
    const pos = positiveLabel(truth, options.posLabel, what);
    const half = options.scaleByHalf === false ? 2 : 1;
    return (
      half *
      mean(
        Float64Array.from(table.data, (p, i) => (p - Number(truth[i] === pos)) ** 2),
        weights,
      )
    );
  }
  const { codes, classes } = readClasses(yTrue, options.labels, what);
  const k = expandBinary(table, classes, what).columns;
  const sums = Float64Array.from(codes, (c, i) => {
    let sum = 0;
    for (let j = 0; j < k; j++) sum += (table.data[i * k + j]! - Number(j === c)) ** 2;
    return sum;
  });
  const scale = options.scaleByHalf ?? 'auto';
  const halve = scale === 'auto' ? k === 2 : scale;
  return mean(sums, weights) * (halve ? 0.5 : 1);
}
