import type { DType } from '../core/dtype';
import type { Seed } from '../core/rng';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { HostTensor } from '../data/safetensors';
import { storeCompile } from './compiled';
import type { Layer, LayerWeights, Params } from './layer';
import type { CompileOptions } from './options';
import { encodeModel } from './serialize';

interface Parts {
  readonly layers: readonly Layer[];
  readonly layerNames: readonly string[];
  readonly layerWeights: readonly LayerWeights[];
  readonly inputShape: Shape | null;
  readonly masks: ReadonlyMap<string, Tensor>;
  readonly compileOptions: CompileOptions | null;
  readonly seed: Seed;
}

/** The bytes of a model's file. */
export async function encodeParts(model: Parts): Promise<Uint8Array> {
  const masks = new Map<string, HostTensor>();
  for (const [path, mask] of model.masks) masks.set(path, await read(mask));
  const layers = await Promise.all(
    model.layers.map(async ({ kind, name, config }, i) => {
      const { params, state } = model.layerWeights[i]!;
      return {
        name: model.layerNames[i]!,
        kind,
        givenName: name,
        config,
        params: await readAll(params),
        state: await readAll(state),
      };
    }),
  );
  const { compileOptions, seed } = model;
  return encodeModel({
    inputShape: model.inputShape!,
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
