import type { ModuleBuilder } from '../assembler/index';
import type { WasmFeatures } from '../features';
import type { Code, CodeOptions, TaskContext, Work } from '../task';
import { addressOfSlot } from './slots';

/** A task as it was launched, its addresses standing for slots. */
export interface RecordedTask {
  readonly code: Code;
  readonly words: readonly number[];
  readonly scalars: readonly number[];
  readonly work: Work;
}

/** Memory that one operation works with. */
export interface RecordedWorkspace {
  readonly slot: number;
  readonly bytes: number;
}

/** What one operation consists of. */
export interface Recording {
  readonly tasks: readonly RecordedTask[];
  readonly workspaces: readonly RecordedWorkspace[];
}

/** Takes down what kernels launch instead of running it. */
export class Recorder implements TaskContext {
  readonly features: WasmFeatures;
  readonly workers: number;
  readonly #library: Pick<TaskContext, 'code' | 'cached'>;
  #nextSlot: number;
  #tasks: RecordedTask[] = [];
  #workspaces: RecordedWorkspace[] = [];

  /** Workspaces get slots from `firstSlot` on. */
  constructor(context: TaskContext, firstSlot: number) {
    this.features = context.features;
    this.workers = context.workers;
    this.#library = context;
    this.#nextSlot = firstSlot;
  }

  /** How many slots there are. */
  get slots(): number {
    return this.#nextSlot;
  }

  code(key: string, build: (module: ModuleBuilder) => void, options?: CodeOptions): Code {
    return this.#library.code(key, build, options);
  }

  cached<T>(key: string, make: () => T): T {
    return this.#library.cached(key, make);
  }

  workspace(bytes: number): number {
    const slot = this.#nextSlot++;
    this.#workspaces.push({ slot, bytes });
    return addressOfSlot(slot);
  }

  launch(code: Code, words: readonly number[], work: Work, scalars: readonly number[] = []): void {
    if (work.units > 0) this.#tasks.push({ code, words: [...words], scalars: [...scalars], work: { ...work } });
  }

  /** What was launched since the last time. */
  take(): Recording {
    const taken = { tasks: this.#tasks, workspaces: this.#workspaces };
    this.#tasks = [];
    this.#workspaces = [];
    return taken;
  }
}
