import type { Operand, ProgramBlock } from '../../../core/backend';
import type { ModuleBuilder } from '../assembler/index';
import type { WasmFeatures } from '../features';
import { addressOf } from '../kernel';
import type { Code, CodeOptions, TaskContext, Work } from '../task';
import { addressOfSlot, slotOf } from './slots';

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
  readonly #blocks: readonly ProgramBlock[];
  #nextSlot: number;
  #tasks: RecordedTask[] = [];
  #workspaces: RecordedWorkspace[] = [];

  /** Workspaces get slots after those of the program's blocks. */
  constructor(context: TaskContext, blocks: readonly ProgramBlock[]) {
    this.features = context.features;
    this.workers = context.workers;
    this.#library = context;
    this.#blocks = blocks;
    this.#nextSlot = blocks.length;
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

  isConstant(x: Operand): boolean {
    return isConstantSlot(this.#blocks, slotOf(addressOf(x)));
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

/** Whether a slot is a block that holds the same at every call. */
export function isConstantSlot(blocks: readonly ProgramBlock[], slot: number): boolean {
  const kind = blocks[slot]?.role.kind;
  return kind === 'constant' || kind === 'captured';
}
