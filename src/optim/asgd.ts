import { ConfigError } from '../core/errors';
import { mapNest } from '../core/nest';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { add, div, maximum, mul, neg, pow, sub } from '../ops/elementwise';
import { reshape } from '../ops/shape-ops';
import { type CommonOptions, recipe } from './common';
import { rateOf } from './learning-rate';
import { mapTensors } from './nest';
import type { LearningRate, Optimizer, OptimizerState, TensorNest } from './optimizer';
import { asScalar, inDTypes } from './scalars';

/** Options of {@link asgd}. */
export interface AsgdOptions extends CommonOptions {
  /** Decay of the weights and of the rate, by default 1e-4. */
  readonly lambd?: number | undefined;
  /** Power by which the rate falls, by default 0.75. */
  readonly alpha?: number | undefined;
  /** Steps before averaging begins, by default 1e6. */
  readonly t0?: number | undefined;
}

function check(value: number, option: string): void {
  if (!(value >= 0 && Number.isFinite(value))) {
    throw new ConfigError(`asgd: ${option} must be a finite number ≥ 0, got ${value}.`);
  }
}

/** The steps of {@link asgd}. The state is that of a learning rate and `{ average }`. */
function stepByAsgd(learningRate: LearningRate, { lambd = 1e-4, alpha = 0.75, t0 = 1e6 }: AsgdOptions): Optimizer {
  check(lambd, 'lambd');
  check(alpha, 'alpha');
  check(t0, 't0');
  const rate = rateOf(learningRate);
  return {
    init: (params): OptimizerState => ({
      ...(rate.init(params) as Record<string, Tensor>),
      average: mapNest<Tensor, Tensor>(params as never, (p) => reshape(p, p.shape)),
    }),
    update: (grads, state, params) =>
      scope(() => {
        const s = state as { step: Tensor | number; average: TensorNest };
        const done = asScalar(s.step, grads);
        const [first, next] = rate.next(state, grads);
        const eta = div(first, pow(add(mul(mul(first, done), lambd), 1), alpha));
        const share = div(1, maximum(sub(done, t0), 1));
        const [ofGradient, ofWeight] = [inDTypes(neg(eta)), inDTypes(mul(eta, -lambd))];
        const [ofOld, ofNew] = [inDTypes(sub(1, share)), inDTypes(share)];
        const nests = [
          ['gradients', grads],
          ['parameters', params],
          ['state.average', s.average],
        ] as const;
        const [updates, average] = mapTensors(nests, 2, ([g, w, a]) => {
          const { dtype } = g!;
          const u = add(mul(g!, ofGradient(dtype)), mul(w!, ofWeight(dtype)));
          return [u, add(mul(a!, ofOld(dtype)), mul(add(w!, u), ofNew(dtype)))];
        });
        return [updates!, { ...(next as Record<string, Tensor>), average: average! }];
      }),
  };
}

/**
 * Averaged stochastic gradient descent: w ← w(1 − λη_t) − η_t·g with η_t = η/(1 + ληt)^α, and after t₀ steps the mean of
 * all w since, which `averagedParams` takes out of the state.
 *
 * Keras has no such optimiser; names and defaults are torch's.
 *
 * @param options - `learningRate = 0.01` (η), `lambd = 1e-4` (λ), `alpha = 0.75`, `t0 = 1e6`; and those every optimiser
 * has.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Polyak, Juditsky 1992, “Acceleration of stochastic approximation by averaging”.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from 'kompakt';
 * import { applyUpdates, asgd, averagedParams } from 'kompakt/optim';
 * const optimizer = asgd({ learningRate: 1, lambd: 0, t0: 0 });
 * let w = tensor([0]);
 * let state = optimizer.init(w);
 * for (const g of [-1, -2, -3]) {
 *   const [updates, next] = optimizer.update(tensor([g]), state, w);
 *   [w, state] = [applyUpdates(w, updates), next];
 * }
 * console.log(w.item(), (averagedParams(state) as Tensor).item()); // → 6 4.5
 * ```
 */
export function asgd(options: AsgdOptions = {}): Optimizer {
  return recipe('asgd', options, ['lambd', 'alpha', 't0'], (rate) => [stepByAsgd(rate, options)], {
    learningRate: 0.01,
    readsParams: true,
  });
}
