import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import type { Tensor } from '../core/tensor';
import type { FitOptions, FittedEstimator } from '../data/estimator';
import { codesOf, type Label, type Labels } from '../data/labels';
import { asMatrix, countFeatures, countSamples, type Matrix } from '../data/matrix';
import { readHost } from '../data/vector';
import { takesSeed } from '../estimator/abilities';
import { argMaxRows, FittedProbabilisticClassifier, resultLike } from '../estimator/fitted';
import { meanImportances } from '../estimator/members';
import { softmaxRows } from '../estimator/probabilities';
import { classifierState, labelsOfForm, type ModelState } from '../estimator/state';
import { readClassification } from '../estimator/supervised';
import { checkOption } from '../metrics/warning';
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

/** `'SAMME'` goes by predicted classes, `'SAMME.R'` by probabilities. */
export type BoostingAlgorithm = 'SAMME' | 'SAMME.R';

export interface RUSBoostClassifierOptions extends BalancedOptions {
  /** How many rounds at most; 50 by default. */
  readonly nEstimators?: number | undefined;
  /** Shrinks what each round contributes; 1 by default. */
  readonly learningRate?: number | undefined;
  /** `'SAMME.R'` by default, as in imbalanced-learn 0.10. */
  readonly algorithm?: BoostingAlgorithm | undefined;
}

const NAME = 'RUSBoostClassifier';

/**
 * AdaBoost of which every round is fitted to a balanced part of the samples.
 *
 * In each round frequent classes are under-sampled at random, the estimator is fitted to what is left with its weights, and all
 * samples are weighed anew: those it gets wrong count more.
 *
 * Reference: Seiffert et al. 2010, “RUSBoost: A Hybrid Approach to Alleviating Class Imbalance”, IEEE SMC A 40; Hastie et al.
 * 2009, “Multi-class AdaBoost”.
 *
 * @example
 * ```ts
 * import { GaussianNB } from 'kompakt/bayes';
 * import { RUSBoostClassifier } from 'kompakt/imbalanced';
 * const X = [[0], [1], [2], [3], [4], [5], [6], [9], [10]];
 * const y = [0, 0, 0, 0, 0, 0, 0, 1, 1];
 * const model = await new RUSBoostClassifier({ estimator: new GaussianNB(), nEstimators: 3, seed: 1 }).fit(X, y);
 * console.log(model.predict([[1], [9.5]])); // → [ 0, 1 ]
 * ```
 */
export class RUSBoostClassifier {
  readonly name = NAME;
  readonly kind = 'classifier';
  readonly options: RUSBoostClassifierOptions;

  /**
   * @param options - `estimator`, `nEstimators = 50`, `learningRate = 1`, `algorithm = 'SAMME.R'`, `samplingStrategy = 'auto'`,
   * `replacement = false`, `seed`; checked by `fit`.
   */
  constructor(options: RUSBoostClassifierOptions = {}) {
    this.options = options;
  }

  /**
   * Boosts.
   *
   * @param X - `[samples, features]`, finite numbers; sparse ones if the estimator takes them.
   * @param y - one label per sample, of at least two classes.
   * @param options - `sampleWeight`.
   * @throws ConfigError for unsupported options, an estimator that takes no weights or is worse than guessing, a strategy
   * that does not fit, NaN or infinity.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedRUSBoostClassifier<L>> {
    const what = `${NAME}.fit`;
    checkOptions(this.options, [...BALANCED_OPTIONS, 'nEstimators', 'learningRate', 'algorithm'], what);
    const { nEstimators = 50, learningRate = 1, algorithm = 'SAMME.R', seed } = this.options;
    const { estimator = new DecisionTreeClassifier({ maxDepth: 1 }) } = this.options;
    checkClassifier(estimator, what);
    checkCount(nEstimators, 'nEstimators', what);
    checkOption(algorithm, ['SAMME', 'SAMME.R'], 'algorithm', what);
    if (!(typeof learningRate === 'number' && learningRate > 0 && Number.isFinite(learningRate)))
      throw new ConfigError(`${what}: learningRate must be a number above 0, got ${shown(learningRate)}.`);
    const { samplingStrategy, replacement } = this.options;
    const data = await readClassification(X, y, options, what, { sparse: true });
    const whole = asMatrix(data.X);
    const labels = Array.from(data.codes, (c) => data.classes[c]!) as readonly Label[] as Labels;
    const takes = await takesSeed(estimator);
    const rng = streamOf(seed);
    const weights = firstWeights(data.weights, data.codes.length);
    const absent = weights.map((w) => Number(w === 0));
    const rounds: Round[] = [];
    for (let i = 0; i < nEstimators; i++) {
      for (let s = 0; s < weights.length; s++) weights[s] = absent[s] === 1 ? 0 : Math.max(weights[s]!, Number.EPSILON);
      const member = seededBy(estimator, takes, rng);
      const sampler = new RandomUnderSampler({ samplingStrategy, replacement, seed: child(rng) });
      const part = await sampler.fitResample(whole, labels);
      const sampleWeight = Float64Array.from(part.indices!, (s) => weights[s]!);
      const model = await member.fit(
        part.X,
        Int32Array.from(part.indices!, (s) => data.codes[s]!),
        { sampleWeight },
      );
      const boost = { codes: data.codes, k: data.classes.length, weights, learningRate, isLast: i === nEstimators - 1 };
      const round = algorithm === 'SAMME' ? discreteRound(model, whole, boost) : realRound(model, whole, boost, what);
      if (round === null) break;
      rounds.push(round);
      if (round.error <= 0 || !normalize(weights, boost.isLast)) break;
    }
    if (rounds.length === 0)
      throw new ConfigError(`${what}: the estimator is worse than guessing. Take another, or 'SAMME.R'.`);
    return new FittedRUSBoostClassifier({
      estimators: rounds.map((r) => r.model),
      weights: Float64Array.from(rounds, (r) => r.weight),
      errors: Float64Array.from(rounds, (r) => r.error),
      algorithm,
      classes: data.classes,
      likeLabels: y,
      nFeatures: countFeatures(data.X),
    });
  }
}

interface Round {
  readonly model: FittedEstimator;
  readonly weight: number;
  readonly error: number;
}

interface Boost {
  readonly codes: Int32Array;
  readonly k: number;
  /** Of the samples; changed. */
  readonly weights: Float64Array;
  readonly learningRate: number;
  readonly isLast: boolean;
}

