import { ConfigError } from '../core/errors';
import type { Tensor } from '../core/tensor';
import type { FittedEstimator } from '../data/estimator';
import type { Labels } from '../data/labels';
import type { Matrix } from '../data/matrix';
import type { Vector } from '../data/vector';
import {
  accuracyScore,
  averagePrecisionScore,
  balancedAccuracyScore,
  brierScoreLoss,
  f1Score,
  logLoss,
  matthewsCorrcoef,
  meanAbsoluteError,
  meanSquaredError,
  precisionScore,
  r2Score,
  recallScore,
  rocAucScore,
  rootMeanSquaredError,
} from '../metrics/index';

/** A figure for a fitted model on samples; greater is better. */
export type Scorer = (model: FittedEstimator, X: Matrix, y: Labels) => number;

type Average = 'macro' | 'micro' | 'weighted';

/** The name of a figure, as in scikit-learn's `scoring` but in camelCase. Losses are negated: greater is better. */
export type ScoringName =
  | 'accuracy'
  | 'balancedAccuracy'
  | `${'precision' | 'recall' | 'f1'}${'' | Capitalize<Average>}`
  | 'rocAuc'
  | `rocAuc${'Ovr' | 'Ovo'}${'' | 'Weighted'}`
  | 'averagePrecision'
  | 'negLogLoss'
  | 'negBrierScore'
  | 'matthewsCorrcoef'
  | 'r2'
  | 'negMeanSquaredError'
  | 'negRootMeanSquaredError'
  | 'negMeanAbsoluteError';

type LabelScore = (yTrue: Labels, yPred: Labels) => number;

const byLabels =
  (score: LabelScore): Scorer =>
  (model, X, y) =>
    score(y, model.predict(X));

const byValues =
  (score: (yTrue: Vector, yPred: Vector) => number): Scorer =>
  (model, X, y) =>
    score(y as Vector, model.predict(X) as Vector);

function probabilities(model: FittedEstimator, X: Matrix): Tensor {
  if (model.predictProba === undefined) {
    throw new ConfigError(
      'scoring: this figure needs probabilities, but the model has no predictProba. Choose another.',
    );
  }
  return model.predictProba(X);
}

/** Probabilities of the greater of two classes. */
function positiveColumn(model: FittedEstimator, X: Matrix): Float64Array {
  const p = probabilities(model, X);
  const k = p.shape[1]!;
  if (k !== 2)
    throw new ConfigError(
      `scoring: this figure is for two classes, the model has ${k}. Choose one for several, such as 'rocAucOvr'.`,
    );
  const data = p.dataSync();
  return Float64Array.from({ length: data.length / 2 }, (_, i) => data[2 * i + 1]!);
}

/** Scores of the greater of two classes: decision values where the model has them, else probabilities. */
function ranking(model: FittedEstimator, X: Matrix): Vector {
  const z = model.decisionFunction?.(X);
  return z !== undefined && z.rank === 1 ? z : positiveColumn(model, X);
}

const multiclassAuc =
  (multiClass: 'ovr' | 'ovo', average: 'macro' | 'weighted'): Scorer =>
  (model, X, y) =>
    rocAucScore(y, probabilities(model, X), { multiClass, average, labels: model.classes as Labels });

function labelScorer(name: string): Scorer | null {
  const match = /^(precision|recall|f1)(Macro|Micro|Weighted)?$/.exec(name);
  if (match === null) return null;
  const score = { precision: precisionScore, recall: recallScore, f1: f1Score }[match[1] as 'f1'];
  const average = (match[2]?.toLowerCase() ?? 'binary') as Average | 'binary';
  return byLabels((t, p) => score(t, p, { average }));
}

const SCORERS: { readonly [name: string]: Scorer } = {
  accuracy: /* @__PURE__ */ byLabels(accuracyScore),
  balancedAccuracy: /* @__PURE__ */ byLabels(balancedAccuracyScore),
  matthewsCorrcoef: /* @__PURE__ */ byLabels(matthewsCorrcoef),
  rocAuc: (model, X, y) => rocAucScore(y, ranking(model, X)),
  rocAucOvr: /* @__PURE__ */ multiclassAuc('ovr', 'macro'),
  rocAucOvo: /* @__PURE__ */ multiclassAuc('ovo', 'macro'),
  rocAucOvrWeighted: /* @__PURE__ */ multiclassAuc('ovr', 'weighted'),
  rocAucOvoWeighted: /* @__PURE__ */ multiclassAuc('ovo', 'weighted'),
  averagePrecision: (model, X, y) => averagePrecisionScore(y, ranking(model, X), { posLabel: model.classes?.[1] }),
  negLogLoss: (model, X, y) => -logLoss(y, probabilities(model, X), { labels: model.classes as Labels }),
  negBrierScore: (model, X, y) => -brierScoreLoss(y, positiveColumn(model, X), { posLabel: model.classes?.[1] }),
  r2: /* @__PURE__ */ byValues(r2Score),
  negMeanSquaredError: /* @__PURE__ */ byValues((t, p) => -meanSquaredError(t, p)),
  negRootMeanSquaredError: /* @__PURE__ */ byValues((t, p) => -rootMeanSquaredError(t, p)),
  negMeanAbsoluteError: /* @__PURE__ */ byValues((t, p) => -meanAbsoluteError(t, p)),
};

/** The scorer a `scoring` option stands for; the model's own `score` when there is none. */
export function toScorer(scoring: ScoringName | Scorer | undefined): Scorer {
  if (scoring === undefined) return (model, X, y) => model.score(X, y);
  if (typeof scoring === 'function') return scoring;
  const found = Object.hasOwn(SCORERS, scoring) ? SCORERS[scoring] : labelScorer(String(scoring));
  if (found) return found;
  const names = [...Object.keys(SCORERS), 'precision', 'recall', 'f1'].sort();
  throw new ConfigError(
    `scoring: unknown figure '${String(scoring)}'. Use one of ${names.join(', ')} (the last three also with Macro, Micro, Weighted), or a function.`,
  );
}
