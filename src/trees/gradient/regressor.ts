import type { FitOptions } from '../../data/estimator';
import type { Matrix } from '../../data/matrix';
import type { Vector } from '../../data/vector';
import { FittedRegressor } from '../../estimator/fitted';
import { checkNumber } from '../../estimator/settings';
import type { ModelState } from '../../estimator/state';
import { readRegression } from '../../estimator/supervised';
import { checkOption } from '../../metrics/warning';
import { denseOf } from '../fitted-trees';
import { asDense } from '../learn';
import { type SingleRows, toSingle } from '../tree';
import { type Ensemble, ensembleFrom, ensembleState, meanImportances, rawOf, stagedRaw } from './ensemble';
import { boostTrees } from './fit';
import { absoluteError, huber, quantile, squaredError } from './losses';
import { checkGradientOptions, type GradientBoostingOptions, readGradientSettings } from './options';

/** What a gradient boosting regressor can minimise. */
export type GradientRegressionLoss = 'squaredError' | 'absoluteError' | 'huber' | 'quantile';

export interface GradientBoostingRegressorOptions extends GradientBoostingOptions {
  /** 'squaredError' (default), 'absoluteError', 'huber' (squared for small errors, absolute for large ones), or 'quantile'. */
  readonly loss?: GradientRegressionLoss | undefined;
  /** Of 'huber': which quantile of errors is the largest small one; of 'quantile': which one to predict. 0.9 by default. */
  readonly alpha?: number | undefined;
}

const NAME = 'GradientBoostingRegressor';
const LOSSES = ['squaredError', 'absoluteError', 'huber', 'quantile'] as const;

/**
 * Gradient boosting of small trees: each stage grows a tree on what remains of the targets (of other losses than the squared
 * error: on its sign), and gives the leaves the mean, median or quantile of what remains in them.
 *
 * Equal to scikit-learn's class of this name, draws included (`seed: numpyRandom(n)` for `random_state=n`). For more than a
 * few thousand samples `HistGradientBoostingRegressor` is much faster.
 *
 * Reference: Friedman 2001, “Greedy function approximation: a gradient boosting machine”.
 *
 * @example
 * ```ts
 * import { GradientBoostingRegressor } from 'kompakt/trees';
 * const X = Array.from({ length: 100 }, (_, i) => [i]);
 * const y = X.map(([v]) => Math.sin(v! / 10));
 * const model = await new GradientBoostingRegressor({ seed: 1 }).fit(X, y);
 * console.log(model.score(X, y) > 0.99); // → true
 * ```
 */
export class GradientBoostingRegressor {
  readonly name = NAME;
  readonly kind = 'regressor';
  readonly options: GradientBoostingRegressorOptions;

  /** @param options - see {@link GradientBoostingRegressorOptions}; checked by `fit`. */
  constructor(options: GradientBoostingRegressorOptions = {}) {
    this.options = options;
  }

  /**
   * Learns trees from samples with targets.
   *
   * @param X - `[samples, features]`, finite numbers; sparse ones are made dense.
   * @param y - one target per sample.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @throws ConfigError for options, NaN or infinity; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedGradientBoostingRegressor> {
    const what = `${NAME}.fit`;
    checkGradientOptions(this.options, ['loss', 'alpha'], what);
    const name = checkOption(this.options.loss ?? 'squaredError', LOSSES, 'loss', what);
    const alpha = checkNumber(this.options.alpha ?? 0.9, 'alpha', what, { above: 0, below: 1 });
    const settings = readGradientSettings(this.options, what);
    const given = await readRegression(X, y, options, what, { sparse: true });
    const data = { ...given, X: asDense(given.X) };
    const loss = { squaredError, absoluteError, huber: () => huber(alpha), quantile: () => quantile(alpha) }[name]();
    const ensemble = boostTrees({ ...data, loss, settings, strata: null, what });
    return new FittedGradientBoostingRegressor({ ensemble, nFeatures: data.X.cols });
  }
}

/** What `GradientBoostingRegressor.fit` returns. */
export class FittedGradientBoostingRegressor extends FittedRegressor {
  static readonly type = NAME;
  /** The trees and what they add to. */
  readonly ensemble: Ensemble;
  /** How many stages there are. */
  readonly nEstimators: number;

  constructor({ ensemble, nFeatures }: { readonly ensemble: Ensemble; readonly nFeatures: number }) {
    super({ name: NAME, nFeatures });
    this.ensemble = ensemble;
    this.nEstimators = ensemble.trees.length;
  }

  static fromState(state: ModelState): FittedGradientBoostingRegressor {
    const nFeatures = state.nFeatures as number;
    return new FittedGradientBoostingRegressor({ ensemble: ensembleFrom(state), nFeatures });
  }

  toState(): ModelState {
    return { type: NAME, nFeatures: this.nFeatures, ensemble: ensembleState(this.ensemble) };
  }

  /** The loss after each stage, on the samples it saw. */
  get trainScore(): Float64Array {
    return this.ensemble.trainScore;
  }

  /** With `subsample` below 1: how much each stage lowered the loss on samples it did not see; else null. */
  get oobImprovement(): Float64Array | null {
    return this.ensemble.oobImprovement;
  }

  /** The share of the impurity that each feature takes away, `[features]`. */
  get featureImportances(): Float64Array {
    return meanImportances(this.ensemble.trees, this.nFeatures);
  }

  /** The values predicted after each stage. */
  *stagedPredict(X: Matrix): Generator<Float64Array> {
    for (const raw of stagedRaw(this.ensemble, this.#rows(X, 'stagedPredict'))) yield raw.slice();
  }

  protected override predictValues(X: Matrix, method: string): Float64Array {
    return rawOf(this.ensemble, this.#rows(X, method));
  }

  #rows(X: Matrix, method: string): SingleRows {
    return toSingle(denseOf(X, (dense) => this.read(dense, method)));
  }
}
