import { ConfigError } from '../../core/errors';
import type { AnyLayer } from '../layer';
import { isModelLayer, modelLayer } from './model-layer';
import type { Network } from './network';
import type { NetworkModel } from './network-model';

/**
 * Which layers are trained: all or none; those by name, where layers of a nested model go by `model/layer` and what is not
 * named stays as it is; or what a function of the name, the layer and its position says, undefined leaving it.
 */
export type TrainableSpec =
  | boolean
  | { readonly [layer: string]: boolean }
  | ((name: string, layer: AnyLayer, index: number) => boolean | undefined);

/**
 * A copy of a model in which other layers are frozen, or trained again: for fine-tuning, and for putting a model that stays
 * as it is under a new head. Frozen batch norms run as at inference, as in Keras.
 *
 * The copy has the weights as they are, and is compiled as the model was, with a fresh optimiser.
 *
 * @param model - a model with weights; it stays as it is.
 * @param which - true or false for all layers; a record by name, where a layer of a nested model is `model/layer`; or a
 * function `(name, layer, index)` that returns true, false, or undefined to leave the layer.
 * @throws ConfigError for a name that no layer has.
 *
 * @example
 * ```ts
 * import { dense, sequential, withTrainable } from 'kompakt/nn';
 * const base = sequential([dense({ units: 8, name: 'features' }), dense({ units: 3, name: 'head' })], { inputShape: [4] });
 * const tuned = withTrainable(base, { features: false });
 * console.log(tuned.weights.map((w) => w.trainable)); // → [ false, false, true, true ]
 * ```
 */
export function withTrainable<M extends NetworkModel<unknown>>(model: M, which: TrainableSpec): M {
  const decide = rule(which);
  const left = typeof which === 'object' && which !== null ? new Set(Object.keys(which)) : new Set<string>();
  const layers = changed(model.network, '', (name, layer, index) => {
    left.delete(name);
    return decide(name, layer, index);
  });
  if (left.size > 0) {
    throw new ConfigError(
      `withTrainable: there is no layer '${[...left].join("', '")}'. There are ${model.layerNames.join(', ')}.`,
    );
  }
  return model.rebuilt({ layers });
}

type Decide = (name: string, layer: AnyLayer, index: number) => boolean | undefined;

function rule(which: TrainableSpec): Decide {
  if (typeof which === 'boolean') return () => which;
  if (typeof which === 'function') return which;
  if (typeof which !== 'object' || which === null || !Object.values(which).every((x) => typeof x === 'boolean')) {
    throw new ConfigError(
      'withTrainable: give true, false, a record such as { dense: false }, or a function of the name.',
    );
  }
  return (name) => (Object.hasOwn(which, name) ? which[name] : undefined);
}

function changed({ layers, names }: Network, prefix: string, decide: Decide): AnyLayer[] {
  return layers.map((layer, i) => {
    const name = `${prefix}${names[i]}`;
    const own = decide(name, layer, i);
    if (!isModelLayer(layer)) return own === undefined || own === layer.trainable ? layer : marked(layer, own);
    // What is said of a model holds for all in it, unless more is said of a layer there.
    const { network, config } = layer;
    const inner = changed(network, `${name}/`, (path, l, index) => decide(path, l, index) ?? own);
    return modelLayer(config.type, { ...network, layers: inner }, layer.name, () => null, own ?? config.trainable);
  });
}

/** The same layer, with another say on whether its weights are trained; layers ask the context of a call for it. */
const marked = (layer: AnyLayer, trainable: boolean): AnyLayer => ({
  ...layer,
  trainable,
  config: { ...layer.config, trainable },
});
