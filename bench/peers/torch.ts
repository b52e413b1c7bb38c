import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Entry, entry } from '../compare';
import type { Contender, Timing } from '../measure';

/** What is trained, as bench/torch/steps.py takes it. */
export interface TorchWork {
  readonly work: 'mlp' | 'cnn';
  readonly batch: number;
  readonly x: Float32Array;
  readonly labels: Int32Array;
  /** Initial weights in Keras's order and layouts. */
  readonly weights: readonly ArrayLike<number>[];
}

export interface Torch {
  readonly version: string;
  /** An epoch; its result is the mean loss. */
  readonly entry: Entry;
  close(): void;
}

/** What is in the files of a folder that torch reads. */
type Files = Readonly<Record<string, Float32Array | Int32Array>>;

/** A process of torch that answers every line by a line of JSON. */
interface Process {
  readonly version: string;
  ask<Answer>(line: string): Promise<Answer>;
  close(): void;
}

/** A process in which torch trains, one epoch at a call, or the reason why there is none. */
export async function torch(work: TorchWork, threads: number): Promise<Torch | string> {
  const weights = work.weights.map((weight, i) => [`${i}.f32`, Float32Array.from(weight)] as const);
  const files = { 'x.f32': work.x, 'labels.i32': work.labels, ...Object.fromEntries(weights) };
  const process = await start('steps.py', [work.work, `${threads}`, `${work.batch}`], threads, files);
  if (typeof process === 'string') return process;
  const epoch = async (): Promise<number> => (await process.ask<{ loss: number }>('')).loss;
  return {
    version: process.version,
    entry: entry<number>({ name: `torch, ${threads}`, compute: epoch, read: (loss) => [loss] }),
    close: process.close,
  };
}

export const NATIVE = 'torch, native';
/** Calls of a function to a question: the way there and back takes as long as some of them. */
const CALLS = 50;

export interface TorchFunctions {
  readonly version: string;
  /** A yardstick: what native code takes for a function, `CALLS` times; see `perCall`. */
  yardstick(name: string): Contender;
  close(): void;
}

/** A process in which torch computes functions of two operands on one thread, or the reason why there is none. */
export async function torchFunctions(
  x: Float32Array,
  y: Float32Array,
  shape: readonly number[],
): Promise<TorchFunctions | string> {
  const process = await start('functions.py', [shape.join(',')], 1, { 'x.f32': x, 'y.f32': y });
  if (typeof process === 'string') return process;
  const run = async (name: string) => (await process.ask<{ value: number }>(`${name} ${CALLS}`)).value;
  return {
    version: process.version,
    yardstick: (name) => ({ name: NATIVE, run: () => run(name) }),
    close: process.close,
  };
}

/** Timings with those of torch divided among its calls. */
export function perCall(timings: readonly Timing[]): Timing[] {
  return timings.map((t) =>
    t.name === NATIVE ? { ...t, medianMs: t.medianMs / CALLS, fastestMs: t.fastestMs / CALLS } : t,
  );
}

/** Starts a script of bench/torch, its last argument the folder with `files`. */
async function start(
  script: string,
  args: readonly string[],
  threads: number,
  files: Files,
): Promise<Process | string> {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-bench-'));
  for (const [name, values] of Object.entries(files)) writeFileSync(join(folder, name), values);
  const path = join(dirname(process.argv[1]!), 'torch', script);
  // Debian's Python, which has Debian's torch; its BLAS is to pick the kernels for this machine itself, and takes its
  // threads from the environment alone.
  const { OPENBLAS_CORETYPE: _, OPENBLAS_L2_SIZE: __, ...inherited } = process.env;
  const env = {
    ...inherited,
    OPENBLAS_NUM_THREADS: `${threads}`,
    OMP_NUM_THREADS: `${threads}`,
    // Threads that spin while they wait fight for the cores with whatever else runs, and lose tens of milliseconds to it.
    OMP_WAIT_POLICY: 'passive',
  };
  const child = spawn('/usr/bin/python3', [path, ...args, folder], { env });
  const close = (): void => {
    child.stdin.end();
    rmSync(folder, { recursive: true, force: true });
  };
  let complaint = '';
  child.stderr.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  child.on('error', (error) => {
    complaint += error.message;
  });
  // A process that died cannot be written to.
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const hello = await lines.next();
  if (hello.done === true) {
    close();
    const why = complaint.trim().split('\n').at(-1);
    return `torch is left out (${why}); install it with: apt-get install python3-torch libopenblas0-openmp`;
  }
  const used = JSON.parse(hello.value) as { version: string; threads: number; blas: string[] };
  const blas = used.blas.find((name) => name.includes('openblas'));
  if (used.threads !== threads || blas === undefined) {
    close();
    return used.threads !== threads
      ? `torch is left out: it took ${used.threads} threads where ${threads} were asked for`
      : 'torch is left out: without a fast BLAS it is no measure; install it with: apt-get install libopenblas0-openmp';
  }
  return {
    version: `${used.version} with ${blas}`,
    async ask<Answer>(line: string): Promise<Answer> {
      child.stdin.write(`${line}\n`);
      const answer = await lines.next();
      if (answer.done === true) throw new Error(`bench: torch stopped: ${complaint}`);
      return JSON.parse(answer.value) as Answer;
    },
    close,
  };
}
