import { checkOptions } from '../core/options';
import type { FitOptions } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { readVector, readWeights, type Vector } from '../data/vector';
import { FittedRegressor } from '../estimator/fitted';
import { featuresOf, predictedValues } from '../estimator/members';
import type { ModelState } from '../estimator/state';
import {
  checkMembers,
  ensembleWithParams,
  fitMembers,
  membersFrom,
  membersState,
  type NamedEstimators,
  type NamedModels,
} from './members';
import { checkVotes, weightedMeans } from './votes';

export interface VotingRegressorOptions {
  /** Regressors with their names; `'drop'` in place of one leaves it out. */
  readonly estimators: NamedEstimators;
  /** How much each regressor counts, those left out included; all alike by default. */
  readonly weights?: Vector | null | undefined;
}

const NAME = 'VotingRegressor';
const OPTIONS = ['estimators', 'weights'];

/**
 * A regressor that asks several others: ŷ = Σ w·ŷ_m / Σ w. Parameters of members are reached by their names: `'knn__weights'`.
 *
 * Equal to scikit-learn's class of this name.
 *
 * @example
 * ```ts
 * import { VotingRegressor } from 'kompakt/ensemble';
 * import { KNeighborsRegressor } from 'kompakt/neighbors';
 * const near = new KNeighborsRegressor({ nNeighbors: 1 });
 * const far = new KNeighborsRegressor({ nNeighbors: 2 });
 * const model = await new VotingRegressor({ estimators: [['near', near], ['far', far]] }).fit([[0], [1]], [0, 4]);
 * console.log(model.predict([[0]])); // → Float64Array(1) [ 1 ]
 * ```
 */
export class VotingRegressor {
  readonly name = NAME;
  readonly kind = 'regressor';
  readonly options: VotingRegressorOptions;

  /** @param options - see {@link VotingRegressorOptions}; checked by `fit`. */
  constructor(options: VotingRegressorOptions) {
    this.options = options;
  }

  /** The same with some options, members or their parameters changed. */
  withParams(params: Readonly<Record<string, unknown>>): this {
    return ensembleWithParams(this, params);
  }

  /**
   * Fits every member on all samples.
   *
   * @param X - `[samples, features]`, in any form all members take.
   * @param y - one target per sample.
   * @param options - `sampleWeight`, for members, which must all take it.
   * @throws ConfigError for unsupported options; and what members throw.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedVotingRegressor> {
    const what = `${NAME}.fit`;
    checkOptions(this.options, OPTIONS, what);
    checkOptions(options, ['sampleWeight'], what);
    const members = checkMembers(this.options.estimators, 'regressor', OPTIONS, what);
    const votes = checkVotes(this.options.weights ?? null, this.options.estimators, what);
    const samples = readVector(y, `${what}: y`).length;
    const models = await fitMembers(members, X, y as Labels, readWeights(options.sampleWeight, samples, what));
    return new FittedVotingRegressor({ models, votes });
  }
}

interface Parts {
  readonly models: NamedModels;
  readonly votes: Float64Array | null;
}

/** What `VotingRegressor.fit` returns. */
export class FittedVotingRegressor extends FittedRegressor {
  static readonly type = NAME;
  /** The fitted members with their names. */
  readonly estimators: NamedModels;
  readonly #votes: Float64Array | null;

  constructor({ models, votes }: Parts) {
    super({ name: NAME, nFeatures: featuresOf(models[0]![1]) });
    this.estimators = models;
    this.#votes = votes;
  }

  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedVotingRegressor {
    return new FittedVotingRegressor({
      models: membersFrom(state.models, restore),
      votes: state.votes as Float64Array | null,
    });
  }

  toState(): ModelState {
    return { type: NAME, votes: this.#votes, models: membersState(this.estimators, `${NAME}.toState`) };
  }

  protected override predictValues(X: Matrix): Float64Array {
    return weightedMeans(
      this.estimators.map(([, model]) => predictedValues(model, X)),
      this.#votes,
    );
  }
}
