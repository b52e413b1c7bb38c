import { scope } from '../core/scope';
import { mul, sign } from '../ops/elementwise';
import { weightedSum } from '../ops/updates';
import { type CommonOptions, recipe } from './common';
import { scaleByLearningRate } from './learning-rate';
import { mapTensors, zerosFor } from './nest';
import type { Optimizer, OptimizerState, TensorNest } from './optimizer';
import { checkFraction } from './pieces';
import { inDTypes, scalarFor } from './scalars';

/** Options of {@link lion}. */
export interface LionOptions extends CommonOptions {
  /** Share of the momentum in the direction, by default 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the momentum, by default 0.99. */
  readonly beta2?: number | undefined;
}

/** Lion's direction; see {@link lion}. The state is `{ m }`. */
function scaleByLion({ beta1 = 0.9, beta2 = 0.99 }: LionOptions): Optimizer {
  checkFraction(beta1, 'beta1', 'lion');
  checkFraction(beta2, 'beta2', 'lion');
  return {
    init: (params): OptimizerState => ({ m: zerosFor(params) }),
    foldsScale: true,
    update: (grads, state, _params, scale) =>
      scope(() => {
        const alpha = inDTypes(scale ?? scalarFor(1, grads));
        const nests = [
          ['gradients', grads],
          ['state.m', (state as { m: TensorNest }).m],
        ] as const;
        const [updates, m] = mapTensors(nests, 2, ([g, m0]) => [
          mul(sign(weightedSum(m0!, g!, { alpha: beta1, beta: 1 - beta1 })), alpha(g!.dtype)),
          weightedSum(m0!, g!, { alpha: beta2, beta: 1 - beta2 }),
        ]);
        return [updates!, { m: m! }];
      }),
  };
}

/**
 * Lion, whose steps are signs: w ← w − η·sign(β₁m + (1 − β₁)g), m ← β₂m + (1 − β₂)g. All steps being of one size, rates
 * are 3 to 10 times smaller than Adam's, and decay as much larger.
 *
 * @param options - `learningRate = 0.001`, `beta1 = 0.9`, `beta2 = 0.99`; and those every optimiser has.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Chen et al. 2023, “Symbolic Discovery of Optimization Algorithms”, arXiv:2302.06675; Keras's `Lion`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { applyUpdates, lion } from 'kompakt/optim';
 * const optimizer = lion({ learningRate: 0.5 });
 * const w = tensor([1, 1]);
 * const [updates] = optimizer.update(tensor([100, -0.01]), optimizer.init(w), w);
 * console.log(applyUpdates(w, updates).toArraySync()); // → [ 0.5, 1.5 ]
 * ```
 */
export function lion(options: LionOptions = {}): Optimizer {
  return recipe('lion', options, ['beta1', 'beta2'], (rate) => [scaleByLion(options), scaleByLearningRate(rate)], {
    learningRate: 0.001,
  });
}
