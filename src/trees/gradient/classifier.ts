import { ConfigError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import type { FitOptions } from '../../data/estimator';
import { decodeLabels, type Label, type Labels, type LabelsLike } from '../../data/labels';
import type { Matrix } from '../../data/matrix';
import { argMaxRows, FittedProbabilisticClassifier, resultLike } from '../../estimator/fitted';
import { sigmoidColumns, softmaxRows } from '../../estimator/probabilities';
import { classifierState, labelsOfForm, type ModelState } from '../../estimator/state';
import { readClassification } from '../../estimator/supervised';
import { checkOption } from '../../metrics/warning';
import { denseOf } from '../fitted-trees';
import { byRows } from '../hist/predict';
import { asDense } from '../learn';
import { type SingleRows, toSingle } from '../tree';
import { type Ensemble, ensembleFrom, ensembleState, meanImportances, rawOf, stagedRaw } from './ensemble';
import { boostTrees } from './fit';
import { binomial, exponential, multinomial } from './losses';
import { checkGradientOptions, type GradientBoostingOptions, readGradientSettings } from './options';

type GradientClassLoss = 'logLoss' | 'exponential';

export interface GradientBoostingClassifierOptions extends GradientBoostingOptions {
  /** 'logLoss' (default), or 'exponential', that of AdaBoost, for two classes. */
  readonly loss?: GradientClassLoss | undefined;
}

const NAME = 'GradientBoostingClassifier';

/**
 * Gradient boosting of small trees: each stage grows a tree (one per class where there are more than two) on the residuals
 * r = y − p of the probabilities so far, and gives its leaves Newton's step Σr / Σp(1 − p), times (K − 1)/K for K classes.
 *
 * Equal to scikit-learn's class of this name, draws included (`seed: numpyRandom(n)` for `random_state=n`). For more than a
 * few thousand samples `HistGradientBoostingClassifier` is much faster.
 *
 * Reference: Friedman 2001, “Greedy function approximation: a gradient boosting machine”.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { GradientBoostingClassifier } from 'kompakt/trees';
 * const { X, y } = iris();
 * const model = await new GradientBoostingClassifier({ nEstimators: 20, seed: 1 }).fit(X, y);
 * console.log(model.score(X, y) > 0.95); // → true
 * ```
 */
export class GradientBoostingClassifier {
  readonly name = NAME;
  readonly kind = 'classifier';
  readonly options: GradientBoostingClassifierOptions;

  /** @param options - see {@link GradientBoostingClassifierOptions}; checked by `fit`. */
  constructor(options: GradientBoostingClassifierOptions = {}) {
    this.options = options;
  }

  /**
   * Learns trees from labelled samples.
   *
   * @param X - `[samples, features]`, finite numbers; sparse ones are made dense.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @throws ConfigError for options, NaN or infinity, fewer than two classes; ShapeError for data that does not fit together.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedGradientBoostingClassifier<L>> {
    const what = `${NAME}.fit`;
    checkGradientOptions(this.options, ['loss'], what);
    const loss = checkOption(this.options.loss ?? 'logLoss', ['logLoss', 'exponential'] as const, 'loss', what);
    const settings = readGradientSettings(this.options, what);
    const given = await readClassification(X, y, options, what, { sparse: true });
    const data = { ...given, X: asDense(given.X) };
    const k = data.classes.length;
    if (loss === 'exponential' && k > 2)
      throw new ConfigError(`${what}: the loss 'exponential' is for two classes, y has ${k}. Use 'logLoss'.`);
    const ensemble = boostTrees({
      ...data,
      y: Float64Array.from(data.codes),
      loss: k > 2 ? multinomial(k) : loss === 'exponential' ? exponential() : binomial(),
      settings,
      strata: data,
      what,
    });
    const { classes } = data;
    return new FittedGradientBoostingClassifier({ ensemble, loss, classes, likeLabels: y, nFeatures: data.X.cols });
  }
}

interface Parts<L extends Labels> {
  readonly ensemble: Ensemble;
  readonly loss: GradientClassLoss;
  readonly classes: readonly Label[];
  readonly likeLabels: L;
  readonly nFeatures: number;
}

/** What `GradientBoostingClassifier.fit` returns. Labels come back in the form they were given in. */
export class FittedGradientBoostingClassifier<L extends Labels = Labels> extends FittedProbabilisticClassifier<L> {
  static readonly type = NAME;
  /** The trees and what they add to. */
  readonly ensemble: Ensemble;
  /** How many stages there are. */
  readonly nEstimators: number;
  readonly #loss: GradientClassLoss;

  constructor(parts: Parts<L>) {
    super({ ...parts, name: NAME });
    this.ensemble = parts.ensemble;
    this.nEstimators = parts.ensemble.trees.length / parts.ensemble.outputs;
    this.#loss = parts.loss;
  }

  static fromState(state: ModelState): FittedGradientBoostingClassifier {
    return new FittedGradientBoostingClassifier({
      ensemble: ensembleFrom(state),
      loss: state.loss as GradientClassLoss,
      classes: state.classes as readonly Label[],
      likeLabels: labelsOfForm(state.labels),
      nFeatures: state.nFeatures as number,
    });
  }

  toState(): ModelState {
    const rest = { loss: this.#loss, ensemble: ensembleState(this.ensemble) };
    return { type: NAME, ...classifierState(this, this.likeLabels), ...rest };
  }

  /** The loss after each stage, on the samples it saw. */
  get trainScore(): Float64Array {
    return this.ensemble.trainScore;
  }

  /** With `subsample` below 1: how much each stage lowered the loss on samples it did not see; else null. */
  get oobImprovement(): Float64Array | null {
    return this.ensemble.oobImprovement;
  }

  /** The share of the impurity that each feature takes away, `[features]`. */
  get featureImportances(): Float64Array {
    return meanImportances(this.ensemble.trees, this.nFeatures);
  }

  /**
   * The sums of the trees.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples]` for two classes, else `[samples, classes]`.
   * @throws ShapeError when X has other features than in fit; ConfigError for NaN or infinity.
   */
  decisionFunction(X: Matrix): Tensor {
    return this.#scores(X, rawOf(this.ensemble, this.#rows(X, 'decisionFunction')));
  }

  /** The sums of the trees after each stage; see `decisionFunction`. */
  *stagedDecisionFunction(X: Matrix): Generator<Tensor> {
    for (const raw of this.#staged(X, 'stagedDecisionFunction')) yield this.#scores(X, raw.slice());
  }

  /** The labels predicted after each stage. */
  *stagedPredict(X: Matrix): Generator<LabelsLike<L>> {
    for (const raw of this.#staged(X, 'stagedPredict')) {
      const codes = argMaxRows(this.#probabilitiesOf(raw), this.classes.length);
      yield decodeLabels(this.likeLabels, this.classes as readonly Label[], codes);
    }
  }

  /** The probabilities after each stage; see `predictProba`. */
  *stagedPredictProba(X: Matrix): Generator<Tensor> {
    const k = this.classes.length;
    for (const raw of this.#staged(X, 'stagedPredictProba')) {
      const p = this.#probabilitiesOf(raw);
      yield resultLike(X, p, [p.length / k, k]);
    }
  }

  protected override probabilities(X: Matrix, method: string): Float64Array {
    return this.#probabilitiesOf(rawOf(this.ensemble, this.#rows(X, method)));
  }

  #rows(X: Matrix, method: string): SingleRows {
    return toSingle(denseOf(X, (dense) => this.read(dense, method)));
  }

  #staged(X: Matrix, method: string): Generator<Float64Array> {
    return stagedRaw(this.ensemble, this.#rows(X, method));
  }

  #scores(X: Matrix, raw: Float64Array): Tensor {
    const k = this.ensemble.outputs;
    return resultLike(X, byRows(raw, k), k === 1 ? [raw.length] : [raw.length / k, k]);
  }

  /** Of the exponential loss raw predictions are half the log-odds. */
  #probabilitiesOf(raw: Float64Array): Float64Array {
    const k = this.ensemble.outputs;
    if (k > 1) return softmaxRows(byRows(raw, k), k);
    return sigmoidColumns(this.#loss === 'exponential' ? raw.map((z) => 2 * z) : raw);
  }
}
