import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';

export interface SplitSizes {
  /** The test part: below 1 a fraction of the samples, rounded up; from 1 on a number of samples. */
  readonly testSize?: number | null | undefined;
  /** The training part: below 1 a fraction of the samples, rounded down; from 1 on a number. By default the rest. */
  readonly trainSize?: number | null | undefined;
}

/**
 * How many samples to train and to test on.
 *
 * @param samples - how many there are.
 * @param standard - the test fraction when neither size is given.
 * @throws ConfigError when a size is out of range, the two do not fit, or nothing would be left to train on.
 */
export function splitSizes(
  samples: number,
  { testSize, trainSize }: SplitSizes,
  standard: number,
  what: string,
): { train: number; test: number } {
  const wanted = testSize ?? null;
  const kept = trainSize ?? null;
  const asked = wanted === null && kept === null ? standard : wanted;
  checkSize(asked, samples, 'testSize', what);
  checkSize(kept, samples, 'trainSize', what);
  if (asked !== null && kept !== null && asked < 1 && kept < 1 && asked + kept > 1) {
    throw new ConfigError(`${what}: testSize ${asked} and trainSize ${kept} add up to more than 1. Reduce one.`);
  }
  const test = asked === null ? null : asked < 1 ? Math.ceil(asked * samples) : asked;
  const train = kept === null ? null : kept < 1 ? Math.floor(kept * samples) : kept;
  const sizes = { test: test ?? samples - train!, train: train ?? samples - test! };
  if (sizes.test + sizes.train > samples) {
    throw new ConfigError(
      `${what}: ${sizes.train} training and ${sizes.test} test samples are more than the ${samples} there are. Reduce testSize or trainSize.`,
    );
  }
  if (sizes.train === 0) {
    throw new ConfigError(
      `${what}: of ${samples} samples none would be left to train on. Reduce testSize or raise trainSize.`,
    );
  }
  return sizes;
}

function checkSize(size: number | null, samples: number, name: string, what: string): void {
  if (size === null) return;
  const isFraction = typeof size === 'number' && size > 0 && size < 1;
  const isCount = Number.isInteger(size) && size >= 1 && size < samples;
  if (!isFraction && !isCount) {
    throw new ConfigError(
      `${what}: ${name} must be a fraction in (0, 1), or a number of samples from 1 to ${samples - 1}; got ${shown(size)}.`,
    );
  }
}
