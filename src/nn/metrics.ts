import { ConfigError } from '../core/errors';
import type { Tensor } from '../core/tensor';
import { argMax, cast, equal, expandDims, greater, mean, mul, reshape, sum, topK } from '../ops/index';
import { precisionOf } from '../optim/scalars';
import { type LossConfig, resolveLoss } from './losses';

/** A metric of one batch: `[batch, …]` values of samples, their scalar mean, or a number. */
export type MetricFunction = (yTrue: Tensor, yPred: Tensor) => Tensor | number;

/** How a metric is asked for: by name, by name with options, or as a function. */
export type MetricOption = string | { readonly name: string; readonly [option: string]: unknown } | MetricFunction;

/** A metric ready to be computed, with its name in logs. */
export interface Metric {
  readonly key: string;
  readonly weighted: boolean;
  readonly compute: MetricFunction;
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
};

const NAMES = [
  'accuracy',
  'binaryAccuracy',
  'categoricalAccuracy',
  'sparseCategoricalAccuracy',
  'topKCategoricalAccuracy',
  'sparseTopKCategoricalAccuracy',
];

function named(
  option: { readonly name: string; readonly [key: string]: unknown },
  loss: LossConfig | undefined,
): MetricFunction {
  const { name } = option;
  // From logits, a probability above one half is a logit above zero.
  const fromLogits = loss?.fromLogits === true;
  switch (name) {
    case 'accuracy':
      return accuracy(loss, fromLogits ? 0 : 0.5);
    case 'binaryAccuracy':
      return binaryAccuracy(numberOf(option, 'threshold', 0.5));
    case 'categoricalAccuracy':
      return categoricalAccuracy;
    case 'sparseCategoricalAccuracy':
      return sparseCategoricalAccuracy;
    case 'sparseTopKCategoricalAccuracy':
      return sparseTopK(numberOf(option, 'k', 5));
    case 'topKCategoricalAccuracy':
      return (yTrue, yPred) => sparseTopK(numberOf(option, 'k', 5))(argMax(yTrue, { axis: -1 }), yPred);
    default:
      return asLoss(option);
  }
}

/** Every loss is a metric too. */
function asLoss(option: { readonly name: string }): MetricFunction {
  try {
    return resolveLoss(option);
  } catch (error) {
    throw new ConfigError(
      `compile: unknown metric '${option.name}'. Use ${NAMES.join(', ')}, the name of a loss, or a function (yTrue, yPred) => Tensor.`,
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
    const { key, compute } = resolveOne(option, loss);
    let unique = isWeighted && taken.has(key) ? `weighted${key[0]!.toUpperCase()}${key.slice(1)}` : key;
    for (let n = 1; taken.has(unique); n++) unique = `${key}_${n}`;
    taken.add(unique);
    return { key: unique, weighted: isWeighted, compute };
  };
  return [...plain.map((m) => resolve(m, false)), ...weighted.map((m) => resolve(m, true))];
}

function resolveOne(option: MetricOption, loss: LossConfig | undefined): { key: string; compute: MetricFunction } {
  if (typeof option === 'function') return { key: option.name || 'metric', compute: option };
  const given = typeof option === 'string' ? { name: option } : option;
  if (typeof given !== 'object' || given === null || typeof given.name !== 'string') {
    throw new ConfigError(`compile: a metric must be a name, { name, … } or a function, got ${String(option)}.`);
  }
  const named_ = { ...given, name: ALIASES[given.name] ?? given.name };
  return { key: named_.name, compute: named(named_, loss) };
}

/**
 * The sum of a metric over the samples of a batch, weighted where weights are given. Sums rather than means: counts of
 * hits are then exact.
 */
export function batchTotal(value: Tensor, size: number, weights: Tensor | null): Tensor {
  if (value.rank === 0) return mul(cast(value, precisionOf(value.backend)), weights === null ? size : sum(weights));
  if (weights === null) {
    const total = sum(value);
    return value.size === size ? total : mul(total, size / value.size);
  }
  const perSample =
    value.rank === 1 ? value : mean(value, { axis: Array.from({ length: value.rank - 1 }, (_, i) => i + 1) });
  return sum(mul(perSample, weights));
}
