/**
 * Inference alone: loads a model file and predicts. No gradients, no training code.
 *
 * @module
 */

import { defaultBackend } from '../backends/default';
import { compile } from '../compile/compile';
import type { Backend } from '../core/backend';
import type { TypedArray } from '../core/dtype';
import { ConfigError, ShapeError } from '../core/errors';
import { currentFrame } from '../core/lifetime';
import { scope } from '../core/scope';
import { formatShape, type Shape, sameShape, sizeOf } from '../core/shape';
import { Tensor } from '../core/tensor';
import { type ByteSource, readBytes } from '../data/files';
import type { HostTensor } from '../data/safetensors';
import type { LayerWeights, Params } from '../nn/layer';
import { layerFromConfig } from '../nn/layers/registry';
import { Predictor } from '../nn/predictor';
import { decodeModel } from '../nn/serialize';
import type { StoredModel } from '../nn/topology';
import { tensor } from '../ops/create';

export type { ByteSource } from '../data/files';

export interface LoadOptions {
  /** Where to run; default: WASM where SIMD is available. */
  readonly backend?: Backend | undefined;
}

/** A model that can only predict. */
export interface RuntimeModel {
  /** Shape of one input, without the batch axis. */
  readonly inputShape: Shape;
  /** Shape of one output, without the batch axis. */
  readonly outputShape: Shape;
  /**
   * The outputs for a batch of inputs. From the second call with a batch size on, a plan made for it is run: see `compile`.
   *
   * @param x - a tensor `[batch, ...inputShape]`, or a typed array with the values of one or more inputs.
   * @returns a tensor `[batch, ...outputShape]`.
   * @throws ShapeError when `x` does not fit.
   */
  predict(x: Tensor | TypedArray): Tensor;
  /** Frees the weights, and the plans made for them. */
  dispose(): void;
}

/**
 * Loads a model file for inference: what an app ships. Float, pruned and int8 models alike, without training code.
 *
 * @param source - bytes, a `Blob`, a URL, or in Node a path.
 * @throws FormatError when the file is truncated, damaged, or no model file.
 *
 * @example
 * ```ts
 * import { dense, sequential } from 'kompakt/nn';
 * import { load } from 'kompakt/runtime';
 * const model = sequential([dense({ units: 2, kernelInitializer: 'ones' })], { inputShape: [3] });
 * const bytes = await model.toBytes();
 *
 * const runtime = await load(bytes);
 * console.log(runtime.predict(new Float32Array([1, 2, 3])).toArraySync()); // → [ [ 6, 6 ] ]
 * ```
 */
export async function load(source: ByteSource, options: LoadOptions = {}): Promise<RuntimeModel> {
  const stored = decodeModel(await readBytes(source, 'load'));
  const layers = stored.layers.map((l) => layerFromConfig(l.kind, l.config, l.givenName));
  const weights = uploaded(stored, options.backend ?? defaultBackend());
  const { inputShape } = stored;
  const predictor = new Predictor(layers, compile);
  // Plans end with the scope that the weights end with.
  currentFrame()?.add(predictor);
  const outputShape = layers.reduce<Shape>((shape, layer) => layer.outputShape(shape), inputShape);
  return {
    inputShape,
    outputShape,
    predict: (x) => scope(() => predictor.run(weights, asBatch(x, inputShape, options.backend))),
    dispose: () => {
      predictor.dispose();
      for (const { params, state } of weights) for (const t of Object.values({ ...params, ...state })) t.dispose();
    },
  };
}

function uploaded({ layers }: StoredModel, backend: Backend): LayerWeights[] {
  const move = (tensors: { readonly [name: string]: HostTensor }): Params =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, t]) => [name, Tensor.from(backend, t.data, t.dtype, t.shape)]),
    );
  return layers.map(({ params, state }) => ({ params: move(params), state: move(state) }));
}

function asBatch(x: Tensor | TypedArray, inputShape: Shape, backend: Backend | undefined): Tensor {
  if (!(x instanceof Tensor)) {
    if (typeof (x as { length?: unknown } | null)?.length !== 'number') {
      throw new ConfigError(`predict: expected a tensor or a typed array, got ${x === null ? 'null' : typeof x}.`);
    }
    const size = sizeOf(inputShape);
    if (x.length === 0 || x.length % size !== 0) {
      throw new ShapeError(
        `predict: ${x.length} values are no whole number of inputs of shape ${formatShape(inputShape)}, ${size} values each.`,
      );
    }
    return tensor(x, { shape: [x.length / size, ...inputShape], dtype: 'float32', backend });
  }
  if (!sameShape(x.shape.slice(1), inputShape)) {
    throw new ShapeError(`predict: expected [batch, ${inputShape.join(', ')}], got ${formatShape(x.shape)}.`);
  }
  return x;
}
