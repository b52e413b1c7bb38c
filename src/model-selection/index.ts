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
export { type CurveScores, type LearningCurveOptions, learningCurve, validationCurve } from './curves';
export type { CrossValidation } from './cv';
export { type ClassifierDrift, type ClassifierDriftOptions, classifierDrift } from './drift';
export { FittedThreshold, type ResponseMethod } from './fitted-threshold';
export type { Params } from './jobs/job';
export { JobThreadError } from './jobs/pool';
export type { Method } from './jobs/respond';
export { FitFailedWarning, type Progress, type RunOptions } from './jobs/run';
export { serveJobs } from './jobs/serve';
export { type Distribution, logUniform, randint, uniform } from './params/distributions';
export { type Grid, ParameterGrid } from './params/grid';
export type { GridOf, ParamsOf } from './params/params-of';
export { type Distributions, ParameterSampler, type ParameterSamplerOptions } from './params/sampler';
export {
  type PermutationImportance,
  type PermutationImportanceOptions,
  type PermutationTestOptions,
  permutationImportance,
  permutationTestScore,
} from './permutation';
export {
  FeatureUnion,
  type FeatureUnionOptions,
  FittedFeatureUnion,
  type UnionPart,
} from './pipeline/feature-union';
export { FittedPipeline, type FittedStep } from './pipeline/fitted-pipeline';
export { makePipeline, Pipeline } from './pipeline/pipeline';
export type { PipelineModel, PipelineStep, PipelineSteps } from './pipeline/types';
export type { ScoringName } from './scoring/names';
export type { Scoring, SingleScoring } from './scoring/resolve';
export { type MakeScorerOptions, type Metric, type MultiScorer, makeScorer, type Scorer } from './scoring/scorer';
export { FittedSearch, type Halving, type SearchModel } from './search/fitted-search';
export {
  type DistributionsOf,
  GridSearchCV,
  RandomizedSearchCV,
  type RandomizedSearchOptions,
} from './search/grid-search';
export {
  HalvingGridSearchCV,
  type HalvingOptions,
  type HalvingRandomOptions,
  HalvingRandomSearchCV,
} from './search/halving';
export type { CvResults } from './search/results';
export type { SearchFitOptions, SearchOptions } from './search/search';
export type { SplitSizes } from './sizes';
export {
  GroupKFold,
  type GroupKFoldOptions,
  StratifiedGroupKFold,
  type StratifiedGroupKFoldOptions,
} from './splits/group-k-fold';
export { KFold, type KFoldOptions, StratifiedKFold, type StratifiedKFoldOptions } from './splits/k-fold';
export {
  LeaveOneGroupOut,
  LeaveOneOut,
  LeavePGroupsOut,
  type LeavePGroupsOutOptions,
  LeavePOut,
  type LeavePOutOptions,
  PredefinedSplit,
  type PredefinedSplitOptions,
} from './splits/leave-out';
export {
  RepeatedKFold,
  type RepeatedKFoldOptions,
  RepeatedStratifiedKFold,
  type RepeatedStratifiedKFoldOptions,
} from './splits/repeated';
export {
  GroupShuffleSplit,
  ShuffleSplit,
  type ShuffleSplitOptions,
  StratifiedShuffleSplit,
} from './splits/shuffle-split';
export { TimeSeriesSplit, type TimeSeriesSplitOptions } from './splits/time-series-split';
export type { TrainTest } from './stratify';
export {
  FixedThresholdClassifier,
  type FixedThresholdOptions,
  type ThresholdModel,
  TunedThresholdClassifier,
  TunedThresholdClassifierCV,
  type TunedThresholdOptions,
} from './threshold';
export { type TrainTestParts, type TrainTestSplitOptions, trainTestSplit } from './train-test-split';
export {
  FittedTransformedTarget,
  type TransformedTargetOptions,
  TransformedTargetRegressor,
} from './transformed-target';
