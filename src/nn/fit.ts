import { AbortError, ConfigError, NonFiniteError } from '../core/errors';
import type { Rng } from '../core/rng';
import type { Shape } from '../core/shape';
import { finalParams } from '../optim/ema';
import type { OptimizerState } from '../optim/index';
import { Averages, type Report, readFindings } from './averages';
import type { Logs } from './callbacks/callback';
import { CallbackList } from './callbacks/list';
import { fixedBatchOf } from './carried';
import { findNonFinite } from './diagnose';
import type { Feed, MakeBatch } from './feed';
import type { Params } from './layer';
import { withRate } from './optimizer';
import type { EvaluateOptions, EvaluateResult, FitOptions, FitResult } from './options';
import { Run } from './run';
import { drawKey } from './step-rng';
import { rngOf } from './steps';
import { type Batch, type StepSpec, trainedParams } from './train-step';
import type { Trainee } from './trainee';
import { ownCopies } from './variables';

/** Longest time that training keeps the event loop waiting. */
const TURN_MS = 50;

const nextTurn = (): Promise<void> =>
  new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });

/** Lets others run when it has been long since they could, and ends the work when a signal says so. */
class Turns {
  #last = performance.now();

  constructor(
    readonly signal: AbortSignal | undefined,
    readonly what: string,
  ) {}

  async next(where: string): Promise<void> {
    if (performance.now() - this.#last > TURN_MS) {
      await nextTurn();
      this.#last = performance.now();
    }
    if (this.signal?.aborted) {
      throw new AbortError(
        `${this.what}: ended by its signal ${where}. The model keeps the weights of the last whole step.`,
        {
          cause: this.signal.reason,
        },
      );
    }
  }
}

/**
 * Trains on a feed; see `Sequential.fit`.
 *
 * @param isWhole - whether an average of the weights that the optimiser kept takes their place at the end.
 */
export async function fitModel(
  trainee: Trainee,
  feed: Feed,
  validation: Feed | null,
  rng: Rng,
  options: FitOptions,
  isWhole = true,
): Promise<FitResult> {
  const { epochs = 1, initialEpoch = 0, callbacks = [], verbose, signal, validationFreq = 1 } = options;
  const list = new CallbackList(callbacks, verbose);
  const run = new Run(trainee, feed, options, list, rng);
  const turns = new Turns(signal, 'fit');
  try {
    await run.look();
    await list.train('onTrainBegin', {}, run);
    await run.begin({ epoch: initialEpoch, batch: 0 });
    const orders = run.rng.split();
    const noise = run.rng.split();
    const first = run.position;
    feed.passOver?.(first.epoch - initialEpoch);
    for (let epoch = 0; epoch < epochs && !run.stopped; epoch++) {
      // Streams of epochs that are left out are passed over, so that going on gives what not stopping would have given.
      const [order, epochNoise] = [orders.split(), noise.split()];
      if (epoch < first.epoch) continue;
      if (run.position.batch === 0) await list.at('onEpochBegin', epoch, {}, run);
      let logs = await trainEpoch(run, epoch, order, epochNoise, turns);
      if (validation !== null && isValidated(epoch, validationFreq))
        logs = { ...logs, ...prefixed(await averagesOver(trainee, validation, turns)) };
      run.record(epoch, logs);
      await list.at('onEpochEnd', epoch, run.logs, run);
    }
    if (isWhole) finish(trainee);
  } catch (error) {
    run.error = error;
    // What went wrong first is what to tell; callbacks only get to free what they hold.
    await list.train('onTrainEnd', run.logs, run).catch(() => {});
    throw error;
  } finally {
    run.rates.dispose();
    // What goes wrong in letting go is not what to tell.
    await feed.close?.().catch(() => {});
  }
  await list.train('onTrainEnd', run.logs, run);
  return { history: run.history, epochs: run.done };
}

/** Whether the model is evaluated after an epoch: after every n-th, or after those with given numbers, from 1. */
const isValidated = (epoch: number, frequency: number | readonly number[]): boolean =>
  typeof frequency === 'number' ? (epoch + 1) % frequency === 0 : frequency.includes(epoch + 1);

/** Where the optimiser kept an average of the weights, the model takes it over. */
function finish({ variables, backend }: Trainee): void {
  const { optimizerState, weights } = variables;
  const final = optimizerState === null ? null : (finalParams(optimizerState) as readonly Params[] | null);
  if (final === null) return;
  const averaged = variables.keep(() =>
    weights.map((w, i) => ({
      params: { ...w.params, ...ownCopies(final[i]!, backend) },
      state: w.state,
    })),
  );
  variables.replace({ weights: averaged });
}

const prefixed = (logs: Logs): Logs =>
  Object.fromEntries(Object.entries(logs).map(([key, value]) => [`val${key[0]!.toUpperCase()}${key.slice(1)}`, value]));

