import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { shown } from '../../core/shown';
import type { Splitter } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import { countRows, type Rows } from '../../data/rows';
import type { TrainTest } from '../stratify';
import { byFold, checkCount, partBy, readGroups } from './folds';

const range = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i);

/** All choices of `p` of the numbers below `n`, in lexicographic order. */
function* combinations(n: number, p: number): Generator<readonly number[]> {
  const chosen = Array.from({ length: p }, (_, i) => i);
  for (;;) {
    yield chosen;
    let i = p - 1;
    while (i >= 0 && chosen[i] === n - p + i) i--;
    if (i < 0) return;
    chosen[i]!++;
    for (let j = i + 1; j < p; j++) chosen[j] = chosen[j - 1]! + 1;
  }
}

function choices(n: number, p: number): number {
  let c = 1;
  for (let i = 1; i <= p; i++) c = (c * (n - p + i)) / i;
  return Math.round(c);
}

/** Tests on the samples of `p` folds at a time, in every combination. */
function* combined(folds: Int32Array, n: number, p: number): Generator<TrainTest> {
  for (const chosen of combinations(n, p)) {
    const tested = new Set(chosen);
    yield partBy(folds, (fold) => tested.has(fold));
  }
}

/**
 * Tests on each sample alone, trained on all others.
 *
 * @example
 * ```ts
 * import { LeaveOneOut } from 'kompakt/model-selection';
 * console.log([...new LeaveOneOut().split([1, 2, 3])].map(({ test }) => test[0])); // → [ 0, 1, 2 ]
 * ```
 */
export class LeaveOneOut implements Splitter {
  readonly name = 'LeaveOneOut' as const;

  /** How many parts there are: as many as samples. */
  getNSplits(X: Rows): number {
    return countRows(X, 'LeaveOneOut.getNSplits: X');
  }

  /** The parts: as many as samples. Throws a ConfigError for fewer than 2. */
  split(X: Rows, _y?: Labels): Generator<TrainTest> {
    const n = countRows(X, 'LeaveOneOut.split: X');
    if (n < 2) throw new ConfigError(`LeaveOneOut.split: needs at least 2 samples, got ${n}.`);
    return byFold(range(n), n);
  }
}

export interface LeavePOutOptions {
  /** How many samples to test on at a time. */
  readonly p: number;
}

/**
 * Tests on every set of p samples, trained on all others: n!/(p!·(n − p)!) parts, which soon are very many.
 *
 * @example
 * ```ts
 * import { LeavePOut } from 'kompakt/model-selection';
 * console.log([...new LeavePOut({ p: 2 }).split([1, 2, 3])].map(({ test }) => test.join())); // → [ '0,1', '0,2', '1,2' ]
 * ```
 */
export class LeavePOut implements Splitter {
  readonly name = 'LeavePOut' as const;
  readonly options: LeavePOutOptions;

  /** @param options - `p`; checked by `split`. */
  constructor(options: LeavePOutOptions) {
    this.options = options;
  }

  /** How many parts there are for these samples. */
  getNSplits(X: Rows): number {
    return choices(countRows(X, 'LeavePOut.getNSplits: X'), this.options.p);
  }

  /**
   * The parts, one after the other.
   *
   * @param X - samples along the first axis; only their number counts.
   * @throws ConfigError unless there are more than p samples.
   */
  split(X: Rows, _y?: Labels): Generator<TrainTest> {
    const what = 'LeavePOut.split';
    checkOptions(this.options, ['p'], what);
    const p = checkCount(this.options.p, 1, 'p', what);
    const n = countRows(X, `${what}: X`);
    if (p >= n) throw new ConfigError(`${what}: p ${p} must be less than the number of samples, ${n}.`);
    return combined(range(n), n, p);
  }
}

/**
 * Tests on each group alone, trained on all others.
 *
 * @example
 * ```ts
 * import { LeaveOneGroupOut } from 'kompakt/model-selection';
 * const groups = ['b', 'a', 'b'];
 * console.log([...new LeaveOneGroupOut().split(groups, undefined, groups)].map(({ test }) => test.join())); // → [ '1', '0,2' ]
 * ```
 */
export class LeaveOneGroupOut implements Splitter {
  readonly name = 'LeaveOneGroupOut' as const;

  /** How many parts there are: as many as groups. */
  getNSplits(X: Rows, _y?: Labels, groups?: Labels): number {
    return readGroups(X, groups, 'LeaveOneGroupOut.getNSplits').counts.length;
  }

