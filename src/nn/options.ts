import type { Seed } from '../core/rng';
import type { TensorLike } from '../ops/create';
import type { OptimizerSpec } from '../optim/index';
import type { Callback } from './callbacks/callback';
import type { LossOption } from './losses';
import type { MetricOption } from './metrics';

/** What a model is trained with. */
export interface CompileOptions {
  /** A name (`'adam'`), or an optimiser (`adam({ learningRate: 1e-4 })`). */
  readonly optimizer: OptimizerSpec;
  /**
   * A name, `{ name, … }` with its options, or a function `(yTrue, yPred) => Tensor` of losses per sample. For several
   * outputs one for all, or an array or a record by name, in which null means that an output is not trained on.
   */
  readonly loss: LossOption | PerOutput<LossOption | null>;
  /** What the loss of each output is multiplied with; by default 1. */
  readonly lossWeights?: number | PerOutput<number> | undefined;
  /** Names (`'accuracy'`), `{ name, … }`, or functions `(yTrue, yPred) => Tensor | number`; of each output, for several. */
  readonly metrics?: Metrics | undefined;
  /** The same, averaged with sample and class weights. */
  readonly weightedMetrics?: Metrics | undefined;
  /**
   * Scale the loss on backends that round to 16 bits, such as `webgpu({ precision: 'mixed' })`, so that small gradients
   * don't vanish; default true. Elsewhere, and around an optimiser that scales already, nothing happens.
   */
  readonly autoScaleLoss?: boolean | undefined;
}

/** One for each output of a model: an array in their order, or a record by name. */
export type PerOutput<T> = readonly T[] | { readonly [output: string]: T };

/** Metrics of one output, or of each of several. */
export type Metrics = readonly MetricOption[] | PerOutput<MetricOption | readonly MetricOption[] | null>;

/** Inputs: all samples of the one there is; for several, an array, or a record by name. */
export type Inputs = TensorLike | readonly TensorLike[] | { readonly [input: string]: TensorLike };
/** Targets: class numbers, one-hot rows or values, one per sample; for several outputs an array, or a record by name. */
export type Targets = TensorLike | readonly (TensorLike | null)[] | { readonly [output: string]: TensorLike | null };
/** Weights of samples: the same for all outputs, or an array of them or a record by name. */
export type SampleWeight = Targets;

/** One batch of an iterable: inputs, targets, and weights of the samples. */
export type BatchLike =
  | readonly [x: Inputs, y: Targets, sampleWeight?: SampleWeight]
  | { readonly x: Inputs; readonly y: Targets; readonly sampleWeight?: SampleWeight };

/** Batches made on the way. The tensors they hold stay the caller's. */
export type BatchIterable = AsyncIterable<BatchLike> | (() => AsyncIterable<BatchLike> | Iterable<BatchLike>);

/** Inputs: all samples, or an iterable of batches (or a function that returns a new one for each epoch). */
export type FitX = Inputs | BatchIterable;
/** Targets: class numbers, one-hot rows or values, one per sample. */
export type FitY = Targets;

/** Weights of classes by class number. */
export type ClassWeight = { readonly [label: number]: number } | ReadonlyMap<number, number>;

/** Options that `fit` and `evaluate` share. */
export interface EvaluateOptions {
  /** Samples per batch; default 32. */
  readonly batchSize?: number | undefined;
  /** A weight for each sample: losses are multiplied by it. */
  readonly sampleWeight?: SampleWeight | undefined;
  /** Ends the work with an `AbortError` after the current batch. */
  readonly signal?: AbortSignal | undefined;
}

/** Options of a step on one batch. */
export interface BatchOptions {
  /** A weight for each sample: losses are multiplied by it. */
  readonly sampleWeight?: SampleWeight | undefined;
  /** Weights of classes; unlisted classes have weight 1. */
  readonly classWeight?: ClassWeight | undefined;
}

/** The loss and metrics by name. */
export type EvaluateResult = { readonly loss: number; readonly [name: string]: number };

export interface FitOptions extends EvaluateOptions {
  /** Passes over the data; default 1. */
  readonly epochs?: number | undefined;
  /** `[x, y]` or `[x, y, sampleWeight]` to evaluate on after every epoch; for iterables an iterable too. */
  readonly validationData?: readonly [x: Inputs, y: FitY, sampleWeight?: SampleWeight] | BatchIterable | undefined;
  /** Share of the samples, taken from the end before any shuffling, to evaluate on instead. */
  readonly validationSplit?: number | undefined;
  /** Weights of classes; unlisted classes have weight 1. */
  readonly classWeight?: ClassWeight | undefined;
  /** Take the samples in a new order every epoch; default true. */
  readonly shuffle?: boolean | undefined;
  readonly callbacks?: readonly Callback[] | undefined;
  /** 0: silent; 1: show progress; default: on a terminal, outside of CI. */
  readonly verbose?: number | boolean | undefined;
  /** For shuffling and dropout; default: the model's. */
  readonly seed?: Seed | undefined;
  /** Number of the first epoch, to go on counting; default 0. */
  readonly initialEpoch?: number | undefined;
  /** Batches per epoch; default: all there are. Of samples given as a whole, each epoch uses the first so many. */
  readonly stepsPerEpoch?: number | undefined;
  /** Evaluate after every so many epochs, by default 1, or after those with the given numbers, from 1. */
  readonly validationFreq?: number | readonly number[] | undefined;
  /** Batches to evaluate on, at most; default: all there are. */
  readonly validationSteps?: number | undefined;
  /** Samples per batch of evaluation; default: `batchSize`. */
  readonly validationBatchSize?: number | undefined;
}

/** What training was like, epoch by epoch. */
export interface FitResult {
  /** By name: `loss`, `accuracy`, …, `valLoss`, `valAccuracy`, …, one number per epoch. */
  readonly history: { readonly loss: number[]; readonly [name: string]: number[] };
  /** How many epochs were run. */
  readonly epochs: number;
}
