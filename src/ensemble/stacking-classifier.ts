import { checkOptions } from '../core/options';
import type { Tensor } from '../core/tensor';
import type { Estimator, FitOptions, FittedEstimator } from '../data/estimator';
import { checkAreClasses, distinctLabels, type Label, type Labels, readLabelsAsync } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { readWeights } from '../data/vector';
import { FittedClassifier, resultLike } from '../estimator/fitted';
import { checkMember, featuresOf, memberState, predictedCodes } from '../estimator/members';
import { checkBoolean } from '../estimator/settings';
import { classifierState, labelsOfForm, type ModelState } from '../estimator/state';
import { LogisticRegression } from '../linear/logistic-regression';
import { checkOption } from '../metrics/warning';
import type { CrossValidation } from '../model-selection/cv';
import {
  checkMembers,
  ensembleWithParams,
  fitMembers,
  membersFrom,
  membersState,
  type NamedEstimators,
} from './members';
import { methodsOf, STACK_METHODS, type Stack, type StackMethod, stacked, stackedOut } from './stack';

/** Options of both stacking estimators. */
export interface StackingOptions {
  /** Estimators with their names; `'drop'` in place of one leaves it out. */
  readonly estimators: NamedEstimators;
  /** What learns from their answers; logistic regression, or ridge regression with cross-validation, by default. */
  readonly finalEstimator?: Estimator | null | undefined;
  /** How members are asked about samples they were not fitted with: a number of parts (5 by default), or a splitter. */
  readonly cv?: CrossValidation | undefined;
  /** Whether the final estimator also sees the samples themselves; false by default. */
  readonly passthrough?: boolean | undefined;
}

export interface StackingClassifierOptions extends StackingOptions {
  /** Which answers the final estimator sees; 'auto', the default: probabilities, else decision values, else classes. */
  readonly stackMethod?: 'auto' | StackMethod | undefined;
}

const NAME = 'StackingClassifier';
const OPTIONS = ['estimators', 'finalEstimator', 'cv', 'passthrough', 'stackMethod'];

/**
 * A classifier that learns from the answers of several others.
 *
 * Members are fitted on all samples; the final estimator on what they answer about samples they were not fitted with, in
 * cross-validation. Of two probabilities only the second is a feature. Parameters of members are reached by their names:
 * `'lr__C'`, `'finalEstimator__C'`.
 *
 * Equal to scikit-learn's class of this name. Reference: Wolpert 1992, “Stacked generalization”.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { StackingClassifier } from 'kompakt/ensemble';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { KNeighborsClassifier } from 'kompakt/neighbors';
 * const { X, y } = iris();
 * const estimators = [['lr', new LogisticRegression()], ['knn', new KNeighborsClassifier()]] as const;
 * const model = await new StackingClassifier({ estimators, cv: 3 }).fit(X, y);
 * console.log(model.score(X, y).toFixed(2)); // → 0.97
 * ```
 */
export class StackingClassifier {
  readonly name = NAME;
  readonly kind = 'classifier';
  readonly options: StackingClassifierOptions;

  /** @param options - see {@link StackingClassifierOptions}; checked by `fit`. */
  constructor(options: StackingClassifierOptions) {
    this.options = options;
  }

  /** The same with some options, members or their parameters changed. */
  withParams(params: Readonly<Record<string, unknown>>): this {
    return ensembleWithParams(this, params);
  }

