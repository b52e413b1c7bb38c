import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { add, div, exp, mul, sub } from '../ops/elementwise';
import { rootRatio, weightedSquareSum, weightedSum } from '../ops/updates';
import { type CommonOptions, recipe } from './common';
import { scaleByLearningRate } from './learning-rate';
import { mapTensors, zerosFor } from './nest';
import type { Optimizer, OptimizerState, TensorNest } from './optimizer';
import { checkEpsilon, checkFraction } from './pieces';
import { asScalar, biasCorrection, inDTypes, scalarFor } from './scalars';

/** Options of {@link nadam}, {@link adamax}. */
export interface AdamLikeOptions extends CommonOptions {
  /** Decay of the mean of gradients, by default 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the measure of their size, by default 0.999. */
  readonly beta2?: number | undefined;
  /** Added to the divisor, by default 1e-7. */
  readonly epsilon?: number | undefined;
}

export const ADAM_LIKE = ['beta1', 'beta2', 'epsilon'];

/** The options with defaults, checked. */
export function adamLike({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 }: AdamLikeOptions, what: string) {
  checkFraction(beta1, 'beta1', what);
  checkFraction(beta2, 'beta2', what);
  checkEpsilon(epsilon, what);
  return { beta1, beta2, epsilon };
}

interface NadamState {
  readonly step: Tensor | number;
  readonly product: Tensor | number;
  readonly m: TensorNest;
  readonly v: TensorNest;
}

/** Nadam's direction; see {@link nadam}. The state is `{ step, product, m, v }`, with the product of the momenta so far. */
function scaleByNadam(options: AdamLikeOptions): Optimizer {
  const { beta1, beta2, epsilon } = adamLike(options, 'nadam');
  /** The momentum of step t: β₁(1 − ½·0.96ᵗ). */
  const momentumAt = (t: Tensor): Tensor => mul(sub(1, mul(exp(mul(t, Math.log(0.96))), 0.5)), beta1);
  return {
    init: (params): OptimizerState => ({
      step: scalarFor(0, params),
      product: scalarFor(1, params),
      m: zerosFor(params),
      v: zerosFor(params),
    }),
    foldsScale: true,
    update: (grads, state, _params, scale) =>
      scope(() => {
        const s = state as unknown as NadamState;
        const step = add(asScalar(s.step, grads), 1);
        const [now, later] = [momentumAt(step), momentumAt(add(step, 1))];
        const product = mul(asScalar(s.product, grads), now);
        const ofMean = inDTypes(div(later, sub(1, mul(product, later))));
        const ofGradient = inDTypes(div(sub(1, now), sub(1, product)));
        const squares = inDTypes(div(1, biasCorrection(beta2, step)));
        const alpha = inDTypes(scale ?? scalarFor(1, grads));
        const nests = [
          ['gradients', grads],
          ['state.m', s.m],
          ['state.v', s.v],
        ] as const;
        const [updates, m, v] = mapTensors(nests, 3, ([g, m0, v0]) => {
          const { dtype } = g!;
          const m1 = weightedSum(m0!, g!, { alpha: beta1, beta: 1 - beta1 });
          const v1 = weightedSquareSum(v0!, g!, { alpha: beta2, beta: 1 - beta2 });
          const ahead = add(mul(m1, ofMean(dtype)), mul(g!, ofGradient(dtype)));
          return [rootRatio(ahead, mul(v1, squares(dtype)), alpha(dtype), { inside: 0, outside: epsilon }), m1, v1];
        });
        return [updates!, { step, product, m: m!, v: v! }];
      }),
  };
}

/**
 * Adam with Nesterov's look ahead: μ_t = β₁(1 − ½·0.96ᵗ), m and v as in `adam`, v̂ = v/(1 − β₂ᵗ),
 * m̂ = μ_{t+1}·m/(1 − Π_{i≤t+1} μ_i) + (1 − μ_t)·g/(1 − Π_{i≤t} μ_i), w ← w − η·m̂/(√v̂ + ε).
 *
 * @param options - `learningRate = 0.001`, `beta1 = 0.9`, `beta2 = 0.999`, `epsilon = 1e-7`; and those every optimiser has.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Dozat 2016, “Incorporating Nesterov Momentum into Adam”; Keras's `Nadam` (torch's with `momentum_decay=1`).
 *
 * @example
 * ```ts
 * import { nadam } from 'kompakt/optim';
 * console.log(nadam().config); // → { name: 'nadam', learningRate: 0.001 }
 * ```
 */
export function nadam(options: AdamLikeOptions = {}): Optimizer {
  return recipe('nadam', options, ADAM_LIKE, (rate) => [scaleByNadam(options), scaleByLearningRate(rate)], {
    learningRate: 0.001,
  });
}
