/**
 * Linear models. `await new Model(options).fit(X, y)` returns the fitted model; predicting is synchronous.
 *
 * @module
 */

export type { ClassWeight, ClassWeightMap } from '../data/class-weight';
export type { FitOptions } from '../data/estimator';
export { FittedLogisticRegression } from './fitted-logistic-regression';
export type { PartialFitOptions } from './fitted-online';
export { LogisticRegression, type LogisticRegressionOptions } from './logistic-regression';
export {
  FittedPassiveAggressiveClassifier,
  FittedPassiveAggressiveRegressor,
  PassiveAggressiveClassifier,
  type PassiveAggressiveClassifierOptions,
  PassiveAggressiveRegressor,
  type PassiveAggressiveRegressorOptions,
} from './passive-aggressive';
export { FittedPerceptron, Perceptron, type PerceptronOptions } from './perceptron';
export { FittedSGDClassifier, SGDClassifier, type SGDClassifierOptions } from './sgd-classifier';
export type { ClassificationLoss, RegressionLoss } from './sgd-loss';
export type { SGDOptions } from './sgd-options';
export { FittedSGDRegressor, SGDRegressor, type SGDRegressorOptions } from './sgd-regressor';
