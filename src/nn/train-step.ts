import { grad } from '../autograd/grad';
import type { Rng } from '../core/rng';
import type { Tensor } from '../core/tensor';
import { add, cast, mul, stopGradient, sum } from '../ops/index';
import { lossScaleOf, type Optimizer, type OptimizerState } from '../optim/index';
import type { CompiledOutput } from './compiled';
import { applyConstraint } from './constraints';
import { forward, penalty, type RunContext } from './forward';
import type { Network } from './graph/network';
import type { AnyLayer, LayerWeights, ManyResult, Mask, Params } from './layer';
import { outputLoss } from './output-loss';
import { skippingOf } from './precision';

/** What a step computes with and does not change. */
export interface StepSpec {
  readonly network: Network;
  /** What each output is trained on. */
  readonly outputs: readonly CompiledOutput[];
  readonly optimizer: Optimizer;
  /** 0/1 by weight path; what is 0 stays 0. */
  readonly masks: ReadonlyMap<string, Tensor>;
}

/** What a step replaces. */
export interface StepState {
  readonly weights: readonly LayerWeights[];
  readonly optimizerState: OptimizerState;
}

/** Samples of every input, and for every output the targets and the weights of samples, null where it has none. */
export interface BatchTensors {
  readonly xs: readonly Tensor[];
  readonly ys: readonly (Tensor | null)[];
  readonly weights: readonly (Tensor | null)[];
}

/** A batch with what the host knows of it. */
export interface Batch extends BatchTensors {
  readonly size: number;
}

/** What the model makes of a batch, without the gradient. */
export interface Predicted {
  readonly ys: readonly Tensor[];
  /** Of each output. */
  readonly masks: readonly Mask[];
  /** The loss of each output, which its weight has not multiplied; null where it has none. */
  readonly losses: readonly (Tensor | null)[];
}

/** What a step makes: the next state, and scalars to look at before it is taken over. */
export interface StepResult extends StepState {
  readonly loss: Tensor;
  /** Finite exactly when the loss and everything in the next state is. */
  readonly health: Tensor;
  readonly predicted: Predicted;
}

/**
 * One step of gradient descent, as a pure function: (state, batch, randomness) → next state.
 *
 * The loss is Σ w·l / batch + regularisation, as Keras has it: weights do not change the divisor.
 */
export function trainStep(spec: StepSpec, state: StepState, batch: BatchTensors, rng: Rng | null): StepResult {
  const scale = lossScaleOf(state.optimizerState);
  const { loss, gradients, predicted, layerStates } = differentiate(spec, state.weights, batch, rng, scale);
  const { layers, names } = spec.network;
  const params = trainedParams(layers, state.weights);
  const masked = mapParams(gradients, (g, path) => (spec.masks.has(path) ? mul(g, spec.masks.get(path)!) : g), names);
  const [updates, optimizerState] = spec.optimizer.update(masked, state.optimizerState, params) as [
    Params[],
    OptimizerState,
  ];
  const next = mapParams(
    params,
    (p, path, i, name) => {
      const moved = add(p, updates[i]![name]!);
      const constraint = layers[i]!.constraints?.[name];
      const held = constraint === undefined ? moved : applyConstraint(constraint, moved);
      const mask = spec.masks.get(path);
      return mask === undefined ? held : mul(held, mask);
    },
    names,
  );
  const skipping = skippingOf(state.optimizerState, optimizerState);
  const kept = skipping === null ? next : next.map((layer, i) => skipping.keep(params[i]!, layer));
  const weights = state.weights.map((w, i) => ({ params: { ...w.params, ...kept[i] }, state: layerStates[i]! }));
  const sound = health(loss, state.weights, weights);
  return { weights, optimizerState, loss, predicted, health: skipping?.judge(sound) ?? sound };
}

/**
 * The loss of a batch with its gradient by all trained parameters.
 *
 * @param scale - what the loss is multiplied by before the gradient is taken; null: nothing.
 */
export function differentiate(
  spec: StepSpec,
  weights: readonly LayerWeights[],
  batch: BatchTensors,
  rng: Rng | null,
  scale: Tensor | number | null = null,
) {
  let predicted: Predicted | undefined;
  let loss: Tensor | undefined;
  let layerStates: Params[] = [];
  const objective = (params: Params[]): Tensor => {
    const own = weights.map((w, i) => ({ params: { ...w.params, ...params[i] }, state: w.state }));
    const { total, ...parts } = objectiveOf(spec, own, batch, { training: true, rng });
    predicted = constants(parts);
    layerStates = parts.state.map((s, i) => (s === weights[i]!.state ? s : constantParams(s)));
    loss = stopGradient(total);
    return scale === null ? total : mul(total, typeof scale === 'number' ? scale : cast(scale, total.dtype));
  };
  const gradients = grad(objective as never)(
    trainedParams(spec.network.layers, weights) as never,
  ) as unknown as Params[];
  return { loss: loss!, gradients, predicted: predicted!, layerStates };
}

/** What is minimised: Σ over outputs of weight · loss, and what layers and regularisers add. */
export function objectiveOf(
  { network, outputs }: Pick<StepSpec, 'network' | 'outputs'>,
  weights: readonly LayerWeights[],
  batch: BatchTensors,
  ctx: RunContext,
  onCall?: (result: ManyResult, call: number) => void,
): Predicted & { readonly total: Tensor; readonly state: readonly Params[] } {
  const { ys, masks, state, penalty: extra } = forward(network, weights, batch.xs, ctx, onCall);
  const losses = outputs.map((output, k) => outputLoss(output, batch.ys[k]!, ys[k]!, masks[k]!, batch.weights[k]!));
  const params = trainedParams(network.layers, weights);
  return { ys, masks, losses, state, total: totalOf(outputs, losses, [penalty(network.layers, params), extra]) };
}

function totalOf(
  outputs: readonly CompiledOutput[],
  losses: readonly (Tensor | null)[],
  extras: readonly (Tensor | null)[],
): Tensor {
  const weighted = losses.map((loss, k) => {
    const { lossWeight } = outputs[k]!;
    return loss === null || lossWeight === 1 ? loss : mul(loss, lossWeight);
  });
  return [...weighted, ...extras].filter((t) => t !== null).reduce((a, b) => add(a, b));
}

/** The parameters that are trained, layer by layer. */
export function trainedParams(layers: readonly AnyLayer[], weights: readonly LayerWeights[]): Params[] {
  return weights.map(({ params }, i) => {
    const { trainable, isFrozen } = layers[i]!;
    if (!trainable) return {};
    if (isFrozen === undefined) return params;
    return Object.fromEntries(Object.entries(params).filter(([name]) => !isFrozen(name)));
  });
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
const constantParams = (state: Params): Params =>
  Object.fromEntries(Object.entries(state).map(([k, t]) => [k, stopGradient(t)]));

const constants = ({ ys, masks, losses }: Predicted): Predicted => ({
  ys: ys.map((t) => stopGradient(t)),
  masks: masks.map((t) => (t === null ? null : stopGradient(t))),
  losses: losses.map((t) => (t === null ? null : stopGradient(t))),
});

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
