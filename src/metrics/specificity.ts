import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { distinctLabels, type Label, type Labels, readLabels } from '../data/labels';
import { multilabelConfusionMatrix } from './confusion-by-class';
import { refuseTable } from './indicator';
import type { WeightOptions } from './pair';
import { readPair } from './pair';
import { type Average, definedMean } from './ratios';
import { checkOption, UndefinedMetricWarning, type WarningOptions } from './warning';

export interface SpecificityOptions extends WeightOptions, WarningOptions {
  /** Default `'binary'`. */
  readonly average?: Average | undefined;
  /** The positive class for `average: 'binary'`; 1 by default. */
  readonly posLabel?: Label | undefined;
  /** The classes to count, and their order for `average: null`; by default all that occur, ascending. */
  readonly labels?: Labels | null | undefined;
}

/** Names of the options. */
export const SPECIFICITY_OPTIONS = ['average', 'posLabel', 'labels', 'sampleWeight', 'onWarning'];

/** Rates of true positives and true negatives: of each class, or averaged (then `support` is null). */
export interface SensitivitySpecificity<T> {
  readonly sensitivity: T;
  readonly specificity: T;
  readonly support: T extends number ? null : T;
}

interface Rates {
  readonly sensitivity: readonly number[];
  readonly specificity: readonly number[];
  readonly support: readonly number[];
}

function ratesOf(counts: readonly number[][][], options: WarningOptions, what: string): Rates {
  const divide = (right: number, total: number, lack: string): number => {
    if (total !== 0) return right / total;
    options.onWarning?.(new UndefinedMetricWarning(`${what}: a class has no ${lack} samples; its rate is set to 0.`));
    return 0;
  };
  const tables = counts as readonly [[number, number], [number, number]][];
  return {
    sensitivity: tables.map(([, [fn, tp]]) => divide(tp, fn + tp, 'true')),
    specificity: tables.map(([[tn, fp]]) => divide(tn, tn + fp, 'negative')),
    support: tables.map(([, [fn, tp]]) => fn + tp),
  };
}

function classesFor(yTrue: Labels, yPred: Labels, options: SpecificityOptions, what: string): Labels | null {
  if ((options.average === undefined ? 'binary' : options.average) !== 'binary') return options.labels ?? null;
  const { classes } = readPair(yTrue, yPred, what);
  const positive = options.posLabel ?? 1;
  if (classes.length > 2) {
    throw new ConfigError(
      `${what}: the labels have ${classes.length} classes, but average is 'binary'. Set average to 'macro', 'micro', 'weighted' or null.`,
    );
  }
  if (
    classes.length === 2 &&
    !classes.some((c) => c === positive || (typeof c === 'boolean' && Number(c) === positive))
  ) {
    throw new ConfigError(
      `${what}: posLabel ${shown(positive)} is none of the labels [${classes.join(', ')}]. Set posLabel to the positive one.`,
    );
  }
  return [typeof classes[0] === 'boolean' ? positive === 1 || positive === true : positive] as Labels;
}

/** Both rates, of each class or averaged. */
export function ratesFor(
  yTrue: Labels,
  yPred: Labels,
  options: SpecificityOptions,
  what: string,
): Rates & { one: boolean } {
  const average = checkOption(
    options.average === undefined ? 'binary' : options.average,
    ['binary', 'macro', 'micro', 'weighted', null],
    'average',
    what,
  );
  for (const y of [yTrue, yPred]) refuseTable(y, what);
  const labels = classesFor(yTrue, yPred, options, what);
  const counts = multilabelConfusionMatrix(yTrue, yPred, { labels, sampleWeight: options.sampleWeight });
  const summed = [0, 1].map((i) => [0, 1].map((j) => counts.reduce((sum, table) => sum + table[i]![j]!, 0)));
  const rates = ratesOf(average === 'micro' ? [summed] : counts, options, what);
  if (average === null) return { ...rates, one: false };
  const weights = average === 'weighted' ? rates.support : null;
  return {
    sensitivity: [definedMean(rates.sensitivity, weights)],
    specificity: [definedMean(rates.specificity, weights)],
    support: rates.support,
    one: true,
  };
}

/**
 * How many of the positive samples are found, how many of the negative ones left alone, and how many positive ones there
 * are: TP / (TP + FN), TN / (TN + FP).
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `average = null` (per class), `posLabel = 1`, `labels`, `sampleWeight`, `onWarning`.
 * @returns one value per class each; numbers, and `support: null`, when averaged.
 * @throws ConfigError for more than two classes when `average` is `'binary'`; ShapeError when the lengths differ.
 *
 * @example
 * ```ts
 * import { sensitivitySpecificitySupport } from 'kompakt/metrics';
 * const y = ['cat', 'dog', 'pig', 'cat', 'dog', 'pig'];
 * const { specificity } = sensitivitySpecificitySupport(y, ['cat', 'pig', 'dog', 'cat', 'cat', 'dog']);
 * console.log(specificity); // → [ 0.75, 0.5, 0.75 ]
 * ```
 */
