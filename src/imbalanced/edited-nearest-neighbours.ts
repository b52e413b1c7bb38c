import { encodeLabels, type Labels } from '../data/labels';
import { checkOption } from '../metrics/warning';
import { allOf } from './danger';
import { checkCount, Neighborhood } from './neighborhoods';
import { byClass, type CleaningOptions, cleanedBy, Picking } from './picking';
import { type Given, rarest } from './resample';
import { takeSamples } from './samples';

export interface EditedNearestNeighboursOptions extends CleaningOptions {
  /** How many nearest neighbours are asked; 3 by default. */
  readonly nNeighbors?: number | undefined;
  /** What keeps a sample: `'all'` (default): all its neighbours are of its class; `'mode'`: its class is their most frequent. */
  readonly kindSel?: 'all' | 'mode' | undefined;
}

export interface RepeatedEditedNearestNeighboursOptions extends EditedNearestNeighboursOptions {
  /** How often at most; 100 by default. */
  readonly maxIter?: number | undefined;
}

export interface AllKNNOptions extends EditedNearestNeighboursOptions {
  /** Whether a frequent class may become smaller than the rarest; false by default, which ends the editing there. */
  readonly allowMinority?: boolean | undefined;
}

/** How neighbours are asked. */
interface Rule {
  readonly k: number;
  readonly kind: 'all' | 'mode';
}

function readRule({ nNeighbors: k = 3, kindSel: kind = 'all' }: EditedNearestNeighboursOptions, what: string): Rule {
  checkCount(k, 'nNeighbors', what);
  return { k, kind: checkOption(kind, ['all', 'mode'], 'kindSel', what) };
}

/** Positions, class by class, of the samples that agree with their neighbours or need not. */
export function edit(given: Given, cleaned: ReadonlySet<number>, { k, kind }: Rule, what: string): Int32Array {
  const { codes, classes } = given;
  const everyone = new Neighborhood(given.X, allOf(codes.length), what);
  return byClass(codes, classes.length, cleaned, (members, c) => {
    const near = everyone.others(members, k, 'nNeighbors');
    return members.filter((_, i) => agrees(codes, classes.length, near.subarray(i * k, (i + 1) * k), c, kind));
  });
}

/** Whether the neighbours are of class `c`: all of them, or more than are of any other (of equally many, the first class). */
export function agrees(codes: Int32Array, classes: number, near: Int32Array, c: number, kind: 'all' | 'mode'): boolean {
  if (kind === 'all') return near.every((j) => codes[j] === c);
  return mostFrequent(codes, classes, near) === c;
}

/** The most frequent class of some samples; of equally frequent ones the first. */
export function mostFrequent(codes: Int32Array, classes: number, samples: Int32Array): number {
  const votes = new Int32Array(classes);
  for (const j of samples) votes[codes[j]!]!++;
  let best = 0;
  for (let c = 1; c < classes; c++) if (votes[c]! > votes[best]!) best = c;
  return best;
}

/**
 * Removes samples of frequent classes that do not agree with their nearest neighbours (edited nearest neighbours, ENN).
 *
 * What is left comes out class by class.
 *
 * Reference: Wilson 1972, “Asymptotic Properties of Nearest Neighbor Rules Using Edited Data”.
 *
 * @example
 * ```ts
 * import { EditedNearestNeighbours } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [1.4], [8], [9], [10], [11]];
 * const { indices } = await new EditedNearestNeighbours({ nNeighbors: 2 }).fitResample(X, [1, 1, 1, 0, 0, 0, 0, 0]);
 * console.log(indices!.join()); // → 4,5,6,7,0,1,2
 * ```
 */
export class EditedNearestNeighbours extends Picking<EditedNearestNeighboursOptions> {
  readonly name = 'EditedNearestNeighbours' as const;
  protected readonly known = ['samplingStrategy', 'nNeighbors', 'kindSel'];

  /** @param options - `samplingStrategy = 'auto'`, `nNeighbors = 3`, `kindSel = 'all'`; checked by `fitResample`. */
  constructor(options: EditedNearestNeighboursOptions = {}) {
    super(options);
  }

  protected override select(given: Given, y: Labels, what: string): Int32Array {
    return edit(given, cleanedBy(this.options, given, y, what), readRule(this.options, what), what);
  }
}

