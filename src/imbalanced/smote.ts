import { ConfigError } from '../core/errors';
import { shown } from '../core/shown';
import { interpolate } from './interpolate';
import { checkCount, Neighborhood } from './neighborhoods';
import { OverSampler, type OverSamplerOptions } from './over-sampler';
import { type Added, type Given, type GivenLabels, membersOf, streams } from './resample';
import type { Plan } from './sampling-strategy';

export interface SMOTEOptions extends OverSamplerOptions {
  /** How many nearest neighbours a new sample may lie towards; 5 by default. */
  readonly kNeighbors?: number | undefined;
}

/**
 * Adds synthetic samples to rare classes, each between a sample and one of its nearest neighbours of the same class.
 *
 * x_new = x + u·(x_neighbour − x), with x and the neighbour drawn at random and u uniform in [0, 1). It moves the balance of
 * precision and recall and helps weak models; strong ones gain little. Resample training data only, and scale features
 * first: neighbours are Euclidean.
 *
 * Reference: Chawla et al. 2002, “SMOTE: Synthetic Minority Over-sampling Technique”, JAIR 16.
 *
 * @example
 * ```ts
 * import { SMOTE } from 'kompakt/imbalanced';
 * const X = [[0, 0], [1, 1], [0, 1], [5, 5], [6, 6], [5, 6], [6, 5], [7, 7]];
 * const y = ['rare', 'rare', 'rare', 'usual', 'usual', 'usual', 'usual', 'usual'];
 * const balanced = await new SMOTE({ kNeighbors: 2, seed: 1 }).fitResample(X, y);
 * console.log(balanced.X.length, balanced.y.slice(8)); // → 10 [ 'rare', 'rare' ]
 * ```
 */
export class SMOTE extends OverSampler<SMOTEOptions> {
  readonly name = 'SMOTE' as const;
  protected readonly known = ['kNeighbors'];

  /** @param options - `samplingStrategy = 'auto'`, `kNeighbors = 5`, `seed`; checked by `fitResample`. */
  constructor(options: SMOTEOptions = {}) {
    super(options);
  }

  protected override synthesize(given: Given, plan: Plan, what: string): readonly Added[] {
    const { kNeighbors: k = 5, seed } = this.options;
    checkCount(k, 'kNeighbors', what);
    const next = streams(seed);
    return [...plan].map(([c, count]) => {
      const members = membersOf(given.codes, c);
      checkClassSize(given, c, members.length, k, what);
      const to = new Neighborhood(given.X, members, what).others(members, k, 'kNeighbors');
      return { rows: interpolate(given.X, { from: members, to }, count, next()), label: given.classes[c]! };
    });
  }
}

/** Throws where a class is too small for every sample to have k others. */
export function checkClassSize({ classes }: GivenLabels, c: number, size: number, k: number, what: string): void {
  if (size > k) return;
  throw new ConfigError(
    `${what}: class ${shown(classes[c])} has ${size} samples, too few for ${k} neighbours besides each. ` +
      `Set kNeighbors below ${size}, leave the class out of samplingStrategy, or use RandomOverSampler.`,
  );
}
