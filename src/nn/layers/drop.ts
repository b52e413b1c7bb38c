import { ConfigError } from '../../core/errors';
import type { Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { cast, greaterEqual, mul } from '../../ops/elementwise';
import type { CallContext } from '../layer';
import { uniformFor } from '../step-rng';
import type { OptionReader } from './options';

/**
 * 1 where an element is kept, 0 with probability `rate`; null where nothing is dropped.
 *
 * @param shape - of what is drawn, by default that of `like`.
 * @throws ConfigError in training without randomness.
 */
export function keptElements(
  like: Tensor,
  rate: number,
  { training, rng }: CallContext,
  label: string,
  shape: Shape = like.shape,
): Tensor | null {
  if (!training || rate === 0) return null;
  if (rng === null) throw new ConfigError(`${label}: training needs randomness. Pass an rng in the call context.`);
  return cast(greaterEqual(uniformFor(like, rng, shape), rate), like.dtype as 'float32');
}

/**
 * What to multiply by, of the shape of `like` or of `shape`, to drop elements with probability `rate` in [0, 1]: 0 or
 * 1/(1 − rate); null where nothing is dropped.
 *
 * @throws ConfigError in training without randomness.
 */
export function dropFactors(
  like: Tensor,
  rate: number,
  ctx: CallContext,
  label: string,
  shape: Shape = like.shape,
): Tensor | null {
  const kept = keptElements(like, rate, ctx, label, shape);
  // At rate 1 nothing is kept, and 1 / 0 would make the gradient NaN.
  return kept === null ? null : mul(kept, rate < 1 ? 1 / (1 - rate) : 1);
}

/** `x` with elements dropped. */
export function dropElements(x: Tensor, rate: number, ctx: CallContext, label: string, shape: Shape = x.shape): Tensor {
  const factors = dropFactors(x, rate, ctx, label, shape);
  return factors === null ? x : mul(x, factors);
}

/** A probability to drop, below 1. */
export function dropRate(o: OptionReader, option: string): number {
  const rate = o.number(option, 0, 0, 1);
  if (rate === 1) throw o.wrong(option, rate, 'a number in [0, 1)');
  return rate;
}
