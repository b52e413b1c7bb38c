import type { Callback, Logs, Training } from './callback';

/**
 * Ends training when the loss is NaN or infinite, as Keras's TerminateOnNaN does. `fit` refuses such a step by itself, with
 * an error that names the layer; this is for losses of validation, which it does not judge.
 *
 * @example
 * ```ts
 * import { dense, sequential, terminateOnNaN } from 'kompakt/nn';
 * const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 0 });
 * model.compile({ optimizer: 'sgd', loss: 'mse' });
 * const { epochs } = await model.fit([[1]], [[2]], {
 *   epochs: 5,
 *   validationData: [[[Number.POSITIVE_INFINITY]], [[0]]],
 *   callbacks: [terminateOnNaN()],
 * });
 * console.log(epochs); // → 1
 * ```
 */
export function terminateOnNaN(): Callback {
  const look = ({ loss, valLoss }: Logs, training: Training): void => {
    const isBad = (x: number | undefined): boolean => x !== undefined && !Number.isFinite(x);
    if (isBad(loss) || isBad(valLoss)) training.stop();
  };
  return {
    name: 'terminateOnNaN',
    onBatchEnd: (_batch, logs, training) => look(logs, training),
    onEpochEnd: (_epoch, logs, training) => look(logs, training),
  };
}

/**
 * A callback of plain hooks, as Keras's LambdaCallback: the same as the record of hooks itself.
 *
 * @param hooks - `onEpochEnd: (epoch, logs, training) => …` and the like.
 *
 * @example
 * ```ts
 * import { dense, lambdaCallback, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 1 })], { inputShape: [1], seed: 0 });
 * model.compile({ optimizer: 'sgd', loss: 'mse' });
 * const seen = [0];
 * await model.fit([[1]], [[2]], { epochs: 2, callbacks: [lambdaCallback({ onEpochEnd: (epoch) => seen.push(epoch) })] });
 * console.log(seen); // → [ 0, 0, 1 ]
 * ```
 */
export function lambdaCallback(hooks: Callback): Callback {
  return { name: 'lambdaCallback', ...hooks };
}
