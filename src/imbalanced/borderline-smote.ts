import { checkOption } from '../metrics/warning';
import { allOf, countStrangers, isInDanger } from './danger';
import { drawPairs, interpolate } from './interpolate';
import { checkCount, Neighborhood } from './neighborhoods';
import { OverSampler } from './over-sampler';
import { type Added, type Given, membersOf, streams } from './resample';
import { between } from './samples';
import type { Plan } from './sampling-strategy';
import type { SMOTEOptions } from './smote';

export interface BorderlineSMOTEOptions extends SMOTEOptions {
  /** How many nearest neighbours, of all classes, tell whether a sample is in danger; 10 by default. */
  readonly mNeighbors?: number | undefined;
  /**
   * `'borderline-1'` (default): new samples lie towards neighbours of the same class; `'borderline-2'`: towards neighbours
   * of any class, and towards those of others no more than half the way.
   */
  readonly kind?: 'borderline-1' | 'borderline-2' | undefined;
}

/**
 * SMOTE from samples near the border only: those at least half, but not all, of whose m neighbours are of other classes.
 *
 * x_new = x + u·v·(x_neighbour − x), u uniform in [0, 1); v is 1, but uniform in [0, 0.5) where the neighbour is of another
 * class. Where no sample is in danger, none is added, and the class stays as it is.
 *
 * Reference: Han, Wang & Mao 2005, “Borderline-SMOTE”, ICIC. `'borderline-2'` is that of imbalanced-learn from 0.12 on.
 *
 * @example
 * ```ts
 * import { BorderlineSMOTE } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [3], [2.5], [3.5], [4], [5], [6], [7]];
 * const y = [1, 1, 1, 1, 0, 0, 0, 0, 0, 0];
 * const sampler = new BorderlineSMOTE({ kNeighbors: 2, mNeighbors: 3, seed: 1 });
 * const { X: rows } = await sampler.fitResample(X, y);
 * console.log(rows.slice(10).every(([x]) => x! >= 1 && x! <= 3)); // → true
 * ```
 */
export class BorderlineSMOTE extends OverSampler<BorderlineSMOTEOptions> {
  readonly name = 'BorderlineSMOTE' as const;
  protected readonly known = ['kNeighbors', 'mNeighbors', 'kind'];

  /**
   * @param options - `samplingStrategy = 'auto'`, `kNeighbors = 5`, `mNeighbors = 10`, `kind = 'borderline-1'`, `seed`;
   * checked by `fitResample`.
   */
  constructor(options: BorderlineSMOTEOptions = {}) {
    super(options);
  }

  protected override synthesize(given: Given, plan: Plan, what: string): readonly Added[] {
    const { kNeighbors: k = 5, mNeighbors: m = 10, kind = 'borderline-1', seed } = this.options;
    checkCount(k, 'kNeighbors', what);
    checkCount(m, 'mNeighbors', what);
    checkOption(kind, ['borderline-1', 'borderline-2'], 'kind', what);
    const next = streams(seed);
    const everyone = new Neighborhood(given.X, allOf(given.codes.length), what);
    const added: Added[] = [];
    for (const [c, count] of plan) {
      const members = membersOf(given.codes, c);
      const strangers = countStrangers(given, everyone, members, c, m, 'mNeighbors');
      const from = members.filter((_, i) => isInDanger(strangers[i]!, m));
      if (from.length === 0) continue;
      const near = kind === 'borderline-1' ? new Neighborhood(given.X, members, what) : everyone;
      const neighbors = { from, to: near.others(from, k, 'kNeighbors') };
      const rows =
        kind === 'borderline-1'
          ? interpolate(given.X, neighbors, count, next())
          : this.#towardsAll(given, neighbors, count, c, next);
      added.push({ rows, label: given.classes[c]! });
    }
    return added;
  }

  #towardsAll(
    given: Given,
    neighbors: { readonly from: Int32Array; readonly to: Int32Array },
    count: number,
    c: number,
    next: ReturnType<typeof streams>,
  ): Added['rows'] {
    const { from, to, steps } = drawPairs(neighbors, count, next());
    const shares = next();
    for (let s = 0; s < count; s++) if (given.codes[to[s]!] !== c) steps[s]! *= 0.5 * shares.random();
    return between(given.X, from, to, steps);
  }
}
