import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import { shown } from '../core/shown';
import type { Estimator, FittedEstimator } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Rows } from '../data/rows';
import { CROSS_VAL_OPTIONS, type CrossValScoreOptions, errorScoreOf, taskOf } from './cross-validate';
import { partsOf } from './cv';
import type { Job, Outcome, Task } from './jobs/job';
import { runJobs } from './jobs/run';
import { gatherScores } from './jobs/scores';
import { checkValues } from './params/grid';
import type { ParamsOf } from './params/params-of';
import { stream } from './splits/folds';

/** Scores of training and test samples: `[point][part]`. */
export interface CurveScores {
  readonly trainScores: number[][];
  readonly testScores: number[][];
}

function table(
  task: Task,
  outcomes: readonly Outcome[],
  points: number,
  options: CrossValScoreOptions,
  what: string,
): CurveScores {
  const { names, test, train } = gatherScores(task, outcomes, errorScoreOf(options), options.onWarning, what);
  if (names.length !== 1) throw new ConfigError(`${what}: scoring gives the figures ${names.join(', ')}. Choose one.`);
  const rows = (values: Float64Array): number[][] =>
    Array.from({ length: points }, (_, p) => Array.from(values).filter((_v, i) => i % points === p));
  return { trainScores: rows(train![names[0]!]!), testScores: rows(test[names[0]!]!) };
}

/**
 * Scores of an estimator for several values of one parameter, to see where it fits too little and where too much.
 *
 * @param estimator - what to fit, a pipeline for instance; it is not changed.
 * @param X - `[samples, features]`, in any form the estimator takes.
 * @param y - a label or target per sample.
 * @param paramName - the parameter, nested names included: `'clf__C'`.
 * @param paramRange - its values.
 * @param options - `cv = 5`, `scoring`, `groups`, `sampleWeight`, `errorScore = NaN`, `onWarning`, `onProgress`, `signal`.
 * @returns `trainScores` and `testScores` `[value][part]`.
 * @throws ConfigError for a name that leads nowhere, or no values; AbortError; what fitting throws, where it fails everywhere.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { validationCurve } from 'kompakt/model-selection';
 * const { X, y } = iris();
 * const { testScores } = await validationCurve(new LogisticRegression(), X, y, 'C', [1e-4, 1], { cv: 3 });
 * console.log(testScores.map((scores) => scores.length)); // → [ 3, 3 ]
 * ```
 */
export async function validationCurve<E extends Estimator<FittedEstimator>>(
  estimator: E,
  X: Rows,
  y: Labels,
  paramName: keyof ParamsOf<E> & string,
  paramRange: ArrayLike<unknown>,
  options: CrossValScoreOptions = {},
): Promise<CurveScores> {
  const what = 'validationCurve';
  checkOptions(options, ['scoring', ...CROSS_VAL_OPTIONS], what);
  if (typeof paramName !== 'string')
    throw new ConfigError(`${what}: paramName must be the name of a parameter, got ${shown(paramName)}.`);
  const values = Array.from(checkValues(paramName, paramRange, what));
  const task = taskOf(estimator, X, y, options, options.scoring, what);
  const parts = partsOf(options.cv, estimator.kind, X, y, options.groups, what);
  const jobs = parts.flatMap((part) =>
    values.map((value): Job => ({ part, params: { [paramName]: value }, trainScore: true })),
  );
  return table(task, await runJobs(task, jobs, options, what), values.length, options, what);
}

export interface LearningCurveOptions extends CrossValScoreOptions {
  /** How many samples to train on: shares of the greatest possible number (0, 1], or numbers; 0.1, 0.325, … 1 by default. */
  readonly trainSizes?: ArrayLike<number> | undefined;
  /** Take training samples at random instead of in their order; false by default. */
  readonly shuffle?: boolean | undefined;
  /** Makes shuffling reproducible. */
  readonly seed?: Seed | undefined;
}

/**
 * Scores of an estimator for growing numbers of training samples, to see whether more of them would help.
 *
 * @param estimator - what to fit; it is not changed.
 * @param X - `[samples, features]`, in any form the estimator takes.
 * @param y - a label or target per sample.
 * @param options - `trainSizes` (five shares from 0.1 to 1; values of at most 1 are shares), `shuffle = false`, `seed`,
 * `cv = 5`, `scoring`, `groups`, `sampleWeight`, `errorScore = NaN`, `onWarning`, `onProgress`, `signal`.
 * @returns `trainSizes` in samples, ascending; `trainScores` and `testScores` `[size][part]`.
 * @throws ConfigError for sizes that don't fit; AbortError; what fitting throws, where it fails everywhere.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { learningCurve } from 'kompakt/model-selection';
 * const { X, y } = iris();
 * const curve = await learningCurve(new LogisticRegression(), X, y, { trainSizes: [0.5, 1], shuffle: true, seed: 1, cv: 3 });
 * console.log(curve.trainSizes, curve.testScores.length); // → [ 50, 100 ] 2
 * ```
 */
export async function learningCurve(
  estimator: Estimator<FittedEstimator>,
  X: Rows,
  y: Labels,
  options: LearningCurveOptions = {},
): Promise<CurveScores & { readonly trainSizes: number[] }> {
  const what = 'learningCurve';
  checkOptions(options, ['scoring', 'trainSizes', 'shuffle', 'seed', ...CROSS_VAL_OPTIONS], what);
  const task = taskOf(estimator, X, y, options, options.scoring, what);
  const parts = partsOf(options.cv, estimator.kind, X, y, options.groups, what);
  const sizes = sizesOf(options.trainSizes ?? [0.1, 0.325, 0.55, 0.775, 1], parts[0]!.train.length, what);
  const rng = options.shuffle === true ? stream(options.seed) : null;
  const jobs = parts.flatMap(({ train, test }) => {
    const order = rng === null ? train : rng.permutation(train.length).map((i) => train[i]!);
    return sizes.map((size): Job => ({ part: { train: order.subarray(0, size), test }, trainScore: true }));
  });
  const scores = table(task, await runJobs(task, jobs, options, what), sizes.length, options, what);
  return { trainSizes: sizes, ...scores };
}

function sizesOf(wanted: ArrayLike<number>, most: number, what: string): number[] {
  const list = Array.from(checkValues('trainSizes', wanted, what) as ArrayLike<number>);
  const areShares = list.every((v) => v > 0 && v <= 1);
  if (!areShares && !list.every((v) => Number.isInteger(v) && v >= 1 && v <= most))
    throw new ConfigError(
      `${what}: trainSizes must be shares in (0, 1] or numbers of samples from 1 to ${most}; got ${list.join(', ')}.`,
    );
  const sizes = areShares ? list.map((v) => Math.min(most, Math.max(1, Math.floor(v * most)))) : list;
  return [...new Set(sizes)].sort((a, b) => a - b);
}
