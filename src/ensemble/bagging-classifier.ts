import { defaultBackend } from '../backends/default';
import { KompaktError } from '../core/errors';
import { checkOptions } from '../core/options';
import { Tensor } from '../core/tensor';
import type { Estimator, FitOptions, FittedEstimator } from '../data/estimator';
import { codesOf, type Encoded, type Label, type Labels } from '../data/labels';
import {
  asMatrix,
  countFeatures,
  countSamples,
  type Matrix,
  type Samples,
  takeFeatures,
  takeSamples,
} from '../data/matrix';
import { argMaxRows, FittedProbabilisticClassifier } from '../estimator/fitted';
import { checkMember, memberState, predictedCodes } from '../estimator/members';
import { classifierState, labelsOfForm, type ModelState } from '../estimator/state';
import { readClassification } from '../estimator/supervised';
import { DecisionTreeClassifier } from '../trees/decision-tree';
import {
  BAGGING_OPTIONS,
  type BaggingOptions,
  type BagMember,
  copiesOf,
  type Drawn,
  fitBag,
  leftOut,
  type MemberMaker,
  readBagSettings,
} from './bag';

export type BaggingClassifierOptions = BaggingOptions;

const NAME = 'BaggingClassifier';

/**
 * A classifier fitted many times, each time to samples (and features) drawn at random; probabilities are means, or shares of
 * predictions where members have none.
 *
 * Equal to scikit-learn's class of this name, draws included (`seed: numpyRandom(n)` for `random_state=n`).
 * Reference: Breiman 1996, “Bagging predictors”.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { BaggingClassifier } from 'kompakt/ensemble';
 * import { KNeighborsClassifier } from 'kompakt/neighbors';
 * const { X, y } = iris();
 * const bag = new BaggingClassifier({ estimator: new KNeighborsClassifier(), nEstimators: 20, oobScore: true, seed: 1 });
 * const model = await bag.fit(X, y);
 * console.log(model.oobScore! > 0.9); // → true
 * ```
 */
export class BaggingClassifier {
  readonly name: string = NAME;
  readonly kind = 'classifier';
  readonly options: BaggingClassifierOptions;
  /** Names of options that a kind of bag has beside these. */
  protected readonly further: readonly string[] = [];

  /** @param options - see {@link BaggingOptions}; checked by `fit`. */
  constructor(options: BaggingClassifierOptions = {}) {
    this.options = options;
  }

  /**
   * Fits the members.
   *
   * @param X - `[samples, features]`; sparse, NaN and infinity if the estimator takes them.
   * @param y - one label per sample.
   * @param options - `sampleWeight`, if the estimator takes it.
   * @throws ConfigError for unsupported options; and what members throw.
   */
  async fit<L extends Labels>(X: Matrix, y: L, options: FitOptions = {}): Promise<FittedBaggingClassifier<L>> {
    const what = `${this.name}.fit`;
    checkOptions(this.options, [...BAGGING_OPTIONS, ...this.further], what);
    const estimator = this.options.estimator ?? new DecisionTreeClassifier();
    checkMember(estimator, 'classifier', 'estimator', what);
    const data = await readClassification(X, y, options, what, { allowNonFinite: true, sparse: true });
    const settings = readBagSettings(this.options, data.X, what);
    // Codes instead of labels: rows of typed arrays are quickly taken, and a member may not have met all classes.
    const maker = await this.maker(estimator, data.X, data, what);
    const drawn = await fitBag(maker, data.X, data.codes, data.weights, settings, this.options.seed, what);
    const oob = this.options.oobScore === true ? judge(drawn, data.X, data.codes, data.classes.length) : null;
    return this.fitted({
      name: this.name,
      members: drawn.map(({ model, features }) => ({ model, features })),
      samples: drawn.map(({ samples }) => samples),
      oob,
      classes: data.classes,
      likeLabels: y,
      nFeatures: countFeatures(data.X),
    });
  }

  /** What makes the members, which are fitted to codes. */
  protected maker(estimator: Estimator, X: Samples, { codes }: Encoded, _what: string): Promise<MemberMaker> {
    return copiesOf(estimator, X, codes);
  }

  protected fitted<L extends Labels>(parts: BagParts<L>): FittedBaggingClassifier<L> {
    return new FittedBaggingClassifier(parts);
  }
}

interface OutOfBag {
  readonly score: number;
  readonly decisions: Float64Array;
  readonly warnings: readonly KompaktError[];
}

