import { checkOptions } from '../../core/options';
import { Tensor } from '../../core/tensor';
import {
  cast,
  concat,
  greater,
  greaterEqual,
  mul,
  notEqual,
  reshape,
  sigmoid,
  slice,
  sub,
  sum,
  topK,
  where,
} from '../../ops/index';
import { alike, isCount, isShare, type MetricFactory, numberIn, ratio, weigh, wide, wordIn } from './define';

/*
 * Metrics of yes-or-no decisions. An output is a yes when it is above a threshold; for each threshold, true and false yeses
 * are counted, and once all positives and negatives. Everything else follows from these sums.
 */

/** Counts at one threshold. */
interface Counts {
  readonly tp: number;
  readonly fp: number;
  readonly tn: number;
  readonly fn: number;
}

interface Selection {
  readonly thresholds: readonly number[];
  readonly fromLogits?: boolean;
  /** Only the k largest outputs of a row can be a yes. */
  readonly topK?: number | null;
  /** Only this class is looked at. */
  readonly classId?: number | null;
}

/** Sums `[2·thresholds + 2]`: true yeses, false yeses, positives, negatives. */
function count(yTrue: Tensor, yPred: Tensor, weights: Tensor | null, how: Selection): Tensor {
  const [targets, outputs] = alike(yTrue, yPred);
  const chosen = (x: Tensor): Tensor => (typeof how.classId === 'number' ? column(x, how.classId) : x);
  const kept = typeof how.topK === 'number' ? largestOnly(outputs, how.topK) : outputs;
  const scores = chosen(how.fromLogits === true ? sigmoid(kept) : kept);
  const isPositive = cast(notEqual(chosen(targets), 0), scores.dtype);
  const positives = reshape(weigh(isPositive, weights), [-1, 1]);
  const negatives = reshape(weigh(sub(1, isPositive), weights), [-1, 1]);
  const limits = Tensor.from(scores.backend, Float32Array.from(how.thresholds), 'float32', [1, how.thresholds.length]);
  const isYes = cast(greater(reshape(scores, [-1, 1]), cast(limits, scores.dtype)), scores.dtype);
  const each = (rows: Tensor): Tensor => sum(wide(mul(isYes, rows)), { axis: 0 });
  const whole = (rows: Tensor): Tensor => reshape(sum(wide(rows)), [1]);
  return concat([each(positives), each(negatives), whole(positives), whole(negatives)], 0);
}

const column = (x: Tensor, i: number): Tensor =>
  slice(x, [...x.shape.slice(1).map(() => 0), i], [...x.shape.slice(0, -1), i + 1]);

function largestOnly(x: Tensor, k: number): Tensor {
  const { values } = topK(x, Math.min(k, x.shape.at(-1)!));
  const least = slice(values, [...values.shape.slice(1).map(() => 0), values.shape.at(-1)! - 1], [...values.shape]);
  return where(greaterEqual(x, least), x, Number.NEGATIVE_INFINITY);
}

/** The counts that sums stand for, threshold by threshold. */
function countsOf(totals: readonly number[]): Counts[] {
  const n = (totals.length - 2) / 2;
  const [positives, negatives] = [totals[2 * n]!, totals[2 * n + 1]!];
  return Array.from({ length: n }, (_, i) => {
    const [tp, fp] = [totals[i]!, totals[n + i]!];
    return { tp, fp, tn: negatives - fp, fn: positives - tp };
  });
}

const precisionOf = ({ tp, fp }: Counts): number => ratio(tp, tp + fp);
const recallOf = ({ tp, fn }: Counts): number => ratio(tp, tp + fn);
const specificityOf = ({ tn, fp }: Counts): number => ratio(tn, tn + fp);

/** A metric at one threshold: `thresholds`, `topK`, `classId` as in Keras. */
const atThreshold =
  (f: (counts: Counts) => number): MetricFactory =>
  (option) => {
    checkOptions(option, ['name', 'thresholds', 'topK', 'classId'], 'compile');
    const k = option.topK ?? null;
    const byDefault = k === null ? 0.5 : Number.NEGATIVE_INFINITY;
    const how: Selection = {
      thresholds: [numberIn(option, 'thresholds', byDefault, (x) => isShare(x) || x === byDefault)],
      topK: k === null ? null : numberIn(option, 'topK', 1, (x) => isCount(x) && x > 0),
      classId: (option.classId ?? null) === null ? null : numberIn(option, 'classId', 0, isCount),
    };
    return {
      totals: (yTrue, yPred, weights) => count(yTrue, yPred, weights, how),
      result: (totals) => f(countsOf(totals)[0]!),
    };
  };

