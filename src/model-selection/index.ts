/**
 * Splitting data and judging models on data they have not seen. Names and options are scikit-learn's in camelCase.
 *
 * @module
 */

export type { Estimator, FittedEstimator, Splitter } from '../data/estimator';
export { type CrossValScoreOptions, crossValScore } from './cross-val';
export type { Scorer, ScoringName } from './scoring';
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
