import { KompaktError } from '../core/errors';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { checkOption } from '../metrics/warning';
import { distanceBetween, eachDistances } from './distances';
import { checkCount, Neighborhood } from './neighborhoods';
import { byClass, Picking } from './picking';
import { type Given, membersOf, rarest } from './resample';
import { takeSamples } from './samples';
import { planSampling, type SamplingStrategy } from './sampling-strategy';

export interface NearMissOptions {
  /** How many samples each class should keep; `'auto'` (default): as many as the rarest has. */
  readonly samplingStrategy?: SamplingStrategy | undefined;
  /**
   * 1 (default): keep those nearest to their nearest rare samples; 2: nearest to their farthest rare samples; 3: of the
   * neighbours of rare samples those farthest from their nearest rare samples.
   */
  readonly version?: 1 | 2 | 3 | undefined;
  /** To how many rare samples the mean distance is taken; 3 by default. */
  readonly nNeighbors?: number | undefined;
  /** For version 3, how many neighbours of each rare sample are considered; 3 by default. */
  readonly nNeighborsVer3?: number | undefined;
}

/**
 * Keeps samples of frequent classes by their mean distance to samples of the rarest class.
 *
 * What is left comes out class by class, nearest (in version 3, farthest) first.
 *
 * Reference: Mani & Zhang 2003, “kNN Approach to Unbalanced Data Distributions”.
 *
 * @example
 * ```ts
 * import { NearMiss } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [3], [4], [5], [6]];
 * const { indices } = await new NearMiss({ nNeighbors: 2 }).fitResample(X, [1, 1, 0, 0, 0, 0, 0]);
 * console.log(Array.from(indices!)); // → [ 2, 3, 0, 1 ]
 * ```
 */
export class NearMiss extends Picking<NearMissOptions> {
  readonly name = 'NearMiss' as const;
  protected readonly known = ['samplingStrategy', 'version', 'nNeighbors', 'nNeighborsVer3'];

  /**
   * @param options - `samplingStrategy = 'auto'`, `version = 1`, `nNeighbors = 3`, `nNeighborsVer3 = 3`; checked by
   * `fitResample`.
   */
  constructor(options: NearMissOptions = {}) {
    super(options);
  }

  protected override select(given: Given, y: Labels, what: string, warnings: KompaktError[]): Int32Array {
    const { samplingStrategy = 'auto', version = 1, nNeighbors: k = 3, nNeighborsVer3: k3 = 3 } = this.options;
    checkOption(version, [1, 2, 3], 'version', what);
    checkCount(k, 'nNeighbors', what);
    checkCount(k3, 'nNeighborsVer3', what);
    const plan = planSampling(samplingStrategy, 'under', given, y, what);
    const rare = membersOf(given.codes, rarest(given.counts));
    const near = new Neighborhood(given.X, rare, what);
    return byClass(given.codes, given.classes.length, plan, (members, c) => {
      const wanted = plan.get(c)!;
      if (version === 2) return ranked(members, sumOfFarthest(given, members, rare, k, near), wanted, 'nearest');
      const candidates = version === 1 ? members : this.#neighborsOf(given, rare, members, k3, what);
      if (candidates.length < wanted) {
        warnings.push(
          new KompaktError(
            `${what}: only ${candidates.length} samples of class ${shown(given.classes[c])} are neighbours of the rarest class, so it ` +
              `keeps no more, though ${wanted} were asked for. Raise nNeighborsVer3.`,
          ),
        );
      }
      const sums = sumOfNearest(given, candidates, near, k);
      return ranked(candidates, sums, wanted, version === 1 ? 'nearest' : 'farthest');
    });
  }

  /** Those of `members` that are among the k nearest of some rare sample, ascending. */
  #neighborsOf(given: Given, rare: Int32Array, members: Int32Array, k: number, what: string): Int32Array {
    const found = new Set(new Neighborhood(given.X, members, what).nearest(rare, k, 'nNeighborsVer3'));
    return members.filter((i) => found.has(i));
  }
}

/** The first of `members` by their values; of equal ones the first comes first. */
function ranked(members: Int32Array, values: Float64Array, count: number, order: 'nearest' | 'farthest'): Int32Array {
  const sign = order === 'nearest' ? 1 : -1;
  const positions = Array.from(members.keys()).sort((a, b) => sign * (values[a]! - values[b]!));
  return Int32Array.from(positions.slice(0, count), (i) => members[i]!);
}

function sumOfNearest(given: Given, queries: Int32Array, near: Neighborhood, k: number): Float64Array {
  const found = near.nearest(queries, k, 'nNeighbors');
  const sums = new Float64Array(queries.length);
  for (let i = 0; i < found.length; i++) {
    const q = Math.floor(i / k);
    sums[q]! += Math.sqrt(distanceBetween(given.X, queries[q]!, given.X, found[i]!));
  }
  return sums;
}

/** Of each query, the sum of the distances to the k rare samples farthest from it. */
function sumOfFarthest(
  given: Given,
  queries: Int32Array,
  rare: Int32Array,
  k: number,
  near: Neighborhood,
): Float64Array {
  // Asks for as many as are summed, so that too few are refused as elsewhere.
  near.nearest(queries.subarray(0, 1), k, 'nNeighbors');
  const sums = new Float64Array(queries.length);
  eachDistances(takeSamples(given.X, queries), takeSamples(given.X, rare), (q, squares) => {
    const sorted = squares.map(Math.sqrt).sort();
    for (const d of sorted.subarray(sorted.length - k)) sums[q]! += d;
  });
  return sums;
}
