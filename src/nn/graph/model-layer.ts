import type { Backend } from '../../core/backend';
import { ConfigError, ShapeError } from '../../core/errors';
import type { Rng } from '../../core/rng';
import type { Shape } from '../../core/shape';
import { carriedOf } from '../carried';
import { forward } from '../forward';
import type { AnyLayer, Layer, LayerWeights, ManyForm, WeightShapes } from '../layer';
import { ownCopies } from '../variables';
import { weightShapesOf } from '../weight-shapes';
import { checkInputs } from './input-shapes';
import { firstInputs, initWeights, type Network, shapesThrough } from './network';
import { describeNetwork, type NetworkConfig, networkFromConfig } from './network-config';
import { applySelf } from './symbolic';

/** A model's options as a layer: its topology. */
export interface ModelLayerConfig extends NetworkConfig {
  readonly trainable: boolean;
  /** What messages call it: `model` or `sequential`. */
  readonly type: string;
}

/** A layer that runs a network. */
export interface ModelLayer extends Layer<ModelLayerConfig> {
  readonly network: Network;
}

/** Whether a layer is a model. */
export const isModelLayer = (layer: AnyLayer): layer is ModelLayer => layer.kind === 'model' && 'network' in layer;

/**
 * A layer that runs a network. Its parameters are those of the network's layers, as `layer/weight`.
 *
 * @param startingWeights - those that fresh weights are copies of; null to draw new ones.
 */
export function modelLayer(
  type: string,
  network: Network,
  name: string | null,
  startingWeights: () => readonly LayerWeights[] | null,
  trainable = true,
): ModelLayer {
  const many: ManyForm = {
    outputShapes: (inputs) => outputShapes(type, network, inputs),
    init(inputs, rng, backend) {
      const own = startingWeights() ?? freshWeights(type, network, inputs, rng, backend);
      return joined(network, backend === undefined ? own : ownCopies(own, backend));
    },
    call(params, state, inputs, ctx) {
      const weights = divided(network, { params, state });
      const { ys, masks, state: next, penalty } = forward(network, weights, inputs, ctx);
      const isSame = next.every((s, i) => s === weights[i]!.state);
      return {
        ys,
        masks,
        state: isSame ? state : flat(network, next),
        ...(penalty !== null && { penalty }),
      };
    },
    multiplyAdds: (inputs) => multiplyAdds(network, shapesThrough(network, inputs)),
  };
  const several = network.inputs.length > 1 || network.outputs.length > 1;
  return {
    kind: 'model',
    name,
    config: { trainable, type, ...describeNetwork(network) },
    trainable: trainable && network.layers.some((layer) => layer.trainable),
    isFrozen: (param) => isFrozen(network, param),
    outputShape: (input) => many.outputShapes([input])[0]!,
    init: (input, rng, backend) => many.init([input], rng, backend),
    weightShapes: (inputs) => weightShapes(network, shapesThrough(network, checked(type, network, inputs))),
    call(params, state, x, ctx) {
      const { ys, masks, ...rest } = many.call(params, state, { xs: [x], masks: [ctx.mask ?? null] }, ctx);
      return { ...rest, y: ys[0]!, mask: masks?.[0] ?? null };
    },
    multiplyAdds: (input) => many.multiplyAdds([input]),
    regularizers: merged(network, 'regularizers'),
    constraints: merged(network, 'constraints'),
    ...carriedOf(Object.fromEntries(network.layers.map((layer, i) => [network.names[i]!, layer]))),
    ...(several && { many }),
    network,
    apply: applySelf,
  };
}

function checked(type: string, network: Network, inputs: readonly Shape[]): readonly Shape[] {
  if (inputs.length !== network.inputs.length) {
    const names = network.inputs.map((i) => i.name).join(', ');
    throw new ShapeError(`${type}: takes ${network.inputs.length} inputs, ${names}; got ${inputs.length}.`);
  }
  checkInputs(type, network, null, inputs);
  return inputs;
}

