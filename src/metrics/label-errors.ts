import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { countRows, type Rows } from '../data/rows';
import { readWeights } from '../data/vector';
import { type AccuracyOptions, accuracyScore } from './accuracy';
import type { ClassTargets } from './indicator';
import { readRowPair } from './label-rows';
import { mean, type WeightOptions } from './pair';
import { readClasses, readScores, type Scores } from './probabilities';
import { one, type PerClass, type PrecisionRecallOptions } from './ratios';
import { tallySamples } from './tally';

const RATIO = ['average', 'posLabel', 'labels', 'zeroDivision', 'onWarning', 'sampleWeight'];

/**
 * The overlap of true and predicted samples of a class: |both| / |either| = TP / (TP + FP + FN).
 *
 * @param yTrue - true labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yPred - predicted labels, likewise.
 * @param options - `average = 'binary'`, `posLabel = 1`, `labels`, `zeroDivision = 'warn'`, `sampleWeight`, `onWarning`.
 * @returns a number, or with `average: null` one per class.
 * @throws ConfigError for more than two classes when `average` is `'binary'`; ShapeError when the shapes differ.
 *
 * Reference: Jaccard 1912, “The distribution of the flora in the alpine zone”.
 *
 * @example
 * ```ts
 * import { jaccardScore } from 'kompakt/metrics';
 * console.log(jaccardScore([0, 1, 1, 1], [0, 1, 0, 1]).toFixed(4)); // → 0.6667
 * ```
 */
export function jaccardScore(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: PerClass<PrecisionRecallOptions>,
): number[];
export function jaccardScore(yTrue: ClassTargets, yPred: ClassTargets, options?: PrecisionRecallOptions): number;
export function jaccardScore(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: PrecisionRecallOptions = {},
): number | number[] {
  checkOptions(options, RATIO, 'jaccardScore');
  return one(yTrue, yPred, 'jaccard', 1, options, 'jaccardScore');
}

/**
 * The fraction of labels predicted wrong: 1 − accuracy. Where samples may have several labels, a sample is wrong if any is.
 *
 * @param yTrue - true labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yPred - predicted labels, likewise.
 * @param options - `normalize = true` (false: their number or weight), `sampleWeight`.
 * @throws ShapeError when the shapes differ, or only one of both is a table; ConfigError for a table of other values.
 *
 * @example
 * ```ts
 * import { zeroOneLoss } from 'kompakt/metrics';
 * console.log(zeroOneLoss([1, 2, 3, 4], [2, 2, 3, 4])); // → 0.25
 * ```
 */
export function zeroOneLoss(yTrue: ClassTargets, yPred: ClassTargets, options: AccuracyOptions = {}): number {
  checkOptions(options, ['normalize', 'sampleWeight'], 'zeroOneLoss');
  const score = accuracyScore(yTrue, yPred, options);
  if (options.normalize !== false) return 1 - score;
  const n = countRows(yTrue as Rows, 'zeroOneLoss: yTrue');
  const weights = readWeights(options.sampleWeight, n, 'zeroOneLoss');
  return (weights === null ? n : weights.reduce((a, b) => a + b, 0)) - score;
}

/**
 * The fraction of labels that differ. For one label per sample the same as {@link zeroOneLoss}; where samples may have
 * several, the labels that one of truth and prediction has and the other has not, of all samples × labels.
 *
 * @param yTrue - true labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yPred - predicted labels, likewise.
 * @param options - `sampleWeight`.
 * @throws ShapeError when the shapes differ, or only one of both is a table; ConfigError for a table of other values.
 *
 * Reference: Tsoumakas & Katakis 2007, “Multi-label classification: an overview”.
 *
 * @example
 * ```ts
 * import { hammingLoss } from 'kompakt/metrics';
 * console.log(hammingLoss([1, 2, 3, 4], [2, 2, 3, 4])); // → 0.25
 * console.log(hammingLoss([[0, 1], [1, 1]], [[0, 0], [1, 1]])); // → 0.25
 * ```
 */
export function hammingLoss(yTrue: ClassTargets, yPred: ClassTargets, options: WeightOptions = {}): number {
  checkOptions(options, ['sampleWeight'], 'hammingLoss');
  const rows = readRowPair(yTrue, yPred, 'hammingLoss', options);
  if (rows === null) return 1 - accuracyScore(yTrue, yPred, options);
  const { right, predicted, support } = tallySamples({ ...rows, weights: null }, null);
  const differ = right.map((n, i) => (predicted[i]! + support[i]! - 2 * n) / rows.truth.labels);
  return mean(differ, rows.weights);
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
