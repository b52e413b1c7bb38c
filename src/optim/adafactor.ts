import { ConfigError } from '../core/errors';
import { mapNest } from '../core/nest';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { zeros } from '../ops/create';
import { add, div, maximum, minimum, mul, neg, pow, sqrt, square, sub } from '../ops/elementwise';
import { mean } from '../ops/reduce';
import { expandDims } from '../ops/shape-ops';
import { type CommonOptions, recipe } from './common';
import { rateOf } from './learning-rate';
import { mapTensors } from './nest';
import type { LearningRate, Optimizer, OptimizerState, TensorNest } from './optimizer';
import { asScalar, inDTypes } from './scalars';

/** Options of {@link adafactor}. */
export interface AdafactorOptions extends CommonOptions {
  /** Power by which new squares count less and less, at most 0; by default −0.8. */
  readonly beta2Decay?: number | undefined;
  /** Added to the squares, by default 1e-30. */
  readonly epsilon1?: number | undefined;
  /** Least size that a parameter is taken to have, by default 1e-3. */
  readonly epsilon2?: number | undefined;
  /** Largest root mean square of a direction, by default 1. */
  readonly clipThreshold?: number | undefined;
  /** Taken as Keras takes it, which bounds the rate by 1/√t either way. */
  readonly relativeStep?: boolean | undefined;
}

const OWN = ['beta2Decay', 'epsilon1', 'epsilon2', 'clipThreshold', 'relativeStep'];

const rms = (x: Tensor): Tensor => sqrt(mean(square(x)));
const zerosOf = (shape: readonly number[], { dtype, backend }: Tensor): Tensor => zeros(shape, { dtype, backend });

/** What is kept of the mean squares of a tensor: means of its rows and of its columns or, of a vector, all of them. */
const rowsOf = (p: Tensor): Tensor => zerosOf(p.rank < 2 ? p.shape : p.shape.slice(0, -1), p);
const columnsOf = (p: Tensor): Tensor => zerosOf(p.rank < 2 ? [0] : [...p.shape.slice(0, -2), p.shape.at(-1)!], p);

function settings(options: AdafactorOptions) {
  const { beta2Decay = -0.8, epsilon1 = 1e-30, epsilon2 = 1e-3, clipThreshold = 1 } = options;
  if (!(beta2Decay <= 0)) throw new ConfigError(`adafactor: beta2Decay must be a number ≤ 0, got ${beta2Decay}.`);
  for (const [option, value] of Object.entries({ epsilon1, epsilon2, clipThreshold })) {
    if (!(value > 0)) throw new ConfigError(`adafactor: ${option} must be a positive number, got ${value}.`);
  }
  return { beta2Decay, epsilon1, epsilon2, clipThreshold };
}

/** The steps of {@link adafactor}. The state is that of a learning rate and `{ rows, columns }`. */
function stepByAdafactor(learningRate: LearningRate, options: AdafactorOptions): Optimizer {
  const { beta2Decay, epsilon1, epsilon2, clipThreshold } = settings(options);
  const rate = rateOf(learningRate);
  return {
    init: (params): OptimizerState => ({
      ...(rate.init(params) as Record<string, Tensor>),
      rows: mapNest<Tensor, Tensor>(params as never, rowsOf),
      columns: mapNest<Tensor, Tensor>(params as never, columnsOf),
    }),
    update: (grads, state, params) =>
      scope(() => {
        const s = state as { step: Tensor | number; rows: TensorNest; columns: TensorNest };
        const step = add(asScalar(s.step, grads), 1);
        const [eta, next] = rate.next(state, grads);
        const fresh = pow(step, beta2Decay);
        const [ofOld, ofNew] = [inDTypes(sub(1, fresh)), inDTypes(fresh)];
        const alpha = inDTypes(neg(minimum(eta, div(1, sqrt(step)))));
        const average = (old: Tensor, now: Tensor): Tensor =>
          add(mul(old, ofOld(old.dtype)), mul(now, ofNew(old.dtype)));
        const nests = [
          ['gradients', grads],
          ['parameters', params],
          ['state.rows', s.rows],
          ['state.columns', s.columns],
        ] as const;
        const [updates, rows, columns] = mapTensors(nests, 3, ([g, w, r0, c0]) => {
          const squares = add(square(g!), epsilon1);
          const isVector = g!.rank < 2;
          const r1 = average(r0!, isVector ? squares : mean(squares, { axis: -1 }));
          const c1 = isVector ? mul(c0!, 1) : average(c0!, mean(squares, { axis: -2 }));
          const share = isVector ? r1 : expandDims(div(r1, mean(r1, { axis: -1, keepDims: true })), -1);
          const u = div(g!, sqrt(isVector ? share : mul(share, expandDims(c1, -2))));
          const clipped = div(u, maximum(div(rms(u), clipThreshold), 1));
          return [mul(clipped, mul(maximum(rms(w!), epsilon2), alpha(g!.dtype))), r1, c1];
        });
        return [updates!, { ...(next as Record<string, Tensor>), rows: rows!, columns: columns! }];
      }),
  };
}

/**
 * Adafactor: Adam's divisor from the means of the rows and columns of squared gradients alone, so that a matrix [n, m]
 * needs n + m numbers of state. β_t = 1 − t^(−0.8), r ← β_t·r + (1 − β_t)·mean_row(g² + ε₁), c likewise,
 * v = r/mean(r)·cᵀ, u = g/√v, û = u/max(1, RMS(u)/d), w ← w − max(ε₂, RMS(w))·min(η, 1/√t)·û.
 *
 * @param options - `learningRate = 0.001` (η), `beta2Decay = -0.8`, `epsilon1 = 1e-30`, `epsilon2 = 1e-3`,
 * `clipThreshold = 1` (d), `relativeStep = true`; and those every optimiser has.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Shazeer, Stern 2018, arXiv:1804.04235; Keras's `Adafactor`.
 *
 * @example
 * ```ts
 * import { adafactor } from 'kompakt/optim';
 * console.log(adafactor({ learningRate: 0.01 }).config); // → { name: 'adafactor', learningRate: 0.01 }
 * ```
 */
export function adafactor(options: AdafactorOptions = {}): Optimizer {
  return recipe('adafactor', options, OWN, (rate) => [stepByAdafactor(rate, options)], {
    learningRate: 0.001,
    readsParams: true,
  });
}
