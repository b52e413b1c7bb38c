import { ConfigError, KompaktError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { ClassWeight } from '../data/class-weight';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Dense, Matrix } from '../data/matrix';
import type { Vector } from '../data/vector';
import { argMaxRows } from '../estimator/fitted';
import { r2Score } from '../metrics/regression';
import {
  FittedExtraTreesClassifier,
  FittedExtraTreesRegressor,
  FittedRandomForestClassifier,
  FittedRandomForestRegressor,
  type OutOfBag,
} from './fitted-forests';
import { FOREST_OPTIONS, type ForestOptions, type Grown, outOfBag, plant, type Resampling } from './forest';
import { type ClassTreeData, readClasses, readNumbers, type TreeData } from './learn';
import { CLASSES, type ClassifierTreeOptions, NUMBERS, type RegressorTreeOptions, type TreeDefaults } from './options';
import { toSingle } from './tree';

export interface ForestClassifierOptions extends ForestOptions, Pick<ClassifierTreeOptions, 'criterion'> {
  /** Weights of the classes: `'balanced'`, `'balancedSubsample'` (by each tree's bag), a record or map by label, or null. */
  readonly classWeight?: ClassWeight | 'balancedSubsample' | undefined;
}

export interface ForestRegressorOptions extends ForestOptions, Pick<RegressorTreeOptions, 'criterion'> {}

type ForestDefaults = TreeDefaults & { readonly bootstrap: boolean };

const NOT_OUT = (name: string): KompaktError =>
  new KompaktError(
    `${name}: some samples are in every tree's bag, so nothing is known of them out of bag. Raise nEstimators.`,
  );

/** What is known of a forest by the samples out of its trees' bags. */
function judgeClasses(grown: Grown, { encoded, X }: ClassTreeData): { oob: OutOfBag; complete: boolean } {
  const k = encoded.classes.length;
  const { means, seen } = outOfBag(grown, toSingle(X), k);
  const predicted = argMaxRows(means, k);
  const right = predicted.reduce((n, c, i) => n + Number(c === encoded.codes[i]), 0);
  return { oob: { score: right / predicted.length, decision: means }, complete: seen.every((n) => n > 0) };
}

function judgeNumbers(grown: Grown, data: TreeData & { readonly X: Dense }): { oob: OutOfBag; complete: boolean } {
  const { means, seen } = outOfBag(grown, toSingle(data.X), 0);
  const known = Array.from(seen.keys()).filter((i) => seen[i]! > 0);
  const score = r2Score(
    known.map((i) => data.target.values[i]!),
    known.map((i) => means[i]!),
  );
  return { oob: { score, decision: means }, complete: known.length === seen.length };
}

/**
 * A forest of decision trees, each grown on a bootstrap sample with a random choice of features at every split; their
 * probabilities are averaged.
 *
 * With `seed: numpyRandom(n)` the forest is the one scikit-learn grows for `random_state=n`, tree by tree. `nJobs` threads grow it
 * in less time and to the same bits.
 *
 * Reference: Breiman 2001, “Random forests”.
 *
 * @example
 * ```ts
 * import { breastCancer } from 'kompakt/data';
 * import { RandomForestClassifier } from 'kompakt/trees';
 * const { X, y } = breastCancer();
 * const model = await new RandomForestClassifier({ nEstimators: 50, oobScore: true, seed: 0 }).fit(X, y);
 * console.log(model.oobScore > 0.94, model.featureImportances.length); // → true 30
 * ```
 */
export class RandomForestClassifier {
  readonly kind = 'classifier';
  readonly name: string = 'RandomForestClassifier';
  readonly options: ForestClassifierOptions;
  protected readonly defaults: ForestDefaults = { ...CLASSES, splitter: 'best', maxFeatures: 'sqrt', bootstrap: true };
  /** Names of options that a kind of forest has beside these. */
  protected readonly further: readonly string[] = [];
  #last: Grown | null = null;

  /**
   * @param options - `nEstimators = 100`, `maxFeatures = 'sqrt'`, `bootstrap = true`, `maxSamples = null`, `oobScore = false`,
   * `classWeight = null`, `nJobs = 1`, `warmStart = false`, and those of `DecisionTreeClassifier` except `splitter`; checked by
   * `fit`.
   */
  constructor(options: ForestClassifierOptions = {}) {
    this.options = options;
  }

  /**
   * Grows the forest.
   *
   * @param X - `[samples, features]`, finite numbers; sparse ones are made dense.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`.
   * @throws ConfigError for options out of range, NaN or infinity, fewer than two classes; ShapeError for data that does not
   * fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedRandomForestClassifier<L>> {
    const what = `${this.name}.fit`;
    checkOptions(this.options, [...FOREST_OPTIONS, 'classWeight', ...this.further], what);
    const { classWeight = null } = this.options;
    const bySubsample = classWeight === 'balancedSubsample';
    if (bySubsample && !(this.options.bootstrap ?? this.defaults.bootstrap))
      throw new ConfigError(`${what}: classWeight 'balancedSubsample' needs bootstrap: true. Use 'balanced'.`);
    const data = await readClasses(X, y, options, bySubsample ? null : (classWeight as ClassWeight), what);
    const resampling = this.resampling(data, y, what);
    const subsample = bySubsample ? 'balanced' : null;
    const grown = await plant(data, this.options, this.defaults, this.#last, subsample, what, resampling);
    if (this.options.warmStart === true) this.#last = grown;
    const judged = this.options.oobScore === true ? judgeClasses(grown, data) : null;
    const parts = {
      name: this.name,
      nFeatures: data.columns.features,
      classes: data.encoded.classes,
      likeLabels: y,
      warnings: judged === null || judged.complete ? [] : [NOT_OUT(this.name)],
    };
    return this.fitted(parts, grown.trees, judged?.oob ?? null);
  }

  /** How each tree gets rows of its own; null: all trees draw from all rows. */
  protected resampling(_data: ClassTreeData, _y: Labels, _what: string): Resampling | null {
    return null;
  }

