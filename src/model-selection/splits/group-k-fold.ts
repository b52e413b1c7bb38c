import { ConfigError } from '../../core/errors';
import { numpySum } from '../../core/numpy-sum';
import { checkOptions } from '../../core/options';
import type { Seed } from '../../core/rng';
import type { Splitter } from '../../data/estimator';
import type { Encoded, Labels } from '../../data/labels';
import { countRows, type Rows } from '../../data/rows';
import type { OnWarning } from '../../metrics/warning';
import type { TrainTest } from '../stratify';
import { byFold, checkEnough, checkFolds, checkShares, plainFolds, readClasses, readGroups, stream } from './folds';
import type { KFoldOptions } from './k-fold';
import { numpyArgsort } from './numpy-order';

export interface GroupKFoldOptions {
  /** Number of parts; 5 by default. */
  readonly nSplits?: number | undefined;
  /** Deal the groups at random, with equal numbers of groups, instead of evening out the parts' sizes; false by default. */
  readonly shuffle?: boolean | undefined;
  /** Makes the shuffling reproducible. */
  readonly seed?: Seed | undefined;
}

/**
 * Deals samples into k parts of similar size, all samples of a group into the same, each the test part once: the largest
 * group left goes to the smallest part.
 *
 * @example
 * ```ts
 * import { GroupKFold } from 'kompakt/model-selection';
 * const groups = ['a', 'a', 'b', 'b', 'b', 'c'];
 * for (const { test } of new GroupKFold({ nSplits: 2 }).split(groups, undefined, groups)) console.log(Array.from(test));
 * // → [ 2, 3, 4 ]
 * // → [ 0, 1, 5 ]
 * ```
 */
export class GroupKFold implements Splitter {
  readonly name = 'GroupKFold' as const;
  readonly options: GroupKFoldOptions;

  /** @param options - `nSplits = 5`, `shuffle = false`, `seed`; checked by `split`. */
  constructor(options: GroupKFoldOptions = {}) {
    this.options = options;
  }

  /** How many parts there are. */
  getNSplits(): number {
    return checkFolds(this.options, 'GroupKFold.getNSplits');
  }

  /**
   * The parts, one after the other.
   *
   * @param X - samples along the first axis; only their number counts.
   * @param groups - the group of each sample.
   * @throws ConfigError for fewer groups than parts.
   */
  split(X: Rows, _y?: Labels, groups?: Labels): Generator<TrainTest> {
    const what = 'GroupKFold.split';
    checkOptions(this.options, ['nSplits', 'shuffle', 'seed'], what);
    const k = checkFolds(this.options, what);
    const { codes, counts } = readGroups(X, groups, what);
    checkGroups(k, counts.length, what);
    const folds =
      this.options.shuffle === true
        ? plainFolds(counts.length, k, stream(this.options.seed))
        : lightestFirst(counts, k);
    return byFold(
      codes.map((c) => folds[c]!),
      k,
    );
  }
}

function checkGroups(k: number, groups: number, what: string): void {
  if (k > groups) throw new ConfigError(`${what}: ${groups} groups can't be dealt into ${k} parts. Lower nSplits.`);
}

/** The part of each group: the largest group left goes to the part with the fewest samples. */
function lightestFirst(counts: Int32Array, k: number): Int32Array {
  const folds = new Int32Array(counts.length);
  const sizes = new Float64Array(k);
  for (const g of numpyArgsort(counts).reverse()) {
    const lightest = sizes.indexOf(Math.min(...sizes));
    sizes[lightest]! += counts[g]!;
    folds[g] = lightest;
  }
  return folds;
}

export interface StratifiedGroupKFoldOptions extends KFoldOptions {
  /** Told when a class has fewer samples than there are parts. */
  readonly onWarning?: OnWarning | undefined;
}

/**
 * Deals samples into k parts with about the class proportions of the whole, all samples of a group into the same.
 *
 * Groups with the least even classes go first, each to the part where it makes the parts' shares of classes most alike.
 * Shuffling decides between groups that are alike.
 *
 * @example
 * ```ts
 * import { StratifiedGroupKFold } from 'kompakt/model-selection';
 * const y = [0, 0, 1, 1, 0, 0, 1, 1];
 * const groups = [1, 1, 2, 2, 3, 3, 4, 4];
 * for (const { test } of new StratifiedGroupKFold({ nSplits: 2 }).split(y, y, groups)) console.log(Array.from(test));
 * // → [ 0, 1, 6, 7 ]
 * // → [ 2, 3, 4, 5 ]
 * ```
 */
