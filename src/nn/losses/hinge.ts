import type { Tensor } from '../../core/tensor';
import { add, equal, logicalOr, maximum, mul, square, sub, where } from '../../ops/elementwise';
import { all, max, sum } from '../../ops/reduce';
import { checkKeys, classes, elementwise, type Loss, type LossOptions, loss, matched } from './define';

/** Targets −1 and 1; those that are all 0 or 1 count as such. */
function signs(t: Tensor): Tensor {
  const isBinary = all(logicalOr(equal(t, 0), equal(t, 1)));
  return where(isBinary, sub(mul(t, 2), 1), t);
}

const missing = (t: Tensor, p: Tensor): Tensor => maximum(sub(1, mul(signs(t), p)), 0);

/**
 * Hinge loss: l = mean over outputs of max(1 − y·p, 0), for targets −1 and 1; targets that are all 0 or 1 count as −1 and 1.
 *
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, …]`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { hinge } from 'kompakt/nn';
 * console.log(hinge()(tensor([1, 0]), tensor([0.5, 2])).toArraySync()); // → [ 0.5, 3 ]
 * ```
 */
export function hinge(options: LossOptions = {}): Loss {
  checkKeys('hinge', options, []);
  return elementwise('hinge', {}, missing, options);
}

/**
 * Squared hinge loss: l = mean over outputs of max(1 − y·p, 0)², targets as for {@link hinge}.
 *
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, …]`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { squaredHinge } from 'kompakt/nn';
 * console.log(squaredHinge()(tensor([1, 0]), tensor([0.5, 2])).toArraySync()); // → [ 0.25, 9 ]
 * ```
 */
export function squaredHinge(options: LossOptions = {}): Loss {
  checkKeys('squaredHinge', options, []);
  return elementwise('squaredHinge', {}, (t, p) => square(missing(t, p)), options);
}

/**
 * Hinge loss of classes: l = max(0, 1 + max over c of (1 − y_c)·p_c − Σ_c y_c·p_c), for one-hot rows.
 *
 * @returns `(yTrue, yPred) → [batch, …]`; both `[batch, …, classes]`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { categoricalHinge } from 'kompakt/nn';
 * console.log(categoricalHinge()(tensor([[0, 1]]), tensor([[0.5, 1.25]])).item()); // → 0.25
 * ```
 */
export function categoricalHinge(options: LossOptions = {}): Loss {
  const name = 'categoricalHinge';
  checkKeys(name, options, []);
  const rows = (yTrue: Tensor, yPred: Tensor): Tensor => {
    const p = classes(yPred, name);
    const t = matched(yTrue, p, name);
    const wrong = max(mul(sub(1, t), p), { axis: -1 });
    return maximum(add(sub(wrong, sum(mul(t, p), { axis: -1 })), 1), 0);
  };
  return loss(name, {}, rows, options);
}
