import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Label, Labels } from '../data/labels';
import type { WeightOptions } from './pair';
import type { Average } from './ratios';
import { ratesFor, SPECIFICITY_OPTIONS } from './specificity';
import type { WarningOptions } from './warning';

export interface GeometricMeanOptions extends WeightOptions, WarningOptions {
  /**
   * `'multiclass'` (default): the K-th root of the product of all classes' recalls. Otherwise √(sensitivity · specificity),
   * averaged so.
   */
  readonly average?: Average | 'multiclass' | undefined;
  /** The positive class for `average: 'binary'`; 1 by default. */
  readonly posLabel?: Label | undefined;
  readonly labels?: Labels | null | undefined;
  /** What a class without any right prediction counts as, so that the mean is not 0; 0 by default. */
  readonly correction?: number | undefined;
}

/**
 * The geometric mean of the classes' recalls, which is high only where every class is found.
 *
 * @param yTrue - true labels `[samples]`.
 * @param yPred - predicted labels `[samples]`.
 * @param options - `average = 'multiclass'`, `correction = 0`, `posLabel = 1`, `labels`, `sampleWeight`, `onWarning`.
 * @returns a number, or with `average: null` one per class.
 * @throws ConfigError for more than two classes when `average` is `'binary'`; ShapeError when the lengths differ.
 *
 * Reference: Kubat & Matwin 1997, “Addressing the curse of imbalanced training sets”.
 *
 * @example
 * ```ts
 * import { geometricMeanScore } from 'kompakt/metrics';
 * console.log(geometricMeanScore([0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 1, 0]).toFixed(4)); // → 0.7071
 * ```
 */
export function geometricMeanScore(
  yTrue: Labels,
  yPred: Labels,
  options: GeometricMeanOptions & { readonly average: null },
): number[];
export function geometricMeanScore(yTrue: Labels, yPred: Labels, options?: GeometricMeanOptions): number;
export function geometricMeanScore(
  yTrue: Labels,
  yPred: Labels,
  options: GeometricMeanOptions = {},
): number | number[] {
  const what = 'geometricMeanScore';
  checkOptions(options, [...SPECIFICITY_OPTIONS, 'correction'], what);
  const { average = 'multiclass', correction = 0, ...rest } = options;
  if (average !== 'multiclass') {
    const { sensitivity, specificity, one } = ratesFor(yTrue, yPred, { ...rest, average }, what);
    const means = sensitivity.map((s, i) => Math.sqrt(s * specificity[i]!));
    return one ? means[0]! : means;
  }
  const recalls = ratesFor(yTrue, yPred, { ...rest, average: null }, what).sensitivity.map((r) =>
    r === 0 ? correction : r,
  );
  return Math.exp(recalls.reduce((sum, r) => sum + Math.log(r), 0) / recalls.length);
}

/**
 * A score weighted by dominance: (1 + α·(sensitivity − specificity))·score². It favours models that are better on the
 * rare, positive class.
 *
 * @param score - a score of predicted labels, such as `geometricMeanScore`.
 * @param options - `alpha = 0.1`, `squared = true`; `average`: how sensitivity and specificity are averaged when the score
 * is not asked for one (`'binary'`; `'macro'` for {@link geometricMeanScore}'s `'multiclass'`).
 * @returns a score with the same arguments.
 *
 * Reference: García, Sánchez, Mollineda 2012, “On the effectiveness of preprocessing methods when dealing with different
 * levels of class imbalance”.
 *
 * @example
 * ```ts
 * import { geometricMeanScore, makeIndexBalancedAccuracy } from 'kompakt/metrics';
 * const iba = makeIndexBalancedAccuracy(geometricMeanScore, { alpha: 0.1 });
 * console.log(iba([1, 0, 0, 1, 0, 1], [0, 0, 1, 1, 0, 1], { average: null })); // → [ 0.4444444444444444, 0.4444444444444444 ]
 * ```
 */
export function makeIndexBalancedAccuracy<O extends object = GeometricMeanOptions>(
  score: (yTrue: Labels, yPred: Labels, options?: O) => number | number[],
  options: {
    readonly alpha?: number | undefined;
    readonly squared?: boolean | undefined;
    readonly average?: Average | undefined;
  } = {},
): (yTrue: Labels, yPred: Labels, options?: O) => number | number[] {
  const what = 'makeIndexBalancedAccuracy';
  checkOptions(options, ['alpha', 'squared', 'average'], what);
  const { alpha = 0.1, squared = true } = options;
  if (!Number.isFinite(alpha)) throw new ConfigError(`${what}: alpha must be a finite number, got ${shown(alpha)}.`);
  return (yTrue, yPred, given) => {
    const found = score(yTrue, yPred, given);
    const asked = (given ?? {}) as GeometricMeanOptions;
    const fallback = options.average ?? ((score as unknown) === geometricMeanScore ? 'macro' : 'binary');
    const average = asked.average === undefined || asked.average === 'multiclass' ? fallback : asked.average;
    const { labels, posLabel, sampleWeight } = asked;
    const rates = ratesFor(yTrue, yPred, { average, labels, posLabel, sampleWeight }, what);
    const weigh = (s: number, i: number): number =>
      (1 + alpha * (rates.sensitivity[i]! - rates.specificity[i]!)) * (squared ? s * s : s);
    return typeof found === 'number' ? weigh(found, 0) : found.map(weigh);
  };
}
