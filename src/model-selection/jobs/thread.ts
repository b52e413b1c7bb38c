import type { Answer, JobMessage, TaskMessage } from './messages';

/** A thread that does jobs. */
export interface JobThread {
  post(message: TaskMessage | JobMessage): void;
  onAnswer(listener: (answer: Answer) => void): void;
  /** Called when the thread ends or fails by itself. */
  onEnd(listener: (reason: string) => void): void;
  terminate(): Promise<void>;
}

interface NodeWorker {
  postMessage(message: unknown): void;
  on(event: string, listener: (value: never) => void): void;
  terminate(): Promise<unknown>;
}

interface NodeModules {
  'node:worker_threads': { Worker: new (url: URL, options: object) => NodeWorker };
  'node:os': { availableParallelism?(): number; cpus(): readonly unknown[] };
}

function nodeModule<K extends keyof NodeModules>(id: K): NodeModules[K] | undefined {
  type Host = { getBuiltinModule?(name: K): NodeModules[K] | undefined };
  return (globalThis as { process?: Host }).process?.getBuiltinModule?.(id);
}

/** How many threads can really run at once. */
export function cores(): number {
  const os = nodeModule('node:os');
  if (os !== undefined) return os.availableParallelism?.() ?? os.cpus().length;
  return (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 1;
}

/**
 * Starts the module at `url` in a thread of its own; without one, the built-in one. Throws where that can't be.
 */
export function startJobThread(url: URL | string | undefined): JobThread {
  const threads = nodeModule('node:worker_threads');
  if (threads !== undefined) {
    const at = new URL(url ?? new URL('./jobs-worker.js', import.meta.url));
    return overNode(new threads.Worker(at, { execArgv: [], name: 'kompakt jobs' }));
  }
  // Bundlers look for exactly this expression, and build the worker that it names.
  const worker =
    url === undefined
      ? new Worker(new URL('./jobs-worker.js', import.meta.url), { type: 'module' })
      : new Worker(url, { type: 'module' });
  return {
    post: (message) => worker.postMessage(message),
    onAnswer: (listener) => {
      worker.onmessage = ({ data }) => listener(data as Answer);
    },
    onEnd: (listener) => {
      worker.onerror = (event) => listener(event.message || 'it could not be started');
      worker.onmessageerror = () => listener('a message could not be read');
    },
    terminate: async () => worker.terminate(),
  };
}

function overNode(worker: NodeWorker): JobThread {
  return {
    post: (message) => worker.postMessage(message),
    onAnswer: (listener) => worker.on('message', listener as never),
    onEnd: (listener) => {
      worker.on('error', ((error: Error) => listener(error.message)) as never);
      worker.on('messageerror', ((error: Error) => listener(error.message)) as never);
      worker.on('exit', ((code: number) => listener(`it ended with code ${code}`)) as never);
    },
    terminate: async () => void (await worker.terminate()),
  };
}
