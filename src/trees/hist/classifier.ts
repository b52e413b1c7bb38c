import { ConfigError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import type { Tensor } from '../../core/tensor';
import { type ClassWeight, classWeights } from '../../data/class-weight';
import type { FitOptions } from '../../data/estimator';
import { decodeLabels, type Label, type Labels, type LabelsLike } from '../../data/labels';
import type { Matrix } from '../../data/matrix';
import { argMaxRows, FittedProbabilisticClassifier, resultLike } from '../../estimator/fitted';
import { sigmoidColumns, softmaxRows } from '../../estimator/probabilities';
import { classifierState, labelsOfForm, type ModelState } from '../../estimator/state';
import { readClassification } from '../../estimator/supervised';
import { checkOption } from '../../metrics/warning';
import type { Boosted } from './boosted';
import { boost } from './fit';
import { binaryLogLoss, multinomialLogLoss } from './losses';
import { HIST_OPTIONS, type HistGradientBoostingOptions, readHistSettings } from './options';
import { boostedFrom, boostedState, byRows, rawPredictions, stagedRaw } from './predict';

export interface HistGradientBoostingClassifierOptions extends HistGradientBoostingOptions {
  /** 'logLoss', the default and only choice: of the log-odds of two classes, or the softmax of several. */
  readonly loss?: 'logLoss' | undefined;
  /** Weights of the classes: `'balanced'`, a record or map by label, or null (default) for none. */
  readonly classWeight?: ClassWeight | undefined;
}

const NAME = 'HistGradientBoostingClassifier';

/**
 * Gradient boosting of trees on binned values: the classifier to try first on tables of more than a few thousand rows.
 *
 * Raw predictions F(x) are sums of trees. Each iteration computes gradients g and hessians h of the log loss at F, and grows
 * a tree that minimises Σ (g·t(x) + ½h·t(x)²) + ½λΣ(leaf)²: a split gains G_L²/(H_L+λ) + G_R²/(H_R+λ) − G²/(H+λ), the
 * leaf that gains most is split next, and leaves are −learningRate·G/(H+λ). Values of a feature are first put into at most
 * `maxBins` bins; missing values (NaN) have their own and go where the loss falls most, categories are split into sets.
 *
 * Takes NaN and infinity as data. Equal to scikit-learn's class of this name, with the bins of its newer versions.
 *
 * References: Friedman 2001, “Greedy function approximation: a gradient boosting machine”; Ke et al. 2017, “LightGBM”.
 *
 * @example
 * ```ts
 * import { breastCancer } from 'kompakt/data';
 * import { HistGradientBoostingClassifier } from 'kompakt/trees';
 * const { X, y } = breastCancer();
 * const model = await new HistGradientBoostingClassifier({ maxIter: 20 }).fit(X, y);
 * console.log(model.nIter, model.score(X, y).toFixed(3)); // → 20 0.988
 * ```
 */
export class HistGradientBoostingClassifier {
  readonly name = NAME;
  readonly kind = 'classifier';
  readonly options: HistGradientBoostingClassifierOptions;

  /** @param options - see {@link HistGradientBoostingClassifierOptions}; checked by `fit`. */
  constructor(options: HistGradientBoostingClassifierOptions = {}) {
    this.options = options;
  }

  /**
   * Learns trees from labelled samples.
   *
   * @param X - `[samples, features]`; NaN is a missing value.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: one weight ≥ 0 per sample.
   * @throws ConfigError for unsupported options, or fewer than two classes; ShapeError for data that does not fit together.
   */
  async fit<L extends Labels>(
    X: Matrix,
    y: L,
    options: FitOptions = {},
  ): Promise<FittedHistGradientBoostingClassifier<L>> {
    const what = `${NAME}.fit`;
    checkOptions(this.options, [...HIST_OPTIONS, 'loss', 'classWeight'], what);
    checkOption(this.options.loss ?? 'logLoss', ['logLoss'], 'loss', what);
    const data = await readClassification(X, y, options, what, { allowNonFinite: true });
    const k = data.classes.length;
    const settings = readHistSettings(this.options, data.X.cols, what);
    if (k > 2 && settings.monotonic.some((v) => v !== 0))
      throw new ConfigError(`${what}: monotonicCst is for two classes, y has ${k}. Leave it out.`);
    const boosted = boost({
      X: data.X,
      y: Float64Array.from(data.codes),
      weights: weigh(this.options.classWeight ?? null, data, what),
      loss: k === 2 ? binaryLogLoss() : multinomialLogLoss(k),
      settings,
      strata: data,
      what,
    });
    return new FittedHistGradientBoostingClassifier({
      boosted,
      classes: data.classes,
      likeLabels: y,
      nFeatures: data.X.cols,
    });
  }
}

/** Weights of the samples times those of their classes. */
function weigh(
  byClass: ClassWeight,
  { classes, codes, weights }: { classes: readonly Label[]; codes: Int32Array; weights: Float64Array | null },
  what: string,
): Float64Array | null {
  if (byClass === null) return weights;
  const factors = classWeights(byClass, classes, codes, null, what);
  return Float64Array.from(codes, (c, i) => factors[c]! * (weights === null ? 1 : weights[i]!));
}

interface Parts<L extends Labels> {
  readonly boosted: Boosted;
  readonly classes: readonly Label[];
  readonly likeLabels: L;
  readonly nFeatures: number;
}

/** What `HistGradientBoostingClassifier.fit` returns. Labels come back in the form they were given in. */
export class FittedHistGradientBoostingClassifier<L extends Labels = Labels> extends FittedProbabilisticClassifier<L> {
  static readonly type = NAME;
  /** The trees and what they add to. */
  readonly boosted: Boosted;
  /** How many iterations there were. */
  readonly nIter: number;
  /** Minus the mean loss on the training samples, before the first and after each iteration; empty without early stopping. */
  readonly trainScore: readonly number[];
  /** The same on the samples set aside; empty where none were. */
  readonly validationScore: readonly number[];

  constructor(parts: Parts<L>) {
    super({ ...parts, name: NAME, accepts: { nonFinite: true } });
    this.boosted = parts.boosted;
    this.nIter = parts.boosted.trees.length / parts.boosted.outputs;
    this.trainScore = parts.boosted.trainScore;
    this.validationScore = parts.boosted.validationScore;
  }

  static fromState(state: ModelState): FittedHistGradientBoostingClassifier {
    return new FittedHistGradientBoostingClassifier({
      boosted: boostedFrom(state),
      classes: state.classes as readonly Label[],
      likeLabels: labelsOfForm(state.labels),
      nFeatures: state.nFeatures as number,
    });
  }

  toState(): ModelState {
    return { type: NAME, ...classifierState(this, this.likeLabels), boosted: boostedState(this.boosted) };
  }

  /**
   * The sums of the trees: log-odds of the second of two classes, or a score per class.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples]` for two classes, else `[samples, classes]`.
   * @throws ShapeError when X has other features than in fit.
   */
  decisionFunction(X: Matrix): Tensor {
    return this.#scores(X, rawPredictions(this.boosted, this.read(X, 'decisionFunction')));
  }

  /** The labels predicted after each iteration, one after the other. */
  *stagedPredict(X: Matrix): Generator<LabelsLike<L>> {
    for (const raw of stagedRaw(this.boosted, this.read(X, 'stagedPredict'))) {
      const codes = argMaxRows(this.#probabilitiesOf(raw), this.classes.length);
      yield decodeLabels(this.likeLabels, this.classes as readonly Label[], codes);
    }
  }

  /** The probabilities after each iteration, one after the other; see `predictProba`. */
  *stagedPredictProba(X: Matrix): Generator<Tensor> {
    const k = this.classes.length;
    for (const raw of stagedRaw(this.boosted, this.read(X, 'stagedPredictProba'))) {
      const p = this.#probabilitiesOf(raw);
      yield resultLike(X, p, [p.length / k, k]);
    }
  }

  /** The sums of the trees after each iteration, one after the other; see `decisionFunction`. */
  *stagedDecisionFunction(X: Matrix): Generator<Tensor> {
    for (const raw of stagedRaw(this.boosted, this.read(X, 'stagedDecisionFunction')))
      yield this.#scores(X, raw.slice());
  }

  protected override probabilities(X: Matrix, method: string): Float64Array {
    return this.#probabilitiesOf(rawPredictions(this.boosted, this.read(X, method)));
  }

  #scores(X: Matrix, raw: Float64Array): Tensor {
    const k = this.boosted.outputs;
    return resultLike(X, byRows(raw, k), k === 1 ? [raw.length] : [raw.length / k, k]);
  }

  #probabilitiesOf(raw: Float64Array): Float64Array {
    const k = this.boosted.outputs;
    return k === 1 ? sigmoidColumns(raw) : softmaxRows(byRows(raw, k), k);
  }
}
