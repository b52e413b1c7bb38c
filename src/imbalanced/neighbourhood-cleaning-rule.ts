import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { checkOption } from '../metrics/warning';
import { allOf } from './danger';
import { agrees, type EditedNearestNeighboursOptions, edit } from './edited-nearest-neighbours';
import { checkCount, Neighborhood } from './neighborhoods';
import { cleanedBy, Picking } from './picking';
import { type Given, membersOf, rarest } from './resample';

export interface NeighbourhoodCleaningRuleOptions extends EditedNearestNeighboursOptions {
  /** Neighbours are removed from classes with more than this share of all samples; 0.5 by default. */
  readonly thresholdCleaning?: number | undefined;
}

/**
 * Removes from frequent classes samples that their neighbours outvote, and those near rare samples that disagree with them.
 *
 * The first step is {@link EditedNearestNeighbours} of kind `'mode'`; in the second, `kindSel` says when a rare sample counts
 * as misclassified by its neighbours.
 *
 * Reference: Laurikkala 2001, “Improving Identification of Difficult Small Classes by Balancing Class Distribution”.
 *
 * @example
 * ```ts
 * import { NeighbourhoodCleaningRule } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [1.4], [8], [9], [10], [11]];
 * const { indices } = await new NeighbourhoodCleaningRule().fitResample(X, [1, 1, 1, 0, 0, 0, 0, 0]);
 * console.log(indices!.join()); // → 0,1,2,4,5,6,7
 * ```
 */
export class NeighbourhoodCleaningRule extends Picking<NeighbourhoodCleaningRuleOptions> {
  readonly name = 'NeighbourhoodCleaningRule' as const;
  protected readonly known = ['samplingStrategy', 'nNeighbors', 'kindSel', 'thresholdCleaning'];

  /**
   * @param options - `samplingStrategy = 'auto'`, `nNeighbors = 3`, `kindSel = 'all'`, `thresholdCleaning = 0.5`; checked by
   * `fitResample`.
   */
  constructor(options: NeighbourhoodCleaningRuleOptions = {}) {
    super(options);
  }

  protected override select(given: Given, y: Labels, what: string): Int32Array {
    const { nNeighbors: k = 3, kindSel = 'all', thresholdCleaning: threshold = 0.5 } = this.options;
    checkCount(k, 'nNeighbors', what);
    checkOption(kindSel, ['all', 'mode'], 'kindSel', what);
    if (!(typeof threshold === 'number' && threshold > 0 && threshold < 1))
      throw new ConfigError(`${what}: thresholdCleaning must be between 0 and 1, got ${shown(threshold)}.`);
    const cleaned = cleanedBy(this.options, given, y, what);
    const { codes, classes, counts } = given;
    const kept = new Set(edit(given, cleaned, { k, kind: 'mode' }, what));
    const rare = rarest(counts);
    const members = membersOf(codes, rare);
    const near = new Neighborhood(given.X, allOf(codes.length), what).others(members, k, 'nNeighbors');
    const isLarge = (c: number): boolean => cleaned.has(c) && counts[c]! > codes.length * threshold;
    for (let i = 0; i < members.length; i++) {
      const around = near.subarray(i * k, (i + 1) * k);
      if (agrees(codes, classes.length, around, rare, kindSel)) continue;
      for (const j of around) if (isLarge(codes[j]!)) kept.delete(j);
    }
    return Int32Array.from(kept).sort();
  }
}