/** The samples at `index` as what a resampler is given. */
export function subset(given: Given, index: Int32Array): Given {
  const labels = Array.from(index, (i) => given.labels[i]!);
  return { X: takeSamples(given.X, index), labels, ...encodeLabels(labels) };
}

/** What makes editing again pointless or harmful: a class has vanished, or has become smaller than the rarest was. */
function hasGoneFar(before: Given, after: Given): { readonly vanished: boolean; readonly outnumbered: boolean } {
  const rare = rarest(before.counts);
  return {
    vanished: after.classes.length < before.classes.length,
    outnumbered: after.classes.some(
      (label, c) => label !== before.classes[rare] && after.counts[c]! < before.counts[rare]!,
    ),
  };
}

/**
 * Edits again and again, until nothing changes, a class has vanished, or a frequent class has become smaller than the rarest.
 *
 * Reference: Tomek 1976, “An Experiment with the Edited Nearest-Neighbor Rule”.
 *
 * @example
 * ```ts
 * import { RepeatedEditedNearestNeighbours } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [1.4], [8], [9], [10], [11]];
 * const sampler = new RepeatedEditedNearestNeighbours({ nNeighbors: 2 });
 * console.log((await sampler.fitResample(X, [1, 1, 1, 0, 0, 0, 0, 0])).y.join()); // → 0,0,0,0,1,1,1
 * ```
 */
export class RepeatedEditedNearestNeighbours extends Picking<RepeatedEditedNearestNeighboursOptions> {
  readonly name = 'RepeatedEditedNearestNeighbours' as const;
  protected readonly known = ['samplingStrategy', 'nNeighbors', 'kindSel', 'maxIter'];

  /**
   * @param options - `samplingStrategy = 'auto'`, `nNeighbors = 3`, `kindSel = 'all'`, `maxIter = 100`; checked by
   * `fitResample`.
   */
  constructor(options: RepeatedEditedNearestNeighboursOptions = {}) {
    super(options);
  }

  protected override select(given: Given, y: Labels, what: string): Int32Array {
    const { maxIter = 100 } = this.options;
    checkCount(maxIter, 'maxIter', what);
    const rule = readRule(this.options, what);
    let kept = allOf(given.codes.length);
    let now = given;
    for (let i = 0; i < maxIter; i++) {
      const cleaned = cleanedBy(this.options, now, i === 0 ? y : (now.labels as Labels), what);
      const picked = edit(now, cleaned, rule, what);
      const hasConverged = picked.length === kept.length;
      kept = picked.map((j) => kept[j]!);
      now = subset(given, kept);
      const { vanished, outnumbered } = hasGoneFar(given, now);
      if (hasConverged || vanished || outnumbered) break;
    }
    return kept;
  }
}

/**
 * Edits with one neighbour, then with two, and so on, up to `nNeighbors` (all k-NN).
 *
 * Reference: Tomek 1976, “An Experiment with the Edited Nearest-Neighbor Rule”.
 *
 * @example
 * ```ts
 * import { AllKNN } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [1.4], [8], [9], [10], [11]];
 * const { y } = await new AllKNN({ nNeighbors: 2 }).fitResample(X, [1, 1, 1, 0, 0, 0, 0, 0]);
 * console.log(y.join()); // → 0,0,0,0,1,1,1
 * ```
 */
export class AllKNN extends Picking<AllKNNOptions> {
  readonly name = 'AllKNN' as const;
  protected readonly known = ['samplingStrategy', 'nNeighbors', 'kindSel', 'allowMinority'];

  /**
   * @param options - `samplingStrategy = 'auto'`, `nNeighbors = 3`, `kindSel = 'all'`, `allowMinority = false`; checked by
   * `fitResample`.
   */
  constructor(options: AllKNNOptions = {}) {
    super(options);
  }

  protected override select(given: Given, y: Labels, what: string): Int32Array {
    const { k: most, kind } = readRule(this.options, what);
    let kept = allOf(given.codes.length);
    let now = given;
    for (let k = 1; k <= most; k++) {
      const cleaned = cleanedBy(this.options, now, k === 1 ? y : (now.labels as Labels), what);
      const picked = edit(now, cleaned, { k, kind }, what);
      kept = picked.map((j) => kept[j]!);
      now = subset(given, kept);
      const { vanished, outnumbered } = hasGoneFar(given, now);
      if (vanished || (outnumbered && this.options.allowMinority !== true)) break;
    }
    return kept;
  }
}
