import { ConfigError } from '../core/errors';
import { mapNest } from '../core/nest';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { add, equal, floor, less, mod, mul, sub, where } from '../ops/elementwise';
import { reshape } from '../ops/shape-ops';
import { mapTensors } from './nest';
import type { Optimizer, OptimizerState, TensorNest } from './optimizer';
import { checkFraction } from './pieces';
import { asScalar, inDTypes, scalarFor } from './scalars';
import { findInState } from './wrap';

/** Options of {@link ema}. */
export interface EmaOptions {
  /** How much of the average stays in a step, in [0, 1); by default 0.99. */
  readonly momentum?: number | undefined;
  /** Updates after which the parameters become their average; by default never. */
  readonly overwriteFrequency?: number | undefined;
  /** Steps that make one update, where gradients are accumulated; by default 1. */
  readonly stepsPerUpdate?: number | undefined;
}

/**
 * A moving average of the parameters beside them: a ← μa + (1 − μ)w after every step, where the first step sets a = w.
 * {@link averagedParams} takes it out of the state; models take it over when `fit` ends.
 *
 * @param optimizer - what makes the steps.
 * @param options - `momentum = 0.99` (μ); `overwriteFrequency`: the parameters become their average every so many updates,
 * by default never; `stepsPerUpdate = 1`: how many steps make one update, where the optimiser accumulates.
 * @returns an optimiser; its state is that of `optimizer` and `{ step, ema }`.
 * @throws ConfigError when μ is outside [0, 1) or a number of steps no integer ≥ 1.
 *
 * Reference: Polyak, Juditsky 1992, “Acceleration of stochastic approximation by averaging”; Keras's `use_ema`.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from 'kompakt';
 * import { applyUpdates, averagedParams, ema, sgd } from 'kompakt/optim';
 * const optimizer = ema(sgd({ learningRate: 1 }), { momentum: 0.5 });
 * let w = tensor([0]);
 * let state = optimizer.init(w);
 * for (const g of [-1, -2]) {
 *   const [updates, next] = optimizer.update(tensor([g]), state, w);
 *   [w, state] = [applyUpdates(w, updates), next];
 * }
 * console.log(w.item(), (averagedParams(state) as Tensor).item()); // → 3 2
 * ```
 */
export function ema(optimizer: Optimizer, options: EmaOptions = {}): Optimizer {
  const { momentum = 0.99, overwriteFrequency, stepsPerUpdate = 1 } = options;
  checkFraction(momentum, 'momentum', 'ema');
  checkSteps(overwriteFrequency ?? 1, 'overwriteFrequency');
  checkSteps(stepsPerUpdate, 'stepsPerUpdate');
  return {
    init: (params): OptimizerState => [
      optimizer.init(params),
      // Tensors of its own, so that the parameters can be freed without them.
      { step: scalarFor(0, params), ema: mapNest<Tensor, Tensor>(params as never, (p) => reshape(p, p.shape)) },
    ],
    update: (grads, state, params) =>
      scope(() => {
        const [inner, own] = state as [OptimizerState, { step: Tensor | number; ema: TensorNest }];
        const [updates, next] = optimizer.update(grads, inner, params);
        const step = asScalar(own.step, grads);
        const kept = where(less(step, stepsPerUpdate), 0, scalarFor(momentum, grads));
        const [ofOld, ofNew] = [inDTypes(kept), inDTypes(sub(1, kept))];
        const done = add(floor(mul(step, 1 / stepsPerUpdate)), 1);
        const overwrites = overwriteFrequency === undefined ? null : equal(mod(done, overwriteFrequency), 0);
        const nests = [
          ['updates', updates],
          ['parameters', params],
          ['state.ema', own.ema],
        ] as const;
        const [moves, average] = mapTensors(nests, 2, ([u, p, a]) => {
          const mean = add(mul(a!, ofOld(a!.dtype)), mul(add(p!, u!), ofNew(a!.dtype)));
          return [overwrites === null ? u! : where(overwrites, sub(mean, p!), u!), mean];
        });
        return [moves!, [next, { step: add(step, 1), ema: average! }]];
      }),
  };
}

function checkSteps(value: number, option: string): void {
  if (!Number.isInteger(value) || value < 1) {
    throw new ConfigError(`ema: ${option} must be an integer ≥ 1, got ${value}.`);
  }
}

/**
 * The average of the parameters that a state holds, a nest like them; null where there is none.
 *
 * @param state - of an optimiser with {@link ema} (`useEma`) or of `asgd`.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { averagedParams, sgd } from 'kompakt/optim';
 * console.log(averagedParams(sgd().init([tensor([1])]))); // → null
 * ```
 */
export function averagedParams(state: OptimizerState): TensorNest | null {
  return (findInState(state, 'ema') ?? findInState(state, 'average') ?? null) as TensorNest | null;
}

/** The average that takes the place of the parameters when training ends; null where there is none. */
export function finalParams(state: OptimizerState): TensorNest | null {
  return (findInState(state, 'ema') ?? null) as TensorNest | null;
}
