import { checkOptions } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import type { Callback, CallbackModel } from './callback';
import { checkCount, createMonitor, keep, type MonitorMode, recall } from './monitor';

const NAMES = ['monitor', 'minDelta', 'patience', 'mode', 'baseline', 'startFromEpoch', 'restoreBestWeights'];

export interface EarlyStoppingOptions {
  /** Default `'valLoss'`. */
  monitor?: string;
  /** An improvement must be larger than this; default 0. */
  minDelta?: number;
  /** Epochs without improvement after which training stops; default 0. */
  patience?: number;
  /** Whether lower or higher is better; default: by the name. */
  mode?: MonitorMode;
  /** A value that must be reached for an epoch to count as progress. */
  baseline?: number;
  /** Epochs before this one are not looked at; default 0. */
  startFromEpoch?: number;
  /** At the end, take the weights of the best epoch; default false. */
  restoreBestWeights?: boolean;
}

/**
 * Stops training when a monitored value has not improved for `patience` epochs, as Keras's EarlyStopping does. With
 * `restoreBestWeights` the model ends with the weights of its best epoch, whether training stopped early or not (but not
 * when it ended by an error or a signal).
 *
 * @throws ConfigError for options out of range and, while training, when the monitored value is not there.
 *
 * @example
 * ```ts
 * import { dense, earlyStopping, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 0 });
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * const callbacks = [earlyStopping({ monitor: 'loss', minDelta: 1e9, patience: 2, restoreBestWeights: true })];
 * const { epochs } = await model.fit([[1], [2]], [[2], [4]], { epochs: 50, callbacks });
 * console.log(epochs); // → 3
 * ```
 */
export function earlyStopping(options: EarlyStoppingOptions = {}): Callback {
  checkOptions(options, NAMES, 'earlyStopping');
  const {
    monitor: name = 'valLoss',
    minDelta = 0,
    patience = 0,
    mode = 'auto',
    baseline,
    startFromEpoch = 0,
    restoreBestWeights = false,
  } = options;
  checkCount('earlyStopping', 'patience', patience);
  checkCount('earlyStopping', 'startFromEpoch', startFromEpoch);
  const monitor = createMonitor('earlyStopping', name, mode, minDelta);
  let wait = 0;
  let best = monitor.worst;
  let bestWeights: Tensor[] = [];
  const forget = (): void => {
    for (const t of bestWeights) t.dispose();
    bestWeights = [];
  };
  const remember = (model: CallbackModel): void => {
    if (!restoreBestWeights) return;
    forget();
    bestWeights = model.getWeights();
  };
  return {
    name: 'earlyStopping',
    onTrainBegin() {
      wait = 0;
      best = monitor.worst;
      forget();
    },
    onEpochEnd(epoch, logs, training) {
      const value = monitor.read(logs);
      if (epoch < startFromEpoch) return;
      if (bestWeights.length === 0) remember(training.model);
      wait++;
      if (monitor.improves(value, best)) {
        best = value;
        remember(training.model);
        if (baseline === undefined || monitor.improves(value, baseline)) wait = 0;
        return;
      }
      if (wait >= patience && epoch > 0) training.stop();
    },
    remembered: () => ({ wait, best: keep(best), bestWeights: [...bestWeights] }),
    remind(memory) {
      wait = memory.wait as number;
      best = recall(memory.best as number | null, monitor.worst);
      forget();
      bestWeights = memory.bestWeights as Tensor[];
    },
    onTrainEnd(_logs, training) {
      if (training.error === undefined && bestWeights.length > 0) training.model.setWeights(bestWeights);
      forget();
    },
  };
}
