import { isFloating } from '../../core/dtype';
import { ConfigError, ShapeError } from '../../core/errors';
import { formatShape, sameShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/elementwise';
import { mean, sum } from '../../ops/reduce';
import { reshape } from '../../ops/shape-ops';

/** What keeps probabilities away from 0 and 1 before the logarithm, as in Keras. */
export const EPSILON = 1e-7;

/** A loss as data: its name and options. */
export interface LossConfig {
  readonly name: LossName;
  readonly [option: string]: string | number | boolean | null | readonly number[];
}

/** Names of the losses. */
export type LossName =
  | 'binaryCrossentropy'
  | 'binaryFocalCrossentropy'
  | 'categoricalCrossentropy'
  | 'categoricalFocalCrossentropy'
  | 'categoricalGeneralizedCrossEntropy'
  | 'categoricalHinge'
  | 'cosineSimilarity'
  | 'ctcLoss'
  | 'dice'
  | 'hinge'
  | 'huber'
  | 'klDivergence'
  | 'logCosh'
  | 'meanAbsoluteError'
  | 'meanAbsolutePercentageError'
  | 'meanSquaredError'
  | 'meanSquaredLogarithmicError'
  | 'poisson'
  | 'sparseCategoricalCrossentropy'
  | 'squaredHinge'
  | 'tversky';

/** What makes one number of the losses of a batch. */
export type Reduction = 'sumOverBatchSize' | 'mean' | 'meanWithSampleWeight' | 'sum' | 'none';

/** Options that every loss has. */
export interface LossOptions {
  /**
   * What makes one number of the losses of rows: their mean (`'sumOverBatchSize'`, `'mean'`), Σ w·l / Σ w
   * (`'meanWithSampleWeight'`) or their sum. Called by itself, a loss that is given a reduction returns that number. By
   * default, and with `'none'`, it returns the losses of rows, and training takes their mean.
   */
  readonly reduction?: Reduction | undefined;
}

/**
 * What a model can be trained on: the losses of the rows of a batch, `[batch]` or, where outputs have more axes than
 * samples and classes, `[batch, …]` without the last axis.
 */
export interface Loss {
  (yTrue: Tensor, yPred: Tensor): Tensor;
  /** How to make it again; absent for a user's own function. */
  readonly config?: LossConfig;
  /** The losses of rows, where the loss itself reduces them. */
  readonly rows?: (yTrue: Tensor, yPred: Tensor) => Tensor;
}

/** A loss, its name, or its name with options. */
export type LossOption = Loss | LossName | LossAlias | LossConfig;

/** Short names of some. */
export type LossAlias = 'bce' | 'ctc' | 'kld' | 'mae' | 'mape' | 'mse' | 'msle';

const REDUCTIONS: readonly unknown[] = ['sumOverBatchSize', 'mean', 'meanWithSampleWeight', 'sum', 'none'];

/** A loss function with its config, and a name to show. */
export function loss(
  name: LossName,
  options: Readonly<Record<string, number | boolean | null | readonly number[]>>,
  f: (t: Tensor, p: Tensor) => Tensor,
  { reduction }: LossOptions = {},
): Loss {
  if (reduction !== undefined && !REDUCTIONS.includes(reduction)) {
    throw new ConfigError(`${name}: reduction must be one of ${REDUCTIONS.join(', ')}, got ${String(reduction)}.`);
  }
  const reduced = reduction === undefined || reduction === 'none' ? null : reduction === 'sum' ? sum : mean;
  const compute = (yTrue: Tensor, yPred: Tensor): Tensor =>
    reduced === null ? f(yTrue, yPred) : reduced(f(yTrue, yPred));
  Object.defineProperty(compute, 'name', { value: name });
  const config = { name, ...options, ...(reduction !== undefined && { reduction }) };
  return Object.assign(compute, { config, ...(reduced !== null && { rows: f }) });
}

export function checkKeys(name: string, options: object, known: readonly string[]): void {
  const all = [...known, 'reduction'];
  const stranger = Object.keys(options).find((key) => !all.includes(key));
  if (stranger !== undefined) {
    throw new ConfigError(`${name}: unknown option '${stranger}'. It takes ${all.join(', ')}.`);
  }
}

/** Targets in the dtype and shape of the outputs; they may lack, or have too many of, a last axis of size 1. */
export function matched(yTrue: Tensor, yPred: Tensor, name: string): Tensor {
  const t = cast(yTrue, yPred.dtype);
  if (sameShape(t.shape, yPred.shape)) return t;
  const [shorter, longer] = t.rank < yPred.rank ? [t.shape, yPred.shape] : [yPred.shape, t.shape];
  if (longer.length === shorter.length + 1 && longer.at(-1) === 1 && sameShape(shorter, longer.slice(0, -1))) {
    return reshape(t, yPred.shape);
  }
  throw new ShapeError(
    `${name}: targets of shape ${formatShape(yTrue.shape)} do not fit outputs of shape ${formatShape(yPred.shape)}; they must agree.`,
  );
}

export function floating(yPred: Tensor, name: string): Tensor {
  if (yPred.rank === 0) throw new ShapeError(`${name}: the outputs must have a batch axis, got a scalar.`);
  return isFloating(yPred.dtype) ? yPred : cast(yPred, 'float32');
}

/** Losses of rows: the mean over an axis, by default the last, of what has any but the first. */
export function perRow(x: Tensor, axis = -1): Tensor {
  return x.rank <= 1 ? x : mean(x, { axis });
}

/** A loss of elements: their mean over the last axis. */
export function elementwise(
  name: LossName,
  options: Readonly<Record<string, number | boolean>>,
  f: (t: Tensor, p: Tensor) => Tensor,
  reduction: LossOptions,
): Loss {
  const { axis } = options;
  const compute = (yTrue: Tensor, yPred: Tensor): Tensor => {
    const p = floating(yPred, name);
    return perRow(f(matched(yTrue, p, name), p), axis as number | undefined);
  };
  return loss(name, options, compute, reduction);
}

/** An axis of classes, checked. */
export function checkAxis(axis: unknown, name: string): number {
  if (!Number.isInteger(axis)) throw new ConfigError(`${name}: axis must be an integer, got ${String(axis)}.`);
  return axis as number;
}

/** Outputs whose last axis is one of classes, in floats. */
export function classes(yPred: Tensor, name: string): Tensor {
  const p = floating(yPred, name);
  if (p.rank < 2) {
    throw new ShapeError(`${name}: the outputs must be [batch, …, classes], got shape ${formatShape(p.shape)}.`);
  }
  return p;
}
