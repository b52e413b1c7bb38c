import { AbortError, ConfigError, KompaktError } from '../../core/errors';
import { shown } from '../../core/shown';
import { CannotTravel } from './describe';
import { type Job, type Outcome, runJob, type Task } from './job';
import { runInThreads } from './pool';
import { type Progress, RUN_OPTIONS, type RunOptions } from './run-options';
import { cores } from './thread';

export type { Progress, RunOptions };
export { RUN_OPTIONS };

/** A fit, or a figure, failed, and its score was set to `errorScore`; the first cause is in `cause`. */
export class FitFailedWarning extends KompaktError {
  override name = 'FitFailedWarning';
}

/** Throws for options that can't be meant. */
export function checkRunOptions({ signal, onProgress, onWarning, errorScore, nJobs }: RunOptions, what: string): void {
  if (signal !== undefined && typeof signal?.aborted !== 'boolean')
    throw new ConfigError(`${what}: signal must be an AbortSignal, such as controller.signal.`);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new ConfigError(`${what}: onProgress must be a function, got ${shown(onProgress)}.`);
  if (onWarning !== undefined && typeof onWarning !== 'function')
    throw new ConfigError(`${what}: onWarning must be a function, got ${shown(onWarning)}.`);
  if (nJobs !== undefined && nJobs !== -1 && (!Number.isInteger(nJobs) || nJobs < 1))
    throw new ConfigError(`${what}: nJobs must be a number of threads ≥ 1, or -1 for all cores; got ${shown(nJobs)}.`);
  if (errorScore !== undefined && errorScore !== 'raise' && typeof errorScore !== 'number')
    throw new ConfigError(`${what}: errorScore must be a number or 'raise', got ${shown(errorScore)}.`);
}

/**
 * Runs jobs one after the other, or with `nJobs` in threads; where threads can't do them, a warning says why.
 *
 * @returns their outcomes, in their order.
 * @throws AbortError when `signal` says so; with `errorScore: 'raise'`, what the first failing job throws.
 */
export async function runJobs(
  task: Task,
  jobs: readonly Job[],
  options: RunOptions,
  what: string,
): Promise<readonly Outcome[]> {
  const threads = options.nJobs === -1 ? cores() : (options.nJobs ?? 1);
  if (threads > 1 && jobs.length > 1) {
    const found = await runInThreads(task, jobs, threads, options, what);
    if (!(found instanceof CannotTravel)) return found;
    options.onWarning?.(new KompaktError(`${what}: fits one after the other instead of in threads: ${found.message}.`));
  }
  const outcomes: Outcome[] = [];
  const turn = options.signal === undefined && options.onProgress === undefined ? null : turns();
  for (const job of jobs) {
    await turn?.();
    checkNotAborted(options.signal, `${what}: ended by its signal after ${outcomes.length} of ${jobs.length} fits.`);
    const outcome = await runJob(task, job);
    if (options.errorScore === 'raise' && outcome.failures[0] !== undefined) throw outcome.failures[0].error;
    outcomes.push(outcome);
    options.onProgress?.({ done: outcomes.length, total: jobs.length });
  }
  return outcomes;
}

export function checkNotAborted(signal: AbortSignal | undefined, message: string): void {
  if (signal?.aborted) throw new AbortError(message, { cause: signal.reason });
}

const TURN_MS = 50;

/** Lets timers and events have their turn, which is how a signal gets to be set, when they have long had none. */
function turns(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < TURN_MS) return;
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    last = performance.now();
  };
}
