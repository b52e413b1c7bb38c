import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import { shown } from '../core/shown';
import { type ClassWeight, classWeights } from '../data/class-weight';
import type { FitOptions } from '../data/estimator';
import { codesOf, distinctLabels, type Label, type Labels, readLabels } from '../data/labels';
import { countFeatures, type Matrix } from '../data/matrix';
import type { Vector } from '../data/vector';
import type { ModelState, StateValue } from '../estimator/state';
import { readClassification, readRegression } from '../estimator/supervised';
import {
  classifierParts,
  FittedLinearClassifier,
  FittedLinearRegressor,
  type LinearClassifierParts,
  type LinearRegressorParts,
  regressorParts,
} from './fitted-linear';
import { lossOf } from './sgd-loss';
import type { SgdPlan } from './sgd-options';
import { type SgdProgress, trainClassifier, trainRegressor, warningsOf, weightsOf } from './sgd-train';

/** Options of the first `partialFit`. */
export interface PartialFitOptions extends FitOptions {
  /** All labels there will ever be; the first samples need not have each of them. */
  readonly classes?: Labels | undefined;
}

interface Online {
  readonly plan: SgdPlan;
  readonly progress: SgdProgress;
}

export interface OnlineClassifierParts<L extends Labels> extends LinearClassifierParts<L>, Online {
  /** By class. */
  readonly classWeights: readonly number[];
}

export interface OnlineRegressorParts extends LinearRegressorParts, Online {}

/** Base of fitted linear classifiers that can go on learning. */
export abstract class FittedOnlineClassifier<L extends Labels = Labels> extends FittedLinearClassifier<L> {
  /** Number of the next step, from 1. */
  readonly t: number;
  readonly #parts: Online & { readonly classWeights: readonly number[] };

  constructor(name: string, parts: OnlineClassifierParts<L>) {
    super(name, parts);
    this.t = parts.progress.t;
    this.#parts = { plan: parts.plan, progress: parts.progress, classWeights: parts.classWeights };
  }

  /**
   * Learns from further samples, in one pass over them, and returns the model that results; this one stays as it is.
   *
   * Steps, learning rates and means go on where they stood, so that learning in parts is learning in one run: without
   * shuffling, and with no L1 penalty (whose account begins anew), to the bit.
   *
   * @param X - `[samples, features]`; may be sparse.
   * @param y - labels, all of which are in `classes`.
   * @param options - `sampleWeight`.
   * @throws ConfigError for a label that is not in `classes`; ShapeError when X has other features.
   */
  async partialFit(X: Matrix, y: Labels, options: FitOptions = {}): Promise<this> {
    const what = `${this.name}.partialFit`;
    const { plan, progress, classWeights: weights } = this.#parts;
    const cols = this.nFeatures;
    const classes = this.classes as readonly Label[];
    const learned = await learnClasses({ X, y, options, classes, what, cols }, plan, weights, progress, 1);
    const Model = this.constructor as new (parts: OnlineClassifierParts<L>) => this;
    return new Model({ ...learned, classes, likeLabels: this.likeLabels, beside: X });
  }

  override toState(): ModelState {
    const { plan, progress, classWeights: weights } = this.#parts;
    return { ...super.toState(), ...onlineState(plan, progress), classWeights: weights };
  }
}

/** Base of fitted linear regressors that can go on learning. */
export abstract class FittedOnlineRegressor extends FittedLinearRegressor {
  /** Number of the next step, from 1. */
  readonly t: number;
  readonly #parts: Online;

  constructor(name: string, parts: OnlineRegressorParts) {
    super(name, parts);
    this.t = parts.progress.t;
    this.#parts = { plan: parts.plan, progress: parts.progress };
  }

  /**
   * Learns from further samples, in one pass over them, and returns the model that results; this one stays as it is.
   *
   * Steps, learning rates and means go on where they stood, so that learning in parts is learning in one run: without
   * shuffling, and with no L1 penalty (whose account begins anew), to the bit.
   *
   * @param X - `[samples, features]`; may be sparse.
   * @param y - `[samples]`.
   * @param options - `sampleWeight`.
   * @throws ShapeError when X has other features; ConfigError for values that can't be used.
   */
  async partialFit(X: Matrix, y: Vector, options: FitOptions = {}): Promise<this> {
    const what = `${this.name}.partialFit`;
    const { plan, progress } = this.#parts;
    const learned = await learnValues({ X, y, options, what, cols: this.nFeatures }, plan, progress, 1);
    const Model = this.constructor as new (parts: OnlineRegressorParts) => this;
    return new Model({ ...learned, beside: X });
  }

