import { ConfigError } from '../core/errors';
import type { Tensor } from '../core/tensor';
import {
  argMax,
  cast,
  equal,
  expandDims,
  full,
  greater,
  mean,
  mul,
  neg,
  reshape,
  stack,
  sum,
  topK,
} from '../ops/index';
import { precisionOf } from '../optim/scalars';
import { type LossConfig, resolveLoss } from './losses';
import { classMetrics } from './metrics/classes';
import { type MetricConfig, type MetricFactory, type MetricTotals, wide } from './metrics/define';
import { valueMetrics } from './metrics/regression';
import { thresholdMetrics } from './metrics/thresholds';

/** A metric of one batch: `[batch, …]` values of samples, their scalar mean, or a number. */
export type MetricFunction = (yTrue: Tensor, yPred: Tensor) => Tensor | number;

/** How a metric is asked for: by name, by name with options, or as a function. */
export type MetricOption = string | MetricConfig | MetricFunction | MetricTotals;

/** A metric ready to be computed. */
export interface Metric {
  /** Its name in logs. */
  readonly key: string;
  /** Whether samples have their weights in it. */
  readonly weighted: boolean;
  /** Sums over a batch, `[numbers]`: as many in each batch, and such that those of batches add up. */
  readonly totals: MetricTotals['totals'];
  /** The metric of sums over batches; NaN where nothing was counted. */
  readonly result: MetricTotals['result'];
}

const lastOf = (x: Tensor): number => x.shape.at(-1) ?? 1;

/** Class numbers `[batch, …]` of targets that may have a last axis of size 1 more than that. */
function labels(yTrue: Tensor, yPred: Tensor): Tensor {
  const flat = yTrue.rank === yPred.rank && lastOf(yTrue) === 1 ? reshape(yTrue, yTrue.shape.slice(0, -1)) : yTrue;
  return cast(flat, 'int32');
}

const asNumbers = (hits: Tensor): Tensor => cast(hits, 'float32');

const binaryAccuracy =
  (threshold: number): MetricFunction =>
  (yTrue, yPred) =>
    asNumbers(equal(cast(greater(yPred, threshold), yTrue.dtype), yTrue));

const categoricalAccuracy: MetricFunction = (yTrue, yPred) =>
  asNumbers(equal(argMax(yTrue, { axis: -1 }), argMax(yPred, { axis: -1 })));

const sparseCategoricalAccuracy: MetricFunction = (yTrue, yPred) =>
  asNumbers(equal(labels(yTrue, yPred), argMax(yPred, { axis: -1 })));

/** Whether the class is among the k most probable. */
const sparseTopK =
  (k: number): MetricFunction =>
  (yTrue, yPred) => {
    const { indices } = topK(yPred, Math.min(k, lastOf(yPred)));
    return asNumbers(sum(asNumbers(equal(indices, expandDims(labels(yTrue, yPred), -1))), { axis: -1 }));
  };

/** Accuracy of the kind that targets and output ask for. */
const accuracy =
  (loss: LossConfig | undefined, threshold: number): MetricFunction =>
  (yTrue, yPred) => {
    const classes = yPred.rank < 2 ? 1 : lastOf(yPred);
    if (classes === 1 || loss?.name === 'binaryCrossentropy') return binaryAccuracy(threshold)(yTrue, yPred);
    const sparse = yTrue.rank < yPred.rank || lastOf(yTrue) === 1;
    return (sparse ? sparseCategoricalAccuracy : categoricalAccuracy)(yTrue, yPred);
  };

const numberOf = (option: { readonly [key: string]: unknown }, key: string, byDefault: number): number => {
  const value = option[key] ?? byDefault;
  if (typeof value !== 'number')
    throw new ConfigError(`compile: ${key} of metric '${String(option.name)}' must be a number, got ${String(value)}.`);
  return value;
};

const ALIASES: Readonly<Record<string, string>> = {
  acc: 'accuracy',
  mse: 'meanSquaredError',
  mae: 'meanAbsoluteError',
  logCoshError: 'logCosh',
};

const streaming = (): Readonly<Record<string, MetricFactory>> => ({
  ...thresholdMetrics,
  ...classMetrics,
  ...valueMetrics,
});

/** −1 to 1, the higher the closer: the loss of that name has the other sign. */
const cosine =
  (option: MetricConfig): MetricFunction =>
  (yTrue, yPred) =>
    neg(resolveLoss(option)(yTrue, yPred));

