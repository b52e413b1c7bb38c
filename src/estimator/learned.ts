import { NonFiniteError } from '../core/errors';

/**
 * Throws a `NonFiniteError` where what was learned holds NaN or infinity: from finite samples that comes of overflow, and
 * predictions would be NaN without a word.
 *
 * @param values - what was learned.
 * @param name - how it is called.
 * @param what - who learned it; begins the message.
 */
export function checkLearned(values: ArrayLike<number>, name: string, what: string): void {
  for (let i = 0; i < values.length; i++)
    if (!Number.isFinite(values[i]!))
      throw new NonFiniteError(
        `${what}: ${name} came out as ${values[i]}: the values are too large to be computed with. Scale them first.`,
      );
}
