/** A thread of the host. */
export interface Thread {
  /** Ends it wherever it is. */
  terminate(): Promise<void>;
}

interface NodeWorker {
  unref(): void;
  on(event: 'error', listener: () => void): void;
  terminate(): Promise<unknown>;
}

interface NodeModules {
  'node:worker_threads': {
    Worker: new (source: string, options: object) => NodeWorker;
  };
  'node:os': { availableParallelism?(): number; cpus(): readonly unknown[] };
}

interface HostProcess {
  getBuiltinModule?<K extends keyof NodeModules>(id: K): NodeModules[K] | undefined;
}

/** A module of Node, without importing it: bundlers for browsers would stumble over that. */
function nodeModule<K extends keyof NodeModules>(id: K): NodeModules[K] | undefined {
  const host = (globalThis as { process?: HostProcess }).process;
  return host?.getBuiltinModule?.(id);
}

/** How many threads can really run at once. */
export function parallelism(): number {
  const os = nodeModule('node:os');
  if (os !== undefined) return os.availableParallelism?.() ?? os.cpus().length;
  return (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 1;
}

/**
 * Whether this host can start threads over shared memory: not Node before 20.16, nor a page that is not cross-origin
 * isolated. That a page has a `process`, as bundlers put one there for the sake of older packages, says nothing.
 */
export function canStartThreads(): boolean {
  if (typeof SharedArrayBuffer === 'undefined') return false;
  const { process: host, crossOriginIsolated } = globalThis as { process?: HostProcess; crossOriginIsolated?: boolean };
  // Not asked for the module itself: loading it takes milliseconds, which only those who start threads should pay.
  if (typeof host?.getBuiltinModule === 'function') return true;
  return crossOriginIsolated === true && typeof Worker === 'function';
}

/** Whether the thread at hand may sleep: the main thread of a page may not. */
export function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 0);
    return true;
  } catch {
    return false;
  }
}

/**
 * Starts a thread that runs `source` with `data`. It does not keep the process alive. Throws where the host refuses at
 * once; where it refuses later, nothing happens: nobody waits for a thread that has not begun anything.
 */
export function startThread(source: string, data: object): Thread {
  const threads = nodeModule('node:worker_threads');
  if (threads !== undefined) {
    const options = { eval: true, workerData: data, execArgv: [], name: 'kompakt' };
    const worker = new threads.Worker(source, options);
    worker.unref();
    // Without a listener the error would end the process.
    worker.on('error', () => {});
    return { terminate: async () => void (await worker.terminate()) };
  }
  const url = URL.createObjectURL(new Blob([source], { type: 'text/javascript' }));
  const worker = new Worker(url);
  worker.postMessage(data);
  return {
    terminate: async () => {
      worker.terminate();
      URL.revokeObjectURL(url);
    },
  };
}
