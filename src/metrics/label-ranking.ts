import { ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Indicator, isIndicator, isTwoDimensional } from './indicator';
import { type Ranked, readRanked } from './over-labels';
import { mean, type WeightOptions } from './pair';
import type { Scores } from './probabilities';

/** Scores of one sample, ascending. */
interface Ranking {
  /** Of the labels that it has. */
  readonly own: Float64Array;
  /** Of all labels. */
  readonly all: Float64Array;
}

/** The mean of a figure of each sample's ranking of labels. */
function overSamples(
  yTrue: Indicator,
  yScore: Scores,
  options: WeightOptions,
  what: string,
  figure: (ranking: Ranking) => number,
): number {
  checkOptions(options, ['sampleWeight'], what);
  const { rows, scores, weights }: Ranked = readRanked(yTrue, yScore, options, what);
  const k = rows.labels;
  const figures = Float64Array.from({ length: rows.samples }, (_, i) => {
    const all = scores.data.slice(i * k, (i + 1) * k);
    const labels = rows.indices.subarray(rows.indptr[i]!, rows.indptr[i + 1]!);
    const own = Float64Array.from(labels, (label) => all[label]!);
    return figure({ own: own.sort(), all: all.sort() });
  });
  return mean(figures, weights);
}

function checkTable(isTable: boolean, what: string): void {
  if (isTable) return;
  throw new ShapeError(
    `${what}: yTrue must be a table [samples, labels] of 0 and 1, of at least two labels. Make one with MultiLabelBinarizer.`,
  );
}

/** How many of ascending values are at least `v`. */
function countAtLeast(sorted: Float64Array, v: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! >= v) high = middle;
    else low = middle + 1;
  }
  return sorted.length - low;
}

const sum = (values: Float64Array, term: (v: number) => number): number => values.reduce((s, v) => s + term(v), 0);

/**
 * How far down the ranking of labels one has to go to meet all that a sample has, on average: the number of labels scored at
 * least as high as the lowest of them; 0 for a sample that has none.
 *
 * @param yTrue - `[samples, labels]` of 0 and 1.
 * @param yScore - a score of each label `[samples, labels]`, higher where it is surer.
 * @param options - `sampleWeight`.
 * @returns from the mean number of labels per sample (best) to the number of labels.
 * @throws ShapeError when the shapes differ, or `yTrue` is no table; ConfigError for other values than 0 and 1.
 *
 * Reference: Tsoumakas, Katakis, Vlahavas 2010, “Mining multi-label data”.
 *
 * @example
 * ```ts
 * import { coverageError } from 'kompakt/metrics';
 * console.log(coverageError([[1, 0, 0], [0, 0, 1]], [[0.75, 0.5, 1], [1, 0.2, 0.1]])); // → 2.5
 * ```
 */
export function coverageError(yTrue: Indicator, yScore: Scores, options: WeightOptions = {}): number {
  const what = 'coverageError';
  checkTable(isIndicator(yTrue), what);
  return overSamples(yTrue, yScore, options, what, ({ own, all }) =>
    own.length === 0 ? 0 : countAtLeast(all, own[0]!),
  );
}

/**
 * Of the labels scored at least as high as one that a sample has, the fraction that it has too; averaged over the labels it
 * has, then over samples. A sample that has none, or all, counts as 1.
 *
 * @param yTrue - `[samples, labels]` of 0 and 1.
 * @param yScore - a score of each label `[samples, labels]`, higher where it is surer.
 * @param options - `sampleWeight`.
 * @returns above 0, to 1 where labels that a sample has always score higher than those it has not.
 * @throws ShapeError when the shapes differ, or `yTrue` is no table; ConfigError for other values than 0 and 1.
 *
 * Reference: Schapire & Singer 2000, “BoosTexter: a boosting-based system for text categorization”.
 *
 * @example
 * ```ts
 * import { labelRankingAveragePrecisionScore } from 'kompakt/metrics';
 * const score = labelRankingAveragePrecisionScore([[1, 0, 0], [0, 0, 1]], [[0.75, 0.5, 1], [1, 0.2, 0.1]]);
 * console.log(score.toFixed(4)); // → 0.4167
 * ```
 */
export function labelRankingAveragePrecisionScore(
  yTrue: Indicator,
  yScore: Scores,
  options: WeightOptions = {},
): number {
  const what = 'labelRankingAveragePrecisionScore';
  checkTable(isTwoDimensional(yTrue), what);
  return overSamples(yTrue, yScore, options, what, ({ own, all }) =>
    own.length === 0 || own.length === all.length
      ? 1
      : sum(own, (v) => countAtLeast(own, v) / countAtLeast(all, v)) / own.length,
  );
}

/**
 * Of the pairs of a label that a sample has and one that it has not, the fraction ranked the wrong way or alike; averaged
 * over samples. A sample that has no label, or all, counts as 0.
 *
 * @param yTrue - `[samples, labels]` of 0 and 1.
 * @param yScore - a score of each label `[samples, labels]`, higher where it is surer.
 * @param options - `sampleWeight`.
 * @returns 0 (best) to 1.
 * @throws ShapeError when the shapes differ, or `yTrue` is no table; ConfigError for other values than 0 and 1.
 *
 * Reference: Tsoumakas, Katakis, Vlahavas 2010, “Mining multi-label data”.
 *
 * @example
 * ```ts
 * import { labelRankingLoss } from 'kompakt/metrics';
 * console.log(labelRankingLoss([[1, 0, 0], [0, 0, 1]], [[0.75, 0.5, 1], [1, 0.2, 0.1]])); // → 0.75
 * ```
 */
export function labelRankingLoss(yTrue: Indicator, yScore: Scores, options: WeightOptions = {}): number {
  const what = 'labelRankingLoss';
  checkTable(isIndicator(yTrue), what);
  return overSamples(yTrue, yScore, options, what, ({ own, all }) => {
    const pairs = own.length * (all.length - own.length);
    return pairs === 0 ? 0 : sum(own, (v) => countAtLeast(all, v) - countAtLeast(own, v)) / pairs;
  });
}
