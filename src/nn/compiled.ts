import type { Backend } from '../core/backend';
import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Optimizer, resolveOptimizer } from '../optim/index';
import { type Loss, type LossOption, resolveLoss } from './losses';
import { type Metric, type MetricOption, resolveMetrics } from './metrics';
import { isPlainData, storeOptimizer } from './optimizer';
import type { CompileOptions, PerOutput } from './options';
import { forOutputs } from './per-output';
import { optimizerFor } from './precision';
import type { StoredCompile } from './topology';

/** What one output is trained on and measured by. */
export interface CompiledOutput {
  readonly name: string;
  /** Null for an output that is not trained on. */
  readonly loss: Loss | null;
  /** What its loss is multiplied with. */
  readonly lossWeight: number;
  readonly metrics: readonly Metric[];
  /** What its loss is called in logs; null where it is not logged by itself. */
  readonly lossKey: string | null;
}

/** Compile options made ready for training. */
export interface Compiled {
  readonly options: CompileOptions;
  readonly optimizer: Optimizer;
  /** Whether the optimiser was made to scale the loss, as the backend rounds to 16 bits. */
  readonly scalesLoss: boolean;
  readonly outputs: readonly CompiledOutput[];
}

/** Checks compile options and resolves their names, for a model with those outputs on that backend. */
export function compiledFrom(
  options: CompileOptions,
  outputs: readonly string[] = ['output'],
  backend?: Pick<Backend, 'mixed'>,
): Compiled {
  if (typeof options !== 'object' || options === null)
    throw new ConfigError("compile: expected options such as { optimizer: 'adam', loss: 'meanSquaredError' }.");
  checkOptions(options, ['optimizer', 'loss', 'lossWeights', 'metrics', 'weightedMetrics', 'autoScaleLoss'], 'compile');
  const { optimizer, loss, metrics, weightedMetrics, autoScaleLoss = true } = options;
  if (typeof autoScaleLoss !== 'boolean')
    throw new ConfigError(`compile: autoScaleLoss must be true or false, got ${String(autoScaleLoss)}.`);
  if (optimizer === undefined || loss === undefined) {
    throw new ConfigError(
      `compile: ${optimizer === undefined ? 'optimizer' : 'loss'} is missing, e.g. compile({ optimizer: 'adam', loss: 'meanSquaredError' }).`,
    );
  }
  const losses = lossesFor(loss, outputs);
  const weights = lossWeightsFor(options.lossWeights, outputs);
  const plain = metricsFor(metrics, 'metrics', outputs);
  const weighted = metricsFor(weightedMetrics, 'weightedMetrics', outputs);
  const several = losses.filter((l) => l !== null).length > 1;
  return {
    options,
    ...optimizerFor(resolveOptimizer(optimizer), autoScaleLoss ? backend : undefined),
    outputs: outputs.map((name, k) => ({
      name,
      loss: losses[k]!,
      lossWeight: weights[k]!,
      metrics: resolveMetrics(plain[k], weighted[k], losses[k]?.config).map((metric) =>
        outputs.length === 1 ? metric : { ...metric, key: keyOf(name, metric.key) },
      ),
      lossKey: several && losses[k] !== null ? keyOf(name, 'loss') : null,
    })),
  };
}

/** `aLoss`: of the output `a`. */
const keyOf = (output: string, key: string): string => `${output}${key[0]!.toUpperCase()}${key.slice(1)}`;

function lossesFor(option: CompileOptions['loss'], outputs: readonly string[]): (Loss | null)[] {
  const isOne = typeof option === 'string' || typeof option === 'function' || isLossConfig(option, outputs);
  const given = isOne
    ? outputs.map(() => option as LossOption)
    : forOutputs(option as PerOutput<LossOption | null>, outputs, 'compile: loss');
  const losses = given.map((l) => (l === undefined || l === null ? null : resolveLoss(l)));
  if (losses.every((l) => l === null))
    throw new ConfigError('compile: no output has a loss. Give at least one something to be trained on.');
  return losses;
}

/** Whether a record is a loss with its options, rather than a loss for each output. */
const isLossConfig = (option: object | null, outputs: readonly string[]): boolean =>
  option === null ||
  (!Array.isArray(option) && (!('name' in option) ? !hasOutput(option, outputs) : !outputs.includes('name')));

const hasOutput = (option: object, outputs: readonly string[]): boolean =>
  outputs.length > 1 || Object.keys(option).some((key) => outputs.includes(key));

function lossWeightsFor(option: CompileOptions['lossWeights'], outputs: readonly string[]): number[] {
  if (option === undefined) return outputs.map(() => 1);
  const what = 'compile: lossWeights';
  const isOne = typeof option === 'number' && outputs.length === 1;
  const given = isOne ? [option] : forOutputs(option as PerOutput<number>, outputs, what);
  return given.map((weight = 1, k) => {
    if (typeof weight !== 'number' || !Number.isFinite(weight))
      throw new ConfigError(`${what}: the weight of '${outputs[k]}' must be a finite number, got ${String(weight)}.`);
    return weight;
  });
}

/** Metrics of each output: of one alone a list, of several a list, a metric or nothing for each. */
function metricsFor(
  option: CompileOptions['metrics'],
  what: string,
  outputs: readonly string[],
): (readonly MetricOption[])[] {
  if (option === undefined || (Array.isArray(option) && option.length === 0)) return outputs.map(() => []);
  if (Array.isArray(option) && outputs.length === 1) return [option];
  if (typeof option !== 'object' || option === null)
    throw new ConfigError(`compile: ${what} must be an array, e.g. ['accuracy'].`);
  return forOutputs(option as never, outputs, `compile: ${what}`).map((own: unknown) => {
    if (own === undefined || own === null) return [];
    return (Array.isArray(own) ? own : [own]) as MetricOption[];
  });
}

/** Compile options as plain data; null where a function stands among them, which a file can't hold. */
export function storeCompile(options: CompileOptions | null): StoredCompile | null {
  if (options === null) return null;
  const { metrics = [], weightedMetrics = [], lossWeights, autoScaleLoss } = options;
  const loss = storeLoss(options.loss);
  const optimizer = storeOptimizer(options.optimizer);
  if (optimizer === null || loss === undefined || !isPlainData([loss, metrics, weightedMetrics])) return null;
  return {
    optimizer,
    loss,
    metrics,
    weightedMetrics,
    ...(lossWeights !== undefined && { lossWeights }),
    ...(autoScaleLoss === false && { autoScaleLoss }),
  };
}

/** A loss, or one for each output, as data; undefined where it can't be. */
function storeLoss(loss: CompileOptions['loss']): unknown {
  const one = (l: unknown): unknown => (typeof l === 'function' ? (l as Loss).config : l);
  if (typeof loss !== 'object' || loss === null) return one(loss);
  const stored = Array.isArray(loss)
    ? loss.map(one)
    : Object.fromEntries(Object.entries(loss).map(([k, l]) => [k, one(l)]));
  return Object.values(stored).includes(undefined) ? undefined : stored;
}
