import { ConfigError } from '../core/errors';
import { numpySum } from '../core/numpy-sum';
import { checkOptions } from '../core/options';
import type { Rng, Seed } from '../core/rng';
import { shown } from '../core/shown';
import type { Estimator, FittedEstimator } from '../data/estimator';
import { encodeLabels, type Labels, readLabels } from '../data/labels';
import { type Matrix, readMatrix } from '../data/matrix';
import { countRows, type Rows, takeRows } from '../data/rows';
import { CROSS_VAL_OPTIONS, type CrossValScoreOptions, scoresOf, taskOf } from './cross-validate';
import { partsOf } from './cv';
import type { Job } from './jobs/job';
import { checkNotAborted, runJobs } from './jobs/run';
import { sampleWithoutReplacement } from './params/sampler';
import { type SingleScoring, toScorer } from './scoring/resolve';
import { checkCount, stream } from './splits/folds';

export interface PermutationTestOptions extends CrossValScoreOptions {
  /** How often labels are permuted; 100 by default. */
  readonly nPermutations?: number | undefined;
  /** Makes the permutations reproducible. */
  readonly seed?: Seed | undefined;
}

const mean = (values: ArrayLike<number>): number => numpySum(values) / values.length;

/**
 * Whether a score could as well have come from labels that have nothing to do with the samples.
 *
 * p = (1 + how many permuted scores are at least as great) / (1 + nPermutations)
 *
 * @param estimator - what to fit; it is not changed.
 * @param X - `[samples, features]`, in any form the estimator takes.
 * @param y - a label or target per sample.
 * @param options - `nPermutations = 100`, `seed`, `groups` (labels are permuted within groups, which splitters see, too),
 * `cv = 5`, `scoring`, `sampleWeight`, `errorScore = NaN`, `onWarning`, `onProgress`, `signal`.
 * @returns the mean `score`, `permutationScores`, `pValue`.
 * @throws ConfigError for options that don't fit; AbortError; what fitting throws, where it fails everywhere.
 *
 * Reference: Ojala & Garriga 2010, “Permutation Tests for Studying Classifier Performance”, JMLR 11.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { permutationTestScore } from 'kompakt/model-selection';
 * const { X, y } = iris();
 * const test = await permutationTestScore(new LogisticRegression(), X, y, { nPermutations: 9, cv: 3, seed: 1 });
 * console.log(test.pValue); // → 0.1
 * ```
 */
export async function permutationTestScore(
  estimator: Estimator<FittedEstimator>,
  X: Rows,
  y: Labels,
  options: PermutationTestOptions = {},
): Promise<{ readonly score: number; readonly permutationScores: number[]; readonly pValue: number }> {
  const what = 'permutationTestScore';
  checkOptions(options, ['scoring', 'nPermutations', 'seed', ...CROSS_VAL_OPTIONS], what);
  const times = checkCount(options.nPermutations ?? 100, 1, 'nPermutations', what);
  const task = taskOf(estimator, X, y, options, options.scoring, what);
  const rng = stream(options.seed);
  const permuted = shuffler(countRows(X, what), options.groups, what);
  const orders = [null, ...Array.from({ length: times }, () => permuted(rng))];
  const jobs = orders.map((order): Job[] => {
    const labels = order === null ? y : (takeRows(y as Rows, order) as Labels);
    const parts = partsOf(options.cv, estimator.kind, X, labels, options.groups, what);
    return parts.map((part) => ({ part, labelsFrom: order ?? undefined }));
  });
  const scores = scoresOf(task, await runJobs(task, jobs.flat(), options, what), options, what);
  let at = 0;
  const means = jobs.map((of) => {
    at += of.length;
    return mean(scores.slice(at - of.length, at));
  });
  const [score, ...permutationScores] = means as [number, ...number[]];
  const asGreat = permutationScores.filter((s) => s >= score).length;
  return { score, permutationScores, pValue: (asGreat + 1) / (times + 1) };
}

/** Random orders of samples, each sample staying in its group. */
function shuffler(n: number, groups: Labels | undefined, what: string): (rng: Rng) => Int32Array {
  if (groups === undefined) return (rng) => rng.permutation(n);
  const { codes, counts } = encodeLabels(readLabels(groups, `${what}: groups`));
  const members = Array.from(counts, (_, g) => Array.from(codes.keys()).filter((i) => codes[i] === g));
  return (rng) => {
    const order = new Int32Array(n);
    for (const of of members) {
      const shuffled = rng.permutation(of.length);
      of.forEach((i, at) => {
        order[i] = of[shuffled[at]!]!;
      });
    }
    return order;
  };
}