/** Scores on each sample by the members that were not drawn it. */
function judge(drawn: readonly Drawn[], X: Samples, codes: Int32Array, k: number): OutOfBag {
  const n = codes.length;
  const sums = new Float64Array(n * k);
  for (const { model, features, samples } of drawn) {
    const rows = leftOut(samples, n);
    const part = takeFeatures(takeSamples(X, rows), features);
    if (rows.length > 0) addVotes(model, asMatrix(part), k, sums, (i) => rows[i]!);
  }
  const best = argMaxRows(sums, k);
  let right = 0;
  best.forEach((c, i) => {
    if (c === codes[i]) right++;
  });
  let blanks = 0;
  const decisions = new Float64Array(sums.length);
  for (let i = 0; i < n; i++) {
    let total = 0;
    for (let c = 0; c < k; c++) total += sums[i * k + c]!;
    if (total === 0) blanks++;
    for (let c = 0; c < k; c++) decisions[i * k + c] = sums[i * k + c]! / total;
  }
  return { score: right / n, decisions, warnings: blanks === 0 ? [] : [blankWarning(blanks)] };
}

/** Some samples were drawn for every member. */
export function blankWarning(blanks: number): KompaktError {
  return new KompaktError(
    `oobScore: ${blanks} samples were drawn for every member, so nothing is known of them. Raise nEstimators.`,
  );
}

/** Adds what a member says of samples, whose classes are codes: probabilities, or 1 for the predicted class. */
function addVotes(
  model: FittedEstimator,
  X: Matrix,
  k: number,
  sums: Float64Array,
  rowOf: (i: number) => number,
): void {
  const all = Array.from({ length: k }, (_, c) => c);
  if (typeof model.predictProba !== 'function') {
    predictedCodes(model, X, all).forEach((c, i) => {
      sums[rowOf(i) * k + c]! += 1;
    });
    return;
  }
  const places = codesOf(model.classes as readonly Label[], all);
  const p = model.predictProba(X).dataSync();
  for (let i = 0, at = 0; at < p.length; i++) for (const c of places) sums[rowOf(i) * k + c]! += p[at++]!;
}

/** What a fitted bag is made of. */
export interface BagParts<L extends Labels> {
  readonly name: string;
  readonly members: readonly BagMember[];
  readonly samples: readonly Int32Array[] | null;
  readonly oob: OutOfBag | null;
  readonly classes: readonly Label[];
  readonly likeLabels: L;
  readonly nFeatures: number;
}

/** What `BaggingClassifier.fit` returns. Labels come back in the form they were given in. */
export class FittedBaggingClassifier<L extends Labels = Labels> extends FittedProbabilisticClassifier<L> {
  static readonly type: string = NAME;
  /** The fitted members; their classes are positions in `classes`. */
  readonly estimators: readonly FittedEstimator[];
  /** The features that each member sees. */
  readonly estimatorsFeatures: readonly Int32Array[];
  /** The samples that each member was drawn; null for a restored model. */
  readonly estimatorsSamples: readonly Int32Array[] | null;
  /** The accuracy on each sample by members that were not drawn it; null unless asked for. */
  readonly oobScore: number | null;
  /** The probabilities of each sample by members that were not drawn it, `[samples, classes]`; null unless asked for. */
  readonly oobDecisionFunction: Tensor | null;
  readonly #members: readonly BagMember[];

  constructor(parts: BagParts<L>) {
    super({ ...parts, warnings: parts.oob?.warnings, accepts: { nonFinite: true } });
    this.#members = parts.members;
    this.estimators = parts.members.map(({ model }) => model);
    this.estimatorsFeatures = parts.members.map(({ features }) => features);
    this.estimatorsSamples = parts.samples;
    this.oobScore = parts.oob?.score ?? null;
    const k = parts.classes.length;
    const decisions = parts.oob?.decisions;
    this.oobDecisionFunction =
      decisions === undefined ? null : Tensor.from(defaultBackend(), decisions, 'float64', [decisions.length / k, k]);
  }

  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedBaggingClassifier {
    return new FittedBaggingClassifier({
      name: state.type,
      members: bagFrom(state.members, restore),
      samples: null,
      oob: null,
      classes: state.classes as readonly Label[],
      likeLabels: labelsOfForm(state.labels),
      nFeatures: state.nFeatures as number,
    });
  }

  toState(): ModelState {
    return { type: this.name, ...classifierState(this, this.likeLabels), members: bagState(this.#members, this.name) };
  }

  protected override probabilities(X: Matrix, method: string): Float64Array {
    const samples = this.readSparse(X, method);
    const k = this.classes.length;
    const sums = new Float64Array(countSamples(samples) * k);
    for (const { model, features } of this.#members)
      addVotes(model, asMatrix(takeFeatures(samples, features)), k, sums, (i) => i);
    return sums.map((v) => v / this.#members.length);
  }
}

/** States of members with their features. */
export function bagState(members: readonly BagMember[], name: string): ModelState['members'] {
  return members.map(({ model, features }, i) => ({
    model: memberState(model, String(i), `${name}.toState`),
    features,
  }));
}

/** The members that {@link bagState} described. */
export function bagFrom(state: unknown, restore: (state: ModelState) => unknown): BagMember[] {
  return (state as readonly { readonly model: ModelState; readonly features: Int32Array }[]).map((member) => ({
    model: restore(member.model) as FittedEstimator,
    features: member.features,
  }));
}
