import { ConfigError, KompaktError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Rng, type Seed, toRng } from '../core/rng';
import type { Splitter } from '../data/estimator';
import { checkAreClasses, checkSameLength, encodeLabels, type Labels, readLabels } from '../data/labels';
import { countRows, type Rows } from '../data/rows';
import type { OnWarning } from '../metrics/warning';
import { type SplitSizes, splitSizes } from './sizes';
import { stratifiedSplit, type TrainTest } from './stratify';

const KFOLD_OPTIONS = ['nSplits', 'shuffle', 'seed'];

export interface KFoldOptions {
  /** Number of parts; 5 by default. */
  readonly nSplits?: number | undefined;
  /** Deal the samples at random instead of in their order; false by default. */
  readonly shuffle?: boolean | undefined;
  /** Makes the shuffling reproducible. */
  readonly seed?: Seed | undefined;
}

export interface StratifiedKFoldOptions extends KFoldOptions {
  /** Told when a class has fewer samples than there are parts. */
  readonly onWarning?: OnWarning | undefined;
}

function stream(seed: Seed | undefined): Rng {
  return seed === undefined ? toRng(undefined) : toRng(seed).restart();
}

function checkFolds({ nSplits = 5, shuffle = false, seed }: KFoldOptions, samples: number, what: string): number {
  if (!Number.isInteger(nSplits) || nSplits < 2)
    throw new ConfigError(`${what}: nSplits must be an integer ≥ 2, got ${String(nSplits)}.`);
  if (!shuffle && seed !== undefined)
    throw new ConfigError(`${what}: seed has no effect without shuffle. Set shuffle: true, or leave seed out.`);
  if (nSplits > samples)
    throw new ConfigError(`${what}: ${samples} samples can't be dealt into ${nSplits} parts. Lower nSplits.`);
  return nSplits;
}

/** Every sample is in the test part of the fold it belongs to, and in the training part of all others. */
function* byFold(folds: Int32Array, nSplits: number): Generator<TrainTest> {
  const all = Array.from(folds.keys());
  for (let f = 0; f < nSplits; f++) {
    yield {
      train: Int32Array.from(all.filter((i) => folds[i] !== f)),
      test: Int32Array.from(all.filter((i) => folds[i] === f)),
    };
  }
}

/**
 * Deals samples into k parts of equal size, each the test part once; the first `n mod k` get one sample more.
 *
 * @example
 * ```ts
 * import { KFold } from 'kompakt/model-selection';
 * for (const { test } of new KFold({ nSplits: 2 }).split([10, 20, 30])) console.log(Array.from(test));
 * // → [ 0, 1 ]
 * // → [ 2 ]
 * ```
 */
export class KFold implements Splitter {
  readonly options: KFoldOptions;

  /** @param options - `nSplits = 5`, `shuffle = false`, `seed`; checked by `split`. */
  constructor(options: KFoldOptions = {}) {
    this.options = options;
  }

  /**
   * The parts, one after the other.
   *
   * @param X - samples along the first axis; only their number counts.
   * @returns for each part the positions of the other samples (`train`) and its own (`test`), both ascending.
   * @throws ConfigError for fewer samples than parts, or a seed without shuffling.
   */
  split(X: Rows, _y?: Labels): Generator<TrainTest> {
    const n = countRows(X, 'KFold.split: X');
    checkOptions(this.options, KFOLD_OPTIONS, 'KFold.split');
    const k = checkFolds(this.options, n, 'KFold.split');
    const order = this.options.shuffle === true ? stream(this.options.seed).permutation(n) : null;
    const folds = new Int32Array(n);
    for (let f = 0, at = 0; f < k; f++) {
      const size = Math.floor(n / k) + Number(f < n % k);
      for (let i = 0; i < size; i++, at++) folds[order === null ? at : order[at]!] = f;
    }
    return byFold(folds, k);
  }
}

/**
 * Deals samples into k parts with the class proportions of the whole, each the test part once.
 *
 * @example
 * ```ts
 * import { StratifiedKFold } from 'kompakt/model-selection';
 * const y = [0, 0, 0, 0, 1, 1];
 * for (const { test } of new StratifiedKFold({ nSplits: 2 }).split(y, y)) console.log(Array.from(test));
 * // → [ 0, 1, 4 ]
 * // → [ 2, 3, 5 ]
 * ```
 */
export class StratifiedKFold implements Splitter {
  readonly options: StratifiedKFoldOptions;

  /** @param options - `nSplits = 5`, `shuffle = false`, `seed`, `onWarning`; checked by `split`. */
  constructor(options: StratifiedKFoldOptions = {}) {
    this.options = options;
  }

