import { ConfigError } from '../core/errors';
import { mapNest } from '../core/nest';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { fullLike } from '../ops/create';
import { add, clip, div, mul, pow, sqrt, sub } from '../ops/elementwise';
import { weightedSquareSum, weightedSum } from '../ops/updates';
import { type CommonOptions, recipe } from './common';
import { rateOf } from './learning-rate';
import { mapTensors, zerosFor } from './nest';
import type { LearningRate, Optimizer, OptimizerState, TensorNest } from './optimizer';
import { inDTypes } from './scalars';

/** Options of {@link ftrl}. */
export interface FtrlOptions extends CommonOptions {
  /** Power by which the rate of a weight falls with its gradients, at most 0; by default −0.5. */
  readonly learningRatePower?: number | undefined;
  /** What the sum of squares starts at, by default 0.1. */
  readonly initialAccumulatorValue?: number | undefined;
  /** Strength of the penalty that makes weights zero, by default 0. */
  readonly l1RegularizationStrength?: number | undefined;
  /** By default 0. */
  readonly l2RegularizationStrength?: number | undefined;
  /** Strength of a decay that adds 2λw to the gradient, by default 0. */
  readonly l2ShrinkageRegularizationStrength?: number | undefined;
  /** The paper's β, by default 0. */
  readonly beta?: number | undefined;
}

const OWN = [
  'learningRatePower',
  'initialAccumulatorValue',
  'l1RegularizationStrength',
  'l2RegularizationStrength',
  'l2ShrinkageRegularizationStrength',
  'beta',
];

/** The options with defaults, checked. */
function settings(options: FtrlOptions) {
  const { learningRatePower: power = -0.5, initialAccumulatorValue: start = 0.1 } = options;
  const { l1RegularizationStrength: l1 = 0, l2RegularizationStrength: l2 = 0, beta = 0 } = options;
  const { l2ShrinkageRegularizationStrength: shrinkage = 0 } = options;
  if (!(power <= 0 && Number.isFinite(power))) {
    throw new ConfigError(`ftrl: learningRatePower must be a number ≤ 0, got ${power}.`);
  }
  if (!(start > 0)) throw new ConfigError(`ftrl: initialAccumulatorValue must be a positive number, got ${start}.`);
  for (const [option, value] of Object.entries({ l1, l2, shrinkage, beta })) {
    if (!(value >= 0 && Number.isFinite(value))) {
      throw new ConfigError(`ftrl: ${option} must be a finite number ≥ 0, got ${value}.`);
    }
  }
  return { power, start, l1, l2, shrinkage, beta };
}

/** The steps of {@link ftrl}. The state is that of a learning rate and `{ accumulator, linear }`. */
function stepByFtrl(learningRate: LearningRate, options: FtrlOptions): Optimizer {
  const { power, start, l1, l2, shrinkage, beta } = settings(options);
  const rate = rateOf(learningRate);
  const raised = (a: Tensor): Tensor => (power === -0.5 ? sqrt(a) : pow(a, -power));
  return {
    init: (params): OptimizerState => ({
      ...(rate.init(params) as Record<string, Tensor>),
      accumulator: mapNest<Tensor, Tensor>(params as never, (p) => fullLike(p, start)),
      linear: zerosFor(params),
    }),
    update: (grads, state, params) =>
      scope(() => {
        const s = state as { accumulator: TensorNest; linear: TensorNest };
        const [eta, next] = rate.next(state, grads);
        const inverse = inDTypes(div(1, eta));
        const curvature = inDTypes(add(2 * l2, div(beta, eta)));
        const nests = [
          ['gradients', grads],
          ['parameters', params],
          ['state.accumulator', s.accumulator],
          ['state.linear', s.linear],
        ] as const;
        const [updates, accumulator, linear] = mapTensors(nests, 3, ([g, w, a0, z0]) => {
          const { dtype } = g!;
          const pull = shrinkage === 0 ? g! : weightedSum(g!, w!, { alpha: 1, beta: 2 * shrinkage });
          const a1 = weightedSquareSum(a0!, g!, { alpha: 1, beta: 1 });
          const power1 = mul(raised(a1), inverse(dtype));
          const z1 = sub(add(z0!, pull), mul(sub(power1, mul(raised(a0!), inverse(dtype))), w!));
          const w1 = div(sub(clip(z1, -l1, l1), z1), add(power1, curvature(dtype)));
          return [sub(w1, w!), a1, z1];
        });
        return [updates!, { ...(next as Record<string, Tensor>), accumulator: accumulator!, linear: linear! }];
      }),
  };
}

/**
 * Follow the regularised leader, for many sparse features and weights that become exactly zero: a ← a + g²,
 * z ← z + g + 2λ_s·w − (a_t^p − a_{t−1}^p)/η·w, w ← (clip(z, −λ₁, λ₁) − z)/(a_t^p/η + 2λ₂ + β/η), p = −learningRatePower.
 *
 * @param options - `learningRate = 0.001` (η), `learningRatePower = -0.5`, `initialAccumulatorValue = 0.1`,
 * `l1RegularizationStrength = 0` (λ₁), `l2RegularizationStrength = 0` (λ₂), `l2ShrinkageRegularizationStrength = 0` (λ_s),
 * `beta = 0`; and those every optimiser has.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: McMahan et al. 2013, “Ad Click Prediction: a View from the Trenches”; Keras's `Ftrl`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { applyUpdates, ftrl } from 'kompakt/optim';
 * const optimizer = ftrl({ learningRate: 0.1, l1RegularizationStrength: 1 });
 * const w = tensor([0, 0]);
 * const [updates] = optimizer.update(tensor([0.5, -3]), optimizer.init(w), w);
 * console.log(Array.from(applyUpdates(w, updates).dataSync(), (x) => x.toFixed(3))); // → [ '0.000', '0.066' ]
 * ```
 */
export function ftrl(options: FtrlOptions = {}): Optimizer {
  if (options.learningRate === 0) throw new ConfigError('ftrl: learningRate must be positive, got 0.');
  return recipe('ftrl', options, OWN, (rate) => [stepByFtrl(rate, options)], {
    learningRate: 0.001,
    readsParams: true,
  });
}
