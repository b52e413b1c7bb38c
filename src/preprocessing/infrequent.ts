import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';

/** What stands for the categories put together, in names of features and when transforming back. */
export const INFREQUENT = 'infrequent_sklearn';

export interface RarityOptions {
  readonly minFrequency?: number | undefined;
  readonly maxCategories?: number | undefined;
}

/**
 * Which categories are to be put together, ascending; null for none.
 *
 * @param codes - of the samples; −1 counts for none.
 * @param n - how many categories there are.
 */
export function groupRare(
  codes: Int32Array,
  n: number,
  { minFrequency, maxCategories }: RarityOptions,
  what: string,
): number[] | null {
  if (
    minFrequency !== undefined &&
    !(typeof minFrequency === 'number' && minFrequency > 0 && (minFrequency < 1 || Number.isInteger(minFrequency)))
  )
    throw new ConfigError(
      `${what}: minFrequency must be a count ≥ 1 or a fraction in (0, 1), got ${shown(minFrequency)}.`,
    );
  if (maxCategories !== undefined && !(Number.isInteger(maxCategories) && maxCategories >= 1))
    throw new ConfigError(`${what}: maxCategories must be an integer ≥ 1, got ${shown(maxCategories)}.`);
  const counts = new Int32Array(n);
  for (const code of codes) if (code >= 0) counts[code]!++;
  const least = minFrequency === undefined ? 0 : minFrequency < 1 ? minFrequency * codes.length : minFrequency;
  const rare = new Set<number>();
  counts.forEach((count, i) => {
    if (count < least) rare.add(i);
  });
  if (maxCategories !== undefined && maxCategories < n - rare.size + 1) {
    const byCount = Array.from({ length: n }, (_, i) => i).sort((a, b) => counts[a]! - counts[b]!);
    // As in scikit-learn, one place less than allowed goes to frequent ones, even if nothing is rare yet.
    for (const i of byCount.slice(0, n - maxCategories + 1)) rare.add(i);
  }
  return rare.size === 0 ? null : [...rare].sort((a, b) => a - b);
}
