import { type CommonOptions, recipe } from './common';
import { scaleByLearningRate } from './learning-rate';
import type { LearningRate, Optimizer } from './optimizer';
import {
  type AdamScalingOptions,
  checkFraction,
  momentum,
  type RmsScalingOptions,
  scaleByAdagrad,
  scaleByAdam,
  scaleByRms,
} from './pieces';

/** Options of {@link sgd}. */
export interface SgdOptions extends CommonOptions {
  /** By default 0: none. */
  readonly momentum?: number | undefined;
  /** By default false. */
  readonly nesterov?: boolean | undefined;
}

/** Options of {@link adam} and {@link adamW}. */
export interface AdamOptions extends CommonOptions, AdamScalingOptions {}

/** Options of {@link rmsprop}. */
export interface RmspropOptions extends CommonOptions, RmsScalingOptions {
  /** By default 0: none. */
  readonly momentum?: number | undefined;
}

/** Options of {@link adagrad}. */
export interface AdagradOptions extends CommonOptions {
  /** What the sum of squares starts at, by default 0.1. */
  readonly initialAccumulatorValue?: number | undefined;
  /** Added under the root, by default 1e-7. */
  readonly epsilon?: number | undefined;
}

const ADAM = ['beta1', 'beta2', 'epsilon', 'amsgrad', 'epsilonMode'];

/**
 * Stochastic gradient descent: w ← w − η·g; with momentum, v ← μv − η·g and w ← w + v; with Nesterov, w ← w + μv − η·g.
 *
 * @param options - `learningRate = 0.01`, `momentum = 0`, `nesterov = false`; `weightDecay`, `clipnorm`,
 * `globalClipnorm`, `clipvalue`.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Sutskever et al. 2013, “On the importance of initialization and momentum in deep learning”; Keras's `SGD`.
 *
 * @example
 * ```ts
 * import { grad, square, sum, tensor } from 'kompakt';
 * import { applyUpdates, sgd } from 'kompakt/optim';
 * const optimizer = sgd({ learningRate: 0.1, momentum: 0.5 });
 * let w = tensor([1, -2]);
 * let state = optimizer.init(w);
 * for (let i = 0; i < 50; i++) {
 *   const [updates, next] = optimizer.update(grad((x) => sum(square(x)))(w), state, w);
 *   [w, state] = [applyUpdates(w, updates), next];
 * }
 * console.log(Array.from(w.dataSync()).every((x) => Math.abs(x) < 1e-4)); // → true
 * ```
 */
export function sgd(options: SgdOptions = {}): Optimizer {
  const { momentum: mu = 0, nesterov = false } = options;
  checkFraction(mu, 'momentum', 'sgd');
  const core = (rate: LearningRate): Optimizer[] => [
    scaleByLearningRate(rate),
    ...(mu > 0 ? [momentum(mu, { nesterov })] : []),
  ];
  return recipe('sgd', options, ['momentum', 'nesterov'], core, { learningRate: 0.01 });
}

/**
 * Adam: m ← β₁m + (1 − β₁)g, v ← β₂v + (1 − β₂)g², w ← w − η·√(1 − β₂ᵗ)/(1 − β₁ᵗ)·m/(√v + ε).
 *
 * @param options - `learningRate = 0.001`, `beta1 = 0.9`, `beta2 = 0.999`, `epsilon = 1e-7`, `amsgrad = false`,
 * `epsilonMode = 'uncorrected'` (`'corrected'` with `epsilon: 1e-8` is torch's); `weightDecay`, `clipnorm`,
 * `globalClipnorm`, `clipvalue`.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Kingma, Ba 2015, arXiv:1412.6980; Keras's `Adam`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { adam, applyUpdates } from 'kompakt/optim';
 * const optimizer = adam({ learningRate: 0.1 });
 * const params = { w: tensor([1, 2]) };
 * const [updates] = optimizer.update({ w: tensor([5, -5]) }, optimizer.init(params), params);
 * console.log(Array.from(applyUpdates(params, updates).w.dataSync(), (w) => w.toFixed(2))); // → [ '0.90', '2.10' ]
 * ```
 */
export function adam(options: AdamOptions = {}): Optimizer {
  const core = (rate: LearningRate): Optimizer[] => [scaleByAdam(options), scaleByLearningRate(rate)];
  return recipe('adam', options, ADAM, core, { learningRate: 0.001 });
}

/**
 * Adam with decoupled weight decay: {@link adam}, and w ← w − η·λ·w before the step.
 *
 * @param options - those of `adam`, with `weightDecay = 0.004` (torch's default is 0.01).
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Loshchilov, Hutter 2019, arXiv:1711.05101; Keras's `AdamW`.
 *
 * @example
 * ```ts
 * import { adamW } from 'kompakt/optim';
 * const optimizer = adamW({ learningRate: 1e-3, weightDecayFilter: (path) => path.endsWith('kernel') });
 * console.log(typeof optimizer.update); // → function
 * ```
 */
export function adamW(options: AdamOptions = {}): Optimizer {
  const core = (rate: LearningRate): Optimizer[] => [scaleByAdam(options), scaleByLearningRate(rate)];
  return recipe('adamW', options, ADAM, core, { learningRate: 0.001, weightDecay: 0.004 });
}

/**
 * RMSprop: v ← ρv + (1 − ρ)g², w ← w − η·g/√(v + ε), with ε under the root; with momentum, m ← μm + η·g/√(v + ε) and
 * w ← w − m.
 *
 * @param options - `learningRate = 0.001`, `rho = 0.9`, `momentum = 0`, `epsilon = 1e-7`, `centered = false`;
 * `weightDecay`, `clipnorm`, `globalClipnorm`, `clipvalue`.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Tieleman, Hinton 2012; Keras's `RMSprop`.
 *
 * @example
 * ```ts
 * import { rmsprop } from 'kompakt/optim';
 * console.log(rmsprop({ momentum: 0.9 }).config); // → { name: 'rmsprop', momentum: 0.9, learningRate: 0.001 }
 * ```
 */
export function rmsprop(options: RmspropOptions = {}): Optimizer {
  const { momentum: mu = 0 } = options;
  checkFraction(mu, 'momentum', 'rmsprop');
  const core = (rate: LearningRate): Optimizer[] => [
    scaleByRms(options),
    scaleByLearningRate(rate),
    ...(mu > 0 ? [momentum(mu)] : []),
  ];
  return recipe('rmsprop', options, ['rho', 'momentum', 'epsilon', 'centered'], core, { learningRate: 0.001 });
}

/**
 * Adagrad: a ← a + g², w ← w − η·g/√(a + ε), with ε under the root.
 *
 * @param options - `learningRate = 0.001`, `initialAccumulatorValue = 0.1`, `epsilon = 1e-7`; `weightDecay`, `clipnorm`,
 * `globalClipnorm`, `clipvalue`.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Duchi, Hazan, Singer 2011; Keras's `Adagrad`.
 *
 * @example
 * ```ts
 * import { adagrad } from 'kompakt/optim';
 * console.log(adagrad().config); // → { name: 'adagrad', learningRate: 0.001 }
 * ```
 */
export function adagrad(options: AdagradOptions = {}): Optimizer {
  const core = (rate: LearningRate): Optimizer[] => [scaleByAdagrad(options), scaleByLearningRate(rate)];
  return recipe('adagrad', options, ['initialAccumulatorValue', 'epsilon'], core, { learningRate: 0.001 });
}
