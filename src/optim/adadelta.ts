import { scope } from '../core/scope';
import { add, mul, sqrt } from '../ops/elementwise';
import { rootRatio, weightedSquareSum } from '../ops/updates';
import { type CommonOptions, recipe } from './common';
import { scaleByLearningRate } from './learning-rate';
import { mapTensors, zerosFor } from './nest';
import type { Optimizer, OptimizerState, TensorNest } from './optimizer';
import { checkEpsilon, checkFraction } from './pieces';
import { inDTypes, scalarFor } from './scalars';

/** Options of {@link adadelta}. */
export interface AdadeltaOptions extends CommonOptions {
  /** Decay of the means of squares, by default 0.95. */
  readonly rho?: number | undefined;
  /** Added under both roots, by default 1e-7. */
  readonly epsilon?: number | undefined;
}

/** Adadelta's direction; see {@link adadelta}. The state is `{ gradients, steps }`: means of squares. */
function scaleByAdadelta({ rho = 0.95, epsilon = 1e-7 }: AdadeltaOptions): Optimizer {
  checkFraction(rho, 'rho', 'adadelta');
  checkEpsilon(epsilon, 'adadelta');
  const weights = { alpha: rho, beta: 1 - rho };
  return {
    init: (params): OptimizerState => ({ gradients: zerosFor(params), steps: zerosFor(params) }),
    update: (grads, state) =>
      scope(() => {
        const s = state as { gradients: TensorNest; steps: TensorNest };
        const one = inDTypes(scalarFor(1, grads));
        const nests = [
          ['gradients', grads],
          ['state.gradients', s.gradients],
          ['state.steps', s.steps],
        ] as const;
        const [updates, gradients, steps] = mapTensors(nests, 3, ([g, a0, d0]) => {
          const a1 = weightedSquareSum(a0!, g!, weights);
          const u = mul(sqrt(add(d0!, epsilon)), rootRatio(g!, a1, one(g!.dtype), { inside: epsilon, outside: 0 }));
          return [u, a1, weightedSquareSum(d0!, u, weights)];
        });
        return [updates!, { gradients: gradients!, steps: steps! }];
      }),
  };
}

/**
 * Adadelta: steps as large as the last ones were, in units of the parameters.
 * a ← ρa + (1 − ρ)g², u = g·√(d + ε)/√(a + ε), d ← ρd + (1 − ρ)u², w ← w − η·u.
 *
 * @param options - `learningRate = 0.001` (the paper's is 1), `rho = 0.95`, `epsilon = 1e-7`; and those every optimiser
 * has.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Zeiler 2012, “ADADELTA: An Adaptive Learning Rate Method”, arXiv:1212.5701; Keras's `Adadelta`.
 *
 * @example
 * ```ts
 * import { adadelta } from 'kompakt/optim';
 * console.log(adadelta({ learningRate: 1 }).config); // → { name: 'adadelta', learningRate: 1 }
 * ```
 */
export function adadelta(options: AdadeltaOptions = {}): Optimizer {
  return recipe(
    'adadelta',
    options,
    ['rho', 'epsilon'],
    (rate) => [scaleByAdadelta(options), scaleByLearningRate(rate)],
    { learningRate: 0.001 },
  );
}
