import { Rng } from '../core/rng';
import { scope } from '../core/scope';
import type { Shape } from '../core/shape';
import { firstInputs, type Network, shapesThrough } from './graph/network';
import type { AnyLayer, Params, WeightShapes } from './layer';

/**
 * The shapes of the weights of a layer for inputs of those shapes. Layers that can't say are asked to make weights, which
 * are thrown away.
 */
export function weightShapesOf(layer: AnyLayer, inputs: readonly Shape[]): WeightShapes {
  if (layer.weightShapes !== undefined) return layer.weightShapes(inputs);
  const shapes = (params: Params) => Object.fromEntries(Object.entries(params).map(([name, t]) => [name, t.shape]));
  let found: WeightShapes | undefined;
  scope(() => {
    const rng = new Rng(0);
    const { params, state } = layer.many === undefined ? layer.init(inputs[0]!, rng) : layer.many.init(inputs, rng);
    found = { params: shapes(params), state: shapes(state) };
  });
  return found!;
}

/** The shapes of the weights of all layers of a network, for inputs of those shapes. */
export function networkWeightShapes(network: Network, inputs: readonly Shape[]): WeightShapes[] {
  const values = shapesThrough(network, inputs);
  return network.layers.map((layer, i) =>
    weightShapesOf(
      layer,
      firstInputs(network, i).map((v) => values[v]!),
    ),
  );
}
