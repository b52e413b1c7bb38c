import { ShapeError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Seed } from '../core/rng';
import type { Estimator, FittedEstimator } from '../data/estimator';
import { type Matrix, readMatrix } from '../data/matrix';
import { crossValScore } from './cross-validate';
import { RUN_OPTIONS, type RunOptions } from './jobs/run';
import { checkCount } from './splits/folds';
import { StratifiedKFold } from './splits/k-fold';

export interface ClassifierDriftOptions extends RunOptions {
  /** Number of stratified, shuffled parts; 5 by default. */
  readonly cv?: number | undefined;
  /** Makes the parts reproducible. */
  readonly seed?: Seed | undefined;
}

export interface ClassifierDrift {
  /** Mean area under the ROC curve: 0.5 where the data sets can't be told apart, 1 where they always can. */
  readonly auc: number;
  /** The area of each part. */
  readonly scores: number[];
}

/**
 * Whether a classifier can tell two data sets apart, such as the one a model was trained on and the one it meets: if it
 * can, they differ in a way that matters. `featureDrift` of `kompakt/metrics` says which features do, one by one.
 *
 * @param estimator - the classifier; one with few assumptions finds more.
 * @param reference - `[samples, features]`.
 * @param current - `[samples, features]`, with the same features.
 * @param options - `cv = 5`, `seed`, `errorScore = NaN`, `onWarning`, `onProgress`, `signal`.
 * @returns `auc`, by cross-validation, and the `scores` of the parts.
 * @throws ShapeError for other features; ConfigError for fewer samples than parts; AbortError.
 *
 * Reference: Lopez-Paz & Oquab 2017, “Revisiting Classifier Two-Sample Tests”, ICLR.
 *
 * @example
 * ```ts
 * import { LogisticRegression } from 'kompakt/linear';
 * import { classifierDrift } from 'kompakt/model-selection';
 * const rows = Array.from({ length: 100 }, (_, i) => [i % 10, (i * 7) % 13]);
 * const moved = rows.map(([a, b]) => [a! + 20, b!]);
 * console.log((await classifierDrift(new LogisticRegression(), rows, moved, { seed: 1 })).auc); // → 1
 * ```
 */
export async function classifierDrift(
  estimator: Estimator<FittedEstimator>,
  reference: Matrix,
  current: Matrix,
  options: ClassifierDriftOptions = {},
): Promise<ClassifierDrift> {
  const what = 'classifierDrift';
  checkOptions(options, ['cv', 'seed', ...RUN_OPTIONS], what);
  const { cv = 5, seed, ...run } = options;
  checkCount(cv, 2, 'cv', what);
  const [a, b] = [reference, current].map((X, i) =>
    readMatrix(X, `${what}: ${i === 0 ? 'reference' : 'current'}`, { allowNonFinite: true }),
  ) as [ReturnType<typeof readMatrix>, ReturnType<typeof readMatrix>];
  if (a.cols !== b.cols)
    throw new ShapeError(`${what}: reference has ${a.cols} features and current ${b.cols}. Give the same columns.`);
  const data = new Float64Array(a.data.length + b.data.length);
  data.set(a.data);
  data.set(b.data, a.data.length);
  const y = Int32Array.from({ length: a.rows + b.rows }, (_, i) => Number(i >= a.rows));
  const parts = new StratifiedKFold({ nSplits: cv, shuffle: true, seed });
  const X = { data, shape: [a.rows + b.rows, a.cols] };
  const scores = await crossValScore(estimator, X, y, { ...run, cv: parts, scoring: 'rocAuc' });
  return { auc: scores.reduce((sum, s) => sum + s, 0) / scores.length, scores };
}
