/**
 * Linear models. `await new Model(options).fit(X, y)` returns the fitted model; predicting is synchronous.
 *
 * @module
 */

export type { ClassWeight, ClassWeightMap } from '../data/class-weight';
export type { FitOptions } from '../data/estimator';
export { FittedLogisticRegression } from './fitted-logistic-regression';
export { LogisticRegression, type LogisticRegressionOptions } from './logistic-regression';
