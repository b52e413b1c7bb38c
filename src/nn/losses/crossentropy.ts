import { ConfigError, ShapeError } from '../../core/errors';
import { formatShape, sameShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { arange } from '../../ops/create';
import { add, cast, clip, div, equal, log, mul, neg, softplus, sub, where } from '../../ops/elementwise';
import { sum } from '../../ops/reduce';
import { expandDims } from '../../ops/shape-ops';
import { logSoftmax } from '../../ops/softmax';
import { findNoIndex } from '../indices';
import { checkKeys, classes, EPSILON, elementwise, type Loss, loss, matched, perSample } from './define';

export interface CrossentropyOptions {
  /** Whether the model gives logits instead of probabilities; then the loss is computed without rounding errors. By default false. */
  readonly fromLogits?: boolean | undefined;
  /** Share of the target that is spread evenly over the classes, in [0, 1]; by default 0. */
  readonly labelSmoothing?: number | undefined;
}

function crossentropyOptions(
  name: string,
  options: CrossentropyOptions,
): { fromLogits: boolean; labelSmoothing: number } {
  checkKeys(name, options, ['fromLogits', 'labelSmoothing']);
  return checkCrossentropy(name, options);
}

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

/** ln p of probabilities along the last axis, made to sum to 1 and kept within [1e-7, 1 − 1e-7]. */
function logOfProbabilities(p: Tensor): Tensor {
  return log(clip(div(p, sum(p, { axis: -1, keepDims: true })), EPSILON, 1 - EPSILON));
}

/**
 * Cross-entropy of yes-or-no targets: l = −mean over outputs of y·ln p + (1 − y)·ln(1 − p).
 *
 * From probabilities, p is kept within [1e-7, 1 − 1e-7]; from logits z it is softplus(z) − y·z, exact however large z is.
 *
 * @param options - `fromLogits = false`, `labelSmoothing = 0` (y ← y(1 − s) + s/2).
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
  return elementwise('binaryCrossentropy', config, (t, p) => {
    const y = s === 0 ? t : add(mul(t, 1 - s), s / 2);
    if (fromLogits) return sub(softplus(p), mul(y, p));
    const safe = clip(p, EPSILON, 1 - EPSILON);
    return neg(add(mul(y, log(safe)), mul(sub(1, y), log(sub(1, safe)))));
  });
}

/**
 * Cross-entropy of one-hot or soft targets: l = −Σ_c y_c·ln p_c.
 *
 * From probabilities, they are made to sum to 1 and kept within [1e-7, 1 − 1e-7]; from logits it is −Σ y·logSoftmax(z),
 * exact however large z is.
 *
 * @param options - `fromLogits = false`, `labelSmoothing = 0` (y ← y(1 − s) + s/classes).
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, …, classes]`.
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
  const { fromLogits, labelSmoothing: s } = config;
  return loss(name, config, (yTrue, yPred) => {
    const p = classes(yPred, name);
    const t = matched(yTrue, p, name);
    const y = s === 0 ? t : add(mul(t, 1 - s), s / p.shape.at(-1)!);
    const logP = fromLogits ? logSoftmax(p) : logOfProbabilities(p);
    return perSample(neg(sum(mul(y, logP), { axis: -1 })));
  });
}

/**
 * Cross-entropy of class numbers: l = −ln p[y]; {@link categoricalCrossentropy} without one-hot rows.
 *
 * @param options - `fromLogits = false`.
 * @returns `(yTrue, yPred) → [batch]`; outputs `[batch, …, classes]`, targets the same without the last axis, or with size
 * 1 there.
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
export function sparseCategoricalCrossentropy(options: { readonly fromLogits?: boolean | undefined } = {}): Loss {
  const name = 'sparseCategoricalCrossentropy';
  checkKeys(name, options, ['fromLogits']);
  const { fromLogits } = crossentropyOptions(name, options);
  return loss(name, { fromLogits }, (yTrue, yPred) => {
    const p = classes(yPred, name);
    const logP = fromLogits ? logSoftmax(p) : logOfProbabilities(p);
    // A sum of one number and zeros is that number, and costs less than to look it up: it joins the passes before it.
    const numbers = arange(0, p.shape.at(-1)!, 1, { dtype: 'int32', backend: p.backend });
    const isTarget = equal(classNumbers(yTrue, p, name), numbers);
    return perSample(neg(sum(where(isTarget, logP, 0), { axis: -1 })));
  });
}

/** Class numbers as `[batch, …, 1]` of int32, checked where they can be read. */
function classNumbers(yTrue: Tensor, p: Tensor, name: string): Tensor {
  const wanted = p.shape.slice(0, -1);
  const fits = sameShape(yTrue.shape, wanted) || sameShape(yTrue.shape, [...wanted, 1]);
  if (!fits) {
    throw new ShapeError(
      `${name}: outputs of shape ${formatShape(p.shape)} need class numbers of shape ${formatShape(wanted)}, got ${formatShape(yTrue.shape)}. ` +
        'For one-hot rows use categoricalCrossentropy.',
    );
  }
  const count = p.shape.at(-1)!;
  const wrong = findNoIndex(yTrue, count);
  if (wrong !== undefined) {
    throw new ConfigError(
      `${name}: the model has ${count} outputs, so targets must be integers in [0, ${count - 1}]; found ${wrong}.`,
    );
  }
  const numbers = cast(yTrue, 'int32');
  return yTrue.rank === wanted.length ? expandDims(numbers, -1) : numbers;
}