export class StratifiedGroupKFold implements Splitter {
  readonly name = 'StratifiedGroupKFold' as const;
  readonly options: StratifiedGroupKFoldOptions;

  /** @param options - `nSplits = 5`, `shuffle = false`, `seed`, `onWarning`; checked by `split`. */
  constructor(options: StratifiedGroupKFoldOptions = {}) {
    this.options = options;
  }

  /** How many parts there are. */
  getNSplits(): number {
    return checkFolds(this.options, 'StratifiedGroupKFold.getNSplits');
  }

  /**
   * The parts, one after the other.
   *
   * @param X - samples along the first axis; only their number counts.
   * @param y - the label of each sample.
   * @param groups - the group of each sample.
   * @throws ConfigError for fewer groups than parts, or when every class has fewer samples than there are parts.
   */
  split(X: Rows, y?: Labels, groups?: Labels): Generator<TrainTest> {
    const what = 'StratifiedGroupKFold.split';
    checkOptions(this.options, ['nSplits', 'shuffle', 'seed', 'onWarning'], what);
    const { shuffle, seed, onWarning } = this.options;
    const k = checkFolds(this.options, what);
    checkEnough(k, countRows(X, `${what}: X`), what);
    const classes = readClasses(X, y, what);
    checkShares(classes.counts, k, onWarning, what);
    const grouped = readGroups(X, groups, what);
    checkGroups(k, grouped.counts.length, what);
    const shuffled = shuffle === true ? stream(seed).permutation(grouped.counts.length) : null;
    const folds = evenFolds(classes, grouped, k, shuffled);
    return byFold(
      grouped.codes.map((g) => folds[g]!),
      k,
    );
  }
}

/** The part of each group. */
function evenFolds(classes: Encoded, groups: Encoded, k: number, shuffled: Int32Array | null): Int32Array {
  const c = classes.counts.length;
  const perGroup = Array.from(groups.counts, () => new Float64Array(c));
  groups.codes.forEach((g, i) => {
    perGroup[g]![classes.codes[i]!]!++;
  });
  const spread = perGroup.map((counts) => deviation(counts));
  const order = shuffled === null ? [...perGroup.keys()] : Array.from(shuffled);
  order.sort((a, b) => spread[b]! - spread[a]!);
  const shares: Shares = { perFold: Array.from({ length: k }, () => new Float64Array(c)), totals: classes.counts };
  const folds = new Int32Array(perGroup.length);
  for (const g of order) {
    folds[g] = bestFold(shares, perGroup[g]!);
    add(shares.perFold[folds[g]!]!, perGroup[g]!, 1);
  }
  return folds;
}

interface Shares {
  /** How many samples of each class each part has. */
  readonly perFold: readonly Float64Array[];
  /** How many samples of each class there are. */
  readonly totals: Int32Array;
}

/** The part whose getting these samples makes shares of classes most even; of equal ones that with fewest samples. */
function bestFold({ perFold, totals }: Shares, counts: Float64Array): number {
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  let fewest = Number.POSITIVE_INFINITY;
  perFold.forEach((fold, f) => {
    add(fold, counts, 1);
    const unevenness =
      numpySum(Float64Array.from(totals, (total, c) => columnDeviation(perFold, c, total))) / totals.length;
    add(fold, counts, -1);
    const samples = numpySum(fold);
    if (unevenness < least || (isClose(unevenness, least) && samples < fewest)) {
      [best, least, fewest] = [f, unevenness, samples];
    }
  });
  return best;
}

function add(to: Float64Array, values: Float64Array, sign: number): void {
  for (let i = 0; i < to.length; i++) to[i]! += sign * values[i]!;
}

const isClose = (a: number, b: number): boolean => Math.abs(a - b) <= 1e-8 + 1e-5 * Math.abs(b);

/** Deviation of a row, summed as NumPy does along a row, since parts are chosen by the last bit. */
function deviation(values: Float64Array): number {
  const mean = numpySum(values) / values.length;
  return Math.sqrt(numpySum(values.map((v) => (v - mean) * (v - mean))) / values.length);
}

/** Deviation of a column's shares, summed row by row. */
function columnDeviation(rows: readonly Float64Array[], c: number, total: number): number {
  const mean = rows.reduce((sum, row) => sum + row[c]! / total, 0) / rows.length;
  const squares = rows.reduce((sum, row) => sum + (row[c]! / total - mean) * (row[c]! / total - mean), 0);
  return Math.sqrt(squares / rows.length);
}
