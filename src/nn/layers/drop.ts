import { ConfigError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { cast, greaterEqual, mul } from '../../ops/elementwise';
import type { CallContext } from '../layer';
import { uniformFor } from '../step-rng';
import type { OptionReader } from './options';

/**
 * What to multiply by, of the shape of `like`, to drop elements with probability `rate` in [0, 1): 0 or 1/(1 − rate); null
 * where nothing is dropped.
 *
 * @throws ConfigError in training without randomness.
 */
export function dropFactors(like: Tensor, rate: number, { training, rng }: CallContext, label: string): Tensor | null {
  if (!training || rate === 0) return null;
  if (rng === null) throw new ConfigError(`${label}: training needs randomness. Pass an rng in the call context.`);
  return mul(cast(greaterEqual(uniformFor(like, rng), rate), like.dtype as 'float32'), 1 / (1 - rate));
}

/** `x` with elements dropped. */
export function dropElements(x: Tensor, rate: number, ctx: CallContext, label: string): Tensor {
  const factors = dropFactors(x, rate, ctx, label);
  return factors === null ? x : mul(x, factors);
}

/** A probability to drop, below 1. */
export function dropRate(o: OptionReader, option: string): number {
  const rate = o.number(option, 0, 0, 1);
  if (rate === 1) throw o.wrong(option, rate, 'a number in [0, 1)');
  return rate;
}
