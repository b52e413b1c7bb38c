import { compile } from '../../compile/compile';
import type { Backend } from '../../core/backend';
import { ConfigError } from '../../core/errors';
import { tensorsIn } from '../../core/nest';
import { checkOptions } from '../../core/options';
import { type Rng, type Seed, toRng } from '../../core/rng';
import type { Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { type ByteSink, writeBytes } from '../../data/files';
import { moved } from '../../ops/transfer';
import type { CallbackModel } from '../callbacks/callback';
import { fittingBatchSize, fixedBatchOf } from '../carried';
import { type Compiled, compiledFrom } from '../compiled';
import { encodeParts } from '../encode';
import { isIterable, iterableFeed, readSamples, sampleFeed } from '../feed';
import { evaluateModel, fitModel } from '../fit';
import { checkBatchSize, checkFitOptions, feedsFor, type Ports } from '../fit-options';
import type { LayerWeights } from '../layer';
import type {
  BatchOptions,
  CompileOptions,
  EvaluateOptions,
  EvaluateResult,
  FitOptions,
  FitResult,
  FitX,
  FitY,
  Inputs,
  Targets,
} from '../options';
import { Steps } from '../steps';
import type { OutputForm } from '../topology';
import type { Trainee } from '../trainee';
import type { ModelChanges, ModelParts } from './parts';
import { WeightedNetwork } from './weighted-network';

/** Options of `partialFit`. */
export type PartialFitOptions = Pick<FitOptions, 'batchSize' | 'sampleWeight' | 'classWeight' | 'signal'>;

/**
 * What all models can do: a network with its weights that can be trained, copied and saved. `Y` is what it predicts.
 */
export abstract class NetworkModel<Y = Tensor> extends WeightedNetwork<Y> implements CallbackModel<Y> {
  #compiled: Compiled | null = null;
  #steps: Steps | null = null;
  /** What randomness fits have not taken yet. */
  #streams: Rng | null = null;
  #busy = false;

  /** A model like this one, with some of its parts replaced. Takes copies of all tensors. */
  abstract rebuilt(changes: ModelChanges): this;

  /** How outputs are given back. */
  get outputForm(): OutputForm {
    return 'one';
  }

  /** How the model was compiled; null if it was not. */
  get compileOptions(): CompileOptions | null {
    return this.#compiled?.options ?? null;
  }

  /** What a copy of this model is made of, with some parts replaced. */
  protected partsWith({ weights, masks, compileOptions, backend }: ModelChanges, what: string): ModelParts {
    this.builtShapes(what);
    return {
      name: this.name,
      seed: this.seed,
      backend: backend ?? this.backend,
      weights: weights ?? this.layerWeights,
      masks: masks ?? this.masks,
      compileOptions: compileOptions === undefined ? this.compileOptions : compileOptions,
    };
  }

  /**
   * Sets what the model is trained with. Compiling again forgets the state of the optimiser, not the weights.
   *
   * @throws ConfigError for unknown names or options.
   */
  compile(options: CompileOptions): void {
    const compiled = compiledFrom(options, this.outputNames, this.backend);
    this.#compiled = compiled;
    this.#steps?.dispose();
    this.#steps = new Steps({ network: this.network, compiled }, compile);
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
   * @param x - samples `[n, ...inputShape]`, for several inputs an array of them or a record by name; or an async iterable
   * of batches `[x, y, sampleWeight?]`, or a function that returns a new one for every epoch.
   * @param y - one target for each sample: class numbers, one-hot rows or values, for several outputs an array or a record
   * by name; left out for iterables.
   * @returns the history, by name, of every epoch, and how many epochs were run.
   * @throws AbortError when `signal` says so, and NonFiniteError when the loss or a weight becomes NaN or infinite; the
   * model then keeps the weights of the last whole step. ConfigError, ShapeError for options and data that don't fit.
   */
  async fit(x: FitX, y?: FitY, options: FitOptions = {}): Promise<FitResult> {
    return this.#train(x, y, options, true);
  }

  /** @param isWhole - whether what the optimiser keeps for the end of training happens when this ends. */
  async #train(x: FitX, y: FitY | undefined, options: FitOptions, isWhole: boolean): Promise<FitResult> {
    checkFitOptions(options);
    const trainee = this.trainee('fit');
    if (this.#busy)
      throw new ConfigError('fit: the model is being trained already. Wait for that fit, or clone the model.');
    this.#busy = true;
    try {
      const { feed, validation } = await feedsFor(x, y, options, this.ports());
      return await fitModel(trainee, feed, validation, this.#fitRng(options.seed), options, isWhole);
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
    const trainee = this.trainee('evaluate');
    const ports = this.ports();
    const given = fittingBatchSize(options.batchSize, ports.fixed ?? null, 'evaluate');
    const batchSize = checkBatchSize(given, 'evaluate');
    const how = { ...ports, batchSize, sampleWeight: options.sampleWeight };
    if (isIterable(x)) return evaluateModel(trainee, iterableFeed(x, how, 'evaluate'), options);
    const samples = await readSamples(x, y, how, 'evaluate');
    return evaluateModel(trainee, sampleFeed(samples, 0, samples.length, how, 'evaluate'), options);
  }

  /**
   * One step of training, on one batch of any size.
   *
   * @param options - `sampleWeight`, `classWeight`.
   * @returns the loss and metrics of the batch, before the step.
   * @throws as `fit` does.
   */
  async trainOnBatch(x: Inputs, y: Targets, options: BatchOptions = {}): Promise<EvaluateResult> {
    checkOptions(options, ['sampleWeight', 'classWeight'], 'trainOnBatch');
    const { sampleWeight, classWeight } = options;
    const batchSize = Number.MAX_SAFE_INTEGER;
    const how = { batchSize, sampleWeight, classWeight, shuffle: false, verbose: 0 };
    const { history } = await this.#train(x, y, how, false);
    return Object.fromEntries(Object.entries(history).map(([key, values]) => [key, values[0]!])) as EvaluateResult;
  }

  /**
   * Goes on learning from samples as they come: one pass over them in their order, with the optimiser where the last call
   * left it.
   *
   * @param x - samples, or an iterable of batches, as for `fit`.
   * @param options - `batchSize = 32`, `sampleWeight`, `classWeight`, `signal`.
   * @returns the loss and metrics, each batch being looked at before it was learned from.
   * @throws as `fit` does.
   */
  async partialFit(x: FitX, y?: FitY, options: PartialFitOptions = {}): Promise<EvaluateResult> {
    checkOptions(options, ['batchSize', 'sampleWeight', 'classWeight', 'signal'], 'partialFit');
    const { history } = await this.#train(x, y, { ...options, shuffle: false, verbose: 0 }, false);
    return Object.fromEntries(Object.entries(history).map(([key, values]) => [key, values[0]!])) as EvaluateResult;
  }

  /** The loss and metrics of one batch of any size; see `evaluate`. */
  async testOnBatch(x: Inputs, y: Targets, options: Omit<BatchOptions, 'classWeight'> = {}): Promise<EvaluateResult> {
    checkOptions(options, ['sampleWeight'], 'testOnBatch');
    return this.evaluate(x, y, { ...options, batchSize: Number.MAX_SAFE_INTEGER });
  }

  /** The output for one batch of any size; see `predict`. */
  predictOnBatch(x: Inputs): Y {
    return this.predict(x, { batchSize: Number.MAX_SAFE_INTEGER });
  }

  /** A model of its own with the same layers, weights, masks and compile options. */
  clone(): this {
    return this.rebuilt({});
  }

  /**
   * A copy of the model on another backend; the model itself, if it lives there, is copied too.
   *
   * @throws BackendError from a GPU that can't be read without waiting; use `await model.moved(backend)` there.
   */
  to(backend: Backend): this {
    return this.rebuilt({ backend });
  }

  /** The same as `to` from any backend, GPUs among them. */
  async moved(backend: Backend): Promise<this> {
    this.builtShapes('moved');
    const { layerWeights, masks } = this;
    const values = await moved({ weights: layerWeights, masks: Object.fromEntries(masks) } as never, backend);
    const { weights, masks: ones } = values as { weights: readonly LayerWeights[]; masks: Record<string, Tensor> };
    const copy = this.rebuilt({ backend, weights, masks: new Map(Object.entries(ones)) });
    if (backend !== this.backend) for (const t of tensorsIn(values)) t.dispose();
    return copy;
  }

  /** The bytes of the model's file. */
  async toBytes(): Promise<Uint8Array> {
    const shapes = this.builtShapes('save');
    return encodeParts(this, shapes.slice(0, this.network.inputs.length), this.outputForm);
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
  override dispose(): void {
    super.dispose();
    this.#steps?.dispose();
  }

  protected override adopt(inputs: readonly Shape[], parts: ModelParts): void {
    super.adopt(inputs, parts);
    if (parts.compileOptions) this.compile(parts.compileOptions);
  }

  /** Where batches go. */
  protected ports(): Ports {
    const compiled = this.#compiled;
    return {
      backend: this.backend,
      fixed: fixedBatchOf(this.network),
      inputs: this.network.inputs,
      outputs: this.network.outputs.map(({ name }, k) => ({
        name,
        isTrained: compiled === null || compiled.outputs[k]!.loss !== null,
      })),
    };
  }

  /** What training and evaluation need; throws unless the model is compiled. */
  protected trainee(what: string): Trainee {
    this.alive();
    const compiled = this.#compiled;
    const steps = this.#steps;
    if (compiled === null || steps === null)
      throw new ConfigError(
        `${what}: compile the model first, e.g. compile({ optimizer: 'adam', loss: 'meanSquaredError' }).`,
      );
    return {
      model: this,
      network: this.network,
      variables: this.variables,
      compiled,
      steps,
      backend: this.backend,
      build: (...shapes) => this.build(...shapes),
    };
  }

  /** Randomness of one `fit`: what the seed says or, without one, the next stream of the model's. */
  #fitRng(seed: Seed | undefined): Rng {
    if (seed !== undefined) return toRng(seed).restart();
    if (this.#streams === null) {
      this.#streams = toRng(this.seed).restart();
      // The first stream made the weights; each fit takes one of its own.
      this.#streams.split();
    }
    return this.#streams.split();
  }
}