  /**
   * Fits every member, and the final estimator on their answers.
   *
   * @param X - `[samples, features]`, in any form all members take.
   * @param y - one label per sample.
   * @param options - `sampleWeight`, for members and the final estimator, which must all take it.
   * @throws ConfigError for unsupported options, or fewer samples than parts; and what members throw.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedStackingClassifier<L>> {
    const what = `${NAME}.fit`;
    checkOptions(this.options, OPTIONS, what);
    checkOptions(options, ['sampleWeight'], what);
    const members = checkMembers(this.options.estimators, 'classifier', OPTIONS, what);
    const final = this.options.finalEstimator ?? new LogisticRegression();
    checkMember(final, 'classifier', 'finalEstimator', what);
    const asked = checkOption(this.options.stackMethod ?? 'auto', STACK_METHODS, 'stackMethod', what);
    const passthrough = checkBoolean(this.options.passthrough ?? false, 'passthrough', what);
    const labels = await readLabelsAsync(y, `${what}: y`);
    checkAreClasses(labels, `${what}: y`, 'Use StackingRegressor for measurements.');
    const weights = readWeights(options.sampleWeight, labels.length, what);
    const models = await fitMembers(members, X, y, weights);
    const stack: Stack = {
      models,
      methods: methodsOf(models, asked, what),
      classes: distinctLabels(labels),
      passthrough,
    };
    const weighted = weights === null ? {} : { sampleWeight: weights };
    const Z = await stackedOut(members, stack, X, y, this.options.cv, weighted, what);
    const fitted = await final.fit({ data: Z.data, shape: [Z.rows, Z.cols] }, y, weighted);
    return new FittedStackingClassifier({ stack, final: fitted, likeLabels: y });
  }
}

interface Parts<L extends Labels> {
  readonly stack: Stack;
  readonly final: FittedEstimator;
  readonly likeLabels: L;
}

/** What `StackingClassifier.fit` returns. Labels come back in the form they were given in. */
export class FittedStackingClassifier<L extends Labels = Labels> extends FittedClassifier<L> {
  static readonly type = NAME;
  /** The fitted members with their names. */
  readonly estimators: Stack['models'];
  /** Which answers of each member the final estimator sees. */
  readonly stackMethods: readonly StackMethod[];
  /** The fitted final estimator. */
  readonly finalEstimator: FittedEstimator;
  /** Probabilities of the final estimator, `[samples, classes]`, if it has any. */
  declare readonly predictProba?: (X: Matrix) => Tensor;
  /** Decision values of the final estimator, if it has any. */
  declare readonly decisionFunction?: (X: Matrix) => Tensor;
  readonly #stack: Stack;

  constructor({ stack, final, likeLabels }: Parts<L>) {
    super({ name: NAME, nFeatures: featuresOf(stack.models[0]![1]), classes: stack.classes!, likeLabels });
    this.#stack = stack;
    this.estimators = stack.models;
    this.stackMethods = stack.methods;
    this.finalEstimator = final;
    for (const method of ['predictProba', 'decisionFunction'] as const) {
      if (typeof final[method] !== 'function') continue;
      const ask = (X: Matrix): Tensor => {
        const said = final[method]!(this.#features(X, method));
        return resultLike(X, said.dataSync() as Float64Array, said.shape);
      };
      Object.assign(this, { [method]: ask });
    }
  }

  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedStackingClassifier {
    return new FittedStackingClassifier({
      stack: {
        models: membersFrom(state.models, restore),
        methods: state.methods as unknown as readonly StackMethod[],
        classes: state.classes as readonly Label[],
        passthrough: state.passthrough as boolean,
      },
      final: restore(state.final as ModelState) as FittedEstimator,
      likeLabels: labelsOfForm(state.labels),
    });
  }

  toState(): ModelState {
    const what = `${NAME}.toState`;
    return {
      type: NAME,
      ...classifierState(this, this.likeLabels),
      models: membersState(this.estimators, what),
      methods: this.stackMethods,
      passthrough: this.#stack.passthrough,
      final: memberState(this.finalEstimator, 'finalEstimator', what),
    };
  }

  /**
   * What the final estimator sees of samples.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples, answers of all members, and with passthrough features]`.
   */
  transform(X: Matrix): Tensor {
    const Z = stacked(this.#stack, X, `${NAME}.transform`);
    return resultLike(X, Z.data, [Z.rows, Z.cols]);
  }

  protected override predictCodes(X: Matrix, method: string): Int32Array {
    return predictedCodes(this.finalEstimator, this.#features(X, method), this.classes as readonly Label[]);
  }

  #features(X: Matrix, method: string): { readonly data: Float64Array; readonly shape: readonly [number, number] } {
    const Z = stacked(this.#stack, X, `${NAME}.${method}`);
    return { data: Z.data, shape: [Z.rows, Z.cols] };
  }
}
