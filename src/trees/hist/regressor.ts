import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { shown } from '../../core/shown';
import type { FitOptions } from '../../data/estimator';
import type { Matrix } from '../../data/matrix';
import type { Vector } from '../../data/vector';
import { FittedRegressor } from '../../estimator/fitted';
import type { ModelState } from '../../estimator/state';
import { readRegression } from '../../estimator/supervised';
import { checkOption } from '../../metrics/warning';
import type { Boosted } from './boosted';
import { boost } from './fit';
import { absoluteError, gamma, type Loss, pinball, poisson, squaredError } from './losses';
import { HIST_OPTIONS, type HistGradientBoostingOptions, readHistSettings } from './options';
import { boostedFrom, boostedState, rawPredictions, stagedRaw } from './predict';

/** What a histogram gradient boosting regressor can minimise. */
export type HistRegressionLoss = 'squaredError' | 'absoluteError' | 'gamma' | 'poisson' | 'quantile';

export interface HistGradientBoostingRegressorOptions extends HistGradientBoostingOptions {
  /**
   * 'squaredError' (default): predicts means. 'absoluteError': medians. 'quantile': quantiles. 'poisson' and 'gamma': means of
   * counts, and of amounts above 0; the trees then add up to their logarithm.
   */
  readonly loss?: HistRegressionLoss | undefined;
  /** Which quantile the loss 'quantile' is of, in (0, 1). */
  readonly quantile?: number | null | undefined;
}

const NAME = 'HistGradientBoostingRegressor';
const LOSSES = ['squaredError', 'absoluteError', 'gamma', 'poisson', 'quantile'] as const;

/**
 * Gradient boosting of trees on binned values: the regressor to try first on tables of more than a few thousand rows.
 *
 * Predictions are sums of trees (of 'poisson' and 'gamma' their exponential); see `HistGradientBoostingClassifier` for how
 * these grow. Takes NaN and infinity as data. Equal to scikit-learn's class of this name, with the bins of its newer versions.
 *
 * References: Friedman 2001, “Greedy function approximation: a gradient boosting machine”; Ke et al. 2017, “LightGBM”.
 *
 * @example
 * ```ts
 * import { HistGradientBoostingRegressor } from 'kompakt/trees';
 * const X = Array.from({ length: 100 }, (_, i) => [i % 25, i]);
 * const y = X.map(([a, b]) => a! * a! + b!);
 * const model = await new HistGradientBoostingRegressor({ minSamplesLeaf: 5 }).fit(X, y);
 * console.log(model.score(X, y).toFixed(2)); // → 1.00
 * ```
 */
export class HistGradientBoostingRegressor {
  readonly name = NAME;
  readonly kind = 'regressor';
  readonly options: HistGradientBoostingRegressorOptions;

  /** @param options - see {@link HistGradientBoostingRegressorOptions}; checked by `fit`. */
  constructor(options: HistGradientBoostingRegressorOptions = {}) {
    this.options = options;
  }

  /**
   * Learns trees from samples with targets.
   *
   * @param X - `[samples, features]`; NaN is a missing value.
   * @param y - one finite target per sample; ≥ 0 and not all 0 for 'poisson', > 0 for 'gamma'.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @throws ConfigError for unsupported options, or targets the loss is not for; ShapeError for data that does not fit together.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedHistGradientBoostingRegressor> {
    const what = `${NAME}.fit`;
    checkOptions(this.options, [...HIST_OPTIONS, 'loss', 'quantile'], what);
    const name = checkOption(this.options.loss ?? 'squaredError', LOSSES, 'loss', what);
    const loss = lossOf(name, this.options.quantile ?? null, what);
    const data = await readRegression(X, y, options, what, { allowNonFinite: true });
    checkTargets(name, data.y, what);
    const settings = readHistSettings(this.options, data.X.cols, what);
    const boosted = boost({ ...data, loss, settings, strata: null, what });
    const isLog = name === 'poisson' || name === 'gamma';
    return new FittedHistGradientBoostingRegressor({ boosted, nFeatures: data.X.cols, isLog });
  }
}

function lossOf(name: HistRegressionLoss, quantile: number | null, what: string): Loss {
  if (name !== 'quantile') {
    if (quantile !== null)
      throw new ConfigError(`${what}: quantile has no effect with the loss '${name}'. Set loss: 'quantile'.`);
    return { squaredError, absoluteError, gamma, poisson }[name]();
  }
  if (!(typeof quantile === 'number' && quantile > 0 && quantile < 1))
    throw new ConfigError(`${what}: the loss 'quantile' needs a quantile in (0, 1), got ${shown(quantile)}.`);
  return pinball(quantile);
}

function checkTargets(name: HistRegressionLoss, y: Float64Array, what: string): void {
  if (name === 'poisson' && (y.some((v) => v < 0) || y.every((v) => v === 0)))
    throw new ConfigError(`${what}: the loss 'poisson' is for targets ≥ 0 that are not all 0. Use 'squaredError'.`);
  if (name === 'gamma' && y.some((v) => v <= 0))
    throw new ConfigError(`${what}: the loss 'gamma' is for targets > 0. Use 'poisson' or 'squaredError'.`);
}

interface Parts {
  readonly boosted: Boosted;
  readonly nFeatures: number;
  /** Whether the trees add up to the logarithm of predictions. */
  readonly isLog: boolean;
}

/** What `HistGradientBoostingRegressor.fit` returns. */
export class FittedHistGradientBoostingRegressor extends FittedRegressor {
  static readonly type = NAME;
  /** The trees and what they add to. */
  readonly boosted: Boosted;
  /** How many iterations there were. */
  readonly nIter: number;
  /** Minus the mean loss on the training samples, before the first and after each iteration; empty without early stopping. */
  readonly trainScore: readonly number[];
  /** The same on the samples set aside; empty where none were. */
  readonly validationScore: readonly number[];
  readonly #isLog: boolean;

  constructor(parts: Parts) {
    super({ ...parts, name: NAME, accepts: { nonFinite: true } });
    this.boosted = parts.boosted;
    this.nIter = parts.boosted.trees.length;
    this.trainScore = parts.boosted.trainScore;
    this.validationScore = parts.boosted.validationScore;
    this.#isLog = parts.isLog;
  }

  static fromState(state: ModelState): FittedHistGradientBoostingRegressor {
    return new FittedHistGradientBoostingRegressor({
      boosted: boostedFrom(state),
      nFeatures: state.nFeatures as number,
      isLog: state.isLog as boolean,
    });
  }

  toState(): ModelState {
    return { type: NAME, nFeatures: this.nFeatures, isLog: this.#isLog, boosted: boostedState(this.boosted) };
  }

  /** The values predicted after each iteration, one after the other. */
  *stagedPredict(X: Matrix): Generator<Float64Array> {
    for (const raw of stagedRaw(this.boosted, this.read(X, 'stagedPredict'))) yield this.#valuesOf(raw);
  }

  protected override predictValues(X: Matrix, method: string): Float64Array {
    return this.#valuesOf(rawPredictions(this.boosted, this.read(X, method)));
  }

  #valuesOf(raw: Float64Array): Float64Array {
    return this.#isLog ? raw.map(Math.exp) : raw.slice();
  }
}
