import type { Nest } from '../../core/nest';
import type { Tensor } from '../../core/tensor';
import type { TensorLike } from '../../ops/create';

/** What a callback remembers: a record of tensors, numbers, texts, and arrays and records of them. */
export type CallbackMemory = { readonly [name: string]: Nest<Tensor | number | string | boolean | null> };

/** Numbers of an epoch or batch by name: `loss`, `accuracy`, `valLoss`, … */
export type Logs = { readonly [name: string]: number };

/** What callbacks can do with the model being trained. */
export interface CallbackModel<Y = unknown> {
  getWeights(): Tensor[];
  setWeights(weights: readonly TensorLike[]): void;
  save(path: string): Promise<void>;
  toBytes(): Promise<Uint8Array>;
  predict(x: TensorLike): Y;
}

/** One call of `fit`, as callbacks see it. */
export interface Training {
  readonly model: CallbackModel;
  /** How many epochs were asked for. */
  readonly epochs: number;
  /** Batches per epoch; null while unknown, as for an iterable in its first epoch. */
  readonly steps: number | null;
  /** The learning rate that the next step uses. Setting it replaces the optimiser's, a schedule included. */
  learningRate: number;
  /** Asks to end training after the current batch. */
  stop(): void;
  /** All that training needs to go on from here, as bytes; see `backup`. */
  snapshot(): Promise<Uint8Array>;
  /** In `onTrainBegin`: go on from a snapshot, instead of from the beginning. */
  restore(snapshot: Uint8Array): void;
  /** What training was ended by, if by an error or a signal. */
  readonly error: unknown;
}

/**
 * Looks on, or steps in, while a model is trained. Every hook may be async, and is waited for.
 *
 * Hooks receive the epoch or batch (from 0), the logs so far (empty at a beginning) and the {@link Training}. Batch logs
 * are averages over the epoch so far. `onTrainEnd` is called however training ends; `training.error` is set when it was an
 * error or a signal.
 *
 * @example
 * ```ts
 * import { dense, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 0 });
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * const { epochs } = await model.fit([[1], [2]], [[2], [4]], {
 *   epochs: 10,
 *   callbacks: [{ onEpochEnd: (epoch, logs, training) => { if (epoch === 1) training.stop(); } }],
 * });
 * console.log(epochs); // → 2
 * ```
 */
export interface Callback {
  /** What it is; at most one callback named `progressBar` shows progress. */
  readonly name?: string;
  /** Whether it sets the learning rate: every epoch's logs then tell it. */
  readonly steersLearningRate?: boolean;
  /** Whether its hooks are called behind those of others. */
  readonly comesLast?: boolean;
  /** What it remembers, for a snapshot of training: tensors and plain data. */
  remembered?(): CallbackMemory;
  /** Goes on from what `remembered` gave; it is called behind `onTrainBegin`. Tensors are the callback's then. */
  remind?(memory: CallbackMemory): unknown;
  onTrainBegin?(logs: Logs, training: Training): unknown;
  onTrainEnd?(logs: Logs, training: Training): unknown;
  onEpochBegin?(epoch: number, logs: Logs, training: Training): unknown;
  onEpochEnd?(epoch: number, logs: Logs, training: Training): unknown;
  onBatchBegin?(batch: number, logs: Logs, training: Training): unknown;
  onBatchEnd?(batch: number, logs: Logs, training: Training): unknown;
}
