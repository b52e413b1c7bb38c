import type { Backend } from '../core/backend';
import { scope } from '../core/scope';
import type { Tensor } from '../core/tensor';
import { less, logicalAnd, where } from '../ops/index';
import { gradScaler, lossScaleOf, type Optimizer, type OptimizerState, type TensorNest } from '../optim/index';
import { insideScale, isSkipped, withFreshScale } from '../optim/loss-scale';
import { asScalar } from '../optim/scalars';
import type { Params } from './layer';

/** What losses are multiplied by at first, as Keras has it. */
const INITIAL_SCALE = 2 ** 15;

/** A scale that got so small is not what gradients overflow by. */
const LEAST_SCALE = 2 ** -24;

/**
 * The optimiser that a model is trained with: where its backend rounds to 16 bits, the one given with the loss scaled
 * around it, unless it scales already.
 */
export function optimizerFor(
  optimizer: Optimizer,
  backend: Pick<Backend, 'mixed'> | undefined,
): { readonly optimizer: Optimizer; readonly scalesLoss: boolean } {
  const scalesLoss = backend?.mixed === true && !scalesByItself(optimizer);
  return { optimizer: scalesLoss ? gradScaler(optimizer, { initialScale: INITIAL_SCALE }) : optimizer, scalesLoss };
}

const scalesByItself = (optimizer: Optimizer): boolean => scope(() => lossScaleOf(optimizer.init([])) !== null);

/** A state of training on any backend as that of an optimiser which scales the loss, or does not. */
export function scaledState(
  state: OptimizerState,
  { optimizer, scalesLoss }: { readonly optimizer: Optimizer; readonly scalesLoss: boolean },
  params: TensorNest,
): OptimizerState {
  if (scalesLoss) return lossScaleOf(state) === null ? withFreshScale(state, INITIAL_SCALE, params) : state;
  const inside = insideScale(state);
  return inside === null || scalesByItself(optimizer) ? state : inside;
}

/** What becomes of a step whose gradients overflowed, being those of a loss times a large number. */
export interface Skipping {
  /** The weights of a layer as they were, where the step is left out. */
  keep(before: Params, after: Params): Params;
  /** NaN in the place of `health` where a smaller scale won't help any more. */
  judge(health: Tensor): Tensor;
}

/** Null where the optimiser leaves no steps out. */
export function skippingOf(before: OptimizerState, after: OptimizerState): Skipping | null {
  const skipped = isSkipped(before, after);
  if (skipped === null) return null;
  const isHopeless = logicalAnd(skipped, less(asScalar(lossScaleOf(after)!, skipped), LEAST_SCALE));
  return {
    keep: (old, next) =>
      Object.fromEntries(Object.entries(next).map(([name, w]) => [name, where(skipped, old[name]!, w)])),
    judge: (health) => where(isHopeless, Number.NaN, health),
  };
}
