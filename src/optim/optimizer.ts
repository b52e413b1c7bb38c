import { ConfigError } from '../core/errors';
import type { Nest } from '../core/nest';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { add, mul } from '../ops/elementwise';
import { mapTensors } from './nest';
import { inDTypes } from './scalars';

/** Parameters, gradients or updates: tensors nested in arrays and records, all three alike. */
export type TensorNest = Nest<Tensor>;

/**
 * What an optimiser remembers between steps, in records and arrays. All that changes from step to step is a tensor: the
 * moments, and scalars for the step and the learning rate, in float64 where the backend has it. A host number in the place
 * of a scalar, as in a state restored from plain data, is read as one.
 */
export type OptimizerState = Nest<Tensor | number>;

/** A learning rate: a number, or a function of the step, which counts from 0. */
export type LearningRate = number | ((step: number) => number);

/**
 * A rule that turns gradients into updates: a pure function, its memory handed in and out.
 *
 * `update` returns what is to be added to the parameters. Pieces of an optimiser, such as clipping, have the same form:
 * they turn updates into other updates, and {@link chain} composes them.
 */
export interface Optimizer<S = OptimizerState> {
  /** The state before the first step. */
  init(params: TensorNest): S;
  /** `[updates, state]`; `scale`, a scalar given only where `foldsScale` is set, multiplies the updates. */
  update(grads: TensorNest, state: S, params: TensorNest, scale?: Tensor): [TensorNest, S];
  /** Name of the recipe and its options, where it can be rebuilt from them (see `resolveOptimizer`). */
  readonly config?: OptimizerConfig;
  /** Whether `update` takes a scale, so that a number to multiply by costs no pass of its own. */
  readonly foldsScale?: boolean;
  /** For a piece that only multiplies by a number: the number as a scalar beside `params`, and the next state. */
  factor?(state: S, params: TensorNest): [Tensor, S];
}

/** A recipe and its options as data. */
export interface OptimizerConfig {
  readonly name: string;
  readonly [option: string]: unknown;
}

/**
 * Optimisers and pieces of them, one after the other: each gets the updates of the one before it.
 *
 * A number to multiply by (such as a learning rate) is folded into the piece before it where that can take one.
 *
 * @param pieces - e.g. `clipByGlobalNorm(1)`, `adam({ learningRate: 1e-3 })`.
 * @returns an optimiser; its state is the array of the states of the pieces.
 * @throws ConfigError when a piece is not an optimiser.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { applyUpdates, chain, clipByGlobalNorm, sgd } from 'kompakt/optim';
 * const optimizer = chain(clipByGlobalNorm(1), sgd({ learningRate: 0.1 }));
 * const params = { w: tensor([0, 0]) };
 * const [updates] = optimizer.update({ w: tensor([30, 40]) }, optimizer.init(params), params);
 * console.log(Array.from(applyUpdates(params, updates).w.dataSync(), (w) => w.toFixed(2))); // → [ '-0.06', '-0.08' ]
 * ```
 */
export function chain(...pieces: readonly Optimizer[]): Optimizer {
  pieces.forEach((piece, i) => {
    if (typeof piece?.init !== 'function' || typeof piece.update !== 'function') {
      throw new ConfigError(`chain: piece ${i} is not an optimiser. Call the factory, e.g. clipByGlobalNorm(1).`);
    }
  });
  return {
    init: (params) => pieces.map((p) => p.init(params)),
    update(grads, state, params) {
      if (!Array.isArray(state) || state.length !== pieces.length) {
        throw new ConfigError(
          `chain: the state is not one for ${pieces.length} pieces. Use what init or update returned.`,
        );
      }
      return scope(() => runChain(pieces, grads, state as readonly OptimizerState[], params));
    },
  };
}

function runChain(
  pieces: readonly Optimizer[],
  grads: TensorNest,
  state: readonly OptimizerState[],
  params: TensorNest,
): [TensorNest, OptimizerState] {
  const next: OptimizerState[] = [];
  let updates = grads;
  for (let i = 0; i < pieces.length; ) {
    const piece = pieces[i]!;
    const at = i++;
    if (piece.foldsScale !== true) {
      [updates, next[at]] = piece.update(updates, state[at]!, params);
      continue;
    }
    let scale: Tensor | undefined;
    for (; pieces[i]?.factor !== undefined; i++) {
      const [factor, after] = pieces[i]!.factor!(state[i]!, grads);
      scale = scale === undefined ? factor : mul(scale, factor);
      next[i] = after;
    }
    [updates, next[at]] = piece.update(updates, state[at]!, params, scale);
  }
  return [updates, next];
}

/** Every tensor of `updates` times a scalar. */
export function scaled(updates: TensorNest, factor: Tensor): TensorNest {
  const rounded = inDTypes(factor);
  return mapTensors([['updates', updates]], 1, ([u]) => [mul(u!, rounded(u!.dtype))])[0]!;
}

/**
 * The parameters after a step: p + u for each.
 *
 * @param params - a nest of tensors; it is not changed.
 * @param updates - what an optimiser returned for it.
 * @returns a nest like `params`.
 * @throws ConfigError when the nests differ in structure.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { applyUpdates } from 'kompakt/optim';
 * console.log(applyUpdates([tensor([1, 2])], [tensor([0.5, -1])])[0].toArraySync()); // → [ 1.5, 1 ]
 * ```
 */
export function applyUpdates<P extends TensorNest>(params: P, updates: TensorNest): P {
  const [result] = mapTensors(
    [
      ['parameters', params],
      ['updates', updates],
    ],
    1,
    ([p, u]) => [add(p!, u!)],
  );
  return result as P;
}
