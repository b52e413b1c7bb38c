import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { countFeatures, type Matrix, readSamplesAsync } from '../data/matrix';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import { namesOf, TransformerBase } from '../estimator/transformer';
import { extremesOf } from './extremes';
import { FittedSelector, positionsWhere, type SelectorParts } from './fitted-selector';
import { momentsOf } from './moments';

export interface VarianceThresholdOptions {
  /** Features of no more variance are dropped; 0 by default: those with one value alone. */
  readonly threshold?: number | undefined;
}

/**
 * Drops features that hardly vary.
 *
 * @example
 * ```ts
 * import { VarianceThreshold } from 'kompakt/preprocessing';
 * const { fitted, X } = await new VarianceThreshold().fitTransform([[0, 2, 1], [0, 1, 4], [0, 1, 1]]);
 * console.log(fitted.support, X); // → [ false, true, true ] [ [ 2, 1 ], [ 1, 4 ], [ 1, 1 ] ]
 * ```
 */
export class VarianceThreshold extends TransformerBase<FittedVarianceThreshold> {
  readonly name = 'VarianceThreshold' as const;
  readonly options: VarianceThresholdOptions;

  /** @param options - `threshold = 0`; checked by `fit`. */
  constructor(options: VarianceThresholdOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Learns the variance of each feature.
   *
   * @param X - `[samples, features]`, dense or sparse; NaN counts as missing.
   * @param _y - not looked at.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for infinity, a negative threshold, or where no feature is left; ShapeError for what is no matrix.
   */
  async fit(X: Matrix, _y?: Labels | null, options: NoFitOptions = {}): Promise<FittedVarianceThreshold> {
    const what = 'VarianceThreshold.fit';
    refuseFitOptions(options, what);
    checkOptions(this.options, ['threshold'], what);
    const { threshold = 0 } = this.options;
    if (!(typeof threshold === 'number' && threshold >= 0))
      throw new ConfigError(`${what}: threshold must not be negative, got ${shown(threshold)}.`);
    const samples = await readSamplesAsync(X, `${what}: X`, { allowNaN: true });
    const { variance } = momentsOf(samples, null);
    const { min, max } = extremesOf(samples);
    // The variance of equal values may be a little above 0; their range is 0 exactly.
    const variances = threshold === 0 ? variance.map((v, c) => Math.min(v, max[c]! - min[c]!)) : variance;
    const kept = positionsWhere(variances.length, (c) => variances[c]! > threshold);
    if (kept.length === 0)
      throw new ConfigError(`${what}: no feature has a variance above ${threshold}. Lower the threshold.`);
    return new FittedVarianceThreshold({
      nFeatures: countFeatures(samples),
      featureNamesIn: namesOf(X),
      kept,
      variances,
    });
  }
}

export interface VarianceThresholdParts extends SelectorParts {
  readonly variances: Float64Array;
}

/** What `VarianceThreshold.fit` returns. */
export class FittedVarianceThreshold extends FittedSelector<VarianceThresholdParts> {
  static readonly type = 'VarianceThreshold';
  /** Variance of each feature. */
  readonly variances = this.parts.variances;

  constructor(parts: VarianceThresholdParts) {
    super('VarianceThreshold', parts);
  }

  static fromState(state: ModelState): FittedVarianceThreshold {
    return new FittedVarianceThreshold(state as unknown as VarianceThresholdParts);
  }
}