export function sensitivitySpecificitySupport(
  yTrue: Labels,
  yPred: Labels,
  options: SpecificityOptions & { readonly average: Exclude<Average, null> },
): SensitivitySpecificity<number>;
export function sensitivitySpecificitySupport(
  yTrue: Labels,
  yPred: Labels,
  options?: SpecificityOptions & { readonly average?: null },
): SensitivitySpecificity<number[]>;
export function sensitivitySpecificitySupport(
  yTrue: Labels,
  yPred: Labels,
  options: SpecificityOptions = {},
): SensitivitySpecificity<number> | SensitivitySpecificity<number[]> {
  const what = 'sensitivitySpecificitySupport';
  checkOptions(options, SPECIFICITY_OPTIONS, what);
  const r = ratesFor(yTrue, yPred, { ...options, average: options.average ?? null }, what);
  if (r.one) return { sensitivity: r.sensitivity[0]!, specificity: r.specificity[0]!, support: null };
  return { sensitivity: [...r.sensitivity], specificity: [...r.specificity], support: [...r.support] };
}

/**
 * The fraction of positive samples found: TP / (TP + FN), which is recall.
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `average = 'binary'`, `posLabel = 1`, `labels`, `sampleWeight`, `onWarning`.
 * @returns a number, or with `average: null` one per class.
 * @throws ConfigError for more than two classes when `average` is `'binary'`; ShapeError when the lengths differ.
 *
 * @example
 * ```ts
 * import { sensitivityScore } from 'kompakt/metrics';
 * console.log(sensitivityScore([0, 1, 1, 1], [0, 1, 1, 0]).toFixed(4)); // → 0.6667
 * ```
 */
export function sensitivityScore(
  yTrue: Labels,
  yPred: Labels,
  options: SpecificityOptions & { readonly average: null },
): number[];
export function sensitivityScore(yTrue: Labels, yPred: Labels, options?: SpecificityOptions): number;
export function sensitivityScore(yTrue: Labels, yPred: Labels, options: SpecificityOptions = {}): number | number[] {
  checkOptions(options, SPECIFICITY_OPTIONS, 'sensitivityScore');
  const { sensitivity, one } = ratesFor(yTrue, yPred, options, 'sensitivityScore');
  return one ? sensitivity[0]! : [...sensitivity];
}

/**
 * The fraction of negative samples left alone: TN / (TN + FP).
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `average = 'binary'`, `posLabel = 1`, `labels`, `sampleWeight`, `onWarning`.
 * @returns a number, or with `average: null` one per class.
 * @throws ConfigError for more than two classes when `average` is `'binary'`; ShapeError when the lengths differ.
 *
 * @example
 * ```ts
 * import { specificityScore } from 'kompakt/metrics';
 * console.log(specificityScore([0, 0, 1, 1], [0, 1, 1, 0])); // → 0.5
 * ```
 */
export function specificityScore(
  yTrue: Labels,
  yPred: Labels,
  options: SpecificityOptions & { readonly average: null },
): number[];
export function specificityScore(yTrue: Labels, yPred: Labels, options?: SpecificityOptions): number;
export function specificityScore(yTrue: Labels, yPred: Labels, options: SpecificityOptions = {}): number | number[] {
  checkOptions(options, SPECIFICITY_OPTIONS, 'specificityScore');
  const { specificity, one } = ratesFor(yTrue, yPred, options, 'specificityScore');
  return one ? specificity[0]! : [...specificity];
}

/**
 * The mean over classes of the mean absolute error within each: for ordered classes of unequal size.
 *
 * @param yTrue - true classes `[samples]`, numbers.
 * @param yPred - predicted classes `[samples]`.
 * @param options - `sampleWeight`.
 * @throws ConfigError for labels that are no numbers; ShapeError when the lengths differ.
 *
 * Reference: Baccianella, Esuli, Sebastiani 2009, “Evaluation measures for ordinal regression”.
 *
 * @example
 * ```ts
 * import { macroAveragedMeanAbsoluteError } from 'kompakt/metrics';
 * console.log(macroAveragedMeanAbsoluteError([1, 2, 2, 2], [1, 2, 1, 2]).toFixed(4)); // → 0.1667
 * ```
 */
export function macroAveragedMeanAbsoluteError(yTrue: Labels, yPred: Labels, options: WeightOptions = {}): number {
  const what = 'macroAveragedMeanAbsoluteError';
  checkOptions(options, ['sampleWeight'], what);
  const { classes, truth, predicted, weights } = readPair(yTrue, yPred, what, options);
  if (typeof classes[0] === 'string')
    throw new ConfigError(`${what}: labels must be numbers, as they are subtracted; found '${classes[0]}'.`);
  const sums = new Float64Array(classes.length);
  const totals = new Float64Array(classes.length);
  for (let i = 0; i < truth.length; i++) {
    const w = weights === null ? 1 : weights[i]!;
    sums[truth[i]!]! += w * Math.abs(Number(classes[truth[i]!]) - Number(classes[predicted[i]!]));
    totals[truth[i]!]! += w;
  }
  const present = distinctLabels(readLabels(yTrue, what)).length;
  return sums.reduce((sum, s, c) => (totals[c] === 0 ? sum : sum + s / totals[c]!), 0) / present;
}
