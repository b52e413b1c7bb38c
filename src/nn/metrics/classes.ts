import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import {
  abs,
  argMax,
  cast,
  concat,
  equal,
  greater,
  greaterEqual,
  logicalAnd,
  matmul,
  max,
  mul,
  notEqual,
  oneHot,
  reshape,
  sum,
  where,
} from '../../ops/index';
import { alike, isCount, type MetricConfig, type MetricFactory, numberIn, weigh, wide, wordIn } from './define';

const EPSILON = 1e-7;
const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b, 0);

/** F-score of classes: sums `[3 · classes]` of true yeses, yeses, positives. */
const fScore =
  (fixedBeta: number | null): MetricFactory =>
  (option) => {
    checkOptions(option, ['name', 'average', 'threshold', ...(fixedBeta === null ? ['beta'] : [])], 'compile');
    const beta = fixedBeta ?? numberIn(option, 'beta', 1, (x) => x > 0);
    const average = wordIn(option, 'average', ['macro', 'micro', 'weighted']);
    const threshold = (option.threshold ?? null) === null ? null : numberIn(option, 'threshold', 0.5, Number.isFinite);
    const score = (tp: number, yes: number, positives: number): number => {
      const [precision, recall] = [tp / (yes + EPSILON), tp / (positives + EPSILON)];
      return (precision * recall * (1 + beta ** 2)) / (beta ** 2 * precision + recall + EPSILON);
    };
    return {
      totals: (yTrue, yPred, weights) => {
        const [targets, outputs] = alike(yTrue, yPred);
        const rows = (x: Tensor): Tensor => reshape(wide(weigh(x, weights)), [-1, x.shape.at(-1)!]);
        const yes = cast(decide(outputs, threshold), outputs.dtype);
        const positive = cast(targets, outputs.dtype);
        return concat(
          [mul(yes, positive), yes, positive].map((x) => sum(rows(x), { axis: 0 })),
          0,
        );
      },
      result: (totals) => {
        const n = totals.length / 3;
        const parts = [0, 1, 2].map((i) => totals.slice(i * n, (i + 1) * n)) as [number[], number[], number[]];
        if (average === 'micro') return score(total(parts[0]), total(parts[1]), total(parts[2]));
        const scores = parts[0].map((tp, c) => score(tp, parts[1][c]!, parts[2][c]!));
        if (average === 'macro') return total(scores) / n;
        const all = total(parts[2]) + EPSILON;
        return total(scores.map((s, c) => (s * parts[2][c]!) / all));
      },
    };
  };

/** Which classes an output says yes to: those above a threshold or, without one, the most probable. */
function decide(outputs: Tensor, threshold: number | null): Tensor {
  if (threshold !== null) return greater(outputs, threshold);
  const most = max(outputs, { axis: -1, keepDims: true });
  return logicalAnd(greaterEqual(outputs, most), greater(abs(outputs), 1e-9));
}

interface Confusion {
  readonly count: number;
  /** The classes whose overlap is averaged; null: all. */
  readonly targets: readonly number[] | null;
  readonly ignored: number | null;
  /** Class numbers of targets and of outputs. */
  classesOf(yTrue: Tensor, yPred: Tensor): [Tensor, Tensor];
}

/** Intersection over union, from the sums of a confusion matrix `[count²]`. */
function overlap({ count, targets, ignored, classesOf }: Confusion): ReturnType<MetricFactory> {
  return {
    totals: (yTrue, yPred, weights) => {
      const [actual, found] = classesOf(yTrue, yPred).map((x) => cast(x, 'int32')) as [Tensor, Tensor];
      const counts = ignored === null ? null : notEqual(actual, ignored);
      const rows = (x: Tensor): Tensor => reshape(oneHot(reshape(x, [-1]), count), [-1, count]);
      const ones = cast(counts ?? equal(actual, actual), 'float32');
      const weighted = reshape(weigh(ones, weights), [-1, 1]);
      const safe = counts === null ? actual : where(counts, actual, 0);
      return reshape(matmul(wide(mul(rows(safe), weighted)), wide(rows(found)), { transposeA: true }), [count * count]);
    },
    result: (totals) => {
      const at = (i: number, j: number): number => totals[i * count + j]!;
      const all = Array.from({ length: count }, (_, i) => i);
      const shares = (targets ?? all).map((c) => {
        const union = total(all.map((i) => at(i, c) + at(c, i))) - at(c, c);
        return { union, share: at(c, c) / (union + EPSILON) };
      });
      const seen = shares.filter(({ union }) => union > 1e-9).length;
      return seen === 0 ? 0 : total(shares.map(({ share }) => share)) / seen;
    },
  };
}

