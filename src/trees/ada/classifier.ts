import { ConfigError, KompaktError } from '../../core/errors';
import { checkOptions } from '../../core/options';
import { toRng } from '../../core/rng';
import { shown } from '../../core/shown';
import type { Tensor } from '../../core/tensor';
import type { FitOptions, FittedEstimator } from '../../data/estimator';
import { decodeLabels, type Label, type Labels, type LabelsLike } from '../../data/labels';
import { asMatrix, countFeatures, countSamples, type Matrix, type Samples } from '../../data/matrix';
import { abilitiesOf, seeded } from '../../estimator/abilities';
import { argMaxRows, FittedProbabilisticClassifier, resultLike } from '../../estimator/fitted';
import { checkMember, meanImportances, memberState, predictedCodes } from '../../estimator/members';
import { softmaxRows } from '../../estimator/probabilities';
import { classifierState, labelsOfForm, type ModelState } from '../../estimator/state';
import { readClassification } from '../../estimator/supervised';
import { checkOption } from '../../metrics/warning';
import { DecisionTreeClassifier } from '../decision-tree';
import { ADA_OPTIONS, type AdaBoostOptions, divideBySum, liftTiny, readAdaSettings, startWeights } from './options';

/** How members are made to differ: by the classes they predict, or by their probabilities. */
export type AdaAlgorithm = 'SAMME' | 'SAMME.R';

export interface AdaBoostClassifierOptions extends AdaBoostOptions {
  /** 'SAMME.R' (default) goes by probabilities, 'SAMME', the only one of newer scikit-learn, by predicted classes. */
  readonly algorithm?: AdaAlgorithm | undefined;
}

const NAME = 'AdaBoostClassifier';

/**
 * A classifier fitted again and again, each time with more weight on samples that it got wrong before.
 *
 * SAMME: a member that errs on a part e of the weight counts α = η·(ln((1 − e)/e) + ln(K − 1)), and the weights of samples it
 * gets wrong grow by e^α. SAMME.R: weights grow by exp(−η·(K − 1)/K·Σ yₖ ln pₖ), and members add up
 * (K − 1)(ln pₖ − mean ln p).
 *
 * Equal to scikit-learn's class of this name. Reference: Zhu et al. 2009, “Multi-class AdaBoost”.
 *
 * @example
 * ```ts
 * import { breastCancer } from 'kompakt/data';
 * import { AdaBoostClassifier } from 'kompakt/trees';
 * const { X, y } = breastCancer();
 * const model = await new AdaBoostClassifier({ nEstimators: 20, seed: 1 }).fit(X, y);
 * console.log(model.score(X, y) > 0.9); // → true
 * ```
 */
export class AdaBoostClassifier {
  readonly name = NAME;
  readonly kind = 'classifier';
  readonly options: AdaBoostClassifierOptions;

  /** @param options - see {@link AdaBoostClassifierOptions}; checked by `fit`. */
  constructor(options: AdaBoostClassifierOptions = {}) {
    this.options = options;
  }

  /**
   * Fits members until there are enough, one makes no error, or one is no better than chance.
   *
   * @param X - `[samples, features]`; sparse, NaN and infinity if the estimator takes them.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`: the weights to begin with.
   * @throws ConfigError for unsupported options, an estimator that takes no weights or is no better than chance at once.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedAdaBoostClassifier<L>> {
    const what = `${NAME}.fit`;
    checkOptions(this.options, [...ADA_OPTIONS, 'algorithm'], what);
    const { seed } = this.options;
    const estimator = this.options.estimator ?? new DecisionTreeClassifier({ maxDepth: 1 });
    checkMember(estimator, 'classifier', 'estimator', what);
    const algorithm = checkOption(
      this.options.algorithm ?? 'SAMME.R',
      ['SAMME.R', 'SAMME'] as const,
      'algorithm',
      what,
    );
    const { rounds, learningRate } = readAdaSettings(this.options, what);
    const data = await readClassification(X, y, options, what, { allowNonFinite: true, sparse: true });
    const samples = asMatrix(data.X);
    const abilities = await abilitiesOf(estimator, samples, data.codes, data.codes.length);
    if (!abilities.weights)
      throw new ConfigError(`${what}: the estimator does not take sampleWeight, by which AdaBoost works. Use another.`);
    const rng = seed === undefined ? toRng(undefined) : toRng(seed).restart();
    const boosting = new Boosting(data.codes, data.classes.length, algorithm, learningRate, what);
    const weights = startWeights(data.weights, data.codes.length);
    const isZero = Array.from(weights, (w) => w === 0);
    for (let round = 0; round < rounds; round++) {
      liftTiny(weights, isZero);
      const model = await seeded(estimator, abilities, rng).fit(samples, data.codes, { sampleWeight: weights.slice() });
      if (boosting.add(model, samples, weights, round === rounds - 1)) break;
      if (round < rounds - 1 && boosting.overflows(divideBySum(weights))) break;
    }
    const { members, warnings } = boosting;
    return new FittedAdaBoostClassifier({
      ...{ members, warnings, algorithm, classes: data.classes, likeLabels: y, nFeatures: countFeatures(data.X) },
    });
  }
}

/** A member, how much it counts, and the part of the weight it erred on. */
interface Member {
  readonly model: FittedEstimator;
  readonly weight: number;
  readonly error: number;
}

class Boosting {
  readonly members: Member[] = [];
  readonly warnings: KompaktError[] = [];

