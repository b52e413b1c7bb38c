import type { Estimator } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import type { Rows } from '../../data/rows';
import { toScorers } from '../scoring/resolve';
import { CannotTravel, type Classes, revive } from './describe';
import { type Failure, type Params, runJob, type Task } from './job';
import { type Answer, type JobMessage, type TaskMessage, toErrorData } from './messages';

interface Port {
  postMessage(answer: Answer): void;
  on?(event: 'message', listener: (message: TaskMessage | JobMessage) => void): void;
}

/** The way to the thread that started this one. */
function port(): Port {
  const host = (globalThis as { process?: { getBuiltinModule?(id: string): { parentPort?: Port | null } | undefined } })
    .process;
  const parent = host?.getBuiltinModule?.('node:worker_threads')?.parentPort;
  if (parent) return parent;
  const self = globalThis as unknown as Port & { onmessage: unknown };
  return {
    postMessage: (answer) => self.postMessage(answer),
    on: (_event, listener) => {
      self.onmessage = ({ data }: { data: TaskMessage | JobMessage }) => listener(data);
    },
  };
}

/**
 * Makes the thread at hand do jobs for searches and cross-validation with `nJobs`. Call it in a module of your own, whose
 * address you give as `jobModule`, for estimators and transformers that are not kompakt's, or for a worker with fewer classes.
 *
 * @param classes - by the `name` of their instances; constructors take options, kept as `options`.
 *
 * @example
 * ```ts
 * import { LogisticRegression } from 'kompakt/linear';
 * import { serveJobs } from 'kompakt/model-selection';
 * // All there is in my-worker.ts; elsewhere { nJobs: 4, jobModule: new URL('./my-worker.js', import.meta.url) }.
 * serveJobs({ LogisticRegression });
 * ```
 */
export function serveJobs(classes: Classes): void {
  const parent = port();
  let task: Task | null = null;
  const answer = async (message: TaskMessage | JobMessage): Promise<Answer> => {
    if (message.kind === 'task') {
      task = toTask(message, classes);
      return { kind: 'ready' };
    }
    const params = message.params === null ? undefined : (revive(message.params, classes) as Params);
    const outcome = await runJob(task!, { ...message.job, params });
    const failures = outcome.failures.map((f): Failure => ({ ...f, error: toErrorData(f.error) }));
    return { kind: 'done', index: message.index, outcome: { ...outcome, failures } };
  };
  parent.on!('message', (message) => {
    answer(message).then(
      (done) => parent.postMessage(done),
      (error: unknown) => {
        if (message.kind === 'task' || error instanceof CannotTravel)
          parent.postMessage({ kind: 'refused', reason: toErrorData(error).message });
        else parent.postMessage({ kind: 'failed', index: message.index, error: toErrorData(error) });
      },
    );
  });
}

function toTask(message: TaskMessage, classes: Classes): Task {
  return {
    estimator: revive(message.estimator, classes) as Estimator,
    X: revive(message.X, classes) as Rows,
    y: revive(message.y, classes) as Labels,
    weights: message.weights,
    scoring: message.scoring,
    scorers: toScorers(message.scoring, message.what),
  };
}
