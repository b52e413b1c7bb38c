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
import { formatShape, type Shape, sizeOf } from '../core/shape';
import { Tensor } from '../core/tensor';
import { type ByteSource, readBytes } from '../data/files';
import type { HostTensor } from '../data/safetensors';
import { withoutCarried } from '../nn/carried';
import { fitsShape, type Network, type NetworkInput, shapesThrough } from '../nn/graph/network';
import { graphFromConfig } from '../nn/graph/network-config';
import type { LayerWeights, Params } from '../nn/layer';
import { layerFromConfig } from '../nn/layers/registry';
import { partsOf } from '../nn/per-output';
import { Predictor } from '../nn/predictor';
import { decodeModel } from '../nn/serialize';
import type { StoredModel } from '../nn/topology';
import { Variables } from '../nn/variables';
import { tensor } from '../ops/create';

export type { ByteSource } from '../data/files';

export interface LoadOptions {
  /** Where to run; default: WASM where SIMD is available. */
  readonly backend?: Backend | undefined;
}

/** Inputs of a model: a tensor, or a typed array with the values of one or more samples. */
export type RuntimeInput = Tensor | TypedArray;

/** A model that can only predict. `Y` is what it predicts: a tensor, or for several outputs an array or a record. */
export interface RuntimeModel<Y = Tensor> {
  /** Shape of one sample of the first input, without the batch axis; NaN where any size will do. */
  readonly inputShape: Shape;
  /** Shape of one sample of the first output, without the batch axis. */
  readonly outputShape: Shape;
  /** By name, in order. */
  readonly inputs: readonly { readonly name: string; readonly shape: Shape }[];
  readonly outputs: readonly { readonly name: string; readonly shape: Shape }[];
  /**
   * The outputs for a batch of inputs. From the second call with a batch size on, a plan made for it is run: see `compile`.
   *
   * @param x - a tensor `[batch, ...inputShape]`, or a typed array with the values of one or more inputs; for a model of
   * several inputs an array of those, or a record by name.
   * @returns a tensor `[batch, ...outputShape]`, or several of them as the model was made to.
   * @throws ShapeError when `x` does not fit.
   */
  predict(x: RuntimeInput | readonly RuntimeInput[] | { readonly [input: string]: RuntimeInput }): Y;
  /** Lets stateful layers begin anew, instead of where the last call ended. */
  resetStates(): void;
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
export async function load<Y = Tensor>(source: ByteSource, options: LoadOptions = {}): Promise<RuntimeModel<Y>> {
  const stored = decodeModel(await readBytes(source, 'load'));
  const layers = stored.layers.map((l) => layerFromConfig(l.kind, l.config, l.givenName));
  const network = graphFromConfig(
    stored.graph,
    layers,
    stored.layers.map((l) => l.name),
  );
  const variables = new Variables();
  variables.weights = uploaded(stored, options.backend ?? defaultBackend());
  const isStateful = layers.some(({ carried }) => carried !== undefined);
  const predictor = new Predictor(network, compile);
  // Plans end with the scope that the weights end with.
  currentFrame()?.add(predictor);
  const inputs = network.inputs.map(({ name, shape }) => ({ name, shape: shape! }));
  const shapes = shapesThrough(
    network,
    inputs.map((input) => input.shape),
  );
  const outputs = network.outputs.map(({ name, value }) => ({ name, shape: shapes[value]! }));
  const packed = (ys: readonly Tensor[]): unknown => {
    if (stored.outputForm === 'one') return ys[0];
    return stored.outputForm === 'array' ? [...ys] : Object.fromEntries(outputs.map(({ name }, k) => [name, ys[k]]));
  };
  return {
    inputShape: inputs[0]!.shape,
    outputShape: outputs[0]!.shape,
    inputs,
    outputs,
    predict: (x) =>
      scope(() => {
        const { ys, carried } = predictor.run(variables.weights, batchesOf(x, network, options.backend));
        if (isStateful) variables.carryOn(carried);
        return packed(ys);
      }) as Y,
    resetStates: () => {
      const { weights } = variables;
      if (isStateful) variables.replace({ weights: variables.keep(() => withoutCarried(network, weights, [])) });
    },
    dispose: () => {
      predictor.dispose();
      for (const { params, state } of variables.weights)
        for (const t of Object.values({ ...params, ...state })) t.dispose();
    },
  };
}

/** The batch of each input. */
function batchesOf(x: unknown, { inputs }: Network, backend: Backend | undefined): Tensor[] {
  const names = inputs.map((input) => input.name);
  const batches = partsOf(x, names, 'predict').map((own, i) =>
    asBatch(own as RuntimeInput, inputs[i]!, inputs.length === 1 ? 'predict' : `predict: ${names[i]}`, backend),
  );
  const sizes = batches.map((batch) => batch.shape[0]!);
  if (sizes.some((size) => size !== sizes[0]))
    throw new ShapeError(`predict: the inputs hold ${sizes.join(', ')} samples. Give as many of each.`);
  return batches;
}

function uploaded({ layers }: StoredModel, backend: Backend): LayerWeights[] {
  const move = (tensors: { readonly [name: string]: HostTensor }): Params =>
    Object.fromEntries(
      Object.entries(tensors).map(([name, t]) => [name, Tensor.from(backend, t.data, t.dtype, t.shape)]),
    );
  return layers.map(({ params, state }) => ({ params: move(params), state: move(state) }));
}

function asBatch(x: RuntimeInput, { shape, dtype }: NetworkInput, what: string, backend: Backend | undefined): Tensor {
  const expected = shape!;
  if (!(x instanceof Tensor)) {
    if (typeof (x as { length?: unknown } | null)?.length !== 'number') {
      throw new ConfigError(`${what}: expected a tensor or a typed array, got ${x === null ? 'null' : typeof x}.`);
    }
    const size = sizeOf(expected);
    if (Number.isNaN(size)) {
      throw new ShapeError(
        `${what}: inputs of shape ${formatShape(expected)} may have any size on an axis. Give a tensor, which says what it is.`,
      );
    }
    if (x.length === 0 || x.length % size !== 0) {
      throw new ShapeError(
        `${what}: ${x.length} values are no whole number of inputs of shape ${formatShape(expected)}, ${size} values each.`,
      );
    }
    return tensor(x, { shape: [x.length / size, ...expected], dtype, backend });
  }
  if (!fitsShape(x.shape.slice(1), expected)) {
    throw new ShapeError(
      `${what}: expected ${formatShape(['batch', ...expected] as never)}, got ${formatShape(x.shape)}.`,
    );
  }
  return x;
}
