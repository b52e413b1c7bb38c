import { ConfigError } from '../../core/errors';
import { checkFunction } from '../../core/options';
import { shown } from '../../core/shown';
import type { Tensor } from '../../core/tensor';
import type { FittedEstimator } from '../../data/estimator';
import type { Label, Labels } from '../../data/labels';
import type { Matrix } from '../../data/matrix';
import { isIndicator } from '../../metrics/indicator';

/** A figure for a fitted model on samples; greater is better. */
export type Scorer = (model: FittedEstimator, X: Matrix, y: Labels) => number;

/** Several figures at once, by name; greater is better in each. */
export type MultiScorer = (model: FittedEstimator, X: Matrix, y: Labels) => Readonly<Record<string, number>>;

/** A metric as in `kompakt/metrics`: of the truth, and of predictions, probabilities or decision values. */
// biome-ignore lint/suspicious/noExplicitAny: metrics differ in what they take as predictions and as options.
export type Metric = (yTrue: any, yPred: any, options?: any) => number;

export interface MakeScorerOptions {
  /** Whether more is better; true by default. A loss is negated, so that greater is better in every scorer. */
  readonly greaterIsBetter?: boolean | undefined;
  /** Give the metric probabilities: of the greater class (or `posLabel`) where there are two, else of all. */
  readonly needsProba?: boolean | undefined;
  /** Give the metric decision values, or probabilities where the model has none. */
  readonly needsThreshold?: boolean | undefined;
  /** Everything else goes to the metric as its options. */
  readonly [option: string]: unknown;
}

/**
 * Makes a scorer, for `scoring`, from a metric.
 *
 * score = ±metric(y, response of the model to X, options)
 *
 * @param metric - `(yTrue, yPred, options) => number`.
 * @param options - `greaterIsBetter = true`, `needsProba = false`, `needsThreshold = false`; all others are the metric's.
 * @returns a function of model, samples and labels.
 * @throws ConfigError when both kinds of response are asked for, or what is given is no function.
 *
 * @example
 * ```ts
 * import { iris } from 'kompakt/data';
 * import { LogisticRegression } from 'kompakt/linear';
 * import { fbetaScore } from 'kompakt/metrics';
 * import { crossValScore, makeScorer } from 'kompakt/model-selection';
 * const { X, y } = iris();
 * const scoring = makeScorer(fbetaScore, { beta: 2, average: 'macro' });
 * const scores = await crossValScore(new LogisticRegression(), X, y, { cv: 3, scoring });
 * console.log(scores.map((s) => s.toFixed(2))); // → [ '0.98', '0.96', '0.98' ]
 * ```
 */
export function makeScorer(metric: Metric, options: MakeScorerOptions = {}): Scorer {
  checkFunction(metric, 'makeScorer: metric');
  if (typeof options !== 'object' || options === null)
    throw new ConfigError(`makeScorer: the options must be an object, got ${shown(options)}.`);
  const { greaterIsBetter = true, needsProba = false, needsThreshold = false, ...rest } = options;
  if (needsProba && needsThreshold)
    throw new ConfigError(
      'makeScorer: needsProba and needsThreshold exclude each other. Choose what the metric takes.',
    );
  const respond = needsProba ? probabilities : needsThreshold ? thresholds : predictions;
  const respondToTable = needsProba ? allProbabilities : needsThreshold ? allScores : predictions;
  const sign = greaterIsBetter ? 1 : -1;
  return (model, X, y) => {
    const response = isIndicator(y) ? respondToTable(model, X) : respond(model, X, rest.posLabel as Label | undefined);
    return sign * metric(y, response, rest);
  };
}

const predictions = (model: FittedEstimator, X: Matrix): Labels => model.predict(X);

/** Probabilities of one class of two, or of all of more. */
function probabilities(model: FittedEstimator, X: Matrix, posLabel?: Label): Float64Array | Tensor {
  const p = allProbabilities(model, X);
  return p.shape[1] === 2 ? columnOf(p, model, posLabel) : p;
}

/** Decision values where the model has them, else probabilities. */
function thresholds(model: FittedEstimator, X: Matrix, posLabel?: Label): Float64Array | Tensor {
  const z = model.decisionFunction?.(X);
  if (z === undefined) return probabilities(model, X, posLabel);
  return z.rank === 1 && posLabel !== undefined && model.classes?.[0] === posLabel
    ? (z.dataSync() as Float64Array).map((v) => -v)
    : z;
}

/** The model's probabilities `[samples, classes]`. */
export function allProbabilities(model: FittedEstimator, X: Matrix): Tensor {
  if (model.predictProba === undefined) {
    throw new ConfigError(
      'scoring: this figure needs probabilities, but the model has no predictProba. Choose another.',
    );
  }
  return model.predictProba(X);
}

/** What the model decides by, of all labels: decision values where it has them, else probabilities. */
export function allScores(model: FittedEstimator, X: Matrix): Tensor {
  return model.decisionFunction?.(X) ?? allProbabilities(model, X);
}

function columnOf(p: Tensor, model: FittedEstimator, posLabel: Label | undefined): Float64Array {
  const column = posLabel === undefined ? 1 : (model.classes?.indexOf(posLabel) ?? -1);
  if (column < 0)
    throw new ConfigError(
      `scoring: posLabel ${shown(posLabel)} is none of the model's classes ${(model.classes ?? []).join(', ')}.`,
    );
  const data = p.dataSync();
  return Float64Array.from({ length: data.length / 2 }, (_, i) => data[2 * i + column]!);
}

/** Probabilities of the greater of two classes. */
export function positiveColumn(model: FittedEstimator, X: Matrix): Float64Array {
  const p = allProbabilities(model, X);
  const k = p.shape[1]!;
  if (k !== 2)
    throw new ConfigError(
      `scoring: this figure is for two classes, the model has ${k}. Choose one for several, such as 'rocAucOvr'.`,
    );
  return columnOf(p, model, undefined);
}

/** Scores of the greater of two classes: decision values where the model has them, else probabilities. */
export function ranking(model: FittedEstimator, X: Matrix): Float64Array | Tensor {
  const z = model.decisionFunction?.(X);
  return z !== undefined && z.rank === 1 ? z : positiveColumn(model, X);
}
