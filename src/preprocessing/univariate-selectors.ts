import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Labels } from '../data/labels';
import { countFeatures, type Matrix, readSamplesAsync } from '../data/matrix';
import { isTensor } from '../data/rows';
import { isSparse } from '../data/sparse';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import type { ModelState } from '../estimator/state';
import { namesOf, TransformerBase } from '../estimator/transformer';
import { FittedSelector, positionsWhere, type SelectorParts } from './fitted-selector';
import { quantileOf } from './quantiles';
import { type FeatureScores, fClassif } from './univariate';

/** Scores features by how much they tell of the target: `fClassif`, `chi2`, `fRegression`, `mutualInfoClassif`, … */
export type ScoreFunction = (X: Matrix, y: never) => FeatureScores | Float64Array;

interface ScoreOptions {
  /** How features are scored; `fClassif` by default. */
  readonly scoreFunc?: ScoreFunction | undefined;
}

export interface SelectorScores extends SelectorParts {
  readonly scores: Float64Array;
  readonly pValues: Float64Array | null;
}

/** What a selector by score learns. */
export class FittedUnivariateSelector extends FittedSelector<SelectorScores> {
  static readonly type: string = 'UnivariateSelector';
  /** Score of each feature. */
  readonly scores = this.parts.scores;
  /** Its p-value; null where the score has none. */
  readonly pValues = this.parts.pValues;
}

type Choose = (scores: Float64Array, pValues: Float64Array | null, what: string) => Int32Array;

async function fitScores(
  X: Matrix,
  y: Labels | undefined | null,
  score: ScoreFunction,
  choose: Choose,
  what: string,
): Promise<SelectorScores> {
  if (y === undefined || y === null) throw new ConfigError(`${what}: features are scored by a target: fit(X, y).`);
  const samples = await readSamplesAsync(X, `${what}: X`);
  const given: Matrix = isSparse(samples) ? samples : { data: samples.data, shape: [samples.rows, samples.cols] };
  const target = isTensor(y) ? { data: await y.data(), shape: y.shape } : y;
  if (typeof score !== 'function') throw new ConfigError(`${what}: scoreFunc must be a function, got ${shown(score)}.`);
  const result = score(given, target as never);
  const { scores, pValues = null } = result instanceof Float64Array ? { scores: result } : (result ?? {});
  if (!(scores instanceof Float64Array))
    throw new ConfigError(
      `${what}: scoreFunc must give a Float64Array, or { scores, pValues }; it gave ${shown(result)}.`,
    );
  const nFeatures = countFeatures(samples);
  if (scores.length !== nFeatures)
    throw new ConfigError(`${what}: scoreFunc gave ${scores.length} scores for ${nFeatures} features.`);
  return { nFeatures, featureNamesIn: namesOf(X), scores, pValues, kept: choose(scores, pValues, what) };
}

/** NaN below everything else. */
const clean = (scores: Float64Array): Float64Array => scores.map((s) => (Number.isNaN(s) ? -Number.MAX_VALUE : s));

export interface SelectKBestOptions extends ScoreOptions {
  /** How many features to keep; 10 by default. */
  readonly k?: number | 'all' | undefined;
}

/**
 * Keeps the k features of the greatest score; of those that tie the last.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { SelectKBest } from 'kompakt/preprocessing';
 * const { X, y } = iris();
 * const fitted = await new SelectKBest({ k: 2 }).fit(X, y);
 * console.log(fitted.support); // → [ false, false, true, true ]
 * ```
 */
export class SelectKBest extends TransformerBase<FittedSelectKBest> {
  readonly name = 'SelectKBest' as const;
  readonly options: SelectKBestOptions;

  /** @param options - `scoreFunc = fClassif`, `k = 10`; checked by `fit`. */
  constructor(options: SelectKBestOptions = {}) {
    super();
    this.options = options;
  }

  /**
   * Scores the features.
   *
   * @param X - `[samples, features]`, dense or sparse, finite.
   * @param y - one label or value per sample, as `scoreFunc` takes it.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for a k that is greater than the number of features; and what `scoreFunc` throws.
   */
  async fit(X: Matrix, y?: Labels | null, options: NoFitOptions = {}): Promise<FittedSelectKBest> {
    refuseFitOptions(options, 'SelectKBest.fit');
    checkOptions(this.options, ['scoreFunc', 'k'], 'SelectKBest.fit');
    const { scoreFunc = fClassif, k = 10 } = this.options;
    const choose: Choose = (scores, _p, what) => {
      const count = k === 'all' ? scores.length : k;
      if (!(Number.isInteger(count) && count >= 0 && count <= scores.length))
        throw new ConfigError(
          `${what}: k is ${shown(k)} of ${scores.length} features. Give an integer up to that, or 'all'.`,
        );
      const cleaned = clean(scores);
      const order = Array.from(scores.keys()).sort((a, b) => cleaned[a]! - cleaned[b]!);
      return Int32Array.from(order.slice(scores.length - count)).sort();
    };
    return new FittedSelectKBest('SelectKBest', await fitScores(X, y, scoreFunc, choose, 'SelectKBest.fit'));
  }
}

