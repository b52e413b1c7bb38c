import { ConfigError } from '../core/errors';
import type { Label, Labels } from '../data/labels';
import { countPairs, type Pair, readPair, type WeightOptions } from './pair';
import { checkOption, UndefinedMetricWarning, type ZeroDivisionOptions, zeroDivisionValue } from './warning';

/** How to sum up classes: the positive one alone, the mean of all, over all samples, weighted by class size, or not at all. */
export type Average = 'binary' | 'macro' | 'micro' | 'weighted' | null;

export interface PrecisionRecallOptions extends WeightOptions, ZeroDivisionOptions {
  /** Default `'binary'`. */
  readonly average?: Average | undefined;
  /** The positive class for `average: 'binary'`; 1 by default. */
  readonly posLabel?: Label | undefined;
  /** The classes to count, and their order for `average: null`; by default all that occur, ascending. */
  readonly labels?: Labels | null | undefined;
}

export interface FbetaOptions extends PrecisionRecallOptions {
  /** How many times recall matters as much as precision. */
  readonly beta: number;
}

type PerClass<O> = O & { readonly average: null };

/** Precision, recall, F-score and the number of true samples: of each class, or averaged (then `support` is null). */
export interface PrecisionRecallFscore<T> {
  readonly precision: T;
  readonly recall: T;
  readonly fscore: T;
  readonly support: T extends number ? null : T;
}

type Kind = 'precision' | 'recall' | 'fscore';

interface Ratios {
  readonly precision: number[];
  readonly recall: number[];
  readonly fscore: number[];
  readonly support: number[];
}

const UNDEFINED: Readonly<Record<Kind, string>> = {
  precision: 'no predicted samples',
  recall: 'no true samples',
  fscore: 'no true nor predicted samples',
};

/** A ratio per class, with what division by zero counts as; tells `onWarning` once when it had to. */
function divide(
  numerator: readonly number[],
  denominator: readonly number[],
  kind: Kind,
  options: PrecisionRecallOptions,
  what: string,
): number[] {
  const instead = zeroDivisionValue(options.zeroDivision, what);
  const warns = options.zeroDivision === undefined || options.zeroDivision === 'warn';
  if (warns && denominator.includes(0)) {
    options.onWarning?.(
      new UndefinedMetricWarning(`${what}: ${kind} is undefined for classes with ${UNDEFINED[kind]}; it is counted as 0. Set zeroDivision.`),
    );
  }
  return numerator.map((n, i) => (denominator[i] === 0 ? instead : n / denominator[i]!));
}

function ratios(pair: Pair, wanted: readonly Kind[], beta: number, micro: boolean, options: PrecisionRecallOptions, what: string): Ratios {
  const counts = countPairs(pair);
  const k = pair.classes.length;
  let right: number[] = [];
  let predicted: number[] = [];
  let support: number[] = [];
  for (let i = 0; i < pair.selected; i++) {
    right.push(counts[i * k + i]!);
    let row = 0;
    let column = 0;
    for (let j = 0; j < k; j++) {
      row += counts[i * k + j]!;
      column += counts[j * k + i]!;
    }
    support.push(row);
    predicted.push(column);
  }
  if (micro) [right, predicted, support] = [right, predicted, support].map((v) => [v.reduce((a, b) => a + b, 0)]) as [number[], number[], number[]];
  const want = (kind: Kind, f: () => number[]): number[] => (wanted.includes(kind) ? f() : []);
  const precision = (): number[] => divide(right, predicted, 'precision', options, what);
  const recall = (): number[] => divide(right, support, 'recall', options, what);
  const fscore = (): number[] => {
    if (beta === Number.POSITIVE_INFINITY) return recall();
    const b = beta * beta;
    return divide(
      right.map((t) => (1 + b) * t),
      support.map((s, i) => b * s + predicted[i]!),
      'fscore',
      options,
      what,
    );
  };
  return { precision: want('precision', precision), recall: want('recall', recall), fscore: want('fscore', fscore), support };
}

