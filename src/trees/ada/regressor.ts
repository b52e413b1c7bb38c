import { drawChoice } from '../../core/draws';
import { checkOptions } from '../../core/options';
import { type Rng, toRng } from '../../core/rng';
import type { FitOptions, FittedEstimator } from '../../data/estimator';
import type { Labels } from '../../data/labels';
import { asMatrix, countFeatures, type Matrix, type Samples, takeSamples } from '../../data/matrix';
import type { Vector } from '../../data/vector';
import { abilitiesOf, seeded } from '../../estimator/abilities';
import { FittedRegressor } from '../../estimator/fitted';
import { checkMember, meanImportances, memberState, predictedValues } from '../../estimator/members';
import type { ModelState } from '../../estimator/state';
import { readRegression } from '../../estimator/supervised';
import { checkOption } from '../../metrics/warning';
import { DecisionTreeRegressor } from '../decision-tree';
import { ADA_OPTIONS, type AdaBoostOptions, divideBySum, liftTiny, readAdaSettings, startWeights } from './options';

/** How an error, as a part of the greatest, counts. */
export type AdaLoss = 'linear' | 'square' | 'exponential';

export interface AdaBoostRegressorOptions extends AdaBoostOptions {
  /** 'linear' (default): as it is; 'square': squared; 'exponential': 1 − e^−error. */
  readonly loss?: AdaLoss | undefined;
}

const NAME = 'AdaBoostRegressor';

/**
 * A regressor fitted again and again to samples drawn by weights, which are kept high where it errs; predictions are weighted
 * medians (AdaBoost.R2).
 *
 * With mean loss L of a member and β = L/(1 − L) the weight of a sample of loss l falls by β^(η(1 − l)), and the member counts
 * η·ln(1/β).
 *
 * Equal to scikit-learn's class of this name, draws included (`seed: numpyRandom(n)` for `random_state=n`).
 * Reference: Drucker 1997, “Improving regressors using boosting techniques”.
 *
 * @example
 * ```ts
 * import { AdaBoostRegressor } from 'kompakt/trees';
 * const X = Array.from({ length: 100 }, (_, i) => [i]);
 * const y = X.map(([v]) => Math.sin(v! / 10));
 * const model = await new AdaBoostRegressor({ nEstimators: 20, seed: 1 }).fit(X, y);
 * console.log(model.score(X, y) > 0.7); // → true
 * ```
 */
export class AdaBoostRegressor {
  readonly name = NAME;
  readonly kind = 'regressor';
  readonly options: AdaBoostRegressorOptions;

  /** @param options - see {@link AdaBoostRegressorOptions}; checked by `fit`. */
  constructor(options: AdaBoostRegressorOptions = {}) {
    this.options = options;
  }

