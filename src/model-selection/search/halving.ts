import { ConfigError } from '../../core/errors';
import type { Seed } from '../../core/rng';
import { shown } from '../../core/shown';
import type { Estimator, FittedEstimator } from '../../data/estimator';
import { distinctLabels, readLabels } from '../../data/labels';
import type { Params } from '../jobs/job';
import { type Grid, ParameterGrid } from '../params/grid';
import type { GridOf } from '../params/params-of';
import { type Distributions, ParameterSampler } from '../params/sampler';
import { checkCount, stream } from '../splits/folds';
import { numpyArgsort } from '../splits/numpy-order';
import type { TrainTest } from '../stratify';
import type { Halving } from './fitted-search';
import type { DistributionsOf } from './grid-search';
import { type CvResults, column } from './results';
import { type Evaluate, type Given, SEARCH_OPTIONS, Search, type SearchOptions } from './search';

export interface HalvingOptions extends SearchOptions {
  /** By how much candidates get fewer, and resources more, from round to round; 3 by default. */
  readonly factor?: number | undefined;
  /** What grows: `'nSamples'` (default), or the name of a parameter that is a positive integer, such as `'nEstimators'`. */
  readonly resource?: string | undefined;
  /** The most of the resource for one candidate; `'auto'` (default): all samples. */
  readonly maxResources?: 'auto' | number | undefined;
  /**
   * How much the first round uses: `'smallest'`: two samples per part (and class), or 1 of a parameter; `'exhaust'`: so much
   * that the last round uses all there is. `'exhaust'` by default for grids, `'smallest'` for random candidates.
   */
  readonly minResources?: 'smallest' | 'exhaust' | number | undefined;
  /** Repeat rounds with the first resources until the last can be the last; false by default. */
  readonly aggressiveElimination?: boolean | undefined;
  /** Whether to fit the best candidate on all samples; true by default. */
  readonly refit?: boolean | undefined;
  /** Score the training samples, too; true by default. */
  readonly returnTrainScore?: boolean | undefined;
  /** Makes the choice of samples, and random candidates, reproducible. */
  readonly seed?: Seed | undefined;
}

const HALVING_OPTIONS = ['factor', 'resource', 'maxResources', 'minResources', 'aggressiveElimination', 'seed'];

/** Base of searches by successive halving: a subclass says which candidates the first round has. */
abstract class HalvingSearch<E extends Estimator<FittedEstimator>, O extends HalvingOptions> extends Search<E, O> {
  protected readonly known: readonly string[] = [...SEARCH_OPTIONS, ...HALVING_OPTIONS, 'nCandidates'];
  protected abstract candidates(limits: Limits, given: Given): readonly Params[];
  protected abstract readonly least: 'smallest' | 'exhaust';

  protected override get trainScore(): boolean {
    return this.options.returnTrainScore ?? true;
  }

  protected async search(evaluate: Evaluate, given: Given): Promise<Halving> {
    const {
      factor = 3,
      resource = 'nSamples',
      seed,
      aggressiveElimination: aggressive = false,
      refit = true,
    } = this.options;
    if (typeof refit !== 'boolean')
      throw new ConfigError(`${this.name}: refit must be true or false, got ${shown(refit)}.`);
    if (!(typeof factor === 'number' && factor > 1))
      throw new ConfigError(`${this.name}: factor must be above 1, got ${shown(factor)}.`);
    const limits = this.#limits(given);
    let candidates = this.candidates(limits, given);
    if (candidates.some((c) => Object.hasOwn(c, resource)))
      throw new ConfigError(
        `${this.name}: '${resource}' can't be the resource, since it is among the parameters to try.`,
      );
    const required = 1 + Math.floor(Math.log(candidates.length) / Math.log(factor));
    if ((this.options.minResources ?? this.least) === 'exhaust')
      limits.min = Math.max(limits.min, Math.floor(limits.max / factor ** (required - 1)));
    const possible = 1 + Math.floor(Math.log(Math.floor(limits.max / limits.min)) / Math.log(factor));
    const rounds = aggressive ? required : Math.min(possible, required);
    const used: { nResources: number[]; nCandidates: number[] } = { nResources: [], nCandidates: [] };
    const iterations: number[] = [];
    for (let round = 0; round < rounds; round++) {
      const power = aggressive ? Math.max(0, round - required + possible) : round;
      const amount = Math.min(Math.floor(factor ** power * limits.min), limits.max);
      used.nResources.push(amount);
      used.nCandidates.push(candidates.length);
      for (let i = 0; i < candidates.length; i++) iterations.push(round);
      const isSamples = resource === 'nSamples';
      if (!isSamples) candidates = candidates.map((c) => ({ ...c, [resource]: amount }));
      const parts = isSamples ? given.parts.map((part) => subsample(part, amount / given.samples, seed)) : undefined;
      const results = await evaluate(candidates, parts);
      annotate(results, iterations, used.nResources);
      candidates = best(results, Math.ceil(candidates.length / factor), candidates.length);
    }
    return {
      ...used,
      nRemainingCandidates: candidates.length,
      minResources: limits.min,
      maxResources: limits.max,
      nIterations: rounds,
      nRequiredIterations: required,
      nPossibleIterations: possible,
    };
  }

