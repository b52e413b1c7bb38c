import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { type Rng, type Seed, toRng } from '../core/rng';
import type { Estimator, Resampled } from '../data/estimator';
import type { Label, Labels } from '../data/labels';
import { asMatrix, type Matrix } from '../data/matrix';
import type { Rows } from '../data/rows';
import { takesSeed } from '../estimator/abilities';
import { crossValPredict } from '../model-selection/cross-val-predict';
import { byFold, checkEnough, stratifiedFolds } from '../model-selection/splits/folds';
import { RandomForestClassifier } from '../trees/random-forest';
import { checkClassifier, seededBy } from './balanced-member';
import { checkCount } from './neighborhoods';
import { byClass } from './picking';
import { type Given, pickSamples, readGiven } from './resample';

import { planSampling, type SamplingStrategy } from './sampling-strategy';

export interface InstanceHardnessThresholdOptions {
  /** A classifier with probabilities; a random forest of 100 trees, with the same seed, by default. */
  readonly estimator?: Estimator | undefined;
  /** About how many samples each class should keep; `'auto'` (default): as many as the rarest has. */
  readonly samplingStrategy?: SamplingStrategy | undefined;
  /** Into how many parts samples are dealt to be predicted; 5 by default. */
  readonly cv?: number | undefined;
  readonly seed?: Seed | undefined;
}

/**
 * Keeps the samples of frequent classes that a classifier finds easy: those of which it gives their own class the highest
 * probability, when fitted without them.
 *
 * The threshold is a quantile of a class's probabilities; where several are equal to it, more samples stay than asked for.
 *
 * Reference: Smith, Martinez & Giraud-Carrier 2014, “An Instance Level Analysis of Data Complexity”, Machine Learning 95.
 *
 * @example
 * ```ts
 * import { GaussianNB } from 'kompakt/bayes';
 * import { InstanceHardnessThreshold } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [3], [4], [2.5], [8], [9], [10], [11]];
 * const y = [0, 0, 0, 0, 0, 1, 1, 1, 1, 0];
 * const sampler = new InstanceHardnessThreshold({ estimator: new GaussianNB(), cv: 2, seed: 1 });
 * const { indices } = await sampler.fitResample(X, y);
 * console.log(indices!.includes(9)); // → false
 * ```
 */
export class InstanceHardnessThreshold {
  readonly name = 'InstanceHardnessThreshold' as const;
  readonly options: InstanceHardnessThresholdOptions;

  /** @param options - `estimator`, `samplingStrategy = 'auto'`, `cv = 5`, `seed`; checked by `fitResample`. */
  constructor(options: InstanceHardnessThresholdOptions = {}) {
    this.options = options;
  }

  /**
   * Resamples a labelled set.
   *
   * @param X - `[samples, features]`, finite numbers; sparse if the estimator takes it. Not changed.
   * @param y - one label per sample, of at least two classes.
   * @returns X and y in the form they came in, class by class, and `indices`.
   * @throws ConfigError for one class, a strategy that does not fit, or an estimator without probabilities.
   */
  async fitResample<M extends Matrix, L extends Labels>(X: M, y: L): Promise<Resampled<M, L>> {
    const what = 'InstanceHardnessThreshold.fitResample';
    checkOptions(this.options, ['estimator', 'samplingStrategy', 'cv', 'seed'], what);
    const { samplingStrategy = 'auto', cv = 5, seed } = this.options;
    const { estimator = new RandomForestClassifier({ seed }) } = this.options;
    checkClassifier(estimator, what);
    checkCount(cv, 'cv', what);
    const given = await readGiven(X, y, what);
    const plan = planSampling(samplingStrategy, 'under', given, y, what);
    const rng = seed === undefined ? toRng(undefined) : toRng(seed).restart();
    // The default has the seed itself, and draws none.
    const takes = this.options.estimator !== undefined && (await takesSeed(estimator));
    const own = await this.#probabilities(given, seededBy(estimator, takes, rng), cv, rng, what);
    const indices = byClass(given.codes, given.classes.length, plan, (members, c) => {
      const values = Float64Array.from(members, (i) => own[i]!);
      const threshold = quantile(values, 1 - plan.get(c)! / members.length);
      return members.filter((_, i) => values[i]! >= threshold);
    });
    return pickSamples(given, { X, y }, indices);
  }

  /** The probability of each sample's own class. */
  async #probabilities(given: Given, estimator: Estimator, cv: number, rng: Rng, what: string): Promise<Float64Array> {
    checkEnough(cv, given.codes.length, what);
    const least = Math.max(...given.counts);
    if (least < cv) throw new ConfigError(`${what}: no class has ${cv} samples. Lower cv.`);
    const parts = [...byFold(stratifiedFolds(given, cv, rng), cv)];
    const p = await crossValPredict(
      estimator as Estimator & { readonly kind: 'classifier' },
      asMatrix(given.X) as Rows,
      given.labels as readonly Label[] as Labels,
      { cv: parts, method: 'predictProba' },
    );
    const data = p.dataSync();
    return Float64Array.from(given.codes, (c, i) => data[i * given.classes.length + c]!);
  }
}

/** The quantile between the two values it falls between, as NumPy computes a percentile. */
function quantile(values: Float64Array, q: number): number {
  const sorted = values.slice().sort();
  const at = ((q * 100) / 100) * (sorted.length - 1);
  const below = Math.floor(at);
  const [a, b] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  const t = at - below;
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}
