import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { distinctLabels, type Label, type Labels, readLabels } from '../data/labels';
import { readWeights } from '../data/vector';
import { accumulate, type Cumulative, curveOf, positiveLabel } from './curves';
import { mean, type WeightOptions } from './pair';
import { readClasses, readScores, rowSumError, type Scores, type ScoreTable } from './probabilities';
import { definedMean } from './ratios';
import { checkOption, UndefinedMetricWarning, type WarningOptions } from './warning';

export interface RocAucOptions extends WeightOptions, WarningOptions {
  /** How to sum up several classes; `'macro'` by default. */
  readonly average?: 'macro' | 'micro' | 'weighted' | null | undefined;
  /** Several classes: each against the rest, or each pair. Required for them. */
  readonly multiClass?: 'raise' | 'ovr' | 'ovo' | undefined;
  /** What the columns of `yScore` stand for, ascending; by default the labels that occur. */
  readonly labels?: Labels | null | undefined;
  /** Two classes: only the curve up to this false positive rate, rescaled to 0.5 for chance and 1 for perfection. */
  readonly maxFpr?: number | null | undefined;
}

/** Area under the ROC curve by trapezoids; NaN, told to `onWarning`, when a class is missing. */
function area({ tps, fps }: Cumulative, options: RocAucOptions, what: string): number {
  const n = tps.length;
  const positives = tps[n - 1] ?? 0;
  const negatives = fps[n - 1] ?? 0;
  if (positives === 0 || negatives === 0) {
    options.onWarning?.(
      new UndefinedMetricWarning(`${what}: only one class is present in yTrue; the area is undefined, NaN.`),
    );
    return Number.NaN;
  }
  const limit = options.maxFpr ?? 1;
  let sum = 0;
  let x = 0;
  let y = 0;
  for (let i = 0; i < n; i++) {
    const fpr = fps[i]! / negatives;
    const tpr = tps[i]! / positives;
    if (fpr > limit) {
      const cut = y + ((tpr - y) * (limit - x)) / (fpr - x);
      sum += ((limit - x) * (y + cut)) / 2;
      break;
    }
    sum += ((fpr - x) * (y + tpr)) / 2;
    x = fpr;
    y = tpr;
  }
  if (limit === 1) return sum;
  // McClish 1989: 0.5 for chance, 1 for perfection within the limit.
  const least = 0.5 * limit * limit;
  return 0.5 * (1 + (sum - least) / (limit - least));
}

/**
 * The area under the ROC curve: the probability that a positive sample scores higher than a negative one.
 *
 * @param yTrue - labels `[samples]`. Of two, the greater is the positive one.
 * @param yScore - for two classes scores of the positive one `[samples]`; for more, probabilities `[samples, classes]`,
 * rows summing to 1, and `multiClass`.
 * @param options - `average = 'macro'`, `multiClass`, `labels`, `maxFpr`, `sampleWeight`, `onWarning`. `'ovr'`: each class
 * against the rest (`average: null` for each); `'ovo'`: the mean over pairs of classes, which class sizes do not move.
 * @returns 0 to 1; NaN when `yTrue` has only one class.
 * @throws ConfigError for several classes without `multiClass`, or rows that do not sum to 1; ShapeError for a number of
 * columns that is not that of classes.
 *
 * Reference: Hand & Till 2001, “A simple generalisation of the area under the ROC curve for multiple class problems”.
 *
 * @example
 * ```ts
 * import { rocAucScore } from 'kompakt/metrics';
 * console.log(rocAucScore([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])); // → 0.75
 * ```
 */
