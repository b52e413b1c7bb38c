import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { appendText, hasContent, writeFileAtomic } from '../../data/files';
import type { Callback } from './callback';

export interface CsvLoggerOptions {
  /** Default `','`. */
  separator?: string;
  /** Go on writing an existing file; default false: start a new one. */
  append?: boolean;
}

/**
 * Writes a line of numbers for every epoch: `epoch`, then the logs in alphabetical order.
 *
 * @param target - a path, or a function that receives each line with its line break.
 * @param options - `separator = ','`, `append = false`.
 * @throws ConfigError for another kind of target.
 *
 * @example
 * ```ts
 * import { dense, csvLogger, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 0 });
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * const lines = [''];
 * await model.fit([[1]], [[2]], { epochs: 2, callbacks: [csvLogger((line) => lines.push(line))] });
 * console.log(lines.length, lines[1]?.trim()); // → 4 epoch,loss
 * ```
 */
export function csvLogger(target: string | ((line: string) => unknown), options: CsvLoggerOptions = {}): Callback {
  checkOptions(options, ['separator', 'append'], 'csvLogger');
  const { separator = ',', append = false } = options;
  if (typeof target !== 'string' && typeof target !== 'function') {
    throw new ConfigError('csvLogger: give a path, or a function that receives lines.');
  }
  let keys: string[] | null = null;
  let text = '';
  const write = async (line: string): Promise<void> => {
    text += line;
    if (typeof target === 'string') await appendText(target, line, 'csvLogger');
    else await target(line);
  };
  return {
    name: 'csvLogger',
    async onTrainBegin() {
      keys = null;
      text = '';
      if (typeof target === 'string' && !append) await writeFileAtomic(target, new Uint8Array(0), 'csvLogger');
    },
    remembered: () => ({ keys, text }),
    async remind(memory) {
      keys = memory.keys as string[] | null;
      text = memory.text as string;
      // What was written behind the snapshot will be written again.
      if (typeof target === 'string' && !append)
        await writeFileAtomic(target, new TextEncoder().encode(text), 'csvLogger');
    },
    async onEpochEnd(epoch, logs) {
      if (keys === null) {
        keys = Object.keys(logs).sort();
        const goesOn = append && typeof target === 'string' && (await hasContent(target, 'csvLogger'));
        if (!goesOn) await write(`${['epoch', ...keys].join(separator)}\n`);
      }
      await write(`${[epoch, ...keys.map((k) => logs[k] ?? 'NA')].join(separator)}\n`);
    },
  };
}
