import { BackendError } from '../../../core/errors';
import type { Arena } from '../arena';
import { assemble } from '../assembler/index';
import type { CodeLibrary } from '../code-library';
import { Catalog } from './catalog';
import { buildCrew, FAILED_THREAD, type LeaderExports } from './crew-code';
import { maySleep, startThread, type Thread } from './host';
import * as at from './layout';
import { WORKER_SOURCE } from './worker-source';

export interface CrewOptions {
  /** Threads in all, the calling one included. */
  readonly threads: number;
  /** How often a thread looks for work before it goes to sleep. */
  readonly spins?: number;
  /** Longest time without any progress before a thread is given up. */
  readonly patienceMs?: number;
}

/** About a tenth of a millisecond: longer than the pauses between the operations of a training step. */
const SPINS = 30_000;
const PATIENCE_MS = 60_000;

const wordAt = (offset: number): number => (at.CONTROL + offset) / 4;

/**
 * Threads over one shared memory, which do the steps of programs together: see `layout.ts`. They join when they are
 * ready and are never waited for, except for chunks of work that they have begun.
 */
export class Crew {
  readonly #arena: Arena;
  readonly #leader: LeaderExports;
  readonly #threads: Thread[] = [];
  readonly #spins: number;
  readonly #patienceMs: number;
  readonly #mayWait: boolean;
  readonly #catalog: Catalog;

  constructor(arena: Arena, library: CodeLibrary, table: WebAssembly.Table, options: CrewOptions) {
    this.#arena = arena;
    this.#catalog = new Catalog(arena, library);
    this.#spins = options.spins ?? SPINS;
    this.#patienceMs = options.patienceMs ?? PATIENCE_MS;
    this.#mayWait = maySleep();
    const { memory, maximumPages, shared } = arena;
    const bytes = assemble({ maximumPages, shared }, buildCrew);
    const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory, table } });
    this.#leader = instance.exports as unknown as LeaderExports;
    // Epochs go on, so that a thread of an earlier crew, ended but not gone yet, claims nothing.
    const epoch = arena.i32[wordAt(at.STATE) + 1]! + 1;
    arena.u8.fill(0, at.CONTROL, at.CONTROL + at.EAGER_STEPS);
    arena.i32.set([at.STOPPED | 0, epoch], wordAt(at.STATE));
    this.#catalog.update();
    const places = {
      codes: wordAt(at.CODES),
      catalog: wordAt(at.CATALOG),
      failure: wordAt(at.FAILURE),
      failureBytes: at.FAILURE_BYTES,
      failed: wordAt(at.FAILED),
      progress: wordAt(at.PROGRESS),
    };
    for (let worker = 1; worker < options.threads; worker++) {
      const data = { memory, crew: bytes, worker, spins: this.#spins, at: places };
      try {
        this.#threads.push(startThread(WORKER_SOURCE, data));
      } catch (error) {
        void this.close();
        throw error;
      }
    }
  }

  /**
   * Does the steps at `steps` from number `index` on, with whoever is there, and returns the number of the next one that
   * the host must do.
   *
   * @throws BackendError when a thread failed or does not answer. The crew must be closed then.
   */
  run(steps: number, index: number): number {
    this.#catalog.update();
    this.#arena.i32[wordAt(at.STEPS)] = steps;
    this.#leader.begin(index);
    const wait = this.#mayWait ? 1 : 0;
    let reached = this.#leader.join(this.#spins, wait);
    if (reached < 0) reached = this.#await(reached, wait);
    return reached;
  }

  /** Ends all threads. */
  async close(): Promise<void> {
    const words = this.#arena.i32;
    Atomics.store(words, wordAt(at.QUIT), 1);
    Atomics.add(words, wordAt(at.SIGNAL), 1);
    Atomics.notify(words, wordAt(at.SIGNAL));
    await Promise.all(this.#threads.map((t) => t.terminate()));
    this.#catalog.release();
  }

  /** Goes on waiting for others, as long as there is progress. */
  #await(first: number, wait: number): number {
    let reached = first;
    let seen = this.#progress();
    let since = performance.now();
    while (reached < 0) {
      if (reached === FAILED_THREAD) throw this.#failed();
      const now = this.#progress();
      if (now !== seen) {
        seen = now;
        since = performance.now();
      } else if (performance.now() - since > this.#patienceMs) {
        throw new BackendError(
          `wasm: a thread has not answered for ${this.#patienceMs} ms; it was ended, or the machine stands still. ` +
            'The result of this operation is lost. Threads are started anew; with wasm({ threads: 1 }) there are none.',
        );
      }
      reached = this.#leader.join(this.#spins, wait);
    }
    return reached;
  }

  #progress(): string {
    const words = this.#arena.i32;
    return [at.STATE, at.STATE + 4, at.DONE].map((offset) => Atomics.load(words, wordAt(offset))).join();
  }

  #failed(): BackendError {
    const { i32, u8 } = this.#arena;
    const thread = Atomics.load(i32, wordAt(at.FAILED));
    const length = i32[wordAt(at.FAILURE)]!;
    const from = at.CONTROL + at.FAILURE + 4;
    const text = String.fromCharCode(...u8.slice(from, from + length));
    return new BackendError(
      `wasm: thread ${thread} failed: ${text}. The result of this operation is lost. Threads are started anew; with ` +
        'wasm({ threads: 1 }) there are none.',
    );
  }
}

/** Starts threads. */
export function startCrew(arena: Arena, library: CodeLibrary, table: WebAssembly.Table, options: CrewOptions): Crew {
  return new Crew(arena, library, table, options);
}
