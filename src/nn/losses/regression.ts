import { ConfigError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import {
  abs,
  add,
  clip,
  div,
  lessEqual,
  log,
  maximum,
  mul,
  neg,
  softplus,
  sqrt,
  square,
  sub,
  where,
} from '../../ops/elementwise';
import { sum } from '../../ops/reduce';
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
} from './define';

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
export function meanSquaredError(options: LossOptions = {}): Loss {
  checkKeys('meanSquaredError', options, []);
  return elementwise('meanSquaredError', {}, (t, p) => square(sub(p, t)), options);
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
export function meanAbsoluteError(options: LossOptions = {}): Loss {
  checkKeys('meanAbsoluteError', options, []);
  return elementwise('meanAbsoluteError', {}, (t, p) => abs(sub(p, t)), options);
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
export function huber(options: LossOptions & { readonly delta?: number | undefined } = {}): Loss {
  checkKeys('huber', options, ['delta']);
  const { delta = 1 } = options;
  if (!(delta > 0)) throw new ConfigError(`huber: delta must be a positive number, got ${String(delta)}.`);
  return elementwise(
    'huber',
    { delta },
    (t, p) => {
      const e = abs(sub(p, t));
      return where(lessEqual(e, delta), mul(square(e), 0.5), sub(mul(e, delta), 0.5 * delta ** 2));
    },
    options,
  );
}

/**
 * The logarithm of the hyperbolic cosine of the error: l = mean over outputs of ln cosh e = e + softplus(−2e) − ln 2, about
 * e²/2 for small errors and |e| − ln 2 for large ones.
 *
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, …]`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { logCosh } from 'kompakt/nn';
 * console.log(Array.from(logCosh()(tensor([0, 0]), tensor([0.1, 1000])).dataSync(), (l) => l.toFixed(3))); // → [ '0.005', '999.307' ]
 * ```
 */
export function logCosh(options: LossOptions = {}): Loss {
  checkKeys('logCosh', options, []);
  const compute = (t: Tensor, p: Tensor): Tensor => {
    const e = abs(sub(p, t));
    return sub(add(e, softplus(mul(e, -2))), Math.LN2);
  };
  return elementwise('logCosh', {}, compute, options);
}

/**
 * Mean absolute percentage error: l = mean over outputs of 100·|p − y| / max(|y|, 1e-7).
 *
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, …]`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { meanAbsolutePercentageError } from 'kompakt/nn';
 * console.log(meanAbsolutePercentageError()(tensor([[2, 4]]), tensor([[1, 5]])).item()); // → 37.5
 * ```
 */
export function meanAbsolutePercentageError(options: LossOptions = {}): Loss {
  const name = 'meanAbsolutePercentageError';
  checkKeys(name, options, []);
  return elementwise(name, {}, (t, p) => mul(abs(div(sub(p, t), maximum(abs(t), EPSILON))), 100), options);
}

/**
 * Mean squared logarithmic error: l = mean over outputs of (ln(1 + p) − ln(1 + y))², both at least 1e-7.
 *
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, …]`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { meanSquaredLogarithmicError } from 'kompakt/nn';
 * console.log(meanSquaredLogarithmicError()(tensor([0]), tensor([Math.E - 1])).item().toFixed(3)); // → 1.000
 * ```
 */
export function meanSquaredLogarithmicError(options: LossOptions = {}): Loss {
  const name = 'meanSquaredLogarithmicError';
  checkKeys(name, options, []);
  const logOf = (x: Tensor): Tensor => log(add(maximum(x, EPSILON), 1));
  return elementwise(name, {}, (t, p) => square(sub(logOf(p), logOf(t))), options);
}

/**
 * Loss of counts that follow Poisson's law: l = mean over outputs of p − y·ln(p + 1e-7), its constant left out.
 *
 * @returns `(yTrue, yPred) → [batch]`; both `[batch, …]`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { poisson } from 'kompakt/nn';
 * console.log(poisson()(tensor([2]), tensor([1])).item().toFixed(3)); // → 1.000
 * ```
 */
export function poisson(options: LossOptions = {}): Loss {
  checkKeys('poisson', options, []);
  return elementwise('poisson', {}, (t, p) => sub(p, mul(t, log(add(p, EPSILON)))), options);
}

/**
 * How far two directions lie apart, from −1 (the same) to 1: l = −Σ y·p / (‖y‖·‖p‖), a norm being at least 1e-7.
 *
 * @param options - `axis = -1`, `reduction`.
 * @returns `(yTrue, yPred) → [batch, …]`; both `[batch, …, features]`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { cosineSimilarity } from 'kompakt/nn';
 * console.log(cosineSimilarity()(tensor([[0, 1], [1, 0]]), tensor([[0, 5], [-2, 0]])).toArraySync()); // → [ -1, 1 ]
 * ```
 */
export function cosineSimilarity(options: LossOptions & { readonly axis?: number | undefined } = {}): Loss {
  const name = 'cosineSimilarity';
  checkKeys(name, options, ['axis']);
  const axis = checkAxis(options.axis ?? -1, name);
  const unit = (x: Tensor): Tensor => div(x, sqrt(maximum(sum(square(x), { axis, keepDims: true }), EPSILON ** 2)));
  const rows = (yTrue: Tensor, yPred: Tensor): Tensor => {
    const p = classes(yPred, name);
    return neg(sum(mul(unit(matched(yTrue, p, name)), unit(p)), { axis }));
  };
  return loss(name, axis === -1 ? {} : { axis }, rows, options);
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
export function klDivergence(options: LossOptions = {}): Loss {
  const name = 'klDivergence';
  checkKeys(name, options, []);
  const rows = (yTrue: Tensor, yPred: Tensor): Tensor => {
    const p = classes(yPred, name);
    const y = clip(matched(yTrue, p, name), EPSILON, 1);
    return sum(mul(y, log(div(y, clip(p, EPSILON, 1)))), { axis: -1 });
  };
  return loss(name, {}, rows, options);
}