  override toState(): ModelState {
    return { ...super.toState(), ...onlineState(this.#parts.plan, this.#parts.progress) };
  }
}

/** What `fit` of a classifier learns. */
export async function fitClasses<L extends Labels>(
  name: string,
  { X, y, options }: { readonly X: Matrix; readonly y: L; readonly options: FitOptions },
  plan: SgdPlan,
  weights: ClassWeight | undefined,
): Promise<OnlineClassifierParts<L>> {
  const what = `${name}.fit`;
  const given = await readClassification(X, y, options, what, { sparse: true });
  const byClass = classWeights(weights, given.classes, given.codes, null, what);
  const progress = trainClassifier({ ...given, what }, byClass, plan, null, plan.maxIter);
  return {
    ...weightsOf(progress, plan.average),
    nFeatures: countFeatures(given.X),
    classes: given.classes,
    likeLabels: y,
    warnings: warningsOf(name, progress, plan),
    beside: X,
    plan,
    progress,
    classWeights: byClass,
  };
}

/** What the first `partialFit` of a classifier learns. */
export async function beginClasses<L extends Labels>(
  name: string,
  { X, y, options }: { readonly X: Matrix; readonly y: L; readonly options: PartialFitOptions },
  plan: SgdPlan,
  weights: ClassWeight | undefined,
): Promise<OnlineClassifierParts<L>> {
  const what = `${name}.partialFit`;
  checkOptions(options, ['classes', 'sampleWeight'], what);
  const { classes: all, ...fitOptions } = options;
  refuseEarlyStopping(plan, what);
  if (all === undefined)
    throw new ConfigError(`${what}: the first call needs { classes }, all labels there will ever be.`);
  if (weights === 'balanced')
    throw new ConfigError(
      `${what}: classWeight 'balanced' needs all samples at once. Give numbers, such as computeClassWeight finds on a part of them.`,
    );
  const classes = distinctLabels(readLabels(all, `${what}: classes`));
  if (classes.length < 2)
    throw new ConfigError(`${what}: classes has only ${shown(classes[0])}. At least two are needed.`);
  const byClass = classWeights(weights, classes, new Int32Array(0), null, what);
  const learned = await learnClasses({ X, y, options: fitOptions, classes, what }, plan, byClass, null, 1);
  return { ...learned, classes, likeLabels: y, beside: X };
}

async function learnClasses(
  given: {
    readonly X: Matrix;
    readonly y: Labels;
    readonly options: FitOptions;
    readonly classes: readonly Label[];
    readonly what: string;
    readonly cols?: number;
  },
  plan: SgdPlan,
  byClass: readonly number[],
  before: SgdProgress | null,
  epochs: number,
) {
  const { what, classes, cols } = given;
  refuseEarlyStopping(plan, what);
  const read = await readClassification(given.X, given.y, given.options, what, { sparse: true, minClasses: 1, cols });
  const places = codesOf(read.classes, classes);
  const stranger = places.indexOf(-1);
  if (stranger >= 0)
    throw new ConfigError(
      `${what}: y has the label ${shown(read.classes[stranger])}, which is not in classes [${classes.join(', ')}]. Name all labels in the first call.`,
    );
  const data = { X: read.X, weights: read.weights, codes: read.codes.map((c) => places[c]!), classes, what };
  const progress = trainClassifier(data, byClass, plan, before, epochs);
  return {
    ...weightsOf(progress, plan.average),
    nFeatures: countFeatures(read.X),
    plan,
    progress,
    classWeights: byClass,
  };
}

/** What a regressor learns, from the beginning or going on. */
export async function learnValues(
  given: {
    readonly X: Matrix;
    readonly y: Vector;
    readonly options: FitOptions;
    readonly what: string;
    readonly cols?: number;
  },
  plan: SgdPlan,
  before: SgdProgress | null,
  epochs: number,
) {
  const { what, cols } = given;
  const read = await readRegression(given.X, given.y, given.options, what, { sparse: true, cols });
  const progress = trainRegressor({ ...read, what }, plan, before, epochs);
  return { ...weightsOf(progress, plan.average), nFeatures: countFeatures(read.X), plan, progress };
}

/** Throws where samples would be held back from a single pass over them. */
export function refuseEarlyStopping(plan: SgdPlan, what: string): void {
  if (plan.validationFraction !== null)
    throw new ConfigError(`${what}: earlyStopping is of no use in one pass. Leave it out, or use fit.`);
}

function onlineState({ loss: _, seed, ...plan }: SgdPlan, progress: SgdProgress) {
  // A generator can't be written down: a model made again from its state then shuffles afresh.
  const kept = typeof seed === 'object' ? undefined : seed;
  return { plan: { ...plan, seed: kept ?? null }, progress: progress as unknown as StateValue };
}

function onlineParts(state: ModelState): Online {
  const { seed, ...plan } = state.plan as unknown as Omit<SgdPlan, 'loss' | 'seed'> & { readonly seed: number | null };
  return {
    plan: { ...plan, loss: lossOf(plan.lossName, plan.epsilon), seed: seed ?? undefined },
    progress: state.progress as unknown as SgdProgress,
  };
}

/** Classifiers' parts from their state. */
export function onlineClassifierParts(state: ModelState): OnlineClassifierParts<Labels> {
  return { ...classifierParts(state), ...onlineParts(state), classWeights: state.classWeights as number[] };
}

/** Regressors' parts from their state. */
export function onlineRegressorParts(state: ModelState): OnlineRegressorParts {
  return { ...regressorParts(state), ...onlineParts(state) };
}
