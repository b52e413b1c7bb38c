import type { Rng } from '../core/rng';
import type { Tensor } from '../core/tensor';
import { add } from '../ops/index';
import { callAsMany } from './call-layer';
import type { Network } from './graph/network';
import type { AnyLayer, LayerWeights, ManyInputs, ManyResult, Mask, Params } from './layer';
import { regularize } from './regularizers';

/** How a whole network is run. */
export interface RunContext {
  readonly training: boolean;
  readonly rng: Rng | null;
  /** False where all layers are frozen. */
  readonly trainable?: boolean | undefined;
}

/** What a network makes of its inputs. */
export interface NetworkResult {
  readonly ys: readonly Tensor[];
  /** Of each output. */
  readonly masks: readonly Mask[];
  /** The state of each layer after the run. */
  readonly state: Params[];
  /** What layers add to the loss; null where none does. */
  readonly penalty: Tensor | null;
}

/**
 * Runs a network.
 *
 * @param onCall - told what every call makes, as soon as it is made.
 */
export function forward(
  network: Network,
  weights: readonly LayerWeights[],
  inputs: readonly Tensor[] | ManyInputs,
  ctx: RunContext,
  onCall?: (result: ManyResult, call: number) => void,
): NetworkResult {
  const { xs, masks: given } = 'xs' in inputs ? inputs : { xs: inputs, masks: inputs.map(() => null) };
  const values = [...xs];
  const masks: Mask[] = [...given];
  const state = weights.map((w) => w.state);
  let extra: Tensor | null = null;
  network.calls.forEach(({ layer: at, inputs: from }, i) => {
    const own = { xs: from.map((v) => values[v]!), masks: from.map((v) => masks[v]!) };
    const result = callLayer(network.layers[at]!, weights[at]!.params, state[at]!, own, ctx);
    values.push(...result.ys);
    masks.push(...result.ys.map((_, k) => result.masks?.[k] ?? null));
    state[at] = result.state;
    if (result.penalty !== undefined) extra = plus(extra, result.penalty);
    onCall?.(result, i);
  });
  return {
    ys: network.outputs.map(({ value }) => values[value]!),
    masks: network.outputs.map(({ value }) => masks[value]!),
    state,
    penalty: extra,
  };
}

/** One call of a layer, in the general form. */
export function callLayer(
  layer: AnyLayer,
  params: Params,
  state: Params,
  inputs: ManyInputs,
  { training, rng, trainable = true }: RunContext,
): ManyResult {
  return callAsMany(layer, params, state, inputs, { training, rng, trainable: trainable && layer.trainable });
}

/** The sum of what the regularisers say of their weights, or null when there are none. */
export function penalty(layers: readonly AnyLayer[], params: readonly Params[]): Tensor | null {
  let total: Tensor | null = null;
  layers.forEach((layer, i) => {
    for (const [name, regularizer] of Object.entries(layer.regularizers ?? {})) {
      const w = params[i]![name];
      const term = w === undefined ? null : regularize(regularizer, w);
      if (term !== null) total = plus(total, term);
    }
  });
  return total;
}

const plus = (a: Tensor | null, b: Tensor): Tensor => (a === null ? b : add(a, b));
