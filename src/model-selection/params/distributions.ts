import { ConfigError } from '../../core/errors';
import { shown } from '../../core/shown';

/** What random numbers are drawn from. */
export interface Draw {
  /** Uniform in [0, 1). */
  random(): number;
  /** An integer in [0, max). */
  integer(max: number): number;
}

/** Values that parameters are drawn from. */
export interface Distribution<T = number> {
  /** One value, drawn with the numbers of `rng`. */
  sample(rng: Draw): T;
}

/**
 * Uniform between two bounds: min + (max − min)·u.
 *
 * @param min - the least value.
 * @param max - the greatest.
 * @throws ConfigError unless min < max.
 *
 * @example
 * ```ts
 * import { rng } from 'kompakt';
 * import { uniform } from 'kompakt/model-selection';
 * console.log(uniform(2, 4).sample(rng(1)) >= 2); // → true
 * ```
 */
export function uniform(min: number, max: number): Distribution {
  checkBounds(min, max, 'uniform');
  return { sample: (rng) => min + (max - min) * rng.random() };
}

/**
 * Uniform in the logarithm, for scales such as strengths of penalties: exp(log min + (log max − log min)·u).
 *
 * @param min - the least value, above 0.
 * @param max - the greatest.
 * @throws ConfigError unless 0 < min < max.
 *
 * @example
 * ```ts
 * import { rng } from 'kompakt';
 * import { logUniform } from 'kompakt/model-selection';
 * console.log(logUniform(1e-4, 1).sample(rng(1)) < 1); // → true
 * ```
 */
export function logUniform(min: number, max: number): Distribution {
  checkBounds(min, max, 'logUniform');
  if (min <= 0) throw new ConfigError(`logUniform: min must be above 0, got ${shown(min)}.`);
  const [low, high] = [Math.log(min), Math.log(max)];
  return { sample: (rng) => Math.exp(low + (high - low) * rng.random()) };
}

/**
 * Whole numbers from `min` up to, not including, `max`, all alike.
 *
 * @param min - the least value.
 * @param max - above the greatest.
 * @throws ConfigError unless both are integers and min < max.
 *
 * @example
 * ```ts
 * import { rng } from 'kompakt';
 * import { randint } from 'kompakt/model-selection';
 * console.log(randint(3, 4).sample(rng(1))); // → 3
 * ```
 */
export function randint(min: number, max: number): Distribution {
  checkBounds(min, max, 'randint');
  if (!Number.isInteger(min) || !Number.isInteger(max))
    throw new ConfigError(`randint: bounds must be integers, got ${shown(min)} and ${shown(max)}.`);
  return { sample: (rng) => min + rng.integer(max - min) };
}

function checkBounds(min: number, max: number, what: string): void {
  if (!Number.isFinite(min) || !Number.isFinite(max) || min >= max)
    throw new ConfigError(`${what}: needs finite bounds min < max, got ${shown(min)} and ${shown(max)}.`);
}
