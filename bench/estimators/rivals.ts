import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';

/** What a child says of one round. */
export interface Round {
  readonly ms: number;
  readonly value: number;
  readonly peakMiB: number;
}

/** A process that does the work once whenever it is asked to. */
export interface Rival {
  readonly name: string;
  readonly versions: Readonly<Record<string, string>>;
  round(): Promise<Round>;
  close(): void;
}

/** Starts a process that speaks the protocol of child.ts and serve.py; or says why it can't. */
export async function start(
  name: string,
  command: string,
  args: readonly string[],
  threads: number,
): Promise<Rival | string> {
  const env = { ...process.env, OMP_NUM_THREADS: `${threads}`, OPENBLAS_NUM_THREADS: `${threads}` };
  const child = spawn(command, args, { env });
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
  const next = async (): Promise<unknown> => {
    const line = await lines.next();
    if (line.done === true) throw new Error(complaint.trim().split('\n').at(-1));
    return JSON.parse(line.value);
  };
  try {
    const { versions = {} } = (await next()) as { versions?: Record<string, string> };
    return {
      name,
      versions,
      round: async () => {
        child.stdin.write('\n');
        return (await next()) as Round;
      },
      close: () => child.stdin.end(),
    };
  } catch (error) {
    return `${name} is left out (${(error as Error).message})`;
  }
}

const home = (): string => dirname(process.argv[1]!);

/** kompakt, ml.js or scikitjs in a process of its own. */
export function nodeRival(
  contender: 'kompakt' | 'ml.js' | 'scikitjs',
  kind: string,
  folder: string,
  threads: number,
): Promise<Rival | string> {
  const runTs = join(home(), '..', 'scripts', 'run-ts.mjs');
  const child = join(home(), 'estimators', 'child.ts');
  return start(contender, process.execPath, [runTs, child, contender, kind, folder, `${threads}`], threads);
}

/** scikit-learn, or imbalanced-learn: those of Debian's own Python. */
export function pythonRival(kind: string, folder: string, threads: number): Promise<Rival | string> {
  const script = join(home(), 'sklearn', 'serve.py');
  return start('scikit-learn', '/usr/bin/python3', [script, kind, folder, `${threads}`], threads);
}
