import { defaultBackend } from '../backends/default';
import type { Backend } from '../core/backend';
import type { DType } from '../core/dtype';
import { FormatError, KompaktError } from '../core/errors';
import { Rng } from '../core/rng';
import { scope } from '../core/scope';
import { formatShape, type Shape, sameShape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { type ByteSource, readBytes } from '../data/files';
import type { HostTensor } from '../data/safetensors';
import { Model } from './graph/model';
import { firstInputs, shapesThrough } from './graph/network';
import { graphFromConfig } from './graph/network-config';
import type { ModelParts } from './graph/parts';
import type { AnyLayer, Params } from './layer';
import { type CustomLayers, layerFromConfig } from './layers/registry';
import type { CompileOptions } from './options';
import { Sequential } from './sequential';
import { decodeModel } from './serialize';
import type { StoredLayer, StoredModel } from './topology';

export interface LoadOptions {
  /** Where the model's weights go; default: the default backend. */
  readonly backend?: Backend | undefined;
  /** Layers that kompakt doesn't know, by kind: what makes one from its config, the name among the options. */
  readonly customLayers?: CustomLayers | undefined;
}

/** A sequence of layers or a graph of them, whatever it predicts. */
export type AnyModel = Sequential | Model | Model<Tensor[]> | Model<{ readonly [output: string]: Tensor }>;

/**
 * Reads a model's file.
 *
 * @param source - a path, a URL (fetched), the bytes, or a `Blob`.
 * @returns a model that predicts exactly what the saved one did, compiled if that was, and no function was among its
 * compile options: a `Sequential`, or a `Model` where the file is of one, as `loadModel<Model>(…)` tells the compiler.
 * @throws FormatError for anything but a whole, undamaged model file; nothing is loaded in part.
 *
 * @example
 * ```ts
 * import { dense, loadModel, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 2 })], { inputShape: [3], seed: 1 });
 * const loaded = await loadModel(await model.toBytes());
 * console.log(String(loaded.predict([[1, 2, 3]])) === String(model.predict([[1, 2, 3]]))); // → true
 * ```
 */
export async function loadModel(source: ByteSource, options?: LoadOptions): Promise<Sequential>;
export async function loadModel<M extends AnyModel>(source: ByteSource, options?: LoadOptions): Promise<M>;
export async function loadModel(source: ByteSource, options: LoadOptions = {}): Promise<AnyModel> {
  const stored = decodeModel(await readBytes(source, 'loadModel'));
  return scope(() => restore(stored, options.backend ?? defaultBackend(), options.customLayers));
}

function restore(stored: StoredModel, backend: Backend, custom: CustomLayers = {}): Sequential | Model {
  try {
    const layers = stored.layers.map(({ kind, config, givenName }) =>
      layerFromConfig(kind, config as never, givenName, custom),
    );
    const names = stored.layers.map((s) => s.name);
    const network = graphFromConfig(stored.graph, layers, names);
    const shapes = shapesThrough(
      network,
      network.inputs.map((input) => input.shape!),
    );
    stored.layers.forEach((s, i) => {
      const inputs = firstInputs(network, i).map((v) => shapes[v]!);
      checkWeights(s, layers[i]!, inputs, backend);
    });
    const onBackend = (t: HostTensor): Tensor => Tensor.from(backend, t.data, t.dtype, t.shape);
    const all = (ts: { readonly [name: string]: HostTensor }): Params =>
      Object.fromEntries(Object.entries(ts).map(([k, t]) => [k, onBackend(t)]));
    const parts: ModelParts = {
      name: stored.name,
      weights: stored.layers.map(({ params, state }) => ({ params: all(params), state: all(state) })),
      masks: new Map([...stored.masks].map(([path, mask]) => [path, onBackend(mask)])),
      compileOptions: stored.compile as CompileOptions | null,
      seed: stored.seed ?? undefined,
      backend,
    };
    if (stored.type === 'model') return Model.from({ ...parts, network, outputForm: stored.outputForm });
    return Sequential.from({ ...parts, layers, names, inputShape: shapes[0]! });
  } catch (error) {
    if (error instanceof FormatError) throw error;
    if (!(error instanceof KompaktError) && !(error instanceof RangeError)) throw error;
    throw new FormatError(`loadModel: the file describes a model that can't be built here. ${error.message}`, {
      cause: error,
    });
  }
}

/** Throws unless a layer of that kind, for that input, has just these weights. */
function checkWeights(stored: StoredLayer, layer: AnyLayer, inputs: readonly Shape[], backend: Backend): void {
  const expected = expectedWeights(layer, inputs, backend);
  for (const part of ['params', 'state'] as const) {
    const names = Object.keys(expected[part]);
    const found = Object.keys(stored[part]);
    if (names.join() !== found.join()) {
      throw new FormatError(
        `loadModel: layer '${stored.name}' (${stored.kind}) should have weights [${names.join(', ')}], the file has [${found.join(', ')}].`,
      );
    }
    for (const name of names) {
      const [a, b] = [expected[part][name]!, stored[part][name]!];
      if (!sameShape(a.shape, b.shape) || a.dtype !== b.dtype) {
        throw new FormatError(
          `loadModel: '${stored.name}/${name}' should be ${a.dtype} ${formatShape(a.shape)}, the file has ${b.dtype} ${formatShape(b.shape)}.`,
        );
      }
    }
  }
}

type Expected = { readonly [name: string]: { readonly shape: Shape; readonly dtype: DType } };

/** The weights that a layer has: by what it says of them or, where it does not, by making some. */
function expectedWeights(
  layer: AnyLayer,
  inputs: readonly Shape[],
  backend: Backend,
): { readonly params: Expected; readonly state: Expected } {
  if (layer.weightShapes !== undefined && layer.kind !== 'model') {
    const { params, state } = layer.weightShapes(inputs);
    const asFloats = (shapes: { readonly [name: string]: Shape }): Expected =>
      Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: 'float32' as const }]));
    return { params: asFloats(params), state: asFloats(state) };
  }
  return scope(() => {
    const rng = new Rng(0);
    const made = layer.many?.init(inputs, rng, backend) ?? layer.init(inputs[0]!, rng, backend);
    const described = (ts: Params): Expected =>
      Object.fromEntries(Object.entries(ts).map(([name, { shape, dtype }]) => [name, { shape, dtype }]));
    return { params: described(made.params), state: described(made.state) };
  });
}
