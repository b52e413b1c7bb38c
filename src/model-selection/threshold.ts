import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import { shown } from '../core/shown';
import type { Estimator, FitOptions, FittedEstimator } from '../data/estimator';
import type { Label, Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { type Rows, takeRows } from '../data/rows';
import { accuracyScore } from '../metrics/accuracy';
import { checkOption } from '../metrics/warning';
import { taskOf } from './cross-validate';
import { type CrossValidation, partsOf } from './cv';
import { FittedThreshold, type ResponseMethod, scoresBy, thresholdLabels } from './fitted-threshold';
import type { Task } from './jobs/job';
import { checkNotAborted, type RunOptions } from './jobs/run';
import type { ModelMethods } from './model-methods';
import { type SingleScoring, toScorer } from './scoring/resolve';
import { checkCount } from './splits/folds';
import { StratifiedShuffleSplit } from './splits/shuffle-split';
import type { TrainTest } from './stratify';
import { withInner } from './with-inner';

type Classifier = Estimator<FittedEstimator> & { readonly kind: 'classifier' };

const METHODS: readonly ResponseMethod[] = ['auto', 'predictProba', 'decisionFunction'];

/** A fitted classifier with a threshold of its own. */
export type ThresholdModel<E, L extends Labels> = Omit<
  FittedThreshold,
  'predict' | 'score' | 'predictProba' | 'decisionFunction' | 'classes'
> &
  ModelMethods<E, L>;

export interface FixedThresholdOptions {
  /** From which score on a sample is of the positive class; `'auto'` (default): 0.5 of a probability, 0 of a decision value. */
  readonly threshold?: 'auto' | number | undefined;
  /** The positive class; by default the greater one. */
  readonly posLabel?: Label | undefined;
  /** What is compared to the threshold; `'auto'` (default): probabilities, or decision values where there are none. */
  readonly responseMethod?: ResponseMethod | undefined;
}

/**
 * A classifier of two classes that decides at a threshold of your choice, instead of at even odds.
 *
 * @example
 * ```ts
 * import { breastCancer } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { recallScore } from 'kompakt/metrics';
 * import { FixedThresholdClassifier } from 'kompakt/model-selection';
 * const { X, y } = breastCancer();
 * const careful = new FixedThresholdClassifier(new LogisticRegression({ maxIter: 3000 }), { threshold: 0.1 });
 * console.log(recallScore(y, (await careful.fit(X, y)).predict(X)) > 0.99); // → true
 * ```
 */
export class FixedThresholdClassifier<E extends Classifier> {
  readonly name = 'FixedThresholdClassifier' as const;
  readonly kind = 'classifier' as const;
  readonly estimator: E;
  readonly options: FixedThresholdOptions;

  /**
   * @param estimator - the classifier.
   * @param options - `threshold = 'auto'`, `posLabel`, `responseMethod = 'auto'`; checked by `fit`.
   */
  constructor(estimator: E, options: FixedThresholdOptions = {}) {
    this.estimator = estimator;
    this.options = options;
  }

  /** A copy with some parameters changed: options, or those of the classifier as `estimator__…`. */
  withParams(params: Readonly<Record<string, unknown>>): this {
    const { estimator, options } = withInner(this.estimator, this.options, params, this.name);
    return new FixedThresholdClassifier(estimator, options) as this;
  }

  /**
   * Fits the classifier.
   *
   * @param X - samples along the first axis, in any form the classifier takes.
   * @param y - labels of two classes.
   * @param options - `sampleWeight`.
   * @throws ConfigError for other than two classes, or options that don't fit.
   */
  async fit<L extends Labels>(X: Rows, y: L, options: FitOptions = {}): Promise<ThresholdModel<E, L>> {
    checkOptions(this.options, ['threshold', 'posLabel', 'responseMethod'], this.name);
    const { threshold = 'auto', posLabel, responseMethod = 'auto' } = this.options;
    if (threshold !== 'auto' && !Number.isFinite(threshold))
      throw new ConfigError(`${this.name}: threshold must be a number or 'auto', got ${shown(threshold)}.`);
    checkOption(responseMethod, METHODS, 'responseMethod', this.name);
    const model = await this.estimator.fit(X as Matrix, y, options);
    const { method } = scoresBy(model, responseMethod, this.name);
    const at = threshold === 'auto' ? (method === 'predictProba' ? 0.5 : 0) : threshold;
    return new FittedThreshold({
      name: this.name,
      model,
      threshold: at,
      posLabel,
      responseMethod,
      likeLabels: y,
    }) as never;
  }
}

export interface TunedThresholdOptions extends Pick<RunOptions, 'signal' | 'onProgress'> {
  /** What the threshold is to maximise: a figure of predicted labels; `'balancedAccuracy'` by default. */
  readonly scoring?: SingleScoring | undefined;
  /** What is compared to the threshold; `'auto'` (default): probabilities, or decision values where there are none. */
  readonly responseMethod?: ResponseMethod | undefined;
  /** How many thresholds to try between the least and the greatest score, or these themselves; 100 by default. */
  readonly thresholds?: number | ArrayLike<number> | undefined;
  /** Number of parts, a splitter, the parts, or a share (0, 1) to hold out once; 5 by default, stratified. */
  readonly cv?: CrossValidation | undefined;
  /** Whether to fit on all samples in the end; true by default. Without, there must be one part. */
  readonly refit?: boolean | undefined;
  /** Keep thresholds and their scores; false by default. */
  readonly storeCvResults?: boolean | undefined;
  /** Makes holding out a share reproducible. */
  readonly seed?: Seed | undefined;
}

const TUNED = [
  'scoring',
  'responseMethod',
  'thresholds',
  'cv',
  'refit',
  'storeCvResults',
  'seed',
  'signal',
  'onProgress',
];

/**
 * A classifier of two classes whose threshold is chosen by cross-validation, to maximise a figure of the labels it predicts.
 *
 * Scores of a part are known at its own thresholds; between them they are interpolated, and the mean over the parts decides.
 *
 * @example
 * ```ts
 * import { breastCancer } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { TunedThresholdClassifierCV } from 'kompakt/model-selection';
 * const { X, y } = breastCancer();
 * const tuned = new TunedThresholdClassifierCV(new LogisticRegression({ maxIter: 3000 }), { scoring: 'f1', cv: 3 });
 * const model = await tuned.fit(X, y);
 * console.log(model.bestThreshold > 0 && model.bestThreshold < 1, model.bestScore! > 0.95); // → true true
 * ```
 */
export class TunedThresholdClassifierCV<E extends Classifier> {
  readonly name = 'TunedThresholdClassifierCV' as const;
  readonly kind = 'classifier' as const;
  readonly estimator: E;
  readonly options: TunedThresholdOptions;

  /**
   * @param estimator - the classifier.
   * @param options - `scoring = 'balancedAccuracy'`, `responseMethod = 'auto'`, `thresholds = 100`, `cv = 5`, `refit = true`,
   * `storeCvResults = false`, `seed`, `signal`, `onProgress`; checked by `fit`.
   */
  constructor(estimator: E, options: TunedThresholdOptions = {}) {
    this.estimator = estimator;
    this.options = options;
  }

  /** A copy with some parameters changed: options, or those of the classifier as `estimator__…`. */
  withParams(params: Readonly<Record<string, unknown>>): this {
    const { estimator, options } = withInner(this.estimator, this.options, params, this.name);
    return new TunedThresholdClassifierCV(estimator, options) as this;
  }

  /**
   * Finds the threshold and fits the classifier.
   *
   * @param X - samples along the first axis, in any form the classifier takes.
   * @param y - labels of two classes.
   * @param options - `sampleWeight`, for fitting.
   * @throws ConfigError for other than two classes, constant scores, or options that don't fit; AbortError.
   */
  async fit<L extends Labels>(X: Rows, y: L, options: FitOptions = {}): Promise<ThresholdModel<E, L>> {
    checkOptions(this.options, TUNED, this.name);
    checkOptions(options, ['sampleWeight'], `${this.name}.fit`);
    const { responseMethod = 'auto', refit = true, storeCvResults = false } = this.options;
    checkOption(responseMethod, METHODS, 'responseMethod', this.name);
    const task = taskOf(this.estimator, X, y, { ...this.options, ...options }, undefined, `${this.name}.fit`);
    const parts = partsOf(heldOut(this.options), 'classifier', X, y, undefined, this.name);
    if (!refit && parts.length !== 1)
      throw new ConfigError(
        `${this.name}: without refit there must be one part, not ${parts.length}. Set cv to a share.`,
      );
    const { curves, models } = await this.#curves(task, parts, y);
    const [low, high] = [
      Math.min(...curves.map((c) => c.thresholds[0]!)),
      Math.max(...curves.map((c) => c.thresholds.at(-1)!)),
    ];
    const thresholds = gridOf(this.options.thresholds ?? 100, low, high, this.name);
    const scores = thresholds.map((t) => curves.reduce((sum, c) => sum + interpolate(t, c), 0) / curves.length);
    const best = scores.reduce((at, s, i) => (s > scores[at]! ? i : at), 0);
    const weights = task.weights === null ? {} : { sampleWeight: task.weights };
    const model = refit ? await this.estimator.fit(X as Matrix, y, weights) : models[0]!;
    return new FittedThreshold({
      name: this.name,
      model,
      threshold: thresholds[best]!,
      responseMethod,
      likeLabels: y,
      bestScore: scores[best]!,
      cvResults: storeCvResults ? { thresholds, scores } : undefined,
    }) as never;
  }

  async #curves(
    task: Task,
    parts: readonly TrainTest[],
    y: Labels,
  ): Promise<{ curves: Curve[]; models: FittedEstimator[] }> {
    const { responseMethod = 'auto', thresholds = 100, signal, onProgress, refit = true } = this.options;
    const score = toScorer(this.options.scoring ?? 'balancedAccuracy');
    const curves: Curve[] = [];
    const models: FittedEstimator[] = [];
    for (const part of parts) {
      checkNotAborted(signal, `${this.name}.fit: ended by its signal after ${curves.length} of ${parts.length} fits.`);
      const { train, test } = part;
      const weights = task.weights === null ? {} : { sampleWeight: takeRows(task.weights, train) };
      const fitted = await this.estimator.fit(
        takeRows(task.X, train) as Matrix,
        takeRows(y as Rows, train) as Labels,
        weights,
      );
      const X = takeRows(task.X, test) as Matrix;
      const truth = takeRows(y as Rows, test) as Labels;
      const { values } = scoresBy(fitted, responseMethod, this.name)(X);
      const [low, high] = [values.reduce((a, b) => Math.min(a, b)), values.reduce((a, b) => Math.max(a, b))];
      const tried = gridOf(thresholds, low, high, this.name);
      if (Math.abs(tried[0]! - tried.at(-1)!) <= 1e-8 + 1e-5 * Math.abs(tried.at(-1)!))
        throw new ConfigError(
          `${this.name}: the classifier gives all samples the same score, so no threshold is better. Fit another.`,
        );
      const scores = tried.map((t) => {
        const labels = thresholdLabels(values, t, fitted.classes!, undefined, truth);
        return score(deciding(fitted, labels as Labels), X, truth);
      });
      curves.push({ thresholds: tried, scores });
      if (!refit) models.push(fitted);
      onProgress?.({ done: curves.length, total: parts.length });
    }
    return { curves, models };
  }
}

