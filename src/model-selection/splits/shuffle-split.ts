import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import type { Rng, Seed } from '../../core/rng';
import type { Splitter } from '../../data/estimator';
import { checkSameLength, encodeLabels, type Labels, readLabels } from '../../data/labels';
import { countRows, type Rows } from '../../data/rows';
import { type SplitSizes, splitSizes } from '../sizes';
import { stratifiedSplit, type TrainTest } from '../stratify';
import { checkCount, partBy, readGroups, stream } from './folds';

export interface ShuffleSplitOptions extends SplitSizes {
  /** Number of splits; 10 by default. */
  readonly nSplits?: number | undefined;
  /** Makes the splits reproducible. */
  readonly seed?: Seed | undefined;
}

const OPTIONS = ['nSplits', 'testSize', 'trainSize', 'seed'];

function* repeat<T>(times: number, make: () => T): Generator<T> {
  for (let i = 0; i < times; i++) yield make();
}

/** A random split of the numbers below n. */
export function randomSplit(n: number, sizes: { train: number; test: number }, rng: Rng): TrainTest {
  const order = rng.permutation(n);
  return { test: order.slice(0, sizes.test), train: order.slice(sizes.test, sizes.test + sizes.train) };
}

/**
 * Splits at random into training and test parts, again and again.
 *
 * @example
 * ```ts
 * import { ShuffleSplit } from 'kompakt/model-selection';
 * const sizes = [...new ShuffleSplit({ nSplits: 2, testSize: 0.25, seed: 0 }).split([1, 2, 3, 4])].map(({ test }) => test.length);
 * console.log(sizes); // → [ 1, 1 ]
 * ```
 */
export class ShuffleSplit implements Splitter {
  readonly name = 'ShuffleSplit' as const;
  readonly options: ShuffleSplitOptions;

  /** @param options - `nSplits = 10`, `testSize = 0.1`, `trainSize`, `seed`; checked by `split`. */
  constructor(options: ShuffleSplitOptions = {}) {
    this.options = options;
  }

  /** How many splits there are. */
  getNSplits(): number {
    return checkCount(this.options.nSplits ?? 10, 1, 'nSplits', 'ShuffleSplit.getNSplits');
  }

  /**
   * The splits, one after the other.
   *
   * @param X - samples along the first axis; only their number counts.
   * @throws ConfigError for sizes that do not fit.
   */
  split(X: Rows, _y?: Labels): Generator<TrainTest> {
    const what = 'ShuffleSplit.split';
    checkOptions(this.options, OPTIONS, what);
    const n = countRows(X, `${what}: X`);
    const sizes = splitSizes(n, this.options, 0.1, what);
    const rng = stream(this.options.seed);
    return repeat(checkCount(this.options.nSplits ?? 10, 1, 'nSplits', what), () => randomSplit(n, sizes, rng));
  }
}

/**
 * Splits at random into training and test parts with the class proportions of the whole, again and again.
 *
 * @example
 * ```ts
 * import { StratifiedShuffleSplit } from 'kompakt/model-selection';
 * const y = ['a', 'a', 'b', 'b'];
 * const [first] = new StratifiedShuffleSplit({ testSize: 0.5, seed: 0 }).split(y, y);
 * console.log(Array.from(first!.test, (i) => y[i]).sort()); // → [ 'a', 'b' ]
 * ```
 */
export class StratifiedShuffleSplit implements Splitter {
  readonly name = 'StratifiedShuffleSplit' as const;
  readonly options: ShuffleSplitOptions;

  /** @param options - `nSplits = 10`, `testSize = 0.1`, `trainSize`, `seed`; checked by `split`. */
  constructor(options: ShuffleSplitOptions = {}) {
    this.options = options;
  }

  /** How many splits there are. */
  getNSplits(): number {
    return checkCount(this.options.nSplits ?? 10, 1, 'nSplits', 'StratifiedShuffleSplit.getNSplits');
  }

  /**
   * The splits, one after the other.
   *
   * @param X - samples along the first axis; only their number counts.
   * @param y - the label of each sample.
   * @throws ConfigError for sizes that do not fit, or a class with one sample.
   */
  split(X: Rows, y?: Labels): Generator<TrainTest> {
    const what = 'StratifiedShuffleSplit.split';
    checkOptions(this.options, OPTIONS, what);
    const n = countRows(X, `${what}: X`);
    if (y === undefined) throw new ConfigError(`${what}: needs the labels: split(X, y).`);
    const labels = readLabels(y, `${what}: y`);
    checkSameLength(n, labels.length, what);
    const encoded = encodeLabels(labels);
    const sizes = splitSizes(n, this.options, 0.1, what);
    const rng = stream(this.options.seed);
    const times = checkCount(this.options.nSplits ?? 10, 1, 'nSplits', what);
    return repeat(times, () => stratifiedSplit(encoded, sizes, rng, what));
  }
}

/**
 * Splits groups at random into training and test parts, again and again; sizes are numbers or shares of groups.
 *
 * @example
 * ```ts
 * import { GroupShuffleSplit } from 'kompakt/model-selection';
 * const groups = ['a', 'a', 'b', 'b', 'c', 'c'];
 * const [first] = new GroupShuffleSplit({ testSize: 1, seed: 0 }).split(groups, undefined, groups);
 * console.log(first!.train.length, new Set(Array.from(first!.test, (i) => groups[i])).size); // → 4 1
 * ```
 */
export class GroupShuffleSplit implements Splitter {
  readonly name = 'GroupShuffleSplit' as const;
  readonly options: ShuffleSplitOptions;

  /** @param options - `nSplits = 5`, `testSize = 0.2`, `trainSize`, `seed`; checked by `split`. */
  constructor(options: ShuffleSplitOptions = {}) {
    this.options = options;
  }

  /** How many splits there are. */
  getNSplits(): number {
    return checkCount(this.options.nSplits ?? 5, 1, 'nSplits', 'GroupShuffleSplit.getNSplits');
  }

  /**
   * The splits, one after the other; positions are ascending.
   *
   * @param X - samples along the first axis; only their number counts.
   * @param groups - the group of each sample.
   * @throws ConfigError for sizes that do not fit.
   */
  split(X: Rows, _y?: Labels, groups?: Labels): Generator<TrainTest> {
    const what = 'GroupShuffleSplit.split';
    checkOptions(this.options, OPTIONS, what);
    const { codes, counts } = readGroups(X, groups, what);
    const sizes = splitSizes(counts.length, this.options, 0.2, what);
    const rng = stream(this.options.seed);
    return repeat(checkCount(this.options.nSplits ?? 5, 1, 'nSplits', what), () => {
      const chosen = randomSplit(counts.length, sizes, rng);
      const of = (list: Int32Array): Int32Array => {
        const members = new Set(list);
        return partBy(codes, (group) => members.has(group)).test;
      };
      return { train: of(chosen.train), test: of(chosen.test) };
    });
  }
}