const flagIn = (option: MetricConfig, key: string, byDefault: boolean): boolean => {
  const value = option[key] ?? byDefault;
  if (typeof value === 'boolean') return value;
  throw new ConfigError(`compile: ${key} of metric '${option.name}' must be true or false, got ${String(value)}.`);
};

function targetsIn(option: MetricConfig, count: number): number[] | null {
  const { targetClassIds } = option;
  if (targetClassIds === undefined || targetClassIds === null) return null;
  const fits = Array.isArray(targetClassIds) && targetClassIds.every((c) => isCount(c) && c < count);
  if (fits) return targetClassIds as number[];
  throw new ConfigError(
    `compile: targetClassIds of metric '${option.name}' must be class numbers below ${count}, got ${String(targetClassIds)}.`,
  );
}

/** Class numbers, where they may be probabilities or one-hot rows along an axis. */
const numbersOf = (x: Tensor, isSparse: boolean, axis: number): Tensor => (isSparse ? x : argMax(x, { axis }));

const iou =
  (needsTargets: boolean, isSparse: boolean): MetricFactory =>
  (option) => {
    checkOptions(
      option,
      ['name', 'numClasses', 'targetClassIds', 'ignoreClass', 'sparseYTrue', 'sparseYPred', 'axis'],
      'compile',
    );
    const count = numberIn(option, 'numClasses', Number.NaN, (x) => isCount(x) && x > 0);
    const targets = targetsIn(option, count);
    if (needsTargets && targets === null)
      throw new ConfigError(`compile: metric '${option.name}' needs targetClassIds, e.g. [0, 1].`);
    const [sparseTrue, sparsePred] = [flagIn(option, 'sparseYTrue', isSparse), flagIn(option, 'sparseYPred', isSparse)];
    const axis = numberIn(option, 'axis', -1, Number.isInteger);
    return overlap({
      count,
      targets: needsTargets ? targets : null,
      ignored: (option.ignoreClass ?? null) === null ? null : numberIn(option, 'ignoreClass', 0, Number.isInteger),
      classesOf: (yTrue, yPred) => [numbersOf(yTrue, sparseTrue, axis), numbersOf(yPred, sparsePred, axis)],
    });
  };

const binaryIou: MetricFactory = (option) => {
  checkOptions(option, ['name', 'targetClassIds', 'threshold'], 'compile');
  const threshold = numberIn(option, 'threshold', 0.5, Number.isFinite);
  return overlap({
    count: 2,
    targets: targetsIn(option, 2),
    ignored: null,
    classesOf: (yTrue, yPred) => {
      const [targets, outputs] = alike(yTrue, yPred);
      return [targets, cast(greaterEqual(outputs, threshold), 'int32')];
    },
  });
};

/** Metrics of classes, by name. */
export const classMetrics: Readonly<Record<string, MetricFactory>> = {
  f1Score: /* @__PURE__ */ fScore(1),
  fBetaScore: /* @__PURE__ */ fScore(null),
  meanIoU: /* @__PURE__ */ iou(false, true),
  iou: /* @__PURE__ */ iou(true, true),
  oneHotMeanIoU: /* @__PURE__ */ iou(false, false),
  oneHotIoU: /* @__PURE__ */ iou(true, false),
  binaryIoU: binaryIou,
};
