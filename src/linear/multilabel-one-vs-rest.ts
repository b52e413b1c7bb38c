import { ConfigError, KompaktError } from '../core/errors';
import type { Tensor } from '../core/tensor';
import type { Estimator, FitOptions, FittedEstimator } from '../data/estimator';
import { checkSameLength, type Labels } from '../data/labels';
import { asMatrix, countFeatures, countSamples, type Matrix, type Samples } from '../data/matrix';
import { isTensor, type Rows, rebuild } from '../data/rows';
import { CsrMatrix, isSparse, type SparseMatrix } from '../data/sparse';
import { readWeights } from '../data/vector';
import { emptyLike, FittedModel, type FittedParts, resultLike } from '../estimator/fitted';
import type { ModelState, Stateful } from '../estimator/state';
import { accuracyScore } from '../metrics/accuracy';
import type { Indicator } from '../metrics/indicator';
import { eachLabel, readLabelRows } from '../metrics/label-rows';
import { askModels, decisionsOf, positiveOf } from './ask-models';

/** The form in which labels given as `Y` are predicted: rows as rows of numbers, sparse matrices by rows. */
export type TableLike<Y extends Indicator> = Y extends readonly (readonly (number | boolean)[])[]
  ? number[][]
  : Y extends SparseMatrix
    ? CsrMatrix
    : Y;

/** Fits a model of each label: of which samples have it. A label that all or no samples have needs none. */
export async function fitLabels<Y extends Indicator>(
  estimator: Estimator,
  samples: Samples,
  y: Y,
  options: FitOptions,
  what: string,
): Promise<FittedMultilabelOneVsRest<Y>> {
  const table = isTensor(y) ? { data: await y.data(), shape: y.shape } : y;
  const rows = readLabelRows(table as Indicator, `${what}: y`);
  const n = countSamples(samples);
  checkSameLength(n, rows.samples, what);
  const sampleWeight = readWeights(options.sampleWeight, n, what);
  const having = Array.from({ length: rows.labels }, (): number[] => []);
  eachLabel(rows, (label, i) => {
    having[label]!.push(i);
  });
  const models: (FittedEstimator | number)[] = [];
  const warnings: KompaktError[] = [];
  for (const [label, members] of having.entries()) {
    if (members.length === 0 || members.length === n) {
      models.push(Number(members.length > 0));
      const [has, says] = members.length > 0 ? ['all samples have', 'always'] : ['no sample has', 'never'];
      warnings.push(new KompaktError(`${what}: ${has} label ${label}; it is ${says} predicted.`));
      continue;
    }
    const own = new Int32Array(n);
    for (const i of members) own[i] = 1;
    models.push(await estimator.fit(asMatrix(samples), own, sampleWeight === null ? {} : { sampleWeight }));
  }
  return new FittedMultilabelOneVsRest(models, { like: y, nFeatures: countFeatures(samples), warnings });
}

interface Parts<Y extends Indicator> extends Pick<FittedParts, 'nFeatures' | 'warnings'> {
  /** The table of labels given to `fit`, or anything of its form. */
  readonly like: Y;
}

/**
 * What `OneVsRestClassifier.fit` returns for samples that may have several labels: a model of each label. Labels come back
 * in the form they were given in.
 */
export class FittedMultilabelOneVsRest<Y extends Indicator = Indicator> extends FittedModel {
  static readonly type = 'MultilabelOneVsRest';
  /** The models, label by label; 0 or 1 for a label that no or all samples had. */
  readonly estimators: readonly (FittedEstimator | number)[];
  /** The labels: their columns. */
  readonly classes: readonly number[];
  /** Whether all models that can tell have converged. */
  readonly converged: boolean;
  /**
   * The probability that a sample has each label, whichever others it has. Only where the models have probabilities.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples, labels]`.
   */
  readonly predictProba?: (X: Matrix) => Tensor;
  /**
   * What each model decides by. Only where the models have a `decisionFunction`.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples, labels]`, above 0 for labels that are predicted.
   */
  readonly decisionFunction?: (X: Matrix) => Tensor;
  readonly #like: Y;

