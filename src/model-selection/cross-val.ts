import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Estimator, FittedEstimator, Splitter } from '../data/estimator';
import { checkSameLength, type Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { countRows, type Rows, takeRows } from '../data/rows';
import { readWeights, type Vector } from '../data/vector';
import { type Scorer, type ScoringName, toScorer } from './scoring';
import { KFold, StratifiedKFold } from './splitters';

export interface CrossValScoreOptions {
  /** Number of parts, a splitter, or the parts themselves; 5 by default. */
  readonly cv?:
    | number
    | Splitter
    | Iterable<{ readonly train: ArrayLike<number>; readonly test: ArrayLike<number> }>
    | undefined;
  /** The figure, by name or as `(model, X, y) => number`; by default the model's own `score`. */
  readonly scoring?: ScoringName | Scorer | undefined;
  /** Groups of samples, for splitters that keep them together. */
  readonly groups?: Labels | undefined;
  /** One weight per sample, for `fit` (not for the figure). */
  readonly sampleWeight?: Vector | null | undefined;
}

/**
 * Fits a model on all parts but one and scores it on that one, for each part.
 *
 * @param estimator - what to fit; it is not changed.
 * @param X - `[samples, features]`.
 * @param y - a label or target per sample.
 * @param options - `cv = 5` (stratified for classifiers; unshuffled), `scoring`, `groups`, `sampleWeight`.
 * @returns one score per part.
 * @throws ConfigError for an unknown figure or a number of parts that does not fit.
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
  X: Matrix,
  y: Labels,
  options: CrossValScoreOptions = {},
): Promise<number[]> {
  const what = 'crossValScore';
  if (typeof estimator?.fit !== 'function') {
    throw new ConfigError(`${what}: the first argument must be an estimator, such as new LogisticRegression().`);
  }
  checkOptions(options, ['cv', 'scoring', 'groups', 'sampleWeight'], what);
  const n = countRows(X as Rows, `${what}: X`);
  checkSameLength(n, countRows(y as Rows, `${what}: y`), what);
  const score = toScorer(options.scoring);
  const weights = readWeights(options.sampleWeight, n, what);
  const scores: number[] = [];
  for (const { train, test } of parts(estimator, X, y, options, what)) {
    const fitOptions = weights === null ? {} : { sampleWeight: takeRows(weights, train) };
    const model = await estimator.fit(
      takeRows(X as Rows, train) as Matrix,
      takeRows(y as Rows, train) as Labels,
      fitOptions,
    );
    scores.push(score(model, takeRows(X as Rows, test) as Matrix, takeRows(y as Rows, test) as Labels));
  }
  return scores;
}

type Parts = Iterable<{ readonly train: ArrayLike<number>; readonly test: ArrayLike<number> }>;

function parts(
  estimator: Estimator<FittedEstimator>,
  X: Matrix,
  y: Labels,
  { cv = 5, groups }: CrossValScoreOptions,
  what: string,
): Parts {
  if (typeof cv === 'number') {
    const splitter =
      estimator.kind === 'classifier' ? new StratifiedKFold({ nSplits: cv }) : new KFold({ nSplits: cv });
    return splitter.split(X as Rows, y);
  }
  if (typeof cv === 'object' && cv !== null) {
    if ('split' in cv) return cv.split(X as Rows, y, groups);
    if (Symbol.iterator in cv) return cv;
  }
  throw new ConfigError(
    `${what}: cv must be a number of parts, a splitter or a list of { train, test }, got ${String(cv)}.`,
  );
}
