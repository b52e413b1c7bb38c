/**
 * Estimators made of estimators: bagging, voting, stacking.
 *
 * @module
 */

export type { BaggingOptions } from './bag';
export type { BaggingClassifierOptions } from './bagging-classifier';
export { BaggingClassifier, FittedBaggingClassifier } from './bagging-classifier';
export type { BaggingRegressorOptions } from './bagging-regressor';
export { BaggingRegressor, FittedBaggingRegressor } from './bagging-regressor';
export type { NamedEstimators, NamedModels } from './members';
export type { StackMethod } from './stack';
export type { StackingClassifierOptions, StackingOptions } from './stacking-classifier';
export { FittedStackingClassifier, StackingClassifier } from './stacking-classifier';
export type { StackingRegressorOptions } from './stacking-regressor';
export { FittedStackingRegressor, StackingRegressor } from './stacking-regressor';
export type { VotingClassifierOptions } from './voting-classifier';
export { FittedVotingClassifier, VotingClassifier } from './voting-classifier';
export type { VotingRegressorOptions } from './voting-regressor';
export { FittedVotingRegressor, VotingRegressor } from './voting-regressor';