  /** The best of the last round: it had the most of the resource. */
  protected override bestIndex(results: CvResults): number {
    const iter = results.iter!;
    const scores = column(results, 'meanTestScore');
    let found = iter.indexOf(iter.at(-1)!);
    for (let i = found + 1; i < iter.length; i++)
      if (!(scores[i]! <= scores[found]!) && !Number.isNaN(scores[i]!)) found = i;
    return found;
  }

  #limits({ samples, y, parts }: Given): Limits {
    const { maxResources = 'auto', minResources = this.least, resource = 'nSamples' } = this.options;
    if (typeof resource !== 'string')
      throw new ConfigError(
        `${this.name}: resource must be 'nSamples' or the name of a parameter, got ${shown(resource)}.`,
      );
    if (maxResources !== 'auto') checkCount(maxResources, 1, 'maxResources', this.name);
    else if (resource !== 'nSamples')
      throw new ConfigError(`${this.name}: maxResources must be a number where the resource is '${resource}'.`);
    const isNamed = minResources === 'smallest' || minResources === 'exhaust';
    if (!isNamed) checkCount(minResources, 1, 'minResources', this.name);
    const classes = this.kind === 'classifier' ? distinctLabels(readLabels(y, `${this.name}: y`)).length : 1;
    const smallest = resource === 'nSamples' ? parts.length * 2 * classes : 1;
    const limits = {
      min: isNamed ? smallest : (minResources as number),
      max: maxResources === 'auto' ? samples : maxResources,
    };
    if (limits.min > limits.max)
      throw new ConfigError(
        `${this.name}: minResources ${limits.min} is more than maxResources ${limits.max}. Give more samples, or other limits.`,
      );
    return limits;
  }
}

interface Limits {
  min: number;
  readonly max: number;
}

/** Random parts of the samples to train and to test on, the same ones in every round that uses as many. */
function subsample({ train, test }: TrainTest, share: number, seed: Seed | undefined): TrainTest {
  const some = (list: Int32Array): Int32Array => {
    const order = stream(seed)
      .permutation(list.length)
      .slice(0, Math.floor(share * list.length));
    return order.map((i) => list[i]!);
  };
  return { train: some(train), test: some(test) };
}

/** Adds to the results which round each entry is of, and what it used. */
function annotate(results: CvResults, iterations: readonly number[], resources: readonly number[]): void {
  Object.assign(results, { iter: [...iterations], nResources: iterations.map((round) => resources[round]!) });
}

/** The `k` best of the last `n` candidates, the best last, in the order that NumPy sorts them in. */
function best(results: CvResults, k: number, n: number): Params[] {
  const scores = column(results, 'meanTestScore').slice(-n);
  const unknown = scores.filter(Number.isNaN).length;
  const order = Array.from(numpyArgsort(scores.map((v) => (Number.isNaN(v) ? Number.POSITIVE_INFINITY : v))));
  const rolled = [...order.slice(n - unknown), ...order.slice(0, n - unknown)];
  return rolled.slice(-k).map((i) => results.params.slice(-n)[i]!);
}

/**
 * Tries all combinations of values of parameters on few samples, and again and again the best of them on more.
 *
 * Reference: Jamieson & Talwalkar 2016, “Non-stochastic Best Arm Identification and Hyperparameter Optimization”.
 *
 * @example
 * ```ts
 * import { digits } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { HalvingGridSearchCV } from 'kompakt/model-selection';
 * const { X, y } = digits();
 * const search = new HalvingGridSearchCV(new LogisticRegression({ maxIter: 30 }), { C: [1e-6, 1e-3, 1] }, { cv: 2, seed: 1 });
 * const { bestScore, halving } = await search.fit(X, y);
 * console.log(bestScore > 0.8, halving!.nCandidates); // → true [ 3, 1 ]
 * ```
 */
