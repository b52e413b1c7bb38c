import { ConfigError, type KompaktError } from '../core/errors';
import { shown } from '../core/shown';
import type { FitOptions, FittedEstimator } from '../data/estimator';
import { decodeLabels, type Label, type Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import type { Rows } from '../data/rows';
import { readHost } from '../data/vector';
import { emptyLike } from '../estimator/fitted';
import { labelForm, labelsOfForm, type ModelState, type Stateful, toJSON } from '../estimator/state';
import { accuracyScore } from '../metrics/accuracy';
import { delegate, type OptionalMethods } from './model-methods';

/** What a threshold is compared to. */
export type ResponseMethod = 'auto' | 'predictProba' | 'decisionFunction';

export interface FittedThresholdParts {
  /** Name of the estimator. */
  readonly name: string;
  readonly model: FittedEstimator;
  readonly threshold: number;
  readonly posLabel?: Label | undefined;
  readonly responseMethod: ResponseMethod;
  readonly likeLabels: Labels;
  readonly bestScore?: number | undefined;
  readonly cvResults?: { readonly thresholds: readonly number[]; readonly scores: readonly number[] } | undefined;
}

/** A fitted classifier of two classes with a threshold: a sample whose score reaches it is of the positive class. */
export class FittedThreshold {
  static readonly type: string = 'FittedThreshold';
  /** Name of the estimator. */
  readonly name: string;
  /** The classifier. */
  readonly estimator: FittedEstimator;
  /** The labels, ascending. */
  readonly classes: readonly Label[];
  /** From which score on a sample is of the positive class. */
  readonly bestThreshold: number;
  /** The mean figure at that threshold, where it was chosen by one. */
  readonly bestScore: number | undefined;
  /** Thresholds tried and their mean figures, if they were to be kept. */
  readonly cvResults: FittedThresholdParts['cvResults'];
  declare readonly predictProba?: OptionalMethods['predictProba'];
  declare readonly decisionFunction?: OptionalMethods['decisionFunction'];
  readonly #parts: FittedThresholdParts;

  constructor(parts: FittedThresholdParts) {
    const { classes } = parts.model;
    if (classes?.length !== 2)
      throw new ConfigError(
        `${parts.name}: a threshold divides two classes, and there are ${classes?.length ?? 'none'}.`,
      );
    if (parts.posLabel !== undefined && !classes.includes(parts.posLabel))
      throw new ConfigError(`${parts.name}: posLabel ${shown(parts.posLabel)} is none of ${classes.join(', ')}.`);
    this.name = parts.name;
    this.estimator = parts.model;
    this.classes = classes;
    this.bestThreshold = parts.threshold;
    this.bestScore = parts.bestScore;
    this.cvResults = parts.cvResults;
    this.#parts = { ...parts, likeLabels: emptyLike(parts.likeLabels) };
    Object.assign(
      this,
      delegate(parts.model, (X) => X, ['predictProba', 'decisionFunction']),
    );
  }

  /** The label of each sample, in the form of those in fit. */
  predict(X: Rows): Labels {
    const { model, responseMethod, posLabel, likeLabels } = this.#parts;
    const { values } = scoresBy(model, responseMethod, this.name, posLabel)(X as Matrix);
    return thresholdLabels(values, this.bestThreshold, this.classes, posLabel, likeLabels) as Labels;
  }

  /** The accuracy of `predict(X)`. */
  score(X: Rows, y: Labels, options: FitOptions = {}): number {
    return accuracyScore(y, this.predict(X), options);
  }

  /** How many features samples have, where the classifier counts them. */
  get nFeatures(): number | undefined {
    return (this.estimator as { readonly nFeatures?: number }).nFeatures;
  }

  /** What went less than well in fitting. */
  get warnings(): readonly KompaktError[] {
    return (this.estimator as { readonly warnings?: readonly KompaktError[] }).warnings ?? [];
  }

  /** The classifier and its threshold, as data. */
  toState(): ModelState {
    const model = this.estimator as FittedEstimator & Partial<Stateful>;
    if (typeof model.toState !== 'function')
      throw new ConfigError(`${this.name}.toState: the classifier has no toState. Only built-in models can be kept.`);
    const { name, threshold, posLabel, responseMethod, likeLabels, bestScore, cvResults } = this.#parts;
    const kept = { name, threshold, posLabel, responseMethod, bestScore, cvResults, labels: labelForm(likeLabels) };
    return { type: FittedThreshold.type, ...kept, model: model.toState() };
  }

  /** The model as JSON, for `JSON.stringify`; `fromJSON` makes it again. */
  toJSON(): unknown {
    return toJSON(this.toState());
  }

  /** The model that {@link toState} described. */
  static fromState(state: ModelState, restore: (state: ModelState) => never): FittedThreshold {
    const parts = state as unknown as FittedThresholdParts;
    return new FittedThreshold({
      ...parts,
      model: restore(state.model as ModelState),
      likeLabels: labelsOfForm(state.labels),
    });
  }
}

/** Scores of the positive class, and what they are. */
export interface ScoresOf {
  (X: Matrix): { readonly values: Float64Array };
  readonly method: 'predictProba' | 'decisionFunction';
}

/** How to get scores of the positive class from a model. */
export function scoresBy(model: FittedEstimator, wanted: ResponseMethod, what: string, posLabel?: Label): ScoresOf {
  const auto = typeof model.predictProba === 'function' ? 'predictProba' : 'decisionFunction';
  const method = wanted === 'auto' ? auto : wanted;
  if (typeof model[method] !== 'function')
    throw new ConfigError(`${what}: the classifier has no ${method}, and a threshold needs scores. Choose another.`);
  if (model.classes?.length !== 2)
    throw new ConfigError(
      `${what}: a threshold divides two classes, and there are ${model.classes?.length ?? 'none'}.`,
    );
  const isFirst = posLabel !== undefined && model.classes[0] === posLabel;
  const ask = (X: Matrix): { readonly values: Float64Array } => {
    const { data } = readHost(model[method]!(X), method);
    if (method === 'decisionFunction') return { values: Float64Array.from(data, (v) => (isFirst ? -v : v)) };
    return { values: Float64Array.from({ length: data.length / 2 }, (_, i) => data[2 * i + (isFirst ? 0 : 1)]!) };
  };
  return Object.assign(ask, { method } as const);
}

/** The labels that scores mean at a threshold. */
export function thresholdLabels(
  values: Float64Array,
  threshold: number,
  classes: readonly Label[],
  posLabel: Label | undefined,
  like: Labels,
): unknown {
  const positive = posLabel === undefined ? 1 : classes.indexOf(posLabel);
  const codes = Int32Array.from(values, (v) => (v >= threshold ? positive : 1 - positive));
  return decodeLabels(like, classes, codes);
}
