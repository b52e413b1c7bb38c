import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import type { Callback } from './callback';
import { checkCount, createMonitor, keep, type MonitorMode, recall } from './monitor';

/**
 * Sets the learning rate at the beginning of every epoch.
 *
 * @param schedule - takes the epoch (from 0) and the current rate, and returns the rate.
 *
 * @example
 * ```ts
 * import { dense, learningRateScheduler, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 0 });
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * const callbacks = [learningRateScheduler((epoch) => 0.1 / (epoch + 1))];
 * const { history } = await model.fit([[1]], [[2]], { epochs: 2, callbacks });
 * console.log(history.learningRate); // → [ 0.1, 0.05 ]
 * ```
 */
export function learningRateScheduler(schedule: (epoch: number, learningRate: number) => number): Callback {
  if (typeof schedule !== 'function')
    throw new ConfigError('learningRateScheduler: give a function (epoch, learningRate) => learningRate.');
  return {
    name: 'learningRateScheduler',
    steersLearningRate: true,
    onEpochBegin(epoch, _logs, training) {
      const next = schedule(epoch, training.learningRate);
      if (!Number.isFinite(next) || next < 0) {
        throw new ConfigError(
          `learningRateScheduler: the schedule returned ${next} for epoch ${epoch}; it must be a finite number ≥ 0.`,
        );
      }
      training.learningRate = next;
    },
  };
}

export interface ReduceLROnPlateauOptions {
  /** Default `'valLoss'`. */
  monitor?: string;
  /** What the rate is multiplied by, in (0, 1); default 0.1. */
  factor?: number;
  /** Epochs without improvement after which it is reduced; default 10. */
  patience?: number;
  mode?: MonitorMode;
  /** An improvement must be larger than this; default 1e-4. */
  minDelta?: number;
  /** Epochs to wait after a reduction; default 0. */
  cooldown?: number;
  /** The rate is not reduced below it; default 0. */
  minLearningRate?: number;
  /** The same by Keras's name. */
  minLR?: number;
}

const PLATEAU = ['monitor', 'factor', 'patience', 'mode', 'minDelta', 'cooldown', 'minLearningRate', 'minLR'];

/**
 * Multiplies the learning rate by `factor` when a monitored value has not improved for `patience` epochs, as Keras's
 * ReduceLROnPlateau does.
 *
 * @throws ConfigError for options out of range and, while training, when the monitored value is not there.
 *
 * @example
 * ```ts
 * import { dense, reduceLROnPlateau, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 0 });
 * model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
 * const callbacks = [reduceLROnPlateau({ monitor: 'loss', minDelta: 1e9, patience: 1, factor: 0.5 })];
 * const { history } = await model.fit([[1]], [[2]], { epochs: 3, callbacks });
 * console.log(history.learningRate); // → [ 0.01, 0.01, 0.005 ]
 * ```
 */
export function reduceLROnPlateau(options: ReduceLROnPlateauOptions = {}): Callback {
  checkOptions(options, PLATEAU, 'reduceLROnPlateau');
  const {
    monitor: name = 'valLoss',
    factor = 0.1,
    patience = 10,
    mode = 'auto',
    minDelta = 1e-4,
    cooldown = 0,
    minLR = 0,
    minLearningRate = minLR,
  } = options;
  if (!(factor > 0 && factor < 1)) throw new ConfigError(`reduceLROnPlateau: factor must be in (0, 1), got ${factor}.`);
  checkCount('reduceLROnPlateau', 'patience', patience);
  checkCount('reduceLROnPlateau', 'cooldown', cooldown);
  const monitor = createMonitor('reduceLROnPlateau', name, mode, minDelta);
  let wait = 0;
  let cooling = 0;
  let best = monitor.worst;
  return {
    name: 'reduceLROnPlateau',
    steersLearningRate: true,
    onTrainBegin() {
      wait = 0;
      cooling = 0;
      best = monitor.worst;
    },
    remembered: () => ({ wait, cooling, best: keep(best) }),
    remind(memory) {
      wait = memory.wait as number;
      cooling = memory.cooling as number;
      best = recall(memory.best as number | null, monitor.worst);
    },
    onEpochEnd(_epoch, logs, training) {
      const value = monitor.read(logs);
      if (cooling > 0) {
        cooling--;
        wait = 0;
      }
      if (monitor.improves(value, best)) {
        best = value;
        wait = 0;
      } else if (cooling === 0 && ++wait >= patience && training.learningRate > minLearningRate) {
        training.learningRate = Math.max(training.learningRate * factor, minLearningRate);
        cooling = cooldown;
        wait = 0;
      }
    },
  };
}
