import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { distinctLabels, type Label, type Labels, readLabels } from '../data/labels';
import { readVector, type Vector } from '../data/vector';
import { type CurveOptions, positiveLabel, readCumulative } from './curves';
import { checkProbabilities } from './probabilities';
import { quantile } from './quantiles';
import { checkOption } from './warning';

/** How often what was predicted with some probability came true. */
export interface CalibrationCurve {
  /** The fraction of positive samples in each bin that is not empty. */
  readonly probTrue: Float64Array;
  /** The mean predicted probability in it. */
  readonly probPred: Float64Array;
  /** How many samples it holds. */
  readonly counts: Int32Array;
}

export interface CalibrationOptions {
  /** The positive class; by default 1, when the labels are 0 and 1 or −1 and 1. */
  readonly posLabel?: Label | undefined;
  /** Number of bins of [0, 1]; 5 by default. */
  readonly nBins?: number | undefined;
  /** Bins of equal width (default), or of as many samples each. */
  readonly strategy?: 'uniform' | 'quantile' | undefined;
}

/**
 * Observed against predicted probability, bin by bin: a calibrated model lies on the diagonal.
 *
 * @param yTrue - labels of two classes `[samples]`.
 * @param yProb - probabilities of the positive class `[samples]`.
 * @param options - `posLabel`, `nBins = 5`, `strategy = 'uniform'`.
 * @returns a value for each bin that is not empty.
 * @throws ConfigError for more than two classes, probabilities outside [0, 1], or a number of bins that is none.
 *
 * Reference: Niculescu-Mizil & Caruana 2005, “Predicting good probabilities with supervised learning”.
 *
 * @example
 * ```ts
 * import { calibrationCurve } from 'kompakt/metrics';
 * const { probTrue } = calibrationCurve([0, 0, 0, 0, 1, 1, 1, 1, 1], [0.1, 0.2, 0.3, 0.4, 0.65, 0.7, 0.8, 0.9, 1], { nBins: 3 });
 * console.log(Array.from(probTrue)); // → [ 0, 0.5, 1 ]
 * ```
 */
export function calibrationCurve(yTrue: Labels, yProb: Vector, options: CalibrationOptions = {}): CalibrationCurve {
  const what = 'calibrationCurve';
  checkOptions(options, ['posLabel', 'nBins', 'strategy'], what);
  const { nBins = 5 } = options;
  const strategy = checkOption(options.strategy ?? 'uniform', ['uniform', 'quantile'], 'strategy', what);
  if (!Number.isInteger(nBins) || nBins < 1)
    throw new ConfigError(`${what}: nBins must be an integer ≥ 1, got ${shown(nBins)}.`);
  const labels = readLabels(yTrue, `${what}: yTrue`);
  const found = distinctLabels(labels);
  if (found.length > 2) throw new ConfigError(`${what}: yTrue has ${found.length} classes; compare one with the rest.`);
  const p = readVector(yProb, `${what}: yProb`);
  if (p.length !== labels.length)
    throw new ShapeError(`${what}: yTrue has ${labels.length} labels and yProb ${p.length} values. Give one of each.`);
  checkProbabilities(p, `${what}: yProb`);
  const positive = positiveLabel(labels, options.posLabel, what);
  const edges = Float64Array.from({ length: nBins + 1 }, (_, i) => {
    const share = i / nBins;
    return strategy === 'quantile' ? quantile(p, share) : share;
  });
  const inner = edges.subarray(1, nBins);
  const [sums, trues] = [new Float64Array(nBins), new Float64Array(nBins)];
  const counts = new Int32Array(nBins);
  p.forEach((v, i) => {
    let bin = 0;
    while (bin < inner.length && inner[bin]! < v) bin++;
    sums[bin]! += v;
    trues[bin]! += Number(labels[i] === positive);
    counts[bin]!++;
  });
  const kept = Array.from(counts.keys()).filter((b) => counts[b]! > 0);
  return {
    probTrue: Float64Array.from(kept, (b) => trues[b]! / counts[b]!),
    probPred: Float64Array.from(kept, (b) => sums[b]! / counts[b]!),
    counts: Int32Array.from(kept, (b) => counts[b]!),
  };
}

/** False positive against false negative rate at every threshold. */
export interface DetCurve {
  /** Descending. */
  readonly fpr: Float64Array;
  /** Ascending. */
  readonly fnr: Float64Array;
  /** Ascending. */
  readonly thresholds: Float64Array;
}

/**
 * The detection error tradeoff: both rates of errors when scores ≥ t count as positive, for every t where either is not
 * trivial.
 *
 * @param yTrue - labels of two classes `[samples]`.
 * @param yScore - higher for the positive class `[samples]`.
 * @param options - `posLabel`, `sampleWeight`.
 * @throws ConfigError when there is one class only, or the positive label is not clear.
 *
 * Reference: Martin et al. 1997, “The DET curve in assessment of detection task performance”.
 *
 * @example
 * ```ts
 * import { detCurve } from 'kompakt/metrics';
 * console.log(Array.from(detCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).fnr)); // → [ 0, 0.5, 0.5 ]
 * ```
 */
export function detCurve(
  yTrue: Labels,
  yScore: Vector,
  options: Omit<CurveOptions, 'dropIntermediate'> = {},
): DetCurve {
  const what = 'detCurve';
  checkOptions(options, ['posLabel', 'sampleWeight', 'onWarning'], what);
  if (distinctLabels(readLabels(yTrue, `${what}: yTrue`)).length < 2)
    throw new ConfigError(`${what}: yTrue has only one class, so there is no tradeoff. Give samples of both.`);
  const { tps, fps, thresholds } = readCumulative(yTrue, yScore, options, what);
  const n = tps.length;
  const [positives, negatives] = [tps[n - 1]!, fps[n - 1]!];
  let first = 0;
  while (first + 1 < n && fps[first + 1] === fps[0]) first++;
  const last = tps.indexOf(positives);
  const points = Array.from({ length: last - first + 1 }, (_, i) => last - i);
  return {
    fpr: Float64Array.from(points, (i) => fps[i]! / negatives),
    fnr: Float64Array.from(points, (i) => (positives - tps[i]!) / positives),
    thresholds: Float64Array.from(points, (i) => thresholds[i]!),
  };
}

/**
 * The area under a curve by trapezoids.
 *
 * @param x - rising or falling `[points]`.
 * @param y - heights `[points]`.
 * @throws ConfigError when x turns back; ShapeError for fewer than two points or other numbers of heights.
 *
 * @example
 * ```ts
 * import { auc } from 'kompakt/metrics';
 * console.log(auc([0, 0.5, 1], [0, 1, 1])); // → 0.75
 * ```
 */
export function auc(x: Vector, y: Vector): number {
  const a = readVector(x, 'auc: x');
  const b = readVector(y, 'auc: y');
  if (a.length !== b.length || a.length < 2)
    throw new ShapeError(`auc: needs as many heights as places, at least two; got ${a.length} and ${b.length}.`);
  let sum = 0;
  let direction = 0;
  for (let i = 1; i < a.length; i++) {
    const step = a[i]! - a[i - 1]!;
    if (step * direction < 0)
      throw new ConfigError(`auc: x turns back at position ${i} (${a[i - 1]} to ${a[i]}). Sort the points by x.`);
    if (step !== 0) direction = Math.sign(step);
    sum += (step * (b[i]! + b[i - 1]!)) / 2;
  }
  return direction < 0 ? -sum : sum;
}
