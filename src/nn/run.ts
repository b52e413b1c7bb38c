import { ConfigError } from '../core/errors';
import { tensorsIn } from '../core/nest';
import { Rng } from '../core/rng';
import { Averages, type AveragesData } from './averages';
import type { CallbackModel, Logs, Training } from './callbacks/callback';
import type { CallbackList } from './callbacks/list';
import type { Feed } from './feed';
import { awaitRate, currentRate, isPlainData, withRate } from './optimizer';
import type { FitOptions } from './options';
import { RateTables } from './rates';
import { restoreTrainee } from './resume/restore';
import { encodeSnapshot, type Position, peekSnapshot, type RunData } from './resume/snapshot';
import type { Trainee } from './trainee';

/** Options of `fit` that a snapshot keeps. */
const KEPT = [
  'epochs',
  'batchSize',
  'validationSplit',
  'validationFreq',
  'validationSteps',
  'validationBatchSize',
  'classWeight',
  'shuffle',
  'initialEpoch',
  'stepsPerEpoch',
] as const;

/** One call of `fit`. */
export class Run implements Training {
  error: unknown = undefined;
  stopped = false;
  /** Whether a callback sets the learning rate, which is then logged. */
  steers: boolean;
  /** The learning rate until a callback that did not say it would set it did. */
  rateBefore = Number.NaN;
  /** A learning rate set before the optimiser has a state. */
  pendingRate: number | null = null;
  /** The learning rate of a state on a device that the host can't read; null: as the optimiser begins. */
  hostRate: number | null = null;
  readonly rates: RateTables;
  /** How far training is. */
  position: Position = { epoch: 0, batch: 0 };
  /** By name, one number for every epoch that is done. */
  readonly history: { loss: number[]; [name: string]: number[] } = { loss: [] };
  /** Epochs that are done. */
  done = 0;
  /** Of the last epoch. */
  logs: Logs = {};
  rng: Rng;
  readonly epochs: number;
  readonly shuffles: boolean;
  #averages: Averages | null = null;
  #snapshot: Uint8Array | null = null;
  #restored: AveragesData | null = null;

  constructor(
    readonly trainee: Trainee,
    readonly feed: Feed,
    readonly options: FitOptions,
    readonly list: CallbackList,
    rng: Rng,
  ) {
    this.rng = rng;
    this.epochs = options.epochs ?? 1;
    this.shuffles = options.shuffle ?? true;
    this.steers = list.steersLearningRate;
    this.rates = new RateTables(trainee.compiled.optimizer, trainee.variables);
  }

  get model(): CallbackModel {
    return this.trainee.model;
  }

  get steps(): number | null {
    return this.feed.steps;
  }

  get learningRate(): number {
    const { compiled, variables } = this.trainee;
    if (this.pendingRate !== null) return this.pendingRate;
    const { optimizerState } = variables;
    if (optimizerState === null || !isDistant(optimizerState)) return currentRate(compiled.optimizer, optimizerState);
    return this.hostRate ?? currentRate(compiled.optimizer, null);
  }

  set learningRate(value: number) {
    const { compiled, variables } = this.trainee;
    if (!this.steers) this.rateBefore = this.learningRate;
    this.steers = true;
    const optimizerState = variables.keep(() => withRate(compiled.optimizer, variables.optimizerState, value));
    if (optimizerState === null) this.pendingRate = value;
    else {
      this.hostRate = value;
      variables.replace({ optimizerState });
    }
  }

  /** Reads what the host has to know of a state that it can't read at once. */
  async look(): Promise<void> {
    const state = this.trainee.variables.optimizerState;
    if (state === null || !isDistant(state)) return;
    this.hostRate = await awaitRate(state);
    await this.rates.begin(state);
  }

  stop(): void {
    this.stopped = true;
  }

  /** The sums of an epoch that begins or, behind a snapshot, goes on. */
  averagesOf(_epoch: number): Averages {
    const averages = new Averages(this.trainee.compiled);
    if (this.#restored !== null) averages.restore(this.#restored);
    this.#restored = null;
    this.#averages = averages;
    return averages;
  }

  /** Adds an epoch to the history. A learning rate logged from here on was the one before until now. */
  record(epoch: number, logs: Logs): void {
    const { history } = this;
    this.logs = this.steers ? { ...logs, learningRate: this.learningRate } : logs;
    for (const [key, value] of Object.entries(this.logs)) {
      history[key] ??= key === 'learningRate' ? new Array<number>(this.done).fill(this.rateBefore) : [];
      history[key].push(value);
    }
    this.done++;
    this.#averages = null;
    this.position = { epoch: epoch + 1, batch: 0 };
  }

  async snapshot(): Promise<Uint8Array> {
    if (this.rng.constructor !== Rng)
      throw new ConfigError(
        'backup: the random numbers of this fit are no stream of kompakt’s. Give fit a seed, a number or a text.',
      );
    const { variables, model } = this.trainee;
    const options = Object.fromEntries(
      KEPT.flatMap((key) => {
        const value = this.options[key];
        return value === undefined || !isPlainData(value) ? [] : [[key, value]];
      }),
    );
    return encodeSnapshot({
      model: await model.toBytes(),
      optimizerState: variables.optimizerState,
      callbacks: this.list.remembered(),
      run: {
        ...this.position,
        seed: this.rng.seed,
        steps: this.steps,
        averages: this.#averages?.toData() ?? null,
        history: this.history,
        done: this.done,
        logs: this.logs,
        stopped: this.stopped,
        steers: this.steers,
        rateBefore: Number.isNaN(this.rateBefore) ? null : this.rateBefore,
        pendingRate: this.pendingRate,
        options,
      },
    });
  }

  restore(snapshot: Uint8Array): void {
    this.#snapshot = snapshot;
  }

  /** Takes up a snapshot, where a callback gave one; else begins at `first`. */
  async begin(first: Position): Promise<void> {
    this.position = first;
    if (this.#snapshot === null) return;
    this.#check(peekSnapshot(this.#snapshot).run);
    const { run, callbacks } = restoreTrainee(this.trainee, this.#snapshot);
    await this.look();
    this.#snapshot = null;
    this.position = { epoch: run.epoch, batch: run.batch };
    this.rng = new Rng(run.seed);
    this.#restored = run.averages;
    Object.assign(this.history, structuredClone(run.history));
    this.done = run.done;
    this.logs = run.logs;
    this.stopped = run.stopped;
    this.steers = run.steers;
    this.rateBefore = run.rateBefore ?? Number.NaN;
    this.pendingRate = run.pendingRate;
    await this.list.remind(callbacks);
  }

  #check({ steps }: RunData): void {
    if (steps === null || this.steps === null || steps === this.steps) return;
    throw new ConfigError(
      `backup: the snapshot is of training with ${steps} batches per epoch, and there are ${this.steps} now. Give the same data and batchSize, or another folder.`,
    );
  }
}

/** Whether a state has tensors that the host can't look at. */
function isDistant(state: unknown): boolean {
  for (const t of tensorsIn(state)) return t.backend.host(t.block) === null;
  return false;
}
