import type { Seed } from '../core/rng';
import type { Labels } from '../data/labels';
import { distanceBetween } from './distances';
import { mostFrequent, subset } from './edited-nearest-neighbours';
import { checkCount } from './neighborhoods';
import { byClass, type CleaningOptions, cleanedBy, Picking } from './picking';
import { type Given, membersOf, rarest, streams } from './resample';
import { unlinked } from './tomek-links';

export interface CondensedNearestNeighbourOptions extends CleaningOptions {
  /** Makes the first samples chosen reproducible. */
  readonly seed?: Seed | undefined;
  /** How many neighbours vote; 1 by default. */
  readonly nNeighbors?: number | undefined;
  /** How many samples of each class are chosen at first; 1 by default. */
  readonly nSeedsS?: number | undefined;
}

export type OneSidedSelectionOptions = CondensedNearestNeighbourOptions;

const OPTIONS: readonly string[] = ['samplingStrategy', 'seed', 'nNeighbors', 'nSeedsS'];

function readCounts(options: CondensedNearestNeighbourOptions, what: string): { k: number; seeds: number } {
  const { nNeighbors: k = 1, nSeedsS: seeds = 1 } = options;
  checkCount(k, 'nNeighbors', what);
  checkCount(seeds, 'nSeedsS', what);
  return { k, seeds };
}

/** For some samples, the k nearest of a set that grows. */
class GrowingNeighbors {
  readonly #given: Given;
  readonly #queries: Int32Array;
  readonly #k: number;
  /** `[queries, k]`, nearest first. */
  readonly #distances: Float64Array;
  readonly #near: Int32Array;
  #size = 0;

  constructor(given: Given, queries: Int32Array, most: number) {
    // There are no more neighbours than samples.
    const k = Math.min(most, given.codes.length);
    this.#given = given;
    this.#queries = queries;
    this.#k = k;
    this.#distances = new Float64Array(queries.length * k).fill(Infinity);
    this.#near = new Int32Array(queries.length * k).fill(-1);
  }

  add(sample: number): void {
    this.#size++;
    const k = this.#k;
    this.#eachDistance(sample, (q, d) => {
      const [from, end] = [q * k, q * k + k - 1];
      if (d >= this.#distances[end]!) return;
      let at = end;
      while (at > from && d < this.#distances[at - 1]!) {
        this.#distances[at] = this.#distances[at - 1]!;
        this.#near[at] = this.#near[at - 1]!;
        at--;
      }
      this.#distances[at] = d;
      this.#near[at] = sample;
    });
  }

  /** The class that the neighbours of a query vote for. */
  vote(query: number): number {
    const near = this.#near.subarray(query * this.#k, query * this.#k + Math.min(this.#k, this.#size));
    return mostFrequent(this.#given.codes, this.#given.classes.length, near);
  }

  #eachDistance(sample: number, visit: (query: number, distance: number) => void): void {
    const { X } = this.#given;
    for (let q = 0; q < this.#queries.length; q++) visit(q, distanceBetween(X, this.#queries[q]!, X, sample));
  }
}

/**
 * Keeps samples of frequent classes that the nearest of those kept before would have misclassified.
 *
 * Starts with all of the rarest class and `nSeedsS` of the class at hand, drawn at random.
 *
 * Reference: Hart 1968, “The Condensed Nearest Neighbor Rule”.
 *
 * @example
 * ```ts
 * import { CondensedNearestNeighbour } from 'kompakt/imbalanced';
 * const X = [[0], [1], [1.8], [8], [9], [10], [11]];
 * const { y } = await new CondensedNearestNeighbour({ seed: 1 }).fitResample(X, [1, 1, 0, 0, 0, 0, 0]);
 * console.log(y); // → [ 0, 0, 1, 1 ]
 * ```
 */
export class CondensedNearestNeighbour extends Picking<CondensedNearestNeighbourOptions> {
  readonly name = 'CondensedNearestNeighbour' as const;
  protected readonly known = OPTIONS;

  /** @param options - `samplingStrategy = 'auto'`, `nNeighbors = 1`, `nSeedsS = 1`, `seed`; checked by `fitResample`. */
  constructor(options: CondensedNearestNeighbourOptions = {}) {
    super(options);
  }

  protected override select(given: Given, y: Labels, what: string): Int32Array {
    const { k, seeds } = readCounts(this.options, what);
    const cleaned = cleanedBy(this.options, given, y, what);
    const rng = streams(this.options.seed)();
    const rare = membersOf(given.codes, rarest(given.counts));
    return byClass(given.codes, given.classes.length, cleaned, (members, c) => {
      const kept = Array.from(rng.integers(seeds, members.length), (i) => members[i]!);
      const store = new GrowingNeighbors(given, members, k);
      for (const i of rare) store.add(i);
      for (const i of kept) store.add(i);
      // imbalanced-learn takes the positions of kept samples in all of X for positions in the class, here and below; that
      // some samples are passed over by it is kept, so that the same ones remain.
      let passed = new Set(kept);
      members.forEach((sample, i) => {
        if (passed.has(i) || store.vote(i) === c) return;
        kept.push(sample);
        store.add(sample);
        passed = new Set(kept);
        for (let j = 0; j < members.length; j++) if (store.vote(j) === c) passed.add(j);
      });
      return Int32Array.from(kept);
    });
  }
}

/**
 * Keeps samples of frequent classes that one of their class and all of the rarest misclassify, then removes Tomek links.
 *
 * Reference: Kubat & Matwin 1997, “Addressing the Curse of Imbalanced Training Sets: One-Sided Selection”, ICML.
 *
 * @example
 * ```ts
 * import { OneSidedSelection } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2.5], [8], [9], [10], [11]];
 * const { y } = await new OneSidedSelection({ seed: 1 }).fitResample(X, [1, 1, 0, 0, 0, 0, 0]);
 * console.log(y); // → [ 0, 0, 1, 1 ]
 * ```
 */
export class OneSidedSelection extends Picking<OneSidedSelectionOptions> {
  readonly name = 'OneSidedSelection' as const;
  protected readonly known = OPTIONS;

  /** @param options - `samplingStrategy = 'auto'`, `nNeighbors = 1`, `nSeedsS = 1`, `seed`; checked by `fitResample`. */
  constructor(options: OneSidedSelectionOptions = {}) {
    super(options);
  }

  protected override select(given: Given, y: Labels, what: string): Int32Array {
    const { k, seeds } = readCounts(this.options, what);
    const cleaned = cleanedBy(this.options, given, y, what);
    const rng = streams(this.options.seed)();
    const rare = membersOf(given.codes, rarest(given.counts));
    const kept = byClass(given.codes, given.classes.length, cleaned, (members, c) => {
      const chosen = Int32Array.from(rng.integers(seeds, members.length), (i) => members[i]!);
      const others = members.filter((i) => !chosen.includes(i));
      const store = new GrowingNeighbors(given, others, k);
      for (const i of rare) store.add(i);
      for (const i of chosen) store.add(i);
      return Int32Array.from([...chosen, ...others.filter((_, i) => store.vote(i) !== c)]);
    });
    const rest = subset(given, kept);
    return unlinked(rest, cleaned, what).map((i) => kept[i]!);
  }
}
