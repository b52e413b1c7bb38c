import { ConfigError } from '../core/errors';
import { checkOptions } from '../core/options';
import type { Tensor } from '../core/tensor';
import type { Estimator, FittedEstimator } from '../data/estimator';
import { distinctLabels, type Label, type Labels, type LabelsLike, labelsLike, readLabels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import { countRows, type Rows } from '../data/rows';
import { resultLike } from '../estimator/fitted';
import { checkOption } from '../metrics/warning';
import { CROSS_VAL_OPTIONS, type CrossValOptions, taskOf } from './cross-validate';
import { partsOf } from './cv';
import type { Job, Outcome } from './jobs/job';
import { METHODS, type Method, type Response } from './jobs/respond';
import { runJobs } from './jobs/run';

export interface CrossValPredictOptions<M extends Method = Method> extends Omit<CrossValOptions, 'errorScore'> {
  /** What to ask the models; `'predict'` by default. */
  readonly method?: M | undefined;
}

const WHAT = 'crossValPredict';

/** What a method gives for labels of the form `L`. */
export type CrossValPredicted<K, L, M extends Method> = M extends 'predict'
  ? K extends 'classifier'
    ? LabelsLike<L>
    : Float64Array
  : Tensor;

/**
 * Predicts each sample by a model that was fitted without it.
 *
 * Meant for looking at predictions, or for features of a further model. The mean of a figure over parts is another number
 * than the figure of all these predictions: for that use `crossValScore`.
 *
 * @param estimator - what to fit; it is not changed.
 * @param X - `[samples, features]`, in any form the estimator takes.
 * @param y - a label or target per sample.
 * @param options - `cv = 5` (stratified for classifiers; unshuffled), `method = 'predict'`, `groups`, `sampleWeight`,
 * `onProgress`, `onWarning`, `signal`.
 * @returns for `'predict'` labels in the form of `y`, or float64 values of a regressor; for `'predictProba'` float64
 * `[samples, classes]`; for `'decisionFunction'` `[samples]` for two classes, else `[samples, classes]`. A class that is not
 * among the training samples of a part has there the probability 0, or the lowest decision value there is.
 * @throws ConfigError where the parts don't have every sample exactly once in a test part, or the model lacks the method;
 * AbortError; what fitting throws.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { accuracyScore } from 'kompakt/metrics';
 * import { crossValPredict } from 'kompakt/model-selection';
 * const { X, y } = iris();
 * const predicted = await crossValPredict(new LogisticRegression(), X, y, { cv: 3 });
 * console.log(accuracyScore(y, predicted).toFixed(2)); // → 0.97
 * ```
 */
export async function crossValPredict<
  K extends 'classifier' | 'regressor',
  L extends Labels,
  M extends Method = 'predict',
>(
  estimator: Estimator<FittedEstimator> & { readonly kind: K },
  X: Rows,
  y: L,
  options: CrossValPredictOptions<M> = {},
): Promise<CrossValPredicted<K, L, M>> {
  checkOptions(options, ['method', ...CROSS_VAL_OPTIONS.filter((name) => name !== 'errorScore')], WHAT);
  const method: Method = checkOption<Method>(options.method ?? 'predict', METHODS, 'method', WHAT);
  const task = taskOf(estimator, X, y, options, undefined, WHAT);
  const parts = partsOf(options.cv, estimator.kind, X, y, options.groups, WHAT);
  const n = countRows(X, WHAT);
  checkPartition(parts, n);
  const jobs = parts.map((part): Job => ({ part, predict: method }));
  const outcomes = await runJobs(task, jobs, { ...options, errorScore: 'raise' }, WHAT);
  const said = outcomes.map((o: Outcome) => o.predicted!);
  const merged =
    method === 'predict'
      ? mergeLabels(said, jobs, n, estimator.kind, y)
      : mergeColumns(said, jobs, n, method, X as Matrix, y);
  return merged as CrossValPredicted<K, L, M>;
}

function checkPartition(parts: readonly { readonly test: Int32Array }[], n: number): void {
  const seen = new Int32Array(n);
  for (const { test } of parts) for (const i of test) seen[i]!++;
  const at = seen.findIndex((times) => times !== 1);
  if (at >= 0) {
    throw new ConfigError(
      `${WHAT}: sample ${at} is in ${seen[at]} test parts. Each must be in exactly one, as with KFold.`,
    );
  }
}

function mergeLabels(
  said: readonly Response[],
  jobs: readonly Job[],
  n: number,
  kind: string,
  y: Labels,
): LabelsLike<Labels> | Float64Array {
  const all = new Array<Label>(n);
  said.forEach(({ values }, f) => {
    jobs[f]!.part.test.forEach((i, at) => {
      all[i] = values[at]!;
    });
  });
  return kind === 'classifier' ? labelsLike(y, all) : Float64Array.from(all as number[]);
}

function mergeColumns(
  said: readonly Response[],
  jobs: readonly Job[],
  n: number,
  method: Method,
  X: Matrix,
  y: Labels,
): Tensor {
  const classes = said[0]!.classes === null ? [] : distinctLabels(readLabels(y, `${WHAT}: y`));
  const isFlat = said.every((s) => s.shape.length === 1) && classes.length <= 2;
  const width = isFlat ? 1 : Math.max(classes.length, said[0]!.shape[1] ?? 1);
  const out = new Float64Array(n * width).fill(method === 'predictProba' ? 0 : -Number.MAX_VALUE);
  said.forEach((response, f) => {
    const columns = isFlat ? [0] : columnsOf(response, classes, width);
    jobs[f]!.part.test.forEach((i, at) => {
      columns.forEach((c, from) => {
        out[i * width + c] = response.values[at * columns.length + from] as number;
      });
    });
  });
  return resultLike(X, out, isFlat ? [n] : [n, width]);
}

/** Which columns a model's columns are, by its classes. */
function columnsOf({ shape, classes }: Response, all: readonly Label[], width: number): number[] {
  if (classes === null) return Array.from({ length: width }, (_, c) => c);
  if (shape.length === 1) {
    throw new ConfigError(
      `${WHAT}: a training part has only the classes ${classes.join(', ')} of ${all.length}; one decision value can't be put beside ${all.length}. Use method 'predictProba', or stratify.`,
    );
  }
  return classes.map((c) => all.indexOf(c));
}
