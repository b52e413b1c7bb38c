import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Tensor } from '../core/tensor';
import type { FitOptions } from '../data/estimator';
import { checkAreClasses, distinctLabels, type Label, type Labels, readLabelsAsync } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { readWeights, type Vector } from '../data/vector';
import { argMaxRows, FittedClassifier, resultLike } from '../estimator/fitted';
import { featuresOf, predictedCodes } from '../estimator/members';
import { classifierState, labelsOfForm, type ModelState } from '../estimator/state';
import { checkOption } from '../metrics/warning';
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

export interface VotingClassifierOptions {
  /** Classifiers with their names; `'drop'` in place of one leaves it out. */
  readonly estimators: NamedEstimators;
  /** 'hard' (default): the class that most predict; 'soft': the class whose mean probability is greatest. */
  readonly voting?: 'hard' | 'soft' | undefined;
  /** How much each classifier counts, those left out included; all alike by default. */
  readonly weights?: Vector | null | undefined;
}

const NAME = 'VotingClassifier';
const OPTIONS = ['estimators', 'voting', 'weights'];

/**
 * A classifier that asks several others.
 *
 * Hard: the class with the greatest sum of weights of classifiers that predict it, of equals the first. Soft: the class with
 * the greatest Σ w·p / Σ w. Parameters of members are reached by their names: `'lr__C'`.
 *
 * Equal to scikit-learn's class of this name.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { VotingClassifier } from 'kompakt/ensemble';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { KNeighborsClassifier } from 'kompakt/neighbors';
 * const { X, y } = iris();
 * const estimators = [['lr', new LogisticRegression()], ['knn', new KNeighborsClassifier()]] as const;
 * const model = await new VotingClassifier({ estimators, voting: 'soft' }).fit(X, y);
 * console.log(model.score(X, y).toFixed(2)); // → 0.97
 * ```
 */
export class VotingClassifier {
  readonly name = NAME;
  readonly kind = 'classifier';
  readonly options: VotingClassifierOptions;

  /** @param options - see {@link VotingClassifierOptions}; checked by `fit`. */
  constructor(options: VotingClassifierOptions) {
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
   * @param y - one label per sample.
   * @param options - `sampleWeight`, for members, which must all take it.
   * @throws ConfigError for unsupported options; and what members throw.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedVotingClassifier<L>> {
    const what = `${NAME}.fit`;
    checkOptions(this.options, OPTIONS, what);
    checkOptions(options, ['sampleWeight'], what);
    const members = checkMembers(this.options.estimators, 'classifier', OPTIONS, what);
    const voting = checkOption(this.options.voting ?? 'hard', ['hard', 'soft'] as const, 'voting', what);
    const votes = checkVotes(this.options.weights ?? null, this.options.estimators, what);
    const labels = await readLabelsAsync(y, `${what}: y`);
    checkAreClasses(labels, `${what}: y`, 'Use VotingRegressor for measurements.');
    const weights = readWeights(options.sampleWeight, labels.length, what);
    const models = await fitMembers(members, X, y, weights);
    if (voting === 'soft') checkProbable(models, what);
    return new FittedVotingClassifier({ models, voting, votes, classes: distinctLabels(labels), likeLabels: y });
  }
}

function checkProbable(models: NamedModels, what: string): void {
  const mute = models.find(([, model]) => typeof model.predictProba !== 'function');
  if (mute !== undefined)
    throw new ConfigError(`${what}: '${mute[0]}' has no probabilities, which soft voting needs. Use voting: 'hard'.`);
}

interface Parts<L extends Labels> {
  readonly models: NamedModels;
  readonly voting: 'hard' | 'soft';
  readonly votes: Float64Array | null;
  readonly classes: readonly Label[];
  readonly likeLabels: L;
}

/** What `VotingClassifier.fit` returns. Labels come back in the form they were given in. */
export class FittedVotingClassifier<L extends Labels = Labels> extends FittedClassifier<L> {
  static readonly type = NAME;
  /** The fitted members with their names. */
  readonly estimators: NamedModels;
  /** With soft voting: mean probabilities `[samples, classes]`, columns in the order of `classes`. */
  declare readonly predictProba?: (X: Matrix) => Tensor;
  readonly #parts: Parts<L>;

  constructor(parts: Parts<L>) {
    super({ ...parts, name: NAME, nFeatures: featuresOf(parts.models[0]![1]) });
    this.#parts = { ...parts, likeLabels: this.likeLabels };
    this.estimators = parts.models;
    if (parts.voting === 'soft')
      this.predictProba = (X) => {
        const p = this.#means(X);
        return resultLike(X, p, [p.length / this.classes.length, this.classes.length]);
      };
  }

  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedVotingClassifier {
    return new FittedVotingClassifier({
      models: membersFrom(state.models, restore),
      voting: state.voting as 'hard' | 'soft',
      votes: state.votes as Float64Array | null,
      classes: state.classes as readonly Label[],
      likeLabels: labelsOfForm(state.labels),
    });
  }

  toState(): ModelState {
    const { voting, votes, models } = this.#parts;
    const rest = { voting, votes, models: membersState(models, `${NAME}.toState`) };
    return { type: NAME, ...classifierState(this, this.likeLabels), ...rest };
  }

  protected override predictCodes(X: Matrix): Int32Array {
    const k = this.classes.length;
    return argMaxRows(this.#parts.voting === 'soft' ? this.#means(X) : this.#counts(X), k);
  }

  #counts(X: Matrix): Float64Array {
    const { models, votes } = this.#parts;
    const k = this.classes.length;
    const said = models.map(([, model]) => predictedCodes(model, X, this.classes as readonly Label[]));
    const counts = new Float64Array(said[0]!.length * k);
    said.forEach((codes, m) => {
      codes.forEach((c, i) => {
        counts[i * k + c]! += votes === null ? 1 : votes[m]!;
      });
    });
    return counts;
  }

  #means(X: Matrix): Float64Array {
    const { models, votes } = this.#parts;
    return weightedMeans(
      models.map(([, model]) => model.predictProba!(X).dataSync() as Float64Array),
      votes,
    );
  }
}
