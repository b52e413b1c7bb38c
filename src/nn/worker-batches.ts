import { AbortError, ConfigError, KompaktError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type MessageWorker, startWorker, workerSource } from '../estimator/worker';
import type { BatchLike } from './options';

export interface WorkerBatchesOptions {
  /** How many batches may lie ready; default 2. */
  readonly ahead?: number | undefined;
  /** The export of the module to call, by default `'default'`. */
  readonly exportName?: string | undefined;
  /** What it is called with: anything that can be cloned to a thread. */
  readonly input?: unknown;
  /** Ends the work at once, also while a batch is waited for. */
  readonly signal?: AbortSignal | undefined;
}

/** What the thread answers with. */
type Answer =
  | { readonly value: unknown }
  | { readonly done: true }
  | { readonly error: { readonly name: string; readonly message: string; readonly stack: string } };

/** The program of the thread: it opens the module's iterable, and makes one batch for every one that is asked for. */
const ANSWER = `(() => {
  let iterator = null;
  let last = Promise.resolve();
  const open = async ({ url, exportName, input }) => {
    const make = (await import(url))[exportName];
    if (typeof make !== 'function') throw new TypeError('it exports no function ' + JSON.stringify(exportName));
    const made = await make(input);
    const begin = made?.[Symbol.asyncIterator] ?? made?.[Symbol.iterator];
    if (typeof begin !== 'function') throw new TypeError('the function returns nothing to go through');
    iterator = begin.call(made);
  };
  const failure = (e) => ({ name: String(e?.name ?? 'Error'), message: String(e?.message ?? e), stack: String(e?.stack ?? '') });
  let broken = false;
  return (message, reply) => {
    last = last.then(async () => {
      if (broken) return;
      try {
        if (message.url !== undefined) return await open(message);
        const { done, value } = await iterator.next();
        reply(done ? { done: true } : { value });
      } catch (e) {
        broken = true;
        reply({ error: failure(e) });
      }
    });
  };
})()`;

/**
 * Batches that a module makes in a thread of its own, while the model learns: reading, decoding and augmenting no longer
 * wait for the steps, nor the steps for them.
 *
 * The module's function is called anew for every epoch, in a thread of its own, which ends with the epoch or with `fit`. Its
 * batches come in its order, one after the other, so a run is the same with a thread as without. At most `ahead` of them
 * lie ready. What is yielded is cloned: nested arrays, typed arrays, `{ data, shape }`, no tensors.
 *
 * @param module - the address of an ES module that exports a function `(input) => iterable of [x, y, sampleWeight?]`, sync or
 * async, such as `new URL('./batches.js', import.meta.url)`. It is loaded as it is: in Node JavaScript, in browsers what the
 * server sends (a bundler has to be told of it).
 * @param options - `ahead = 2`; `exportName = 'default'`; `input`: what the function is called with; `signal`: ends the work at once.
 * @returns a function that returns a new iterable, as `fit` takes it.
 * @throws ConfigError for options out of range, or where the host has no threads; while it is gone through, a KompaktError
 * that tells what went wrong in the thread, in its turn, and an AbortError when `signal` says so.
 *
 * @example
 * ```ts
 * import { dense, sequential, workerBatches } from 'kompakt/nn';
 * const text = 'export default function* (n) { for (let i = 0; i < n; i++) yield [[[i / n]], [[i]]]; }';
 * const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 0 });
 * model.compile({ optimizer: 'sgd', loss: 'mse' });
 * const batches = workerBatches(`data:text/javascript,${encodeURIComponent(text)}`, { input: 5 });
 * const { history } = await model.fit(batches, undefined, { epochs: 2 });
 * console.log(history.loss.length); // → 2
 * ```
 */
export function workerBatches<T extends BatchLike = BatchLike>(
  module: string | URL,
  options: WorkerBatchesOptions = {},
): () => AsyncGenerator<T> {
  checkOptions(options, ['ahead', 'exportName', 'input', 'signal'], 'workerBatches');
  const { ahead = 2, exportName = 'default', input, signal } = options;
  if (!Number.isInteger(ahead) || ahead < 1)
    throw new ConfigError(`workerBatches: ahead must be an integer ≥ 1, got ${String(ahead)}.`);
  const url = addressOf(module);
  return async function* () {
    const inbox = new Inbox(signal);
    const worker = startWorker(workerSource(ANSWER), {
      message: (answer) => inbox.put(answer as Answer),
      failed: (reason) => inbox.fail(failure(url, { message: String((reason as Error)?.message ?? reason) })),
    });
    if (worker === null)
      throw new ConfigError(
        'workerBatches: this host has no threads to start. Make the batches here: prefetch(batches).',
      );
    try {
      ask(worker, { url, exportName, input });
      for (let i = 0; i < ahead; i++) ask(worker, {});
      for (;;) {
        const answer = await inbox.take();
        if ('error' in answer) throw failure(url, answer.error);
        if ('done' in answer) return;
        ask(worker, {});
        yield answer.value as T;
      }
    } finally {
      inbox.close();
      worker.terminate();
    }
  };
}

function addressOf(module: unknown): string {
  try {
    return new URL(module as string | URL).href;
  } catch (cause) {
    throw new ConfigError(
      `workerBatches: ${String(module)} is no whole address, which a thread needs. Give new URL('./batches.js', import.meta.url).`,
      { cause },
    );
  }
}

function ask(worker: MessageWorker, message: object): void {
  try {
    worker.post(message);
  } catch (cause) {
    throw new ConfigError('workerBatches: the input can’t be cloned to a thread. Give numbers, text and arrays.', {
      cause,
    });
  }
}

function failure(
  url: string,
  { name = 'Error', message, stack }: { name?: string; message: string; stack?: string },
): KompaktError {
  const cause = Object.assign(new Error(message), { name, ...(stack !== undefined && { stack }) });
  const shown = url.length > 100 ? `${url.slice(0, 97)}…` : url;
  return new KompaktError(`workerBatches: the module ${shown} failed in its thread: ${name}: ${message}`, { cause });
}

/** Answers in their order, for one reader. */
class Inbox {
  readonly #answers: Answer[] = [];
  #failed: Error | null = null;
  #wake: (() => void) | null = null;

  readonly #onAbort = (): void =>
    this.fail(new AbortError('workerBatches: ended by its signal.', { cause: this.signal?.reason }));

  constructor(readonly signal: AbortSignal | undefined) {
    if (signal?.aborted) this.#onAbort();
    signal?.addEventListener('abort', this.#onAbort);
  }

  put(answer: Answer): void {
    this.#answers.push(answer);
    this.#wake?.();
  }

  /** From now on, nothing but this comes, after the answers that are there. */
  fail(error: Error): void {
    this.#failed ??= error;
    this.#wake?.();
  }

  async take(): Promise<Answer> {
    while (this.#answers.length === 0 || this.#failed instanceof AbortError) {
      if (this.#failed !== null) throw this.#failed;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    return this.#answers.shift()!;
  }

  close(): void {
    this.signal?.removeEventListener('abort', this.#onAbort);
  }
}
