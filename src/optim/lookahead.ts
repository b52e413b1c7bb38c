import { ConfigError } from '../core/errors';
import { mapNest } from '../core/nest';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { add, equal, mod, mul, sub, where } from '../ops/elementwise';
import { reshape } from '../ops/shape-ops';
import { mapTensors } from './nest';
import type { Optimizer, OptimizerState, TensorNest } from './optimizer';
import { asScalar, scalarFor } from './scalars';

/**
 * k steps forward, one back: beside the parameters w go slow ones, φ. Every k-th step φ ← φ + α(w − φ), and w ← φ.
 *
 * @param optimizer - what makes the steps in between.
 * @param options - `syncPeriod = 6` (k), `slowStepSize = 0.5` (α, in (0, 1]).
 * @returns an optimiser; its state is that of `optimizer` and `{ step, slow }`.
 * @throws ConfigError for an option out of range.
 *
 * Reference: Zhang et al. 2019, “Lookahead Optimizer: k steps forward, 1 step back”, arXiv:1907.08610.
 *
 * @example
 * ```ts
 * import { adam, lookahead } from 'kompakt/optim';
 * console.log(typeof lookahead(adam({ learningRate: 1e-3 }), { syncPeriod: 5 }).update); // → function
 * ```
 */
export function lookahead(
  optimizer: Optimizer,
  options: { readonly syncPeriod?: number | undefined; readonly slowStepSize?: number | undefined } = {},
): Optimizer {
  const { syncPeriod = 6, slowStepSize = 0.5 } = options;
  if (!Number.isInteger(syncPeriod) || syncPeriod < 1) {
    throw new ConfigError(`lookahead: syncPeriod must be an integer ≥ 1, got ${syncPeriod}.`);
  }
  if (!(slowStepSize > 0 && slowStepSize <= 1)) {
    throw new ConfigError(`lookahead: slowStepSize must be in (0, 1], got ${slowStepSize}.`);
  }
  return {
    init: (params): OptimizerState => [
      optimizer.init(params),
      { step: scalarFor(0, params), slow: mapNest<Tensor, Tensor>(params as never, (p) => reshape(p, p.shape)) },
    ],
    update: (grads, state, params) =>
      scope(() => {
        const [inner, own] = state as [OptimizerState, { step: Tensor | number; slow: TensorNest }];
        const [updates, next] = optimizer.update(grads, inner, params);
        const step = add(asScalar(own.step, grads), 1);
        const syncs = equal(mod(step, syncPeriod), 0);
        const nests = [
          ['updates', updates],
          ['parameters', params],
          ['state.slow', own.slow],
        ] as const;
        const [moves, slow] = mapTensors(nests, 2, ([u, p, s]) => {
          const moved = add(s!, mul(sub(add(p!, u!), s!), slowStepSize));
          return [where(syncs, sub(moved, p!), u!), where(syncs, moved, s!)];
        });
        return [moves!, [next, { step, slow: slow! }]];
      }),
  };
}
