import { ConfigError } from '../core/errors';
import { mapNest } from '../core/nest';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { fullLike } from '../ops/create';
import { add, div, maximum, mul, sqrt } from '../ops/elementwise';
import { rootRatio, weightedSquareSum, weightedSum } from '../ops/updates';
import { mapTensors, zerosFor } from './nest';
import type { Optimizer, OptimizerState, TensorNest } from './optimizer';
import { asScalar, biasCorrection, inDTypes, scalarFor } from './scalars';

/** Throws unless `value` lies in [0, 1). */
export function checkFraction(value: number, option: string, what: string): void {
  if (!(value >= 0 && value < 1)) throw new ConfigError(`${what}: ${option} must be in [0, 1), got ${value}.`);
}

export function checkEpsilon(value: number, what: string): void {
  if (!(value >= 0)) throw new ConfigError(`${what}: epsilon must be a number ≥ 0, got ${value}.`);
}

export interface AdamScalingOptions {
  /** Decay of the mean of gradients, by default 0.9. */
  readonly beta1?: number | undefined;
  /** Decay of the mean of squared gradients, by default 0.999. */
  readonly beta2?: number | undefined;
  /** Added to the root, by default 1e-7. */
  readonly epsilon?: number | undefined;
  /** Divide by the largest mean of squares so far. By default false. */
  readonly amsgrad?: boolean | undefined;
  /**
   * Whether epsilon is added before the bias correction (`'uncorrected'`, the default: Keras, TensorFlow; the paper's ε̂)
   * or after it (`'corrected'`: torch, the paper's algorithm 1).
   */
  readonly epsilonMode?: 'uncorrected' | 'corrected' | undefined;
}

interface AdamState {
  readonly step: Tensor | number;
  readonly m: TensorNest;
  readonly v: TensorNest;
  readonly vMax?: TensorNest;
}

/**
 * Adam's direction: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g²,
 * u = √(1 − β₂ᵗ)/(1 − β₁ᵗ) · m/(√v + ε), t counting from 1.
 *
 * Three passes over memory per parameter; one more with `epsilonMode: 'corrected'`. The state is `{ step, m, v }`.
 *
 * @param options - `beta1 = 0.9`, `beta2 = 0.999`, `epsilon = 1e-7`, `amsgrad = false`, `epsilonMode = 'uncorrected'`.
 * @throws ConfigError when a β is outside [0, 1) or ε negative.
 *
 * Reference: Kingma, Ba 2015, “Adam: A Method for Stochastic Optimization”, arXiv:1412.6980.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from 'kompakt';
 * import { scaleByAdam } from 'kompakt/optim';
 * const piece = scaleByAdam();
 * const w = [tensor([1, 1])];
 * const [direction] = piece.update([tensor([0.3, -20])], piece.init(w), w);
 * console.log(Array.from((direction as Tensor[])[0]!.dataSync(), (u) => u.toFixed(2))); // → [ '1.00', '-1.00' ]
 * ```
 */
export function scaleByAdam(options: AdamScalingOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, amsgrad = false, epsilonMode = 'uncorrected' } = options;
  checkFraction(beta1, 'beta1', 'adam');
  checkFraction(beta2, 'beta2', 'adam');
  checkEpsilon(epsilon, 'adam');
  if (epsilonMode !== 'uncorrected' && epsilonMode !== 'corrected') {
    throw new ConfigError(`adam: epsilonMode must be 'uncorrected' or 'corrected', got ${String(epsilonMode)}.`);
  }
  const constants = { beta1, beta2, epsilon, corrected: epsilonMode === 'corrected' };
  return {
    init: (params): OptimizerState => ({
      step: scalarFor(0, params),
      m: zerosFor(params),
      v: zerosFor(params),
      ...(amsgrad && { vMax: zerosFor(params) }),
    }),
    foldsScale: true,
    update: (grads, state, _params, scale) =>
      scope(() => {
        const s = state as unknown as AdamState;
        const step = add(asScalar(s.step, grads), 1);
        const direction = adamDirection(constants, step, scale);
        const nests = [
          ['gradients', grads],
          ['state.m', s.m],
          ['state.v', s.v],
        ] as const;
        const largest = amsgrad ? ([['state.vMax', s.vMax ?? {}]] as const) : [];
        const [updates, m, v, vMax] = mapTensors([...nests, ...largest], amsgrad ? 4 : 3, ([g, m0, v0, max0]) => {
          const m1 = weightedSum(m0!, g!, { alpha: beta1, beta: 1 - beta1 });
          const v1 = weightedSquareSum(v0!, g!, { alpha: beta2, beta: 1 - beta2 });
          if (max0 === undefined) return [direction(m1, v1), m1, v1];
          const max1 = maximum(max0, v1);
          return [direction(m1, max1), m1, v1, max1];
        });
        return [updates!, { step, m: m!, v: v!, ...(vMax && { vMax }) }];
      }),
  };
}

