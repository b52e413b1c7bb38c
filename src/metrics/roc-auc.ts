import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { distinctLabels, type Labels, readLabels } from '../data/labels';
import { readWeights } from '../data/vector';
import { accumulate, type Cumulative } from './curves';
import { type ClassTargets, isIndicator } from './indicator';
import { oneHotRows } from './label-rows';
import { checkAverage, overLabels, readRanked, type TableAverage } from './over-labels';
import { mean, type WeightOptions } from './pair';
import { readClasses, readScores, rowSumError, type Scores, type ScoreTable } from './probabilities';
import { checkOption, UndefinedMetricWarning, type WarningOptions } from './warning';

export interface RocAucOptions extends WeightOptions, WarningOptions {
  /** How to sum up several classes or labels; `'macro'` by default. */
  readonly average?: TableAverage | undefined;
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
 * @param yTrue - labels `[samples]`, of two the greater is the positive one; where samples may have several labels,
 * `[samples, labels]` of 0 and 1.
 * @param yScore - for two classes scores of the positive one `[samples]`; for more, probabilities `[samples, classes]`,
 * rows summing to 1, and `multiClass`; for several labels scores `[samples, labels]`.
 * @param options - `average = 'macro'`, `multiClass`, `labels`, `maxFpr`, `sampleWeight`, `onWarning`. `'ovr'`: each class
 * against the rest (`average: null` for each); `'ovo'`: the mean over pairs of classes, which class sizes do not move.
 * Several labels need neither; `'micro'` ranks all of them together, `'samples'` those of each sample.
 * @returns 0 to 1; NaN when `yTrue`, or a label that counts, has only one class.
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
  yTrue: ClassTargets,
  yScore: Scores,
  options: RocAucOptions & { readonly average: null },
): number[];
export function rocAucScore(
  yTrue: ClassTargets,
  yScore: Scores,
  options?: RocAucOptions & { readonly average?: Exclude<TableAverage, null> | undefined },
): number;
export function rocAucScore(yTrue: ClassTargets, yScore: Scores, options?: RocAucOptions): number | number[];
export function rocAucScore(yTrue: ClassTargets, yScore: Scores, options: RocAucOptions = {}): number | number[] {
  checkOptions(options, ['average', 'multiClass', 'labels', 'maxFpr', 'onWarning', 'sampleWeight'], 'rocAucScore');
  const what = 'rocAucScore';
  checkAverage(options.average, what);
  const { maxFpr } = options;
  if (maxFpr !== undefined && maxFpr !== null && !(maxFpr > 0 && maxFpr <= 1)) {
    throw new ConfigError(`${what}: maxFpr must be in (0, 1], got ${shown(maxFpr)}.`);
  }
  if (isIndicator(yTrue)) {
    const { rows, scores, weights } = readRanked(yTrue, yScore, options, what);
    return overLabels(rows, scores, weights, options.average, (counts) => area(counts, options, what));
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
  if (multiClass === 'ovo') return pairwise(codes, table, options, what);
  if (options.average === 'samples')
    throw new ConfigError(
      `${what}: average 'samples' is for several labels per sample. Use 'macro', 'micro', 'weighted'.`,
    );
  const weights = readWeights(options.sampleWeight, codes.length, what);
  const rows = oneHotRows(codes, classes.length);
  return overLabels(rows, table, weights, options.average, (counts) => area(counts, options, what));
}

function pairwise(codes: Int32Array, table: ScoreTable, options: RocAucOptions, what: string): number {
  if (options.sampleWeight !== undefined && options.sampleWeight !== null) {
    throw new ConfigError(`${what}: sampleWeight is not supported with multiClass 'ovo'. Use 'ovr', or leave it out.`);
  }
  if (options.average === 'micro' || options.average === 'samples' || options.average === null) {
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
