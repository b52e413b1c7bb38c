import { ConfigError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { distinctLabels, type Label, type Labels, readLabels } from '../data/labels';
import { readVector, readWeights, type Vector } from '../data/vector';
import type { WeightOptions } from './pair';
import { UndefinedMetricWarning, type WarningOptions } from './warning';

export interface CurveOptions extends WeightOptions, WarningOptions {
  /** The positive class; by default 1, when the labels are 0 and 1 or −1 and 1. */
  readonly posLabel?: Label | undefined;
  /** Leave out points on straight lines between their neighbours. */
  readonly dropIntermediate?: boolean | undefined;
}

/** Weights of positives and negatives scored at least as high as each distinct score, highest score first. */
export interface Cumulative {
  readonly tps: Float64Array;
  readonly fps: Float64Array;
  readonly thresholds: Float64Array;
}

/** Which label counts as positive when none is named. */
export function positiveLabel(labels: readonly Label[], posLabel: Label | undefined, what: string): Label {
  const areBooleans = typeof labels[0] === 'boolean';
  if (posLabel !== undefined) return areBooleans && typeof posLabel === 'number' ? posLabel === 1 : posLabel;
  if (areBooleans) return true;
  const found = distinctLabels(labels);
  const known = found.every((v) => v === 0 || v === 1) || found.every((v) => v === -1 || v === 1);
  if (known) return 1;
  throw new ConfigError(
    `${what}: yTrue has the labels [${found.join(', ')}]: which is the positive one? Set posLabel.`,
  );
}

/** Counts positives and negatives from the highest score down, ties together. */
export function accumulate(
  positive: ArrayLike<boolean | number>,
  score: Float64Array,
  weights: Float64Array | null,
): Cumulative {
  return weights === null ? accumulateEqual(positive, score) : accumulateWeighted(positive, score, weights);
}

/** Without weights no sample needs its place: both classes' scores are sorted as plain numbers, then merged. */
function accumulateEqual(positive: ArrayLike<boolean | number>, score: Float64Array): Cumulative {
  const ofPositives = score.filter((_, i) => Boolean(positive[i])).sort();
  const ofNegatives = score.filter((_, i) => !positive[i]).sort();
  const tps = new Float64Array(score.length);
  const fps = new Float64Array(score.length);
  const thresholds = new Float64Array(score.length);
  let n = 0;
  let p = ofPositives.length;
  let q = ofNegatives.length;
  for (; p > 0 || q > 0; n++) {
    const threshold =
      q === 0 || (p > 0 && ofPositives[p - 1]! > ofNegatives[q - 1]!) ? ofPositives[p - 1]! : ofNegatives[q - 1]!;
    while (p > 0 && ofPositives[p - 1] === threshold) p--;
    while (q > 0 && ofNegatives[q - 1] === threshold) q--;
    tps[n] = ofPositives.length - p;
    fps[n] = ofNegatives.length - q;
    thresholds[n] = threshold + 0; // -0 becomes 0
  }
  return { tps: tps.slice(0, n), fps: fps.slice(0, n), thresholds: thresholds.slice(0, n) };
}

function accumulateWeighted(
  positive: ArrayLike<boolean | number>,
  score: Float64Array,
  weights: Float64Array,
): Cumulative {
  const order = Array.from({ length: score.length }, (_, i) => i)
    .filter((i) => weights[i]! > 0)
    .sort((a, b) => score[b]! - score[a]!);
  const tps: number[] = [];
  const fps: number[] = [];
  const thresholds: number[] = [];
  let tp = 0;
  let fp = 0;
  for (let r = 0; r < order.length; r++) {
    const i = order[r]!;
    if (positive[i]) tp += weights[i]!;
    else fp += weights[i]!;
    const next = order[r + 1];
    if (next !== undefined && score[next] === score[i]) continue;
    tps.push(tp);
    fps.push(fp);
    thresholds.push(score[i]! + 0);
  }
  return { tps: Float64Array.from(tps), fps: Float64Array.from(fps), thresholds: Float64Array.from(thresholds) };
}

/** Reads true labels and scores of two classes and counts from the highest score down. */
export function readCumulative(yTrue: Labels, yScore: Vector, options: CurveOptions, what: string): Cumulative {
  const labels = readLabels(yTrue, `${what}: yTrue`);
  const classes = distinctLabels(labels);
  if (classes.length > 2) {
    throw new ConfigError(
      `${what}: yTrue has ${classes.length} classes; a curve needs two. Compare one class with the rest.`,
    );
  }
  const score = readVector(yScore, `${what}: yScore`);
  if (score.length !== labels.length) {
    throw new ShapeError(
      `${what}: yTrue has ${labels.length} labels and yScore ${score.length} scores. Give one score per sample.`,
    );
  }
  const pos = positiveLabel(labels, options.posLabel, what);
  const weights = readWeights(options.sampleWeight, labels.length, what);
  return accumulate(
    labels.map((v) => v === pos),
    score,
    weights,
  );
}

/** True against false positive rate at every threshold. */
export interface RocCurve {
  readonly fpr: Float64Array;
  readonly tpr: Float64Array;
  /** Descending, from Infinity (nothing predicted positive). */
  readonly thresholds: Float64Array;
}

/**
 * The receiver operating characteristic: the rates of false and true positives when scores ≥ t count as positive, for
 * every t.
 *
 * @param yTrue - labels of two classes `[samples]`.
 * @param yScore - higher for the positive class: probabilities or decision values `[samples]`.
 * @param options - `posLabel`, `dropIntermediate = true`, `sampleWeight`, `onWarning`.
 * @returns `fpr`, `tpr` and `thresholds`, one value per point; a rate without samples is NaN.
 * @throws ConfigError when the positive label is not clear or there are more than two classes.
 *
 * Reference: Fawcett 2006, “An introduction to ROC analysis”.
 *
 * @example
 * ```ts
 * import { rocCurve } from 'kompakt/metrics';
 * console.log(Array.from(rocCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).tpr)); // → [ 0, 0.5, 0.5, 1, 1 ]
 * ```
 */
export function rocCurve(yTrue: Labels, yScore: Vector, options: CurveOptions = {}): RocCurve {
  checkOptions(options, ['posLabel', 'dropIntermediate', 'onWarning', 'sampleWeight'], 'rocCurve');
  const what = 'rocCurve';
  const { tps, fps, thresholds } = readCumulative(yTrue, yScore, options, what);
  const n = tps.length;
  const keep: number[] = [];
  for (let i = 0; i < n; i++) {
    const isCorner =
      options.dropIntermediate === false ||
      n <= 2 ||
      i === 0 ||
      i === n - 1 ||
      fps[i + 1]! - fps[i]! !== fps[i]! - fps[i - 1]! ||
      tps[i + 1]! - tps[i]! !== tps[i]! - tps[i - 1]!;
    if (isCorner) keep.push(i);
  }
  const rate = (counts: Float64Array, name: string, lack: string): Float64Array => {
    const total = counts[n - 1]!;
    if (total === 0)
      options.onWarning?.(
        new UndefinedMetricWarning(`${what}: no ${lack} samples in yTrue, so the ${name} rate is undefined, NaN.`),
      );
    const out = new Float64Array(keep.length + 1);
    keep.forEach((i, at) => {
      out[at + 1] = counts[i]! / total;
    });
    if (total === 0) out.fill(Number.NaN);
    return out;
  };
  return {
    fpr: rate(fps, 'false positive', 'negative'),
    tpr: rate(tps, 'true positive', 'positive'),
    thresholds: Float64Array.from([Number.POSITIVE_INFINITY, ...keep.map((i) => thresholds[i]!)]),
  };
}

/** Precision against recall at every threshold. */
export interface PrecisionRecallCurve {
  /** Ends with 1. */
  readonly precision: Float64Array;
  /** Descending; ends with 0. */
  readonly recall: Float64Array;
  /** Ascending, one fewer than the points. */
  readonly thresholds: Float64Array;
}

/**
 * Precision and recall when scores ≥ t count as positive, for every t, and the point (recall 0, precision 1) at the end.
 *
 * @param yTrue - labels of two classes `[samples]`.
 * @param yScore - higher for the positive class `[samples]`.
 * @param options - `posLabel`, `dropIntermediate = false`, `sampleWeight`, `onWarning`.
 * @returns `precision`, `recall` and `thresholds`; without positive samples recall is 1 throughout.
 * @throws ConfigError when the positive label is not clear or there are more than two classes.
 *
 * @example
 * ```ts
 * import { precisionRecallCurve } from 'kompakt/metrics';
 * console.log(Array.from(precisionRecallCurve([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]).recall)); // → [ 1, 1, 0.5, 0.5, 0 ]
 * ```
 */
export function precisionRecallCurve(yTrue: Labels, yScore: Vector, options: CurveOptions = {}): PrecisionRecallCurve {
  checkOptions(options, ['posLabel', 'dropIntermediate', 'onWarning', 'sampleWeight'], 'precisionRecallCurve');
  const counts = readCumulative(yTrue, yScore, options, 'precisionRecallCurve');
  return curveOf(counts, options, 'precisionRecallCurve');
}

/** The curve of counts already made. */
export function curveOf(
  { tps, fps, thresholds }: Cumulative,
  options: CurveOptions,
  what: string,
): PrecisionRecallCurve {
  const n = tps.length;
  const positives = tps[n - 1]!;
  if (positives === 0) {
    options.onWarning?.(
      new UndefinedMetricWarning(`${what}: no positive samples in yTrue, so recall is set to 1 for all thresholds.`),
    );
  }
  const keep: number[] = [];
  for (let i = n - 1; i >= 0; i--) {
    const inside = options.dropIntermediate === true && i > 0 && i < n - 1;
    if (!inside || tps[i] !== tps[i - 1] || tps[i] !== tps[i + 1]) keep.push(i);
  }
  const precision = keep.map((i) => (tps[i]! + fps[i]! === 0 ? 0 : tps[i]! / (tps[i]! + fps[i]!)));
  const recall = keep.map((i) => (positives === 0 ? 1 : tps[i]! / positives));
  return {
    precision: Float64Array.from([...precision, 1]),
    recall: Float64Array.from([...recall, 0]),
    thresholds: Float64Array.from(keep, (i) => thresholds[i]!),
  };
}
