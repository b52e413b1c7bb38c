import { isFloating } from '../../core/dtype';
import { ConfigError, ShapeError } from '../../core/errors';
import { formatShape, sameShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { cast } from '../../ops/elementwise';
import { mean } from '../../ops/reduce';
import { reshape } from '../../ops/shape-ops';

/** What keeps probabilities away from 0 and 1 before the logarithm, as in Keras. */
export const EPSILON = 1e-7;

/** A loss as data: its name and options. */
export interface LossConfig {
  readonly name: LossName;
  readonly [option: string]: string | number | boolean;
}

/** Names of the losses. */
export type LossName =
  | 'binaryCrossentropy'
  | 'binaryFocalCrossentropy'
  | 'categoricalCrossentropy'
  | 'categoricalFocalCrossentropy'
  | 'sparseCategoricalCrossentropy'
  | 'meanSquaredError'
  | 'meanAbsoluteError'
  | 'huber'
  | 'klDivergence'
  | 'hinge';

/** What a model can be trained on: the losses of the samples, `[batch]`, from targets and outputs. */
export interface Loss {
  (yTrue: Tensor, yPred: Tensor): Tensor;
  /** How to make it again; absent for a user's own function. */
  readonly config?: LossConfig;
}

/** A loss, its name, or its name with options. */
export type LossOption = Loss | LossName | LossConfig;

/** A loss function with its config, and a name to show. */
export function loss(
  name: LossName,
  options: Readonly<Record<string, number | boolean>>,
  f: (t: Tensor, p: Tensor) => Tensor,
): Loss {
  const compute = (yTrue: Tensor, yPred: Tensor): Tensor => f(yTrue, yPred);
  Object.defineProperty(compute, 'name', { value: name });
  return Object.assign(compute, { config: { name, ...options } });
}

export function checkKeys(name: string, options: object, known: readonly string[]): void {
  const stranger = Object.keys(options).find((key) => !known.includes(key));
  if (stranger !== undefined) {
    throw new ConfigError(`${name}: unknown option '${stranger}'. It takes ${known.join(', ') || 'none'}.`);
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

/** Losses of samples: the mean over all axes but the first. */
export function perSample(x: Tensor): Tensor {
  if (x.rank <= 1) return x;
  const axis = Array.from({ length: x.rank - 1 }, (_, i) => i + 1);
  return mean(x, { axis });
}

/** A loss of elements: their mean over all axes but the first. */
export function elementwise(
  name: LossName,
  options: Readonly<Record<string, number | boolean>>,
  f: (t: Tensor, p: Tensor) => Tensor,
): Loss {
  return loss(name, options, (yTrue, yPred) => {
    const p = floating(yPred, name);
    return perSample(f(matched(yTrue, p, name), p));
  });
}

/** Outputs whose last axis is one of classes, in floats. */
export function classes(yPred: Tensor, name: string): Tensor {
  const p = floating(yPred, name);
  if (p.rank < 2) {
    throw new ShapeError(`${name}: the outputs must be [batch, …, classes], got shape ${formatShape(p.shape)}.`);
  }
  return p;
}
