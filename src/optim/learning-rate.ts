import { ConfigError } from '../core/errors';
import type { Nest } from '../core/nest';
import { scope } from '../core/scope';
import { Tensor } from '../core/tensor';
import { add, mul, neg } from '../ops/elementwise';
import { reshape } from '../ops/shape-ops';
import { addScaled, weightedSum } from '../ops/updates';
import { isRecord, mapTensors, zerosFor } from './nest';
import {
  applyUpdates,
  type LearningRate,
  type Optimizer,
  type OptimizerState,
  scaled,
  type TensorNest,
} from './optimizer';
import { asScalar, inDTypes, scalarFor } from './scalars';
import { meetSchedule, rateAt, type Schedule } from './schedule-table';

/** State of a piece with a learning rate; a schedule is no data and stays out of it. */
type RateState = { readonly step: Tensor | number; readonly learningRate?: Tensor | number };

const DEFAULT_FILTER = (): boolean => true;

/** A learning rate as a piece of an optimiser goes through it. */
export interface Rate {
  /** The state before the first step. */
  init(params: TensorNest): OptimizerState;
  /** The learning rate at this step, a scalar beside the tensors of `like`, and the state after it. */
  next(state: OptimizerState, like: TensorNest): [Tensor, OptimizerState];
}

export function rateOf(learningRate: LearningRate): Rate {
  if (typeof learningRate === 'number') {
    return {
      init: (params) => ({ step: scalarFor(0, params), learningRate: scalarFor(learningRate, params) }),
      next(state, like) {
        const { step, learningRate: current = learningRate } = state as RateState;
        const rate = asScalar(current, like);
        // A tensor of its own in every state, so that an old state can be freed without the new one.
        return [rate, { step: add(asScalar(step, like), 1), learningRate: reshape(rate, []) }];
      },
    };
  }
  const schedule = checkedSchedule(learningRate);
  return {
    init(params) {
      meetSchedule(learningRate);
      return { step: scalarFor(0, params) };
    },
    next(state, like) {
      const step = asScalar((state as RateState).step, like);
      return [rateAt(learningRate, schedule, step), { step: add(step, 1) }];
    },
  };
}

/** A schedule that throws where it returns no number. */
export function checkedSchedule(schedule: Schedule): Schedule {
  return (step) => {
    const rate = schedule(step);
    if (typeof rate !== 'number' || Number.isNaN(rate)) {
      throw new ConfigError(
        `optim: the learning rate schedule returned ${String(rate)} at step ${step}. Return a number.`,
      );
    }
    return rate;
  };
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
  const rate = rateOf(learningRate);
  const factor = (state: OptimizerState, like: TensorNest): [Tensor, OptimizerState] => {
    const [eta, next] = rate.next(state, like);
    return [neg(eta), next];
  };
  return {
    init: rate.init,
    update: (grads, state) =>
      scope(() => {
        const [f, next] = factor(state, grads);
        return [scaled(grads, f), next];
      }),
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
  const etas = rateOf(learningRate);
  return {
    init: etas.init,
    update: (grads, state, params) =>
      scope(() => {
        const [eta, next] = etas.next(state, grads);
        const decay = inDTypes(mul(eta, -rate));
        return [decayed(grads, params, filter, (u, w) => addScaled(u, w, decay(w.dtype))), next];
      }),
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
    update(grads, state, params) {
      return [decayed(grads, params, filter, (u, w) => weightedSum(u, w, { alpha: 1, beta: rate })), state];
    },
  };
}

/**
 * A step that depends on the parameters, made from where decay has brought them: w′ = w − η·λ·w, and the step from w′.
 *
 * @param step - an optimiser whose updates depend on the parameters.
 * @param decay - of {@link decoupledWeightDecay}.
 */
export function afterDecay(step: Optimizer, decay: Optimizer): Optimizer {
  return {
    init: (params) => [step.init(params), decay.init(params)],
    update: (grads, state, params) =>
      scope(() => {
        const [ofStep, ofDecay] = state as [OptimizerState, OptimizerState];
        const [shrinking, nextDecay] = decay.update(zerosFor(params), ofDecay, params);
        const [updates, nextStep] = step.update(grads, ofStep, applyUpdates(params, shrinking));
        return [applyUpdates(updates, shrinking), [nextStep, nextDecay]];
      }),
  };
}

/** Updates with `decay` applied where the filter says so. */
function decayed(
  updates: TensorNest,
  params: TensorNest,
  filter: ParamFilter,
  decay: (u: Tensor, w: Tensor) => Tensor,
): TensorNest {
  return mapTensors(
    [
      ['updates', updates],
      ['parameters', params],
    ],
    1,
    ([u, w], path) => [filter(path, w!) ? decay(u!, w!) : u!],
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
 * @throws BackendError when the state is on a backend that can't be read without waiting.
 */
export function learningRateOf(state: OptimizerState): number | null {
  const rate = rateIn(state);
  return rate instanceof Tensor ? rate.item() : rate;
}

/** The same as it stands in the state, which needs no reading. */
export function rateIn(state: OptimizerState): Tensor | number | null {
  if (Array.isArray(state)) {
    for (const part of state as readonly OptimizerState[]) {
      const found = rateIn(part);
      if (found !== null) return found;
    }
    return null;
  }
  if (!isRecord(state)) return null;
  const { learningRate } = state;
  return learningRate instanceof Tensor || typeof learningRate === 'number' ? learningRate : null;
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
  if (rateIn(state) === null) {
    throw new ConfigError(
      'withLearningRate: this optimiser has no learning rate to set; a schedule sets it. Use a number as learningRate, or change the schedule.',
    );
  }
  const replace = (x: unknown): unknown => {
    if (x instanceof Tensor || typeof x !== 'object' || x === null) return x;
    if (Array.isArray(x)) return x.map(replace);
    if (!Object.hasOwn(x, 'learningRate')) return x;
    return { ...x, learningRate: scalarFor(learningRate, (x as Record<string, TensorNest>).step ?? []) };
  };
  return replace(state) as Nest<Tensor | number>;
}