/** The last pass of Adam at step `t`, times `scale`: from the means of gradients and of squares to the direction. */
function adamDirection(
  { beta1, beta2, epsilon, corrected }: { beta1: number; beta2: number; epsilon: number; corrected: boolean },
  t: Tensor,
  scale: Tensor | undefined,
): (m: Tensor, v: Tensor) => Tensor {
  const forMeans = biasCorrection(beta1, t);
  const forSquares = biasCorrection(beta2, t);
  const ratio = { inside: 0, outside: epsilon };
  if (corrected) {
    const alpha = inDTypes(div(scale ?? 1, forMeans));
    const squares = inDTypes(div(1, forSquares));
    return (m, v) => rootRatio(m, mul(v, squares(v.dtype)), alpha(m.dtype), ratio);
  }
  const alpha = inDTypes(div(mul(scale ?? 1, sqrt(forSquares)), forMeans));
  return (m, v) => rootRatio(m, v, alpha(m.dtype), ratio);
}

/**
 * Heavy-ball momentum: v ← μv + u, and the updates are v; with Nesterov, μv + u. It stands behind the learning rate, as
 * in Keras, so that a change of the rate does not act on steps that were taken before.
 *
 * @param decay - μ in [0, 1).
 * @param options - `nesterov = false`.
 * @throws ConfigError when μ is outside [0, 1).
 *
 * Reference: Sutskever et al. 2013, “On the importance of initialization and momentum in deep learning”.
 *
 * @example
 * ```ts
 * import { chain, momentum, scaleByLearningRate } from 'kompakt/optim';
 * const optimizer = chain(scaleByLearningRate(0.1), momentum(0.9, { nesterov: true }));
 * console.log(typeof optimizer.update); // → function
 * ```
 */
export function momentum(decay: number, options: { readonly nesterov?: boolean | undefined } = {}): Optimizer {
  checkFraction(decay, 'momentum', 'momentum');
  const { nesterov = false } = options;
  const weights = { alpha: decay, beta: 1 };
  return {
    init: (params) => ({ velocity: zerosFor(params) }),
    update(grads, state) {
      const { velocity } = state as { velocity: TensorNest };
      const [updates, next] = mapTensors(
        [
          ['gradients', grads],
          ['state.velocity', velocity],
        ],
        2,
        ([u, v0]) => {
          const v1 = weightedSum(v0!, u!, weights);
          return [nesterov ? weightedSum(v1, u!, weights) : v1, v1];
        },
      );
      return [updates!, { velocity: next! }];
    },
  };
}

export interface RmsScalingOptions {
  /** Decay of the mean of squared gradients, by default 0.9. */
  readonly rho?: number | undefined;
  /** Added under the root, by default 1e-7. */
  readonly epsilon?: number | undefined;
  /** Divide by the deviation from the mean gradient instead. By default false. */
  readonly centered?: boolean | undefined;
}

/**
 * Gradients divided by a moving root mean square: v ← ρv + (1 − ρ)g², u = g/√(v + ε); centred, with
 * a ← ρa + (1 − ρ)g, u = g/√(v − a² + ε).
 *
 * @param options - `rho = 0.9`, `epsilon = 1e-7` (under the root, as in Keras), `centered = false`.
 * @throws ConfigError when ρ is outside [0, 1) or ε negative.
 *
 * Reference: Tieleman, Hinton 2012, lecture 6.5 of “Neural Networks for Machine Learning”.
 *
 * @example
 * ```ts
 * import { chain, scaleByLearningRate, scaleByRms } from 'kompakt/optim';
 * const optimizer = chain(scaleByRms({ rho: 0.99 }), scaleByLearningRate(1e-3));
 * console.log(typeof optimizer.update); // → function
 * ```
 */