function outputShapes(type: string, network: Network, inputs: readonly Shape[]): Shape[] {
  const shapes = shapesThrough(network, checked(type, network, inputs));
  return network.outputs.map(({ value }) => shapes[value]!);
}

function freshWeights(
  type: string,
  network: Network,
  inputs: readonly Shape[],
  rng: Rng,
  backend: Backend | undefined,
): LayerWeights[] {
  const known = checked(type, network, inputs).map((shape, i) => network.inputs[i]!.shape ?? shape);
  return initWeights(network, shapesThrough(network, known), rng, backend);
}

/** Multiply-adds of all calls for one sample, given the shapes of all values. */
export function multiplyAdds({ layers, calls }: Network, shapes: readonly Shape[]): number {
  return calls.reduce((total, { layer: at, inputs }) => {
    const own = inputs.map((v) => shapes[v]!);
    const layer = layers[at]!;
    return total + (layer.many === undefined ? layer.multiplyAdds(own[0]!) : layer.many.multiplyAdds(own));
  }, 0);
}

function weightShapes(network: Network, shapes: readonly Shape[]): WeightShapes {
  const own = network.layers.map((layer, i) => {
    const inputs = firstInputs(network, i).map((v) => shapes[v]!);
    return weightShapesOf(layer, inputs);
  });
  const joinedShapes = (part: 'params' | 'state') =>
    flat(
      network,
      own.map((w) => w[part]),
    );
  return { params: joinedShapes('params'), state: joinedShapes('state') };
}

/** Tensors of each layer as one record, by `layer/weight`. */
function flat<T>({ names }: Network, own: readonly { readonly [name: string]: T }[]): { readonly [path: string]: T } {
  return Object.fromEntries(
    own.flatMap((ts, i) => Object.entries(ts).map(([name, t]) => [`${names[i]}/${name}`, t] as const)),
  );
}

const joined = (network: Network, weights: readonly LayerWeights[]): LayerWeights => ({
  params: flat(
    network,
    weights.map((w) => w.params),
  ),
  state: flat(
    network,
    weights.map((w) => w.state),
  ),
});

/** The weights of each layer, from one record of them all. */
export function divided({ names }: Network, { params, state }: LayerWeights): LayerWeights[] {
  const position = new Map(names.map((name, i) => [name, i]));
  const own = names.map(() => ({ params: {} as Record<string, never>, state: {} as Record<string, never> }));
  for (const part of ['params', 'state'] as const) {
    for (const [path, t] of Object.entries(part === 'params' ? params : state)) {
      const slash = path.indexOf('/');
      own[position.get(path.slice(0, slash))!]![part][path.slice(slash + 1)] = t as never;
    }
  }
  return own;
}

/** Whether the layer that a parameter belongs to is frozen. */
function isFrozen({ layers, names }: Network, path: string): boolean {
  const slash = path.indexOf('/');
  const layer = layers[names.indexOf(path.slice(0, slash))]!;
  return !layer.trainable || layer.isFrozen?.(path.slice(slash + 1)) === true;
}

function merged<K extends 'regularizers' | 'constraints'>({ layers, names }: Network, what: K): NonNullable<Layer[K]> {
  return Object.fromEntries(
    layers.flatMap((layer, i) => Object.entries(layer[what] ?? {}).map(([name, own]) => [`${names[i]}/${name}`, own])),
  ) as NonNullable<Layer[K]>;
}

/**
 * The layer that a config describes; its weights are drawn anew.
 *
 * @param build - makes a layer of a kind, config and name.
 */
export function modelFromConfig(
  config: ModelLayerConfig,
  name: string | null,
  build: (kind: string, config: object, name: string | null) => AnyLayer,
): ModelLayer {
  const { trainable, type } = config;
  if (typeof trainable !== 'boolean' || typeof type !== 'string')
    throw new ConfigError('model: the config must say its type, and whether it is trainable.');
  return modelLayer(type, networkFromConfig(config, build), name, () => null, trainable);
}
