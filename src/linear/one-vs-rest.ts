import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Tensor } from '../core/tensor';
import type { Estimator, FitOptions, FittedEstimator } from '../data/estimator';
import {
  checkAreClasses,
  checkSameLength,
  encodeLabels,
  type Label,
  type Labels,
  readLabelsAsync,
} from '../data/labels';
import { asMatrix, countFeatures, countSamples, type Matrix, readSamplesAsync, type Samples } from '../data/matrix';
import type { SparseMatrix } from '../data/sparse';
import { readWeights } from '../data/vector';
import { argMaxRows, FittedClassifier, type FittedClassifierParts, resultLike } from '../estimator/fitted';
import { classifierState, labelsOfForm, type ModelState, type Stateful } from '../estimator/state';
import { type ClassTargets, type Indicator, isIndicator } from '../metrics/indicator';
import { askModels, decisionsOf, positiveOf } from './ask-models';
import { normaliseRows } from './logistic-probabilities';
import { type FittedMultilabelOneVsRest, fitLabels } from './multilabel-one-vs-rest';

export interface OneVsRestClassifierOptions {
  /** A classifier of two classes: fitted once per class. */
  readonly estimator: Estimator;
}

/**
 * A classifier of several classes from one of two: each class is told from all others by a model of its own, and the class
 * whose model is surest is predicted.
 *
 * Models compare by `decisionFunction` where they have it, else by probabilities. Two classes need one model. Where samples
 * may have several labels, given as a table of 0 and 1, each label is told by a model of its own.
 *
 * Reference: Rifkin & Klautau 2004, “In Defense of One-Vs-All Classification”, JMLR 5.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression, OneVsRestClassifier } from 'kompakt/linear';
 * const { X, y } = iris();
 * const estimator = new LogisticRegression({ solver: 'liblinear' });
 * const model = await new OneVsRestClassifier({ estimator }).fit(X, y);
 * console.log(model.estimators.length, model.score(X, y).toFixed(3)); // → 3 0.960
 * ```
 */
export class OneVsRestClassifier {
  readonly kind = 'classifier';
  readonly name = 'OneVsRestClassifier' as const;
  readonly options: OneVsRestClassifierOptions;

  /** @param options - `estimator`; checked by `fit`. */
  constructor(options: OneVsRestClassifierOptions) {
    this.options = options;
  }

  /**
   * Fits a model for each class.
   *
   * @param X - `[samples, features]`, dense or, where the estimator takes it, sparse.
   * @param y - one label per sample, of at least two classes; where samples may have several, `[samples, labels]` of 0 and
   * 1, dense or sparse.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample, for estimators that take it.
   * @throws ConfigError without a classifier, or for fewer than two classes; whatever the classifier's `fit` throws.
   */
  fit<Y extends SparseMatrix>(X: Matrix, y: Y, options?: FitOptions): Promise<FittedMultilabelOneVsRest<Y>>;
  fit<L extends Labels>(X: Matrix, y: L, options?: FitOptions): Promise<FittedOneVsRestClassifier<L>>;
  fit<Y extends Indicator>(X: Matrix, y: Y, options?: FitOptions): Promise<FittedMultilabelOneVsRest<Y>>;
  async fit(
    X: Matrix,
    y: ClassTargets,
    options: FitOptions = {},
  ): Promise<FittedOneVsRestClassifier | FittedMultilabelOneVsRest> {
    const what = 'OneVsRestClassifier.fit';
    checkOptions(this.options, ['estimator'], what);
    checkOptions(options, ['sampleWeight'], what);
    const { estimator } = this.options;
    if (typeof estimator?.fit !== 'function' || estimator.kind !== 'classifier') {
      throw new ConfigError(
        `${what}: estimator must be a classifier, such as new LogisticRegression(), got ${shown(estimator)}.`,
      );
    }
    // What values samples may have is for the estimator to say.
    const samples = await readSamplesAsync(X, `${what}: X`, { allowNonFinite: true });
    if (isIndicator(y)) return fitLabels(estimator, samples, y, options, what);
    const labels = await readLabelsAsync(y as Labels, `${what}: y`);
    checkSameLength(countSamples(samples), labels.length, what);
    checkAreClasses(labels, `${what}: y`, 'Measurements call for regression; group them into classes to classify.');
    const { codes, classes } = encodeLabels(labels);
    if (classes.length < 2)
      throw new ConfigError(`${what}: y has only the class ${shown(classes[0])}. At least two are needed.`);
    const weights = readWeights(options.sampleWeight, labels.length, what);
    const models: FittedEstimator[] = [];
    for (const positive of classes.length === 2 ? [1] : classes.keys()) {
      const own = codes.map((code) => Number(code === positive));
      models.push(await estimator.fit(asMatrix(samples), own, weights === null ? {} : { sampleWeight: weights }));
    }
    return new FittedOneVsRestClassifier(models, {
      classes,
      likeLabels: y as Labels,
      nFeatures: countFeatures(samples),
    });
  }
}

