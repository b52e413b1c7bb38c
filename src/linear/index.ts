/**
 * Linear models. `await new Model(options).fit(X, y)` returns the fitted model; predicting is synchronous.
 *
 * @module
 */

export type { ClassWeight, ClassWeightMap } from '../data/class-weight';
export type { FitOptions } from '../data/estimator';
export {
  ElasticNet,
  type ElasticNetOptions,
  FittedElasticNet,
  FittedLasso,
  Lasso,
  type LassoOptions,
} from './elastic-net';
export {
  ElasticNetCV,
  type ElasticNetCVOptions,
  FittedElasticNetCV,
  FittedLassoCV,
  LassoCV,
  type LassoCVOptions,
} from './elastic-net-cv';
export {
  type EnetPathOptions,
  enetPath,
  type LassoPathOptions,
  lassoPath,
  type RegularizationPath,
} from './elastic-net-path';
export { FittedLogisticRegression } from './fitted-logistic-regression';
export { FittedLogisticRegressionCV } from './fitted-logistic-regression-cv';
export type { PartialFitOptions } from './fitted-online';
export { FittedLinearRegression, LinearRegression, type LinearRegressionOptions } from './linear-regression';
export { LogisticRegression, type LogisticRegressionOptions } from './logistic-regression';
export { LogisticRegressionCV, type LogisticRegressionCVOptions } from './logistic-regression-cv';
export type { LogisticOptions, LogisticPenalty, LogisticSolver, MultiClass } from './logistic-settings';
export { FittedMultilabelOneVsRest, type TableLike } from './multilabel-one-vs-rest';
export { FittedOneVsRestClassifier, OneVsRestClassifier, type OneVsRestClassifierOptions } from './one-vs-rest';
export {
  FittedPassiveAggressiveClassifier,
  FittedPassiveAggressiveRegressor,
  PassiveAggressiveClassifier,
  type PassiveAggressiveClassifierOptions,
  PassiveAggressiveRegressor,
  type PassiveAggressiveRegressorOptions,
} from './passive-aggressive';
export { FittedPerceptron, Perceptron, type PerceptronOptions } from './perceptron';
export {
  FittedRidge,
  FittedRidgeClassifier,
  Ridge,
  RidgeClassifier,
  type RidgeClassifierOptions,
  type RidgeOptions,
  type RidgeSolver,
} from './ridge';
export { FittedRidgeCV, RidgeCV, type RidgeCVOptions } from './ridge-cv';
export { FittedSGDClassifier, SGDClassifier, type SGDClassifierOptions } from './sgd-classifier';
export type { ClassificationLoss, RegressionLoss } from './sgd-loss';
export type { SGDOptions } from './sgd-options';
export { FittedSGDRegressor, SGDRegressor, type SGDRegressorOptions } from './sgd-regressor';
