/**
 * Neural networks: layers, models, training, and their files.
 *
 * @module
 */

export type { ByteSource } from '../data/files';
export { ACTIVATION_NAMES, type ActivationName } from './activations';
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
export {
  constant,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  type InitializerConfig,
  type InitializerName,
  lecunNormal,
  lecunUniform,
  ones,
  orthogonal,
  randomNormal,
  randomUniform,
  truncatedNormal,
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
} from './layer';
export * from './layers/index';
export { type LoadOptions, loadModel } from './load';
export * from './losses';
export type { MetricFunction, MetricOption } from './metrics';
export type {
  BatchIterable,
  BatchLike,
  ClassWeight,
  CompileOptions,
  EvaluateOptions,
  EvaluateResult,
  FitOptions,
  FitResult,
  FitX,
  FitY,
} from './options';
export {
  l1,
  l1l2,
  l2,
  type OrthogonalRegularizerOptions,
  orthogonalRegularizer,
  type Regularizer,
} from './regularizers';
export { Sequential, type SequentialOptions, type SequentialParts, sequential } from './sequential';
export type { Weight } from './weights';
