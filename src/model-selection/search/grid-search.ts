import type { Seed } from '../../core/rng';
import type { Estimator, FittedEstimator } from '../../data/estimator';
import type { Distribution } from '../params/distributions';
import { type Grid, ParameterGrid } from '../params/grid';
import type { GridOf, ParamsOf } from '../params/params-of';
import { type Distributions, ParameterSampler } from '../params/sampler';
import { type Evaluate, type Given, SEARCH_OPTIONS, Search, type SearchOptions } from './search';

/**
 * Tries all combinations of values of parameters, and keeps the best by cross-validation.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { GridSearchCV } from 'kompakt/model-selection';
 * const { X, y } = iris();
 * const search = new GridSearchCV(new LogisticRegression(), { C: [0.01, 1] }, { cv: 3 });
 * const { bestParams, bestScore, cvResults } = await search.fit(X, y);
 * console.log(bestParams, bestScore.toFixed(2), cvResults.rankTestScore); // → { C: 1 } 0.97 [ 2, 1 ]
 * ```
 */
export class GridSearchCV<E extends Estimator<FittedEstimator>> extends Search<E> {
  readonly name = 'GridSearchCV' as const;
  /** Values by parameter, or several such records. */
  readonly paramGrid: GridOf<E> | readonly GridOf<E>[];
  protected readonly known = SEARCH_OPTIONS;
  protected readonly own = ['paramGrid'];

  /**
   * @param estimator - what to fit, a pipeline for instance.
   * @param paramGrid - by parameter the values to try (nested names `'clf__C'`), or several such records.
   * @param options - `cv = 5`, `scoring`, `refit = true`, `returnTrainScore = false`, `errorScore = NaN`, `onWarning`,
   * `onProgress`, `signal`; checked by `fit`.
   */
  constructor(estimator: E, paramGrid: GridOf<E> | readonly GridOf<E>[], options: SearchOptions = {}) {
    super(estimator, options);
    this.paramGrid = paramGrid;
  }

  protected async search(evaluate: Evaluate): Promise<undefined> {
    await evaluate([...new ParameterGrid(this.paramGrid as Grid | readonly Grid[])]);
  }

  protected copy(estimator: E, options: SearchOptions, own: Readonly<Record<string, unknown>>): this {
    return new GridSearchCV(estimator, (own.paramGrid as GridOf<E>) ?? this.paramGrid, options) as this;
  }
}

/** For each of some parameters the values, or a distribution, to draw from. */
export type DistributionsOf<E> = {
  readonly [K in keyof ParamsOf<E>]?: ArrayLike<ParamsOf<E>[K]> | Distribution<unknown>;
};

export interface RandomizedSearchOptions extends SearchOptions {
  /** How many combinations to try; 10 by default. */
  readonly nIter?: number | undefined;
  /** Makes the draws reproducible. */
  readonly seed?: Seed | undefined;
}

/**
 * Tries random combinations of parameters, and keeps the best by cross-validation.
 *
 * Reference: Bergstra & Bengio 2012, “Random Search for Hyper-Parameter Optimization”, JMLR 13.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { logUniform, RandomizedSearchCV } from 'kompakt/model-selection';
 * const { X, y } = iris();
 * const search = new RandomizedSearchCV(new LogisticRegression(), { C: logUniform(1e-3, 1e3) }, { nIter: 4, seed: 1 });
 * console.log((await search.fit(X, y)).bestScore > 0.9); // → true
 * ```
 */
export class RandomizedSearchCV<E extends Estimator<FittedEstimator>> extends Search<E, RandomizedSearchOptions> {
  readonly name = 'RandomizedSearchCV' as const;
  /** Values or distributions by parameter, or several such records. */
  readonly paramDistributions: DistributionsOf<E> | readonly DistributionsOf<E>[];
  protected readonly known = [...SEARCH_OPTIONS, 'nIter', 'seed'];
  protected readonly own = ['paramDistributions'];

  /**
   * @param estimator - what to fit, a pipeline for instance.
   * @param paramDistributions - by parameter values or a distribution (`uniform`, `logUniform`, `randint`, or anything with
   * `sample(rng)`), or several such records.
   * @param options - `nIter = 10`, `seed`, `cv = 5`, `scoring`, `refit = true`, `returnTrainScore = false`,
   * `errorScore = NaN`, `onWarning`, `onProgress`, `signal`; checked by `fit`.
   */
  constructor(
    estimator: E,
    paramDistributions: DistributionsOf<E> | readonly DistributionsOf<E>[],
    options: RandomizedSearchOptions = {},
  ) {
    super(estimator, options);
    this.paramDistributions = paramDistributions;
  }

  protected async search(evaluate: Evaluate, { onWarning }: Given): Promise<undefined> {
    const { nIter = 10, seed } = this.options;
    const records = this.paramDistributions as Distributions | readonly Distributions[];
    await evaluate([...new ParameterSampler(records, { nIter, seed, onWarning })]);
  }

  protected copy(estimator: E, options: RandomizedSearchOptions, own: Readonly<Record<string, unknown>>): this {
    const given = (own.paramDistributions as DistributionsOf<E>) ?? this.paramDistributions;
    return new RandomizedSearchCV(estimator, given, options) as this;
  }
}