/** What `SelectKBest.fit` returns. */
export class FittedSelectKBest extends FittedUnivariateSelector {
  static override readonly type = 'SelectKBest';

  static fromState(state: ModelState): FittedSelectKBest {
    return new FittedSelectKBest('SelectKBest', state as unknown as SelectorScores);
  }
}

export interface SelectPercentileOptions extends ScoreOptions {
  /** What percentage of the features to keep; 10 by default. */
  readonly percentile?: number | undefined;
}

/**
 * Keeps a percentage of the features, those of the greatest score; of those that tie the first.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { SelectPercentile } from 'kompakt/preprocessing';
 * const { X, y } = iris();
 * console.log((await new SelectPercentile({ percentile: 25 }).fit(X, y)).indices); // → Int32Array(1) [ 2 ]
 * ```
 */
export class SelectPercentile extends TransformerBase<FittedSelectPercentile> {
  readonly name = 'SelectPercentile' as const;
  readonly options: SelectPercentileOptions;

  /** @param options - `scoreFunc = fClassif`, `percentile = 10`; checked by `fit`. */
  constructor(options: SelectPercentileOptions = {}) {
    super();
    this.options = options;
  }

  /** Scores the features; see `SelectKBest`. */
  async fit(X: Matrix, y?: Labels | null, options: NoFitOptions = {}): Promise<FittedSelectPercentile> {
    refuseFitOptions(options, 'SelectPercentile.fit');
    checkOptions(this.options, ['scoreFunc', 'percentile'], 'SelectPercentile.fit');
    const { scoreFunc = fClassif, percentile = 10 } = this.options;
    if (!(typeof percentile === 'number' && percentile >= 0 && percentile <= 100))
      throw new ConfigError(`SelectPercentile.fit: percentile must be in [0, 100], got ${shown(percentile)}.`);
    const choose: Choose = (scores) => {
      if (percentile === 0 || percentile === 100) return positionsWhere(scores.length, () => percentile === 100);
      const cleaned = clean(scores);
      const threshold = quantileOf(Float64Array.from(cleaned).sort(), 1 - percentile / 100);
      const above = cleaned.reduce((n, s) => n + Number(s > threshold), 0);
      let ties = Math.floor((scores.length * percentile) / 100) - above;
      return positionsWhere(scores.length, (c) => cleaned[c]! > threshold || (cleaned[c] === threshold && ties-- > 0));
    };
    const parts = await fitScores(X, y, scoreFunc, choose, 'SelectPercentile.fit');
    return new FittedSelectPercentile('SelectPercentile', parts);
  }
}

/** What `SelectPercentile.fit` returns. */
export class FittedSelectPercentile extends FittedUnivariateSelector {
  static override readonly type = 'SelectPercentile';

  static fromState(state: ModelState): FittedSelectPercentile {
    return new FittedSelectPercentile('SelectPercentile', state as unknown as SelectorScores);
  }
}

export interface SelectByPValueOptions extends ScoreOptions {
  /** The rate of errors that is allowed; 0.05 by default. */
  readonly alpha?: number | undefined;
}

async function fitPValues(
  X: Matrix,
  y: Labels | undefined | null,
  options: SelectByPValueOptions,
  keep: (p: Float64Array, alpha: number) => (c: number) => boolean,
  what: string,
): Promise<SelectorScores> {
  checkOptions(options, ['scoreFunc', 'alpha'], what);
  const { scoreFunc = fClassif, alpha = 0.05 } = options;
  if (!(typeof alpha === 'number' && alpha >= 0 && alpha <= 1))
    throw new ConfigError(`${what}: alpha must be in [0, 1], got ${shown(alpha)}.`);
  const choose: Choose = (_s, pValues) => {
    if (pValues === null) throw new ConfigError(`${what}: scoreFunc gives no p-values. Use SelectKBest with it.`);
    return positionsWhere(pValues.length, keep(pValues, alpha));
  };
  return fitScores(X, y, scoreFunc, choose, what);
}

/**
 * Keeps features whose p-value is below alpha: of features that tell nothing, a share of alpha is kept.
 *
 * @example
 * ```ts
 * import { SelectFpr } from 'kompakt/preprocessing';
 * const fitted = await new SelectFpr().fit([[1, 5], [2, 4], [8, 5], [9, 4]], [0, 0, 1, 1]);
 * console.log(fitted.support); // → [ true, false ]
 * ```
 */
