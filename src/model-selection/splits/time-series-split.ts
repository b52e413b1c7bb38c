import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import type { Splitter } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import { countRows, type Rows } from '../../data/rows';
import type { TrainTest } from '../stratify';
import { checkCount } from './folds';

export interface TimeSeriesSplitOptions {
  /** Number of splits; 5 by default. */
  readonly nSplits?: number | undefined;
  /** At most so many samples to train on, the last ones; by default all that came before. */
  readonly maxTrainSize?: number | null | undefined;
  /** How many samples to test on; by default n / (nSplits + 1), rounded down. */
  readonly testSize?: number | null | undefined;
  /** How many samples to leave out between training and test; 0 by default. */
  readonly gap?: number | undefined;
}

/**
 * Tests on successive stretches of samples that are in order of time, each time trained on what came before.
 *
 * @example
 * ```ts
 * import { TimeSeriesSplit } from 'kompakt/model-selection';
 * for (const { train, test } of new TimeSeriesSplit({ nSplits: 2 }).split([1, 2, 3, 4])) console.log(train.join(), '|', test.join());
 * // → 0,1 | 2
 * // → 0,1,2 | 3
 * ```
 */
export class TimeSeriesSplit implements Splitter {
  readonly name = 'TimeSeriesSplit' as const;
  readonly options: TimeSeriesSplitOptions;

  /** @param options - `nSplits = 5`, `maxTrainSize`, `testSize`, `gap = 0`; checked by `split`. */
  constructor(options: TimeSeriesSplitOptions = {}) {
    this.options = options;
  }

  /** How many splits there are. */
  getNSplits(): number {
    return checkCount(this.options.nSplits ?? 5, 2, 'nSplits', 'TimeSeriesSplit.getNSplits');
  }

  /**
   * The splits, one after the other.
   *
   * @param X - samples along the first axis, the earliest first; only their number counts.
   * @throws ConfigError for too few samples.
   */
  split(X: Rows, _y?: Labels): Generator<TrainTest> {
    const what = 'TimeSeriesSplit.split';
    checkOptions(this.options, ['nSplits', 'maxTrainSize', 'testSize', 'gap'], what);
    const k = checkCount(this.options.nSplits ?? 5, 2, 'nSplits', what);
    const gap = checkCount(this.options.gap ?? 0, 0, 'gap', what);
    const longest = this.options.maxTrainSize ?? null;
    if (longest !== null) checkCount(longest, 1, 'maxTrainSize', what);
    const n = countRows(X, `${what}: X`);
    if (k + 1 > n)
      throw new ConfigError(`${what}: ${n} samples are too few for ${k} splits, which need ${k + 1}. Lower nSplits.`);
    const testSize = checkCount(this.options.testSize ?? Math.floor(n / (k + 1)), 1, 'testSize', what);
    if (n - gap - testSize * k <= 0)
      throw new ConfigError(
        `${what}: ${n} samples are too few for ${k} splits with testSize ${testSize} and gap ${gap}. Lower one of them.`,
      );
    return stretches(n, k, { testSize, gap, longest });
  }
}

function* stretches(
  n: number,
  k: number,
  { testSize, gap, longest }: { testSize: number; gap: number; longest: number | null },
): Generator<TrainTest> {
  for (let start = n - k * testSize; start < n; start += testSize) {
    const end = start - gap;
    yield {
      train: range(longest === null ? 0 : Math.max(0, end - longest), end),
      test: range(start, start + testSize),
    };
  }
}

const range = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i);
