import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { add, div, exp, greater, maximum, mul, sqrt, sub, where } from '../ops/elementwise';
import { rootRatio, weightedSquareSum, weightedSum } from '../ops/updates';
import { recipe } from './common';
import { scaleByLearningRate } from './learning-rate';
import { ADAM_LIKE, type AdamLikeOptions, adamLike } from './nadam';
import { mapTensors, zerosFor } from './nest';
import type { Optimizer, OptimizerState, TensorNest } from './optimizer';
import { asScalar, biasCorrection, inDTypes, scalarFor } from './scalars';

/** RAdam's direction; see {@link radam}. The state is `{ step, m, v }`. */
function scaleByRadam(options: AdamLikeOptions): Optimizer {
  const { beta1, beta2, epsilon } = adamLike({ ...options, epsilon: options.epsilon ?? 1e-8 }, 'radam');
  const longest = 2 / (1 - beta2) - 1;
  return {
    init: (params): OptimizerState => ({ step: scalarFor(0, params), m: zerosFor(params), v: zerosFor(params) }),
    foldsScale: true,
    update: (grads, state, _params, scale) =>
      scope(() => {
        const s = state as { step: Tensor | number; m: TensorNest; v: TensorNest };
        const step = add(asScalar(s.step, grads), 1);
        const forSquares = biasCorrection(beta2, step);
        // ρ_t: how many squares the mean of them is as good as.
        const length = sub(longest, div(mul(mul(step, 2), exp(mul(step, Math.log(beta2)))), forSquares));
        const isRectified = greater(length, 5);
        const numerator = mul(mul(sub(length, 4), sub(length, 2)), longest);
        const rectifier = sqrt(maximum(div(numerator, mul(length, (longest - 4) * (longest - 2))), 0));
        const plain = div(scale ?? 1, biasCorrection(beta1, step));
        const [ofMean, alpha] = [inDTypes(plain), inDTypes(mul(mul(plain, sqrt(forSquares)), rectifier))];
        const nests = [
          ['gradients', grads],
          ['state.m', s.m],
          ['state.v', s.v],
        ] as const;
        const [updates, m, v] = mapTensors(nests, 3, ([g, m0, v0]) => {
          const { dtype } = g!;
          const m1 = weightedSum(m0!, g!, { alpha: beta1, beta: 1 - beta1 });
          const v1 = weightedSquareSum(v0!, g!, { alpha: beta2, beta: 1 - beta2 });
          const rectified = rootRatio(m1, v1, alpha(dtype), { inside: 0, outside: epsilon });
          return [where(isRectified, rectified, mul(m1, ofMean(dtype))), m1, v1];
        });
        return [updates!, { step, m: m!, v: v! }];
      }),
  };
}

/**
 * Rectified Adam: plain momentum while the mean of squares rests on too few of them, then Adam times a factor that makes up
 * for how much that mean varies. ρ_∞ = 2/(1 − β₂) − 1, ρ_t = ρ_∞ − 2tβ₂ᵗ/(1 − β₂ᵗ); for ρ_t > 5
 * w ← w − η·r_t·m̂·√(1 − β₂ᵗ)/(√v + ε) with r_t = √((ρ_t−4)(ρ_t−2)ρ_∞/((ρ_∞−4)(ρ_∞−2)ρ_t)), else w ← w − η·m̂.
 *
 * Keras has no such optimiser; names and defaults are torch's.
 *
 * @param options - `learningRate = 0.001`, `beta1 = 0.9`, `beta2 = 0.999`, `epsilon = 1e-8`; and those every optimiser has.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Liu et al. 2020, “On the Variance of the Adaptive Learning Rate and Beyond”, arXiv:1908.03265.
 *
 * @example
 * ```ts
 * import { radam } from 'kompakt/optim';
 * console.log(radam().config); // → { name: 'radam', learningRate: 0.001 }
 * ```
 */
export function radam(options: AdamLikeOptions = {}): Optimizer {
  return recipe('radam', options, ADAM_LIKE, (rate) => [scaleByRadam(options), scaleByLearningRate(rate)], {
    learningRate: 0.001,
  });
}