  /**
   * Fits members until there are enough, one makes no error, or one errs too much.
   *
   * @param X - `[samples, features]`; sparse, NaN and infinity if the estimator takes them.
   * @param y - one target per sample.
   * @param options - `sampleWeight`: the weights to begin with.
   * @throws ConfigError for unsupported options; and what members throw.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedAdaBoostRegressor> {
    const what = `${NAME}.fit`;
    checkOptions(this.options, [...ADA_OPTIONS, 'loss'], what);
    const { seed } = this.options;
    const estimator = this.options.estimator ?? new DecisionTreeRegressor({ maxDepth: 3 });
    checkMember(estimator, 'regressor', 'estimator', what);
    const loss = checkOption(this.options.loss ?? 'linear', ['linear', 'square', 'exponential'] as const, 'loss', what);
    const { rounds, learningRate } = readAdaSettings(this.options, what);
    const data = await readRegression(X, y, options, what, { allowNonFinite: true, sparse: true });
    const samples = asMatrix(data.X);
    const abilities = await abilitiesOf(estimator, samples, data.y as Labels, data.y.length);
    const rng = seed === undefined ? toRng(undefined) : toRng(seed).restart();
    const weights = startWeights(data.weights, data.y.length);
    const isZero = Array.from(weights, (w) => w === 0);
    const members: Member[] = [];
    for (let round = 0; round < rounds; round++) {
      liftTiny(weights, isZero);
      const member = seeded(estimator, abilities, rng);
      const drawn = drawRows(data.X, data.y, weights, rng);
      const model = await member.fit(drawn.X, drawn.y as Labels);
      const errors = lossesOf(predictedValues(model, samples), data.y, weights, loss);
      const error = errors.reduce((sum, e, i) => sum + weights[i]! * e, 0);
      if (error <= 0) {
        members.push({ model, weight: 1, error: 0 });
        break;
      }
      if (error >= 0.5) {
        // A single member is kept: scikit-learn leaves it with a weight of 0, which a median of one does not see.
        if (members.length === 0) members.push({ model, weight: 0, error: 1 });
        break;
      }
      const beta = error / (1 - error);
      members.push({ model, weight: learningRate * Math.log(1 / beta), error });
      if (round === rounds - 1) break;
      for (let i = 0; i < weights.length; i++)
        if (weights[i]! > 0) weights[i]! *= beta ** ((1 - errors[i]!) * learningRate);
      if (!(divideBySum(weights) > 0)) break;
    }
    return new FittedAdaBoostRegressor({ members, nFeatures: countFeatures(data.X) });
  }
}

interface Member {
  readonly model: FittedEstimator;
  readonly weight: number;
  readonly error: number;
}

/** As many samples as there are, with replacement, by weight. */
function drawRows(X: Samples, y: Float64Array, weights: Float64Array, rng: Rng) {
  // The sum may be off 1 by lifted weights, as in scikit-learn, but not by more than a choice allows.
  const rows = drawChoice(rng, y.length, y.length, { p: weights });
  return { X: asMatrix(takeSamples(X, rows)), y: Float64Array.from(rows, (row) => y[row]!) };
}

/** Absolute errors over the greatest, bent as the loss says; 0 for samples without weight. */
function lossesOf(said: Float64Array, y: Float64Array, weights: Float64Array, loss: AdaLoss): Float64Array {
  const errors = said.map((v, i) => (weights[i]! > 0 ? Math.abs(v - y[i]!) : 0));
  let most = 0;
  for (const e of errors) most = Math.max(most, e);
  return errors.map((e) => {
    const part = most === 0 ? e : e / most;
    return loss === 'linear' ? part : loss === 'square' ? part * part : 1 - Math.exp(-part);
  });
}

interface Parts {
  readonly members: readonly Member[];
  readonly nFeatures: number;
}

/** What `AdaBoostRegressor.fit` returns. */
export class FittedAdaBoostRegressor extends FittedRegressor {
  static readonly type = NAME;
  /** The fitted members. */
  readonly estimators: readonly FittedEstimator[];
  /** How much each member counts. */
  readonly estimatorWeights: Float64Array;
  /** The mean loss of each member. */
  readonly estimatorErrors: Float64Array;
  /** How much each feature matters: the mean over the members, weighted; null where they don't say. */
  readonly featureImportances: Float64Array | null;

  constructor({ members, nFeatures }: Parts) {
    super({ name: NAME, nFeatures, accepts: { nonFinite: true } });
    this.estimators = members.map(({ model }) => model);
    this.estimatorWeights = Float64Array.from(members, ({ weight }) => weight);
    this.estimatorErrors = Float64Array.from(members, ({ error }) => error);
    this.featureImportances = meanImportances(this.estimators, this.estimatorWeights);
  }

  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedAdaBoostRegressor {
    const [weights, errors] = [state.weights, state.errors] as [Float64Array, Float64Array];
    const members = (state.models as unknown as readonly ModelState[]).map((model, m) => ({
      model: restore(model) as FittedEstimator,
      weight: weights[m]!,
      error: errors[m]!,
    }));
    return new FittedAdaBoostRegressor({ members, nFeatures: state.nFeatures as number });
  }

  toState(): ModelState {
    return {
      type: NAME,
      nFeatures: this.nFeatures,
      weights: this.estimatorWeights,
      errors: this.estimatorErrors,
      models: this.estimators.map((model, m) => memberState(model, String(m), `${NAME}.toState`)),
    };
  }

  /** The values predicted by the first member, the first two, and so on. */
  *stagedPredict(X: Matrix): Generator<Float64Array> {
    const said = this.#ask(X, 'stagedPredict');
    for (let m = 1; m <= said.length; m++) yield this.#medians(said.slice(0, m));
  }

  protected override predictValues(X: Matrix, method: string): Float64Array {
    return this.#medians(this.#ask(X, method));
  }

  #ask(X: Matrix, method: string): Float64Array[] {
    const samples = asMatrix(this.readSparse(X, method));
    return this.estimators.map((model) => predictedValues(model, samples));
  }

  /** For each sample the first prediction, in ascending order, that half the weight does not exceed. */
  #medians(said: readonly Float64Array[]): Float64Array {
    return said[0]!.map((_, i) => {
      const order = said.map((_values, m) => m).sort((a, b) => said[a]![i]! - said[b]![i]!);
      let total = 0;
      const sums = order.map((m) => {
        total += this.estimatorWeights[m]!;
        return total;
      });
      return said[order[sums.findIndex((s) => s >= 0.5 * total)]!]![i]!;
    });
  }
}
