import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { distinctLabels, type Label, readLabels } from '../data/labels';
import { readWeights } from '../data/vector';
import { accumulate, type Cumulative, curveOf, positiveLabel } from './curves';
import { type ClassTargets, isIndicator } from './indicator';
import { oneHotRows } from './label-rows';
import { checkAverage, overLabels, readRanked, type TableAverage } from './over-labels';
import type { WeightOptions } from './pair';
import { readClasses, readScores, type Scores, type ScoreTable } from './probabilities';
import { UndefinedMetricWarning, type WarningOptions } from './warning';

export interface AveragePrecisionOptions extends WeightOptions, WarningOptions {
  /** How to sum up several classes or labels; `'macro'` by default. */
  readonly average?: TableAverage | undefined;
  /** Two classes: the positive one; by default 1, when the labels are 0 and 1 or −1 and 1. */
  readonly posLabel?: Label | undefined;
}

function averagePrecision(counts: Cumulative, options: AveragePrecisionOptions, what: string): number {
  if (counts.tps.at(-1) === 0) {
    options.onWarning?.(
      new UndefinedMetricWarning(`${what}: no positive samples in yTrue; average precision is undefined and set to 0.`),
    );
    return 0;
  }
  const { precision, recall } = curveOf(counts, {}, what);
  let sum = 0;
  for (let i = 0; i + 1 < recall.length; i++) sum += (recall[i]! - recall[i + 1]!) * precision[i]!;
  return sum;
}

/**
 * Precision averaged over the recall gained at each threshold: AP = Σ (Rₙ − Rₙ₋₁)·Pₙ, without interpolation.
 *
 * @param yTrue - labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yScore - for two classes scores of the positive one `[samples]`; for more, `[samples, classes]`, each class
 * against the rest; for several labels `[samples, labels]`.
 * @param options - `average = 'macro'`, `posLabel`, `sampleWeight`, `onWarning`.
 * @returns 0 to 1; 0 when no sample is positive.
 * @throws ConfigError when the positive label is not clear; ShapeError for a number of columns that is not that of classes.
 *
 * @example
 * ```ts
 * import { averagePrecisionScore } from 'kompakt/metrics';
 * console.log(averagePrecisionScore([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).toFixed(4)); // → 0.8333
 * ```
 */
export function averagePrecisionScore(
  yTrue: ClassTargets,
  yScore: Scores,
  options: AveragePrecisionOptions & { readonly average: null },
): number[];
export function averagePrecisionScore(
  yTrue: ClassTargets,
  yScore: Scores,
  options?: AveragePrecisionOptions & { readonly average?: Exclude<TableAverage, null> | undefined },
): number;
export function averagePrecisionScore(
  yTrue: ClassTargets,
  yScore: Scores,
  options?: AveragePrecisionOptions,
): number | number[];
export function averagePrecisionScore(
  yTrue: ClassTargets,
  yScore: Scores,
  options: AveragePrecisionOptions = {},
): number | number[] {
  checkOptions(options, ['average', 'posLabel', 'onWarning', 'sampleWeight'], 'averagePrecisionScore');
  const what = 'averagePrecisionScore';
  checkAverage(options.average, what);
  const figure = (counts: Cumulative): number => averagePrecision(counts, options, what);
  if (isIndicator(yTrue)) {
    const { rows, scores, weights } = readRanked(yTrue, yScore, options, what);
    if ((options.posLabel ?? 1) !== 1)
      throw new ConfigError(
        `${what}: 1 is the positive one of a table, got ${shown(options.posLabel)}. Leave posLabel out.`,
      );
    return overLabels(rows, scores, weights, options.average, figure);
  }
  const truth = readLabels(yTrue, `${what}: yTrue`);
  const table = readScores(yScore, truth.length, `${what}: yScore`);
  const weights = readWeights(options.sampleWeight, truth.length, what);
  const found = distinctLabels(truth);
  if (found.length <= 2 && !table.isTable) return figure(countBinary(truth, table, weights, found, options, what));
  if (found.length !== table.columns) {
    throw new ShapeError(
      `${what}: yScore has ${table.columns} columns for ${found.length} classes [${found.join(', ')}]. Give one per class.`,
    );
  }
  const { codes } = readClasses(yTrue, null, what);
  return overLabels(oneHotRows(codes, found.length), table, weights, options.average, figure);
}

function countBinary(
  truth: readonly Label[],
  { data }: ScoreTable,
  weights: Float64Array | null,
  found: readonly Label[],
  { posLabel }: AveragePrecisionOptions,
  what: string,
): Cumulative {
  const pos = positiveLabel(truth, posLabel, what);
  if (found.length === 2 && !found.includes(pos)) {
    throw new ConfigError(
      `${what}: posLabel ${shown(pos)} is none of the labels [${found.join(', ')}]. Set posLabel to the positive one.`,
    );
  }
  const isPositive = truth.map((v) => v === pos);
  return accumulate(isPositive, data, weights);
}
