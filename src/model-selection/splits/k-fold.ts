import { checkOptions } from '../../core/options';
import type { Seed } from '../../core/rng';
import type { Splitter } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import { countRows, type Rows } from '../../data/rows';
import type { OnWarning } from '../../metrics/warning';
import type { TrainTest } from '../stratify';
import {
  byFold,
  checkEnough,
  checkFolds,
  checkShares,
  plainFolds,
  readClasses,
  stratifiedFolds,
  stream,
} from './folds';

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
  readonly name = 'KFold' as const;
  readonly options: KFoldOptions;

  /** @param options - `nSplits = 5`, `shuffle = false`, `seed`; checked by `split`. */
  constructor(options: KFoldOptions = {}) {
    this.options = options;
  }

  /** How many parts there are. */
  getNSplits(): number {
    return checkFolds(this.options, 'KFold.getNSplits');
  }

  /**
   * The parts, one after the other.
   *
   * @param X - samples along the first axis; only their number counts.
   * @returns for each part the positions of the other samples (`train`) and its own (`test`), both ascending.
   * @throws ConfigError for fewer samples than parts, or a seed without shuffling.
   */
  split(X: Rows, _y?: Labels): Generator<TrainTest> {
    const what = 'KFold.split';
    const n = countRows(X, `${what}: X`);
    checkOptions(this.options, KFOLD_OPTIONS, what);
    const k = checkFolds(this.options, what);
    checkEnough(k, n, what);
    return byFold(plainFolds(n, k, this.options.shuffle === true ? stream(this.options.seed) : null), k);
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
  readonly name = 'StratifiedKFold' as const;
  readonly options: StratifiedKFoldOptions;

  /** @param options - `nSplits = 5`, `shuffle = false`, `seed`, `onWarning`; checked by `split`. */
  constructor(options: StratifiedKFoldOptions = {}) {
    this.options = options;
  }

  /** How many parts there are. */
  getNSplits(): number {
    return checkFolds(this.options, 'StratifiedKFold.getNSplits');
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
    checkOptions(this.options, [...KFOLD_OPTIONS, 'onWarning'], what);
    const { shuffle, seed, onWarning } = this.options;
    const k = checkFolds(this.options, what);
    checkEnough(k, countRows(X, `${what}: X`), what);
    const encoded = readClasses(X, y, what);
    checkShares(encoded.counts, k, onWarning, what);
    return byFold(stratifiedFolds(encoded, k, shuffle === true ? stream(seed) : null), k);
  }
}
