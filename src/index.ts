/**
 * Tensors, the operations on them, and their derivatives: the core face of kompakt.
 *
 * @module
 */

export { grad, type Traced, valueAndGrad, vjp } from './autograd/grad';
export type { Backend } from './core/backend';
export type { DType, TypedArray } from './core/dtype';
export {
  AbortError,
  BackendError,
  ConfigError,
  DisposedError,
  DTypeError,
  FormatError,
  KompaktError,
  NonFiniteError,
  NotConvergedWarning,
  ShapeError,
} from './core/errors';
export type { Nest } from './core/nest';
export { Rng, type Seed } from './core/rng';
export { scope, type ScopeHandle } from './core/scope';
export type { Shape } from './core/shape';
export { memory, type NestedArray, Tensor } from './core/tensor';
export {
  conv1d,
  type Conv1dOptions,
  conv2d,
  type Conv2dOptions,
  conv2dTranspose,
  depthwiseConv2d,
  type GroupedConv2dOptions,
} from './ops/conv';
export {
  arange,
  eye,
  type FlatData,
  full,
  fullLike,
  linspace,
  type NdArrayLike,
  type NestedValues,
  ones,
  onesLike,
  tensor,
  type TensorLike,
  type TensorOptions,
  zeros,
  zerosLike,
} from './ops/create';
export { cholesky, det, inv, solve } from './ops/decompose';
export { einsum } from './ops/einsum';
export * from './ops/elementwise';
export { argSort, gather, oneHot, type OneHotOptions, scatterAdd, sort, type SortOptions, takeAlongAxis, topK } from './ops/index-ops';
export { dot, matmul, outer, tensordot } from './ops/linear';
export { fromNdarray, toNdarray } from './ops/ndarray';
export { avgPool2d, maxPool2d, type Pool2dOptions } from './ops/pool';
export { rng, TensorRng } from './ops/random';
export * from './ops/reduce';
export { resize, type ResizeMode, type ResizeOptions } from './ops/resize';
export * from './ops/shape-ops';
export { logSoftmax, softmax } from './ops/softmax';
export { type Movable, to } from './ops/transfer';
export type { DataFormat, PaddingOption, Pair } from './ops/window';