export function rocAucScore(
  yTrue: Labels,
  yScore: Scores,
  options: RocAucOptions & { readonly average: null },
): number[];
export function rocAucScore(
  yTrue: Labels,
  yScore: Scores,
  options?: RocAucOptions & { readonly average?: 'macro' | 'micro' | 'weighted' | undefined },
): number;
export function rocAucScore(yTrue: Labels, yScore: Scores, options?: RocAucOptions): number | number[];
export function rocAucScore(yTrue: Labels, yScore: Scores, options: RocAucOptions = {}): number | number[] {
  checkOptions(options, ['average', 'multiClass', 'labels', 'maxFpr', 'onWarning', 'sampleWeight'], 'rocAucScore');
  const what = 'rocAucScore';
  checkOption(
    options.average === undefined ? 'macro' : options.average,
    ['macro', 'micro', 'weighted', null],
    'average',
    what,
  );
  const { maxFpr } = options;
  if (maxFpr !== undefined && maxFpr !== null && !(maxFpr > 0 && maxFpr <= 1)) {
    throw new ConfigError(`${what}: maxFpr must be in (0, 1], got ${shown(maxFpr)}.`);
  }
  const truth = readLabels(yTrue, `${what}: yTrue`);
  const table = readScores(yScore, truth.length, `${what}: yScore`);
  const found = distinctLabels(truth);
  if (found.length > 2 || table.columns > 2) return multiclassArea(yTrue, table, options, what);
  if (table.isTable) {
    throw new ShapeError(
      `${what}: yScore has ${table.columns} columns for two classes. Pass the scores of class ${shown(found.at(-1))} alone, one per sample.`,
    );
  }
  const weights = readWeights(options.sampleWeight, truth.length, what);
  const positive = found.at(-1);
  const isPositive = truth.map((v) => v === positive);
  return area(accumulate(isPositive, table.data, weights), options, what);
}

function multiclassArea(yTrue: Labels, table: ScoreTable, options: RocAucOptions, what: string): number | number[] {
  const multiClass = checkOption(options.multiClass ?? 'raise', ['raise', 'ovr', 'ovo'], 'multiClass', what);
  if (multiClass === 'raise') {
    throw new ConfigError(
      `${what}: there are more than two classes. Set multiClass to 'ovr' (each against the rest) or 'ovo' (each pair).`,
    );
  }
  if (options.maxFpr !== undefined && options.maxFpr !== null && options.maxFpr !== 1) {
    throw new ConfigError(`${what}: maxFpr is for two classes only, got ${shown(options.maxFpr)}. Leave it out.`);
  }
  const { codes, classes } = readClasses(yTrue, options.labels, what);
  if (classes.length !== table.columns) {
    throw new ShapeError(
      `${what}: yScore has ${table.columns} columns for ${classes.length} classes [${classes.join(', ')}]. Give one per class, or set labels.`,
    );
  }
  const error = rowSumError(table);
  if (error > 1e-5)
    throw new ConfigError(
      `${what}: rows of yScore must sum to 1, one is off by ${error}. Pass predictProba, not decision values.`,
    );
  return multiClass === 'ovo' ? pairwise(codes, table, options, what) : oneVersusRest(codes, table, options, what);
}

const columnOf = ({ data, columns }: ScoreTable, c: number): Float64Array =>
  Float64Array.from({ length: data.length / columns }, (_, i) => data[i * columns + c]!);

function oneVersusRest(codes: Int32Array, table: ScoreTable, options: RocAucOptions, what: string): number | number[] {
  const weights = readWeights(options.sampleWeight, codes.length, what);
  return averageColumns(codes, table, weights, options.average, (counts) => area(counts, options, what));
}

/** A figure of each class against the rest, averaged. */
function averageColumns(
  codes: Int32Array,
  table: ScoreTable,
  weights: Float64Array | null,
  average: RocAucOptions['average'],
  figure: (counts: Cumulative) => number,
): number | number[] {
  const k = table.columns;
  if (average === 'micro') {
    const positive = new Uint8Array(table.data.length);
    codes.forEach((c, i) => {
      positive[i * k + c] = 1;
    });
    const spread = weights === null ? null : Float64Array.from(table.data, (_, i) => weights[Math.floor(i / k)]!);
    return figure(accumulate(positive, table.data, spread));
  }
  const all = Array.from({ length: k }, (_, c) =>
    figure(
      accumulate(
        Array.from(codes, (v) => v === c),
        columnOf(table, c),
        weights,
      ),
    ),
  );
  if (average === null) return all;
  if (average !== 'weighted') return mean(all, null);
  const sizes = new Array<number>(k).fill(0);
  codes.forEach((c, i) => {
    sizes[c]! += weights === null ? 1 : weights[i]!;
  });
  return definedMean(all, sizes);
}

