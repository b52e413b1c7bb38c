import { checkOptions } from '../core/options';
import type { ClassTargets } from './indicator';
import {
  compute,
  type FbetaOptions,
  type Kind,
  type LabelAverage,
  one,
  type PerClass,
  type PrecisionRecallFscore,
  type PrecisionRecallOptions,
} from './ratios';

/**
 * Of the samples predicted positive, the fraction that is: tp / (tp + fp).
 *
 * @param yTrue - true labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yPred - predicted labels, likewise.
 * @param options - `average = 'binary'`, `posLabel = 1`, `labels`, `zeroDivision = 'warn'` (0), `sampleWeight`, `onWarning`.
 * @returns a number, or with `average: null` one per class.
 * @throws ConfigError for several classes with `average: 'binary'`, or when `posLabel` is none of two; ShapeError when the
 * shapes differ.
 *
 * @example
 * ```ts
 * import { precisionScore } from 'kompakt/metrics';
 * console.log(precisionScore([0, 1, 1, 0], [0, 1, 1, 1]).toFixed(3)); // → 0.667
 * ```
 */
export function precisionScore(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: PerClass<PrecisionRecallOptions>,
): number[];
export function precisionScore(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options?: PrecisionRecallOptions & { readonly average?: Exclude<LabelAverage, null> | undefined },
): number;
export function precisionScore(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options?: PrecisionRecallOptions,
): number | number[];
export function precisionScore(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: PrecisionRecallOptions = {},
): number | number[] {
  checkOptions(
    options,
    ['average', 'posLabel', 'labels', 'zeroDivision', 'onWarning', 'sampleWeight'],
    'precisionScore',
  );
  return one(yTrue, yPred, 'precision', 1, options, 'precisionScore');
}

/**
 * Of the positive samples, the fraction found: tp / (tp + fn).
 *
 * @param yTrue - true labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yPred - predicted labels, likewise.
 * @param options - `average = 'binary'`, `posLabel = 1`, `labels`, `zeroDivision = 'warn'` (0), `sampleWeight`, `onWarning`.
 * @returns a number, or with `average: null` one per class.
 * @throws ConfigError for several classes with `average: 'binary'`, or when `posLabel` is none of two; ShapeError when the
 * shapes differ.
 *
 * @example
 * ```ts
 * import { recallScore } from 'kompakt/metrics';
 * console.log(recallScore([0, 1, 1, 0], [0, 1, 0, 1])); // → 0.5
 * ```
 */
export function recallScore(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: PerClass<PrecisionRecallOptions>,
): number[];
export function recallScore(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options?: PrecisionRecallOptions & { readonly average?: Exclude<LabelAverage, null> | undefined },
): number;
export function recallScore(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options?: PrecisionRecallOptions,
): number | number[];
export function recallScore(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: PrecisionRecallOptions = {},
): number | number[] {
  checkOptions(options, ['average', 'posLabel', 'labels', 'zeroDivision', 'onWarning', 'sampleWeight'], 'recallScore');
  return one(yTrue, yPred, 'recall', 1, options, 'recallScore');
}

/**
 * The harmonic mean of precision and recall: 2tp / (2tp + fp + fn).
 *
 * @param yTrue - true labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yPred - predicted labels, likewise.
 * @param options - `average = 'binary'`, `posLabel = 1`, `labels`, `zeroDivision = 'warn'` (0), `sampleWeight`, `onWarning`.
 * @returns a number, or with `average: null` one per class.
 * @throws ConfigError for several classes with `average: 'binary'`, or when `posLabel` is none of two; ShapeError when the
 * shapes differ.
 *
 * @example
 * ```ts
 * import { f1Score } from 'kompakt/metrics';
 * console.log(f1Score([0, 1, 2, 2], [0, 1, 2, 2], { average: 'macro' })); // → 1
 * ```
 */
