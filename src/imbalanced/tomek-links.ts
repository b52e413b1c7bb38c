import type { Labels } from '../data/labels';
import { allOf } from './danger';
import { Neighborhood } from './neighborhoods';
import { type CleaningOptions, cleanedBy, Picking } from './picking';
import type { Given } from './resample';

/**
 * Removes samples of frequent classes that form Tomek links: pairs of different classes, each the other's nearest neighbour.
 *
 * Such pairs lie on the border, or one of them is noise.
 *
 * Reference: Tomek 1976, “Two Modifications of CNN”.
 *
 * @example
 * ```ts
 * import { TomekLinks } from 'kompakt/imbalanced';
 * const { indices } = await new TomekLinks().fitResample([[0], [1], [1.4], [3], [4]], [1, 1, 0, 0, 0]);
 * console.log(Array.from(indices!)); // → [ 0, 1, 3, 4 ]
 * ```
 */
export class TomekLinks extends Picking<CleaningOptions> {
  readonly name = 'TomekLinks' as const;
  protected readonly known = ['samplingStrategy'];

  /** @param options - `samplingStrategy = 'auto'`; checked by `fitResample`. */
  constructor(options: CleaningOptions = {}) {
    super(options);
  }

  protected override select(given: Given, y: Labels, what: string): Int32Array {
    return unlinked(given, cleanedBy(this.options, given, y, what), what);
  }
}

/** Positions of the samples that are in no Tomek link, or not of a class to clean. */
export function unlinked(given: Given, cleaned: ReadonlySet<number>, what: string): Int32Array {
  const { codes } = given;
  const everyone = allOf(codes.length);
  const nearest = new Neighborhood(given.X, everyone, what).others(everyone, 1, 'a nearest neighbour');
  return everyone.filter((i) => {
    const other = nearest[i]!;
    return !(cleaned.has(codes[i]!) && codes[other] !== codes[i] && nearest[other] === i);
  });
}
