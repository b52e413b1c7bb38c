import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import type { Callback, Logs } from './callback';
import { createMonitor, type MonitorMode } from './monitor';

export interface ModelCheckpointOptions {
  /** Where to; `{epoch}` (from 1) and `{loss}`, `{valLoss}`, … are filled in. */
  path: string;
  /** Default `'valLoss'`; looked at only with `saveBestOnly`. */
  monitor?: string;
  mode?: MonitorMode;
  /** Save only when the monitored value improved; default false. */
  saveBestOnly?: boolean;
}

/**
 * Saves the model at the end of every epoch, or of those that improved it. The file is replaced as a whole or not at all.
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
  checkOptions(options, ['path', 'monitor', 'mode', 'saveBestOnly'], 'modelCheckpoint');
  const { path, monitor: name = 'valLoss', mode = 'auto', saveBestOnly = false }: ModelCheckpointOptions = options;
  if (typeof path !== 'string' || path === '') throw new ConfigError('modelCheckpoint: give a path to save to.');
  const monitor = createMonitor('modelCheckpoint', name, mode);
  let best = monitor.worst;
  return {
    name: 'modelCheckpoint',
    onTrainBegin() {
      best = monitor.worst;
    },
    async onEpochEnd(epoch, logs, training) {
      if (saveBestOnly) {
        const value = monitor.read(logs);
        if (!monitor.improves(value, best)) return;
        best = value;
      }
      await training.model.save(fillIn(path, epoch, logs));
    },
  };
}

function fillIn(path: string, epoch: number, logs: Logs): string {
  return path.replace(/\{(\w+)\}/g, (whole, name: string) => {
    if (name === 'epoch') return String(epoch + 1);
    const value = logs[name];
    return value === undefined ? whole : value.toFixed(4);
  });
}
