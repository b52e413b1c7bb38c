import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Rng, Seed } from '../core/rng';
import type { Resampled } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { nearestNeighbors, type Points } from './nearest';
import { appendSamples, membersOf, readGiven, streams } from './resample';
import { planSampling, type SamplingStrategy } from './sampling-strategy';

export interface SMOTEOptions {
  /** How many samples each class should have; `'auto'` (default): all as many as the largest. See {@link SamplingStrategy}. */
  readonly samplingStrategy?: SamplingStrategy | undefined;
  /** How many nearest neighbours a new sample may lie towards; 5 by default. */
  readonly kNeighbors?: number | undefined;
  /** Makes the new samples reproducible. */
  readonly seed?: Seed | undefined;
}

/**
 * Adds synthetic samples to rare classes, each between a sample and one of its nearest neighbours of the same class.
 *
 * x_new = x + u·(x_neighbour − x), with x and the neighbour drawn at random and u uniform in [0, 1). It moves the balance of
 * precision and recall and helps weak models; strong ones gain little. Resample training data only, and scale features
 * first: neighbours are Euclidean.
 *
 * Reference: Chawla et al. 2002, “SMOTE: Synthetic Minority Over-sampling Technique”, JAIR 16.
 *
 * @example
 * ```ts
 * import { SMOTE } from 'kompakt/imbalanced';
 * const X = [[0, 0], [1, 1], [0, 1], [5, 5], [6, 6], [5, 6], [6, 5], [7, 7]];
 * const y = ['rare', 'rare', 'rare', 'usual', 'usual', 'usual', 'usual', 'usual'];
 * const balanced = await new SMOTE({ kNeighbors: 2, seed: 1 }).fitResample(X, y);
 * console.log(balanced.X.length, balanced.y.slice(8)); // → 10 [ 'rare', 'rare' ]
 * ```
 */
export class SMOTE {
  readonly options: SMOTEOptions;

  /** @param options - `samplingStrategy = 'auto'`, `kNeighbors = 5`, `seed`; checked by `fitResample`. */
  constructor(options: SMOTEOptions = {}) {
    this.options = options;
  }

  /**
   * Resamples a labelled set.
   *
   * @param X - `[samples, features]`, finite numbers; not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in: the input rows in order, then the synthetic ones, class by class.
   * @throws ConfigError for NaN or infinity, one class, a strategy that does not fit, or a class to add to with no more
   * than `kNeighbors` samples.
   */
  async fitResample<M extends Matrix, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = 'SMOTE.fitResample';
    checkOptions(this.options, ['samplingStrategy', 'kNeighbors', 'seed'], what);
    const { samplingStrategy = 'auto', kNeighbors: k = 5, seed } = this.options;
    if (!Number.isInteger(k) || k < 1)
      throw new ConfigError(`${what}: kNeighbors must be an integer ≥ 1, got ${String(k)}.`);
    const given = await readGiven(X, y, what);
    const plan = planSampling(samplingStrategy, 'over', given, y, what);
    const next = streams(seed);
    const added = [];
    for (const [c, count] of plan) {
      if (count === 0) continue;
      const members = membersOf(given.codes, c);
      if (members.length <= k) {
        throw new ConfigError(
          `${what}: class ${String(given.classes[c])} has ${members.length} samples, too few for ${k} neighbours besides each. ` +
            `Set kNeighbors below ${members.length}, leave the class out of samplingStrategy, or use RandomOverSampler.`,
        );
      }
      const points: Points = { data: given.X.data, cols: given.X.cols, index: members };
      added.push({
        rows: interpolate(points, nearestNeighbors(points, k), k, count, next()),
        label: given.classes[c]!,
      });
    }
    return appendSamples(given, { X, y }, added);
  }
}

/** `count` points between points and their neighbours, drawn in imbalanced-learn's order: all pairs, then all fractions. */
function interpolate(
  { data, cols, index }: Points,
  neighbors: Int32Array,
  k: number,
  count: number,
  rng: Rng,
): Float64Array {
  const pairs = rng.integers(count, neighbors.length);
  const rows = new Float64Array(count * cols);
  for (let s = 0; s < count; s++) {
    const u = rng.random();
    const from = index[Math.floor(pairs[s]! / k)]! * cols;
    const to = index[neighbors[pairs[s]!]!]! * cols;
    for (let c = 0; c < cols; c++) {
      const x = data[from + c]!;
      rows[s * cols + c] = x + u * (data[to + c]! - x);
    }
  }
  return rows;
}
