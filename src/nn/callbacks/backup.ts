import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { hasContent, makeFolder, readBytes, writeFileAtomic } from '../../data/files';
import type { Callback, Training } from './callback';

/** Options of {@link backup}. */
export interface BackupOptions {
  /** The folder; it is made where it is not there. */
  dir: string;
  /** How many batches lie between two snapshots; default `'epoch'`: one at the end of every epoch. */
  every?: 'epoch' | number;
}

/** The file of a folder that `backup` writes. */
export const snapshotPath = (dir: string): string => `${dir.replace(/\/+$/, '')}/training.safetensors`;

/**
 * Keeps training safe: it writes down everything that training needs to go on, and goes on from there when the same
 * program runs again. A process that was killed at any moment ends with the very weights of one that was not.
 *
 * A snapshot holds weights and states of layers, the state of the optimiser, the random numbers, the epoch and batch, the
 * history, and what other callbacks remember. Its file is replaced as a whole or not at all. When training has ended, it
 * stays, and running the program again gives the result at once; delete the folder to begin anew.
 *
 * @param target - the options, or the folder alone.
 * @throws ConfigError without a folder and, while training, when the folder holds a snapshot of another model or of other
 * data; FormatError when its file is damaged.
 *
 * Reference: Keras's `BackupAndRestore`, which goes on from the beginning of an epoch.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { backup, dense, sequential } from 'kompakt/nn';
 * const dir = mkdtempSync(join(tmpdir(), 'backup-'));
 * const train = async (epochs: number) => {
 *   const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 1 });
 *   model.compile({ optimizer: 'adam', loss: 'mse' });
 *   const { history } = await model.fit([[1], [2]], [[2], [4]], { epochs, callbacks: [backup({ dir })] });
 *   return history.loss.length;
 * };
 * console.log(await train(2), await train(5)); // → 2 5
 * ```
 */
export function backup(target: string | BackupOptions): Callback {
  const options = typeof target === 'string' ? { dir: target } : target;
  checkOptions(options, ['dir', 'every'], 'backup');
  const { dir, every = 'epoch' }: BackupOptions = options;
  if (typeof dir !== 'string' || dir === '') throw new ConfigError('backup: give the folder to write to, { dir }.');
  if (every !== 'epoch' && !(Number.isInteger(every) && every > 0))
    throw new ConfigError(`backup: every must be 'epoch' or a positive number of batches, got ${String(every)}.`);
  const path = snapshotPath(dir);
  const write = async (training: Training): Promise<void> => {
    await writeFileAtomic(path, await training.snapshot(), 'backup');
  };
  return {
    name: 'backup',
    comesLast: true,
    remembered: () => ({ every }),
    async onTrainBegin(_logs, training) {
      await makeFolder(dir, 'backup');
      if (await hasContent(path, 'backup')) training.restore(await readBytes(path, 'backup'));
    },
    ...(every !== 'epoch' && {
      async onBatchEnd(batch: number, _logs: unknown, training: Training) {
        if ((batch + 1) % every === 0) await write(training);
      },
    }),
    async onEpochEnd(_epoch, _logs, training) {
      await write(training);
    },
  };
}

/** {@link backup} by Keras's name. */
export const backupAndRestore = backup;
