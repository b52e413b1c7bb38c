/**
 * Neural networks: layers, models, training, and their files.
 *
 * @module
 */

export type { ByteSource } from '../data/files';
export { ACTIVATION_NAMES, type ActivationName } from './activations';
export { type AugmentImagesOptions, augmentImages } from './augment/images';
export { type AugmentTokensOptions, augmentTokens } from './augment/tokens';
export * from './callbacks/index';
export {
  applyConstraint,
  type Constraint,
  type ConstraintName,
  type MaxNormOptions,
  type MinMaxNormOptions,
  maxNorm,
  minMaxNorm,
  nonNeg,
  unitNormConstraint,
} from './constraints';
export { type MoreClassesOptions, withMoreClasses } from './graph/grow';
export { type InputOptions, input } from './graph/input';
export { type GraphOptions, type GraphParts, Model, model, type Predicted, type SymbolicNest } from './graph/model';
export { NetworkModel } from './graph/network-model';
export type { ModelChanges, ModelOptions, ModelParts } from './graph/parts';
export { type PartPredicted, type SubmodelOptions, submodel, type ValueNames } from './graph/submodel';
export { type Dagre, type ModelSVGOptions, modelToSVG } from './graph/svg';
export { type TrainableSpec, withTrainable } from './graph/trainable';
export {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  type InitializerConfig,
  type InitializerName,
  identityInitializer,
  lecunNormal,
  lecunUniform,
  ones,
  orthogonal,
  randomNormal,
  randomUniform,
  truncatedNormal,
  type VarianceScalingOptions,
  varianceScaling,
  zeros,
} from './initializers';
export type {
  CallContext,
  CallResult,
  ConstraintConfig,
  Layer,
  LayerWeights,
  Params,
  RegularizerConfig,
  SymbolicTensor,
} from './layer';
export * from './layers/index';
export { type AnyModel, type LoadOptions, loadModel } from './load';
export * from './losses';
export type { MetricFunction, MetricOption } from './metrics';
export type { MetricConfig, MetricTotals } from './metrics/define';
export type {
  BatchIterable,
  BatchLike,
  BatchOptions,
  ClassWeight,
  CompileOptions,
  EvaluateOptions,
  EvaluateResult,
  FitOptions,
  FitResult,
  FitX,
  FitY,
  Inputs,
  Metrics,
  PerOutput,
  SampleWeight,
  Targets,
} from './options';
export { prefetch } from './prefetch';
export {
  l1,
  l1l2,
  l2,
  type OrthogonalRegularizerOptions,
  orthogonalRegularizer,
  type Regularizer,
} from './regularizers';
export { type Resumed, type ResumeOptions, resume } from './resume/resume';
export { Sequential, type SequentialOptions, type SequentialParts, sequential } from './sequential';
export type { Weight } from './weights';
export { type WorkerBatchesOptions, workerBatches } from './worker-batches';