export interface PermutationImportanceOptions {
  /** The figure; the model's own `score` by default. */
  readonly scoring?: SingleScoring | undefined;
  /** How often each feature is permuted; 5 by default. */
  readonly nRepeats?: number | undefined;
  /** How many samples to use: a share in (0, 1), or a number; all by default. */
  readonly maxSamples?: number | undefined;
  /** Makes the permutations reproducible. */
  readonly seed?: Seed | undefined;
  /** Ends the work with an `AbortError`. */
  readonly signal?: AbortSignal | undefined;
}

export interface PermutationImportance {
  /** By how much each permutation lowers the score: `[feature][repeat]`. */
  readonly importances: number[][];
  readonly importancesMean: number[];
  /** Deviations, of all repeats (ddof 0). */
  readonly importancesStd: number[];
}

/**
 * How much a fitted model's score falls when the values of one feature are permuted: what the model makes of it. Take
 * samples that the model was not fitted on.
 *
 * importance = score(X, y) − score(X with feature j permuted, y)
 *
 * @param model - what `fit` returned.
 * @param X - `[samples, features]`.
 * @param y - a label or target per sample.
 * @param options - `scoring`, `nRepeats = 5`, `maxSamples`, `seed`, `signal`.
 * @returns `importances` `[feature][repeat]`, their means and deviations.
 * @throws ConfigError for options that don't fit; AbortError; what the model throws for samples that don't fit.
 *
 * Reference: Breiman 2001, “Random Forests”, Machine Learning 45.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { permutationImportance } from 'kompakt/model-selection';
 * const { X, y } = iris();
 * const model = await new LogisticRegression().fit(X, y);
 * const { importancesMean } = await permutationImportance(model, X, y, { seed: 1 });
 * console.log(importancesMean.indexOf(Math.max(...importancesMean))); // → 2
 * ```
 */
export async function permutationImportance(
  model: FittedEstimator,
  X: Matrix,
  y: Labels,
  options: PermutationImportanceOptions = {},
): Promise<PermutationImportance> {
  const what = 'permutationImportance';
  checkOptions(options, ['scoring', 'nRepeats', 'maxSamples', 'seed', 'signal'], what);
  if (typeof model?.predict !== 'function')
    throw new ConfigError(`${what}: the first argument must be a fitted model, such as await estimator.fit(X, y).`);
  const repeats = checkCount(options.nRepeats ?? 5, 1, 'nRepeats', what);
  const given = readMatrix(X, `${what}: X`, { allowNonFinite: true });
  const used = samplesToUse(options.maxSamples, given.rows, what);
  const score = toScorer(options.scoring);
  const base = score(model, X, y);
  const root = stream(options.seed);
  const seed = root.integer(2 ** 31);
  const importances: number[][] = [];
  for (let c = 0; c < given.cols; c++) {
    await new Promise<void>((resolve) => setTimeout(resolve, 0));
    checkNotAborted(options.signal, `${what}: ended by its signal after ${c} of ${given.cols} features.`);
    const rng = root.seeded(seed);
    const rows = used < given.rows ? sampleWithoutReplacement(given.rows, used, rng) : null;
    const data =
      rows === null ? given.data.slice() : takeRows({ data: given.data, shape: [given.rows, given.cols] }, rows).data;
    const shape = [used, given.cols];
    const labels = rows === null ? y : (takeRows(y as Rows, rows) as Labels);
    const scores: number[] = [];
    // Each repeat shuffles what the one before it left, positions and values, as scikit-learn does.
    let order = Int32Array.from({ length: used }, (_, i) => i);
    for (let r = 0; r < repeats; r++) {
      order = rng.permutation(used).map((i) => order[i]!);
      permuteColumn(data as Float64Array, c, given.cols, order);
      scores.push(score(model, { data, shape } as Matrix, labels));
    }
    importances.push(scores.map((s) => base - s));
  }
  const importancesMean = importances.map(mean);
  const importancesStd = importances.map((row, c) =>
    Math.sqrt(mean(row.map((v) => (v - importancesMean[c]!) * (v - importancesMean[c]!)))),
  );
  return { importances, importancesMean, importancesStd };
}

function permuteColumn(data: Float64Array, c: number, cols: number, order: Int32Array): void {
  const values = Float64Array.from(order, (i) => data[i * cols + c]!);
  values.forEach((v, i) => {
    data[i * cols + c] = v;
  });
}

function samplesToUse(maxSamples: number | undefined, n: number, what: string): number {
  if (maxSamples === undefined) return n;
  const count = maxSamples > 0 && maxSamples < 1 ? Math.floor(maxSamples * n) : maxSamples;
  if (!Number.isInteger(count) || count < 1 || count > n)
    throw new ConfigError(
      `${what}: maxSamples must be a share in (0, 1) or a number of samples from 1 to ${n}, got ${shown(maxSamples)}.`,
    );
  return count;
}
