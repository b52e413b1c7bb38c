import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { type Labels, readLabels } from '../data/labels';
import { readWeights } from '../data/vector';
import { type AccuracyOptions, accuracyScore } from './accuracy';
import { countPairs, mean, readPair, type WeightOptions } from './pair';
import { readClasses, readScores, type Scores } from './probabilities';
import { one, type PerClass, type PrecisionRecallOptions } from './ratios';
import { UndefinedMetricWarning, type WarningOptions } from './warning';

const RATIO = ['average', 'posLabel', 'labels', 'zeroDivision', 'onWarning', 'sampleWeight'];

/**
 * The overlap of true and predicted samples of a class: |both| / |either| = TP / (TP + FP + FN).
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `average = 'binary'`, `posLabel = 1`, `labels`, `zeroDivision = 'warn'`, `sampleWeight`, `onWarning`.
 * @returns a number, or with `average: null` one per class.
 * @throws ConfigError for more than two classes when `average` is `'binary'`; ShapeError when the lengths differ.
 *
 * Reference: Jaccard 1912, “The distribution of the flora in the alpine zone”.
 *
 * @example
 * ```ts
 * import { jaccardScore } from 'kompakt/metrics';
 * console.log(jaccardScore([0, 1, 1, 1], [0, 1, 0, 1]).toFixed(4)); // → 0.6667
 * ```
 */
export function jaccardScore(yTrue: Labels, yPred: Labels, options: PerClass<PrecisionRecallOptions>): number[];
export function jaccardScore(yTrue: Labels, yPred: Labels, options?: PrecisionRecallOptions): number;
export function jaccardScore(yTrue: Labels, yPred: Labels, options: PrecisionRecallOptions = {}): number | number[] {
  checkOptions(options, RATIO, 'jaccardScore');
  return one(yTrue, yPred, 'jaccard', 1, options, 'jaccardScore');
}

/**
 * The fraction of labels predicted wrong: 1 − accuracy.
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `normalize = true` (false: their number or weight), `sampleWeight`.
 * @throws ShapeError when the lengths differ.
 *
 * @example
 * ```ts
 * import { zeroOneLoss } from 'kompakt/metrics';
 * console.log(zeroOneLoss([1, 2, 3, 4], [2, 2, 3, 4])); // → 0.25
 * ```
 */
export function zeroOneLoss(yTrue: Labels, yPred: Labels, options: AccuracyOptions = {}): number {
  checkOptions(options, ['normalize', 'sampleWeight'], 'zeroOneLoss');
  const score = accuracyScore(yTrue, yPred, options);
  if (options.normalize !== false) return 1 - score;
  const n = readLabels(yTrue, 'zeroOneLoss: yTrue').length;
  const weights = readWeights(options.sampleWeight, n, 'zeroOneLoss');
  return (weights === null ? n : weights.reduce((a, b) => a + b, 0)) - score;
}

/**
 * The fraction of labels that differ. For one label per sample the same as {@link zeroOneLoss}.
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `sampleWeight`.
 * @throws ShapeError when the lengths differ.
 *
 * @example
 * ```ts
 * import { hammingLoss } from 'kompakt/metrics';
 * console.log(hammingLoss([1, 2, 3, 4], [2, 2, 3, 4])); // → 0.25
 * ```
 */
export function hammingLoss(yTrue: Labels, yPred: Labels, options: WeightOptions = {}): number {
  checkOptions(options, ['sampleWeight'], 'hammingLoss');
  return 1 - accuracyScore(yTrue, yPred, options);
}

export interface ConfusionByClassOptions extends WeightOptions {
  /** The classes and their order; by default all that occur, ascending. */
  readonly labels?: Labels | null | undefined;
}

/**
 * The confusion of each class with the rest.
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `labels`, `sampleWeight`.
 * @returns `[classes][2][2]`: `[[TN, FP], [FN, TP]]` of each class.
 * @throws ShapeError when the lengths differ.
 *
 * @example
 * ```ts
 * import { multilabelConfusionMatrix } from 'kompakt/metrics';
 * console.log(multilabelConfusionMatrix([0, 1, 1], [0, 1, 0])[1]); // → [ [ 1, 0 ], [ 1, 1 ] ]
 * ```
 */
