/**
 * Decision trees, forests of them, and boosting.
 *
 * @module
 */

export type { Boosted } from './hist/boosted';
export type { HistGradientBoostingClassifierOptions } from './hist/classifier';
export { FittedHistGradientBoostingClassifier, HistGradientBoostingClassifier } from './hist/classifier';
export type { Continuable, HistGradientBoostingOptions } from './hist/options';
export type { HistGradientBoostingRegressorOptions, HistRegressionLoss } from './hist/regressor';
export { FittedHistGradientBoostingRegressor, HistGradientBoostingRegressor } from './hist/regressor';
export type { HistTree } from './hist/tree';
