import { defaultBackend } from '../backends/default';
import { scope } from '../core/scope';
import { readWeights } from '../io/keras/fill';
import { readNetworkWeights } from '../io/keras/load-weights';
import { readShape } from '../nn/graph/input-shapes';
import { Model } from '../nn/graph/model';
import type { Network } from '../nn/graph/network';
import { traceNetwork } from '../nn/graph/trace';
import type { Layer, LayerWeights, SymbolicTensor } from '../nn/layer';
import { Sequential } from '../nn/sequential';
import type { ApplicationOptions } from './options';

/** Weights for all layers of a network from a file of Keras's. */
function fileWeights<T>(
  network: Network,
  options: ApplicationOptions,
  what: string,
  use: (weights: readonly LayerWeights[]) => T,
): Promise<T> {
  const backend = options.backend ?? defaultBackend();
  return readNetworkWeights(network, options.weights!, options, what, (filled) =>
    scope(() =>
      use(
        network.layers.map((_, i) => {
          const own = filled.get(i);
          return own === undefined ? { params: {}, state: {} } : readWeights(own, backend);
        }),
      ),
    ),
  );
}

const placeOf = ({ seed, backend }: ApplicationOptions) => ({ seed, backend });

/** The model of layers in a row: at once with fresh weights, made when they are first needed, or once its file is read. */
export function finishSequence(
  layers: readonly Layer[],
  inputShape: readonly (number | null)[],
  options: ApplicationOptions,
  what: string,
): Sequential | Promise<Sequential> {
  const model = new Sequential(layers, { inputShape, ...placeOf(options) });
  if ((options.weights ?? null) === null) return model;
  const { network } = model;
  return fileWeights(network, options, what, (weights) =>
    Sequential.from({
      layers,
      names: network.names,
      inputShape: readShape(inputShape, what),
      weights,
      ...placeOf(options),
    }),
  );
}

/** The model of a graph: at once with fresh weights, or once its file is read. */
export function finishGraph(
  input: SymbolicTensor,
  output: SymbolicTensor,
  options: ApplicationOptions,
  what: string,
): Model | Promise<Model> {
  const network = traceNetwork({ values: [input], names: null }, { values: [output], names: null });
  if ((options.weights ?? null) === null) return new Model(network, placeOf(options), 'one');
  return fileWeights(network, options, what, (weights) =>
    Model.from({ network, weights, outputForm: 'one', ...placeOf(options) }),
  );
}
