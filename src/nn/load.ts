import { defaultBackend } from '../backends/default';
import type { Backend } from '../core/backend';
import { FormatError, KompaktError } from '../core/errors';
import { Rng } from '../core/rng';
import { scope } from '../core/scope';
import { formatShape, type Shape, sameShape } from '../core/shape';
import { Tensor } from '../core/tensor';
import { type ByteSource, readBytes } from '../data/files';
import type { HostTensor } from '../data/safetensors';
import { shapesThrough } from './forward';
import type { Layer, Params } from './layer';
import { layerFromConfig } from './layers/registry';
import type { CompileOptions } from './options';
import { Sequential } from './sequential';
import { decodeModel } from './serialize';
import type { StoredLayer, StoredModel } from './topology';

export interface LoadOptions {
  /** Where the model's weights go; default: the default backend. */
  readonly backend?: Backend | undefined;
}

/**
 * Reads a model's file.
 *
 * @param source - a path, a URL (fetched), the bytes, or a `Blob`.
 * @returns a model that predicts exactly what the saved one did, compiled if that was, and no function was among its
 * compile options.
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
export async function loadModel(source: ByteSource, options: LoadOptions = {}): Promise<Sequential> {
  const stored = decodeModel(await readBytes(source, 'loadModel'));
  return scope(() => restore(stored, options.backend ?? defaultBackend()));
}

function restore(stored: StoredModel, backend: Backend): Sequential {
  try {
    const layers = stored.layers.map(({ kind, config, givenName }) =>
      layerFromConfig(kind, config as never, givenName),
    );
    const shapes = shapesThrough(layers, stored.inputShape);
    stored.layers.forEach((s, i) => checkWeights(s, layers[i]!, shapes[i]!, backend));
    const onBackend = (t: HostTensor): Tensor => Tensor.from(backend, t.data, t.dtype, t.shape);
    const all = (ts: { readonly [name: string]: HostTensor }): Params =>
      Object.fromEntries(Object.entries(ts).map(([k, t]) => [k, onBackend(t)]));
    return Sequential.from({
      layers,
      names: stored.layers.map((s) => s.name),
      inputShape: stored.inputShape,
      weights: stored.layers.map(({ params, state }) => ({ params: all(params), state: all(state) })),
      masks: new Map([...stored.masks].map(([path, mask]) => [path, onBackend(mask)])),
      compileOptions: stored.compile as CompileOptions | null,
      seed: stored.seed ?? undefined,
      backend,
    });
  } catch (error) {
    if (error instanceof FormatError || !(error instanceof KompaktError)) throw error;
    throw new FormatError(`loadModel: the file describes a model that can't be built here. ${error.message}`, {
      cause: error,
    });
  }
}

/** Throws unless a layer of that kind, for that input, has just these weights. */
function checkWeights(stored: StoredLayer, layer: Layer, input: Shape, backend: Backend): void {
  scope(() => {
    const expected = layer.init(input, new Rng(0), backend);
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
  });
}
