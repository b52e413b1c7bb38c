import { ConfigError } from '../../core/errors';
import { shown } from '../../core/shown';
import type { Labels } from '../../data/labels';
import type { Vector } from '../../data/vector';
import {
  accuracyScore,
  averagePrecisionScore,
  balancedAccuracyScore,
  brierScoreLoss,
  classLikelihoodRatios,
  d2AbsoluteErrorScore,
  explainedVarianceScore,
  f1Score,
  geometricMeanScore,
  jaccardScore,
  logLoss,
  matthewsCorrcoef,
  maxError,
  meanAbsoluteError,
  meanAbsolutePercentageError,
  meanGammaDeviance,
  meanPoissonDeviance,
  meanSquaredError,
  meanSquaredLogError,
  medianAbsoluteError,
  precisionScore,
  r2Score,
  recallScore,
  rocAucScore,
  rootMeanSquaredError,
  rootMeanSquaredLogError,
  topKAccuracyScore,
} from '../../metrics/index';
import { isIndicator } from '../../metrics/indicator';
import { allProbabilities, allScores, positiveColumn, ranking, type Scorer } from './scorer';

type Average = 'macro' | 'micro' | 'weighted' | 'samples';

/** The name of a figure, as in scikit-learn's `scoring` but in camelCase. Losses are negated: greater is better. */
export type ScoringName =
  | 'accuracy'
  | 'balancedAccuracy'
  | `${'precision' | 'recall' | 'f1' | 'jaccard'}${'' | Capitalize<Average>}`
  | 'rocAuc'
  | `rocAuc${'Ovr' | 'Ovo'}${'' | 'Weighted'}`
  | 'averagePrecision'
  | 'negLogLoss'
  | 'negBrierScore'
  | 'matthewsCorrcoef'
  | 'geometricMean'
  | 'topKAccuracy'
  | 'positiveLikelihoodRatio'
  | 'negNegativeLikelihoodRatio'
  | 'r2'
  | 'explainedVariance'
  | 'd2AbsoluteError'
  | 'negMaxError'
  | 'negMeanSquaredError'
  | 'negRootMeanSquaredError'
  | 'negMeanAbsoluteError'
  | 'negMedianAbsoluteError'
  | 'negMeanAbsolutePercentageError'
  | 'negMeanSquaredLogError'
  | 'negRootMeanSquaredLogError'
  | 'negMeanPoissonDeviance'
  | 'negMeanGammaDeviance';

type LabelScore = (yTrue: Labels, yPred: Labels) => number;

const byLabels =
  (score: LabelScore): Scorer =>
  (model, X, y) =>
    score(y, model.predict(X));

const byValues =
  (score: (yTrue: Vector, yPred: Vector) => number): Scorer =>
  (model, X, y) =>
    score(y as Vector, model.predict(X) as Vector);

const multiclassAuc =
  (multiClass: 'ovr' | 'ovo', average: 'macro' | 'weighted'): Scorer =>
  (model, X, y) =>
    rocAucScore(y, allProbabilities(model, X), { multiClass, average, labels: model.classes as Labels });

function labelScorer(name: string): Scorer | null {
  const match = /^(precision|recall|f1|jaccard)(Macro|Micro|Weighted|Samples)?$/.exec(name);
  if (match === null) return null;
  const score = { precision: precisionScore, recall: recallScore, f1: f1Score, jaccard: jaccardScore }[
    match[1] as 'f1'
  ];
  const average = (match[2]?.toLowerCase() ?? 'binary') as Average | 'binary';
  return byLabels((t, p) => score(t, p, { average }));
}

const SCORERS: { readonly [name: string]: Scorer } = {
  accuracy: /* @__PURE__ */ byLabels(accuracyScore),
  balancedAccuracy: /* @__PURE__ */ byLabels(balancedAccuracyScore),
  matthewsCorrcoef: /* @__PURE__ */ byLabels(matthewsCorrcoef),
  geometricMean: /* @__PURE__ */ byLabels((t, p) => geometricMeanScore(t, p)),
  positiveLikelihoodRatio: /* @__PURE__ */ byLabels((t, p) => classLikelihoodRatios(t, p).positive),
  negNegativeLikelihoodRatio: /* @__PURE__ */ byLabels((t, p) => -classLikelihoodRatios(t, p).negative),
  topKAccuracy: (model, X, y) => topKAccuracyScore(y, allProbabilities(model, X), { labels: model.classes as Labels }),
  rocAuc: (model, X, y) => rocAucScore(y, isIndicator(y) ? allScores(model, X) : ranking(model, X)),
  rocAucOvr: /* @__PURE__ */ multiclassAuc('ovr', 'macro'),
  rocAucOvo: /* @__PURE__ */ multiclassAuc('ovo', 'macro'),
  rocAucOvrWeighted: /* @__PURE__ */ multiclassAuc('ovr', 'weighted'),
  rocAucOvoWeighted: /* @__PURE__ */ multiclassAuc('ovo', 'weighted'),
  averagePrecision: (model, X, y) =>
    isIndicator(y)
      ? averagePrecisionScore(y, allScores(model, X))
      : averagePrecisionScore(y, ranking(model, X), { posLabel: model.classes?.[1] }),
  negLogLoss: (model, X, y) =>
    -logLoss(y, allProbabilities(model, X), { labels: isIndicator(y) ? null : (model.classes as Labels) }),
  negBrierScore: (model, X, y) => -brierScoreLoss(y, positiveColumn(model, X), { posLabel: model.classes?.[1] }),
  r2: /* @__PURE__ */ byValues(r2Score),
  negMeanSquaredError: /* @__PURE__ */ byValues((t, p) => -meanSquaredError(t, p)),
  negRootMeanSquaredError: /* @__PURE__ */ byValues((t, p) => -rootMeanSquaredError(t, p)),
  negMeanAbsoluteError: /* @__PURE__ */ byValues((t, p) => -meanAbsoluteError(t, p)),
  explainedVariance: /* @__PURE__ */ byValues((t, p) => explainedVarianceScore(t, p)),
  d2AbsoluteError: /* @__PURE__ */ byValues((t, p) => d2AbsoluteErrorScore(t, p)),
  negMaxError: /* @__PURE__ */ byValues((t, p) => -maxError(t, p)),
  negMedianAbsoluteError: /* @__PURE__ */ byValues((t, p) => -medianAbsoluteError(t, p)),
  negMeanAbsolutePercentageError: /* @__PURE__ */ byValues((t, p) => -meanAbsolutePercentageError(t, p)),
  negMeanSquaredLogError: /* @__PURE__ */ byValues((t, p) => -meanSquaredLogError(t, p)),
  negRootMeanSquaredLogError: /* @__PURE__ */ byValues((t, p) => -rootMeanSquaredLogError(t, p)),
  negMeanPoissonDeviance: /* @__PURE__ */ byValues((t, p) => -meanPoissonDeviance(t, p)),
  negMeanGammaDeviance: /* @__PURE__ */ byValues((t, p) => -meanGammaDeviance(t, p)),
};

/** The scorer that a name stands for. */
export function scorerByName(name: ScoringName): Scorer {
  const found = Object.hasOwn(SCORERS, name) ? SCORERS[name] : labelScorer(String(name));
  if (found) return found;
  const names = [...Object.keys(SCORERS), 'precision', 'recall', 'f1', 'jaccard'].sort();
  throw new ConfigError(
    `scoring: unknown figure '${shown(name)}'. Use one of ${names.join(', ')} (precision, recall, f1 and jaccard also with Macro, Micro, Weighted, Samples), or a function.`,
  );
}
