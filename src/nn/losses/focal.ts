import { ConfigError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { add, clip, div, log, mul, neg, pow, sigmoid, softplus, sub } from '../../ops/elementwise';
import { sum } from '../../ops/reduce';
import { logSoftmax, softmax } from '../../ops/softmax';
import { axisOf, type CrossentropyOptions, checkCrossentropy } from './crossentropy';
import { checkKeys, classes, EPSILON, elementwise, type Loss, loss, matched } from './define';

export interface FocalOptions extends CrossentropyOptions {
  /** Weight of the positive class (of all, with more than two classes); 0.25 by default. */
  readonly alpha?: number | undefined;
  /** How much easy samples count less; 0 leaves the plain cross-entropy; 2 by default. */
  readonly gamma?: number | undefined;
}

export interface BinaryFocalOptions extends FocalOptions {
  /** Whether to weigh positives by `alpha` and negatives by 1 − `alpha`; false by default. */
  readonly applyClassBalancing?: boolean | undefined;
}

function focalOptions(name: string, options: BinaryFocalOptions, more: readonly string[]) {
  checkKeys(name, options, ['fromLogits', 'labelSmoothing', 'axis', 'alpha', 'gamma', ...more]);
  const { fromLogits, labelSmoothing, alpha = 0.25, gamma = 2 } = options;
  if (!(alpha >= 0 && alpha <= 1)) throw new ConfigError(`${name}: alpha must be in [0, 1], got ${String(alpha)}.`);
  if (!(gamma >= 0 && Number.isFinite(gamma)))
    throw new ConfigError(`${name}: gamma must be a number ≥ 0, got ${String(gamma)}.`);
  return { ...checkCrossentropy(name, { fromLogits, labelSmoothing }), ...axisOf(name, options), alpha, gamma };
}

/** (1 − p)^γ. Below γ = 1 its slope is infinite at p = 1, which is kept away from. */
function easing(p: Tensor, gamma: number): Tensor | number {
  if (gamma === 0) return 1;
  return pow(sub(1, gamma < 1 ? clip(p, 0, 1 - EPSILON) : p), gamma);
}

/**
 * Focal cross-entropy of yes-or-no targets, in which what is learned already counts little: l = mean over outputs of
 * (1 − p_t)^γ · −(y·ln p + (1 − y)·ln(1 − p)), with p_t = y·p + (1 − y)·(1 − p).
 *
 * For rare positives among many easy negatives. From logits, p = σ(z), and the cross-entropy is exact.
 *
 * @param options - `alpha = 0.25`, `gamma = 2`, `applyClassBalancing = false` (times α for positives, 1 − α for negatives),
 * `fromLogits = false`, `labelSmoothing = 0`.
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, outputs]`, targets also `[batch]` for a single output.
 * @throws ConfigError for an option that is unknown or out of range; the loss itself a ShapeError when shapes differ.
 *
 * Reference: Lin et al. 2017, “Focal Loss for Dense Object Detection”, ICCV; Keras's `BinaryFocalCrossentropy`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { binaryFocalCrossentropy } from 'kompakt/nn';
 * const loss = binaryFocalCrossentropy()(tensor([1, 1]), tensor([[0.9], [0.1]]));
 * console.log(Array.from(loss.dataSync(), (l) => l.toFixed(3))); // → [ '0.001', '1.865' ]
 * ```
 */
export function binaryFocalCrossentropy(options: BinaryFocalOptions = {}): Loss {
  const name = 'binaryFocalCrossentropy';
  const { applyClassBalancing = false } = options;
  if (typeof applyClassBalancing !== 'boolean')
    throw new ConfigError(`${name}: applyClassBalancing must be true or false, got ${String(applyClassBalancing)}.`);
  const config = { ...focalOptions(name, options, ['applyClassBalancing']), applyClassBalancing };
  const { fromLogits, labelSmoothing: s, alpha, gamma } = config;
  return elementwise(
    name,
    config,
    (t, out) => {
      const y = s === 0 ? t : add(mul(t, 1 - s), s / 2);
      const p = fromLogits ? sigmoid(out) : out;
      const agreement = add(mul(y, p), mul(sub(1, y), sub(1, p)));
      const focal = mul(easing(agreement, gamma), fromLogits ? sub(softplus(out), mul(y, out)) : crossentropy(y, p));
      return applyClassBalancing ? mul(add(mul(y, alpha), mul(sub(1, y), 1 - alpha)), focal) : focal;
    },
    options,
  );
}

function crossentropy(y: Tensor, p: Tensor): Tensor {
  const safe = clip(p, EPSILON, 1 - EPSILON);
  return neg(add(mul(y, log(safe)), mul(sub(1, y), log(sub(1, safe)))));
}

/**
 * Focal cross-entropy of one-hot or soft targets: l = −Σ_c α·(1 − p_c)^γ·y_c·ln p_c.
 *
 * From probabilities, they are made to sum to 1 and kept within [1e-7, 1 − 1e-7]; from logits p = softmax(z).
 *
 * @param options - `alpha = 0.25`, `gamma = 2`, `fromLogits = false`, `labelSmoothing = 0` (y ← y(1 − s) + s/classes).
 * @returns `(yTrue, yPred) → [batch, …]`; both `[batch, …, classes]`.
 * @throws ConfigError for an option that is unknown or out of range; the loss itself a ShapeError when shapes differ.
 *
 * Reference: Lin et al. 2017, “Focal Loss for Dense Object Detection”, ICCV; Keras's `CategoricalFocalCrossentropy`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { categoricalFocalCrossentropy } from 'kompakt/nn';
 * const loss = categoricalFocalCrossentropy({ gamma: 1, alpha: 1 });
 * console.log(loss(tensor([[0, 1]]), tensor([[0.5, 0.5]])).item().toFixed(4)); // → 0.3466
 * ```
 */
export function categoricalFocalCrossentropy(options: FocalOptions = {}): Loss {
  const name = 'categoricalFocalCrossentropy';
  const config = focalOptions(name, options, []);
  const { fromLogits, labelSmoothing: s, alpha, gamma, axis = -1 } = config;
  const rows = (yTrue: Tensor, yPred: Tensor): Tensor => {
    const out = classes(yPred, name);
    const t = matched(yTrue, out, name);
    const y = s === 0 ? t : add(mul(t, 1 - s), s / out.shape.at(axis)!);
    const p = fromLogits
      ? softmax(out, { axis })
      : clip(div(out, sum(out, { axis, keepDims: true })), EPSILON, 1 - EPSILON);
    const logP = fromLogits ? logSoftmax(out, { axis }) : log(p);
    return neg(sum(mul(mul(easing(p, gamma), alpha), mul(y, logP)), { axis }));
  };
  return loss(name, config, rows, options);
}
