/**
 * What is done to features before learning: scaling, encoding, filling in, selecting.
 *
 * @module
 */

export type { Norm } from '../data/row-norms';
export type { Input } from '../estimator/transformer';
export type { Categories, Category } from './categories';
export {
  type ColumnPart,
  type ColumnStep,
  ColumnTransformer,
  type ColumnTransformerOptions,
  makeColumnSelector,
  makeColumnTransformer,
} from './column-transformer';
export { FittedColumnTransformer } from './fitted-column-transformer';
export type { ImportanceEstimator } from './importances';
export { FittedKBinsDiscretizer, KBinsDiscretizer, type KBinsDiscretizerOptions } from './k-bins-discretizer';
export { FittedKNNImputer, KNNImputer, type KNNImputerOptions } from './knn-imputer';
export {
  FittedLabelBinarizer,
  FittedMultiLabelBinarizer,
  LabelBinarizer,
  type LabelBinarizerOptions,
  type LabelSets,
  MultiLabelBinarizer,
  type MultiLabelBinarizerOptions,
} from './label-binarizer';
export { FittedLabelEncoder, LabelEncoder } from './label-encoder';
export { FittedMaxAbsScaler, MaxAbsScaler } from './max-abs-scaler';
export { FittedMinMaxScaler, MinMaxScaler, type MinMaxScalerOptions } from './min-max-scaler';
export { FittedMissingIndicator, MissingIndicator, type MissingIndicatorOptions } from './missing-indicator';
export { type MutualInfoOptions, mutualInfoClassif, mutualInfoRegression } from './mutual-info';
export { FittedOneHotEncoder, OneHotEncoder, type OneHotEncoderOptions } from './one-hot-encoder';
export { FittedOrdinalEncoder, OrdinalEncoder, type OrdinalEncoderOptions } from './ordinal-encoder';
export { FittedPolynomialFeatures, PolynomialFeatures, type PolynomialFeaturesOptions } from './polynomial-features';
export { FittedPowerTransformer, PowerTransformer, type PowerTransformerOptions } from './power-transformer';
export {
  FittedQuantileTransformer,
  QuantileTransformer,
  type QuantileTransformerOptions,
} from './quantile-transformer';
export { FittedRFE, RFE, type RFEOptions } from './rfe';
export { FittedRobustScaler, RobustScaler, type RobustScalerOptions } from './robust-scaler';
export type { ColumnRange, ColumnSelector, ColumnSelectorOptions } from './select-columns';
export { FittedSelectFromModel, SelectFromModel, type SelectFromModelOptions } from './select-from-model';
export { FittedSimpleImputer, SimpleImputer, type SimpleImputerOptions } from './simple-imputer';
export { FittedStandardScaler, StandardScaler, type StandardScalerOptions } from './standard-scaler';
export {
  Binarizer,
  type BinarizerOptions,
  FittedBinarizer,
  FittedFunctionTransformer,
  FittedNormalizer,
  FunctionTransformer,
  type FunctionTransformerOptions,
  Normalizer,
  type NormalizerOptions,
} from './stateless';
export { chi2, type FeatureScores, fClassif, fRegression, type RRegressionOptions, rRegression } from './univariate';
export {
  FittedSelectFdr,
  FittedSelectFpr,
  FittedSelectFwe,
  FittedSelectKBest,
  FittedSelectPercentile,
  type ScoreFunction,
  type SelectByPValueOptions,
  SelectFdr,
  SelectFpr,
  SelectFwe,
  SelectKBest,
  type SelectKBestOptions,
  SelectPercentile,
  type SelectPercentileOptions,
} from './univariate-selectors';
export { FittedVarianceThreshold, VarianceThreshold, type VarianceThresholdOptions } from './variance-threshold';