  constructor(models: readonly (FittedEstimator | number)[], { like, nFeatures, warnings = [] }: Parts<Y>) {
    const fitted = models.filter((model) => typeof model !== 'number');
    const told = fitted.flatMap((model) => (model as { readonly warnings?: readonly never[] }).warnings ?? []);
    super({
      name: 'OneVsRestClassifier',
      nFeatures,
      warnings: [...warnings, ...told],
      accepts: { sparse: true, nonFinite: true },
    });
    this.estimators = models;
    this.classes = Array.from(models.keys());
    this.converged = fitted.every((model) => (model as { readonly converged?: boolean }).converged !== false);
    this.#like = Array.isArray(like) ? (like.slice(0, 1) as Indicator as Y) : (emptyLike(like as Labels) as Y);
    const asker = (method: string, ask: typeof decisionsOf) => (X: Matrix) => {
      const values = askModels(models, this.readSparse(X, method), ask);
      return resultLike(X, values, [values.length / models.length, models.length]);
    };
    if (fitted.every((model) => model.predictProba !== undefined))
      this.predictProba = asker('predictProba', positiveOf);
    if (fitted.every((model) => model.decisionFunction !== undefined))
      this.decisionFunction = asker('decisionFunction', decisionsOf);
  }

  /**
   * The labels of each sample: those that their models decide for, or find more probable than not.
   *
   * @param X - `[samples, features]`.
   * @returns `[samples, labels]` of 0 and 1, in the form `fit` was given them in.
   * @throws ShapeError when X has other features than in fit.
   */
  predict(X: Matrix): TableLike<Y> {
    const samples = this.readSparse(X, 'predict');
    const k = this.estimators.length;
    const data = askModels(this.estimators, samples, (model, matrix) => {
      const says = (values: ArrayLike<number>, limit: number): Float64Array =>
        Float64Array.from(values, (v) => Number(v > limit));
      if (model.decisionFunction !== undefined) return says(decisionsOf(model, matrix), 0);
      if (model.predictProba !== undefined) return says(positiveOf(model, matrix), 0.5);
      return model.predict(matrix) as ArrayLike<number>;
    });
    const shape = [data.length / k, k];
    if (isSparse(this.#like)) return CsrMatrix.fromDense({ data, shape }) as TableLike<Y>;
    return rebuild(this.#like as Rows, data, shape) as unknown as TableLike<Y>;
  }

  /**
   * The fraction of samples whose labels are all right: the accuracy of `predict(X)`.
   *
   * @param X - `[samples, features]`.
   * @param y - true labels `[samples, labels]` of 0 and 1.
   * @param options - `sampleWeight`.
   */
  score(X: Matrix, y: Indicator, options: FitOptions = {}): number {
    return accuracyScore(y, this.predict(X) as Indicator, options);
  }

  /** @throws ConfigError if the models have no state. */
  toState(): ModelState {
    const models = this.estimators.map((model) => {
      if (typeof model === 'number') return model;
      if (typeof (model as Partial<Stateful>).toState === 'function') return (model as never as Stateful).toState();
      throw new ConfigError(
        'OneVsRestClassifier.toState: the models have no toState. Use an estimator whose models do.',
      );
    });
    const type = FittedMultilabelOneVsRest.type;
    return { type, models, nFeatures: this.nFeatures, sparse: isSparse(this.#like) };
  }

  /** Labels come back as rows, or sparse where they were. */
  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedMultilabelOneVsRest {
    const models = state.models as readonly (ModelState | number)[];
    const sparse = new CsrMatrix({ data: [], indices: [], indptr: [0], shape: [0, models.length] });
    return new FittedMultilabelOneVsRest(
      models.map((model) => (typeof model === 'number' ? model : restore(model))),
      { like: state.sparse === true ? sparse : [], nFeatures: state.nFeatures as number },
    );
  }
}
