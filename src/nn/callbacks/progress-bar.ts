import type { Callback, Logs } from './callback';

/** Where progress is shown. */
export interface ProgressOutput {
  write(text: string): unknown;
  /** Whether a line can be drawn again. */
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

export interface ProgressBarOptions {
  /** Default: standard output, or the console in a browser. */
  output?: ProgressOutput;
  /** Shortest time between two drawings, in milliseconds; default 80. */
  intervalMs?: number;
}

interface ProcessLike {
  readonly stdout?: ProgressOutput;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

const hostProcess = (): ProcessLike | undefined => (globalThis as { process?: ProcessLike }).process;

/** Whether progress is shown when nobody said anything: on a terminal, but not in CI. */
export function showsProgressByDefault(): boolean {
  const host = hostProcess();
  const ci = host?.env?.CI;
  return host?.stdout?.isTTY === true && (ci === undefined || ci === '' || ci === 'false' || ci === '0');
}

function defaultOutput(): ProgressOutput {
  const stdout = hostProcess()?.stdout;
  if (typeof stdout?.write === 'function') return stdout;
  return { write: (text) => console.log(text.replace(/\n$/, '')) };
}

/**
 * Shows how training goes: on a terminal a bar with the running averages, elsewhere one line per epoch. `fit` adds it by
 * itself on a terminal outside of CI, and with `verbose: 1`.
 *
 * @param options - `output`: what to write to; `intervalMs = 80`.
 *
 * @example
 * ```ts
 * import { dense, progressBar, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 0 });
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * const text = [''];
 * const output = { write: (line: string) => text.push(line) };
 * await model.fit([[1]], [[2]], { callbacks: [progressBar({ output })] });
 * console.log(text[1]?.slice(0, 9)); // → epoch 1/1
 * ```
 */
export function progressBar(options: ProgressBarOptions = {}): Callback {
  const { intervalMs = 80 } = options;
  let output = options.output ?? null;
  let epochStart = 0;
  let drawn = 0;
  let head = '';
  return {
    name: 'progressBar',
    onTrainBegin() {
      output ??= defaultOutput();
    },
    onEpochBegin(epoch, _logs, training) {
      epochStart = performance.now();
      drawn = 0;
      head = `epoch ${String(epoch + 1).padStart(String(training.epochs).length)}/${training.epochs}`;
    },
    onBatchEnd(batch, logs, training) {
      const now = performance.now();
      if (!output?.isTTY || now - drawn < intervalMs) return;
      drawn = now;
      const done = batch + 1;
      const left =
        training.steps === null
          ? ''
          : `  ${seconds(((now - epochStart) / done) * Math.max(0, training.steps - done))} left`;
      const text = `${head} ${bar(done, training.steps)}${left}  ${numbers(logs)}`;
      output.write(`\r\x1b[K${text.slice(0, (output.columns ?? 80) - 1)}`);
    },
    onEpochEnd(_epoch, logs) {
      const text = `${head}  ${seconds(performance.now() - epochStart)}  ${numbers(logs)}\n`;
      output?.write(output.isTTY ? `\r\x1b[K${text}` : text);
    },
    onTrainEnd(_logs, training) {
      if (training.error !== undefined && output?.isTTY) output.write('\n');
    },
  };
}

function bar(done: number, steps: number | null): string {
  if (steps === null) return `batch ${done}`;
  const width = 20;
  const full = Math.min(width, Math.round((width * done) / steps));
  return `[${'='.repeat(full)}${' '.repeat(width - full)}] ${done}/${steps}`;
}

const seconds = (ms: number): string =>
  ms < 60_000 ? `${(ms / 1000).toFixed(1)} s` : `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;

const numbers = (logs: Logs): string =>
  Object.entries(logs)
    .map(
      ([name, value]) =>
        `${name} ${Math.abs(value) > 0 && Math.abs(value) < 1e-3 ? value.toExponential(2) : value.toFixed(4)}`,
    )
    .join('  ');
