import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { abs, add, div, maximum, mul } from '../ops/elementwise';
import { weightedSum } from '../ops/updates';
import { recipe } from './common';
import { scaleByLearningRate } from './learning-rate';
import { ADAM_LIKE, type AdamLikeOptions, adamLike } from './nadam';
import { mapTensors, zerosFor } from './nest';
import type { Optimizer, OptimizerState, TensorNest } from './optimizer';
import { asScalar, biasCorrection, inDTypes, scalarFor } from './scalars';

/** Adamax's direction; see {@link adamax}. The state is `{ step, m, u }`. */
function scaleByAdamax(options: AdamLikeOptions): Optimizer {
  const { beta1, beta2, epsilon } = adamLike(options, 'adamax');
  return {
    init: (params): OptimizerState => ({ step: scalarFor(0, params), m: zerosFor(params), u: zerosFor(params) }),
    foldsScale: true,
    update: (grads, state, _params, scale) =>
      scope(() => {
        const s = state as { step: Tensor | number; m: TensorNest; u: TensorNest };
        const step = add(asScalar(s.step, grads), 1);
        const alpha = inDTypes(div(scale ?? 1, biasCorrection(beta1, step)));
        const nests = [
          ['gradients', grads],
          ['state.m', s.m],
          ['state.u', s.u],
        ] as const;
        const [updates, m, u] = mapTensors(nests, 3, ([g, m0, u0]) => {
          const m1 = weightedSum(m0!, g!, { alpha: beta1, beta: 1 - beta1 });
          const u1 = maximum(mul(u0!, beta2), abs(g!));
          return [div(mul(m1, alpha(g!.dtype)), add(u1, epsilon)), m1, u1];
        });
        return [updates!, { step, m: m!, u: u! }];
      }),
  };
}

/**
 * Adam by the largest gradient instead of the mean square: m ← β₁m + (1 − β₁)g, u ← max(β₂u, |g|),
 * w ← w − η/(1 − β₁ᵗ)·m/(u + ε).
 *
 * @param options - `learningRate = 0.001`, `beta1 = 0.9`, `beta2 = 0.999`, `epsilon = 1e-7`; and those every optimiser has.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Kingma, Ba 2015, arXiv:1412.6980, section 7.1; Keras's `Adamax`.
 *
 * @example
 * ```ts
 * import { adamax } from 'kompakt/optim';
 * console.log(adamax({ beta1: 0.8 }).config); // → { name: 'adamax', beta1: 0.8, learningRate: 0.001 }
 * ```
 */
export function adamax(options: AdamLikeOptions = {}): Optimizer {
  return recipe('adamax', options, ADAM_LIKE, (rate) => [scaleByAdamax(options), scaleByLearningRate(rate)], {
    learningRate: 0.001,
  });
}