function firstWeights(given: Float64Array | null, n: number): Float64Array {
  const weights = given?.slice() ?? new Float64Array(n).fill(1);
  const sum = weights.reduce((a, b) => a + b, 0);
  return weights.map((w) => w / sum);
}

/** Makes weights sum to 1 for the next round; false where there is nothing left to learn from. */
function normalize(weights: Float64Array, isLast: boolean): boolean {
  const sum = weights.reduce((a, b) => a + b, 0);
  if (!Number.isFinite(sum) || sum <= 0) return false;
  if (!isLast) for (let i = 0; i < weights.length; i++) weights[i]! /= sum;
  return true;
}

function errorOf(predicted: ArrayLike<number>, { codes, weights }: Boost): number {
  let [wrong, all] = [0, 0];
  for (let i = 0; i < codes.length; i++) {
    all += weights[i]!;
    if (predicted[i] !== codes[i]) wrong += weights[i]!;
  }
  return wrong / all;
}

function realRound(model: FittedEstimator, X: Matrix, boost: Boost, what: string): Round {
  if (typeof model.predictProba !== 'function')
    throw new ConfigError(
      `${what}: 'SAMME.R' needs an estimator with predictProba. Take another, or algorithm: 'SAMME'.`,
    );
  const { codes, k, weights, learningRate, isLast } = boost;
  const p = probabilitiesOf(model, X, k);
  const error = errorOf(argMaxRows(p, k), boost);
  if (error <= 0) return { model, weight: 1, error: 0 };
  for (let i = 0; i < codes.length && !isLast; i++) {
    let sum = 0;
    for (let c = 0; c < k; c++)
      sum += (c === codes[i] ? 1 : -1 / (k - 1)) * Math.log(Math.max(p[i * k + c]!, Number.EPSILON));
    const gain = -learningRate * ((k - 1) / k) * sum;
    if (weights[i]! > 0 || gain < 0) weights[i]! *= Math.exp(gain);
  }
  return { model, weight: 1, error };
}

function discreteRound(model: FittedEstimator, X: Matrix, boost: Boost): Round | null {
  const { codes, k, weights, learningRate, isLast } = boost;
  const predicted = readHost(model.predict(X) as never, 'predict').data;
  const error = errorOf(predicted, boost);
  if (error <= 0) return { model, weight: 1, error: 0 };
  if (error >= 1 - 1 / k) return null;
  const weight = learningRate * (Math.log((1 - error) / error) + Math.log(k - 1));
  for (let i = 0; i < codes.length && !isLast; i++)
    if (predicted[i] !== codes[i] && weights[i]! > 0) weights[i]! *= Math.exp(weight);
  return { model, weight, error };
}

