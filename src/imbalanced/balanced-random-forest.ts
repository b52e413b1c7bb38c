import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { checkBoolean } from '../estimator/settings';
import { FittedRandomForestClassifier } from '../trees/fitted-forests';
import type { Resampling } from '../trees/forest';
import type { ClassTreeData } from '../trees/learn';
import { type ForestClassifierOptions, RandomForestClassifier } from '../trees/random-forest';
import { underSample } from './random';
import { planSampling, type SamplingStrategy } from './sampling-strategy';

export interface BalancedRandomForestClassifierOptions extends ForestClassifierOptions {
  /** How many samples each class keeps for every tree; `'auto'` (default): as many as the rarest has. */
  readonly samplingStrategy?: SamplingStrategy | undefined;
  /** Whether samples are kept with replacement; false by default. */
  readonly replacement?: boolean | undefined;
}

/**
 * A random forest each of whose trees is grown on a balanced part of the samples.
 *
 * For every tree frequent classes are under-sampled at random, anew; the tree's bootstrap sample is drawn from what is kept.
 * Weights of samples and of classes go with the samples.
 *
 * Defaults are those of imbalanced-learn 0.10, and with `seed: numpyRandom(n)` the forest is the one it grows for
 * `random_state=n`, tree by tree. `nJobs` threads grow it in less time and to the same bits. Three of its slips are not
 * repeated: `warmStart` adds the trees that the forest would have had at once; with `maxSamples` the samples out of a tree's
 * bag are those that were not in it; and with `replacement` a sample is out of the bag only if no copy is in it.
 *
 * Reference: Chen, Liaw & Breiman 2004, “Using Random Forest to Learn Imbalanced Data”.
 *
 * @example
 * ```ts
 * import { BalancedRandomForestClassifier } from 'kompakt/imbalanced';
 * const X = Array.from({ length: 60 }, (_, i) => [i, (i * 7) % 5]);
 * const y = X.map(([x]) => (x! >= 54 ? 'rare' : 'usual'));
 * const model = await new BalancedRandomForestClassifier({ nEstimators: 25, seed: 0 }).fit(X, y);
 * console.log(model.predict([[5, 1], [58, 1]]), model.featureImportances.length); // → [ 'usual', 'rare' ] 2
 * ```
 */
export class BalancedRandomForestClassifier extends RandomForestClassifier {
  override readonly name = 'BalancedRandomForestClassifier';
  declare readonly options: BalancedRandomForestClassifierOptions;
  protected override readonly further = ['samplingStrategy', 'replacement'];

  /**
   * @param options - `samplingStrategy = 'auto'`, `replacement = false`, and those of `RandomForestClassifier` with its
   * defaults; checked by `fit`. `oobScore` judges each sample by the trees that could have drawn it but did not; samples that
   * no tree could draw stay unknown, with NaN in `oobDecisionFunction`, and count as of the first class.
   */
  constructor(options: BalancedRandomForestClassifierOptions = {}) {
    super(options);
  }

  /**
   * Grows the forest.
   *
   * @param X - `[samples, features]`, finite numbers; sparse ones are made dense.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`.
   * @throws ConfigError for options out of range, a strategy that does not fit, NaN or infinity, fewer than two classes;
   * ShapeError for data that does not fit together.
   */
  override async fit<L extends Labels>(
    X: Matrix,
    y: L,
    options: FitOptions = {},
  ): Promise<FittedBalancedRandomForestClassifier<L>> {
    return super.fit(X, y, options);
  }

  protected override resampling({ encoded }: ClassTreeData, y: Labels, what: string): Resampling {
    const { samplingStrategy = 'auto' } = this.options;
    const replacement = checkBoolean(this.options.replacement ?? false, 'replacement', what);
    const plan = planSampling(samplingStrategy, 'under', encoded, y, what);
    const size = encoded.counts.reduce((sum, count, c) => sum + (plan.get(c) ?? count), 0);
    return { size, draw: (rng) => underSample(encoded, plan, replacement, rng) };
  }

  protected override fitted<L extends Labels>(
    ...parts: ConstructorParameters<typeof FittedRandomForestClassifier<L>>
  ): FittedBalancedRandomForestClassifier<L> {
    return new FittedBalancedRandomForestClassifier(...parts);
  }
}

/** What `BalancedRandomForestClassifier.fit` returns. */
export class FittedBalancedRandomForestClassifier<L extends Labels = Labels> extends FittedRandomForestClassifier<L> {
  static override readonly type = 'BalancedRandomForestClassifier';
}
