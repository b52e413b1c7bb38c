import { valueAndGrad } from '../autograd/grad';
import { ConfigError, ShapeError } from '../core/errors';
import type { Rng } from '../core/rng';
import type { Tensor } from '../core/tensor';
import { add, cast, div, expandDims, mean, mul, reshape, stopGradient, sum } from '../ops/index';
import type { Optimizer, OptimizerState } from '../optim/index';
import { forward, penalty } from './forward';
import type { Layer, LayerWeights, Params } from './layer';
import type { Loss } from './losses';

/** What a step computes with and does not change. */
export interface StepSpec {
  readonly layers: readonly Layer[];
  readonly names: readonly string[];
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  /** 0/1 by weight path; what is 0 stays 0. */
  readonly masks: ReadonlyMap<string, Tensor>;
}

/** What a step replaces. */
export interface StepState {
  readonly weights: readonly LayerWeights[];
  readonly optimizerState: OptimizerState;
}

/** Samples, targets, and their weights. */
export interface BatchTensors {
  readonly x: Tensor;
  readonly y: Tensor;
  readonly weights: Tensor | null;
}

/** A batch with what the host knows of it. */
export interface Batch extends BatchTensors {
  readonly size: number;
  /** Sum of the weights; the size where there are none. */
  readonly weightSum: number;
}

/** What a step makes: the next state, and scalars to look at before it is taken over. */
export interface StepResult extends StepState {
  readonly loss: Tensor;
  /** Finite exactly when the loss and everything in the next state is. */
  readonly health: Tensor;
  readonly y: Tensor;
}

/**
 * One step of gradient descent, as a pure function: (state, batch, randomness) → next state.
 *
 * The loss is Σ w·l / batch + regularisation, as Keras has it: weights do not change the divisor.
 */
export function trainStep(spec: StepSpec, state: StepState, batch: BatchTensors, rng: Rng | null): StepResult {
  const { loss, gradients, y, layerStates } = differentiate(spec, state.weights, batch, rng);
  const params = trainedParams(spec.layers, state.weights);
  const masked = mapParams(
    gradients,
    (g, path) => (spec.masks.has(path) ? mul(g, spec.masks.get(path)!) : g),
    spec.names,
  );
  const [updates, optimizerState] = spec.optimizer.update(masked, state.optimizerState, params) as [
    Params[],
    OptimizerState,
  ];
  const next = mapParams(
    params,
    (p, path, i, name) => {
      const moved = add(p, updates[i]![name]!);
      const mask = spec.masks.get(path);
      return mask === undefined ? moved : mul(moved, mask);
    },
    spec.names,
  );
  const weights = state.weights.map((w, i) => ({ params: { ...w.params, ...next[i] }, state: layerStates[i]! }));
  return { weights, optimizerState, loss, y, health: health(loss, state.weights, weights) };
}

/** The loss of a batch with its gradient by all trained parameters. */
export function differentiate(spec: StepSpec, weights: readonly LayerWeights[], batch: BatchTensors, rng: Rng | null) {
  let y: Tensor | undefined;
  let layerStates: Params[] = [];
  const objective = (params: Params[]): Tensor => {
    const own = weights.map((w, i) => ({ params: { ...w.params, ...params[i] }, state: w.state }));
    const out = forward(spec.layers, own, batch.x, { training: true, rng });
    y = stopGradient(out.y);
    layerStates = out.state.map((s, i) => (s === weights[i]!.state ? s : constants(s)));
    return objectiveOf(spec, out.y, params, batch);
  };
  const [loss, gradients] = valueAndGrad(objective as never)(
    trainedParams(spec.layers, weights) as never,
  ) as unknown as [Tensor, Params[]];
  return { loss, gradients, y: y!, layerStates };
}

/** What is minimised: Σ w·l / batch + regularisation. */
export function objectiveOf(
  spec: Pick<StepSpec, 'layers' | 'loss'>,
  yPred: Tensor,
  params: readonly Params[],
  batch: BatchTensors,
): Tensor {
  const data = reduceLoss(spec.loss(alignTargets(batch.y, yPred), yPred), batch.weights);
  const extra = penalty(spec.layers, params);
  return extra === null ? data : add(data, extra);
}

function reduceLoss(losses: Tensor, weights: Tensor | null): Tensor {
  if (losses.rank === 0) {
    if (weights === null) return losses;
    throw new ConfigError(
      'fit: the loss function returns one number for a whole batch, so samples and classes can’t be weighted. Return a loss per sample.',
    );
  }
  if (weights === null) return mean(losses);
  const perSample =
    losses.rank === 1 ? weights : reshape(weights, [weights.size, ...losses.shape.slice(1).map(() => 1)]);
  return div(sum(mul(losses, perSample)), losses.size);
}

/** Targets as the output is shaped, where they differ only by a last axis of size 1. */
export function alignTargets(y: Tensor, yPred: Tensor): Tensor {
  if (y.shape[0] !== yPred.shape[0]) {
    throw new ShapeError(`fit: ${yPred.shape[0]} samples came out of the model, but there are ${y.shape[0]} targets.`);
  }
  if (y.rank === yPred.rank - 1 && yPred.shape.at(-1) === 1) return expandDims(y, -1);
  return y;
}

/** The parameters that are trained, layer by layer. */
export function trainedParams(layers: readonly Layer[], weights: readonly LayerWeights[]): Params[] {
  return weights.map((w, i) => (layers[i]!.trainable ? w.params : {}));
}

function mapParams(
  params: readonly Params[],
  f: (t: Tensor, path: string, i: number, name: string) => Tensor,
  names: readonly string[],
): Params[] {
  return params.map((layer, i) =>
    Object.fromEntries(Object.entries(layer).map(([name, t]) => [name, f(t, `${names[i]}/${name}`, i, name)])),
  );
}

/** The same tensors, cut off from the gradient. */
const constants = (state: Params): Params =>
  Object.fromEntries(Object.entries(state).map(([k, t]) => [k, stopGradient(t)]));

/** A scalar that any NaN or infinity in the loss or in a new weight makes non-finite. */
function health(loss: Tensor, before: readonly LayerWeights[], after: readonly LayerWeights[]): Tensor {
  let total = loss;
  after.forEach((w, i) => {
    const old = before[i]!;
    for (const [name, t] of Object.entries(w.params))
      if (t !== old.params[name]) total = add(total, cast(sum(t), loss.dtype));
    for (const [name, t] of Object.entries(w.state))
      if (t !== old.state[name]) total = add(total, cast(sum(t), loss.dtype));
  });
  return total;
}