export function scaleByRms(options: RmsScalingOptions = {}): Optimizer {
  const { rho = 0.9, epsilon = 1e-7, centered = false } = options;
  checkFraction(rho, 'rho', 'rmsprop');
  checkEpsilon(epsilon, 'rmsprop');
  const weights = { alpha: rho, beta: 1 - rho };
  const ratio = { inside: epsilon, outside: 0 };
  return {
    init: (params): OptimizerState => ({ v: zerosFor(params), ...(centered && { mean: zerosFor(params) }) }),
    foldsScale: true,
    update: (grads, state, _params, scale) =>
      scope(() => {
        const s = state as { v: TensorNest; mean?: TensorNest };
        const alpha = inDTypes(scale ?? scalarFor(1, grads));
        const nests = [
          ['gradients', grads],
          ['state.v', s.v],
        ] as const;
        const means = centered ? ([['state.mean', s.mean ?? {}]] as const) : [];
        const [updates, v, mean] = mapTensors([...nests, ...means], centered ? 3 : 2, ([g, v0, mean0]) => {
          const v1 = weightedSquareSum(v0!, g!, weights);
          if (mean0 === undefined) return [rootRatio(g!, v1, alpha(g!.dtype), ratio), v1];
          const mean1 = weightedSum(mean0, g!, weights);
          const variance = weightedSquareSum(v1, mean1, { alpha: 1, beta: -1 });
          return [rootRatio(g!, variance, alpha(g!.dtype), ratio), v1, mean1];
        });
        return [updates!, { v: v!, ...(mean && { mean }) }];
      }),
  };
}

/**
 * Gradients divided by the root of the sum of all their squares so far: a ← a + g², u = g/√(a + ε).
 *
 * @param options - `initialAccumulatorValue = 0.1`, `epsilon = 1e-7` (under the root, as in Keras).
 * @throws ConfigError when either is negative.
 *
 * Reference: Duchi, Hazan, Singer 2011, “Adaptive Subgradient Methods for Online Learning and Stochastic Optimization”.
 *
 * @example
 * ```ts
 * import { chain, scaleByAdagrad, scaleByLearningRate } from 'kompakt/optim';
 * const optimizer = chain(scaleByAdagrad(), scaleByLearningRate(0.01));
 * console.log(typeof optimizer.update); // → function
 * ```
 */
export function scaleByAdagrad(
  options: { readonly initialAccumulatorValue?: number | undefined; readonly epsilon?: number | undefined } = {},
): Optimizer {
  const { initialAccumulatorValue = 0.1, epsilon = 1e-7 } = options;
  if (!(initialAccumulatorValue >= 0)) {
    throw new ConfigError(`adagrad: initialAccumulatorValue must be a number ≥ 0, got ${initialAccumulatorValue}.`);
  }
  checkEpsilon(epsilon, 'adagrad');
  return {
    init: (params) => ({ accumulator: mapNest<Tensor, Tensor>(params, (p) => fullLike(p, initialAccumulatorValue)) }),
    foldsScale: true,
    update: (grads, state, _params, scale) =>
      scope(() => {
        const { accumulator } = state as { accumulator: TensorNest };
        const alpha = inDTypes(scale ?? scalarFor(1, grads));
        const nests = [
          ['gradients', grads],
          ['state.accumulator', accumulator],
        ] as const;
        const [updates, next] = mapTensors(nests, 2, ([g, a0]) => {
          const a1 = weightedSquareSum(a0!, g!, { alpha: 1, beta: 1 });
          return [rootRatio(g!, a1, alpha(g!.dtype), { inside: epsilon, outside: 0 }), a1];
        });
        return [updates!, { accumulator: next! }];
      }),
  };
}