  protected fitted<L extends Labels>(
    ...parts: ConstructorParameters<typeof FittedRandomForestClassifier<L>>
  ): FittedRandomForestClassifier<L> {
    return new FittedRandomForestClassifier(...parts);
  }
}

/**
 * A forest of decision trees that predicts numbers: the mean of what its trees predict.
 *
 * With `seed: numpyRandom(n)` the forest is the one scikit-learn grows for `random_state=n`.
 *
 * Reference: Breiman 2001, “Random forests”.
 *
 * @example
 * ```ts
 * import { RandomForestRegressor } from 'kompakt/trees';
 * const X = Array.from({ length: 100 }, (_, i) => [i / 10]);
 * const model = await new RandomForestRegressor({ nEstimators: 20, seed: 0 }).fit(X, X.map(([x]) => Math.sin(x!)));
 * console.log(model.score(X, X.map(([x]) => Math.sin(x!))) > 0.99); // → true
 * ```
 */
export class RandomForestRegressor {
  readonly kind = 'regressor';
  readonly name: string = 'RandomForestRegressor';
  readonly options: ForestRegressorOptions;
  protected readonly defaults: ForestDefaults = { ...NUMBERS, splitter: 'best', maxFeatures: null, bootstrap: true };
  #last: Grown | null = null;

  /**
   * @param options - `nEstimators = 100`, `maxFeatures = null` (all), `bootstrap = true`, `maxSamples = null`, `oobScore = false`,
   * `nJobs = 1`, `warmStart = false`, and those of `DecisionTreeRegressor` except `splitter`; checked by `fit`.
   */
  constructor(options: ForestRegressorOptions = {}) {
    this.options = options;
  }

  /**
   * Grows the forest.
   *
   * @param X - `[samples, features]`, finite numbers; sparse ones are made dense.
   * @param y - one number per sample.
   * @param options - `sampleWeight`.
   * @throws ConfigError for options out of range, NaN or infinity; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector | Labels, options: FitOptions = {}): Promise<FittedRandomForestRegressor> {
    const what = `${this.name}.fit`;
    checkOptions(this.options, FOREST_OPTIONS, what);
    const data = await readNumbers(X, y as Vector, options, this.options.criterion, what);
    const grown = await plant(data, this.options, this.defaults, this.#last, null, what);
    if (this.options.warmStart === true) this.#last = grown;
    const judged = this.options.oobScore === true ? judgeNumbers(grown, data) : null;
    const parts = {
      name: this.name,
      nFeatures: data.columns.features,
      warnings: judged === null || judged.complete ? [] : [NOT_OUT(this.name)],
    };
    return this.fitted(parts, grown.trees, judged?.oob ?? null);
  }

  protected fitted(...parts: ConstructorParameters<typeof FittedRandomForestRegressor>): FittedRandomForestRegressor {
    return new FittedRandomForestRegressor(...parts);
  }
}

/**
 * A forest of extremely random trees: cuts are drawn at random, and each tree sees all samples. Faster to grow than a random
 * forest, and smoother.
 *
 * Options are those of `RandomForestClassifier`, with `bootstrap = false`.
 *
 * Reference: Geurts, Ernst, Wehenkel 2006, “Extremely randomized trees”.
 *
 * @example
 * ```ts
 * import { wine } from 'kompakt/data';
 * import { ExtraTreesClassifier } from 'kompakt/trees';
 * const { X, y } = wine();
 * const model = await new ExtraTreesClassifier({ nEstimators: 20, seed: 0 }).fit(X, y);
 * console.log(model.score(X, y)); // → 1
 * ```
 */
export class ExtraTreesClassifier extends RandomForestClassifier {
  override readonly name = 'ExtraTreesClassifier';
  protected override readonly defaults: ForestDefaults = {
    ...CLASSES,
    splitter: 'random',
    maxFeatures: 'sqrt',
    bootstrap: false,
  };

  protected override fitted<L extends Labels>(
    ...parts: ConstructorParameters<typeof FittedRandomForestClassifier<L>>
  ): FittedExtraTreesClassifier<L> {
    return new FittedExtraTreesClassifier(...parts);
  }
}

/**
 * A forest of extremely random trees that predicts numbers.
 *
 * Options are those of `RandomForestRegressor`, with `bootstrap = false`.
 *
 * Reference: Geurts, Ernst, Wehenkel 2006, “Extremely randomized trees”.
 *
 * @example
 * ```ts
 * import { ExtraTreesRegressor } from 'kompakt/trees';
 * const X = Array.from({ length: 50 }, (_, i) => [i]);
 * const model = await new ExtraTreesRegressor({ nEstimators: 10, seed: 0 }).fit(X, X.map(([x]) => x! * 2));
 * console.log(model.predict([[7]])[0]); // → 14
 * ```
 */
export class ExtraTreesRegressor extends RandomForestRegressor {
  override readonly name = 'ExtraTreesRegressor';
  protected override readonly defaults: ForestDefaults = {
    ...NUMBERS,
    splitter: 'random',
    maxFeatures: null,
    bootstrap: false,
  };

  protected override fitted(
    ...parts: ConstructorParameters<typeof FittedRandomForestRegressor>
  ): FittedExtraTreesRegressor {
    return new FittedExtraTreesRegressor(...parts);
  }
}
