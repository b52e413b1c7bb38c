/**
 * Decision trees, forests of them, and boosting.
 *
 * @module
 */

export type { AdaAlgorithm, AdaBoostClassifierOptions } from './ada/classifier';
export { AdaBoostClassifier, FittedAdaBoostClassifier } from './ada/classifier';
export type { AdaBoostOptions } from './ada/options';
export type { AdaBoostRegressorOptions, AdaLoss } from './ada/regressor';
export { AdaBoostRegressor, FittedAdaBoostRegressor } from './ada/regressor';
export { DecisionTreeClassifier, DecisionTreeRegressor } from './decision-tree';
export { type ExportTextOptions, exportText } from './export-text';
export { ExtraTreeClassifier, ExtraTreeRegressor } from './extra-tree';
export {
  FittedExtraTreesClassifier,
  FittedExtraTreesRegressor,
  FittedRandomForestClassifier,
  FittedRandomForestRegressor,
} from './fitted-forests';
export {
  FittedDecisionTreeClassifier,
  FittedDecisionTreeRegressor,
  FittedExtraTreeClassifier,
  FittedExtraTreeRegressor,
} from './fitted-trees';
export type { ForestOptions } from './forest';
export type { GradientBoostingClassifierOptions } from './gradient/classifier';
export { FittedGradientBoostingClassifier, GradientBoostingClassifier } from './gradient/classifier';
export type { Ensemble } from './gradient/ensemble';
export type { GradientBoostingOptions } from './gradient/options';
export type { GradientBoostingRegressorOptions, GradientRegressionLoss } from './gradient/regressor';
export { FittedGradientBoostingRegressor, GradientBoostingRegressor } from './gradient/regressor';
export type { TreeArrays } from './grow/types';
export type { Boosted } from './hist/boosted';
export type { HistGradientBoostingClassifierOptions } from './hist/classifier';
export { FittedHistGradientBoostingClassifier, HistGradientBoostingClassifier } from './hist/classifier';
export type { Continuable, HistGradientBoostingOptions } from './hist/options';
export type { HistGradientBoostingRegressorOptions, HistRegressionLoss } from './hist/regressor';
export { FittedHistGradientBoostingRegressor, HistGradientBoostingRegressor } from './hist/regressor';
export type { HistTree } from './hist/tree';
export type { ClassifierTreeOptions, RegressorTreeOptions, TreeOptions } from './options';
export type { PruningPath } from './prune';
export {
  ExtraTreesClassifier,
  ExtraTreesRegressor,
  type ForestClassifierOptions,
  type ForestRegressorOptions,
  RandomForestClassifier,
  RandomForestRegressor,
} from './random-forest';
