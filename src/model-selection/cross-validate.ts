import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Estimator, FittedEstimator } from '../data/estimator';
import type { Labels } from '../data/labels';
import { countRows, type Rows } from '../data/rows';
import { readWeights, type Vector } from '../data/vector';
import type { ClassTargets } from '../metrics/indicator';
import { type CrossValidation, partsOf } from './cv';
import type { Job, Outcome, Task } from './jobs/job';
import { checkRunOptions, RUN_OPTIONS, type RunOptions, runJobs } from './jobs/run';
import { gatherScores } from './jobs/scores';
import { type Scoring, SINGLE, type SingleScoring, toScorers } from './scoring/resolve';
import type { TrainTest } from './stratify';

/** Options of all that judge a model by cross-validation. */
export interface CrossValOptions extends RunOptions {
  /** Number of parts, a splitter, or the parts themselves; 5 by default: stratified for classifiers, unshuffled. */
  readonly cv?: CrossValidation | undefined;
  /** Groups of samples, for splitters that keep them together. */
  readonly groups?: Labels | undefined;
  /** One weight per sample, for `fit` (not for the figure). */
  readonly sampleWeight?: Vector | null | undefined;
}

export interface CrossValScoreOptions extends CrossValOptions {
  /** The figure, by name or as `(model, X, y) => number`; by default the model's own `score`. */
  readonly scoring?: SingleScoring | undefined;
}

export interface CrossValidateOptions extends CrossValOptions {
  /** One figure or several: a name, a function, a list of names, or a record of either; the model's `score` by default. */
  readonly scoring?: Scoring | undefined;
  /** Score the training samples, too; false by default. */
  readonly returnTrainScore?: boolean | undefined;
  /** Hand back the fitted models; false by default. */
  readonly returnEstimator?: boolean | undefined;
  /** Hand back the positions of the training and test samples; false by default. */
  readonly returnIndices?: boolean | undefined;
}

/** A list of one number per part for each figure: `testScore`, or with several figures `testRecall`, `testRocAuc`, … */
export type CrossValidateScores = { readonly [K in `${'test' | 'train'}${string}`]: number[] };

export type CrossValidateResult<F extends FittedEstimator = FittedEstimator> = CrossValidateScores & {
  /** Seconds to fit, per part. */
  readonly fitTime: number[];
  /** Seconds to score the test samples, per part. */
  readonly scoreTime: number[];
  /** The fitted models, if asked for. */
  readonly estimator?: F[];
  /** Where the samples were, if asked for. */
  readonly indices?: readonly TrainTest[];
};

export const CROSS_VAL_OPTIONS = ['cv', 'groups', 'sampleWeight', ...RUN_OPTIONS] as const;

/**
 * Fits a model on all parts but one and computes figures on that one, for each part.
 *
 * @param estimator - what to fit, a pipeline for instance; it is not changed.
 * @param X - samples along the first axis, in any form the estimator takes.
 * @param y - a label or target per sample, or a table of labels where samples may have several.
 * @param options - `cv = 5` (stratified for classifiers of single labels; unshuffled), `scoring`, `groups`, `sampleWeight`,
 * `returnTrainScore = false`, `returnEstimator = false`, `returnIndices = false`, `errorScore = NaN`, `onWarning`, `onProgress`, `signal`.
 * @returns `testScore`, or `test` and the name of each figure, with one number per part; likewise `trainScore` …; `fitTime` and
 * `scoreTime` in seconds; `estimator` and `indices` if asked for.
 * @throws ConfigError for an unknown figure or a number of parts that does not fit; AbortError; what fitting or scoring throws,
 * where it fails on every part.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { crossValidate } from 'kompakt/model-selection';
 * const { X, y } = iris();
 * const { testAccuracy, testNegLogLoss } = await crossValidate(new LogisticRegression(), X, y, {
 *   cv: 3,
 *   scoring: ['accuracy', 'negLogLoss'],
 * });
 * console.log(testAccuracy.map((s) => s.toFixed(2)), testNegLogLoss.length); // → [ '0.98', '0.96', '0.98' ] 3
 * ```
 */
