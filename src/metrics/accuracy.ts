import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Labels } from '../data/labels';
import type { ClassTargets } from './indicator';
import { readRowPair, rightRows } from './label-rows';
import { countPairs, mean, readPair, type WeightOptions } from './pair';
import { checkOption, UndefinedMetricWarning, type WarningOptions } from './warning';

export interface AccuracyOptions extends WeightOptions {
  /** The fraction of right answers (default), or with false their number (or total weight). */
  readonly normalize?: boolean | undefined;
}

/**
 * The fraction of labels predicted right: Σ sᵢ·[ŷᵢ = yᵢ] / Σ sᵢ. Where samples may have several labels, a sample is right
 * only if all are.
 *
 * @param yTrue - true labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yPred - predicted labels, likewise.
 * @param options - `normalize = true`, `sampleWeight`.
 * @throws ShapeError when the shapes differ, or only one of both is a table; ConfigError for a table of other values.
 *
 * @example
 * ```ts
 * import { accuracyScore } from 'kompakt/metrics';
 * console.log(accuracyScore([0, 1, 2, 2], [0, 1, 1, 2])); // → 0.75
 * console.log(accuracyScore([[0, 1], [1, 1]], [[1, 1], [1, 1]])); // → 0.5
 * ```
 */
export function accuracyScore(yTrue: ClassTargets, yPred: ClassTargets, options: AccuracyOptions = {}): number {
  checkOptions(options, ['normalize', 'sampleWeight'], 'accuracyScore');
  const { right, weights } = readRight(yTrue, yPred, options);
  if (options.normalize !== false) return mean(right, weights);
  return right.reduce((sum, v, i) => sum + v * (weights === null ? 1 : weights[i]!), 0);
}

/** 1 for each sample that is predicted right. */
function readRight(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: WeightOptions,
): { readonly right: Int32Array; readonly weights: Float64Array | null } {
  const rows = readRowPair(yTrue, yPred, 'accuracyScore', options);
  if (rows === null) {
    const { truth, predicted, weights } = readPair(yTrue as Labels, yPred as Labels, 'accuracyScore', options);
    return { right: truth.map((v, i) => Number(v === predicted[i])), weights };
  }
  return { right: rightRows(rows), weights: rows.weights };
}

export interface BalancedAccuracyOptions extends WeightOptions, WarningOptions {
  /** Rescale so that guessing scores 0 and perfection 1. */
  readonly adjusted?: boolean | undefined;
}

/**
 * The mean over classes of the fraction of each class predicted right (macro recall).
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `adjusted = false`, `sampleWeight`, `onWarning` (told of predicted labels that never occur).
 * @throws ShapeError when the lengths differ.
 *
 * Reference: Brodersen et al. 2010, “The balanced accuracy and its posterior distribution”.
 *
 * @example
 * ```ts
 * import { balancedAccuracyScore } from 'kompakt/metrics';
 * console.log(balancedAccuracyScore([0, 0, 0, 1], [0, 0, 0, 0])); // → 0.5
 * ```
 */
export function balancedAccuracyScore(yTrue: Labels, yPred: Labels, options: BalancedAccuracyOptions = {}): number {
  checkOptions(options, ['adjusted', 'onWarning', 'sampleWeight'], 'balancedAccuracyScore');
  const pair = readPair(yTrue, yPred, 'balancedAccuracyScore', options);
  const counts = countPairs(pair);
  const k = pair.classes.length;
  let sum = 0;
  let present = 0;
  for (let i = 0; i < k; i++) {
    const total = rowSum(counts, k, i);
    if (total === 0) continue;
    sum += counts[i * k + i]! / total;
    present++;
  }
  if (present < k)
    options.onWarning?.(
      new UndefinedMetricWarning('balancedAccuracyScore: yPred has classes that yTrue lacks; they are left out.'),
    );
  const score = sum / present;
  if (options.adjusted !== true) return score;
  const chance = 1 / present;
  return (score - chance) / (1 - chance);
}

function rowSum(counts: Float64Array, k: number, i: number): number {
  let sum = 0;
  for (let j = 0; j < k; j++) sum += counts[i * k + j]!;
  return sum;
}

export interface ConfusionOptions extends WeightOptions {
  /** The classes and their order; by default all that occur, ascending. */
  readonly labels?: Labels | null | undefined;
  /** Divide by the row (`'true'`), column (`'pred'`) or total (`'all'`); an empty row or column stays 0. */
  readonly normalize?: 'true' | 'pred' | 'all' | null | undefined;
}

/**
 * How often class i (row) was predicted as class j (column).
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `labels`, `normalize`, `sampleWeight`.
 * @returns `[classes][classes]`.
 * @throws ShapeError when the lengths differ; ConfigError when none of `labels` is in `yTrue`.
 *
 * @example
 * ```ts
 * import { confusionMatrix } from 'kompakt/metrics';
 * console.log(confusionMatrix([0, 0, 1, 1], [0, 1, 1, 1])); // → [ [ 1, 1 ], [ 0, 2 ] ]
 * ```
 */
export function confusionMatrix(yTrue: Labels, yPred: Labels, options: ConfusionOptions = {}): number[][] {
  checkOptions(options, ['labels', 'normalize', 'sampleWeight'], 'confusionMatrix');
  const what = 'confusionMatrix';
  const normalize = checkOption(options.normalize ?? null, ['true', 'pred', 'all', null], 'normalize', what);
  const pair = readPair(yTrue, yPred, what, options);
  const { selected: n } = pair;
  if (!pair.truth.some((c) => c < n)) {
    throw new ConfigError(
      `${what}: none of the labels [${pair.classes.slice(0, n).join(', ')}] occurs in yTrue. Name one that does.`,
    );
  }
  const counts = countPairs(pair);
  const k = pair.classes.length;
  const cm = Array.from({ length: n }, (_, i) => Array.from(counts.subarray(i * k, i * k + n)));
  const rows = cm.map((row) => row.reduce((a, b) => a + b, 0));
  const columns = cm.map((_, j) => cm.reduce((a, row) => a + row[j]!, 0));
  const all = rows.reduce((a, b) => a + b, 0);
  const divisor = (i: number, j: number): number =>
    normalize === 'true' ? rows[i]! : normalize === 'pred' ? columns[j]! : normalize === 'all' ? all : 1;
  return cm.map((row, i) => row.map((v, j) => (divisor(i, j) === 0 ? 0 : v / divisor(i, j))));
}
