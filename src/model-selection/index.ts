/**
 * Splitting data and judging models on data they have not seen. Names and options are scikit-learn's in camelCase.
 *
 * @module
 */

export type { Estimator, FittedEstimator, Splitter } from '../data/estimator';
export { type CrossValPredicted, type CrossValPredictOptions, crossValPredict } from './cross-val-predict';
export {
  type CrossValidateOptions,
  type CrossValidateResult,
  type CrossValOptions,
  type CrossValScoreOptions,
  crossValidate,
  crossValScore,
} from './cross-validate';
export type { CrossValidation } from './cv';
export type { Params } from './jobs/job';
export type { Method } from './jobs/respond';
export { FitFailedWarning, type Progress, type RunOptions } from './jobs/run';
export type { GridOf, ParamsOf } from './params-of';
export { FittedPipeline, type FittedStep } from './pipeline/fitted-pipeline';
export { makePipeline, Pipeline } from './pipeline/pipeline';
export type { PipelineModel, PipelineStep, PipelineSteps } from './pipeline/types';
export type { ScoringName } from './scoring/names';
export type { Scoring, SingleScoring } from './scoring/resolve';
export { type MakeScorerOptions, type Metric, type MultiScorer, makeScorer, type Scorer } from './scoring/scorer';
export type { SplitSizes } from './sizes';
export {
  KFold,
  type KFoldOptions,
  LeaveOneOut,
  ShuffleSplit,
  type ShuffleSplitOptions,
  StratifiedKFold,
  type StratifiedKFoldOptions,
  StratifiedShuffleSplit,
} from './splitters';
export type { TrainTest } from './stratify';
export { type TrainTestParts, type TrainTestSplitOptions, trainTestSplit } from './train-test-split';
