import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Optimizer, resolveOptimizer } from '../optim/index';
import { type Loss, resolveLoss } from './losses';
import { type Metric, resolveMetrics } from './metrics';
import { isPlainData, storeOptimizer } from './optimizer';
import type { CompileOptions } from './options';
import type { StoredCompile } from './topology';

/** Compile options made ready for training. */
export interface Compiled {
  readonly options: CompileOptions;
  readonly loss: Loss;
  readonly optimizer: Optimizer;
  readonly metrics: readonly Metric[];
}

/** Checks compile options and resolves their names. */
export function compiledFrom(options: CompileOptions): Compiled {
  if (typeof options !== 'object' || options === null)
    throw new ConfigError("compile: expected options such as { optimizer: 'adam', loss: 'meanSquaredError' }.");
  checkOptions(options, ['optimizer', 'loss', 'metrics', 'weightedMetrics'], 'compile');
  const { optimizer, loss, metrics, weightedMetrics } = options;
  if (optimizer === undefined || loss === undefined) {
    throw new ConfigError(
      `compile: ${optimizer === undefined ? 'optimizer' : 'loss'} is missing, e.g. compile({ optimizer: 'adam', loss: 'meanSquaredError' }).`,
    );
  }
  for (const [name, list] of Object.entries({ metrics, weightedMetrics })) {
    if (list !== undefined && !Array.isArray(list))
      throw new ConfigError(`compile: ${name} must be an array, e.g. ['accuracy'].`);
  }
  const compute = resolveLoss(loss);
  return {
    options,
    loss: compute,
    metrics: resolveMetrics(metrics, weightedMetrics, compute.config),
    optimizer: resolveOptimizer(optimizer),
  };
}

/** Compile options as plain data; null where a function stands among them, which a file can't hold. */
export function storeCompile(options: CompileOptions | null): StoredCompile | null {
  if (options === null) return null;
  const { metrics = [], weightedMetrics = [] } = options;
  const loss = typeof options.loss === 'function' ? options.loss.config : options.loss;
  const optimizer = storeOptimizer(options.optimizer);
  if (optimizer === null || loss === undefined || !isPlainData([loss, metrics, weightedMetrics])) return null;
  return { optimizer, loss, metrics, weightedMetrics };
}
