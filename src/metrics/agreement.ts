import { checkOptions } from '../core/options';
import type { Labels } from '../data/labels';
import { countPairs, type Pair, readPair, type WeightOptions } from './pair';
import { checkOption, UndefinedMetricWarning, type WarningOptions } from './warning';

/**
 * Matthews' correlation between true and predicted classes, −1 to 1; 0 where either has only one class.
 *
 * (c·s − Σ tₖpₖ) / √((s² − Σ pₖ²)(s² − Σ tₖ²)), c right of s samples, tₖ and pₖ how often k is true and predicted.
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `sampleWeight`.
 * @throws ShapeError when the lengths differ.
 *
 * Reference: Gorodkin 2004, “Comparing two K-category assignments by a K-category correlation coefficient”.
 *
 * @example
 * ```ts
 * import { matthewsCorrcoef } from 'kompakt/metrics';
 * console.log(matthewsCorrcoef([1, 1, 0, 0], [1, 1, 0, 0])); // → 1
 * ```
 */
export function matthewsCorrcoef(yTrue: Labels, yPred: Labels, options: WeightOptions = {}): number {
  checkOptions(options, ['sampleWeight'], 'matthewsCorrcoef');
  const { truth, predicted, right, total } = marginals(readPair(yTrue, yPred, 'matthewsCorrcoef', options));
  const cross = truth.reduce((a, t, i) => a + t * predicted[i]!, 0);
  const both = right * total - cross;
  const ofTruth = total * total - truth.reduce((a, t) => a + t * t, 0);
  const ofPredicted = total * total - predicted.reduce((a, p) => a + p * p, 0);
  return ofTruth * ofPredicted === 0 ? 0 : both / Math.sqrt(ofTruth * ofPredicted);
}

function marginals(pair: Pair): { truth: number[]; predicted: number[]; right: number; total: number } {
  const counts = countPairs(pair);
  const k = pair.classes.length;
  const truth = new Array<number>(k).fill(0);
  const predicted = new Array<number>(k).fill(0);
  let right = 0;
  let total = 0;
  for (let i = 0; i < k; i++) {
    for (let j = 0; j < k; j++) {
      const n = counts[i * k + j]!;
      truth[i]! += n;
      predicted[j]! += n;
      total += n;
      if (i === j) right += n;
    }
  }
  return { truth, predicted, right, total };
}

export interface KappaOptions extends WeightOptions, WarningOptions {
  /** The classes and their order, which matters for weights; by default all that occur, ascending. */
  readonly labels?: Labels | null | undefined;
  /** How much a confusion of i and j counts: 1 (null, default), |i − j| or (i − j)². */
  readonly weights?: 'linear' | 'quadratic' | null | undefined;
}

/**
 * Cohen's kappa, the agreement of two raters beyond chance: κ = 1 − Σ wᵢⱼ·nᵢⱼ / Σ wᵢⱼ·eᵢⱼ, n observed and e expected counts.
 *
 * @param y1 - labels by one rater `[samples]`.
 * @param y2 - labels by the other `[samples]`.
 * @param options - `labels`, `weights = null`, `sampleWeight`, `onWarning`.
 * @returns at most 1; NaN when both give all samples the same one class (nothing was expected to differ).
 * @throws ShapeError when the lengths differ.
 *
 * Reference: Cohen 1960, “A coefficient of agreement for nominal scales”.
 *
 * @example
 * ```ts
 * import { cohenKappaScore } from 'kompakt/metrics';
 * console.log(cohenKappaScore([0, 0, 1, 1], [0, 1, 1, 1])); // → 0.5
 * ```
 */
export function cohenKappaScore(y1: Labels, y2: Labels, options: KappaOptions = {}): number {
  checkOptions(options, ['labels', 'weights', 'onWarning', 'sampleWeight'], 'cohenKappaScore');
  const what = 'cohenKappaScore';
  const weighting = checkOption(options.weights ?? null, [null, 'linear', 'quadratic'], 'weights', what);
  const pair = readPair(y1, y2, what, options);
  const counts = countPairs(pair);
  const k = pair.classes.length;
  const n = pair.selected;
  const rows = new Float64Array(n);
  const columns = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      rows[i]! += counts[i * k + j]!;
      columns[j]! += counts[i * k + j]!;
    }
  }
  const total = rows.reduce((a, b) => a + b, 0);
  let observed = 0;
  let expected = 0;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const w = weighting === null ? Number(i !== j) : weighting === 'linear' ? Math.abs(i - j) : (i - j) ** 2;
      observed += w * counts[i * k + j]!;
      expected += (w * rows[i]! * columns[j]!) / total;
    }
  }
  if (expected === 0)
    options.onWarning?.(new UndefinedMetricWarning(`${what}: all labels are the same class; kappa is undefined, NaN.`));
  return 1 - observed / expected;
}
