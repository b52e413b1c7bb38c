import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { fittingBatchSize } from './carried';
import { type Feed, type FeedOptions, isIterable, iterableFeed, readSamples, sampleFeed } from './feed';
import type { FitOptions, FitX, FitY, Inputs, SampleWeight, Targets } from './options';

/** Where batches go. */
export type Ports = Pick<FeedOptions, 'backend' | 'inputs' | 'outputs' | 'fixed'>;

const KNOWN = [
  'epochs',
  'batchSize',
  'validationData',
  'validationSplit',
  'classWeight',
  'sampleWeight',
  'shuffle',
  'callbacks',
  'verbose',
  'seed',
  'signal',
  'initialEpoch',
  'stepsPerEpoch',
  'validationFreq',
  'validationSteps',
  'validationBatchSize',
];

const isCount = (x: unknown, least: number): boolean => Number.isInteger(x) && (x as number) >= least;

export function checkBatchSize(batchSize: number | undefined, what: string): number {
  if (batchSize !== undefined && !isCount(batchSize, 1))
    throw new ConfigError(`${what}: batchSize must be an integer ≥ 1, got ${batchSize}.`);
  return batchSize ?? 32;
}

/** Throws for options of `fit` that are unknown or out of range. */
export function checkFitOptions(options: FitOptions): void {
  checkOptions(options, KNOWN, 'fit');
  const { epochs = 1, initialEpoch = 0, stepsPerEpoch, validationSplit, validationData, callbacks } = options;
  if (!isCount(epochs, 0)) throw new ConfigError(`fit: epochs must be an integer ≥ 0, got ${epochs}.`);
  if (!isCount(initialEpoch, 0))
    throw new ConfigError(`fit: initialEpoch must be an integer ≥ 0, got ${initialEpoch}.`);
  if (stepsPerEpoch !== undefined && !isCount(stepsPerEpoch, 1))
    throw new ConfigError(`fit: stepsPerEpoch must be an integer ≥ 1, got ${stepsPerEpoch}.`);
  checkValidation(options);
  if (validationSplit !== undefined && !(validationSplit >= 0 && validationSplit < 1)) {
    throw new ConfigError(`fit: validationSplit must be in [0, 1), got ${validationSplit}.`);
  }
  if (validationData !== undefined && validationSplit)
    throw new ConfigError('fit: give validationData or validationSplit, not both.');
  if (options.signal !== undefined && typeof options.signal?.aborted !== 'boolean')
    throw new ConfigError('fit: signal must be an AbortSignal, such as controller.signal.');
  if (callbacks !== undefined && !Array.isArray(callbacks)) throw new ConfigError('fit: callbacks must be an array.');
}

function checkValidation({ validationFreq: frequency = 1, validationSteps, validationBatchSize }: FitOptions): void {
  const numbers = typeof frequency === 'number' ? [frequency] : frequency;
  if (!Array.isArray(numbers) || !numbers.every((n) => isCount(n, 1)))
    throw new ConfigError(
      `fit: validationFreq must be an integer ≥ 1 or an array of epochs from 1, got ${String(frequency)}.`,
    );
  if (validationSteps !== undefined && !isCount(validationSteps, 1))
    throw new ConfigError(`fit: validationSteps must be an integer ≥ 1, got ${validationSteps}.`);
  checkBatchSize(validationBatchSize, 'fit: validation');
}

/** The batches to train on and, if asked for, those to validate on. */
export async function feedsFor(
  x: FitX,
  y: FitY | undefined,
  options: FitOptions,
  ports: Ports,
): Promise<{ feed: Feed; validation: Feed | null }> {
  const { sampleWeight, classWeight, stepsPerEpoch, validationSplit = 0 } = options;
  const batchSize = checkBatchSize(fittingBatchSize(options.batchSize, ports.fixed ?? null, 'fit'), 'fit');
  const how: FeedOptions = { ...ports, batchSize, sampleWeight, classWeight, stepsPerEpoch };
  const forValidation = {
    ...ports,
    batchSize: options.validationBatchSize ?? batchSize,
    stepsPerEpoch: options.validationSteps,
  };
  const validation = await validationFeed(options.validationData, forValidation);
  if (isIterable(x)) {
    if (validationSplit > 0)
      throw new ConfigError('fit: validationSplit needs samples given as a whole. Give validationData.');
    if (y !== undefined)
      throw new ConfigError('fit: an iterable yields targets with its batches; leave y out (undefined).');
    return { feed: iterableFeed(x, how, 'fit'), validation };
  }
  const samples = await readSamples(x, y, how, 'fit');
  const n = samples.length;
  const trained = Math.floor(n * (1 - validationSplit));
  if (trained === 0)
    throw new ConfigError(`fit: validationSplit ${validationSplit} of ${n} samples leaves none to train on.`);
  const feed = sampleFeed(samples, 0, trained, how, 'fit');
  if (validationSplit === 0) return { feed, validation };
  if (trained === n)
    throw new ConfigError(`fit: validationSplit ${validationSplit} of ${n} samples leaves none to validate on.`);
  // Class weights are for training only; sample weights hold for validation too, as in Keras.
  const held = classWeight === undefined ? samples : await readSamples(x, y, { ...how, classWeight: undefined }, 'fit');
  return { feed, validation: sampleFeed(held, trained, n, forValidation, 'fit: validationSplit') };
}

async function validationFeed(data: FitOptions['validationData'], how: FeedOptions): Promise<Feed | null> {
  if (data === undefined) return null;
  if (isIterable(data)) return iterableFeed(data, how, 'fit: validationData');
  if (!Array.isArray(data) || data.length < 2 || data.length > 3)
    throw new ConfigError('fit: validationData must be [x, y] or [x, y, sampleWeight].');
  const [x, y, sampleWeight] = data as readonly [Inputs, Targets, SampleWeight?];
  const samples = await readSamples(x, y, { ...how, sampleWeight }, 'fit: validationData');
  return sampleFeed(samples, 0, samples.length, how, 'fit: validationData');
}
