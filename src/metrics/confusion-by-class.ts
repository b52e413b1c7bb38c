import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Labels } from '../data/labels';
import type { ClassTargets } from './indicator';
import { readColumnNumbers, readRowPair } from './label-rows';
import { countPairs, readPair, type WeightOptions } from './pair';
import { type Tally, tallyClasses, tallyLabels, tallySamples } from './tally';
import { UndefinedMetricWarning, type WarningOptions } from './warning';

export interface ConfusionByClassOptions extends WeightOptions {
  /** The classes and their order; by default all that occur, ascending. Of a table of labels: its columns. */
  readonly labels?: Labels | null | undefined;
}

export interface MultilabelConfusionOptions extends ConfusionByClassOptions {
  /** Where samples may have several labels: the confusion of each sample instead of each label. */
  readonly samplewise?: boolean | undefined;
}

/**
 * The confusion of each class with the rest; where samples may have several labels, of each label, or of each sample.
 *
 * @param yTrue - true labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yPred - predicted labels, likewise.
 * @param options - `labels`, `samplewise = false`, `sampleWeight`.
 * @returns `[classes][2][2]`, or `[samples][2][2]`: `[[TN, FP], [FN, TP]]` of each.
 * @throws ShapeError when the shapes differ; ConfigError for `samplewise` with one label per sample.
 *
 * @example
 * ```ts
 * import { multilabelConfusionMatrix } from 'kompakt/metrics';
 * console.log(multilabelConfusionMatrix([0, 1, 1], [0, 1, 0])[1]); // → [ [ 1, 0 ], [ 1, 1 ] ]
 * console.log(multilabelConfusionMatrix([[1, 0, 1]], [[1, 1, 0]], { samplewise: true })); // → [ [ [ 0, 1 ], [ 1, 1 ] ] ]
 * ```
 */
export function multilabelConfusionMatrix(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: MultilabelConfusionOptions = {},
): number[][][] {
  checkOptions(options, ['labels', 'samplewise', 'sampleWeight'], 'multilabelConfusionMatrix');
  const { right, predicted, support, total } = readTally(yTrue, yPred, options, 'multilabelConfusionMatrix');
  return right.map((tp, i) => [
    [total[i]! - support[i]! - predicted[i]! + tp, predicted[i]! - tp],
    [support[i]! - tp, tp],
  ]);
}

function readTally(yTrue: ClassTargets, yPred: ClassTargets, options: MultilabelConfusionOptions, what: string): Tally {
  const { samplewise = false } = options;
  const rows = readRowPair(yTrue, yPred, what, options);
  if (rows !== null) {
    const columns = readColumnNumbers(options.labels, rows.truth, what);
    return samplewise ? tallySamples(rows, columns) : tallyLabels(rows, columns);
  }
  if (samplewise) {
    throw new ConfigError(
      `${what}: samplewise is for several labels per sample, given as tables of 0 and 1. Leave it out.`,
    );
  }
  return tallyClasses(readPair(yTrue as Labels, yPred as Labels, what, options));
}

/**
 * How much a positive or a negative prediction changes the odds: LR₊ = recall / (1 − specificity), LR₋ = (1 − recall) /
 * specificity.
 *
 * @param yTrue - true labels `[samples]` of two classes; the greater is the positive one.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `labels`, `sampleWeight`, `onWarning` (told of a ratio that is undefined, NaN).
 * @throws ConfigError for other than two classes; ShapeError when the lengths differ.
 *
 * @example
 * ```ts
 * import { classLikelihoodRatios } from 'kompakt/metrics';
 * const { positive, negative } = classLikelihoodRatios([0, 1, 0, 1, 0], [1, 1, 0, 0, 0]);
 * console.log(positive, negative); // → 1.5 0.75
 * ```
 */
export function classLikelihoodRatios(
  yTrue: Labels,
  yPred: Labels,
  options: ConfusionByClassOptions & WarningOptions = {},
): { readonly positive: number; readonly negative: number } {
  const what = 'classLikelihoodRatios';
  checkOptions(options, ['labels', 'sampleWeight', 'onWarning'], what);
  const pair = readPair(yTrue, yPred, what, options);
  if (pair.classes.length !== 2)
    throw new ConfigError(`${what}: needs two classes, found [${pair.classes.join(', ')}]. Compare one with the rest.`);
  const [tn, fp, fn, tp] = countPairs(pair) as unknown as [number, number, number, number];
  const warn = (text: string): number => {
    options.onWarning?.(new UndefinedMetricWarning(`${what}: ${text}`));
    return Number.NaN;
  };
  if (tp + fn === 0) {
    const nothing = warn('no positive samples in yTrue; both ratios are undefined, NaN.');
    return { positive: nothing, negative: nothing };
  }
  const positive =
    fp === 0 ? warn('no false positives; the positive ratio is undefined, NaN.') : (tp * (fp + tn)) / (fp * (tp + fn));
  const negative =
    tn === 0 ? warn('no true negatives; the negative ratio is undefined, NaN.') : (fn * (fp + tn)) / (tn * (tp + fn));
  return { positive, negative };
}
