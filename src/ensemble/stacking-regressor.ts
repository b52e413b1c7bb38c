import { checkOptions } from '../core/options';
import type { Tensor } from '../core/tensor';
import type { FitOptions, FittedEstimator } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { readVector, readWeights, type Vector } from '../data/vector';
import { FittedRegressor, resultLike } from '../estimator/fitted';
import { checkMember, featuresOf, memberState, predictedValues } from '../estimator/members';
import { checkBoolean } from '../estimator/settings';
import type { ModelState } from '../estimator/state';
import { RidgeCV } from '../linear/ridge-cv';
import { checkMembers, ensembleWithParams, fitMembers, membersFrom, membersState } from './members';
import { type Stack, stacked, stackedOut } from './stack';
import type { StackingOptions } from './stacking-classifier';

export type StackingRegressorOptions = StackingOptions;

const NAME = 'StackingRegressor';
const OPTIONS = ['estimators', 'finalEstimator', 'cv', 'passthrough'];

/**
 * A regressor that learns from the predictions of several others.
 *
 * Members are fitted on all samples; the final estimator on what they predict for samples they were not fitted with, in
 * cross-validation. Parameters of members are reached by their names: `'knn__nNeighbors'`, `'finalEstimator__alphas'`.
 *
 * Equal to scikit-learn's class of this name. Reference: Wolpert 1992, “Stacked generalization”.
 *
 * @example
 * ```ts
 * import { StackingRegressor } from 'kompakt/ensemble';
 * import { KNeighborsRegressor } from 'kompakt/neighbors';
 * import { HistGradientBoostingRegressor } from 'kompakt/trees';
 * const X = Array.from({ length: 60 }, (_, i) => [(i * 7) % 60]);
 * const y = X.map(([v]) => v! ** 2);
 * const estimators = [['knn', new KNeighborsRegressor()], ['trees', new HistGradientBoostingRegressor()]] as const;
 * const model = await new StackingRegressor({ estimators, cv: 3 }).fit(X, y);
 * console.log(model.score(X, y).toFixed(2)); // → 1.00
 * ```
 */
export class StackingRegressor {
  readonly name = NAME;
  readonly kind = 'regressor';
  readonly options: StackingRegressorOptions;

  /** @param options - see {@link StackingRegressorOptions}; checked by `fit`. */
  constructor(options: StackingRegressorOptions) {
    this.options = options;
  }

  /** The same with some options, members or their parameters changed. */
  withParams(params: Readonly<Record<string, unknown>>): this {
    return ensembleWithParams(this, params);
  }

  /**
   * Fits every member, and the final estimator on their predictions.
   *
   * @param X - `[samples, features]`, in any form all members take.
   * @param y - one target per sample.
   * @param options - `sampleWeight`, for members and the final estimator, which must all take it.
   * @throws ConfigError for unsupported options, or fewer samples than parts; and what members throw.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedStackingRegressor> {
    const what = `${NAME}.fit`;
    checkOptions(this.options, OPTIONS, what);
    checkOptions(options, ['sampleWeight'], what);
    const members = checkMembers(this.options.estimators, 'regressor', OPTIONS, what);
    const final = this.options.finalEstimator ?? new RidgeCV();
    checkMember(final, 'regressor', 'finalEstimator', what);
    const passthrough = checkBoolean(this.options.passthrough ?? false, 'passthrough', what);
    const target = readVector(y, `${what}: y`);
    const weights = readWeights(options.sampleWeight, target.length, what);
    const models = await fitMembers(members, X, target, weights);
    const stack: Stack = { models, methods: models.map(() => 'predict' as const), classes: null, passthrough };
    const weighted = weights === null ? {} : { sampleWeight: weights };
    const Z = await stackedOut(members, stack, X, target as Labels, this.options.cv, weighted, what);
    const fitted = await final.fit({ data: Z.data, shape: [Z.rows, Z.cols] }, target, weighted);
    return new FittedStackingRegressor({ stack, final: fitted });
  }
}

interface Parts {
  readonly stack: Stack;
  readonly final: FittedEstimator;
}

/** What `StackingRegressor.fit` returns. */
export class FittedStackingRegressor extends FittedRegressor {
  static readonly type = NAME;
  /** The fitted members with their names. */
  readonly estimators: Stack['models'];
  /** The fitted final estimator. */
  readonly finalEstimator: FittedEstimator;
  readonly #stack: Stack;

  constructor({ stack, final }: Parts) {
    super({ name: NAME, nFeatures: featuresOf(stack.models[0]![1]) });
    this.#stack = stack;
    this.estimators = stack.models;
    this.finalEstimator = final;
  }

  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedStackingRegressor {
    const models = membersFrom(state.models, restore);
    const methods = models.map(() => 'predict' as const);
    return new FittedStackingRegressor({
      stack: { models, methods, classes: null, passthrough: state.passthrough as boolean },
      final: restore(state.final as ModelState) as FittedEstimator,
    });
  }

  toState(): ModelState {
    const what = `${NAME}.toState`;
    return {
      type: NAME,
      models: membersState(this.estimators, what),
      passthrough: this.#stack.passthrough,
      final: memberState(this.finalEstimator, 'finalEstimator', what),
    };
  }

  /**
   * What the final estimator sees of samples.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples, members]`, with passthrough followed by the features.
   */
  transform(X: Matrix): Tensor {
    const Z = stacked(this.#stack, X, `${NAME}.transform`);
    return resultLike(X, Z.data, [Z.rows, Z.cols]);
  }

  protected override predictValues(X: Matrix, method: string): Float64Array {
    const Z = stacked(this.#stack, X, `${NAME}.${method}`);
    return predictedValues(this.finalEstimator, { data: Z.data, shape: [Z.rows, Z.cols] });
  }
}