export function multilabelConfusionMatrix(
  yTrue: Labels,
  yPred: Labels,
  options: ConfusionByClassOptions = {},
): number[][][] {
  const what = 'multilabelConfusionMatrix';
  checkOptions(options, ['labels', 'sampleWeight'], what);
  const pair = readPair(yTrue, yPred, what, options);
  const counts = countPairs(pair);
  const k = pair.classes.length;
  const total = counts.reduce((a, b) => a + b, 0);
  return Array.from({ length: pair.selected }, (_, c) => {
    const tp = counts[c * k + c]!;
    let truth = 0;
    let predicted = 0;
    for (let j = 0; j < k; j++) {
      truth += counts[c * k + j]!;
      predicted += counts[j * k + c]!;
    }
    return [
      [total - truth - predicted + tp, predicted - tp],
      [truth - tp, tp],
    ];
  });
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

export interface HingeOptions extends WeightOptions {
  /** What the columns stand for, ascending; by default the labels that occur in `yTrue`. */
  readonly labels?: Labels | null | undefined;
}

/**
 * The mean hinge loss of decision values: max(0, 1 − y·z) for two classes, y = ±1; for several max(0, 1 − (z_true − the
 * greatest other z)).
 *
 * @param yTrue - labels `[samples]`; of two, the greater is the positive one.
 * @param predDecision - decision values `[samples]`, or `[samples, classes]` for more than two.
 * @param options - `labels`, `sampleWeight`.
 * @throws ShapeError when the columns are not as many as classes.
 *
 * Reference: Crammer & Singer 2001, “On the algorithmic implementation of multiclass kernel-based vector machines”.
 *
 * @example
 * ```ts
 * import { hingeLoss } from 'kompakt/metrics';
 * console.log(hingeLoss([-1, 1, 1], [-2.5, 2, 0.5]).toFixed(4)); // → 0.1667
 * ```
 */
export function hingeLoss(yTrue: Labels, predDecision: Scores, options: HingeOptions = {}): number {
  const what = 'hingeLoss';
  checkOptions(options, ['labels', 'sampleWeight'], what);
  const { codes, classes } = readClasses(yTrue, options.labels, what);
  const table = readScores(predDecision, codes.length, `${what}: predDecision`);
  const weights = readWeights(options.sampleWeight, codes.length, what);
  if (classes.length <= 2 && !table.isTable) {
    const top = classes.length - 1;
    const losses = table.data.map((z, i) => Math.max(0, 1 - (codes[i] === top ? z : -z)));
    return mean(losses, weights);
  }
  const k = table.columns;
  if (k !== classes.length) {
    throw new ShapeError(
      `${what}: predDecision has ${k} columns for ${classes.length} classes [${classes.join(', ')}]. Give one per class, or set labels.`,
    );
  }
  const losses = Float64Array.from(codes, (c, i) => {
    let rival = Number.NEGATIVE_INFINITY;
    for (let j = 0; j < k; j++) if (j !== c) rival = Math.max(rival, table.data[i * k + j]!);
    return Math.max(0, 1 - (table.data[i * k + c]! - rival));
  });
  return mean(losses, weights);
}

export interface TopKOptions extends WeightOptions {
  /** How many of the highest scores count; 2 by default. */
  readonly k?: number | undefined;
  /** The fraction (default), or with false the number or weight. */
  readonly normalize?: boolean | undefined;
  /** What the columns stand for, ascending; by default the labels that occur in `yTrue`. */
  readonly labels?: Labels | null | undefined;
}

/**
 * The fraction of samples whose true class is among the k with the highest scores. Of equal scores the later class ranks
 * higher.
 *
 * @param yTrue - labels `[samples]`.
 * @param yScore - scores `[samples, classes]`, columns by ascending label; for two classes also the scores of the greater
 * `[samples]`, positive above 0.5 where all lie in [0, 1], else above 0.
 * @param options - `k = 2`, `normalize = true`, `labels`, `sampleWeight`.
 * @throws ConfigError for a k that is no positive integer; ShapeError when the columns are not as many as classes.
 *
 * @example
 * ```ts
 * import { topKAccuracyScore } from 'kompakt/metrics';
 * const scores = [[0.5, 0.2, 0.2], [0.3, 0.4, 0.2], [0.2, 0.4, 0.3], [0.7, 0.2, 0.1]];
 * console.log(topKAccuracyScore([0, 1, 2, 2], scores, { k: 2 })); // → 0.75
 * ```
 */
export function topKAccuracyScore(yTrue: Labels, yScore: Scores, options: TopKOptions = {}): number {
  const what = 'topKAccuracyScore';
  checkOptions(options, ['k', 'normalize', 'labels', 'sampleWeight'], what);
  const { k = 2 } = options;
  if (!Number.isInteger(k) || k < 1) throw new ConfigError(`${what}: k must be an integer ≥ 1, got ${shown(k)}.`);
  const { codes, classes } = readClasses(yTrue, options.labels, what);
  const table = readScores(yScore, codes.length, `${what}: yScore`);
  const width = table.columns;
  if (width !== classes.length && !(width === 1 && classes.length === 2)) {
    throw new ShapeError(
      `${what}: yScore has ${width} columns for ${classes.length} classes [${classes.join(', ')}]. Give one per class, or set labels.`,
    );
  }
  const areProbabilities = width === 1 && table.data.every((s) => s >= 0 && s <= 1);
  const isHit = (c: number, i: number): boolean => {
    if (width === 1) {
      const isPositive = table.data[i]! > (areProbabilities ? 0.5 : 0);
      return k >= 2 || isPositive === (c === 1);
    }
    const own = table.data[i * width + c]!;
    let above = 0;
    for (let j = 0; j < width; j++) {
      const other = table.data[i * width + j]!;
      if (other > own || (other === own && j > c)) above++;
    }
    return above < k;
  };
  const hits = Float64Array.from(codes, (c, i) => Number(isHit(c, i)));
  const weights = readWeights(options.sampleWeight, codes.length, what);
  if (options.normalize !== false) return mean(hits, weights);
  return hits.reduce((sum, h, i) => sum + h * (weights === null ? 1 : weights[i]!), 0);
}
