import type { Operand } from '../../core/backend';
import { scalarsAt } from './arena';
import type { FunctionBuilder, Local, ModuleBuilder } from './assembler/index';
import { f64, i32 } from './assembler/index';
import type { WasmFeatures } from './features';

/**
 * Generated code that computes units [begin, end) of a piece of work described by the block of parameters at `params`.
 * `worker` numbers whoever runs it, from 0: for scratch memory of its own. What it computes must not depend on how the
 * units are divided.
 */
export type Run = (params: number, begin: number, end: number, worker: number) => void;

/** A function of a generated module, known to every worker by its number. */
export interface Code {
  /** Its place in the table of functions. */
  readonly index: number;
  readonly run: Run;
}

/** How a piece of work can be divided. */
export interface Work {
  /** How many independent units there are; 1 for work that one worker must do as a whole. */
  readonly units: number;
  /** About how many nanoseconds all units take together, on one thread. Small work is not divided. */
  readonly cost: number;
  /** Units go to workers in multiples of this, by default 1. */
  readonly multiple?: number;
  /**
   * Given where unit u computes exactly row u of a contiguous result `[units, rowLength]`, from row u of its row-wise
   * operands: the number of elements of such a row. Work on the same rows may then follow block by block.
   */
  readonly rowLength?: number;
  /** Given with `rowLength` where unit u reads other rows of its operands too: work may follow it, but it can't follow. */
  readonly leadsOnly?: boolean;
  /**
   * Whether the task only brings an operand into another form, in workspaces that no other task writes. A plan does so
   * once and for all where the operand is a constant.
   */
  readonly prepares?: boolean;
}

export interface CodeOptions {
  /** Which function of the module, by default `run`. */
  readonly name?: string;
}

/**
 * What a kernel has at hand to describe its work: it launches tasks, which are run at once (eagerly), or recorded and
 * run many times, by one or several threads (in a plan). So it may neither read nor write memory itself.
 */
export interface TaskContext {
  /** What generated code may use; no relaxed SIMD on a deterministic backend. */
  readonly features: WasmFeatures;
  /** How many workers there may be: tasks that need scratch memory of their own get this many areas. */
  readonly workers: number;
  /**
   * A function of the module known by `key`, which is built, compiled and instantiated the first time it is asked for.
   * The key must determine what `build` does.
   */
  code(key: string, build: (module: ModuleBuilder) => void, options?: CodeOptions): Code;
  /** Anything else worth keeping per backend, by key, such as the result of a measurement. */
  cached<T>(key: string, make: () => T): T;
  /**
   * Whether an operand is the same whenever what is launched runs, so that tasks that prepare it run once only: see
   * `Work.prepares`. Eagerly that is so of none.
   */
  isConstant(x: Operand): boolean;
  /** The address, a multiple of 64, of `bytes` bytes that are this operation's until it is done; contents unspecified. */
  workspace(bytes: number): number;
  /**
   * Runs a task after all tasks launched before it.
   *
   * @param words - its 32-bit parameters. Addresses may be any number: only add to them and subtract from them.
   * @param scalars - its float64 parameters.
   */
  launch(code: Code, words: readonly number[], work: Work, scalars?: readonly number[]): void;
}

/**
 * Describes one operation on operands in the arena into `out` (contiguous, newly allocated, not empty) as tasks, or
 * returns false, before it launches any, where the case is not covered: then the reference rule runs. The choice must
 * depend on shapes, strides, dtypes and attributes only, as operands of a recorded operation have no values yet.
 */
export type TaskKernel<A = never> = (
  inputs: readonly Operand[],
  out: Operand,
  attrs: A,
  context: TaskContext,
) => boolean;

/** What `body` of `emitTask` gets beside the words. */
export interface TaskRange {
  readonly begin: Local<'i32'>;
  readonly end: Local<'i32'>;
  readonly worker: Local<'i32'>;
  readonly scalars: readonly Local<'f64'>[];
}

export interface TaskSpec<W extends string> {
  /** By default `run`. */
  readonly name?: string;
  /** Names of the 32-bit parameters, in the order in which `launch` is given them. */
  readonly words: readonly W[];
  /** How many float64 parameters there are, by default 0. */
  readonly scalars?: number;
}

const PARAMS = ['i32', 'i32', 'i32', 'i32'] as const;

/** Emits a function that `launch` can run: its parameters are read into locals first. */
export function emitTask<const W extends string>(
  m: ModuleBuilder,
  { name = 'run', words, scalars = 0 }: TaskSpec<W>,
  body: (f: FunctionBuilder, words: Readonly<Record<W, Local<'i32'>>>, range: TaskRange) => void,
): void {
  m.func(name, PARAMS, 'void', (f, params, begin, end, worker) => {
    const locals = Object.fromEntries(
      words.map((word, i) => [word, f.local('i32', i32.load(params, 4 * i))]),
    ) as Record<W, Local<'i32'>>;
    const first = scalarsAt(words.length);
    const floats = Array.from({ length: scalars }, (_, i) => f.local('f64', f64.load(params, first + 8 * i)));
    body(f, locals, { begin, end, worker, scalars: floats });
  });
}
