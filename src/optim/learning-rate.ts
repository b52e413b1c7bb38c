import { ConfigError } from '../core/errors';
import type { Nest } from '../core/nest';
import { Tensor } from '../core/tensor';
import { mul } from '../ops/elementwise';
import { weightedSum } from '../ops/updates';
import { isRecord, mapTensors } from './nest';
import { type LearningRate, type Optimizer, type OptimizerState, scaled, type TensorNest } from './optimizer';

/** State of a piece with a learning rate; a schedule is no data and stays out of it. */
type RateState = { readonly step: number; readonly learningRate?: number };

const DEFAULT_FILTER = (): boolean => true;

/** The state before the first step. */
export function initRate(learningRate: LearningRate): RateState {
  return typeof learningRate === 'number' ? { step: 0, learningRate } : { step: 0 };
}

/** The learning rate at this step, and the state after it. */
export function nextRate(learningRate: LearningRate, state: OptimizerState): [number, RateState] {
  const { step, learningRate: current } = state as RateState;
  if (typeof learningRate === 'number') {
    return [current ?? learningRate, { step: step + 1, learningRate: current ?? learningRate }];
  }
  const rate = learningRate(step);
  if (typeof rate !== 'number' || Number.isNaN(rate)) {
    throw new ConfigError(
      `optim: the learning rate schedule returned ${String(rate)} at step ${step}. Return a number.`,
    );
  }
  return [rate, { step: step + 1 }];
}

export function checkLearningRate(learningRate: LearningRate, what: string): void {
  if (typeof learningRate === 'function') return;
  if (typeof learningRate !== 'number' || !(learningRate >= 0) || !Number.isFinite(learningRate)) {
    throw new ConfigError(
      `${what}: learningRate must be a number ≥ 0 or a function of the step, got ${String(learningRate)}.`,
    );
  }
}

/**
 * Updates times the negative learning rate: u ← −η(step)·u; the last piece of a chain built by hand.
 *
 * @param learningRate - a number, or a function of the step, from 0.
 * @throws ConfigError for a negative or non-finite number.
 *
 * @example
 * ```ts
 * import { chain, scaleByAdam, scaleByLearningRate } from 'kompakt/optim';
 * const adam = chain(scaleByAdam(), scaleByLearningRate((step) => 1e-3 / (1 + step)));
 * console.log(typeof adam.update); // → function
 * ```
 */
export function scaleByLearningRate(learningRate: LearningRate): Optimizer {
  checkLearningRate(learningRate, 'scaleByLearningRate');
  const factor = (state: OptimizerState): [number, OptimizerState] => {
    const [rate, next] = nextRate(learningRate, state);
    return [-rate, next];
  };
  return {
    init: () => initRate(learningRate),
    update(grads, state) {
      const [f, next] = factor(state);
      return [scaled(grads, f), next];
    },
    factor,
  };
}

/** Which parameters a piece acts on, by their path (`'0/kernel'`) and value. */
export type ParamFilter = (path: string, param: Tensor) => boolean;

/**
 * Decoupled weight decay: u ← u − η(step)·λ·w, with w the parameters before the step. It stands behind everything that
 * makes the step, as in Keras's `weight_decay` and in AdamW.
 *
 * @param rate - λ.
 * @param options - `learningRate`: η, as in the rest of the chain; `filter`: which parameters decay, by default all.
 * @throws ConfigError when λ is negative.
 *
 * Reference: Loshchilov, Hutter 2019, “Decoupled Weight Decay Regularization”, arXiv:1711.05101.
 *
 * @example
 * ```ts
 * import { chain, decoupledWeightDecay, scaleByAdam, scaleByLearningRate } from 'kompakt/optim';
 * const learningRate = 1e-3;
 * const filter = (path: string) => path.endsWith('kernel');
 * const adamW = chain(scaleByAdam(), scaleByLearningRate(learningRate), decoupledWeightDecay(0.01, { learningRate, filter }));
 * console.log(typeof adamW.update); // → function
 * ```
 */