  /**
   * The parts, one after the other.
   *
   * @param X - samples along the first axis; only their number counts.
   * @param y - the label of each sample.
   * @returns for each part the positions of the other samples (`train`) and its own (`test`), both ascending.
   * @throws ConfigError when every class has fewer samples than there are parts, or for a seed without shuffling.
   */
  split(X: Rows, y?: Labels): Generator<TrainTest> {
    const what = 'StratifiedKFold.split';
    const n = countRows(X, `${what}: X`);
    checkOptions(this.options, [...KFOLD_OPTIONS, 'onWarning'], what);
    const k = checkFolds(this.options, n, what);
    if (y === undefined) throw new ConfigError(`${what}: needs the labels: split(X, y).`);
    const labels = readLabels(y, `${what}: y`);
    checkSameLength(n, labels.length, what);
    checkAreClasses(labels, `${what}: y`, 'Use KFold for measurements.');
    return byFold(this.#folds(labels, k, what), k);
  }

  #folds(labels: readonly (number | string | boolean)[], k: number, what: string): Int32Array {
    const { codes, counts } = encodeLabels(labels);
    if (counts.every((c) => c < k)) {
      throw new ConfigError(`${what}: no class has ${k} samples, the largest ${Math.max(...counts)}. Lower nSplits.`);
    }
    const least = Math.min(...counts);
    if (least < k) {
      this.options.onWarning?.(
        new KompaktError(`${what}: the smallest class has only ${least} samples, fewer than nSplits ${k}.`),
      );
    }
    const rng = this.options.shuffle === true ? stream(this.options.seed) : null;
    const folds = new Int32Array(codes.length);
    // Classes in order of first appearance; dealing the sorted labels round gives each part its share of each class.
    let dealt = 0;
    for (const c of new Set(codes)) {
      const share = new Int32Array(k);
      for (let i = 0; i < counts[c]!; i++) share[dealt++ % k]!++;
      const blocks = Array.from(share).flatMap((size, f) => new Array<number>(size).fill(f));
      const order = rng?.permutation(blocks.length);
      let at = 0;
      codes.forEach((code, i) => {
        if (code !== c) return;
        folds[i] = blocks[order === undefined ? at : order[at]!]!;
        at++;
      });
    }
    return folds;
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
  /** The parts: as many as samples. Throws a ConfigError for fewer than 2. */
  split(X: Rows, _y?: Labels): Generator<TrainTest> {
    const n = countRows(X, 'LeaveOneOut.split: X');
    if (n < 2) throw new ConfigError(`LeaveOneOut.split: needs at least 2 samples, got ${n}.`);
    return byFold(
      Int32Array.from({ length: n }, (_, i) => i),
      n,
    );
  }
}

export interface ShuffleSplitOptions extends SplitSizes {
  /** Number of splits; 10 by default. */
  readonly nSplits?: number | undefined;
  readonly seed?: Seed | undefined;
}

function checkRepeats(nSplits: number | undefined, what: string): number {
  const n = nSplits ?? 10;
  if (!Number.isInteger(n) || n < 1)
    throw new ConfigError(`${what}: nSplits must be an integer ≥ 1, got ${String(n)}.`);
  return n;
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
  readonly options: ShuffleSplitOptions;

  /** @param options - `nSplits = 10`, `testSize = 0.1`, `trainSize`, `seed`; checked by `split`. */
  constructor(options: ShuffleSplitOptions = {}) {
    this.options = options;
  }

  /**
   * The splits, one after the other.
   *
   * @param X - samples along the first axis; only their number counts.
   * @throws ConfigError for sizes that do not fit.
   */
  split(X: Rows, _y?: Labels): Generator<TrainTest> {
    const what = 'ShuffleSplit.split';
    const n = countRows(X, `${what}: X`);
    const sizes = splitSizes(n, this.options, 0.1, what);
    const rng = stream(this.options.seed);
    return repeat(checkRepeats(this.options.nSplits, what), () => {
      const order = rng.permutation(n);
      return { test: order.slice(0, sizes.test), train: order.slice(sizes.test, sizes.test + sizes.train) };
    });
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
  readonly options: ShuffleSplitOptions;

  /** @param options - `nSplits = 10`, `testSize = 0.1`, `trainSize`, `seed`; checked by `split`. */
  constructor(options: ShuffleSplitOptions = {}) {
    this.options = options;
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
    const n = countRows(X, `${what}: X`);
    if (y === undefined) throw new ConfigError(`${what}: needs the labels: split(X, y).`);
    const labels = readLabels(y, `${what}: y`);
    checkSameLength(n, labels.length, what);
    const encoded = encodeLabels(labels);
    const sizes = splitSizes(n, this.options, 0.1, what);
    const rng = stream(this.options.seed);
    return repeat(checkRepeats(this.options.nSplits, what), () => stratifiedSplit(encoded, sizes, rng, what));
  }
}

function* repeat<T>(times: number, make: () => T): Generator<T> {
  for (let i = 0; i < times; i++) yield make();
}