  constructor(
    readonly codes: Int32Array,
    readonly k: number,
    readonly algorithm: AdaAlgorithm,
    readonly learningRate: number,
    readonly what: string,
  ) {}

  /** Takes a member in and changes the weights; says whether to stop. */
  add(model: FittedEstimator, X: Matrix, weights: Float64Array, isLast: boolean): boolean {
    const { codes, k, algorithm } = this;
    const p = algorithm === 'SAMME.R' ? probabilitiesOf(model, X, k, this.what) : null;
    const said = p === null ? predictedCodes(model, X, allCodes(k)) : argMaxRows(p, k);
    let wrong = 0;
    let total = 0;
    said.forEach((c, i) => {
      total += weights[i]!;
      if (c !== codes[i]) wrong += weights[i]!;
    });
    const error = wrong / total;
    if (error <= 0) {
      this.members.push({ model, weight: 1, error: 0 });
      return true;
    }
    if (p !== null) {
      this.members.push({ model, weight: 1, error });
      if (!isLast) this.#reweighByProbabilities(p, weights);
      return false;
    }
    if (error >= 1 - 1 / k) {
      if (this.members.length === 0)
        throw new ConfigError(`${this.what}: the estimator is no better than chance, so there is nothing to boost.`);
      return true;
    }
    const weight = this.learningRate * (Math.log((1 - error) / error) + Math.log(k - 1));
    this.members.push({ model, weight, error });
    if (!isLast)
      for (let i = 0; i < weights.length; i++)
        if (weights[i]! > 0) weights[i] = Math.exp(Math.log(weights[i]!) + (said[i] === codes[i] ? 0 : weight));
    return false;
  }

  #reweighByProbabilities(p: Float64Array, weights: Float64Array): void {
    const { codes, k, learningRate } = this;
    for (let i = 0; i < weights.length; i++) {
      let sum = 0;
      for (let c = 0; c < k; c++)
        sum += (c === codes[i] ? 1 : -1 / (k - 1)) * Math.log(Math.max(p[i * k + c]!, Number.EPSILON));
      const factor = -learningRate * ((k - 1) / k) * sum;
      if (weights[i]! > 0 || factor < 0) weights[i]! *= Math.exp(factor);
    }
  }

  overflows(sum: number): boolean {
    if (Number.isFinite(sum)) return sum <= 0;
    this.warnings.push(new KompaktError(`${this.what}: weights of samples became infinite. Lower learningRate.`));
    return true;
  }
}

const allCodes = (k: number): number[] => Array.from({ length: k }, (_, c) => c);

function probabilitiesOf(model: FittedEstimator, X: Matrix, k: number, what: string): Float64Array {
  if (typeof model.predictProba !== 'function')
    throw new ConfigError(`${what}: the estimator has no predictProba, which 'SAMME.R' needs. Use algorithm: 'SAMME'.`);
  const p = model.predictProba(X).dataSync() as Float64Array;
  if (model.classes?.length === k) return p;
  throw new ConfigError(`${what}: a member has met ${shown(model.classes?.length)} of ${k} classes. Use 'SAMME'.`);
}

interface Parts<L extends Labels> {
  readonly members: readonly Member[];
  readonly algorithm: AdaAlgorithm;
  readonly classes: readonly Label[];
  readonly likeLabels: L;
  readonly nFeatures: number;
  readonly warnings?: readonly KompaktError[];
}

/** What `AdaBoostClassifier.fit` returns. Labels come back in the form they were given in. */
export class FittedAdaBoostClassifier<L extends Labels = Labels> extends FittedProbabilisticClassifier<L> {
  static readonly type = NAME;
  /** The fitted members; their classes are positions in `classes`. */
  readonly estimators: readonly FittedEstimator[];
  /** How much each member counts. */
  readonly estimatorWeights: Float64Array;
  /** The part of the weight that each member erred on. */
  readonly estimatorErrors: Float64Array;
  /** How much each feature matters: the mean over the members, weighted; null where they don't say. */
  readonly featureImportances: Float64Array | null;
  readonly #algorithm: AdaAlgorithm;

  constructor(parts: Parts<L>) {
    super({ ...parts, name: NAME, accepts: { nonFinite: true } });
    this.estimators = parts.members.map(({ model }) => model);
    this.estimatorWeights = Float64Array.from(parts.members, ({ weight }) => weight);
    this.estimatorErrors = Float64Array.from(parts.members, ({ error }) => error);
    this.featureImportances = meanImportances(this.estimators, this.estimatorWeights);
    this.#algorithm = parts.algorithm;
  }

  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedAdaBoostClassifier {
    const [weights, errors] = [state.weights, state.errors] as [Float64Array, Float64Array];
    return new FittedAdaBoostClassifier({
      members: (state.models as unknown as readonly ModelState[]).map((model, m) => ({
        model: restore(model) as FittedEstimator,
        weight: weights[m]!,
        error: errors[m]!,
      })),
      algorithm: state.algorithm as AdaAlgorithm,
      classes: state.classes as readonly Label[],
      likeLabels: labelsOfForm(state.labels),
      nFeatures: state.nFeatures as number,
    });
  }

