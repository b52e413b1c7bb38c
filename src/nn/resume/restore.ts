import { ConfigError } from '../../core/errors';
import { sameShape } from '../../core/shape';
import { Tensor } from '../../core/tensor';
import type { HostTensor } from '../../data/safetensors';
import type { LayerWeights, Params } from '../layer';
import { scaledState } from '../precision';
import { decodeModel } from '../serialize';
import { trainedParams } from '../train-step';
import type { Trainee } from '../trainee';
import { decodeSnapshot, type Snapshot } from './snapshot';

/**
 * Gives a model the weights and the optimiser state of a snapshot.
 *
 * @returns the rest of the snapshot; the tensors of callbacks are the callbacks'.
 * @throws ConfigError when it is of another model.
 */
export function restoreTrainee(trainee: Trainee, bytes: Uint8Array): Pick<Snapshot, 'run' | 'callbacks'> {
  const { variables, network, backend } = trainee;
  const { run, callbacks, weights, masks, optimizerState } = variables.keep(() => {
    const { model, ...rest } = decodeSnapshot(bytes, backend);
    const stored = decodeModel(model);
    const names = stored.layers.map((l) => l.name);
    if (names.join() !== network.names.join()) {
      throw new ConfigError(
        `backup: the snapshot is of another model: its layers are ${names.join(', ')}, and this model's ${network.names.join(', ')}. Give another folder, or delete the snapshot.`,
      );
    }
    trainee.build(...stored.graph.inputs.map(({ shape }) => (shape ?? []) as number[]));
    const onBackend = (t: HostTensor): Tensor => Tensor.from(backend, t.data, t.dtype, t.shape);
    const params = trainedParams(network.layers, variables.weights);
    return {
      ...rest,
      optimizerState: rest.optimizerState === null ? null : scaledState(rest.optimizerState, trainee.compiled, params),
      weights: stored.layers.map((layer, i) => fitted(layer, variables.weights[i]!, onBackend)),
      masks: new Map([...stored.masks].map(([path, mask]) => [path, onBackend(mask)])),
    };
  });
  variables.replace({ weights, masks, optimizerState });
  return { run, callbacks };
}

function fitted(
  layer: { readonly name: string; readonly params: Hosts; readonly state: Hosts },
  own: LayerWeights,
  onBackend: (t: HostTensor) => Tensor,
): LayerWeights {
  const part = (stored: Hosts, model: Params): Params =>
    Object.fromEntries(
      Object.entries(model).map(([name, t]) => {
        const found = stored[name];
        if (found === undefined || !sameShape(found.shape, t.shape)) {
          throw new ConfigError(
            `backup: the snapshot is of another model: '${layer.name}/${name}' has shape [${found?.shape.join(', ') ?? 'none'}] there, and [${t.shape.join(', ')}] here.`,
          );
        }
        return [name, onBackend(found)];
      }),
    );
  return { params: part(layer.params, own.params), state: part(layer.state, own.state) };
}

type Hosts = { readonly [name: string]: HostTensor };
