import { ConfigError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { add, div, mul, pow, sub } from '../../ops/elementwise';
import { sum } from '../../ops/reduce';
import { checkKeys, classes, EPSILON, floating, type Loss, type LossOptions, loss, matched } from './define';

/** Options of {@link dice}. */
export interface OverlapOptions extends LossOptions {
  /** The axes to sum over, e.g. `[1, 2, 3]` for a loss per image; by default all, which gives one number per batch. */
  readonly axis?: number | readonly number[] | null | undefined;
}

/** Options of {@link tversky}. */
export interface TverskyOptions extends OverlapOptions {
  /** Weight of what is in the targets but not found, by default 0.5. */
  readonly alpha?: number | undefined;
  /** Weight of what is found but not in the targets, by default 0.5. */
  readonly beta?: number | undefined;
}

function axesOf({ axis = null }: OverlapOptions, name: string): { axis?: readonly number[] } {
  if (axis === null) return {};
  const axes = typeof axis === 'number' ? [axis] : axis;
  if (!Array.isArray(axes) || !axes.every(Number.isInteger)) {
    throw new ConfigError(`${name}: axis must be an integer or an array of integers, got ${String(axis)}.`);
  }
  return { axis: axes as readonly number[] };
}

/**
 * Dice loss of segmentations: l = 1 − 2·Σ y·p / (Σ y + Σ p + 1e-7).
 *
 * @param options - `axis`: what to sum over, by default everything in the batch; `reduction`.
 * @returns `(yTrue, yPred) →` a number for the batch or, with `axis`, for each of what is left; both of one shape.
 * @throws ConfigError for an option that is unknown or out of range; the loss itself a ShapeError when shapes differ.
 *
 * Reference: Milletari et al. 2016, “V-Net”, arXiv:1606.04797; Keras's `Dice`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { dice } from 'kompakt/nn';
 * const loss = dice({ axis: 1 })(tensor([[1, 1], [0, 1]]), tensor([[1, 1], [1, 0]]));
 * console.log(Array.from(loss.dataSync(), (l) => l.toFixed(3))); // → [ '0.000', '1.000' ]
 * ```
 */
export function dice(options: OverlapOptions = {}): Loss {
  checkKeys('dice', options, ['axis']);
  const axes = axesOf(options, 'dice');
  const compute = (yTrue: Tensor, yPred: Tensor): Tensor => {
    const p = floating(yPred, 'dice');
    const t = matched(yTrue, p, 'dice');
    const both = mul(sum(mul(t, p), axes), 2);
    return sub(1, div(both, add(add(sum(t, axes), sum(p, axes)), EPSILON)));
  };
  return loss('dice', axes, compute, options);
}

/**
 * Tversky loss, Dice with weights of its own for what is missed and for what is found too much:
 * l = 1 − Σ y·p / (Σ y·p + α·Σ y(1 − p) + β·Σ (1 − y)p + 1e-7).
 *
 * @param options - `alpha = 0.5`, `beta = 0.5` (as in Keras, α is the weight of what is missed); `axis`, `reduction`.
 * @returns `(yTrue, yPred) →` a number for the batch or, with `axis`, for each of what is left; both of one shape.
 * @throws ConfigError for an option that is unknown or out of range; the loss itself a ShapeError when shapes differ.
 *
 * Reference: Salehi et al. 2017, arXiv:1706.05721; Keras's `Tversky`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { tversky } from 'kompakt/nn';
 * console.log(tversky({ alpha: 0.9, beta: 0.1 })(tensor([[1, 1]]), tensor([[1, 0]])).item().toFixed(3)); // → 0.474
 * ```
 */
export function tversky(options: TverskyOptions = {}): Loss {
  checkKeys('tversky', options, ['alpha', 'beta', 'axis']);
  const { alpha = 0.5, beta = 0.5 } = options;
  for (const [option, value] of Object.entries({ alpha, beta })) {
    if (!(value >= 0 && Number.isFinite(value)))
      throw new ConfigError(`tversky: ${option} must be a number ≥ 0, got ${String(value)}.`);
  }
  const axes = axesOf(options, 'tversky');
  const compute = (yTrue: Tensor, yPred: Tensor): Tensor => {
    const p = floating(yPred, 'tversky');
    const t = matched(yTrue, p, 'tversky');
    const both = sum(mul(t, p), axes);
    const missed = mul(sum(mul(t, sub(1, p)), axes), alpha);
    const extra = mul(sum(mul(sub(1, t), p), axes), beta);
    return sub(1, div(both, add(add(add(both, missed), extra), EPSILON)));
  };
  return loss('tversky', { alpha, beta, ...axes }, compute, options);
}

/**
 * Cross-entropy that errors in the labels harm less: l = (1 − p_y^q) / q; near 0, q makes it the cross-entropy, at 1 the
 * mean absolute error. Targets are one-hot rows.
 *
 * @param options - `q = 0.5`, in (0, 1]; `reduction`.
 * @returns `(yTrue, yPred) → [batch, …]`; both `[batch, …, classes]`, probabilities.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Zhang, Sabuncu 2018, “Generalized Cross Entropy Loss for Training Deep Neural Networks with Noisy Labels”,
 * arXiv:1805.07836.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { categoricalGeneralizedCrossEntropy } from 'kompakt/nn';
 * const loss = categoricalGeneralizedCrossEntropy({ q: 0.5 });
 * console.log(loss(tensor([[0, 1]]), tensor([[0.75, 0.25]])).item()); // → 1
 * ```
 */
export function categoricalGeneralizedCrossEntropy(
  options: LossOptions & { readonly q?: number | undefined } = {},
): Loss {
  const name = 'categoricalGeneralizedCrossEntropy';
  checkKeys(name, options, ['q']);
  const { q = 0.5 } = options;
  if (!(q > 0 && q <= 1)) throw new ConfigError(`${name}: q must be in (0, 1], got ${String(q)}.`);
  const rows = (yTrue: Tensor, yPred: Tensor): Tensor => {
    const p = classes(yPred, name);
    return div(sub(1, pow(sum(mul(matched(yTrue, p, name), p), { axis: -1 }), q)), q);
  };
  return loss(name, { q }, rows, options);
}
