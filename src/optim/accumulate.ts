import { ConfigError } from '../core/errors';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { add, div, equal, mod, where } from '../ops/elementwise';
import { mapTensors, zerosFor } from './nest';
import type { Optimizer, OptimizerState, TensorNest } from './optimizer';
import { asScalar, scalarFor } from './scalars';
import { chooseNest } from './wrap';

/**
 * One update from several steps: gradients are summed, the parameters stay, and at every n-th step the optimiser gets
 * their mean, (1/n)·Σ g. A large batch then fits where only its n-th part does.
 *
 * Every step costs an update of the optimiser, as which of them count is decided within the step.
 *
 * @param optimizer - what makes the updates, clipping and decay included.
 * @param steps - n, an integer ≥ 1.
 * @returns an optimiser; its state is that of `optimizer` and `{ step, sum }`.
 * @throws ConfigError when n is no integer ≥ 1.
 *
 * Reference: Keras's `gradient_accumulation_steps`.
 *
 * @example
 * ```ts
 * import { type Tensor, tensor } from 'kompakt';
 * import { accumulate, sgd } from 'kompakt/optim';
 * const optimizer = accumulate(sgd({ learningRate: 1 }), 2);
 * const w = [tensor([0])];
 * const [first, state] = optimizer.update([tensor([1])], optimizer.init(w), w);
 * const [second] = optimizer.update([tensor([3])], state, w);
 * console.log([first, second].map((u) => (u as Tensor[])[0]!.item())); // → [ 0, -2 ]
 * ```
 */
export function accumulate(optimizer: Optimizer, steps: number): Optimizer {
  if (!Number.isInteger(steps) || steps < 1) {
    throw new ConfigError(`accumulate: the number of steps must be an integer ≥ 1, got ${steps}.`);
  }
  if (steps === 1) return optimizer;
  return {
    init: (params): OptimizerState => [optimizer.init(params), { step: scalarFor(0, params), sum: zerosFor(params) }],
    update: (grads, state, params) =>
      scope(() => {
        const [inner, own] = state as [OptimizerState, { step: Tensor | number; sum: TensorNest }];
        const step = add(asScalar(own.step, grads), 1);
        const isLast = equal(mod(step, steps), 0);
        const pairs = [
          ['gradients', grads],
          ['state.sum', own.sum],
        ] as const;
        const [sum, mean] = mapTensors(pairs, 2, ([g, s]) => {
          const next = add(s!, g!);
          return [where(isLast, 0, next), div(next, steps)];
        });
        const [updates, next] = optimizer.update(mean!, inner, params);
        const moves = mapTensors([['updates', updates]], 1, ([u]) => [where(isLast, u!, 0)])[0]!;
        return [moves, [chooseNest(isLast, next, inner, grads), { step, sum: sum! }]];
      }),
  };
}
