import type { KompaktError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { FitOptions, FittedEstimator } from '../data/estimator';
import {
  asMatrix,
  countFeatures,
  countSamples,
  type Matrix,
  type Samples,
  takeFeatures,
  takeSamples,
} from '../data/matrix';
import type { Vector } from '../data/vector';
import { FittedRegressor } from '../estimator/fitted';
import { checkMember, predictedValues } from '../estimator/members';
import type { ModelState } from '../estimator/state';
import { readRegression } from '../estimator/supervised';
import { r2Score } from '../metrics/regression';
import { DecisionTreeRegressor } from '../trees/decision-tree';
import {
  BAGGING_OPTIONS,
  type BaggingOptions,
  type BagMember,
  copiesOf,
  type Drawn,
  fitBag,
  leftOut,
  readBagSettings,
} from './bag';
import { bagFrom, bagState, blankWarning } from './bagging-classifier';

export type BaggingRegressorOptions = BaggingOptions;

const NAME = 'BaggingRegressor';

/**
 * A regressor fitted many times, each time to samples (and features) drawn at random; predictions are means.
 *
 * Equal to scikit-learn's class of this name, draws included (`seed: numpyRandom(n)` for `random_state=n`).
 * Reference: Breiman 1996, “Bagging predictors”.
 *
 * @example
 * ```ts
 * import { BaggingRegressor } from 'kompakt/ensemble';
 * import { KNeighborsRegressor } from 'kompakt/neighbors';
 * const X = Array.from({ length: 100 }, (_, i) => [i]);
 * const y = X.map(([v]) => Math.sin(v! / 10));
 * const model = await new BaggingRegressor({ estimator: new KNeighborsRegressor({ nNeighbors: 2 }), seed: 1 }).fit(X, y);
 * console.log(model.score(X, y) > 0.99); // → true
 * ```
 */
export class BaggingRegressor {
  readonly name = NAME;
  readonly kind = 'regressor';
  readonly options: BaggingRegressorOptions;

  /** @param options - see {@link BaggingOptions}; checked by `fit`. */
  constructor(options: BaggingRegressorOptions = {}) {
    this.options = options;
  }

  /**
   * Fits the members.
   *
   * @param X - `[samples, features]`; sparse, NaN and infinity if the estimator takes them.
   * @param y - one target per sample.
   * @param options - `sampleWeight`, if the estimator takes it.
   * @throws ConfigError for unsupported options; and what members throw.
   */
  async fit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<FittedBaggingRegressor> {
    const what = `${NAME}.fit`;
    checkOptions(this.options, BAGGING_OPTIONS, what);
    const estimator = this.options.estimator ?? new DecisionTreeRegressor();
    checkMember(estimator, 'regressor', 'estimator', what);
    const data = await readRegression(X, y, options, what, { allowNonFinite: true, sparse: true });
    const settings = readBagSettings(this.options, data.X, what);
    const maker = await copiesOf(estimator, data.X, data.y);
    const drawn = await fitBag(maker, data.X, data.y, data.weights, settings, this.options.seed, what);
    const oob = this.options.oobScore === true ? judge(drawn, data.X, data.y) : null;
    const samples = drawn.map((member) => member.samples);
    const members = drawn.map(({ model, features }) => ({ model, features }));
    return new FittedBaggingRegressor({ members, samples, oob, nFeatures: countFeatures(data.X) });
  }
}

interface OutOfBag {
  readonly score: number;
  readonly predictions: Float64Array;
  readonly warnings: readonly KompaktError[];
}

/** Predicts each sample by the members that were not drawn it. */
function judge(drawn: readonly Drawn[], X: Samples, y: Float64Array): OutOfBag {
  const predictions = new Float64Array(y.length);
  const counts = new Int32Array(y.length);
  for (const { model, features, samples } of drawn) {
    const rows = leftOut(samples, y.length);
    if (rows.length === 0) continue;
    predictedValues(model, asMatrix(takeFeatures(takeSamples(X, rows), features))).forEach((v, i) => {
      predictions[rows[i]!]! += v;
      counts[rows[i]!]!++;
    });
  }
  const blanks = counts.filter((n) => n === 0).length;
  for (let i = 0; i < counts.length; i++) predictions[i]! /= Math.max(1, counts[i]!);
  return { score: r2Score(y, predictions), predictions, warnings: blanks === 0 ? [] : [blankWarning(blanks)] };
}

interface Parts {
  readonly members: readonly BagMember[];
  readonly samples: readonly Int32Array[] | null;
  readonly oob: OutOfBag | null;
  readonly nFeatures: number;
}

/** What `BaggingRegressor.fit` returns. */
export class FittedBaggingRegressor extends FittedRegressor {
  static readonly type = NAME;
  /** The fitted members. */
  readonly estimators: readonly FittedEstimator[];
  /** The features that each member sees. */
  readonly estimatorsFeatures: readonly Int32Array[];
  /** The samples that each member was drawn; null for a restored model. */
  readonly estimatorsSamples: readonly Int32Array[] | null;
  /** R² on each sample by members that were not drawn it; null unless asked for. */
  readonly oobScore: number | null;
  /** The predictions for each sample by members that were not drawn it; null unless asked for. */
  readonly oobPrediction: Float64Array | null;
  readonly #members: readonly BagMember[];

  constructor({ members, samples, oob, nFeatures }: Parts) {
    super({ name: NAME, nFeatures, warnings: oob?.warnings, accepts: { nonFinite: true } });
    this.#members = members;
    this.estimators = members.map(({ model }) => model);
    this.estimatorsFeatures = members.map(({ features }) => features);
    this.estimatorsSamples = samples;
    this.oobScore = oob?.score ?? null;
    this.oobPrediction = oob?.predictions ?? null;
  }

  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedBaggingRegressor {
    const members = bagFrom(state.members, restore);
    return new FittedBaggingRegressor({ members, samples: null, oob: null, nFeatures: state.nFeatures as number });
  }

  toState(): ModelState {
    return { type: NAME, nFeatures: this.nFeatures, members: bagState(this.#members, NAME) };
  }

  protected override predictValues(X: Matrix, method: string): Float64Array {
    const samples = this.readSparse(X, method);
    const sums = new Float64Array(countSamples(samples));
    for (const { model, features } of this.#members)
      predictedValues(model, asMatrix(takeFeatures(samples, features))).forEach((v, i) => {
        sums[i]! += v;
      });
    return sums.map((v) => v / this.#members.length);
  }
}
