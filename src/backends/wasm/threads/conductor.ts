import { BackendError } from '../../../core/errors';
import { type Arena, TASK_PARAMETERS } from '../arena';
import { assemble } from '../assembler/index';
import type { CodeLibrary } from '../code-library';
import type { Code, Work } from '../task';
import { chunksFor } from './chunks';
import { type Crew, type CrewOptions, startCrew } from './crew';
import * as at from './layout';
import { buildSerial } from './program';
import { HOST_STEP, writeStep } from './steps';

/** Work that is not divided when it is run at once: waking another thread costs some of that. */
const EAGER_NS = 60_000;
/** Work that could have been divided, after which threads are started: about what starting them costs. */
const START_NS = 4_000_000;
/** Crews that may fail before the backend goes on with one thread. */
const MOST_FAILURES = 3;

interface SerialExports {
  run(steps: number, index: number): number;
}

/** Runs tasks and programs on one thread, or on as many as there are. Threads start when there is work for them. */
export class Conductor {
  readonly #arena: Arena;
  readonly #library: CodeLibrary;
  readonly #options: CrewOptions;
  readonly #table = new WebAssembly.Table({ element: 'anyfunc', initial: 256 });
  #serial: SerialExports | undefined;
  #inTable = 0;
  #crew: Crew | null = null;
  #failures = 0;
  /** Nanoseconds of divisible work that one thread did alone. */
  #alone = 0;

  constructor(arena: Arena, library: CodeLibrary, options: CrewOptions) {
    this.#arena = arena;
    this.#library = library;
    this.#options = options;
  }

  /** How many threads work, or would once they are started. */
  get threads(): number {
    return this.#options.threads;
  }

  /** Whether other threads have been started. */
  get isStarted(): boolean {
    return this.#crew !== null;
  }

  /** Runs a task whose parameters are at `TASK_PARAMETERS`. */
  runTask(code: Code, work: Work): void {
    const { units, cost } = work;
    if (cost < EAGER_NS || this.threads === 1 || !this.#engage(cost)) {
      code.run(TASK_PARAMETERS, 0, units, 0);
      return;
    }
    const steps = at.CONTROL + at.EAGER_STEPS;
    const divided = chunksFor(work, this.threads);
    const record = { kind: at.TASK, code: code.index, params: TASK_PARAMETERS, units, ...divided, chained: 0 } as const;
    writeStep(this.#arena.i32, steps, record);
    writeStep(this.#arena.i32, steps + at.STEP_BYTES, HOST_STEP);
    this.runSteps(steps, 0);
  }

  /** Counts work that could be divided; true when threads are there to divide it. */
  #engage(cost: number): boolean {
    this.#alone += cost;
    return this.#crew !== null || (this.#alone >= START_NS && this.start());
  }

  /** Tells of a program about to run that takes about so long: threads are started when that pays. */
  announce(cost: number): void {
    if (this.threads > 1 && cost >= EAGER_NS) this.#engage(cost);
  }

  /** Starts the other threads, if there shall be any; false where that is impossible. They join when they are ready. */
  start(): boolean {
    if (this.threads === 1 || this.#failures >= MOST_FAILURES) return false;
    try {
      this.#fillTable();
      this.#crew ??= startCrew(this.#arena, this.#library, this.#table, this.#options);
      return true;
    } catch {
      // A host that refuses threads (by its content-security policy, say) is one with a single thread.
      this.#failures = MOST_FAILURES;
      return false;
    }
  }

  /** Runs the program at `steps` from step `index`; the number of the step at which the host must go on. */
  runSteps(steps: number, index: number): number {
    this.#fillTable();
    if (this.#crew === null) return this.#alonePart().run(steps, index);
    try {
      return this.#crew.run(steps, index);
    } catch (error) {
      this.#failures++;
      const crew = this.#crew;
      this.#crew = null;
      this.#alone = 0;
      void crew.close();
      if (error instanceof BackendError) throw error;
      throw new BackendError(`wasm: a task failed: ${String(error)}. The result of this operation is lost.`, {
        cause: error,
      });
    }
  }

  /** Ends the other threads; they are started again when there is work for them. */
  async shutdown(): Promise<void> {
    const crew = this.#crew;
    this.#crew = null;
    this.#alone = 0;
    await crew?.close();
  }

  #alonePart(): SerialExports {
    if (this.#serial === undefined) {
      const { memory, maximumPages, shared } = this.#arena;
      const bytes = assemble({ maximumPages, shared }, buildSerial);
      const env = { memory, table: this.#table };
      const instance = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env });
      this.#serial = instance.exports as unknown as SerialExports;
    }
    return this.#serial;
  }

  #fillTable(): void {
    const { entries } = this.#library;
    for (; this.#inTable < entries.length; this.#inTable++) {
      const { length } = this.#table;
      if (this.#inTable >= length) this.#table.grow(length);
      this.#table.set(this.#inTable, entries[this.#inTable]!.code.run);
    }
  }
}
