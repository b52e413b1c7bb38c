import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Seed, toRng } from '../core/rng';
import { checkSameLength, encodeLabels, type Labels, readLabels } from '../data/labels';
import { countRows, type Rows, takeRows } from '../data/rows';
import { type SplitSizes, splitSizes } from './sizes';
import { stratifiedSplit, type TrainTest } from './stratify';

export interface TrainTestSplitOptions extends SplitSizes {
  /** Keep class proportions in both parts: by these labels, or `true` for those in `y`. */
  readonly stratify?: Labels | true | null | undefined;
  /** Makes the split reproducible. */
  readonly seed?: Seed | undefined;
  /** Shuffle before splitting; true by default. */
  readonly shuffle?: boolean | undefined;
}

/** Both parts, in the form the data came in, and where their samples were. */
export interface TrainTestParts<X, Y> {
  readonly XTrain: X;
  readonly XTest: X;
  readonly yTrain: Y;
  readonly yTest: Y;
  readonly trainIndices: Int32Array;
  readonly testIndices: Int32Array;
}

const WHAT = 'trainTestSplit';

/**
 * Splits samples at random into a part to train on and a part to test on.
 *
 * @param X - samples along the first axis: arrays of anything, typed arrays, tensors of any rank, ndarrays, `{ data, shape }`.
 * @param y - as many labels or targets.
 * @param options - `testSize = 0.25` (a fraction, rounded up, or a number of samples), `trainSize` (by default the rest),
 * `stratify` (labels, or true for `y`), `seed`, `shuffle = true`.
 * @returns both parts, each in the form it came in, and the positions of their samples.
 * @throws ShapeError when X and y differ in length; ConfigError for sizes that do not fit, a class with one sample when
 * stratifying, or stratifying without shuffling.
 *
 * Reference: scikit-learn's `train_test_split`, whose split for `random_state=s` this is for `seed: numpyRandom(s)`.
 *
 * @example
 * ```ts
 * import { trainTestSplit } from 'kompakt/model-selection';
 * const { XTrain, yTest } = trainTestSplit([[1], [2], [3], [4]], [0, 1, 0, 1], { testSize: 0.5, stratify: true, seed: 3 });
 * console.log(XTrain.length, yTest.sort()); // → 2 [ 0, 1 ]
 * ```
 */
export function trainTestSplit<X extends Rows, Y extends Rows>(
  X: X,
  y: Y,
  options: TrainTestSplitOptions = {},
): TrainTestParts<X, Y> {
  checkOptions(options, ['testSize', 'trainSize', 'stratify', 'seed', 'shuffle'], WHAT);
  const n = countRows(X, `${WHAT}: X`);
  checkSameLength(n, countRows(y, `${WHAT}: y`), WHAT);
  const { train, test } = choose(n, y, options);
  return {
    XTrain: takeRows(X, train),
    XTest: takeRows(X, test),
    yTrain: takeRows(y, train),
    yTest: takeRows(y, test),
    trainIndices: train,
    testIndices: test,
  };
}

function choose(n: number, y: Rows, options: TrainTestSplitOptions): TrainTest {
  const sizes = splitSizes(n, options, 0.25, WHAT);
  const stratify = options.stratify ?? null;
  if (options.shuffle === false) {
    if (stratify !== null) throw new ConfigError(`${WHAT}: stratify needs shuffle. Leave shuffle out, or stratify.`);
    const test = sizes.train + sizes.test;
    return { train: range(0, sizes.train), test: range(sizes.train, test) };
  }
  const rng = options.seed === undefined ? toRng(undefined) : toRng(options.seed).restart();
  if (stratify !== null) {
    const labels = readLabels(stratify === true ? (y as Labels) : stratify, `${WHAT}: stratify`);
    checkSameLength(n, labels.length, `${WHAT}: stratify`);
    return stratifiedSplit(encodeLabels(labels), sizes, rng, WHAT);
  }
  const order = rng.permutation(n);
  return { test: order.slice(0, sizes.test), train: order.slice(sizes.test, sizes.test + sizes.train) };
}

const range = (from: number, to: number): Int32Array => Int32Array.from({ length: to - from }, (_, i) => from + i);
