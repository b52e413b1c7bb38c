import type { Backend } from '../../core/backend';
import { readBytes } from '../../data/files';
import { backup, snapshotPath } from '../callbacks/backup';
import { type AnyModel, loadModel } from '../load';
import type { FitOptions, FitResult, FitX, FitY } from '../options';
import { peekSnapshot } from './snapshot';

/** Options of {@link resume}: those of `fit` (by default as they were), and what the model is. */
export interface ResumeOptions extends FitOptions {
  /** A model to go on with, compiled as it was: needed where a function stood among the compile options. */
  readonly model?: AnyModel | undefined;
  /** Where the model's weights go; default: the default backend. */
  readonly backend?: Backend | undefined;
}

/** Training that was broken off, ready to go on. */
export interface Resumed<M = AnyModel> {
  /** The model as it was when the snapshot was taken; one that was given takes its weights when `fit` runs. */
  readonly model: M;
  /** Epochs that are done. */
  readonly epoch: number;
  /** Batches of the next one that are done. */
  readonly batch: number;
  /** By name, for every epoch that is done. */
  readonly history: FitResult['history'];
  /** Goes on to the end with the same data, and the options it was begun with unless others are given. */
  fit(x: FitX, y?: FitY, options?: FitOptions): Promise<FitResult>;
}

/**
 * Goes on with training that {@link backup} kept: to bit-identical weights, wherever the process that trained was killed.
 *
 * @param dir - the folder of the backup.
 * @param x - with data, training goes on at once: the same data as before, as for `fit`.
 * @param options - options of `fit`, by default those it was begun with (callbacks and validation data are to be given
 * again); `model`: where the model can't be rebuilt from data alone; `backend`.
 * @returns with data, what `fit` returns, and the model; without, the model and where training is, to go on by its `fit`.
 * @throws ConfigError when the folder holds no snapshot; FormatError when its file is damaged.
 *
 * @example
 * ```ts
 * import { mkdtempSync } from 'node:fs';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { backup, dense, resume, sequential } from 'kompakt/nn';
 * const dir = mkdtempSync(join(tmpdir(), 'resume-'));
 * const [x, y] = [[[1], [2]], [[2], [4]]];
 * const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 1 });
 * model.compile({ optimizer: 'adam', loss: 'mse' });
 * const stop = { onEpochEnd: () => { throw new Error('the lights went out'); } };
 * await model.fit(x, y, { epochs: 3, callbacks: [backup({ dir, every: 1 }), stop] }).catch(() => {});
 * const { epoch, batch } = await resume(dir);
 * const { history } = await resume(dir, x, y);
 * console.log(epoch, batch, history.loss.length); // → 0 1 3
 * ```
 */
export async function resume(dir: string, x?: undefined, y?: undefined, options?: ResumeOptions): Promise<Resumed>;
export async function resume(
  dir: string,
  x: FitX,
  y?: FitY,
  options?: ResumeOptions,
): Promise<FitResult & { readonly model: AnyModel }>;
export async function resume(
  dir: string,
  x?: FitX,
  y?: FitY,
  options: ResumeOptions = {},
): Promise<Resumed | (FitResult & { readonly model: AnyModel })> {
  const { model: given, backend, ...how } = options;
  const { run, model: bytes, callbacks } = peekSnapshot(await readBytes(snapshotPath(dir), 'resume'));
  const model = given ?? (await loadModel<AnyModel>(bytes, { backend }));
  const every = callbacks['backup/0']?.every as number | 'epoch' | undefined;
  const fit = (x: FitX, y?: FitY, more: FitOptions = {}): Promise<FitResult> =>
    model.fit(x, y, {
      ...run.options,
      ...more,
      callbacks: [...(more.callbacks ?? []), backup({ dir, ...(every !== undefined && { every }) })],
    });
  if (x !== undefined) return { ...(await fit(x, y, how)), model };
  const { epoch, batch, history } = run;
  return {
    model,
    epoch,
    batch,
    history: Object.fromEntries(Object.entries(history).map(([k, v]) => [k, [...v]])) as FitResult['history'],
    fit: (x, y, more) => fit(x, y, { ...how, ...more }),
  };
}
