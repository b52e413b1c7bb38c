import { ConfigError } from '../core/errors';
import type { CompileOptions, FitOptions, FitX, FitY } from '../nn/options';
import { checkModel, type Pass, refuseIntegers } from './pass';

export interface FinetuneOptions extends FitOptions {
  x: FitX;
  y?: FitY;
  /** Default: how the model was compiled; `loss` is needed where it was not. */
  optimizer?: CompileOptions['optimizer'];
  loss?: CompileOptions['loss'];
  metrics?: CompileOptions['metrics'];
}

/**
 * Trains a copy of the model some more, keeping what pruning removed at zero. Takes all options of `fit`.
 *
 * @throws ConfigError when the model was never compiled and no loss is given, or when it holds integer layers.
 *
 * @example
 * ```ts
 * import { rng } from 'kompakt';
 * import { compress, finetune, prune } from 'kompakt/compress';
 * import { dense, sequential } from 'kompakt/nn';
 * const model = sequential([dense({ units: 1 })], { inputShape: [4], seed: 0 });
 * const x = rng(1).normal([32, 4]);
 * const y = model.predict(x);
 * const small = await compress(model, [prune({ sparsity: 0.5 }), finetune({ x, y, epochs: 2, loss: 'meanSquaredError' })]);
 * console.log(small.getWeights()[0].dataSync().filter((w) => w === 0).length); // → 2
 * ```
 */
export function finetune(options: FinetuneOptions): Pass {
  if (typeof options !== 'object' || options === null) {
    throw new ConfigError('finetune: expected options such as { x, y, epochs: 1 }.');
  }
  const { x, y, optimizer, loss, metrics, ...fit } = options;
  return async (model) => {
    checkModel(model, 'finetune');
    refuseIntegers(model, 'finetune');
    const tuned = model.clone();
    try {
      const compiled = model.compileOptions;
      const chosen = loss ?? compiled?.loss;
      if (chosen === undefined) throw new ConfigError('finetune: the model was not compiled. Give a loss.');
      const measured = metrics ?? compiled?.metrics;
      tuned.compile({
        ...compiled,
        optimizer: optimizer ?? compiled?.optimizer ?? 'adam',
        loss: chosen,
        ...(measured && { metrics: measured }),
      });
      await tuned.fit(x, y, fit);
      return tuned;
    } catch (error) {
      tuned.dispose();
      throw error;
    }
  };
}
