/**
 * Tensors, the operations on them, and their derivatives: the core face of kompakt.
 *
 * @module
 */

export { type Gradient, grad, type Traced, type Untraced, valueAndGrad, vjp } from './autograd/grad';
export { shutdown } from './backends/default';
export { type Compiled, compile } from './compile/compile';
export type {
  Backend,
  Block,
  BlockRole,
  ElementwiseRule,
  IndexRule,
  Operand,
  Plan,
  Primitive,
  Program,
  ProgramBlock,
  ProgramNode,
  ProgramOperand,
} from './core/backend';
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
export type { AppliedExpression, Expression, InputExpression } from './core/expression';
export type { Trace } from './core/lifetime';
export type { Nest } from './core/nest';
export type { AxisOption } from './core/options';
export { Rng, type Seed } from './core/rng';
export { type ScopeHandle, scope } from './core/scope';
export type { Shape } from './core/shape';
export { type Layout, memory, type NestedArray, Tensor, type TraceNode } from './core/tensor';
export type { View } from './core/view';
export {
  type Conv1dOptions,
  type Conv2dOptions,
  conv1d,
  conv2d,
  conv2dTranspose,
  depthwiseConv2d,
  type GroupedConv2dOptions,
} from './ops/conv';
export {
  arange,
  eye,
  type FillOptions,
  type FlatData,
  full,
  fullLike,
  linspace,
  type NdArrayLike,
  type NestedValues,
  ones,
  onesLike,
  type TensorLike,
  type TensorOptions,
  tensor,
  zeros,
  zerosLike,
} from './ops/create';
export { cholesky, det, inv, solve } from './ops/decompose';
export { einsum } from './ops/einsum';
export * from './ops/elementwise';
export {
  argSort,
  gather,
  type OneHotOptions,
  oneHot,
  type SortOptions,
  scatterAdd,
  sort,
  takeAlongAxis,
  topK,
} from './ops/index-ops';
export { dot, matmul, outer, tensordot } from './ops/linear';
export { fromNdarray, toNdarray } from './ops/ndarray';
export { NumpyRandom, numpyRandom } from './ops/numpy-random';
export { avgPool2d, maxPool2d, type Pool2dOptions } from './ops/pool';
export { rng, TensorRng } from './ops/random';
export * from './ops/reduce';
export { type ResizeMode, type ResizeOptions, resize } from './ops/resize';
export * from './ops/shape-ops';
export { logSoftmax, softmax } from './ops/softmax';
export { type Movable, moved, to } from './ops/transfer';
export type { DataFormat, Padding2d, PaddingOption, Pair } from './ops/window';