async function trainEpoch(run: Run, epoch: number, order: Rng, noise: Rng, turns: Turns): Promise<Logs> {
  const { list, feed, shuffles } = run;
  const averages = run.averagesOf(epoch);
  const passed = run.position.batch;
  let batch = 0;
  for await (const make of feed.epoch(shuffles ? order : null)) {
    const own = noise.split();
    // Batches that a snapshot found done.
    if (batch++ < passed) continue;
    await turns.next(`in epoch ${epoch + 1}, before batch ${batch}`);
    if (list.has('onBatchBegin')) await list.at('onBatchBegin', batch - 1, averages.logs(), run);
    await step(run, make, own, averages, `in epoch ${epoch + 1}, batch ${batch}`);
    run.position = { epoch, batch };
    if (list.has('onBatchEnd')) await list.at('onBatchEnd', batch - 1, averages.logs(), run);
    if (run.stopped) break;
  }
  return averages.logs();
}

/** One step, taken over by the model when everything in it is finite. */
async function step(run: Run, make: MakeBatch, noise: Rng, averages: Averages, where: string): Promise<void> {
  const { variables, steps, network } = run.trainee;
  const { next, size } = variables.keep(() => {
    const batch = make();
    const optimizerState = prepare(run, batch);
    const rates = run.rates.next(batch.xs[0]!, () => trainedParams(network.layers, variables.weights));
    const next = steps.train(variables, optimizerState, batch, noise, rates);
    return { next, size: batch.size };
  });
  const report = await readFindings(next.findings);
  if (report.strangers > 0 || !report.isHealthy) {
    variables.discard(next);
    throw await failure(run.trainee, make, noise.restart(), report, where);
  }
  variables.replace({ weights: next.weights, optimizerState: next.optimizerState });
  averages.add(report, { size });
}

/** Why the step over a batch can't be taken over. */
async function failure(trainee: Trainee, make: MakeBatch, noise: Rng, report: Report, where: string): Promise<Error> {
  const { variables } = trainee;
  const batch = variables.keep(make);
  const key = variables.keep(() => drawKey(noise, batch.xs[0]!.backend));
  try {
    const rng = rngOf(key, noise);
    const reason = await findNonFinite(specOf(trainee), variables.weights, batch, rng);
    if (report.strangers > 0) return strangersError('fit', report.strangers);
    return new NonFiniteError(
      `fit: the loss or the weights became NaN or infinite ${where}. ${reason} The weights are as before that step.`,
    );
  } catch (error) {
    return error as Error;
  } finally {
    for (const t of [...batch.xs, ...batch.ys, ...batch.weights, key]) t?.dispose();
  }
}

/** For values that only the engine has seen; where they can be read, the loss or layer tells which they are. */
function strangersError(what: string, count: number): ConfigError {
  return new ConfigError(
    `${what}: ${count} class numbers or tokens of a batch are no integers in range. Count the classes from 0, and see that the model has an output, or an embedding a row, for each.`,
  );
}

function specOf({ network, compiled, variables }: Trainee): StepSpec {
  return { network, outputs: compiled.outputs, optimizer: compiled.optimizer, masks: variables.masks };
}

const sampleShapes = ({ xs }: Batch): Shape[] => xs.map((x) => x.shape.slice(1));

/** The state of the optimiser, after making it and the weights where there are none. */
function prepare(run: Run, batch: Batch): OptimizerState {
  const { variables, compiled, network, build } = run.trainee;
  build(...sampleShapes(batch));
  if (variables.optimizerState !== null) return variables.optimizerState;
  const params = trainedParams(network.layers, variables.weights);
  if (params.every((p) => Object.keys(p).length === 0)) {
    throw new ConfigError(
      'fit: the model has no weights to train. Layers may be frozen, or quantised to integers, which can’t be trained.',
    );
  }
  const rate = run.pendingRate;
  run.pendingRate = null;
  run.hostRate = rate;
  const optimizerState = variables.keep(() => {
    const fresh = compiled.optimizer.init(params);
    return rate === null ? fresh : withRate(compiled.optimizer, fresh, rate)!;
  });
  variables.replace({ optimizerState });
  return optimizerState;
}

/** The loss and metrics over a feed; see `Sequential.evaluate`. */
export async function evaluateModel(trainee: Trainee, feed: Feed, options: EvaluateOptions): Promise<EvaluateResult> {
  return (await averagesOver(trainee, feed, new Turns(options.signal, 'evaluate'))) as EvaluateResult;
}

async function averagesOver(trainee: Trainee, feed: Feed, turns: Turns): Promise<Logs> {
  const { variables, compiled, steps, build, network } = trainee;
  const averages = new Averages(compiled);
  const isStateful = fixedBatchOf(network) !== null;
  try {
    for await (const make of feed.epoch(null)) {
      await turns.next('while evaluating');
      const { findings, size } = variables.keep(() => {
        const batch = make();
        build(...sampleShapes(batch));
        const { findings, carried } = steps.test(variables, batch);
        if (isStateful) variables.carryOn(carried);
        return { findings, size: batch.size };
      });
      const report = await readFindings(findings);
      if (report.strangers > 0) throw evaluationFailure(trainee, make, report);
      averages.add(report, { size });
    }
  } finally {
    await feed.close?.().catch(() => {});
  }
  return averages.logs();
}

function evaluationFailure({ variables, steps }: Trainee, make: MakeBatch, report: Report): Error {
  try {
    variables.keep(() => steps.testEagerly(variables, make())).dispose();
  } catch (error) {
    return error as Error;
  }
  return strangersError('evaluate', report.strangers);
}
