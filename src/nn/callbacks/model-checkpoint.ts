import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import type { Callback, Logs, Training } from './callback';
import { createMonitor, keep, type MonitorMode, recall } from './monitor';

export interface ModelCheckpointOptions {
  /** Where to; `{epoch}` (from 1) and `{loss}`, `{valLoss}`, … are filled in. */
  path: string;
  /** Default `'valLoss'`; looked at only with `saveBestOnly`. */
  monitor?: string;
  mode?: MonitorMode;
  /** Save only when the monitored value improved; default false. */
  saveBestOnly?: boolean;
  /** When to save: `'epoch'` (the default), or after every so many batches. */
  saveFreq?: 'epoch' | number;
  /** What the monitored value has to beat to be saved at first, with `saveBestOnly`. */
  initialValueThreshold?: number;
}

/**
 * Saves the model at the end of every epoch (or every so many batches), or when it improved. The file is replaced as a
 * whole or not at all. To go on with training that was broken off, use `backup`: a model's file has no optimiser state.
 *
 * @param target - the options, or the path alone.
 * @throws ConfigError without a path and, while training, when the monitored value is not there.
 *
 * @example
 * ```ts
 * import { modelCheckpoint } from 'kompakt/nn';
 * const callbacks = [modelCheckpoint({ path: 'model-{epoch}.safetensors', monitor: 'valAccuracy', saveBestOnly: true })];
 * console.log(callbacks.length); // → 1
 * ```
 */
export function modelCheckpoint(target: string | ModelCheckpointOptions): Callback {
  const options = typeof target === 'string' ? { path: target } : target;
  checkOptions(
    options,
    ['path', 'monitor', 'mode', 'saveBestOnly', 'saveFreq', 'initialValueThreshold'],
    'modelCheckpoint',
  );
  const { path, monitor: name = 'valLoss', mode = 'auto', saveBestOnly = false }: ModelCheckpointOptions = options;
  const { saveFreq = 'epoch' }: ModelCheckpointOptions = options;
  if (typeof path !== 'string' || path === '') throw new ConfigError('modelCheckpoint: give a path to save to.');
  const monitor = createMonitor('modelCheckpoint', name, mode);
  if (saveFreq !== 'epoch' && !(Number.isInteger(saveFreq) && saveFreq > 0))
    throw new ConfigError(
      `modelCheckpoint: saveFreq must be 'epoch' or a positive number of batches, got ${String(saveFreq)}.`,
    );
  const first = options.initialValueThreshold ?? monitor.worst;
  let best = first;
  let epochNow = 0;
  let batches = 0;
  const save = async (logs: Logs, training: Training): Promise<void> => {
    if (saveBestOnly) {
      const value = monitor.read(logs);
      if (!monitor.improves(value, best)) return;
      best = value;
    }
    await training.model.save(fillIn(path, epochNow, logs));
  };
  return {
    name: 'modelCheckpoint',
    onTrainBegin() {
      best = first;
      batches = 0;
    },
    onEpochBegin(epoch) {
      epochNow = epoch;
    },
    remembered: () => ({ best: keep(best), epochNow, batches }),
    remind(memory) {
      best = recall(memory.best as number | null, monitor.worst);
      epochNow = memory.epochNow as number;
      batches = memory.batches as number;
    },
    ...(saveFreq === 'epoch'
      ? {
          async onEpochEnd(epoch: number, logs: Logs, training: Training) {
            epochNow = epoch;
            await save(logs, training);
          },
        }
      : {
          async onBatchEnd(_batch: number, logs: Logs, training: Training) {
            if (++batches % saveFreq === 0) await save(logs, training);
          },
        }),
  };
}

function fillIn(path: string, epoch: number, logs: Logs): string {
  return path.replace(/\{(\w+)\}/g, (whole, name: string) => {
    if (name === 'epoch') return String(epoch + 1);
    const value = logs[name];
    return value === undefined ? whole : value.toFixed(4);
  });
}
