import { checkOptions } from '../core/options';
import type { FittedEstimator } from '../data/estimator';
import { codesOf, type Label, type Labels } from '../data/labels';
import { asMatrix, countFeatures, countSamples, type Matrix } from '../data/matrix';
import { type Rows, takeRows } from '../data/rows';
import { readHost } from '../data/vector';
import { takesSeed } from '../estimator/abilities';
import { type NoFitOptions, refuseFitOptions } from '../estimator/fit-options';
import { FittedProbabilisticClassifier } from '../estimator/fitted';
import { classifierState, labelsOfForm, type ModelState } from '../estimator/state';
import { readClassification } from '../estimator/supervised';
import { AdaBoostClassifier } from '../trees/ada/classifier';
import { DecisionTreeClassifier } from '../trees/decision-tree';
import {
  BALANCED_OPTIONS,
  type BalancedOptions,
  checkClassifier,
  child,
  seededBy,
  stateOf,
  streamOf,
} from './balanced-member';
import { checkCount } from './neighborhoods';
import { RandomUnderSampler } from './random';

export interface EasyEnsembleClassifierOptions extends BalancedOptions {
  /** How many balanced parts; 10 by default. */
  readonly nEstimators?: number | undefined;
}

const NAME = 'EasyEnsembleClassifier';

/**
 * A classifier fitted to several balanced parts of the samples, each with other samples of frequent classes; probabilities
 * are means.
 *
 * So nothing is added, and little of the frequent classes is left out. By default each part is learned by boosted trees.
 *
 * Reference: Liu, Wu & Zhou 2009, “Exploratory Undersampling for Class-Imbalance Learning”, IEEE SMC B 39.
 *
 * @example
 * ```ts
 * import { GaussianNB } from 'kompakt/bayes';
 * import { EasyEnsembleClassifier } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [3], [4], [5], [6], [9], [10]];
 * const y = [0, 0, 0, 0, 0, 0, 0, 1, 1];
 * const model = await new EasyEnsembleClassifier({ estimator: new GaussianNB(), seed: 1 }).fit(X, y);
 * console.log(model.predict([[1], [9.5]]), model.estimators.length); // → [ 0, 1 ] 10
 * ```
 */
export class EasyEnsembleClassifier {
  readonly name = NAME;
  readonly kind = 'classifier';
  readonly options: EasyEnsembleClassifierOptions;

  /**
   * @param options - `estimator`, `nEstimators = 10`, `samplingStrategy = 'auto'`, `replacement = false`, `seed`; checked by
   * `fit`.
   */
  constructor(options: EasyEnsembleClassifierOptions = {}) {
    this.options = options;
  }

  /**
   * Fits the members.
   *
   * @param X - `[samples, features]`, finite numbers; sparse ones if the estimator takes them.
   * @param y - one label per sample, of at least two classes.
   * @param options - none: samples are not weighed.
   * @throws ConfigError for unsupported options, a strategy that does not fit, NaN or infinity; and what members throw.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: NoFitOptions = {}): Promise<FittedEasyEnsembleClassifier<L>> {
    const what = `${NAME}.fit`;
    refuseFitOptions(options, what);
    checkOptions(this.options, [...BALANCED_OPTIONS, 'nEstimators'], what);
    const {
      estimator = new AdaBoostClassifier({ estimator: new DecisionTreeClassifier({ maxDepth: 1 }) }),
      nEstimators = 10,
      samplingStrategy,
      replacement,
      seed,
    } = this.options;
    checkClassifier(estimator, what);
    checkCount(nEstimators, 'nEstimators', what);
    const data = await readClassification(X, y, {}, what, { sparse: true });
    const whole = asMatrix(data.X);
    const labels = Array.from(data.codes, (c) => data.classes[c]!) as readonly Label[] as Labels;
    const takes = await takesSeed(estimator);
    const rng = streamOf(seed);
    const estimators: FittedEstimator[] = [];
    for (const stream of Array.from({ length: nEstimators }, () => child(rng))) {
      const member = seededBy(estimator, takes, stream);
      const sampler = new RandomUnderSampler({ samplingStrategy, replacement, seed: child(stream) });
      const { X: rows, indices } = await sampler.fitResample(whole, labels);
      estimators.push(await member.fit(rows, takeRows(data.codes as Rows, indices!) as unknown as Labels));
    }
    return new FittedEasyEnsembleClassifier({
      estimators,
      classes: data.classes,
      likeLabels: y,
      nFeatures: countFeatures(data.X),
    });
  }
}

interface Parts<L extends Labels> {
  readonly estimators: readonly FittedEstimator[];
  readonly classes: readonly Label[];
  readonly likeLabels: L;
  readonly nFeatures: number;
}

/** What `EasyEnsembleClassifier.fit` returns. Labels come back in the form they were given in. */
export class FittedEasyEnsembleClassifier<L extends Labels = Labels> extends FittedProbabilisticClassifier<L> {
  static readonly type = NAME;
  /** The fitted members; their classes are positions in `classes`. */
  readonly estimators: readonly FittedEstimator[];

  constructor(parts: Parts<L>) {
    super({ ...parts, name: NAME });
    this.estimators = parts.estimators;
  }

  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedEasyEnsembleClassifier {
    return new FittedEasyEnsembleClassifier({
      estimators: (state.estimators as readonly ModelState[]).map(restore),
      classes: state.classes as readonly Label[],
      likeLabels: labelsOfForm(state.labels),
      nFeatures: state.nFeatures as number,
    });
  }

  toState(): ModelState {
    return { type: NAME, ...classifierState(this, this.likeLabels), estimators: this.estimators.map(stateOf) };
  }

  protected override probabilities(X: Matrix, method: string): Float64Array {
    const samples = this.readSparse(X, method);
    const k = this.classes.length;
    const sums = new Float64Array(countSamples(samples) * k);
    for (const model of this.estimators) addVotes(model, asMatrix(samples), k, sums);
    return sums.map((v) => v / this.estimators.length);
  }
}

/** Adds what a member says, whose classes are codes: probabilities, or 1 for the predicted class. */
function addVotes(model: FittedEstimator, X: Matrix, k: number, sums: Float64Array): void {
  const all = Array.from({ length: k }, (_, c) => c);
  if (typeof model.predictProba !== 'function') {
    Array.from(readHost(model.predict(X) as never, 'predict').data, (c, i) => {
      sums[i * k + c]! += 1;
      return c;
    });
    return;
  }
  const places = codesOf(model.classes as readonly Label[], all);
  const p = model.predictProba(X).dataSync();
  for (let i = 0, at = 0; at < p.length; i++) for (const c of places) sums[i * k + c]! += p[at++]!;
}
