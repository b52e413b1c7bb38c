import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import type { Label, Labels } from '../data/labels';
import type { ClassTargets } from './indicator';
import { readColumnNumbers, readRowPair } from './label-rows';
import { readPair, type WeightOptions } from './pair';
import { sumTally, type Tally, tallyClasses, tallyLabels, tallySamples } from './tally';
import { checkOption, UndefinedMetricWarning, type ZeroDivisionOptions, zeroDivisionValue } from './warning';

/** How to sum up classes: the positive one alone, the mean of all, over all samples, weighted by class size, or not at all. */
export type Average = 'binary' | 'macro' | 'micro' | 'weighted' | null;

/** The same, and of samples with several labels: the mean over samples. */
export type LabelAverage = Average | 'samples';

export interface PrecisionRecallOptions extends WeightOptions, ZeroDivisionOptions {
  /** Default `'binary'`, which is not for several labels per sample. */
  readonly average?: LabelAverage | undefined;
  /** The positive class for `average: 'binary'`; 1 by default. */
  readonly posLabel?: Label | undefined;
  /** The classes to count, and their order for `average: null`; by default all that occur, ascending. Of a table: columns. */
  readonly labels?: Labels | null | undefined;
}

export interface FbetaOptions extends PrecisionRecallOptions {
  /** How many times recall matters as much as precision. */
  readonly beta: number;
}

export type PerClass<O> = O & { readonly average: null };

/** Precision, recall, F-score and the number of true samples: of each class, or averaged (then `support` is null). */
export interface PrecisionRecallFscore<T> {
  readonly precision: T;
  readonly recall: T;
  readonly fscore: T;
  readonly support: T extends number ? null : T;
}

export type Kind = 'precision' | 'recall' | 'fscore' | 'jaccard';

export interface Ratios {
  readonly precision: number[];
  readonly recall: number[];
  readonly fscore: number[];
  readonly jaccard: number[];
  readonly support: number[];
}

/** What there is none of where a ratio is not defined. */
const UNDEFINED: Readonly<Record<Kind, string>> = {
  precision: 'predicted',
  recall: 'true',
  fscore: 'true nor predicted',
  jaccard: 'true nor predicted',
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
    const [of, by] = options.average === 'samples' ? ['samples', 'labels'] : ['classes', 'samples'];
    options.onWarning?.(
      new UndefinedMetricWarning(
        `${what}: ${kind} is undefined for ${of} with no ${UNDEFINED[kind]} ${by}; it is counted as 0. Set zeroDivision.`,
      ),
    );
  }
  return numerator.map((n, i) => (denominator[i] === 0 ? instead : n / denominator[i]!));
}

function ratios(
  { right, predicted, support }: Tally,
  wanted: readonly Kind[],
  beta: number,
  options: PrecisionRecallOptions,
  what: string,
): Ratios {
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
  const jaccard = (): number[] =>
    divide(
      right,
      support.map((s, i) => s + predicted[i]! - right[i]!),
      'jaccard',
      options,
      what,
    );
  return {
    precision: want('precision', precision),
    recall: want('recall', recall),
    fscore: want('fscore', fscore),
    jaccard: want('jaccard', jaccard),
    support: [...support],
  };
}

/** Mean of the defined values, weighted if weights that are not all 0 are given. */
export function definedMean(values: readonly number[], weights: ArrayLike<number> | null): number {
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
  if (
    classes.length === 2 &&
    !classes.some((c) => c === posLabel || (typeof c === 'boolean' && Number(c) === posLabel))
  ) {
    throw new ConfigError(
      `${what}: posLabel ${shown(posLabel)} is none of the labels [${classes.join(', ')}]. Set posLabel to the positive one.`,
    );
  }
  return [posLabel];
}

/** What there is to count: of classes, of the labels of a table, or for the average `'samples'` of its samples. */
function countFor(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  average: LabelAverage,
  options: PrecisionRecallOptions,
  what: string,
): { readonly tally: Tally; readonly sampleWeights: Float64Array | null } {
  const rows = readRowPair(yTrue, yPred, what, options);
  if (rows === null) {
    const [t, p] = [yTrue as Labels, yPred as Labels];
    if (average === 'samples') {
      throw new ConfigError(
        `${what}: average 'samples' is for several labels per sample, given as tables of 0 and 1. Use 'macro', 'micro', 'weighted' or null.`,
      );
    }
    const labels = average === 'binary' ? binaryLabels(t, p, options.posLabel ?? 1, what) : options.labels;
    const pair = readPair(t, p, what, { ...options, labels: labels as Labels | null | undefined });
    return { tally: tallyClasses(pair), sampleWeights: pair.weights };
  }
  if (average === 'binary') {
    throw new ConfigError(
      `${what}: samples may have several labels, but average is 'binary'. Set average to 'micro', 'macro', 'weighted', 'samples' or null.`,
    );
  }
  const columns = readColumnNumbers(options.labels, rows.truth, what);
  const tally = average === 'samples' ? tallySamples(rows, columns) : tallyLabels(rows, columns);
  return { tally, sampleWeights: rows.weights };
}

/** The ratios wanted, of each class or averaged. */
export function compute(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  wanted: readonly Kind[],
  beta: number,
  options: PrecisionRecallOptions,
  what: string,
): Ratios & { averaged: boolean } {
  const average = checkOption(
    options.average === undefined ? 'binary' : options.average,
    ['binary', 'macro', 'micro', 'weighted', 'samples', null] as const,
    'average',
    what,
  );
  if (!(beta >= 0)) throw new ConfigError(`${what}: beta must be ≥ 0, got ${shown(beta)}.`);
  zeroDivisionValue(options.zeroDivision, what);
  const { tally, sampleWeights } = countFor(yTrue, yPred, average, options, what);
  const all = ratios(average === 'micro' ? sumTally(tally) : tally, wanted, beta, options, what);
  if (average === null) return { ...all, averaged: false };
  const weights = average === 'weighted' ? all.support : average === 'samples' ? sampleWeights : null;
  const mean = (v: number[]): number[] => (v.length === 0 ? [] : [definedMean(v, weights)]);
  return {
    precision: mean(all.precision),
    recall: mean(all.recall),
    fscore: mean(all.fscore),
    jaccard: mean(all.jaccard),
    support: all.support,
    averaged: true,
  };
}

/** One ratio: a number, or one per class. */
export function one(
  yTrue: ClassTargets,
  yPred: ClassTargets,
  kind: Kind,
  beta: number,
  options: PrecisionRecallOptions,
  what: string,
): number | number[] {
  const result = compute(yTrue, yPred, [kind], beta, options, what);
  return result.averaged ? result[kind][0]! : result[kind];
}
