import type { DType } from '../core/dtype';
import { ConfigError } from '../core/errors';
import type { Seed } from '../core/rng';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { HostTensor } from '../data/safetensors';
import { storeCompile } from './compiled';
import type { Network } from './graph/network';
import { describeGraph } from './graph/network-config';
import type { LayerWeights, Params } from './layer';
import { isPlainData } from './optimizer';
import type { CompileOptions } from './options';
import { encodeModel } from './serialize';
import type { OutputForm } from './topology';

interface Parts {
  readonly kind: string;
  readonly name: string | null;
  readonly network: Network;
  readonly layerWeights: readonly LayerWeights[];
  readonly masks: ReadonlyMap<string, Tensor>;
  readonly compileOptions: CompileOptions | null;
  readonly seed: Seed;
}

/** Throws where a layer's config holds what a file can't. */
function checkLayers({ layers, names }: Network): void {
  layers.forEach(({ kind, config }, i) => {
    if (!isPlainData(config)) {
      throw new ConfigError(
        `save: the config of layer '${names[i]}' (${kind}) holds a function, or another value that a file can't. Write a layer of your own instead, and hand its factory to loadModel: { customLayers: { kind: factory } }.`,
      );
    }
  });
}

/** The bytes of a model's file, for inputs of those shapes. */
export async function encodeParts(model: Parts, inputs: readonly Shape[], outputForm: OutputForm): Promise<Uint8Array> {
  const { compileOptions, seed, network } = model;
  checkLayers(network);
  const masks = new Map<string, HostTensor>();
  for (const [path, mask] of model.masks) masks.set(path, await read(mask));
  const layers = await Promise.all(
    network.layers.map(async ({ kind, name, config }, i) => {
      const { params, state } = model.layerWeights[i]!;
      return {
        name: network.names[i]!,
        kind,
        givenName: name,
        config,
        params: await readAll(params),
        state: await readAll(state),
      };
    }),
  );
  const graph = describeGraph({
    ...network,
    inputs: network.inputs.map((input, i) => ({ ...input, shape: inputs[i]! })),
  });
  return encodeModel({
    type: model.kind === 'sequential' ? 'sequential' : 'model',
    name: model.name,
    graph,
    outputForm,
    layers,
    masks,
    compile: storeCompile(compileOptions),
    seed: typeof seed === 'object' ? null : seed,
  });
}

async function read(t: Tensor): Promise<HostTensor> {
  const dtype: DType = t.dtype;
  return { dtype, shape: t.shape, data: await t.data() };
}

async function readAll(params: Params): Promise<Record<string, HostTensor>> {
  const entries = await Promise.all(Object.entries(params).map(async ([name, t]) => [name, await read(t)] as const));
  return Object.fromEntries(entries);
}