export function f1Score(yTrue: ClassTargets, yPred: ClassTargets, options: PerClass<PrecisionRecallOptions>): number[];
export function f1Score(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options?: PrecisionRecallOptions & { readonly average?: Exclude<LabelAverage, null> | undefined },
): number;
export function f1Score(yTrue: ClassTargets, yPred: ClassTargets, options?: PrecisionRecallOptions): number | number[];
export function f1Score(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: PrecisionRecallOptions = {},
): number | number[] {
  checkOptions(options, ['average', 'posLabel', 'labels', 'zeroDivision', 'onWarning', 'sampleWeight'], 'f1Score');
  return one(yTrue, yPred, 'fscore', 1, options, 'f1Score');
}

/**
 * Precision and recall in one, recall counting β times as much: (1 + β²)tp / ((1 + β²)tp + fp + β²fn).
 *
 * @param yTrue - true labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yPred - predicted labels, likewise.
 * @param options - `beta` (required), `average = 'binary'`, `posLabel = 1`, `labels`, `zeroDivision = 'warn'` (0), `sampleWeight`.
 * @returns a number, or with `average: null` one per class.
 * @throws ConfigError for a negative or missing `beta`, and as {@link f1Score}.
 *
 * Reference: van Rijsbergen 1979, “Information Retrieval”.
 *
 * @example
 * ```ts
 * import { fbetaScore } from 'kompakt/metrics';
 * console.log(fbetaScore([1, 1, 0], [1, 0, 0], { beta: 2 }).toFixed(4)); // → 0.5556
 * ```
 */
export function fbetaScore(yTrue: ClassTargets, yPred: ClassTargets, options: PerClass<FbetaOptions>): number[];
export function fbetaScore(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: FbetaOptions & { readonly average?: Exclude<LabelAverage, null> | undefined },
): number;
export function fbetaScore(yTrue: ClassTargets, yPred: ClassTargets, options: FbetaOptions): number | number[];
export function fbetaScore(yTrue: ClassTargets, yPred: ClassTargets, options: FbetaOptions): number | number[] {
  checkOptions(
    options,
    ['beta', 'average', 'posLabel', 'labels', 'zeroDivision', 'onWarning', 'sampleWeight'],
    'fbetaScore',
  );
  return one(yTrue, yPred, 'fscore', options?.beta, options ?? {}, 'fbetaScore');
}

/**
 * Precision, recall, F-score and support at once.
 *
 * @param yTrue - true labels `[samples]`; where samples may have several, `[samples, labels]` of 0 and 1.
 * @param yPred - predicted labels, likewise.
 * @param options - `average = null` (per class), `beta = 1`, `posLabel = 1`, `labels`, `zeroDivision`, `sampleWeight`.
 * @returns one value per class each; numbers, and `support: null`, when averaged.
 * @throws ConfigError as {@link f1Score}.
 *
 * @example
 * ```ts
 * import { precisionRecallFscoreSupport } from 'kompakt/metrics';
 * console.log(precisionRecallFscoreSupport([0, 1, 1], [0, 1, 0]).support); // → [ 1, 2 ]
 * ```
 */
export function precisionRecallFscoreSupport(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: PrecisionRecallOptions & {
    readonly average: Exclude<LabelAverage, null>;
    readonly beta?: number | undefined;
  },
): PrecisionRecallFscore<number>;
export function precisionRecallFscoreSupport(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options?: PrecisionRecallOptions & { readonly average?: null; readonly beta?: number | undefined },
): PrecisionRecallFscore<number[]>;
export function precisionRecallFscoreSupport(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  options: PrecisionRecallOptions & { readonly beta?: number | undefined } = {},
): PrecisionRecallFscore<number> | PrecisionRecallFscore<number[]> {
  checkOptions(
    options,
    ['beta', 'average', 'posLabel', 'labels', 'zeroDivision', 'onWarning', 'sampleWeight'],
    'precisionRecallFscoreSupport',
  );
  const kinds: readonly Kind[] = ['precision', 'recall', 'fscore'];
  const average = options.average ?? null;
  const r = compute(yTrue, yPred, kinds, options.beta ?? 1, { ...options, average }, 'precisionRecallFscoreSupport');
  if (!r.averaged) return { precision: r.precision, recall: r.recall, fscore: r.fscore, support: r.support };
  return { precision: r.precision[0]!, recall: r.recall[0]!, fscore: r.fscore[0]!, support: null };
}