/** What `OneVsRestClassifier.fit` returns. Labels come back in the form they were given in. */
export class FittedOneVsRestClassifier<L extends Labels = Labels> extends FittedClassifier<L> {
  static readonly type = 'OneVsRestClassifier';
  /** The models, class by class; one for two classes: of the second. */
  readonly estimators: readonly FittedEstimator[];
  /** Whether all models that can tell have converged. */
  readonly converged: boolean;
  /**
   * The probability of each class: what each model gives its own, divided by their sum. Only where the models have
   * probabilities.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples, classes]`, columns in the order of `classes`.
   */
  readonly predictProba?: (X: Matrix) => Tensor;
  /**
   * What each model decides by. Only where the models have a `decisionFunction`.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples]` for two classes (positive: the second), else `[samples, classes]`.
   */
  readonly decisionFunction?: (X: Matrix) => Tensor;

  constructor(
    models: readonly FittedEstimator[],
    parts: Pick<FittedClassifierParts<L>, 'classes' | 'likeLabels' | 'nFeatures'>,
  ) {
    const warnings = models.flatMap((model) => (model as { readonly warnings?: readonly never[] }).warnings ?? []);
    super({ ...parts, name: 'OneVsRestClassifier', warnings, accepts: { sparse: true, nonFinite: true } });
    this.estimators = models;
    this.converged = models.every((model) => (model as { readonly converged?: boolean }).converged !== false);
    if (models.every((model) => model.predictProba !== undefined)) {
      this.predictProba = (X) => this.#asResult(X, this.#probabilities(this.readSparse(X, 'predictProba')), true);
    }
    if (models.every((model) => model.decisionFunction !== undefined)) {
      this.decisionFunction = (X) => this.#asResult(X, this.#decisions(this.readSparse(X, 'decisionFunction')), false);
    }
  }

  /** @throws ConfigError if the models have no state. */
  override toState(): ModelState {
    const models = this.estimators.map((model) => {
      if (typeof (model as Partial<Stateful>).toState === 'function') return (model as never as Stateful).toState();
      throw new ConfigError(
        'OneVsRestClassifier.toState: the models have no toState. Use an estimator whose models do.',
      );
    });
    return { type: this.name, ...classifierState(this as never, this.likeLabels), models };
  }

  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedOneVsRestClassifier {
    return new FittedOneVsRestClassifier((state.models as readonly ModelState[]).map(restore), {
      classes: state.classes as readonly Label[],
      likeLabels: labelsOfForm(state.labels),
      nFeatures: state.nFeatures as number,
    });
  }

  protected override predictCodes(X: Matrix, method: string): Int32Array {
    const samples = this.readSparse(X, method);
    const k = this.classes.length;
    if (this.decisionFunction !== undefined) {
      const z = this.#decisions(samples);
      return k === 2 ? Int32Array.from(z, (v) => Number(v > 0)) : argMaxRows(z, k);
    }
    if (this.predictProba !== undefined) return argMaxRows(this.#probabilities(samples), k);
    const votes = askModels(this.estimators, samples, (model, A) => model.predict(A) as ArrayLike<number>);
    return k === 2 ? Int32Array.from(votes) : argMaxRows(votes, k);
  }

  #decisions(X: Samples): Float64Array {
    return askModels(this.estimators, X, decisionsOf);
  }

  /** `[samples, classes]`. */
  #probabilities(X: Samples): Float64Array {
    const own = askModels(this.estimators, X, positiveOf);
    const k = this.classes.length;
    if (k > 2) return normaliseRows(own, k);
    return Float64Array.from({ length: 2 * own.length }, (_, at) => (at % 2 === 1 ? own[at >> 1]! : 1 - own[at >> 1]!));
  }

  #asResult(X: Matrix, values: Float64Array, isTable: boolean): Tensor {
    const k = this.classes.length;
    return resultLike(X, values, !isTable && k === 2 ? [values.length] : [values.length / k, k]);
  }
}
