import { ConfigError } from '../core/errors';
import { mapNest } from '../core/nest';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { fullLike } from '../ops/create';
import { clip, greater, less, mul, neg, sign, where } from '../ops/elementwise';
import { type CommonOptions, recipe } from './common';
import { mapTensors, zerosFor } from './nest';
import type { Optimizer, OptimizerState, TensorNest } from './optimizer';

/** Options of {@link rprop}. */
export interface RpropOptions extends CommonOptions {
  /** What a step size is multiplied by when the gradient changed its sign, and when it did not; by default [0.5, 1.2]. */
  readonly etas?: readonly [minus: number, plus: number] | undefined;
  /** Bounds of the step sizes, by default [1e-6, 50]. */
  readonly stepSizes?: readonly [least: number, most: number] | undefined;
}

/** Rprop's steps; see {@link rprop}. The state is `{ previous, sizes }`. */
function stepByRprop(first: number, { etas = [0.5, 1.2], stepSizes = [1e-6, 50] }: RpropOptions): Optimizer {
  const [minus, plus] = etas;
  const [least, most] = stepSizes;
  if (!(minus > 0 && minus < 1 && plus > 1)) {
    throw new ConfigError(`rprop: etas must be one in (0, 1) and one above 1, got [${String(etas)}].`);
  }
  if (!(least > 0 && most >= least)) {
    throw new ConfigError(`rprop: stepSizes must be positive and increasing, got [${String(stepSizes)}].`);
  }
  return {
    init: (params): OptimizerState => ({
      previous: zerosFor(params),
      sizes: mapNest<Tensor, Tensor>(params as never, (p) => fullLike(p, first)),
    }),
    update: (grads, state) =>
      scope(() => {
        const s = state as { previous: TensorNest; sizes: TensorNest };
        const nests = [
          ['gradients', grads],
          ['state.previous', s.previous],
          ['state.sizes', s.sizes],
        ] as const;
        const [updates, previous, sizes] = mapTensors(nests, 3, ([g, before, size]) => {
          // Signs, as a product of gradients could be too small to have one.
          const agreement = mul(sign(g!), sign(before!));
          const turned = less(agreement, 0);
          const factor = where(turned, minus, where(greater(agreement, 0), plus, 1));
          const next = clip(mul(size!, factor), least, most);
          const kept = where(turned, 0, g!);
          return [neg(mul(sign(kept), next)), kept, next];
        });
        return [updates!, { previous: previous!, sizes: sizes! }];
      }),
  };
}

/**
 * Resilient backpropagation, for gradients of all samples: each weight has a step size of its own, which grows while the
 * gradient keeps its sign and shrinks when it changes: s ← s·1.2 or s·0.5, w ← w − sign(g)·s; after a change of sign the
 * weight stays for one step.
 *
 * Keras has no such optimiser; names and defaults are torch's. On batches of samples signs change by chance: use another.
 *
 * @param options - `learningRate = 0.01`, a number: all step sizes at first; `etas = [0.5, 1.2]`, `stepSizes = [1e-6, 50]`;
 * and those every optimiser has.
 * @returns an optimiser.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Riedmiller, Braun 1993, “A direct adaptive method for faster backpropagation learning: the RPROP algorithm”.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { applyUpdates, rprop } from 'kompakt/optim';
 * const optimizer = rprop({ learningRate: 0.5 });
 * const w = tensor([1, 1]);
 * const [updates] = optimizer.update(tensor([100, -0.01]), optimizer.init(w), w);
 * console.log(applyUpdates(w, updates).toArraySync()); // → [ 0.5, 1.5 ]
 * ```
 */
export function rprop(options: RpropOptions = {}): Optimizer {
  const { learningRate: first = 0.01 } = options;
  if (typeof first === 'function') {
    throw new ConfigError('rprop: learningRate is the step size to begin with, a number; there is no schedule for it.');
  }
  return recipe('rprop', options, ['etas', 'stepSizes'], () => [stepByRprop(first, options)], { learningRate: 0.01 });
}
