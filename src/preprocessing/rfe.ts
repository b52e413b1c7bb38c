import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { countFeatures, type Matrix, readSamplesAsync } from '../data/matrix';
import { isSparse } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import { namesOf, TransformerBase } from '../estimator/transformer';
import { FittedSelector, type SelectorParts } from './fitted-selector';
import { addOutputs, fitEstimator, type ImportanceEstimator, importancesOf } from './importances';
import { takeColumns } from './take-columns';

export interface RFEOptions {
  /** What is fitted, again and again, to find out how much features count. */
  readonly estimator: ImportanceEstimator;
  /** How many features to keep, or below 1 what share; half of them by default. */
  readonly nFeaturesToSelect?: number | null | undefined;
  /** How many features to drop at a time, or below 1 what share of them all; 1 by default. */
  readonly step?: number | undefined;
}

/**
 * Drops features one after the other: fits an estimator, drops the feature that counts least, and fits again, until as many
 * are left as were asked for.
 *
 * Reference: Guyon et al. 2002, “Gene selection for cancer classification using support vector machines”, Machine Learning 46.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { RFE } from 'kompakt/preprocessing';
 * const { X, y } = iris();
 * const fitted = await new RFE({ estimator: new LogisticRegression(), nFeaturesToSelect: 2 }).fit(X, y);
 * console.log(fitted.ranking); // → Int32Array(4) [ 3, 2, 1, 1 ]
 * ```
 */
export class RFE extends TransformerBase<FittedRFE> {
  readonly name = 'RFE' as const;
  readonly options: RFEOptions;

  /** @param options - `estimator`, `nFeaturesToSelect`, `step = 1`; checked by `fit`. */
  constructor(options: RFEOptions) {
    super();
    this.options = options;
  }

  /**
   * Fits until enough features are dropped.
   *
   * @param X - `[samples, features]`, dense or sparse.
   * @param y - one label or value per sample, as the estimator takes it.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for options that don't fit, or a model that does not say how much features count.
   */
  async fit(X: Matrix, y?: Labels | null, options: NoFitOptions = {}): Promise<FittedRFE> {
    const what = 'RFE.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['estimator', 'nFeaturesToSelect', 'step'], what);
    if (y === undefined || y === null) throw new ConfigError(`${what}: the estimator needs a target: fit(X, y).`);
    const samples = await readSamplesAsync(X, `${what}: X`, { allowNonFinite: true });
    const n = countFeatures(samples);
    const { count, step } = readCounts(this.options, n, what);
    const ranking = new Int32Array(n).fill(1);
    let left = Array.from({ length: n }, (_, c) => c);
    while (left.length > count) {
      const picked = takeColumns(samples, left);
      const given: Matrix = isSparse(picked) ? picked : { data: picked.data, shape: [picked.rows, picked.cols] };
      const model = await fitEstimator(this.options.estimator, given, y, what);
      const weights = addOutputs(importancesOf(model, left.length, what), (v) => v * v);
      const order = Array.from(weights.keys()).sort((a, b) => weights[a]! - weights[b]!);
      const drop = new Set(order.slice(0, Math.min(step, left.length - count)));
      left = left.filter((_, i) => !drop.has(i));
      for (let c = 0; c < n; c++) if (!left.includes(c)) ranking[c]!++;
    }
    return new FittedRFE({ nFeatures: n, featureNamesIn: namesOf(X), kept: Int32Array.from(left), ranking });
  }
}

function readCounts(
  { nFeaturesToSelect, step = 1 }: RFEOptions,
  n: number,
  what: string,
): { count: number; step: number } {
  const asked = nFeaturesToSelect ?? Math.floor(n / 2);
  const count = asked > 0 && asked < 1 ? Math.floor(n * asked) : asked;
  if (!(Number.isInteger(count) && count >= 1 && count <= n))
    throw new ConfigError(
      `${what}: nFeaturesToSelect must be a count in [1, ${n}] or a share in (0, 1), got ${shown(asked)}.`,
    );
  if (!(step > 0 && (step < 1 || Number.isInteger(step))))
    throw new ConfigError(`${what}: step must be a count ≥ 1 or a share in (0, 1), got ${shown(step)}.`);
  return { count, step: step < 1 ? Math.max(1, Math.floor(step * n)) : step };
}

export interface RFEParts extends SelectorParts {
  readonly ranking: Int32Array;
}

/** What `RFE.fit` returns. */
export class FittedRFE extends FittedSelector<RFEParts> {
  static readonly type = 'RFE';
  /** 1 for a feature that is kept; the greater, the earlier it was dropped. */
  readonly ranking = this.parts.ranking;

  constructor(parts: RFEParts) {
    super('RFE', parts);
  }

  static fromState(state: ModelState): FittedRFE {
    return new FittedRFE(state as unknown as RFEParts);
  }
}
