import { ConfigError } from '../../core/errors';
import {
  abs,
  clip,
  div,
  equal,
  lessEqual,
  log,
  logicalOr,
  maximum,
  mul,
  square,
  sub,
  where,
} from '../../ops/elementwise';
import { all, sum } from '../../ops/reduce';
import { checkKeys, classes, EPSILON, elementwise, type Loss, loss, matched, perSample } from './define';

/**
 * Mean squared error: l = mean over outputs of (p − y)².
 *
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, …]`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { meanSquaredError } from 'kompakt/nn';
 * console.log(meanSquaredError()(tensor([[0, 0]]), tensor([[1, 3]])).item()); // → 5
 * ```
 */
export function meanSquaredError(options: Readonly<Record<string, never>> = {}): Loss {
  checkKeys('meanSquaredError', options, []);
  return elementwise('meanSquaredError', {}, (t, p) => square(sub(p, t)));
}

/**
 * Mean absolute error: l = mean over outputs of |p − y|.
 *
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, …]`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { meanAbsoluteError } from 'kompakt/nn';
 * console.log(meanAbsoluteError()(tensor([[0, 0]]), tensor([[1, -3]])).item()); // → 2
 * ```
 */
export function meanAbsoluteError(options: Readonly<Record<string, never>> = {}): Loss {
  checkKeys('meanAbsoluteError', options, []);
  return elementwise('meanAbsoluteError', {}, (t, p) => abs(sub(p, t)));
}

/**
 * Huber's loss: l = mean over outputs of ½e² where |e| ≤ δ, else δ|e| − ½δ², e = p − y.
 *
 * @param options - `delta = 1`, positive.
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, …]`.
 * @throws ConfigError when δ is not positive.
 *
 * Reference: Huber 1964, “Robust Estimation of a Location Parameter”.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { huber } from 'kompakt/nn';
 * console.log(huber()(tensor([0, 0]), tensor([0.5, 3])).toArraySync()); // → [ 0.125, 2.5 ]
 * ```
 */
export function huber(options: { readonly delta?: number | undefined } = {}): Loss {
  checkKeys('huber', options, ['delta']);
  const { delta = 1 } = options;
  if (!(delta > 0)) throw new ConfigError(`huber: delta must be a positive number, got ${String(delta)}.`);
  return elementwise('huber', { delta }, (t, p) => {
    const e = abs(sub(p, t));
    return where(lessEqual(e, delta), mul(square(e), 0.5), sub(mul(e, delta), 0.5 * delta ** 2));
  });
}

/**
 * Kullback–Leibler divergence: l = Σ_c y_c·ln(y_c / p_c), both kept within [1e-7, 1].
 *
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, …, classes]`, probabilities.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { klDivergence } from 'kompakt/nn';
 * console.log(klDivergence()(tensor([[0.5, 0.5]]), tensor([[0.25, 0.75]])).item().toFixed(4)); // → 0.1438
 * ```
 */
export function klDivergence(options: Readonly<Record<string, never>> = {}): Loss {
  const name = 'klDivergence';
  checkKeys(name, options, []);
  return loss(name, {}, (yTrue, yPred) => {
    const p = classes(yPred, name);
    const y = clip(matched(yTrue, p, name), EPSILON, 1);
    return perSample(sum(mul(y, log(div(y, clip(p, EPSILON, 1)))), { axis: -1 }));
  });
}

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
export function hinge(options: Readonly<Record<string, never>> = {}): Loss {
  checkKeys('hinge', options, []);
  return elementwise('hinge', {}, (t, p) => {
    const isBinary = all(logicalOr(equal(t, 0), equal(t, 1)));
    const y = where(isBinary, sub(mul(t, 2), 1), t);
    return maximum(sub(1, mul(y, p)), 0);
  });
}