export async function crossValidate<F extends FittedEstimator>(
  estimator: Estimator<F>,
  X: Rows,
  y: ClassTargets,
  options: CrossValidateOptions = {},
): Promise<CrossValidateResult<F>> {
  const what = 'crossValidate';
  const own = ['scoring', 'returnTrainScore', 'returnEstimator', 'returnIndices'];
  checkOptions(options, [...own, ...CROSS_VAL_OPTIONS], what);
  const task = taskOf(estimator, X, y, options, options.scoring, what);
  const parts = partsOf(options.cv, estimator.kind, X, y, options.groups, what);
  const { returnTrainScore: trainScore = false, returnEstimator: keepModel = false } = options;
  const outcomes = await runJobs(
    task,
    parts.map((part): Job => ({ part, trainScore, keepModel })),
    options,
    what,
  );
  const scores = gatherScores(task, outcomes, errorScoreOf(options), options.onWarning, what);
  const out: Record<string, unknown> = {
    fitTime: outcomes.map((o) => o.fitTime),
    scoreTime: outcomes.map((o) => o.scoreTime),
  };
  for (const name of scores.names) {
    out[`test${capital(name)}`] = Array.from(scores.test[name]!);
    if (scores.train !== null) out[`train${capital(name)}`] = Array.from(scores.train[name]!);
  }
  if (keepModel) out.estimator = outcomes.map((o) => o.model);
  if (options.returnIndices) out.indices = parts;
  return out as unknown as CrossValidateResult<F>;
}

/**
 * Fits a model on all parts but one and scores it on that one, for each part.
 *
 * @param estimator - what to fit; it is not changed.
 * @param X - `[samples, features]`, in any form the estimator takes.
 * @param y - a label or target per sample, or a table of labels where samples may have several.
 * @param options - `cv = 5` (stratified for classifiers of single labels; unshuffled), `scoring`, `groups`, `sampleWeight`, `errorScore = NaN`,
 * `onWarning`, `onProgress`, `signal`.
 * @returns one score per part.
 * @throws ConfigError for an unknown figure or a number of parts that does not fit; AbortError; what fitting or scoring throws,
 * where it fails on every part.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { crossValScore } from 'kompakt/model-selection';
 * const { X, y } = iris();
 * const scores = await crossValScore(new LogisticRegression(), X, y, { cv: 3 });
 * console.log(scores.map((s) => s.toFixed(2))); // → [ '0.98', '0.96', '0.98' ]
 * ```
 */
export async function crossValScore(
  estimator: Estimator<FittedEstimator>,
  X: Rows,
  y: ClassTargets,
  options: CrossValScoreOptions = {},
): Promise<number[]> {
  const what = 'crossValScore';
  checkOptions(options, ['scoring', ...CROSS_VAL_OPTIONS], what);
  const task = taskOf(estimator, X, y, options, options.scoring, what);
  const parts = partsOf(options.cv, estimator.kind, X, y, options.groups, what);
  const jobs = parts.map((part): Job => ({ part }));
  const outcomes = await runJobs(task, jobs, options, what);
  return scoresOf(task, outcomes, options, what);
}

/** The scores of the one figure there is. */
export function scoresOf(task: Task, outcomes: readonly Outcome[], options: RunOptions, what: string): number[] {
  const { names, test } = gatherScores(task, outcomes, errorScoreOf(options), options.onWarning, what);
  if (names.length !== 1)
    throw new ConfigError(`${what}: scoring gives the figures ${names.join(', ')}. Choose one, or use crossValidate.`);
  return Array.from(test[names[0]!]!);
}

/** Checks what all functions of this kind are given, and puts it together. */
export function taskOf(
  estimator: Estimator<FittedEstimator>,
  X: Rows,
  y: ClassTargets,
  options: CrossValOptions,
  scoring: Scoring | undefined,
  what: string,
): Task {
  if (typeof estimator?.fit !== 'function') {
    throw new ConfigError(`${what}: the first argument must be an estimator, such as new LogisticRegression().`);
  }
  checkRunOptions(options, what);
  const n = countRows(X, `${what}: X`);
  const weights = readWeights(options.sampleWeight, n, what);
  return { estimator, X, y: y as Labels, weights, scorers: toScorers(scoring, what), scoring };
}

/** What a failed score counts as, where failing is not an error. */
export function errorScoreOf({ errorScore }: RunOptions): number {
  return typeof errorScore === 'number' ? errorScore : Number.NaN;
}

/** A name within a longer one: `score` in `testScore`. */
export function capital(name: string): string {
  return name === SINGLE ? 'Score' : name.slice(0, 1).toUpperCase() + name.slice(1);
}
