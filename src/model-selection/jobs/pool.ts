import { AbortError, KompaktError } from '../../core/errors';
import type { Labels } from '../../data/labels';
import type { Rows } from '../../data/rows';
import { CannotTravel, describeRows, describeValue } from './describe';
import type { Job, Outcome, Task } from './job';
import { type Answer, fromErrorData, type JobMessage, type TaskMessage } from './messages';
import type { RunOptions } from './run-options';
import { type JobThread, startJobThread } from './thread';

/** A thread that did jobs ended by itself. */
export class JobThreadError extends KompaktError {
  override name = 'JobThreadError';
}

/** Jobs as data; throws `CannotTravel` where one can't be. */
function describeAll(task: Task, jobs: readonly Job[], what: string): { task: TaskMessage; jobs: JobMessage[] } {
  if (jobs.some((job) => job.keepModel)) throw new CannotTravel('fitted models are to be handed back');
  describeValue(task.scoring, 'scoring');
  const messages = jobs.map(({ params, part, ...rest }, index): JobMessage => {
    const described = params === undefined ? null : describeValue(params, 'a parameter');
    return { kind: 'job', index, job: { ...rest, part: { train: part.train, test: part.test } }, params: described };
  });
  return {
    jobs: messages,
    task: {
      kind: 'task',
      estimator: describeValue(task.estimator, 'the estimator'),
      X: describeRows(task.X, 'X'),
      y: describeRows(task.y as Labels as Rows, 'y'),
      weights: task.weights,
      scoring: task.scoring,
      what,
    },
  };
}

/**
 * Does jobs in threads, each taking the next when it is done with one.
 *
 * @returns the outcomes in the order of the jobs, as if they had been done one after the other; or why threads can't do them.
 * @throws AbortError; JobThreadError for a thread that ended by itself; with `errorScore: 'raise'` what a job throws.
 */
export async function runInThreads(
  task: Task,
  jobs: readonly Job[],
  threads: number,
  options: RunOptions,
  what: string,
): Promise<readonly Outcome[] | CannotTravel> {
  const started: JobThread[] = [];
  try {
    const messages = describeAll(task, jobs, what);
    for (let i = 0; i < Math.min(threads, jobs.length); i++) started.push(startJobThread(options.jobModule));
    return await new Pool(started, messages, options, what).outcomes;
  } catch (error) {
    if (error instanceof CannotTravel) return error;
    if (started.length === 0) return new CannotTravel(`no thread can be started: ${String(error)}`);
    throw error;
  } finally {
    await Promise.all(started.map((thread) => thread.terminate()));
  }
}

class Pool {
  readonly outcomes: Promise<readonly Outcome[]>;
  readonly #found: Outcome[] = [];
  #next = 0;
  #done = 0;
  #ready = 0;

  constructor(
    readonly threads: readonly JobThread[],
    readonly messages: { readonly task: TaskMessage; readonly jobs: readonly JobMessage[] },
    readonly options: RunOptions,
    readonly what: string,
  ) {
    this.outcomes = new Promise((resolve, reject) => {
      const abort = (): void => {
        const after = `${this.#done} of ${this.messages.jobs.length} fits`;
        reject(new AbortError(`${what}: ended by its signal after ${after}.`, { cause: options.signal?.reason }));
      };
      if (options.signal?.aborted) abort();
      options.signal?.addEventListener('abort', abort, { once: true });
      const finish = (): void => {
        options.signal?.removeEventListener('abort', abort);
        resolve(this.#found);
      };
      for (const thread of threads) {
        thread.onEnd((reason) => reject(this.#ended(reason)));
        thread.onAnswer((answer) => {
          try {
            this.#take(answer, thread, finish);
          } catch (error) {
            reject(error);
          }
        });
        thread.post(messages.task);
      }
    });
  }

  #ended(reason: string): Error {
    if (this.#ready === 0) return new CannotTravel(`no thread can be started: ${reason}`);
    return new JobThreadError(
      `${this.what}: a thread ended after ${this.#done} fits: ${reason}. Try again, or with nJobs: 1.`,
    );
  }

  #take(answer: Answer, thread: JobThread, finish: () => void): void {
    if (answer.kind === 'refused') throw new CannotTravel(answer.reason);
    if (answer.kind === 'failed') throw fromErrorData(answer.error);
    if (answer.kind === 'ready') this.#ready++;
    else {
      const failures = answer.outcome.failures.map((f) => ({ ...f, error: fromErrorData(f.error as never) }));
      if (this.options.errorScore === 'raise' && failures[0] !== undefined) throw failures[0].error;
      this.#found[answer.index] = { ...answer.outcome, failures };
      this.#done++;
      this.options.onProgress?.({ done: this.#done, total: this.messages.jobs.length });
      if (this.#done === this.messages.jobs.length) finish();
    }
    const job = this.messages.jobs[this.#next++];
    if (job !== undefined) thread.post(job);
  }
}
