import { AbortError, ConfigError, KompaktError } from '../../core/errors';
import type { OnWarning } from '../../metrics/warning';
import { CannotTravel } from './describe';
import { type Job, type Outcome, runJob, type Task } from './job';
import { runInThreads } from './pool';
import { cores } from './thread';

/** How far a run has come. */
export interface Progress {
  /** How many fits are done. */
  readonly done: number;
  /** How many there are in all. */
  readonly total: number;
}

/** Options of everything that fits again and again. */
export interface RunOptions {
  /** Ends the run with an `AbortError`. */
  readonly signal?: AbortSignal | undefined;
  /** Called after every fit. */
  readonly onProgress?: ((progress: Progress) => void) | undefined;
  /** What a score counts as where fitting or scoring fails: a number, NaN by default, or `'raise'` to throw. */
  readonly errorScore?: number | 'raise' | undefined;
  /** Told of fits that failed. */
  readonly onWarning?: OnWarning | undefined;
  /** How many threads fit at the same time: 1 by default; -1 for all cores. Results are the same for any number. */
  readonly nJobs?: number | undefined;
  /** Address of a module that calls `serveJobs`, for classes that are not kompakt's. */
  readonly jobModule?: URL | string | undefined;
}

export const RUN_OPTIONS = ['signal', 'onProgress', 'errorScore', 'onWarning', 'nJobs', 'jobModule'] as const;

/** A fit, or a figure, failed, and its score was set to `errorScore`; the first cause is in `cause`. */
export class FitFailedWarning extends KompaktError {
  override name = 'FitFailedWarning';
}

/** Throws for options that can't be meant. */
export function checkRunOptions({ signal, onProgress, errorScore, nJobs }: RunOptions, what: string): void {
  if (signal !== undefined && typeof signal?.aborted !== 'boolean')
    throw new ConfigError(`${what}: signal must be an AbortSignal, such as controller.signal.`);
  if (onProgress !== undefined && typeof onProgress !== 'function')
    throw new ConfigError(`${what}: onProgress must be a function, got ${String(onProgress)}.`);
  if (nJobs !== undefined && nJobs !== -1 && (!Number.isInteger(nJobs) || nJobs < 1))
    throw new ConfigError(`${what}: nJobs must be a number of threads ≥ 1, or -1 for all cores; got ${String(nJobs)}.`);
  if (errorScore !== undefined && errorScore !== 'raise' && typeof errorScore !== 'number')
    throw new ConfigError(`${what}: errorScore must be a number or 'raise', got ${String(errorScore)}.`);
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