  /**
   * The parts, by ascending groups.
   *
   * @param X - samples along the first axis; only their number counts.
   * @param groups - the group of each sample.
   * @throws ConfigError for fewer than 2 groups.
   */
  split(X: Rows, _y?: Labels, groups?: Labels): Generator<TrainTest> {
    const { codes, counts } = readGroups(X, groups, 'LeaveOneGroupOut.split');
    if (counts.length < 2)
      throw new ConfigError(`LeaveOneGroupOut.split: needs at least 2 groups, got ${counts.length}.`);
    return byFold(codes, counts.length);
  }
}

export interface LeavePGroupsOutOptions {
  /** How many groups to test on at a time. */
  readonly nGroups: number;
}

/**
 * Tests on every set of p groups, trained on all others.
 *
 * @example
 * ```ts
 * import { LeavePGroupsOut } from 'kompakt/model-selection';
 * const groups = [1, 2, 3];
 * const splitter = new LeavePGroupsOut({ nGroups: 2 });
 * console.log([...splitter.split(groups, undefined, groups)].map(({ test }) => test.join())); // → [ '0,1', '0,2', '1,2' ]
 * ```
 */
export class LeavePGroupsOut implements Splitter {
  readonly name = 'LeavePGroupsOut' as const;
  readonly options: LeavePGroupsOutOptions;

  /** @param options - `nGroups`; checked by `split`. */
  constructor(options: LeavePGroupsOutOptions) {
    this.options = options;
  }

  /** How many parts there are for these groups. */
  getNSplits(X: Rows, _y?: Labels, groups?: Labels): number {
    return choices(readGroups(X, groups, 'LeavePGroupsOut.getNSplits').counts.length, this.options.nGroups);
  }

  /**
   * The parts, one after the other.
   *
   * @param X - samples along the first axis; only their number counts.
   * @param groups - the group of each sample.
   * @throws ConfigError unless there are more than `nGroups` groups.
   */
  split(X: Rows, _y?: Labels, groups?: Labels): Generator<TrainTest> {
    const what = 'LeavePGroupsOut.split';
    checkOptions(this.options, ['nGroups'], what);
    const p = checkCount(this.options.nGroups, 1, 'nGroups', what);
    const { codes, counts } = readGroups(X, groups, what);
    if (p >= counts.length)
      throw new ConfigError(`${what}: nGroups ${p} must be less than the number of groups, ${counts.length}.`);
    return combined(codes, counts.length, p);
  }
}

export interface PredefinedSplitOptions {
  /** For each sample the part it is tested in; −1 for samples that are always trained on. */
  readonly testFold: ArrayLike<number>;
}

/**
 * Tests on parts that are given.
 *
 * @example
 * ```ts
 * import { PredefinedSplit } from 'kompakt/model-selection';
 * const splitter = new PredefinedSplit({ testFold: [0, 1, -1, 1] });
 * for (const { train, test } of splitter.split()) console.log(train.join(), '|', test.join());
 * // → 1,2,3 | 0
 * // → 0,2 | 1,3
 * ```
 */
export class PredefinedSplit implements Splitter {
  readonly name = 'PredefinedSplit' as const;
  readonly options: PredefinedSplitOptions;

  /** @param options - `testFold`; checked by `split`. */
  constructor(options: PredefinedSplitOptions) {
    this.options = options;
  }

  /** How many parts there are. */
  getNSplits(): number {
    return this.#read('PredefinedSplit.getNSplits').parts.length;
  }

  /**
   * The parts, by ascending number.
   *
   * @param X - if given, as many samples as `testFold` has entries.
   * @throws ConfigError for entries that are no integers from −1 on, or for another number of samples.
   */
  *split(X?: Rows, _y?: Labels): Generator<TrainTest> {
    const what = 'PredefinedSplit.split';
    const { folds, parts } = this.#read(what);
    if (X !== undefined && countRows(X, `${what}: X`) !== folds.length)
      throw new ConfigError(`${what}: testFold has ${folds.length} entries. Give one per sample.`);
    for (const part of parts) yield partBy(folds, (fold) => fold === part);
  }

  #read(what: string): { folds: Int32Array; parts: number[] } {
    checkOptions(this.options, ['testFold'], what);
    const list = Array.from(this.options.testFold ?? []);
    const at = list.findIndex((f) => !Number.isInteger(f) || f < -1);
    if (at >= 0)
      throw new ConfigError(
        `${what}: testFold must hold integers from −1 on, got ${shown(list[at])} at position ${at}.`,
      );
    const parts = [...new Set(list)].filter((f) => f !== -1).sort((a, b) => a - b);
    if (parts.length === 0) throw new ConfigError(`${what}: testFold names no part to test on.`);
    return { folds: Int32Array.from(list), parts };
  }
}