/** The scores of one part at its own thresholds, ascending. */
interface Curve {
  readonly thresholds: readonly number[];
  readonly scores: readonly number[];
}

/** The model as figures see it, with labels decided elsewhere. */
function deciding(model: FittedEstimator, labels: Labels): FittedEstimator {
  const { classes } = model;
  return { ...(classes && { classes }), predict: () => labels, score: (_X, y) => accuracyScore(y, labels) };
}

function heldOut({ cv = 5, seed }: TunedThresholdOptions): CrossValidation {
  const isShare = typeof cv === 'number' && cv > 0 && cv < 1;
  return isShare ? new StratifiedShuffleSplit({ nSplits: 1, testSize: cv, seed }) : cv;
}

/** So many thresholds at equal distances, or those given. */
function gridOf(wanted: number | ArrayLike<number>, low: number, high: number, what: string): number[] {
  if (typeof wanted !== 'number') {
    const list = Array.from(wanted ?? []).sort((a, b) => a - b);
    if (list.length < 2 || !list.every(Number.isFinite))
      throw new ConfigError(
        `${what}: thresholds must be a number, or at least two finite values; got ${list.join(', ')}.`,
      );
    return list;
  }
  const n = checkCount(wanted, 2, 'thresholds', what);
  return Array.from({ length: n }, (_, i) => (i === n - 1 ? high : low + i * ((high - low) / (n - 1))));
}

/** The score at a threshold: on the line between its neighbours, and beyond the ends as at the ends. */
function interpolate(t: number, { thresholds, scores }: Curve): number {
  const at = thresholds.findIndex((v) => v > t);
  if (at < 0) return scores.at(-1)!;
  if (at === 0) return scores[0]!;
  const [x0, x1] = [thresholds[at - 1]!, thresholds[at]!];
  const slope = (scores[at]! - scores[at - 1]!) / (x1 - x0);
  return slope * (t - x0) + scores[at - 1]!;
}

/** The name by which threshold tuning is also known. */
export const TunedThresholdClassifier = TunedThresholdClassifierCV;
