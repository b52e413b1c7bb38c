import { checkOptions } from '../core/options';
import { type Seed, toRng } from '../core/rng';
import type { Resampled } from '../data/estimator';
import { type Labels, labelsLike } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { type Rows, takeRows } from '../data/rows';
import { type Given, membersOf, readGiven } from './resample';
import { planSampling, type SamplingStrategy } from './sampling-strategy';

export interface RandomOverSamplerOptions {
  /** How many samples each class should have; `'auto'` (default): all as many as the largest. */
  readonly samplingStrategy?: SamplingStrategy | undefined;
  readonly seed?: Seed | undefined;
}

export interface RandomUnderSamplerOptions extends RandomOverSamplerOptions {
  /** Draw with replacement; false by default. */
  readonly replacement?: boolean | undefined;
}

function pick<M extends Matrix, L extends Labels>(given: Given, X: M, y: L, indices: Int32Array): Resampled<M, L> {
  return {
    X: takeRows(X as Rows, indices) as unknown as M,
    y: labelsLike(
      y,
      Array.from(indices, (i) => given.labels[i]!),
    ),
    indices,
  };
}

/**
 * Repeats samples of rare classes, drawn at random with replacement.
 *
 * @example
 * ```ts
 * import { RandomOverSampler } from 'kompakt/imbalanced';
 * const { y, indices } = await new RandomOverSampler({ seed: 1 }).fitResample([[1], [2], [3], [4]], [0, 0, 0, 1]);
 * console.log(y, Array.from(indices!)); // → [ 0, 0, 0, 1, 1, 1 ] [ 0, 1, 2, 3, 3, 3 ]
 * ```
 */
export class RandomOverSampler {
  readonly options: RandomOverSamplerOptions;

  /** @param options - `samplingStrategy = 'auto'`, `seed`; checked by `fitResample`. */
  constructor(options: RandomOverSamplerOptions = {}) {
    this.options = options;
  }

  /**
   * Resamples a labelled set.
   *
   * @param X - `[samples, features]`, NaN allowed; not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in: the input in order, then the repeats, class by class; and `indices`.
   * @throws ConfigError for one class, or a strategy that does not fit.
   */
  async fitResample<M extends Matrix, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = 'RandomOverSampler.fitResample';
    checkOptions(this.options, ['samplingStrategy', 'seed'], what);
    const given = await readGiven(X, y, what, { allowNonFinite: true });
    const plan = planSampling(this.options.samplingStrategy ?? 'auto', 'over', given, y, what);
    const { seed } = this.options;
    const rng = seed === undefined ? toRng(seed) : toRng(seed).restart();
    const indices = Array.from(given.codes.keys());
    for (const [c, count] of plan) {
      const members = membersOf(given.codes, c);
      for (const i of rng.integers(count, members.length)) indices.push(members[i]!);
    }
    return pick(given, X, y, Int32Array.from(indices));
  }
}

/**
 * Keeps a random part of frequent classes.
 *
 * @example
 * ```ts
 * import { RandomUnderSampler } from 'kompakt/imbalanced';
 * const { y } = await new RandomUnderSampler({ seed: 1 }).fitResample([[1], [2], [3], [4]], [0, 0, 0, 1]);
 * console.log(y); // → [ 0, 1 ]
 * ```
 */
export class RandomUnderSampler {
  readonly options: RandomUnderSamplerOptions;

  /** @param options - `samplingStrategy = 'auto'`, `replacement = false`, `seed`; checked by `fitResample`. */
  constructor(options: RandomUnderSamplerOptions = {}) {
    this.options = options;
  }

  /**
   * Resamples a labelled set.
   *
   * @param X - `[samples, features]`, NaN allowed; not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in, class by class, and `indices`.
   * @throws ConfigError for one class, or a strategy that does not fit.
   */
  async fitResample<M extends Matrix, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = 'RandomUnderSampler.fitResample';
    checkOptions(this.options, ['samplingStrategy', 'seed', 'replacement'], what);
    const given = await readGiven(X, y, what, { allowNonFinite: true });
    const plan = planSampling(this.options.samplingStrategy ?? 'auto', 'under', given, y, what);
    const { seed } = this.options;
    const rng = seed === undefined ? toRng(seed) : toRng(seed).restart();
    const indices: number[] = [];
    for (let c = 0; c < given.classes.length; c++) {
      const members = membersOf(given.codes, c);
      const count = plan.get(c);
      if (count === undefined) {
        indices.push(...members);
        continue;
      }
      const drawn =
        this.options.replacement === true
          ? rng.integers(count, members.length)
          : rng.permutation(members.length).subarray(0, count);
      for (const i of drawn) indices.push(members[i]!);
    }
    return pick(given, X, y, Int32Array.from(indices));
  }
}
