import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { accumulate } from './accumulate';
import { clipByGlobalNorm, clipByNorm, clipByValue } from './clip';
import { ema } from './ema';
import { afterDecay, checkLearningRate, decoupledWeightDecay, type ParamFilter } from './learning-rate';
import { scaleLoss } from './loss-scale';
import { chain, type LearningRate, type Optimizer } from './optimizer';

/** Options that every optimiser has. */
export interface CommonOptions {
  /** A number, or a function of the step, from 0. */
  readonly learningRate?: LearningRate | undefined;
  /** Decoupled decay: w ← w − η·λ·w before the step. By default none (AdamW: 0.004). */
  readonly weightDecay?: number | undefined;
  /** Which parameters decay, by path and value; by default all. */
  readonly weightDecayFilter?: ParamFilter | undefined;
  /** Largest norm of the gradient of one parameter. */
  readonly clipnorm?: number | undefined;
  /** Largest norm of all gradients together. */
  readonly globalClipnorm?: number | undefined;
  /** Largest magnitude of an element of the gradient. */
  readonly clipvalue?: number | undefined;
  /** Whether to keep a moving average of the parameters, which `fit` takes over at its end; by default false. See `ema`. */
  readonly useEma?: boolean | undefined;
  /** How much of the average stays in a step, by default 0.99. */
  readonly emaMomentum?: number | undefined;
  /** Steps after which the parameters become their average; by default never while training. */
  readonly emaOverwriteFrequency?: number | null | undefined;
  /** What the loss is multiplied by before the gradient is taken, and the gradient divided by; by default nothing. */
  readonly lossScaleFactor?: number | null | undefined;
  /** Steps whose mean gradient makes one update, by default 1. See `accumulate`. */
  readonly gradientAccumulationSteps?: number | null | undefined;
}

const COMMON = [
  'learningRate',
  'weightDecay',
  'weightDecayFilter',
  'clipnorm',
  'globalClipnorm',
  'clipvalue',
  'useEma',
  'emaMomentum',
  'emaOverwriteFrequency',
  'lossScaleFactor',
  'gradientAccumulationSteps',
];

interface Defaults {
  readonly learningRate: number;
  readonly weightDecay?: number;
  /** Whether the step depends on the parameters, which then have to have decayed before it. */
  readonly readsParams?: boolean;
}

/** The core of a recipe between the clipping before it and the decay behind it, with its options as data. */
export function recipe(
  name: string,
  options: CommonOptions,
  own: readonly string[],
  core: (learningRate: LearningRate) => Optimizer[],
  defaults: Defaults,
): Optimizer {
  checkOptions(options, [...COMMON, ...own], name);
  const learningRate = options.learningRate ?? defaults.learningRate;
  checkLearningRate(learningRate, name);
  const built = wrapped(chain(...clipping(options, name), ...decayed(core(learningRate), options, defaults)), options);
  const isData = Object.values(options).every((v) => typeof v !== 'function');
  const given = Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined));
  return isData ? { ...built, config: { name, ...given, learningRate } } : built;
}

function decayed(pieces: Optimizer[], options: CommonOptions, defaults: Defaults): Optimizer[] {
  const learningRate = options.learningRate ?? defaults.learningRate;
  const rate = options.weightDecay ?? defaults.weightDecay;
  if (rate === undefined || rate === null) return pieces;
  const decay = decoupledWeightDecay(rate, { learningRate, filter: options.weightDecayFilter });
  return defaults.readsParams === true ? [afterDecay(chain(...pieces), decay)] : [...pieces, decay];
}

/** What goes around the step itself: accumulation innermost, then the average, then the scale of the loss. */
function wrapped(step: Optimizer, options: CommonOptions): Optimizer {
  const { useEma = false, emaMomentum, emaOverwriteFrequency, lossScaleFactor, gradientAccumulationSteps } = options;
  const every = gradientAccumulationSteps ?? 1;
  let built = every === 1 ? step : accumulate(step, every);
  if (useEma) {
    const overwrite = emaOverwriteFrequency ?? undefined;
    built = ema(built, { momentum: emaMomentum, overwriteFrequency: overwrite, stepsPerUpdate: every });
  }
  return lossScaleFactor === undefined || lossScaleFactor === null ? built : scaleLoss(built, lossScaleFactor);
}

function clipping({ clipnorm, globalClipnorm, clipvalue }: CommonOptions, what: string): Optimizer[] {
  const given = [clipnorm, globalClipnorm, clipvalue].filter((x) => x !== undefined);
  if (given.length > 1) {
    throw new ConfigError(
      `${what}: give one of clipnorm, globalClipnorm and clipvalue, not ${given.length}. Use chain for several.`,
    );
  }
  if (clipnorm !== undefined) return [clipByNorm(clipnorm)];
  if (globalClipnorm !== undefined) return [clipByGlobalNorm(globalClipnorm)];
  return clipvalue === undefined ? [] : [clipByValue(clipvalue)];
}
