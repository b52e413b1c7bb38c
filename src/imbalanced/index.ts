/**
 * Methods for data in which some classes are rare: resampling and class weights. Names and options are
 * imbalanced-learn's in camelCase.
 *
 * @module
 */

export {
  type ClassWeight,
  type ClassWeightMap,
  type ClassWeightOptions,
  computeClassWeight,
  computeSampleWeight,
} from '../data/class-weight';
export type { Resampled } from '../data/estimator';
export { ADASYN, type ADASYNOptions } from './adasyn';
export {
  BalancedBaggingClassifier,
  type BalancedBaggingClassifierOptions,
  FittedBalancedBaggingClassifier,
} from './balanced-bagging';
export type { BalancedOptions } from './balanced-member';
export {
  BalancedRandomForestClassifier,
  type BalancedRandomForestClassifierOptions,
  FittedBalancedRandomForestClassifier,
} from './balanced-random-forest';
export { BorderlineSMOTE, type BorderlineSMOTEOptions } from './borderline-smote';
export {
  type CenterEstimator,
  ClusterCentroids,
  type ClusterCentroidsOptions,
} from './cluster-centroids';
export { SMOTEENN, type SMOTEENNOptions, SMOTETomek, type SMOTETomekOptions } from './combine';
export {
  CondensedNearestNeighbour,
  type CondensedNearestNeighbourOptions,
  OneSidedSelection,
  type OneSidedSelectionOptions,
} from './condensed';
export {
  EasyEnsembleClassifier,
  type EasyEnsembleClassifierOptions,
  FittedEasyEnsembleClassifier,
} from './easy-ensemble';
export {
  AllKNN,
  type AllKNNOptions,
  EditedNearestNeighbours,
  type EditedNearestNeighboursOptions,
  RepeatedEditedNearestNeighbours,
  type RepeatedEditedNearestNeighboursOptions,
} from './edited-nearest-neighbours';
export { InstanceHardnessThreshold, type InstanceHardnessThresholdOptions } from './instance-hardness-threshold';
export { type ClusterEstimator, KMeansSMOTE, type KMeansSMOTEOptions } from './kmeans-smote';
export { NearMiss, type NearMissOptions } from './near-miss';
export { NeighbourhoodCleaningRule, type NeighbourhoodCleaningRuleOptions } from './neighbourhood-cleaning-rule';
export type { OverSamplerOptions } from './over-sampler';
export type { CleaningOptions } from './picking';
export {
  RandomOverSampler,
  type RandomOverSamplerOptions,
  RandomUnderSampler,
  type RandomUnderSamplerOptions,
  type Shrinkage,
} from './random';
export {
  type BoostingAlgorithm,
  FittedRUSBoostClassifier,
  RUSBoostClassifier,
  type RUSBoostClassifierOptions,
} from './rus-boost';
export type { CleaningStrategy, Counts, SamplingStrategy, Target } from './sampling-strategy';
export { SMOTE, type SMOTEOptions } from './smote';
export { SMOTEN } from './smote-n';
export { SMOTENC, type SMOTENCOptions } from './smote-nc';
export { type SupportVectorEstimator, SVMSMOTE, type SVMSMOTEOptions } from './svm-smote';
export { TomekLinks } from './tomek-links';