export function decoupledWeightDecay(
  rate: number,
  options: { readonly learningRate: LearningRate; readonly filter?: ParamFilter | undefined },
): Optimizer {
  checkDecay(rate, 'decoupledWeightDecay');
  const { learningRate, filter = DEFAULT_FILTER } = options;
  checkLearningRate(learningRate, 'decoupledWeightDecay');
  return {
    init: () => initRate(learningRate),
    update(grads, state, params) {
      const [eta, next] = nextRate(learningRate, state);
      return [decayed(grads, params, filter, { alpha: 1, beta: -eta * rate }), next];
    },
  };
}

/**
 * Weight decay as part of the gradient: u ← u + λ·w, which is the gradient of λ/2·‖w‖²; put it first in a chain for
 * torch's `weight_decay` of SGD and Adam.
 *
 * @param rate - λ.
 * @param options - `filter`: which parameters decay, by path and value; by default all.
 * @throws ConfigError when λ is negative.
 *
 * @example
 * ```ts
 * import { chain, sgd, weightDecay } from 'kompakt/optim';
 * const optimizer = chain(weightDecay(1e-4), sgd({ learningRate: 0.1, momentum: 0.9 }));
 * console.log(typeof optimizer.update); // → function
 * ```
 */
export function weightDecay(rate: number, options: { readonly filter?: ParamFilter | undefined } = {}): Optimizer {
  checkDecay(rate, 'weightDecay');
  const { filter = DEFAULT_FILTER } = options;
  return {
    init: () => ({}),
    update: (grads, state, params, scale = 1) => {
      return [decayed(grads, params, filter, { alpha: scale, beta: scale * rate }), state];
    },
    foldsScale: true,
  };
}

function decayed(
  updates: TensorNest,
  params: TensorNest,
  filter: ParamFilter,
  { alpha, beta }: { alpha: number; beta: number },
): TensorNest {
  return mapTensors(
    [
      ['updates', updates],
      ['parameters', params],
    ],
    1,
    ([u, w], path) => {
      if (filter(path, w!)) return [weightedSum(u!, w!, { alpha, beta })];
      return [alpha === 1 ? u! : mul(u!, alpha)];
    },
  )[0]!;
}

function checkDecay(rate: number, what: string): void {
  if (!(rate >= 0) || !Number.isFinite(rate)) {
    throw new ConfigError(`${what}: the rate must be a finite number ≥ 0, got ${rate}.`);
  }
}

/**
 * The learning rate that a state carries; null where a schedule sets it, or there is none.
 *
 * @param state - of any optimiser of this package, chains included.
 */
export function learningRateOf(state: OptimizerState): number | null {
  if (Array.isArray(state)) {
    for (const part of state as readonly OptimizerState[]) {
      const found = learningRateOf(part);
      if (found !== null) return found;
    }
    return null;
  }
  return isRecord(state) && typeof state.learningRate === 'number' ? state.learningRate : null;
}

/**
 * The same state with another learning rate, from the next step on; it is how callbacks change the rate while training.
 *
 * @param state - of an optimiser whose learning rate is a number.
 * @param learningRate - the new rate.
 * @throws ConfigError when a schedule sets the rate, or when the new one is negative or not finite.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { adam, learningRateOf, withLearningRate } from 'kompakt/optim';
 * const state = adam({ learningRate: 0.1 }).init([tensor([1])]);
 * console.log(learningRateOf(withLearningRate(state, 0.05))); // → 0.05
 * ```
 */
export function withLearningRate(state: OptimizerState, learningRate: number): OptimizerState {
  checkLearningRate(learningRate, 'withLearningRate');
  if (learningRateOf(state) === null) {
    throw new ConfigError(
      'withLearningRate: this optimiser has no learning rate to set; a schedule sets it. Use a number as learningRate, or change the schedule.',
    );
  }
  const replace = (x: unknown): unknown => {
    if (x instanceof Tensor || typeof x !== 'object' || x === null) return x;
    if (Array.isArray(x)) return x.map(replace);
    return Object.hasOwn(x, 'learningRate') ? { ...x, learningRate } : x;
  };
  return replace(state) as Nest<Tensor | number>;
}