export class HalvingGridSearchCV<E extends Estimator<FittedEstimator>> extends HalvingSearch<E, HalvingOptions> {
  readonly name = 'HalvingGridSearchCV' as const;
  /** Values by parameter, or several such records. */
  readonly paramGrid: GridOf<E> | readonly GridOf<E>[];
  protected readonly own = ['paramGrid'];
  protected readonly least = 'exhaust';

  /**
   * @param estimator - what to fit, a pipeline for instance.
   * @param paramGrid - by parameter the values to try, or several such records.
   * @param options - `factor = 3`, `resource = 'nSamples'`, `maxResources = 'auto'`, `minResources = 'exhaust'`,
   * `aggressiveElimination = false`, `seed`, `cv = 5`, `scoring` (one figure), `refit = true`, `returnTrainScore = true`,
   * `errorScore = NaN`, `onWarning`, `onProgress`, `signal`; checked by `fit`.
   */
  constructor(estimator: E, paramGrid: GridOf<E> | readonly GridOf<E>[], options: HalvingOptions = {}) {
    super(estimator, options);
    this.paramGrid = paramGrid;
  }

  protected candidates(): readonly Params[] {
    return [...new ParameterGrid(this.paramGrid as Grid | readonly Grid[])];
  }

  protected copy(estimator: E, options: HalvingOptions, own: Readonly<Record<string, unknown>>): this {
    return new HalvingGridSearchCV(estimator, (own.paramGrid as GridOf<E>) ?? this.paramGrid, options) as this;
  }
}

export interface HalvingRandomOptions extends HalvingOptions {
  /** How many combinations the first round has; `'exhaust'` (default): so many that the last uses all there is. */
  readonly nCandidates?: 'exhaust' | number | undefined;
}

/**
 * Tries random combinations of parameters on few samples, and again and again the best of them on more.
 *
 * @example
 * ```ts
 * import { digits } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { HalvingRandomSearchCV, logUniform } from 'kompakt/model-selection';
 * const { X, y } = digits();
 * const search = new HalvingRandomSearchCV(new LogisticRegression({ maxIter: 30 }), { C: logUniform(1e-6, 1) }, {
 *   cv: 2,
 *   nCandidates: 3,
 *   seed: 1,
 * });
 * console.log((await search.fit(X, y)).halving!.nCandidates); // → [ 3, 1 ]
 * ```
 */
export class HalvingRandomSearchCV<E extends Estimator<FittedEstimator>> extends HalvingSearch<
  E,
  HalvingRandomOptions
> {
  readonly name = 'HalvingRandomSearchCV' as const;
  /** Values or distributions by parameter, or several such records. */
  readonly paramDistributions: DistributionsOf<E> | readonly DistributionsOf<E>[];
  protected readonly own = ['paramDistributions'];
  protected readonly least = 'smallest';

  /**
   * @param estimator - what to fit, a pipeline for instance.
   * @param paramDistributions - by parameter values or a distribution, or several such records.
   * @param options - `nCandidates = 'exhaust'`, `minResources = 'smallest'`, the others as of {@link HalvingGridSearchCV}.
   */
  constructor(
    estimator: E,
    paramDistributions: DistributionsOf<E> | readonly DistributionsOf<E>[],
    options: HalvingRandomOptions = {},
  ) {
    super(estimator, options);
    this.paramDistributions = paramDistributions;
  }

  protected candidates({ min, max }: Limits, { onWarning }: Given): readonly Params[] {
    const { nCandidates = 'exhaust', minResources, seed } = this.options;
    if (nCandidates === 'exhaust' && minResources === 'exhaust')
      throw new ConfigError(`${this.name}: nCandidates and minResources can't both be 'exhaust'. Give one a number.`);
    const nIter =
      nCandidates === 'exhaust' ? Math.floor(max / min) : checkCount(nCandidates, 1, 'nCandidates', this.name);
    const records = this.paramDistributions as Distributions | readonly Distributions[];
    return [...new ParameterSampler(records, { nIter, seed, onWarning })];
  }

  protected copy(estimator: E, options: HalvingRandomOptions, own: Readonly<Record<string, unknown>>): this {
    const given = (own.paramDistributions as DistributionsOf<E>) ?? this.paramDistributions;
    return new HalvingRandomSearchCV(estimator, given, options) as this;
  }
}
