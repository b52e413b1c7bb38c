interface NodeWorker {
  on(event: 'message', listener: (message: unknown) => void): void;
  on(event: 'error' | 'exit', listener: (reason: unknown) => void): void;
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  terminate(): Promise<unknown>;
}

/** A thread that is sent messages and answers with messages. */
export interface MessageWorker {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  terminate(): void;
}

export interface WorkerEvents {
  message(message: unknown): void;
  /** It can't go on: it failed, was refused by the host, or ended. */
  failed(reason: unknown): void;
}

interface NodeModules {
  'node:worker_threads': { Worker: new (source: string, options: object) => NodeWorker };
  'node:os': { availableParallelism?(): number; cpus(): readonly unknown[] };
}

/** A module of Node, without importing it: bundlers for browsers would stumble over that. */
function nodeModule<K extends keyof NodeModules>(id: K): NodeModules[K] | undefined {
  const { process: host } = globalThis as { process?: { getBuiltinModule?(id: string): unknown } };
  return host?.getBuiltinModule?.(id) as NodeModules[K] | undefined;
}

/** How many threads `nJobs` asks for: −1 all processors, −2 all but one, and so on. */
export function resolveJobs(nJobs: number): number {
  if (nJobs > 0) return nJobs;
  const os = nodeModule('node:os');
  const processors =
    os?.availableParallelism?.() ??
    os?.cpus().length ??
    (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ??
    1;
  return Math.max(1, processors + 1 + nJobs);
}

/**
 * Program text of a thread: `answer`, the text of a function `(message, reply) => void`, is called for every message;
 * `reply(message, transfer)` sends one back.
 */
export function workerSource(answer: string): string {
  return [
    "'use strict';",
    '{',
    '  const port = typeof process === "object" && typeof process.getBuiltinModule === "function"',
    '    ? process.getBuiltinModule("node:worker_threads").parentPort : null;',
    '  const reply = (message, transfer) =>',
    '    port ? port.postMessage(message, transfer) : globalThis.postMessage(message, transfer);',
    `  const answer = ${answer};`,
    '  if (port) port.on("message", (message) => answer(message, reply));',
    '  else globalThis.onmessage = ({ data }) => answer(data, reply);',
    '}',
  ].join('\n');
}

/** Starts a thread with a program of {@link workerSource}; null where this host has no threads. */
export function startWorker(source: string, events: WorkerEvents): MessageWorker | null {
  const threads = nodeModule('node:worker_threads');
  try {
    return threads === undefined ? startInBrowser(source, events) : startInNode(threads, source, events);
  } catch {
    return null;
  }
}

function startInNode(threads: NodeModules['node:worker_threads'], source: string, events: WorkerEvents): MessageWorker {
  const worker = new threads.Worker(source, { eval: true, execArgv: [], name: 'kompakt' });
  worker.on('message', events.message);
  worker.on('error', events.failed);
  worker.on('exit', events.failed);
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    terminate: () => void worker.terminate(),
  };
}

function startInBrowser(source: string, events: WorkerEvents): MessageWorker | null {
  const host = globalThis as { Worker?: typeof Worker; process?: unknown };
  if (host.Worker === undefined || host.process !== undefined) return null;
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new host.Worker(url);
  worker.onmessage = ({ data }: MessageEvent) => events.message(data);
  worker.onerror = (event) => {
    event.preventDefault();
    events.failed(event.message);
  };
  return {
    post: (message, transfer = []) => worker.postMessage(message, [...transfer]),
    terminate: () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
