import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type Entry, entry } from '../compare';

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

/** A process in which torch trains, one epoch at a call, or the reason why there is none. */
export async function torch(work: TorchWork, threads: number): Promise<Torch | string> {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-bench-'));
  writeFileSync(join(folder, 'x.f32'), work.x);
  writeFileSync(join(folder, 'labels.i32'), work.labels);
  for (const [i, weight] of work.weights.entries()) writeFileSync(join(folder, `${i}.f32`), Float32Array.from(weight));
  const script = join(dirname(process.argv[1]!), 'torch', 'steps.py');
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
  const child = spawn('/usr/bin/python3', [script, work.work, `${threads}`, `${work.batch}`, folder], { env });
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
  const epoch = async (): Promise<number> => {
    child.stdin.write('\n');
    const line = await lines.next();
    if (line.done === true) throw new Error(`bench: torch stopped: ${complaint}`);
    return (JSON.parse(line.value) as { loss: number }).loss;
  };
  return {
    version: `${used.version} with ${blas}`,
    entry: entry<number>({ name: `torch, ${threads}`, compute: epoch, read: (loss) => [loss] }),
    close,
  };
}
