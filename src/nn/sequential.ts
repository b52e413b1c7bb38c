import { defaultBackend } from '../backends/default';
import { compile } from '../compile/compile';
import type { Backend } from '../core/backend';
import { ConfigError, DisposedError, ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Rng, type Seed, toRng } from '../core/rng';
import { scope } from '../core/scope';
import { formatShape, type Shape, sameShape, sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import { sampleSourceSync } from '../data/batches';
import { type ByteSink, writeBytes } from '../data/files';
import { type TensorLike, zeros } from '../ops/create';
import { concat } from '../ops/index';
import type { CallbackModel } from './callbacks/callback';
import { type Compiled, compiledFrom } from './compiled';
import { encodeParts } from './encode';
import { type FeedOptions, isIterable, iterableFeed, readSamples, sampleFeed, wrongInput } from './feed';
import { evaluateModel, fitModel, type Trainee } from './fit';
import { checkBatchSize, checkFitOptions, feedsFor } from './fit-options';
import { shapesThrough } from './forward';
import type { Layer, LayerWeights } from './layer';
import { checkNames, nameLayers } from './names';
import type { CompileOptions, EvaluateOptions, EvaluateResult, FitOptions, FitResult, FitX, FitY } from './options';
import { Predictor } from './predictor';
import { Steps } from './steps';
import { formatSummary } from './summary';
import { ownCopies, Variables } from './variables';
import { fittedWeights, listWeights, type Weight } from './weights';

export interface SequentialOptions {
  /** Shape of one sample, without the batch axis; by default taken from the first layer or the first data. */
  readonly inputShape?: Shape | undefined;
  /** For initial weights and, by default, shuffling and dropout. Without one, they differ from run to run. */
  readonly seed?: Seed | undefined;
  /** Where weights live and layers run; default: the default backend. */
  readonly backend?: Backend | undefined;
}

/** All parts of a model; see {@link Sequential.from}. */
export interface SequentialParts extends SequentialOptions {
  readonly layers: readonly Layer[];
  /** Default: as `sequential` would name them. */
  readonly names?: readonly string[] | undefined;
  readonly inputShape: Shape;
  readonly weights: readonly LayerWeights[];
  /** Weight path → 0/1 mask. */
  readonly masks?: ReadonlyMap<string, Tensor> | undefined;
  readonly compileOptions?: CompileOptions | null | undefined;
}

/**
 * A model whose layers run one after the other. Made by {@link sequential}.
 */
export class Sequential implements CallbackModel {
  readonly layers: readonly Layer[];
  /** A unique name for each layer. */
  readonly layerNames: readonly string[];
  readonly seed: Seed;
  /**
   * The tensors of the model; a scope that returns the model keeps them.
   *
   * @internal
   */
  readonly variables: Variables;
  readonly #backend: Backend;
  readonly #givenShape: Shape | null;
  #shapes: readonly Shape[] | null = null;
  #compiled: Compiled | null = null;
  #steps: Steps | null = null;
  readonly #predictor: Predictor;
  #fits = 0;
  #busy = false;
  #disposed = false;

  constructor(layers: readonly Layer[], options: SequentialOptions = {}, names?: readonly string[]) {
    if (options.inputShape !== undefined) checkInputShape(options.inputShape);
    if (!Array.isArray(layers) || layers.length === 0)
      throw new ConfigError('sequential: give at least one layer: sequential([dense({ units: 1 })]).');
    layers.forEach((layer: unknown, i) => {
      if (typeof layer !== 'object' || typeof (layer as Layer | null)?.call !== 'function')
        throw new ConfigError(`sequential: item ${i} is not a layer. Call the factory, e.g. dense({ units: 1 }).`);
    });
    this.layers = [...layers];
    if (names !== undefined) checkNames(names, layers.length);
    this.layerNames = names === undefined ? nameLayers(layers) : [...names];
    this.seed = options.seed ?? `${Date.now()}:${Math.random()}`;
    this.#backend = options.backend ?? defaultBackend();
    this.#givenShape = options.inputShape ?? (layers[0]!.config as { inputShape?: Shape | null }).inputShape ?? null;
    this.variables = new Variables();
    this.#predictor = new Predictor(this.layers, compile);
    this.variables.own(this.#predictor);
    this.variables.beforeNewWeights(() => this.#predictor.release());
  }

  /**
   * A model of given layers and weights. Takes copies of all tensors.
   *
   * @throws ConfigError when there is not one set of weights for each layer.
   */
  static from(parts: SequentialParts): Sequential {
    const model = new Sequential(parts.layers, parts, parts.names);
    if (parts.weights.length !== parts.layers.length) {
      throw new ConfigError(
        `Sequential.from: ${parts.weights.length} sets of weights for ${parts.layers.length} layers.`,
      );
    }
    const { variables } = model;
    model.#shapes = shapesThrough(model.layers, parts.inputShape);
    variables.replace(
      variables.keep(() => ({
        weights: ownCopies(parts.weights, model.#backend),
        masks: new Map([...(parts.masks ?? [])].map(([path, mask]) => [path, ownCopies(mask, model.#backend)])),
      })),
    );
    if (parts.compileOptions) model.compile(parts.compileOptions);
    return model;
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

  /** Shape of one input sample; null while unknown. */
  get inputShape(): Shape | null {
    return this.#shapes?.[0] ?? this.#givenShape;
  }

  /** Shape of one output sample. Throws a ConfigError before the model is built. */
  get outputShape(): Shape {
    return this.#built('outputShape').at(-1)!;
  }

  /** The weights of each layer; the model's own tensors. */
  get layerWeights(): readonly LayerWeights[] {
    return this.variables.weights;
  }

  /** Weight path → 0/1: weights that pruning removed, which training leaves at zero. */
  get masks(): ReadonlyMap<string, Tensor> {
    return this.variables.masks;
  }

  /** How the model was compiled; null if it was not. */
  get compileOptions(): CompileOptions | null {
    return this.#compiled?.options ?? null;
  }

  /** All weights in Keras's order: layer by layer, trained ones first. */
  get weights(): Weight[] {
    this.#built('weights');
    return listWeights(this.layers, this.layerNames, this.layerWeights);
  }

  /** Makes the weights for inputs `[batch, ...shape]`; checks the shape if they exist. */
  build(shape: Shape): void {
    this.#alive();
    const expected = this.inputShape;
    if (expected !== null && !sameShape(expected, shape)) throw wrongInput(shape, expected, 'sequential');
    if (this.#shapes !== null) return;
    const shapes = shapesThrough(this.layers, shape);
    const rng = this.#rng().split();
    const weights = this.variables.keep(() =>
      this.layers.map((layer, i) => layer.init(shapes[i]!, rng.split(), this.#backend)),
    );
    this.variables.replace({ weights });
    this.#shapes = shapes;
  }

  /**
   * Sets what the model is trained with. Compiling again forgets the state of the optimiser, not the weights.
   *
   * @throws ConfigError for unknown names or options.
   */
  compile(options: CompileOptions): void {
    const compiled = compiledFrom(options);
    this.#compiled = compiled;
    this.#steps?.dispose();
    this.#steps = new Steps({ layers: this.layers, names: this.layerNames, compiled }, compile);
    this.variables.own(this.#steps);
    this.variables.replace({ optimizerState: null });
  }

  /**
   * Trains the model.
   *
   * Batches of `batchSize` samples, in a new random order every epoch; one optimiser step for each. The reported loss and
   * metrics are averages over the batches of an epoch, taken while the weights move, as in Keras. The state of the
   * optimiser is kept for the next call.
   *
   * @param x - samples `[n, ...inputShape]`; or an async iterable of batches `[x, y, sampleWeight?]`, or a function that
   * returns a new one for every epoch.
   * @param y - one target for each sample: class numbers, one-hot rows or values; left out for iterables.
   * @returns the history, by name, of every epoch, and how many epochs were run.
   * @throws AbortError when `signal` says so, and NonFiniteError when the loss or a weight becomes NaN or infinite; the
   * model then keeps the weights of the last whole step. ConfigError, ShapeError for options and data that don't fit.
   */
  async fit(x: FitX, y?: FitY, options: FitOptions = {}): Promise<FitResult> {
    checkFitOptions(options);
    const trainee = this.#trainee('fit');
    if (this.#busy)
      throw new ConfigError('fit: the model is being trained already. Wait for that fit, or clone the model.');
    this.#busy = true;
    try {
      const { feed, validation } = await feedsFor(x, y, options, this.#backend);
      return await fitModel(trainee, feed, validation, this.#fitRng(options.seed), options);
    } finally {
      this.#busy = false;
    }
  }

  /**
   * The loss and metrics on samples, averaged over batches.
   *
   * @returns `{ loss, accuracy, … }`.
   * @throws ConfigError when the model is not compiled; AbortError when `signal` says so.
   */
  async evaluate(x: FitX, y?: FitY, options: EvaluateOptions = {}): Promise<EvaluateResult> {
    checkOptions(options, ['batchSize', 'sampleWeight', 'signal'], 'evaluate');
    const batchSize = checkBatchSize(options.batchSize, 'evaluate');
    const trainee = this.#trainee('evaluate');
    const how: FeedOptions = { backend: this.#backend, batchSize, sampleWeight: options.sampleWeight };
    if (isIterable(x)) return evaluateModel(trainee, iterableFeed(x, how, 'evaluate'), options);
    const samples = await readSamples(x, y, how, 'evaluate');
    return evaluateModel(trainee, sampleFeed(samples, 0, samples.x.length, how), options);
  }

  /**
   * The model's output for samples, computed in batches.
   *
   * @param x - samples `[n, ...inputShape]`.
   * @param options - `batchSize = 32`.
   * @returns `[n, ...outputShape]`, the caller's.
   * @throws ShapeError when the samples don't fit.
   */
  predict(x: TensorLike, options: { readonly batchSize?: number | undefined } = {}): Tensor {
    checkOptions(options, ['batchSize'], 'predict');
    const batchSize = checkBatchSize(options.batchSize, 'predict');
    const source = sampleSourceSync(x, this.#backend, 'float32', 'predict: x');
    this.build(source.shape);
    if (source.length === 0) return zeros([0, ...this.outputShape], { backend: this.#backend });
    return scope(() => {
      const parts: Tensor[] = [];
      for (let at = 0; at < source.length; at += batchSize) {
        const end = Math.min(at + batchSize, source.length);
        parts.push(scope(() => this.#predictor.run(this.layerWeights, source.range(at, end))));
      }
      return parts.length === 1 ? parts[0]! : concat(parts, 0);
    });
  }

  /** A table of the layers, their output shapes and numbers of parameters. */
  summary(): string {
    const { weights, optimizerState } = this.variables;
    return formatSummary({
      layers: this.layers,
      names: this.layerNames,
      shapes: this.#shapes,
      weights,
      optimizerState,
    });
  }

  /** Number of weights, those that are not trained included. */
  countParams(): number {
    return this.weights.reduce((n, w) => n + sizeOf(w.shape), 0);
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
    this.#built('setWeights');
    this.variables.replace({ weights: this.variables.keep(() => fittedWeights(values, this)) });
  }

  /** A model of its own with the same layers, weights, masks and compile options. */
  clone(): Sequential {
    return this.to(this.#backend);
  }

  /** A copy of the model on another backend; the model itself, if it lives there, is copied too. */
  to(backend: Backend): Sequential {
    this.#built('clone');
    return Sequential.from({
      layers: this.layers,
      names: this.layerNames,
      inputShape: this.inputShape!,
      weights: this.layerWeights,
      masks: this.masks,
      compileOptions: this.compileOptions,
      seed: this.seed,
      backend,
    });
  }

  /** The bytes of the model's file. */
  async toBytes(): Promise<Uint8Array> {
    this.#built('save');
    return encodeParts(this);
  }

  /**
   * Writes the model's file: safetensors, with the topology in its metadata. The optimiser's state is not saved; compile
   * options are, unless one is a function.
   *
   * @param target - a path, whose file is replaced as a whole or not at all; or a function, a `WritableStream` or an object
   * with `write`, which receives the bytes.
   */
  async save(target: ByteSink): Promise<void> {
    await writeBytes(target, await this.toBytes(), 'save');
  }

  /** Frees the model's tensors. */
  dispose(): void {
    this.variables.dispose();
    this.#steps?.dispose();
    this.#predictor.dispose();
    this.#disposed = true;
  }

  #alive(): void {
    if (this.#disposed) {
      throw new DisposedError(
        'sequential: this model was disposed, and its weights with it. Clone a model to keep it.',
      );
    }
  }

  #built(what: string): readonly Shape[] {
    this.#alive();
    if (this.#shapes === null) {
      throw new ConfigError(
        `${what}: the model has no weights yet, as its input shape is unknown. Give sequential(…, { inputShape }), or fit or predict first.`,
      );
    }
    return this.#shapes;
  }

  #trainee(what: string): Trainee {
    this.#alive();
    const compiled = this.#compiled;
    const steps = this.#steps;
    if (compiled === null || steps === null)
      throw new ConfigError(
        `${what}: compile the model first, e.g. compile({ optimizer: 'adam', loss: 'meanSquaredError' }).`,
      );
    return {
      model: this,
      layers: this.layers,
      names: this.layerNames,
      variables: this.variables,
      compiled,
      steps,
      backend: this.#backend,
      build: (shape) => this.build(shape),
    };
  }

  #rng(): Rng {
    return toRng(this.seed).restart();
  }

  /** Randomness of one `fit`: what the seed says or, without one, the next stream of the model's. */
  #fitRng(seed: Seed | undefined): Rng {
    if (seed !== undefined) return toRng(seed).restart();
    const rng = this.#rng();
    let own = rng.split();
    // The first stream made the weights; each fit takes one of its own.
    for (let i = 0; i <= this.#fits; i++) own = rng.split();
    this.#fits++;
    return own;
  }
}

function checkInputShape(shape: Shape): void {
  if (Array.isArray(shape) && shape.every((n) => Number.isInteger(n) && n > 0)) return;
  const shown = Array.isArray(shape) ? formatShape(shape) : String(shape);
  throw new ShapeError(
    `sequential: inputShape must be the shape of one sample, in positive integers and without the batch axis, got ${shown}.`,
  );
}

/**
 * A model of layers that run one after the other.
 *
 * @param layers - from the first to the last.
 * @param options - `inputShape` of one sample (else taken from the first layer's `inputShape`, or from the first data),
 * `seed` for initial weights, shuffling and dropout, `backend`.
 * @returns a model, with weights if its input shape is known.
 * @throws ConfigError for names that are not unique; ShapeError where layers don't fit each other.
 *
 * @example
 * ```ts
 * import { dense, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 8, activation: 'tanh' }), dense({ units: 1, activation: 'sigmoid' })], { seed: 1 });
 * model.compile({ optimizer: 'adam', loss: 'binaryCrossentropy', metrics: ['accuracy'] });
 * const { history } = await model.fit([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0], { epochs: 5 });
 * console.log(history.loss.length, model.predict([[0, 1]]).shape); // → 5 [ 1, 1 ]
 * ```
 */
export function sequential(layers: readonly Layer[], options: SequentialOptions = {}): Sequential {
  checkOptions(options, ['inputShape', 'seed', 'backend'], 'sequential');
  const model = new Sequential(layers, options);
  if (model.inputShape !== null) model.build(model.inputShape);
  return model;
}
