/**
 * Scores of predictions: classification, ranking, probabilities, regression. Names and options are scikit-learn's in
 * camelCase; labels and scores come as arrays, typed arrays or tensors.
 *
 * @module
 */

export {
  type AccuracyOptions,
  accuracyScore,
  type BalancedAccuracyOptions,
  balancedAccuracyScore,
  type ConfusionOptions,
  confusionMatrix,
} from './accuracy';
export { cohenKappaScore, type KappaOptions, matthewsCorrcoef } from './agreement';
export { type AveragePrecisionOptions, averagePrecisionScore } from './average-precision';
export { type BleuOptions, type BleuScore, corpusBleu, sentenceBleu } from './bleu';
export {
  auc,
  type CalibrationCurve,
  type CalibrationOptions,
  calibrationCurve,
  type DetCurve,
  detCurve,
} from './calibration';
export { type ChrfOptions, chrfScore } from './chrf';
export {
  adjustedRandScore,
  calinskiHarabaszScore,
  daviesBouldinScore,
  fowlkesMallowsScore,
  homogeneityCompletenessVMeasure,
  normalizedMutualInfoScore,
  silhouetteSamples,
  silhouetteScore,
} from './clusters';
export {
  type ConfusionByClassOptions,
  classLikelihoodRatios,
  type MultilabelConfusionOptions,
  multilabelConfusionMatrix,
} from './confusion-by-class';
export { type CurveOptions, type PrecisionRecallCurve, precisionRecallCurve, type RocCurve, rocCurve } from './curves';
export {
  d2AbsoluteErrorScore,
  d2PinballScore,
  d2TweedieScore,
  meanGammaDeviance,
  meanPoissonDeviance,
  meanTweedieDeviance,
  type TweedieOptions,
} from './deviance';
export {
  type DriftOptions,
  type FeatureDrift,
  featureDrift,
  type KolmogorovSmirnov,
  kolmogorovSmirnov,
  populationStabilityIndex,
  type StabilityOptions,
} from './drift';
export { type DcgOptions, type DiscountOptions, dcgScore, ndcgScore } from './gain';
export { type GeometricMeanOptions, geometricMeanScore, makeIndexBalancedAccuracy } from './geometric-mean';
export {
  classificationReportImbalanced,
  type ImbalancedReport,
  type ImbalancedReportOptions,
  type ImbalancedRow,
} from './imbalanced-report';
export type { ClassTargets, Indicator } from './indicator';
export {
  type HingeOptions,
  hammingLoss,
  hingeLoss,
  jaccardScore,
  type TopKOptions,
  topKAccuracyScore,
  zeroOneLoss,
} from './label-errors';
export { coverageError, labelRankingAveragePrecisionScore, labelRankingLoss } from './label-ranking';
export type { TableAverage } from './over-labels';
export type { WeightOptions } from './pair';
export {
  f1Score,
  fbetaScore,
  precisionRecallFscoreSupport,
  precisionScore,
  recallScore,
} from './precision-recall';
export { type BrierOptions, brierScoreLoss, type LogLossOptions, logLoss } from './probabilistic';
export type { Scores } from './probabilities';
export type { Average, FbetaOptions, LabelAverage, PrecisionRecallFscore, PrecisionRecallOptions } from './ratios';
export {
  meanAbsoluteError,
  meanSquaredError,
  type RegressionOptions,
  r2Score,
  rootMeanSquaredError,
  type Targets,
} from './regression';
export {
  explainedVarianceScore,
  maxError,
  meanAbsolutePercentageError,
  meanPinballLoss,
  meanSquaredLogError,
  medianAbsoluteError,
  type PinballOptions,
  rootMeanSquaredLogError,
} from './regression-errors';
export { classificationReport, type ReportDict, type ReportOptions, type ReportRow } from './report';
export { type RocAucOptions, rocAucScore } from './roc-auc';
export {
  macroAveragedMeanAbsoluteError,
  type SensitivitySpecificity,
  type SpecificityOptions,
  sensitivityScore,
  sensitivitySpecificitySupport,
  specificityScore,
} from './specificity';
export type { TranslationTokens } from './translation-tokens';
export {
  type OnWarning,
  UndefinedMetricWarning,
  type WarningOptions,
  type ZeroDivision,
  type ZeroDivisionOptions,
} from './warning';