function pairwise(codes: Int32Array, table: ScoreTable, options: RocAucOptions, what: string): number {
  if (options.sampleWeight !== undefined && options.sampleWeight !== null) {
    throw new ConfigError(`${what}: sampleWeight is not supported with multiClass 'ovo'. Use 'ovr', or leave it out.`);
  }
  if (options.average === 'micro' || options.average === null) {
    throw new ConfigError(
      `${what}: average must be 'macro' or 'weighted' with multiClass 'ovo', got ${shown(options.average)}.`,
    );
  }
  const k = table.columns;
  // A label that no sample has makes no pairs.
  const present = [...new Set(codes)].sort((a, b) => a - b);
  const areas: number[] = [];
  const prevalence: number[] = [];
  for (const a of present) {
    for (const b of present) {
      if (b <= a) continue;
      const rows = Array.from(codes.keys()).filter((i) => codes[i] === a || codes[i] === b);
      const side = (c: number): number => {
        const scores = Float64Array.from(rows, (i) => table.data[i * k + c]!);
        return area(
          accumulate(
            rows.map((i) => codes[i] === c),
            scores,
            null,
          ),
          options,
          what,
        );
      };
      areas.push((side(a) + side(b)) / 2);
      prevalence.push(rows.length / codes.length);
    }
  }
  return mean(areas, options.average === 'weighted' ? prevalence : null);
}

export interface AveragePrecisionOptions extends WeightOptions, WarningOptions {
  /** How to sum up several classes; `'macro'` by default. */
  readonly average?: 'macro' | 'micro' | 'weighted' | null | undefined;
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
 * @param yTrue - labels `[samples]`.
 * @param yScore - for two classes scores of the positive one `[samples]`; for more, `[samples, classes]`, each class
 * against the rest.
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
  yTrue: Labels,
  yScore: Scores,
  options: AveragePrecisionOptions & { readonly average: null },
): number[];
export function averagePrecisionScore(
  yTrue: Labels,
  yScore: Scores,
  options?: AveragePrecisionOptions & { readonly average?: 'macro' | 'micro' | 'weighted' | undefined },
): number;
export function averagePrecisionScore(
  yTrue: Labels,
  yScore: Scores,
  options?: AveragePrecisionOptions,
): number | number[];
export function averagePrecisionScore(
  yTrue: Labels,
  yScore: Scores,
  options: AveragePrecisionOptions = {},
): number | number[] {
  checkOptions(options, ['average', 'posLabel', 'onWarning', 'sampleWeight'], 'averagePrecisionScore');
  const what = 'averagePrecisionScore';
  const average = options.average === undefined ? 'macro' : options.average;
  checkOption(average, ['macro', 'micro', 'weighted', null], 'average', what);
  const truth = readLabels(yTrue, `${what}: yTrue`);
  const table = readScores(yScore, truth.length, `${what}: yScore`);
  const weights = readWeights(options.sampleWeight, truth.length, what);
  const found = distinctLabels(truth);
  if (found.length <= 2 && !table.isTable) {
    const pos = positiveLabel(truth, options.posLabel, what);
    if (found.length === 2 && !found.includes(pos)) {
      throw new ConfigError(
        `${what}: posLabel ${shown(pos)} is none of the labels [${found.join(', ')}]. Set posLabel to the positive one.`,
      );
    }
    const isPositive = truth.map((v) => v === pos);
    return averagePrecision(accumulate(isPositive, table.data, weights), options, what);
  }
  if (found.length !== table.columns) {
    throw new ShapeError(
      `${what}: yScore has ${table.columns} columns for ${found.length} classes [${found.join(', ')}]. Give one per class.`,
    );
  }
  const { codes } = readClasses(yTrue, null, what);
  return averageColumns(codes, table, weights, average, (counts) => averagePrecision(counts, options, what));
}