/** Mean of the defined values, weighted if weights that are not all 0 are given. */
export function definedMean(values: readonly number[], weights: readonly number[] | null): number {
  let sum = 0;
  let total = 0;
  let plain = 0;
  let count = 0;
  values.forEach((v, i) => {
    if (Number.isNaN(v)) return;
    const w = weights === null ? 1 : weights[i]!;
    sum += w * v;
    total += w;
    plain += v;
    count++;
  });
  if (count === 0) return Number.NaN;
  return total === 0 ? plain / count : sum / total;
}

function binaryLabels(yTrue: Labels, yPred: Labels, posLabel: Label, what: string): Label[] {
  const { classes } = readPair(yTrue, yPred, what);
  if (classes.length > 2) {
    throw new ConfigError(
      `${what}: the labels have ${classes.length} classes, but average is 'binary'. Set average to 'macro', 'micro', 'weighted' or null.`,
    );
  }
  if (!classes.includes(posLabel) && classes.length === 2) {
    throw new ConfigError(`${what}: posLabel ${String(posLabel)} is none of the labels [${classes.join(', ')}]. Set posLabel to the positive one.`);
  }
  return [posLabel];
}

function compute(yTrue: Labels, yPred: Labels, wanted: readonly Kind[], beta: number, options: PrecisionRecallOptions, what: string): Ratios & { averaged: boolean } {
  const average = checkOption(options.average === undefined ? 'binary' : options.average, ['binary', 'macro', 'micro', 'weighted', null], 'average', what);
  if (!(beta >= 0)) throw new ConfigError(`${what}: beta must be ≥ 0, got ${String(beta)}.`);
  zeroDivisionValue(options.zeroDivision, what);
  const labels = average === 'binary' ? binaryLabels(yTrue, yPred, options.posLabel ?? 1, what) : options.labels;
  const pair = readPair(yTrue, yPred, what, { ...options, labels: labels as Labels | null | undefined });
  const all = ratios(pair, wanted, beta, average === 'micro', options, what);
  if (average === null) return { ...all, averaged: false };
  const weights = average === 'weighted' ? all.support : null;
  const mean = (v: number[]): number[] => (v.length === 0 ? [] : [definedMean(v, weights)]);
  return { precision: mean(all.precision), recall: mean(all.recall), fscore: mean(all.fscore), support: all.support, averaged: true };
}

function one(yTrue: Labels, yPred: Labels, kind: Kind, beta: number, options: PrecisionRecallOptions, what: string): number | number[] {
  const result = compute(yTrue, yPred, [kind], beta, options, what);
  return result.averaged ? result[kind][0]! : result[kind];
}

/**
 * Of the samples predicted positive, the fraction that is: tp / (tp + fp).
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `average = 'binary'`, `posLabel = 1`, `labels`, `zeroDivision = 'warn'` (0), `sampleWeight`, `onWarning`.
 * @returns a number, or with `average: null` one per class.
 * @throws ConfigError for several classes with `average: 'binary'`, or when `posLabel` is none of two.
 *
 * @example
 * ```ts
 * import { precisionScore } from 'kompakt/metrics';
 * console.log(precisionScore([0, 1, 1, 0], [0, 1, 1, 1]).toFixed(3)); // → 0.667
 * ```
 */
export function precisionScore(yTrue: Labels, yPred: Labels, options: PerClass<PrecisionRecallOptions>): number[];
export function precisionScore(yTrue: Labels, yPred: Labels, options?: PrecisionRecallOptions & { readonly average?: Exclude<Average, null> | undefined }): number;
export function precisionScore(yTrue: Labels, yPred: Labels, options?: PrecisionRecallOptions): number | number[];
export function precisionScore(yTrue: Labels, yPred: Labels, options: PrecisionRecallOptions = {}): number | number[] {
  return one(yTrue, yPred, 'precision', 1, options, 'precisionScore');
}

/**
 * Of the positive samples, the fraction found: tp / (tp + fn).
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `average = 'binary'`, `posLabel = 1`, `labels`, `zeroDivision = 'warn'` (0), `sampleWeight`, `onWarning`.
 * @returns a number, or with `average: null` one per class.
 * @throws ConfigError for several classes with `average: 'binary'`, or when `posLabel` is none of two.
 *
 * @example
 * ```ts
 * import { recallScore } from 'kompakt/metrics';
 * console.log(recallScore([0, 1, 1, 0], [0, 1, 0, 1])); // → 0.5
 * ```
 */