export class SelectFpr extends TransformerBase<FittedSelectFpr> {
  readonly name = 'SelectFpr' as const;
  readonly options: SelectByPValueOptions;

  /** @param options - `scoreFunc = fClassif`, `alpha = 0.05`; checked by `fit`. */
  constructor(options: SelectByPValueOptions = {}) {
    super();
    this.options = options;
  }

  /** Scores the features; see `SelectKBest`. */
  async fit(X: Matrix, y?: Labels | null, options: NoFitOptions = {}): Promise<FittedSelectFpr> {
    refuseFitOptions(options, 'SelectFpr.fit');
    const keep = (p: Float64Array, alpha: number) => (c: number) => p[c]! < alpha;
    return new FittedSelectFpr('SelectFpr', await fitPValues(X, y, this.options, keep, 'SelectFpr.fit'));
  }
}

/** What `SelectFpr.fit` returns. */
export class FittedSelectFpr extends FittedUnivariateSelector {
  static override readonly type = 'SelectFpr';

  static fromState(state: ModelState): FittedSelectFpr {
    return new FittedSelectFpr('SelectFpr', state as unknown as SelectorScores);
  }
}

/**
 * Keeps features so that of those kept, a share of alpha at most is expected to tell nothing.
 *
 * Reference: Benjamini & Hochberg 1995, “Controlling the false discovery rate”, JRSS B 57.
 *
 * @example
 * ```ts
 * import { SelectFdr } from 'kompakt/preprocessing';
 * const fitted = await new SelectFdr().fit([[1, 5], [2, 4], [8, 5], [9, 4]], [0, 0, 1, 1]);
 * console.log(fitted.support); // → [ true, false ]
 * ```
 */
export class SelectFdr extends TransformerBase<FittedSelectFdr> {
  readonly name = 'SelectFdr' as const;
  readonly options: SelectByPValueOptions;

  /** @param options - `scoreFunc = fClassif`, `alpha = 0.05`; checked by `fit`. */
  constructor(options: SelectByPValueOptions = {}) {
    super();
    this.options = options;
  }

  /** Scores the features; see `SelectKBest`. */
  async fit(X: Matrix, y?: Labels | null, options: NoFitOptions = {}): Promise<FittedSelectFdr> {
    refuseFitOptions(options, 'SelectFdr.fit');
    const keep = (p: Float64Array, alpha: number) => {
      const sorted = Float64Array.from(p).sort();
      const last = sorted.findLast((v, i) => v <= (alpha / p.length) * (i + 1));
      return (c: number) => last !== undefined && p[c]! <= last;
    };
    return new FittedSelectFdr('SelectFdr', await fitPValues(X, y, this.options, keep, 'SelectFdr.fit'));
  }
}

/** What `SelectFdr.fit` returns. */
export class FittedSelectFdr extends FittedUnivariateSelector {
  static override readonly type = 'SelectFdr';

  static fromState(state: ModelState): FittedSelectFdr {
    return new FittedSelectFdr('SelectFdr', state as unknown as SelectorScores);
  }
}

/**
 * Keeps features whose p-value is below alpha over the number of features: the chance that any is kept that tells nothing is
 * alpha at most.
 *
 * @example
 * ```ts
 * import { SelectFwe } from 'kompakt/preprocessing';
 * const fitted = await new SelectFwe().fit([[1, 5], [2, 4], [8, 5], [9, 4]], [0, 0, 1, 1]);
 * console.log(fitted.support); // → [ true, false ]
 * ```
 */
export class SelectFwe extends TransformerBase<FittedSelectFwe> {
  readonly name = 'SelectFwe' as const;
  readonly options: SelectByPValueOptions;

  /** @param options - `scoreFunc = fClassif`, `alpha = 0.05`; checked by `fit`. */
  constructor(options: SelectByPValueOptions = {}) {
    super();
    this.options = options;
  }

  /** Scores the features; see `SelectKBest`. */
  async fit(X: Matrix, y?: Labels | null, options: NoFitOptions = {}): Promise<FittedSelectFwe> {
    refuseFitOptions(options, 'SelectFwe.fit');
    const keep = (p: Float64Array, alpha: number) => (c: number) => p[c]! < alpha / p.length;
    return new FittedSelectFwe('SelectFwe', await fitPValues(X, y, this.options, keep, 'SelectFwe.fit'));
  }
}

/** What `SelectFwe.fit` returns. */
export class FittedSelectFwe extends FittedUnivariateSelector {
  static override readonly type = 'SelectFwe';

  static fromState(state: ModelState): FittedSelectFwe {
    return new FittedSelectFwe('SelectFwe', state as unknown as SelectorScores);
  }
}
