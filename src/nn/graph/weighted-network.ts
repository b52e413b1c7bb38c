import { defaultBackend } from '../../backends/default';
import { compile } from '../../compile/compile';
import type { Backend } from '../../core/backend';
import { ConfigError, DisposedError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { type Seed, toRng } from '../../core/rng';
import { scope } from '../../core/scope';
import { type Shape, sizeOf } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { type TensorLike, zeros } from '../../ops/create';
import { checkWhole, fittingBatchSize, fixedBatchOf, weightsInState, withoutCarried } from '../carried';
import { checkBatchSize } from '../fit-options';
import type { AnyLayer, Layer, LayerWeights, SymbolicTensor } from '../layer';
import type { Inputs } from '../options';
import { Predictor } from '../predictor';
import { formatSummary } from '../summary';
import { ownCopies, Variables } from '../variables';
import { networkWeightShapes } from '../weight-shapes';
import { fittedWeights, listWeights, type Weight } from '../weights';
import { checkInputs } from './input-shapes';
import { modelLayer } from './model-layer';
import { initWeights, type Network, shapesThrough } from './network';
import type { ModelOptions, ModelParts } from './parts';
import { predictInBatches, sourcesOf } from './predict';
import { applyLayer } from './symbolic';

/**
 * A network with its weights, which predicts. `Y` is what: a tensor, or several.
 */
export abstract class WeightedNetwork<Y = Tensor> {
  readonly name: string | null;
  readonly seed: Seed;
  /** What the model computes, as data. */
  readonly network: Network;
  /**
   * The tensors of the model; a scope that returns the model keeps them.
   *
   * @internal
   */
  readonly variables: Variables;
  readonly #backend: Backend;
  /** Of all values of the network. */
  #shapes: readonly Shape[] | null = null;
  readonly #predictor: Predictor;
  #layer: Layer | null = null;
  #disposed = false;

  constructor(
    /** What messages call the model. */
    readonly kind: string,
    network: Network,
    { name = null, seed, backend }: ModelOptions,
  ) {
    this.name = name;
    this.network = network;
    this.seed = seed ?? `${Date.now()}:${Math.random()}`;
    this.#backend = backend ?? defaultBackend();
    this.variables = new Variables();
    this.#predictor = new Predictor(network, compile);
    this.variables.own(this.#predictor);
    this.variables.beforeNewWeights(() => this.#predictor.release());
  }

  /** What `predict` returns, from the tensors of all outputs. */
  protected abstract packed(ys: readonly Tensor[]): Y;

  get layers(): readonly AnyLayer[] {
    return this.network.layers;
  }

  /** A unique name for each layer. */
  get layerNames(): readonly string[] {
    return this.network.names;
  }

  /** Where the model's weights live. */
  get backend(): Backend {
    return this.#backend;
  }

  /** Whether `dispose` was called; a disposed model can't be used any more. */
  get isDisposed(): boolean {
    return this.#disposed;
  }

  /** Whether the weights exist: they are made when the input shape is known. */
  get isBuilt(): boolean {
    return this.#shapes !== null && !this.#disposed;
  }

  /** Shape of one sample of the first input, NaN where any size will do; null while unknown. */
  get inputShape(): Shape | null {
    return this.#shapes?.[0] ?? this.network.inputs[0]!.shape;
  }

  /** Shape of one sample of the first output. Throws a ConfigError before the model is built. */
  get outputShape(): Shape {
    return this.builtShapes('outputShape')[this.network.outputs[0]!.value]!;
  }

  /** Names of the inputs, in order. */
  get inputNames(): readonly string[] {
    return this.network.inputs.map((i) => i.name);
  }

  /** Names of the outputs, in order. */
  get outputNames(): readonly string[] {
    return this.network.outputs.map((o) => o.name);
  }

  /** The weights of each layer; the model's own tensors. */
  get layerWeights(): readonly LayerWeights[] {
    return this.variables.weights;
  }

  /** Weight path → 0/1: weights that pruning removed, which training leaves at zero. */
  get masks(): ReadonlyMap<string, Tensor> {
    return this.variables.masks;
  }

  /** All weights in Keras's order: layer by layer, trained ones first. */
  get weights(): Weight[] {
    this.builtShapes('weights');
    return listWeights(this.layers, this.layerNames, this.layerWeights);
  }

  /** The layer of that name, or at that position. Throws a ConfigError where there is none. */
  getLayer(which: string | number): AnyLayer {
    const at = typeof which === 'number' ? which : this.layerNames.indexOf(which);
    const layer = this.layers[at];
    if (layer === undefined) {
      const shown = typeof which === 'number' ? `at position ${which} of ${this.layers.length}` : `'${which}'`;
      throw new ConfigError(`getLayer: there is no layer ${shown}. There are ${this.layerNames.join(', ')}.`);
    }
    return layer;
  }

  /** Makes the weights for inputs `[batch, ...shape]`, one shape for each input; checks the shapes if they exist. */
  build(...shapes: Shape[]): void {
    this.alive();
    checkInputs(this.kind, this.network, this.#shapes, shapes);
    if (this.#shapes !== null) return;
    this.#makeWeights(shapes);
  }

  /** Makes the weights for inputs as the network describes them. */
  protected buildAsDescribed(): void {
    this.#makeWeights(this.network.inputs.map((input) => input.shape!));
  }

  #makeWeights(inputs: readonly Shape[]): void {
    const shapes = shapesThrough(this.network, inputs);
    const rng = toRng(this.seed).restart().split();
    const weights = this.variables.keep(() => initWeights(this.network, shapes, rng, this.#backend));
    this.variables.replace({ weights });
    this.#shapes = shapes;
  }

  /** Takes copies of given weights, for inputs of those shapes, and the rest of what a model is made of. */
  protected adopt(inputs: readonly Shape[], { weights, masks }: ModelParts): void {
    if (weights.length !== this.layers.length) {
      throw new ConfigError(
        `${this.kind}: ${weights.length} sets of weights for ${this.layers.length} layers. Give one for each.`,
      );
    }
    const { variables } = this;
    this.#shapes = shapesThrough(this.network, inputs);
    variables.replace(
      variables.keep(() => ({
        weights: ownCopies(weights, this.#backend),
        masks: new Map([...(masks ?? [])].map(([path, mask]) => [path, ownCopies(mask, this.#backend)])),
      })),
    );
  }

  /**
   * The model's output for samples, computed in batches.
   *
   * @param x - samples `[n, ...inputShape]`; for several inputs an array of them, or a record by name.
   * @param options - `batchSize = 32`.
   * @returns `[n, ...outputShape]`, the caller's; for several outputs as they were given to `model`.
   * @throws ShapeError when the samples don't fit.
   */
  predict(x: Inputs, options: { readonly batchSize?: number | undefined } = {}): Y {
    checkOptions(options, ['batchSize'], 'predict');
    const fixed = fixedBatchOf(this.network);
    const batchSize = checkBatchSize(fittingBatchSize(options.batchSize, fixed, 'predict'), 'predict');
    const sources = sourcesOf(this.network, x, this.#backend);
    this.build(...sources.map((source) => source.shape));
    checkWhole(sources[0]!.length, fixed, 'predict');
    return scope(() => {
      const run = (xs: readonly Tensor[]): readonly Tensor[] => {
        const { ys, carried } = this.#predictor.run(this.layerWeights, xs);
        if (fixed !== null) this.variables.carryOn(carried);
        return ys;
      };
      return this.packed(predictInBatches(sources, batchSize, run) ?? this.#noPredictions());
    });
  }

  /** The outputs of no samples. */
  #noPredictions(): Tensor[] {
    const shapes = this.builtShapes('predict');
    return this.network.outputs.map(({ value }) =>
      zeros([0, ...shapes[value]!.map((n) => (Number.isNaN(n) ? 0 : n))], { backend: this.#backend }),
    );
  }

  /** A table of the layers, their output shapes, numbers of parameters and, in a graph, what they are connected to. */
  summary(): string {
    const { weights, optimizerState } = this.variables;
    return formatSummary({ network: this.network, shapes: this.#shapes, weights, optimizerState });
  }

  /** Number of weights, those that are not trained included; known from the input shape on, before there are any. */
  countParams(): number {
    const inputs = this.network.inputs.map((input) => input.shape);
    if (this.isBuilt || !inputs.every((shape) => shape !== null))
      return this.weights.reduce((n, w) => n + sizeOf(w.shape), 0);
    const shapes = networkWeightShapes(this.network, inputs);
    const all = shapes.flatMap(({ params, state }, i) => [
      ...Object.values(params),
      ...Object.values(weightsInState(this.layers[i]!, state)),
    ]);
    return all.reduce((n, shape) => n + sizeOf(shape), 0);
  }

  /** All weights in Keras's order, as tensors of the caller's: training does not change or free them. */
  getWeights(): Tensor[] {
    return this.weights.map(({ value }) => ownCopies(value, this.#backend));
  }

  /**
   * Replaces all weights. What pruning removed stays zero.
   *
   * @param values - one for each weight, in the order of `getWeights`.
   * @throws ConfigError for a wrong number of values, ShapeError for a wrong shape.
   */
  setWeights(values: readonly TensorLike[]): void {
    this.builtShapes('setWeights');
    this.variables.replace({ weights: this.variables.keep(() => fittedWeights(values, this)) });
  }

  /**
   * Lets stateful layers begin anew: the state that the last batch left becomes zero.
   *
   * @param layers - names of stateful layers; by default all of them.
   * @throws ConfigError for names of other layers.
   */
  resetStates(...layers: string[]): void {
    this.builtShapes('resetStates');
    const { variables } = this;
    variables.replace({ weights: variables.keep(() => withoutCarried(this.network, this.layerWeights, layers)) });
  }

  /**
   * The model as a layer of another one, which starts from its weights as they are when it is made, and does not change
   * them. Applied more than once, it has the same weights everywhere.
   */
  asLayer(): Layer {
    this.alive();
    this.#layer ??= modelLayer(this.kind, this.network, this.name, () => this.#ownWeights());
    return this.#layer;
  }

  /** The output of the model, as a layer, for inputs of a graph; see `asLayer`. */
  apply(x: SymbolicTensor | readonly SymbolicTensor[]): SymbolicTensor | SymbolicTensor[] {
    return applyLayer(this.asLayer(), x);
  }

  #ownWeights(): readonly LayerWeights[] | null {
    this.alive();
    return this.#shapes === null ? null : this.layerWeights;
  }

  /** Frees the model's tensors. */
  dispose(): void {
    this.variables.dispose();
    this.#predictor.dispose();
    this.#disposed = true;
  }

  /** Throws once the model is disposed. */
  protected alive(): void {
    if (this.#disposed) {
      throw new DisposedError(
        `${this.kind}: this model was disposed, and its weights with it. Clone a model to keep it.`,
      );
    }
  }

  /** Shapes of all values of the network; throws before the weights exist. */
  protected builtShapes(what: string): readonly Shape[] {
    this.alive();
    if (this.#shapes === null) {
      throw new ConfigError(
        `${what}: the model has no weights yet, as its input shape is unknown. Give sequential(…, { inputShape }), or fit or predict first.`,
      );
    }
    return this.#shapes;
  }
}