/** Probabilities of all classes, whose codes the model knows: `[samples, k]`. */
function probabilitiesOf(model: FittedEstimator, X: Matrix, k: number): Float64Array {
  const known = model.classes as readonly Label[];
  const places = codesOf(
    known,
    Array.from({ length: k }, (_, c) => c),
  );
  const p = model.predictProba!(X).dataSync();
  const out = new Float64Array((p.length / known.length) * k);
  for (let i = 0, at = 0; at < p.length; i++) for (const c of places) out[i * k + c] = p[at++]!;
  return out;
}

interface Parts<L extends Labels> {
  readonly estimators: readonly FittedEstimator[];
  readonly weights: Float64Array;
  readonly errors: Float64Array;
  readonly algorithm: BoostingAlgorithm;
  readonly classes: readonly Label[];
  readonly likeLabels: L;
  readonly nFeatures: number;
}

/** What `RUSBoostClassifier.fit` returns. Labels come back in the form they were given in. */
export class FittedRUSBoostClassifier<L extends Labels = Labels> extends FittedProbabilisticClassifier<L> {
  static readonly type = NAME;
  /** The model of each round; their classes are positions in `classes`. */
  readonly estimators: readonly FittedEstimator[];
  /** How much each round counts. */
  readonly estimatorWeights: Float64Array;
  /** The weighted share of samples that each got wrong. */
  readonly estimatorErrors: Float64Array;
  /** How much each feature matters: the mean over the rounds, weighted; null where members don't say. */
  readonly featureImportances: Float64Array | null;
  readonly #algorithm: BoostingAlgorithm;

  constructor(parts: Parts<L>) {
    super({ ...parts, name: NAME });
    this.estimators = parts.estimators;
    this.estimatorWeights = parts.weights;
    this.estimatorErrors = parts.errors;
    this.featureImportances = meanImportances(this.estimators, this.estimatorWeights);
    this.#algorithm = parts.algorithm;
  }

  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedRUSBoostClassifier {
    return new FittedRUSBoostClassifier({
      estimators: (state.estimators as readonly ModelState[]).map(restore),
      weights: state.weights as Float64Array,
      errors: state.errors as Float64Array,
      algorithm: state.algorithm as BoostingAlgorithm,
      classes: state.classes as readonly Label[],
      likeLabels: labelsOfForm(state.labels),
      nFeatures: state.nFeatures as number,
    });
  }

  toState(): ModelState {
    return {
      type: NAME,
      ...classifierState(this, this.likeLabels),
      estimators: this.estimators.map(stateOf),
      weights: this.estimatorWeights,
      errors: this.estimatorErrors,
      algorithm: this.#algorithm,
    };
  }

  /**
   * What the rounds say together, weighted: for two classes above 0 where the second is predicted.
   *
   * @param X - `[samples, features]`.
   * @returns float64 `[samples]` for two classes, else `[samples, classes]`.
   */
  decisionFunction(X: Matrix): Tensor {
    const k = this.classes.length;
    const decisions = this.#decisions(X, 'decisionFunction');
    if (k > 2) return resultLike(X, decisions, [decisions.length / k, k]);
    const z = Float64Array.from({ length: decisions.length / 2 }, (_, i) => decisions[2 * i + 1]! - decisions[2 * i]!);
    return resultLike(X, z, [z.length]);
  }

  protected override probabilities(X: Matrix, method: string): Float64Array {
    const k = this.classes.length;
    const z = this.#decisions(X, method);
    // Two classes are told apart by the difference, half of it for each.
    const scores = z.map((v, i) => (k === 2 ? (v - z[i ^ 1]!) / 2 : v / (k - 1)));
    return softmaxRows(scores, k);
  }

  /** `[samples, classes]`, the weighted mean over the rounds. */
  #decisions(X: Matrix, method: string): Float64Array {
    const given = this.readSparse(X, method);
    const samples = asMatrix(given);
    const k = this.classes.length;
    const out = new Float64Array(countSamples(given) * k);
    this.estimators.forEach((model, m) => {
      if (this.#algorithm === 'SAMME.R') addLogarithms(probabilitiesOf(model, samples, k), k, out);
      else
        Array.from(readHost(model.predict(samples) as never, 'predict').data, (c, i) => {
          out[i * k + c]! += this.estimatorWeights[m]!;
          return c;
        });
    });
    const sum = this.estimatorWeights.reduce((a, b) => a + b, 0);
    return out.map((v) => v / sum);
  }
}

/** Adds (k − 1)·(ln p_c − mean ln p) for every sample. */
function addLogarithms(p: Float64Array, k: number, out: Float64Array): void {
  for (let i = 0; i < p.length; i += k) {
    const logs = Array.from(p.subarray(i, i + k), (v) => Math.log(Math.max(v, Number.EPSILON)));
    const mean = logs.reduce((a, b) => a + b, 0) / k;
    logs.forEach((v, c) => {
      out[i + c]! += (k - 1) * (v - mean);
    });
  }
}