const MEANS: Readonly<Record<string, (option: MetricConfig, loss: LossConfig | undefined) => MetricFunction>> = {
  // From logits, a probability above one half is a logit above zero.
  accuracy: (_, loss) => accuracy(loss, loss?.fromLogits === true ? 0 : 0.5),
  binaryAccuracy: (option) => binaryAccuracy(numberOf(option, 'threshold', 0.5)),
  categoricalAccuracy: () => categoricalAccuracy,
  sparseCategoricalAccuracy: () => sparseCategoricalAccuracy,
  sparseTopKCategoricalAccuracy: (option) => sparseTopK(numberOf(option, 'k', 5)),
  topKCategoricalAccuracy: (option) => (yTrue, yPred) =>
    sparseTopK(numberOf(option, 'k', 5))(argMax(yTrue, { axis: -1 }), yPred),
  cosineSimilarity: cosine,
};

function named(option: MetricConfig, loss: LossConfig | undefined): Pick<Metric, 'totals' | 'result'> {
  const { name } = option;
  const sums = streaming();
  if (Object.hasOwn(sums, name)) return sums[name]!(option);
  return meanOf(Object.hasOwn(MEANS, name) ? MEANS[name]!(option, loss) : asLoss(option));
}

/** A mean over samples: its sum over a batch, and what to divide that by. */
function meanOf(compute: MetricFunction): Pick<Metric, 'totals' | 'result'> {
  return {
    totals: (yTrue, yPred, weights) => {
      const value = compute(yTrue, yPred);
      const n = yPred.shape[0]!;
      const scalar = (x: number): Tensor => full([], x, { backend: yPred.backend });
      const own = typeof value === 'number' ? scalar(value) : value;
      return stack([wide(batchTotal(own, n, weights)), wide(weights === null ? scalar(n) : sum(wide(weights)))]);
    },
    result: ([total, weight]) => total! / weight!,
  };
}

/** Every loss is a metric too. */
function asLoss(option: { readonly name: string }): MetricFunction {
  try {
    const loss = resolveLoss(option);
    return loss.rows ?? loss;
  } catch (error) {
    throw new ConfigError(
      `compile: unknown metric '${option.name}'. Use ${[...Object.keys(MEANS), ...Object.keys(streaming())].join(', ')}, the name of a loss, or a function (yTrue, yPred) => Tensor.`,
      {
        cause: error,
      },
    );
  }
}

/** The metrics that `compile` was asked for; names in logs are unique. */
export function resolveMetrics(
  plain: readonly MetricOption[] = [],
  weighted: readonly MetricOption[] = [],
  loss?: LossConfig,
): Metric[] {
  const taken = new Set(['loss', 'learningRate']);
  const resolve = (option: MetricOption, isWeighted: boolean): Metric => {
    const { key, ...metric } = resolveOne(option, loss);
    let unique = isWeighted && taken.has(key) ? `weighted${key[0]!.toUpperCase()}${key.slice(1)}` : key;
    for (let n = 1; taken.has(unique); n++) unique = `${key}_${n}`;
    taken.add(unique);
    return { ...metric, key: unique, weighted: isWeighted };
  };
  return [...plain.map((m) => resolve(m, false)), ...weighted.map((m) => resolve(m, true))];
}

function resolveOne(option: MetricOption, loss: LossConfig | undefined): Omit<Metric, 'weighted'> {
  if (typeof option === 'function') return { key: option.name || 'metric', ...meanOf(option) };
  const given = typeof option === 'string' ? { name: option } : option;
  if (typeof given !== 'object' || given === null || typeof given.name !== 'string') {
    throw new ConfigError(`compile: a metric must be a name, { name, … } or a function, got ${String(option)}.`);
  }
  if (typeof given.totals === 'function' && typeof given.result === 'function') {
    const { name, totals, result } = given as MetricTotals;
    return { key: name, totals: (...args) => totals(...args), result: (sums) => result(sums) };
  }
  const known = { ...given, name: ALIASES[given.name] ?? given.name };
  return { key: known.name, ...named(known, loss) };
}

/**
 * The sum of a metric over the samples of a batch, weighted where weights are given. Sums rather than means: counts of
 * hits are then exact.
 */
function batchTotal(value: Tensor, size: number, weights: Tensor | null): Tensor {
  if (value.rank === 0) return mul(cast(value, precisionOf(value.backend)), weights === null ? size : sum(weights));
  if (weights === null) {
    const total = sum(value);
    return value.size === size ? total : mul(total, size / value.size);
  }
  const perSample =
    value.rank === 1 ? value : mean(value, { axis: Array.from({ length: value.rank - 1 }, (_, i) => i + 1) });
  return sum(mul(perSample, weights));
}
