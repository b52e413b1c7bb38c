/**
 * Nearest neighbours, exact, and what is learned from them.
 *
 * @module
 */

export {
  KNeighborsClassifier,
  type KNeighborsOptions,
  RadiusNeighborsClassifier,
  type RadiusNeighborsClassifierOptions,
  type RadiusNeighborsEstimatorOptions,
} from './classifiers';
export { FittedKNeighborsClassifier, FittedRadiusNeighborsClassifier } from './fitted-classifiers';
export type { MetricName } from './metric';
export { FittedNearestCentroid, NearestCentroid, type NearestCentroidOptions } from './nearest-centroid';
export {
  FittedNearestNeighbors,
  type KneighborsCallOptions,
  kneighbors,
  NearestNeighbors,
  type NearestNeighborsOptions,
} from './nearest-neighbors';
export type { NeighborsAlgorithm, Within } from './point-index';
export {
  FittedKNeighborsRegressor,
  FittedRadiusNeighborsRegressor,
  KNeighborsRegressor,
  RadiusNeighborsRegressor,
} from './regressors';
export type {
  KneighborsGraphOptions,
  KneighborsOptions,
  Neighbors,
  RadiusNeighborsOptions,
} from './searchable';
export type { NeighborsOptions } from './settings';
export type { NeighborWeights } from './votes';
