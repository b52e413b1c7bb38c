import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { countFeatures, type Matrix, readSamplesAsync } from '../data/matrix';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import { namesOf, TransformerBase } from '../estimator/transformer';
import { FittedSelector, positionsWhere, type SelectorParts } from './fitted-selector';
import { addOutputs, fitEstimator, type ImportanceEstimator, importancesOf } from './importances';
import { quantileOf } from './quantiles';

export interface SelectFromModelOptions {
  /** What is fitted to find out how much features count. */
  readonly estimator: ImportanceEstimator;
  /**
   * How much a feature must count to be kept: a number, `'mean'`, `'median'` or a multiple such as `'1.25*mean'`; by default
   * 1e-5 for an estimator with an l1 penalty, else `'mean'`.
   */
  readonly threshold?: number | string | null | undefined;
  /** Keep at most so many, those that count most; no limit by default. */
  readonly maxFeatures?: number | null | undefined;
}

/**
 * Keeps the features that count most in a fitted model: by its importances, or the absolute values of its coefficients, added
 * over outputs.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { SelectFromModel } from 'kompakt/preprocessing';
 * const { X, y } = iris();
 * const fitted = await new SelectFromModel({ estimator: new LogisticRegression() }).fit(X, y);
 * console.log(fitted.support); // → [ false, false, true, true ]
 * ```
 */
export class SelectFromModel extends TransformerBase<FittedSelectFromModel> {
  readonly name = 'SelectFromModel' as const;
  readonly options: SelectFromModelOptions;

  /** @param options - `estimator`, `threshold`, `maxFeatures`; checked by `fit`. */
  constructor(options: SelectFromModelOptions) {
    super();
    this.options = options;
  }

  /**
   * Fits the estimator and weighs the features.
   *
   * @param X - `[samples, features]`.
   * @param y - one label or value per sample, as the estimator takes it.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for options that don't fit, or a model that does not say how much features count.
   */
  async fit(X: Matrix, y?: Labels | null, options: NoFitOptions = {}): Promise<FittedSelectFromModel> {
    const what = 'SelectFromModel.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['estimator', 'threshold', 'maxFeatures'], what);
    const { estimator, maxFeatures = null } = this.options;
    if (y === undefined || y === null) throw new ConfigError(`${what}: the estimator needs a target: fit(X, y).`);
    const nFeatures = countFeatures(await readSamplesAsync(X, `${what}: X`, { allowNonFinite: true }));
    if (maxFeatures !== null && !(Number.isInteger(maxFeatures) && maxFeatures >= 0 && maxFeatures <= nFeatures))
      throw new ConfigError(`${what}: maxFeatures must be an integer up to ${nFeatures}, got ${shown(maxFeatures)}.`);
    const model = await fitEstimator(estimator, X, y, what);
    const importances = addOutputs(importancesOf(model, nFeatures, what), Math.abs);
    const threshold = readThreshold(this.options.threshold ?? defaultThreshold(estimator), importances, what);
    const order = Array.from(importances.keys()).sort((a, b) => importances[b]! - importances[a]!);
    const allowed = new Set(order.slice(0, maxFeatures ?? nFeatures));
    const kept = positionsWhere(nFeatures, (c) => allowed.has(c) && importances[c]! >= threshold);
    return new FittedSelectFromModel({ nFeatures, featureNamesIn: namesOf(X), kept, importances, threshold });
  }
}

function defaultThreshold(estimator: ImportanceEstimator): number | string {
  const { name = '', options = {} } = estimator as {
    name?: string;
    options?: { penalty?: unknown; l1Ratio?: unknown };
  };
  const isSparse =
    options.penalty === 'l1' || name.startsWith('Lasso') || (name === 'ElasticNet' && options.l1Ratio === 1);
  return isSparse ? 1e-5 : 'mean';
}

function readThreshold(given: number | string, importances: Float64Array, what: string): number {
  if (typeof given === 'number' && !Number.isNaN(given)) return given;
  const match = /^\s*(?:([\d.eE+-]+)\s*\*\s*)?(mean|median)\s*$/.exec(String(given));
  const factor = match?.[1] === undefined ? 1 : Number(match[1]);
  if (match === null || Number.isNaN(factor))
    throw new ConfigError(
      `${what}: threshold must be a number, 'mean', 'median' or such as '1.25*mean', got ${shown(given)}.`,
    );
  const middle =
    match[2] === 'median'
      ? quantileOf(Float64Array.from(importances).sort(), 0.5)
      : importances.reduce((a, b) => a + b, 0) / importances.length;
  return factor * middle;
}

export interface SelectFromModelParts extends SelectorParts {
  readonly importances: Float64Array;
  readonly threshold: number;
}

/** What `SelectFromModel.fit` returns. */
export class FittedSelectFromModel extends FittedSelector<SelectFromModelParts> {
  static readonly type = 'SelectFromModel';
  /** How much each feature counts. */
  readonly importances = this.parts.importances;
  /** How much a feature must count. */
  readonly threshold = this.parts.threshold;

  constructor(parts: SelectFromModelParts) {
    super('SelectFromModel', parts);
  }

  static fromState(state: ModelState): FittedSelectFromModel {
    return new FittedSelectFromModel(state as unknown as SelectFromModelParts);
  }
}
