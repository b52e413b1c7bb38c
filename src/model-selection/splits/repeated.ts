import { checkOptions } from '../../core/options';
import type { Rng, Seed } from '../../core/rng';
import type { Splitter } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import { countRows, type Rows } from '../../data/rows';
import type { OnWarning } from '../../metrics/warning';
import type { TrainTest } from '../stratify';
import {
  byFold,
  checkCount,
  checkEnough,
  checkShares,
  plainFolds,
  readClasses,
  stratifiedFolds,
  stream,
} from './folds';

export interface RepeatedKFoldOptions {
  /** Number of parts; 5 by default. */
  readonly nSplits?: number | undefined;
  /** How often samples are dealt anew; 10 by default. */
  readonly nRepeats?: number | undefined;
  /** Makes the dealing reproducible. */
  readonly seed?: Seed | undefined;
}

export interface RepeatedStratifiedKFoldOptions extends RepeatedKFoldOptions {
  /** Told when a class has fewer samples than there are parts. */
  readonly onWarning?: OnWarning | undefined;
}

function sizes({ nSplits = 5, nRepeats = 10 }: RepeatedKFoldOptions, what: string): { k: number; repeats: number } {
  return { k: checkCount(nSplits, 2, 'nSplits', what), repeats: checkCount(nRepeats, 1, 'nRepeats', what) };
}

function* repeated(repeats: number, k: number, rng: Rng, deal: (rng: Rng) => Int32Array): Generator<TrainTest> {
  for (let r = 0; r < repeats; r++) yield* byFold(deal(rng), k);
}

/**
 * Deals samples at random into k parts, several times.
 *
 * @example
 * ```ts
 * import { RepeatedKFold } from 'kompakt/model-selection';
 * const splitter = new RepeatedKFold({ nSplits: 2, nRepeats: 3, seed: 0 });
 * console.log([...splitter.split([1, 2, 3, 4])].length, splitter.getNSplits()); // → 6 6
 * ```
 */
export class RepeatedKFold implements Splitter {
  readonly name = 'RepeatedKFold' as const;
  readonly options: RepeatedKFoldOptions;

  /** @param options - `nSplits = 5`, `nRepeats = 10`, `seed`; checked by `split`. */
  constructor(options: RepeatedKFoldOptions = {}) {
    this.options = options;
  }

  /** How many parts there are, all repeats together. */
  getNSplits(): number {
    const { k, repeats } = sizes(this.options, 'RepeatedKFold.getNSplits');
    return k * repeats;
  }

  /**
   * The parts, one after the other.
   *
   * @param X - samples along the first axis; only their number counts.
   * @throws ConfigError for fewer samples than parts.
   */
  split(X: Rows, _y?: Labels): Generator<TrainTest> {
    const what = 'RepeatedKFold.split';
    checkOptions(this.options, ['nSplits', 'nRepeats', 'seed'], what);
    const { k, repeats } = sizes(this.options, what);
    const n = countRows(X, `${what}: X`);
    checkEnough(k, n, what);
    return repeated(repeats, k, stream(this.options.seed), (rng) => plainFolds(n, k, rng));
  }
}

/**
 * Deals samples at random into k parts with the class proportions of the whole, several times.
 *
 * @example
 * ```ts
 * import { RepeatedStratifiedKFold } from 'kompakt/model-selection';
 * const y = [0, 0, 1, 1];
 * const splitter = new RepeatedStratifiedKFold({ nSplits: 2, nRepeats: 2, seed: 0 });
 * console.log([...splitter.split(y, y)].map(({ test }) => Array.from(test, (i) => y[i]).join())); // → [ '0,1', '0,1', '0,1', '0,1' ]
 * ```
 */
export class RepeatedStratifiedKFold implements Splitter {
  readonly name = 'RepeatedStratifiedKFold' as const;
  readonly options: RepeatedStratifiedKFoldOptions;

  /** @param options - `nSplits = 5`, `nRepeats = 10`, `seed`, `onWarning`; checked by `split`. */
  constructor(options: RepeatedStratifiedKFoldOptions = {}) {
    this.options = options;
  }

  /** How many parts there are, all repeats together. */
  getNSplits(): number {
    const { k, repeats } = sizes(this.options, 'RepeatedStratifiedKFold.getNSplits');
    return k * repeats;
  }

  /**
   * The parts, one after the other.
   *
   * @param X - samples along the first axis; only their number counts.
   * @param y - the label of each sample.
   * @throws ConfigError when every class has fewer samples than there are parts.
   */
  split(X: Rows, y?: Labels): Generator<TrainTest> {
    const what = 'RepeatedStratifiedKFold.split';
    checkOptions(this.options, ['nSplits', 'nRepeats', 'seed', 'onWarning'], what);
    const { k, repeats } = sizes(this.options, what);
    checkEnough(k, countRows(X, `${what}: X`), what);
    const encoded = readClasses(X, y, what);
    checkShares(encoded.counts, k, this.options.onWarning, what);
    return repeated(repeats, k, stream(this.options.seed), (rng) => stratifiedFolds(encoded, k, rng));
  }
}
