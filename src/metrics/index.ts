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
export { type CurveOptions, type PrecisionRecallCurve, precisionRecallCurve, type RocCurve, rocCurve } from './curves';
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
export { type AveragePrecisionOptions, averagePrecisionScore, type RocAucOptions, rocAucScore } from './ranking';
export type { Average, FbetaOptions, PrecisionRecallFscore, PrecisionRecallOptions } from './ratios';
export {
  meanAbsoluteError,
  meanSquaredError,
  type RegressionOptions,
  r2Score,
  rootMeanSquaredError,
  type Targets,
} from './regression';
export { classificationReport, type ReportDict, type ReportOptions, type ReportRow } from './report';
export {
  type OnWarning,
  UndefinedMetricWarning,
  type WarningOptions,
  type ZeroDivision,
  type ZeroDivisionOptions,
} from './warning';