export function recallScore(yTrue: Labels, yPred: Labels, options: PerClass<PrecisionRecallOptions>): number[];
export function recallScore(yTrue: Labels, yPred: Labels, options?: PrecisionRecallOptions & { readonly average?: Exclude<Average, null> | undefined }): number;
export function recallScore(yTrue: Labels, yPred: Labels, options?: PrecisionRecallOptions): number | number[];
export function recallScore(yTrue: Labels, yPred: Labels, options: PrecisionRecallOptions = {}): number | number[] {
  return one(yTrue, yPred, 'recall', 1, options, 'recallScore');
}

/**
 * The harmonic mean of precision and recall: 2tp / (2tp + fp + fn).
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `average = 'binary'`, `posLabel = 1`, `labels`, `zeroDivision = 'warn'` (0), `sampleWeight`, `onWarning`.
 * @returns a number, or with `average: null` one per class.
 * @throws ConfigError for several classes with `average: 'binary'`, or when `posLabel` is none of two.
 *
 * @example
 * ```ts
 * import { f1Score } from 'kompakt/metrics';
 * console.log(f1Score([0, 1, 2, 2], [0, 1, 2, 2], { average: 'macro' })); // → 1
 * ```
 */
export function f1Score(yTrue: Labels, yPred: Labels, options: PerClass<PrecisionRecallOptions>): number[];
export function f1Score(yTrue: Labels, yPred: Labels, options?: PrecisionRecallOptions & { readonly average?: Exclude<Average, null> | undefined }): number;
export function f1Score(yTrue: Labels, yPred: Labels, options?: PrecisionRecallOptions): number | number[];
export function f1Score(yTrue: Labels, yPred: Labels, options: PrecisionRecallOptions = {}): number | number[] {
  return one(yTrue, yPred, 'fscore', 1, options, 'f1Score');
}

/**
 * Precision and recall in one, recall counting β times as much: (1 + β²)tp / ((1 + β²)tp + fp + β²fn).
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
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
export function fbetaScore(yTrue: Labels, yPred: Labels, options: PerClass<FbetaOptions>): number[];
export function fbetaScore(yTrue: Labels, yPred: Labels, options: FbetaOptions & { readonly average?: Exclude<Average, null> | undefined }): number;
export function fbetaScore(yTrue: Labels, yPred: Labels, options: FbetaOptions): number | number[];
export function fbetaScore(yTrue: Labels, yPred: Labels, options: FbetaOptions): number | number[] {
  return one(yTrue, yPred, 'fscore', options?.beta, options ?? {}, 'fbetaScore');
}

/**
 * Precision, recall, F-score and support at once.
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
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
  yTrue: Labels,
  yPred: Labels,
  options: PrecisionRecallOptions & { readonly average: Exclude<Average, null>; readonly beta?: number | undefined },
): PrecisionRecallFscore<number>;
export function precisionRecallFscoreSupport(
  yTrue: Labels,
  yPred: Labels,
  options?: PrecisionRecallOptions & { readonly average?: null; readonly beta?: number | undefined },
): PrecisionRecallFscore<number[]>;
export function precisionRecallFscoreSupport(
  yTrue: Labels,
  yPred: Labels,
  options: PrecisionRecallOptions & { readonly beta?: number | undefined } = {},
): PrecisionRecallFscore<number> | PrecisionRecallFscore<number[]> {
  const kinds: readonly Kind[] = ['precision', 'recall', 'fscore'];
  const average = options.average ?? null;
  const r = compute(yTrue, yPred, kinds, options.beta ?? 1, { ...options, average }, 'precisionRecallFscoreSupport');
  if (!r.averaged) return { precision: r.precision, recall: r.recall, fscore: r.fscore, support: r.support };
  return { precision: r.precision[0]!, recall: r.recall[0]!, fscore: r.fscore[0]!, support: null };
}
