/**
 * Scores of predictions: classification, ranking, probabilities, regression. Names and options are scikit-learn's in
 * camelCase; labels and scores come as arrays, typed arrays or tensors.
 *
 * @module
 */

export { type AccuracyOptions, accuracyScore, type BalancedAccuracyOptions, balancedAccuracyScore, confusionMatrix, type ConfusionOptions } from './accuracy';
export { cohenKappaScore, type KappaOptions, matthewsCorrcoef } from './agreement';
export { type CurveOptions, precisionRecallCurve, type PrecisionRecallCurve, rocCurve, type RocCurve } from './curves';
export type { WeightOptions } from './pair';
export {
  type Average,
  f1Score,
  fbetaScore,
  type FbetaOptions,
  type PrecisionRecallFscore,
  precisionRecallFscoreSupport,
  type PrecisionRecallOptions,
  precisionScore,
  recallScore,
} from './precision-recall';
export { type BrierOptions, brierScoreLoss, logLoss, type LogLossOptions } from './probabilistic';
export type { Scores } from './probabilities';
export { type AveragePrecisionOptions, averagePrecisionScore, type RocAucOptions, rocAucScore } from './ranking';
export { meanAbsoluteError, meanSquaredError, r2Score, type RegressionOptions, rootMeanSquaredError, type Targets } from './regression';
export { classificationReport, type ReportDict, type ReportOptions, type ReportRow } from './report';
export { type OnWarning, UndefinedMetricWarning, type WarningOptions, type ZeroDivision, type ZeroDivisionOptions } from './warning';
