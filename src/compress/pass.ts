import { ConfigError, DisposedError } from '../core/errors';
import type { Shape } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { type SampleSource, sampleSource } from '../data/batches';
import { firstInputs, shapesThrough } from '../nn/graph/network';
import { NetworkModel } from '../nn/graph/network-model';
import type { Layer, Params } from '../nn/layer';
import type { AnyModel } from '../nn/load';
import { Sequential } from '../nn/sequential';
import type { TensorLike } from '../ops/create';

/** A step of compression: takes a model and returns another one; the input is never changed. */
export type Pass = (model: Sequential) => Promise<Sequential>;

/**
 * Applies passes one after the other. The input model is left as it was; intermediate models are freed.
 *
 * @param model - a built model, a sequence of layers or a graph of them; only pruning by 'wanda' takes sequences alone.
 * @param passes - e.g. `[prune({ sparsity: 0.8 }), finetune({ x, y }), quantize({ calibration: x })]`.
 * @returns the compressed model (a copy of `model` if there are no passes).
 * @throws ConfigError when a pass is not a function or the model is not built.
 *
 * @example
 * ```ts
 * import { ones } from 'kompakt';
 * import { compress, prune } from 'kompakt/compress';
 * import { dense, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 4 })], { inputShape: [8], seed: 1 });
 * const small = await compress(model, [prune({ sparsity: 0.5 })]);
 * const kernel = small.getWeights()[0].dataSync();
 * console.log(kernel.filter((w) => w === 0).length, 'of', kernel.length); // → 16 of 32
 * ```
 */
export async function compress<M extends AnyModel>(model: M, passes: readonly Pass[]): Promise<M> {
  // Passes are written for sequences; those that can't do without one say so when they are given a graph.
  return (await applied(model as Sequential, passes)) as M;
}

async function applied(model: Sequential, passes: readonly Pass[]): Promise<Sequential> {
  checkModel(model, 'compress');
  if (!Array.isArray(passes)) {
    throw new ConfigError('compress: expected an array of passes, such as [prune({ sparsity: 0.8 })].');
  }
  passes.forEach((pass: unknown, i) => {
    if (typeof pass !== 'function') {
      throw new ConfigError(`compress: pass ${i} is not a pass. Call the factory, e.g. prune({ sparsity: 0.8 }).`);
    }
  });
  let current = model;
  for (const pass of passes) {
    try {
      const next = await pass(current);
      checkModel(next, `compress: what pass ${passes.indexOf(pass)} returned`);
      if (current !== model && next !== current) current.dispose();
      current = next;
    } catch (error) {
      if (current !== model) current.dispose();
      throw error;
    }
  }
  return current === model ? model.clone() : current;
}

/** Throws unless `model` is a model whose weights exist. */
export function checkModel(model: Sequential, what: string): void {
  if (!(model instanceof NetworkModel)) throw new ConfigError(`${what}: expected a Sequential model, or a Model.`);
  if (model.isDisposed) throw new DisposedError(`${what}: the model was disposed. Clone it first to keep a copy.`);
  if (model.inputShape === null || !model.isBuilt) {
    throw new ConfigError(`${what}: the model is not built yet. Give sequential(…, { inputShape }) or fit it first.`);
  }
}

/** Samples in the dtype and on the backend of a model, as its own `predict` takes them. */
export function samplesFor(model: Sequential, x: TensorLike, what: string): Promise<SampleSource> {
  return sampleSource(x, model.backend, 'float32', what);
}

/** Throws when `model` was quantised already: what `what` does has to come before. */
export function refuseIntegers(model: Sequential, what: string): void {
  const integer = model.layers.find((l) => l.kind.startsWith('quantized'));
  if (integer === undefined) return;
  throw new ConfigError(
    `${what}: the model holds integer layers (${integer.kind}), which it can't change. Apply ${what} before quantize.`,
  );
}

/** Throws unless the layers of a model run one after the other. */
export function needSequence(model: NetworkModel<unknown>, what: string): void {
  if (model instanceof Sequential) return;
  throw new ConfigError(
    `${what}: works on sequences of layers only, and this is a graph model. Apply it to a sequential part of it, or leave it out.`,
  );
}

/** A layer with everything a pass needs of it. */
export interface Stage {
  readonly name: string;
  readonly layer: Layer;
  readonly params: Params;
  readonly state: Params;
  /** Shape of its first input, without the batch axis. */
  readonly input: Shape;
}

/** The layers of a model, with names, weights and input shapes. The tensors belong to the model. */
export function stagesOf(model: Sequential): Stage[] {
  const { network } = model;
  const shapes = shapesThrough(
    network,
    network.inputs.map(({ shape }) => shape ?? model.inputShape!),
  );
  return model.layers.map((layer, i) => ({
    name: model.layerNames[i]!,
    layer,
    ...model.layerWeights[i]!,
    input: shapes[firstInputs(network, i)[0]!]!,
  }));
}

/** What a pass changes of a model. */
export interface Changes {
  readonly stages: readonly Pick<Stage, 'name' | 'layer' | 'params' | 'state'>[];
  /** Weight path → 0/1 mask. */
  readonly masks?: ReadonlyMap<string, Tensor>;
}

/** A model like `model` with other layers and weights; it takes copies of every tensor given. */
export function withChanges(model: Sequential, { stages, masks }: Changes): Sequential {
  if (!(model instanceof Sequential)) return rebuiltGraph(model, { stages, masks: masks ?? new Map() });
  return Sequential.from({
    layers: stages.map((s) => s.layer),
    names: stages.map((s) => s.name),
    inputShape: model.inputShape!,
    weights: stages.map(({ params, state }) => ({ params, state })),
    masks: masks ?? new Map(),
    compileOptions: model.compileOptions,
    seed: model.seed,
    backend: model.backend,
  });
}

/** A graph stays connected as it is, so its layers may change but not go. */
function rebuiltGraph(model: Sequential, { stages, masks }: Changes): Sequential {
  if (stages.length !== model.layers.length || stages.some(({ name }, i) => name !== model.layerNames[i]))
    throw new ConfigError('compress: a pass takes layers out of, or puts layers into, a graph model, which it can’t.');
  return model.rebuilt({
    layers: stages.map((s) => s.layer),
    weights: stages.map(({ params, state }) => ({ params, state })),
    masks,
  });
}