/** Thresholds evenly between two ends. */
function evenly(n: number, from: number, to: number): number[] {
  if (n === 1) return [0.5];
  return [from, ...Array.from({ length: n - 2 }, (_, i) => (i + 1) / (n - 1)), to];
}

/** The best of one rate among the thresholds at which another is at least a given one. */
const bestWhere =
  (option_: string, constrained: (c: Counts) => number, wanted: (c: Counts) => number): MetricFactory =>
  (option) => {
    checkOptions(option, ['name', option_, 'numThresholds', 'classId'], 'compile');
    const least = numberIn(option, option_, Number.NaN, isShare);
    const thresholds = evenly(
      numberIn(option, 'numThresholds', 200, (x) => isCount(x) && x > 0),
      0,
      1,
    );
    const classId = (option.classId ?? null) === null ? null : numberIn(option, 'classId', 0, isCount);
    return {
      totals: (yTrue, yPred, weights) => count(yTrue, yPred, weights, { thresholds, classId }),
      result: (totals) =>
        countsOf(totals)
          .filter((c) => constrained(c) >= least)
          .reduce((best, c) => Math.max(best, wanted(c)), 0),
    };
  };

/** The area under a curve, as sums at `numThresholds` thresholds approximate it. */
const auc: MetricFactory = (option) => {
  checkOptions(option, ['name', 'numThresholds', 'curve', 'summationMethod', 'fromLogits'], 'compile');
  const n = numberIn(option, 'numThresholds', 200, (x) => isCount(x) && x > 1);
  const curve = wordIn(option, 'curve', ['ROC', 'PR']);
  const method = wordIn(option, 'summationMethod', ['interpolation', 'minoring', 'majoring']);
  const how = { thresholds: evenly(n, -1e-7, 1 + 1e-7), fromLogits: option.fromLogits === true };
  return {
    totals: (yTrue, yPred, weights) => count(yTrue, yPred, weights, how),
    result: (totals) => {
      const counts = countsOf(totals);
      if (curve === 'PR' && method === 'interpolation') return interpolatedPr(counts);
      const xs = counts.map(curve === 'ROC' ? (c) => ratio(c.fp, c.fp + c.tn) : recallOf);
      const ys = counts.map(curve === 'ROC' ? recallOf : precisionOf);
      const height = { interpolation: (a: number, b: number) => (a + b) / 2, minoring: Math.min, majoring: Math.max };
      return xs.slice(1).reduce((area, x, i) => area + (xs[i]! - x) * height[method](ys[i]!, ys[i + 1]!), 0);
    },
  };
};

/**
 * The area under a precision-recall curve, true yeses taken as linear in all yeses between two thresholds.
 *
 * Reference: Davis, Goadrich 2006, “The relationship between Precision-Recall and ROC curves”.
 */
function interpolatedPr(counts: readonly Counts[]): number {
  let area = 0;
  for (let i = 0; i + 1 < counts.length; i++) {
    const [a, b] = [counts[i]!, counts[i + 1]!];
    const [pa, pb] = [a.tp + a.fp, b.tp + b.fp];
    const slope = ratio(a.tp - b.tp, Math.max(pa - pb, 0));
    const intercept = b.tp - slope * pb;
    const share = pa > 0 && pb > 0 ? pa / pb : 1;
    area += ratio(slope * (a.tp - b.tp + intercept * Math.log(share)), Math.max(b.tp + b.fn, 0));
  }
  return area;
}

/** Metrics of decisions, by name. */
export const thresholdMetrics: Readonly<Record<string, MetricFactory>> = {
  truePositives: /* @__PURE__ */ atThreshold((c) => c.tp),
  trueNegatives: /* @__PURE__ */ atThreshold((c) => c.tn),
  falsePositives: /* @__PURE__ */ atThreshold((c) => c.fp),
  falseNegatives: /* @__PURE__ */ atThreshold((c) => c.fn),
  precision: /* @__PURE__ */ atThreshold(precisionOf),
  recall: /* @__PURE__ */ atThreshold(recallOf),
  auc,
  sensitivityAtSpecificity: /* @__PURE__ */ bestWhere('specificity', specificityOf, recallOf),
  specificityAtSensitivity: /* @__PURE__ */ bestWhere('sensitivity', recallOf, specificityOf),
  precisionAtRecall: /* @__PURE__ */ bestWhere('recall', recallOf, precisionOf),
  recallAtPrecision: /* @__PURE__ */ bestWhere('precision', precisionOf, recallOf),
};
