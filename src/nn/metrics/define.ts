import { ConfigError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { cast, expandDims, mul, reshape } from '../../ops/index';
import { precisionOf } from '../../optim/scalars';

/**
 * A metric that is not a mean over samples: sums over a batch, which add up over the batches of an epoch, and the number
 * that they stand for.
 *
 * @example
 * ```ts
 * import { stack, sum } from 'kompakt';
 * import { dense, type MetricTotals, sequential } from 'kompakt/nn';
 * // How large all predictions are together, in units of all targets.
 * const share: MetricTotals = {
 *   name: 'share',
 *   totals: (yTrue, yPred) => stack([sum(yPred), sum(yTrue)]),
 *   result: ([predicted, actual]) => predicted! / actual!,
 * };
 * const model = sequential([dense({ units: 1, kernelInitializer: 'ones' })], { inputShape: [1] });
 * model.compile({ optimizer: 'sgd', loss: 'mse', metrics: [share] });
 * console.log((await model.evaluate([[1], [2], [3]], [[2], [1], [9]], { batchSize: 1 })).share); // → 0.5
 * ```
 */
export interface MetricTotals {
  /** Its name in logs. */
  readonly name: string;
  /**
   * Sums over a batch, `[numbers]`: as many in each batch.
   *
   * @param weights - of rows, `[batch]`; null where all count alike.
   */
  totals(yTrue: Tensor, yPred: Tensor, weights: Tensor | null): Tensor;
  /** The metric of sums that were added up over batches. */
  result(totals: readonly number[]): number;
}

/** A metric by name, as data. */
export interface MetricConfig {
  readonly name: string;
  readonly [option: string]: unknown;
}

/** What makes a metric of its options. */
export type MetricFactory = (option: MetricConfig) => Omit<MetricTotals, 'name'>;

/** 0 where there is nothing to divide by. */
export const ratio = (a: number, b: number): number => (b === 0 ? 0 : a / b);

/** Elements times the weight of their row. */
export function weigh(x: Tensor, weights: Tensor | null): Tensor {
  if (weights === null) return x;
  const own = cast(weights, x.dtype);
  return mul(x, x.rank === 1 ? own : reshape(own, [own.size, ...x.shape.slice(1).map(() => 1)]));
}

/** Sums are counts of many samples: in double precision where the backend has it. */
export const wide = (x: Tensor): Tensor => cast(x, precisionOf(x.backend));

/** Targets and outputs of one shape, a last axis of size 1 being added where it lacks. */
export function alike(yTrue: Tensor, yPred: Tensor): [Tensor, Tensor] {
  if (yTrue.rank === yPred.rank) return [yTrue, yPred];
  if (yTrue.rank === yPred.rank - 1 && yPred.shape.at(-1) === 1) return [expandDims(yTrue, -1), yPred];
  if (yPred.rank === yTrue.rank - 1 && yTrue.shape.at(-1) === 1) return [yTrue, expandDims(yPred, -1)];
  throw new ConfigError(
    `metric: targets of shape [${yTrue.shape.join(', ')}] do not fit outputs of shape [${yPred.shape.join(', ')}].`,
  );
}

/** A number among the options, or its default. */
export function numberIn(option: MetricConfig, key: string, byDefault: number, fits: (x: number) => boolean): number {
  const value = option[key] ?? byDefault;
  if (typeof value === 'number' && fits(value)) return value;
  throw new ConfigError(`compile: ${key} of metric '${option.name}' is out of range: ${String(value)}.`);
}

export const isCount = (x: number): boolean => Number.isInteger(x) && x >= 0;
export const isShare = (x: number): boolean => x >= 0 && x <= 1;

/** One of several words among the options, or the first. */
export function wordIn<W extends string>(option: MetricConfig, key: string, words: readonly W[]): W {
  const value = option[key] ?? words[0];
  if (words.includes(value as W)) return value as W;
  throw new ConfigError(
    `compile: ${key} of metric '${option.name}' must be one of ${words.join(', ')}, got ${String(value)}.`,
  );
}
