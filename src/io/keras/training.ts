import { KompaktError } from '../../core/errors';
import type { CompileOptions } from '../../nn/options';
import {
  cosine,
  exponential,
  inverseTime,
  type OptimizerSpec,
  piecewise,
  polynomial,
  resolveOptimizer,
} from '../../optim/index';
import { isRecord, type Json, own } from './json';
import { camel, named } from './values';

/** Keras's short names, and those that it has given up. */
const LOSSES = /* @__PURE__ */ new Map([
  ['mse', 'meanSquaredError'],
  ['mae', 'meanAbsoluteError'],
  ['mape', 'meanAbsolutePercentageError'],
  ['msle', 'meanSquaredLogarithmicError'],
  ['kld', 'klDivergence'],
  ['kLDivergence', 'klDivergence'],
  ['kullbackLeiblerDivergence', 'klDivergence'],
  ['huberLoss', 'huber'],
  ['cosineProximity', 'cosineSimilarity'],
  ['logcosh', 'logCosh'],
]);

const METRICS = /* @__PURE__ */ (() => new Map([...LOSSES, ['acc', 'accuracy'], ['aUC', 'auc']]))();

const OPTIMIZERS = /* @__PURE__ */ new Map([
  ['sGD', 'sgd'],
  ['rMSprop', 'rmsprop'],
  ['rmsProp', 'rmsprop'],
  ['adamw', 'adamW'],
]);

const OPTIONS = /* @__PURE__ */ new Map([
  ['lr', 'learningRate'],
  ['beta_1', 'beta1'],
  ['beta_2', 'beta2'],
  ['clipnorm', 'clipnorm'],
]);

/** What a moving average of weights needs means nothing without it. */
const OF_AVERAGES = ['ema_momentum', 'ema_overwrite_frequency'];
const WITHOUT_MEANING = /* @__PURE__ */ new Set(['name', 'decay', 'is_legacy_optimizer', 'jit_compile']);

type Schedule = (step: number) => number;

const isNumber = (x: unknown): x is number => typeof x === 'number' && Number.isFinite(x);

/** The config's numbers and flags in camelCase. */
const settings = (config: Json): Record<string, never> =>
  Object.fromEntries(
    Object.entries(config)
      .filter(
        ([key, value]) => value !== null && key !== 'name' && key !== 'reduction' && key !== 'fn' && key !== 'dtype',
      )
      .map(([key, value]) => [camel(key), value as never]),
  );

const SCHEDULES: ReadonlyMap<string, (config: object) => Schedule> = /* @__PURE__ */ new Map<
  string,
  (config: object) => Schedule
>([
  ['ExponentialDecay', (config) => exponential(config as never)],
  ['InverseTimeDecay', (config) => inverseTime(config as never)],
  ['PolynomialDecay', (config) => polynomial(config as never)],
  ['CosineDecay', (config) => cosine(config as never)],
  ['PiecewiseConstantDecay', (config) => piecewise(config as never)],
]);

function rateOf(value: unknown): number | Schedule | null {
  if (isNumber(value)) return value;
  if (!isRecord(value)) return null;
  const { name, config } = named(value, 'learning_rate');
  const schedule = SCHEDULES.get(name);
  // One with lists of numbers where others have numbers; the rest is checked by the schedules.
  const lists = name === 'PiecewiseConstantDecay' ? [own(config, 'boundaries'), own(config, 'values')] : [];
  const isWhole = lists.every((list) => Array.isArray(list) && list.every(isNumber));
  return schedule !== undefined && isWhole ? schedule(settings(config)) : null;
}

/** Keras's optimiser as ours; null where there is none like it. */
export function optimizerOf(value: unknown): OptimizerSpec | null {
  const { name: given, config } = named(value, 'optimizer');
  const short = camel(given.replace(/^.*>/, ''));
  const options: Record<string, unknown> = { name: OPTIMIZERS.get(short) ?? short };
  const averages = own(config, 'use_ema') === true;
  for (const [key, setting] of Object.entries(config)) {
    if (setting === null || setting === false || WITHOUT_MEANING.has(key)) continue;
    if (!averages && OF_AVERAGES.includes(key)) continue;
    options[OPTIONS.get(key) ?? camel(key)] = setting;
  }
  if (options.learningRate !== undefined) {
    const rate = rateOf(options.learningRate);
    if (rate === null) return null;
    options.learningRate = rate;
  }
  // Before Keras 3, decay was an option of each optimiser.
  const decay = own(config, 'decay');
  if (isNumber(decay) && decay > 0 && isNumber(options.learningRate))
    options.learningRate = inverseTime({ initialLearningRate: options.learningRate, decaySteps: 1, decayRate: decay });
  const spec = options as unknown as OptimizerSpec;
  resolveOptimizer(spec);
  return spec;
}

function lossOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(lossOf);
  if (isRecord(value) && own(value, 'class_name') === undefined)
    return Object.fromEntries(Object.entries(value).map(([output, loss]) => [output, lossOf(loss)]));
  if (value === null) return null;
  const { name, config } = named(value, 'loss');
  return { ...settings(config), name: nameOf(name, LOSSES) };
}

function nameOf(name: string, aliases: ReadonlyMap<string, string>): string {
  const short = camel(/^[A-Z]+$/.test(name) && name !== 'AUC' ? name.toLowerCase() : name);
  return aliases.get(short) ?? short;
}

function metricsOf(value: unknown): unknown[] {
  const list = Array.isArray(value) ? value.flat() : [];
  return list.flatMap((item) => {
    if (typeof item !== 'string' && !isRecord(item)) return [];
    const { name, config } = named(item, 'metrics');
    // Keras 2 wraps functions.
    const wrapped = name === 'MeanMetricWrapper' ? own(config, 'name') : name;
    if (typeof wrapped !== 'string' || wrapped === 'loss') return [];
    const found = nameOf(wrapped, METRICS);
    const options = name === 'MeanMetricWrapper' ? {} : settings(config);
    return [Object.keys(options).length === 0 ? found : { ...options, name: found }];
  });
}

/**
 * What Keras's model was compiled with, as our options; null where it was not, or with what kompakt has not.
 *
 * @param config - the `training_config` of an `.h5` file, or the `compile_config` of a `.keras` file.
 */
export function compileOptionsOf(config: unknown): CompileOptions | null {
  if (!isRecord(config)) return null;
  try {
    const optimizer = optimizerOf(own(config, 'optimizer_config') ?? own(config, 'optimizer'));
    const loss = own(config, 'loss');
    if (optimizer === null || loss === undefined || loss === null) return null;
    return {
      optimizer,
      loss: lossOf(loss) as CompileOptions['loss'],
      metrics: metricsOf(own(config, 'metrics')) as NonNullable<CompileOptions['metrics']>,
    };
  } catch (error) {
    if (error instanceof KompaktError) return null;
    throw error;
  }
}

/** Compiles a model with those options, without the metrics if kompakt has not all of them; not at all, if it can't. */
export function compileIfPossible(
  model: { compile(options: CompileOptions): void },
  options: CompileOptions | null,
): void {
  if (options === null) return;
  for (const attempt of [options, { ...options, metrics: [] }]) {
    try {
      model.compile(attempt);
      return;
    } catch (error) {
      if (!(error instanceof KompaktError)) throw error;
    }
  }
}