  toState(): ModelState {
    return {
      type: NAME,
      ...classifierState(this, this.likeLabels),
      algorithm: this.#algorithm,
      weights: this.estimatorWeights,
      errors: this.estimatorErrors,
      models: this.estimators.map((model, m) => memberState(model, String(m), `${NAME}.toState`)),
    };
  }

  /**
   * What members say, summed up: above 0 for the second of two classes, or a score per class.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples]` for two classes, else `[samples, classes]`.
   * @throws ShapeError when X has other features than in fit.
   */
  decisionFunction(X: Matrix): Tensor {
    return this.#tensorOf(X, last(this.#staged(this.readSparse(X, 'decisionFunction'))));
  }

  /** The decisions of the first member, the first two, and so on; see `decisionFunction`. */
  *stagedDecisionFunction(X: Matrix): Generator<Tensor> {
    for (const z of this.#staged(this.readSparse(X, 'stagedDecisionFunction'))) yield this.#tensorOf(X, z);
  }

  /** The probabilities by the first member, the first two, and so on; see `predictProba`. */
  *stagedPredictProba(X: Matrix): Generator<Tensor> {
    const k = this.classes.length;
    for (const z of this.#staged(this.readSparse(X, 'stagedPredictProba')))
      yield resultLike(X, this.#probabilitiesFrom(z), [z.length / this.#width(), k]);
  }

  /** The labels predicted by the first member, the first two, and so on. */
  *stagedPredict(X: Matrix): Generator<LabelsLike<L>> {
    for (const z of this.#staged(this.readSparse(X, 'stagedPredict')))
      yield decodeLabels(this.likeLabels, this.classes as readonly Label[], this.#codesFrom(z));
  }

  protected override probabilities(X: Matrix, method: string): Float64Array {
    return this.#probabilitiesFrom(last(this.#staged(this.readSparse(X, method))));
  }

  protected override predictCodes(X: Matrix, method: string): Int32Array {
    return this.#codesFrom(last(this.#staged(this.readSparse(X, method))));
  }

  #width(): number {
    return this.classes.length === 2 ? 1 : this.classes.length;
  }

  #tensorOf(X: Matrix, z: Float64Array): Tensor {
    const width = this.#width();
    return resultLike(X, z, width === 1 ? [z.length] : [z.length / width, width]);
  }

  #codesFrom(z: Float64Array): Int32Array {
    return this.#width() === 1 ? Int32Array.from(z, (v) => Number(v > 0)) : argMaxRows(z, this.classes.length);
  }

  /** Softmax of the decisions over K − 1; of two classes of ∓ and ± half the decision. */
  #probabilitiesFrom(z: Float64Array): Float64Array {
    const k = this.classes.length;
    if (k > 2)
      return softmaxRows(
        z.map((v) => v / (k - 1)),
        k,
      );
    const both = new Float64Array(2 * z.length);
    for (let i = 0; i < z.length; i++) {
      both[2 * i] = -z[i]! / 2;
      both[2 * i + 1] = z[i]! / 2;
    }
    return softmaxRows(both, 2);
  }

  /** Decision values after each member. */
  *#staged(samples: Samples): Generator<Float64Array> {
    const [X, rows] = [asMatrix(samples), countSamples(samples)];
    const k = this.classes.length;
    const sums = new Float64Array(rows * k);
    let total = 0;
    for (const [m, model] of this.estimators.entries()) {
      const weight = this.estimatorWeights[m]!;
      total += weight;
      if (this.#algorithm === 'SAMME.R') addLogs(model.predictProba!(X).dataSync() as Float64Array, k, sums);
      else
        predictedCodes(model, X, allCodes(k)).forEach((c, i) => {
          sums[i * k + c]! += weight;
        });
      if (k === 2)
        yield Float64Array.from({ length: rows }, (_, i) => -sums[2 * i]! / total + sums[2 * i + 1]! / total);
      else yield sums.map((v) => v / total);
    }
  }
}

/** Adds (K − 1)(ln pₖ − mean ln p). */
function addLogs(p: Float64Array, k: number, sums: Float64Array): void {
  const logs = p.map((v) => Math.log(Math.max(v, Number.EPSILON)));
  for (let at = 0; at < p.length; at += k) {
    let total = 0;
    for (let c = 0; c < k; c++) total += logs[at + c]!;
    for (let c = 0; c < k; c++) sums[at + c]! += (k - 1) * (logs[at + c]! - (1 / k) * total);
  }
}

function last<T>(items: Iterable<T>): T {
  let found: T | undefined;
  for (const item of items) found = item;
  return found!;
}
