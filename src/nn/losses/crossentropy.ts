import { ConfigError, ShapeError } from '../../core/errors';
import { formatShape, sameShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { arange } from '../../ops/create';
import {
  add,
  cast,
  clip,
  div,
  equal,
  log,
  maximum,
  mul,
  neg,
  notEqual,
  softplus,
  sub,
  where,
} from '../../ops/elementwise';
import { sum } from '../../ops/reduce';
import { expandDims, squeeze, transpose } from '../../ops/shape-ops';
import { logSoftmax } from '../../ops/softmax';
import { findNoIndex } from '../indices';
import {
  checkAxis,
  checkKeys,
  classes,
  EPSILON,
  elementwise,
  type Loss,
  type LossOptions,
  loss,
  matched,
  type Reduction,
} from './define';

export interface CrossentropyOptions extends LossOptions {
  /** Whether the model gives logits instead of probabilities; then the loss is computed without rounding errors. By default false. */
  readonly fromLogits?: boolean | undefined;
  /** Share of the target that is spread evenly over the classes, in [0, 1]; by default 0. */
  readonly labelSmoothing?: number | undefined;
  /** The axis of classes (of a binary loss: that of outputs, whose mean is taken); by default −1, the last. */
  readonly axis?: number | undefined;
}

/** Options of {@link sparseCategoricalCrossentropy}. */
export interface SparseCrossentropyOptions extends LossOptions {
  readonly fromLogits?: boolean | undefined;
  /** A target that is no class, as padding is: such rows have no loss, and do not count in the mean. By default none. */
  readonly ignoreClass?: number | null | undefined;
  /** The axis of classes; by default −1, the last. */
  readonly axis?: number | undefined;
}

function crossentropyOptions(name: string, options: CrossentropyOptions) {
  checkKeys(name, options, ['fromLogits', 'labelSmoothing', 'axis']);
  return { ...checkCrossentropy(name, options), ...axisOf(name, options) };
}

/** The axis where one is given: the last needs no mention. */
export const axisOf = (name: string, { axis = -1 }: { readonly axis?: number | undefined }): { axis?: number } =>
  checkAxis(axis, name) === -1 ? {} : { axis };

/** The options of a cross-entropy, with defaults filled in. */
export function checkCrossentropy(
  name: string,
  options: CrossentropyOptions,
): { fromLogits: boolean; labelSmoothing: number } {
  const { fromLogits = false, labelSmoothing = 0 } = options;
  if (typeof fromLogits !== 'boolean')
    throw new ConfigError(`${name}: fromLogits must be true or false, got ${String(fromLogits)}.`);
  if (!(labelSmoothing >= 0 && labelSmoothing <= 1)) {
    throw new ConfigError(`${name}: labelSmoothing must be in [0, 1], got ${String(labelSmoothing)}.`);
  }
  return { fromLogits, labelSmoothing };
}

/** ln p of probabilities along an axis, made to sum to 1 and kept within [1e-7, 1 − 1e-7]. */
function logOfProbabilities(p: Tensor, axis: number): Tensor {
  return log(clip(div(p, sum(p, { axis, keepDims: true })), EPSILON, 1 - EPSILON));
}

/**
 * Cross-entropy of yes-or-no targets: l = −mean over outputs of y·ln p + (1 − y)·ln(1 − p).
 *
 * From probabilities, p is kept within [1e-7, 1 − 1e-7]; from logits z it is softplus(z) − y·z, exact however large z is.
 *
 * @param options - `fromLogits = false`, `labelSmoothing = 0` (y ← y(1 − s) + s/2), `axis = -1`, `reduction`.
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, outputs]`, targets also `[batch]` for a single output.
 * @throws ConfigError for an option that is unknown or out of range; the loss itself a ShapeError when shapes differ.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { binaryCrossentropy } from 'kompakt/nn';
 * const loss = binaryCrossentropy({ fromLogits: true })(tensor([1, 0]), tensor([[0], [-1000]]));
 * console.log(Array.from(loss.dataSync(), (l) => l.toFixed(3))); // → [ '0.693', '0.000' ]
 * ```
 */
export function binaryCrossentropy(options: CrossentropyOptions = {}): Loss {
  const config = crossentropyOptions('binaryCrossentropy', options);
  const { fromLogits, labelSmoothing: s } = config;
  return elementwise(
    'binaryCrossentropy',
    config,
    (t, p) => {
      const y = s === 0 ? t : add(mul(t, 1 - s), s / 2);
      if (fromLogits) return sub(softplus(p), mul(y, p));
      const safe = clip(p, EPSILON, 1 - EPSILON);
      return neg(add(mul(y, log(safe)), mul(sub(1, y), log(sub(1, safe)))));
    },
    options,
  );
}

/**
 * Cross-entropy of one-hot or soft targets: l = −Σ_c y_c·ln p_c.
 *
 * From probabilities, they are made to sum to 1 and kept within [1e-7, 1 − 1e-7]; from logits it is −Σ y·logSoftmax(z),
 * exact however large z is.
 *
 * @param options - `fromLogits = false`, `labelSmoothing = 0` (y ← y(1 − s) + s/classes), `axis = -1`, `reduction`.
 * @returns `(yTrue, yPred) → [batch, …]`; both `[batch, …, classes]`.
 * @throws ConfigError for an option that is unknown or out of range; the loss itself a ShapeError when shapes differ.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { categoricalCrossentropy } from 'kompakt/nn';
 * const loss = categoricalCrossentropy({ labelSmoothing: 0.1 });
 * console.log(loss(tensor([[0, 1]]), tensor([[0.5, 0.5]])).item().toFixed(4)); // → 0.6931
 * ```
 */
export function categoricalCrossentropy(options: CrossentropyOptions = {}): Loss {
  const name = 'categoricalCrossentropy';
  const config = crossentropyOptions(name, options);
  const { fromLogits, labelSmoothing: s, axis = -1 } = config;
  const rows = (yTrue: Tensor, yPred: Tensor): Tensor => {
    const p = classes(yPred, name);
    const t = matched(yTrue, p, name);
    const y = s === 0 ? t : add(mul(t, 1 - s), s / p.shape.at(axis)!);
    const logP = fromLogits ? logSoftmax(p, { axis }) : logOfProbabilities(p, axis);
    return neg(sum(mul(y, logP), { axis }));
  };
  return loss(name, config, rows, options);
}

/**
 * Cross-entropy of class numbers: l = −ln p[y]; {@link categoricalCrossentropy} without one-hot rows.
 *
 * @param options - `fromLogits = false`; `ignoreClass`: a target that does not count, as padding (−1, say), by default
 * none; `axis = -1`; `reduction`.
 * @returns `(yTrue, yPred) → [batch, …]`; outputs `[batch, …, classes]`, targets the same without the last axis, or with
 * size 1 there. Losses are scaled so that their mean is that of the rows that count.
 * @throws ConfigError for an unknown option; the loss itself a ShapeError when shapes differ, and a ConfigError for a
 * target that is no class number.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { sparseCategoricalCrossentropy } from 'kompakt/nn';
 * const loss = sparseCategoricalCrossentropy();
 * console.log(loss(tensor([1]), tensor([[0.75, 0.25]])).item().toFixed(4)); // → 1.3863
 * ```
 */
export function sparseCategoricalCrossentropy(options: SparseCrossentropyOptions = {}): Loss {
  const name = 'sparseCategoricalCrossentropy';
  checkKeys(name, options, ['fromLogits', 'ignoreClass', 'axis']);
  const { fromLogits } = checkCrossentropy(name, options);
  const { axis = -1 } = axisOf(name, options);
  const { ignoreClass = null, reduction } = options;
  if (ignoreClass !== null && !Number.isInteger(ignoreClass))
    throw new ConfigError(`${name}: ignoreClass must be an integer, got ${String(ignoreClass)}.`);
  const rows = (yTrue: Tensor, yPred: Tensor): Tensor => {
    const p = classesLast(yPred, axis, name);
    const logP = fromLogits ? logSoftmax(p) : logOfProbabilities(p, -1);
    const given = expanded(yTrue, p, name);
    const counts = ignoreClass === null ? null : notEqual(given, ignoreClass);
    // A sum of one number and zeros is that number, and costs less than to look it up: it joins the passes before it.
    const numbers = arange(0, p.shape.at(-1)!, 1, { dtype: 'int32', backend: p.backend });
    const target = classNumbers(counts === null ? given : where(counts, given, 0), p, name);
    const losses = neg(sum(where(equal(target, numbers), logP, 0), { axis: -1 }));
    return counts === null ? losses : counted(losses, squeeze(counts, -1), reduction);
  };
  const config = { fromLogits, ...(ignoreClass !== null && { ignoreClass }), ...(axis !== -1 && { axis }) };
  return loss(name, config, rows, options);
}

/** Losses of the rows that count, so that the mean of all is their mean. */
function counted(losses: Tensor, counts: Tensor, reduction: Reduction | undefined): Tensor {
  const own = where(counts, losses, 0);
  if (reduction === 'sum' || reduction === 'none') return own;
  return mul(own, div(losses.size, maximum(sum(cast(counts, losses.dtype)), 1)));
}

/** Outputs with the axis of classes last. */
function classesLast(yPred: Tensor, axis: number, name: string): Tensor {
  const p = classes(yPred, name);
  const at = axis < 0 ? axis + p.rank : axis;
  if (at === p.rank - 1) return p;
  const others = p.shape.map((_, i) => i).filter((i) => i !== at);
  return transpose(p, [...others, at]);
}

/** Targets as `[batch, …, 1]`. */
function expanded(yTrue: Tensor, p: Tensor, name: string): Tensor {
  const wanted = p.shape.slice(0, -1);
  if (sameShape(yTrue.shape, wanted)) return expandDims(yTrue, -1);
  if (sameShape(yTrue.shape, [...wanted, 1])) return yTrue;
  throw new ShapeError(
    `${name}: outputs of shape ${formatShape(p.shape)} need class numbers of shape ${formatShape(wanted)}, got ${formatShape(yTrue.shape)}. ` +
      'For one-hot rows use categoricalCrossentropy.',
  );
}

/** Class numbers as int32, checked where they can be read. */
function classNumbers(yTrue: Tensor, p: Tensor, name: string): Tensor {
  const count = p.shape.at(-1)!;
  const wrong = findNoIndex(yTrue, count);
  if (wrong !== undefined) {
    throw new ConfigError(
      `${name}: the model has ${count} outputs, so targets must be integers in [0, ${count - 1}]; found ${wrong}.`,
    );
  }
  return cast(yTrue, 'int32');
}
