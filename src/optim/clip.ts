import { ConfigError } from '../core/errors';
import type { Nest } from '../core/nest';
import { flattenNest } from '../core/nest';
import type { Tensor } from '../core/tensor';
import { add, cast, clip, div, maximum, mul, sqrt, square } from '../ops/elementwise';
import { sum } from '../ops/reduce';
import { mapTensors } from './nest';
import type { Optimizer, TensorNest } from './optimizer';

/** A piece without memory that treats every tensor alike. */
function stateless(f: (updates: TensorNest) => TensorNest): Optimizer {
  return { init: () => ({}), update: (grads, state) => [f(grads), state] };
}

function checkLimit(limit: number, what: string): void {
  if (!(limit > 0)) throw new ConfigError(`${what}: the limit must be a positive number, got ${limit}.`);
}

/** The factor that brings a norm down to `limit`: limit / max(norm, limit). */
const shrink = (normSquared: Tensor, limit: number): Tensor => div(limit, maximum(sqrt(normSquared), limit));

/**
 * Shrinks all updates together so that their common norm is at most `maxNorm`:
 * u ← u·min(1, c / ‖u‖), ‖u‖² = Σ over all tensors of Σ uᵢ². A gradient that is not finite makes all of them NaN.
 *
 * @param maxNorm - c, positive.
 * @throws ConfigError when it is not positive.
 *
 * Reference: Pascanu, Mikolov, Bengio 2013, “On the difficulty of training recurrent neural networks”, arXiv:1211.5063.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from 'kompakt';
 * import { clipByGlobalNorm } from 'kompakt/optim';
 * const piece = clipByGlobalNorm(1);
 * const [clipped] = piece.update([tensor([0, 3]), tensor([4])], {}, []);
 * console.log((clipped as Tensor[])[1]!.item().toFixed(2)); // → 0.80
 * ```
 */
export function clipByGlobalNorm(maxNorm: number): Optimizer {
  checkLimit(maxNorm, 'clipByGlobalNorm');
  return stateless((updates) => {
    const parts = flattenNest<Tensor>(updates as Nest<Tensor>).leaves.map((u) => sum(square(u)));
    if (parts.length === 0) return updates;
    const factor = shrink(
      parts.reduce((a, b) => add(a, b)),
      maxNorm,
    );
    return mapTensors([['updates', updates]], 1, ([u]) => [mul(u!, cast(factor, u!.dtype))])[0]!;
  });
}

/**
 * Shrinks each tensor of updates on its own to a norm of at most `maxNorm`: u ← u·min(1, c / ‖u‖).
 *
 * @param maxNorm - c, positive.
 * @throws ConfigError when it is not positive.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from 'kompakt';
 * import { clipByNorm } from 'kompakt/optim';
 * const [clipped] = clipByNorm(2).update([tensor([0, 8]), tensor([0.5])], {}, []);
 * const [a, b] = clipped as Tensor[];
 * console.log(a!.toArraySync(), b!.item()); // → [ 0, 2 ] 0.5
 * ```
 */
export function clipByNorm(maxNorm: number): Optimizer {
  checkLimit(maxNorm, 'clipByNorm');
  return stateless(
    (updates) => mapTensors([['updates', updates]], 1, ([u]) => [mul(u!, shrink(sum(square(u!)), maxNorm))])[0]!,
  );
}

/**
 * Holds every element of the updates in [−limit, limit].
 *
 * @param limit - positive.
 * @throws ConfigError when it is not positive.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from 'kompakt';
 * import { clipByValue } from 'kompakt/optim';
 * const [clipped] = clipByValue(1).update({ w: tensor([-3, 0.5]) }, {}, {});
 * console.log((clipped as { w: Tensor }).w.toArraySync()); // → [ -1, 0.5 ]
 * ```
 */
export function clipByValue(limit: number): Optimizer {
  checkLimit(limit, 'clipByValue');
  return stateless((updates) => mapTensors([['updates', updates]], 1, ([u]) => [clip(u!, -limit, limit)])[0]!);
}
