export { clipByGlobalNorm, clipByNorm, clipByValue } from './clip';
export {
  decoupledWeightDecay,
  learningRateOf,
  type ParamFilter,
  scaleByLearningRate,
  weightDecay,
  withLearningRate,
} from './learning-rate';
export {
  applyUpdates,
  chain,
  type LearningRate,
  type Optimizer,
  type OptimizerConfig,
  type OptimizerState,
  type TensorNest,
} from './optimizer';
export {
  type AdamScalingOptions,
  momentum,
  type RmsScalingOptions,
  scaleByAdagrad,
  scaleByAdam,
  scaleByRms,
} from './pieces';
export {
  type AdagradOptions,
  type AdamOptions,
  adagrad,
  adam,
  adamW,
  type CommonOptions,
  type RmspropOptions,
  rmsprop,
  type SgdOptions,
  sgd,
} from './recipes';
export { type OptimizerName, type OptimizerSpec, resolveOptimizer } from './resolve';
export {
  type CosineOptions,
  cosine,
  type ExponentialOptions,
  exponential,
  inverseTime,
  type PolynomialOptions,
  piecewise,
  polynomial,
  type Schedule,
  step,
  warmup,
} from './schedules';
