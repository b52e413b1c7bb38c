import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { scope } from '../core/scope';
import { Tensor } from '../core/tensor';
import { add, div, greaterEqual, less, mul, where } from '../ops/elementwise';
import { reshape } from '../ops/shape-ops';
import { isRecord, mapTensors } from './nest';
import { type Optimizer, type OptimizerState, scaled, type TensorNest } from './optimizer';
import { asScalar, scalarFor } from './scalars';
import { allFinite, chooseNest, findInState } from './wrap';

/*
 * Small gradients vanish in half precision. The loss is multiplied by a number before the gradient is taken, and the
 * gradient divided by it again: the number is in the state, where whoever takes gradients finds it (`lossScaleOf`).
 */

/** Around an optimiser: gradients of a loss times `factor`, divided by it. */
export function scaleLoss(optimizer: Optimizer, factor: number): Optimizer {
  if (!(factor > 0 && Number.isFinite(factor))) {
    throw new ConfigError(`lossScaleFactor must be a positive number, got ${factor}.`);
  }
  return {
    init: (params): OptimizerState => [optimizer.init(params), { lossScale: scalarFor(factor, params) }],
    update: (grads, state, params) =>
      scope(() => {
        const [inner, own] = state as [OptimizerState, { lossScale: Tensor | number }];
        const scale = asScalar(own.lossScale, grads);
        const [updates, next] = optimizer.update(scaled(grads, div(1, scale)), inner, params);
        return [updates, [next, { lossScale: reshape(scale, []) }]];
      }),
  };
}

/**
 * What a loss is to be multiplied by before its gradient is taken for an optimiser with this state; null: nothing.
 *
 * @param state - of any optimiser of this package.
 */
export function lossScaleOf(state: OptimizerState): Tensor | number | null {
  return (findInState(state, 'lossScale') ?? null) as Tensor | number | null;
}

/** Options of {@link gradScaler}. */
export interface GradScalerOptions {
  /** What the loss is multiplied by at first, by default 65,536. */
  readonly initialScale?: number | undefined;
  /** What the scale grows by, by default 2. */
  readonly growthFactor?: number | undefined;
  /** What it shrinks by after a step that overflowed, by default 0.5. */
  readonly backoffFactor?: number | undefined;
  /** Steps in a row without overflow after which it grows, by default 2000. */
  readonly growthInterval?: number | undefined;
}

const NAMES = ['initialScale', 'growthFactor', 'backoffFactor', 'growthInterval'];

/**
 * An optimiser for losses in half precision: it takes gradients of s·loss and divides them by s. Where one is not finite,
 * the step is left out, the optimiser's state stays, and s shrinks; after many steps without that, s grows.
 *
 * `fit` multiplies the loss by itself, and on backends that round to 16 bits it puts this around any optimiser; where
 * gradients are taken by hand, multiply the loss by {@link lossScaleOf} of the state.
 *
 * @param optimizer - what makes the steps; it sees gradients without the scale, so clipping is as without one.
 * @param options - `initialScale = 65536`, `growthFactor = 2`, `backoffFactor = 0.5`, `growthInterval = 2000`: torch's.
 * @returns an optimiser; its state is that of `optimizer` and `{ lossScale, streak }`.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: Micikevicius et al. 2018, “Mixed Precision Training”, arXiv:1710.03740; torch's `GradScaler`.
 *
 * @example
 * ```ts
 * import { grad, mul, square, type Tensor, tensor } from 'kompakt';
 * import { applyUpdates, gradScaler, lossScaleOf, sgd } from 'kompakt/optim';
 * const optimizer = gradScaler(sgd({ learningRate: 0.25 }), { initialScale: 1024 });
 * const w = tensor(2);
 * const state = optimizer.init(w);
 * const g = grad((x) => mul(square(x), 1024))(w);
 * const [updates, next] = optimizer.update(g, state, w);
 * console.log(applyUpdates(w, updates).item(), (lossScaleOf(next) as Tensor).item()); // → 1 1024
 * ```
 */
export function gradScaler(optimizer: Optimizer, options: GradScalerOptions = {}): Optimizer {
  checkOptions(options, NAMES, 'gradScaler');
  const { initialScale = 65536, growthFactor = 2, backoffFactor = 0.5, growthInterval = 2000 } = options;
  if (typeof optimizer?.update !== 'function') {
    throw new ConfigError('gradScaler: give the optimiser to scale for, e.g. gradScaler(adam()).');
  }
  const check = (fits: boolean, option: string, value: number, wanted: string): void => {
    if (!fits) throw new ConfigError(`gradScaler: ${option} must be ${wanted}, got ${value}.`);
  };
  check(initialScale > 0 && Number.isFinite(initialScale), 'initialScale', initialScale, 'a positive number');
  check(growthFactor > 1, 'growthFactor', growthFactor, 'a number > 1');
  check(backoffFactor > 0 && backoffFactor < 1, 'backoffFactor', backoffFactor, 'in (0, 1)');
  check(Number.isInteger(growthInterval) && growthInterval > 0, 'growthInterval', growthInterval, 'an integer ≥ 1');
  return {
    init: (params): OptimizerState => withFreshScale(optimizer.init(params), initialScale, params),
    update: (grads, state, params) =>
      scope(() => {
        const [inner, own] = state as [OptimizerState, { lossScale: Tensor | number; streak: Tensor | number }];
        const scale = asScalar(own.lossScale, grads);
        const [updates, next] = optimizer.update(scaled(grads, div(1, scale)), inner, params);
        const isFinite = allFinite(grads);
        if (isFinite === undefined) return [updates, [next, { lossScale: reshape(scale, []), streak: own.streak }]];
        const streak = add(asScalar(own.streak, grads), 1);
        const grows = greaterEqual(streak, growthInterval);
        return [
          // Adding −0 leaves every number as it is, −0 too.
          mapTensors([['updates', updates]], 1, ([u]) => [where(isFinite, u!, -0)])[0]!,
          [
            chooseNest(isFinite, next, inner, grads),
            {
              lossScale: where(isFinite, where(grows, mul(scale, growthFactor), scale), mul(scale, backoffFactor)),
              streak: where(isFinite, where(grows, 0, streak), 0),
            },
          ],
        ];
      }),
  };
}

/** `state` with a scale that has not moved yet, as `gradScaler(optimizer, { initialScale })` begins it. */
export function withFreshScale(state: OptimizerState, initialScale: number, params: TensorNest): OptimizerState {
  return [state, { lossScale: scalarFor(initialScale, params), streak: scalarFor(0, params) }];
}

/** What {@link gradScaler} keeps beside the state of the optimiser it is for; null for any other state. */
export function insideScale(state: OptimizerState): OptimizerState | null {
  if (!Array.isArray(state) || state.length !== 2) return null;
  const own = state[1] as OptimizerState;
  return isRecord(own) && 'lossScale' in own && 'streak' in own ? (state[0] as OptimizerState) : null;
}

/** Whether {@link gradScaler} left out the step between two states, as a scalar; null where none stands in them. */
export function isSkipped(before: OptimizerState, after: OptimizerState): Tensor | null {
  if (findInState(after, 'streak') === undefined) return null;
  const [old, now] = [lossScaleOf(before), lossScaleOf(after)];
  // It shrinks then, and only then.
  return now instanceof Tensor && old !== null ? less(now, asScalar(old, now)) : null;
}
