export { accumulate } from './accumulate';
export { type AdadeltaOptions, adadelta } from './adadelta';
export { type AdafactorOptions, adafactor } from './adafactor';
export { adamax } from './adamax';
export { type AsgdOptions, asgd } from './asgd';
export { clipByGlobalNorm, clipByNorm, clipByValue } from './clip';
export type { CommonOptions } from './common';
export { averagedParams, type EmaOptions, ema } from './ema';
export { type FtrlOptions, ftrl } from './ftrl';
export { type LbfgsOptions, type LbfgsResult, lbfgs } from './lbfgs';
export {
  decoupledWeightDecay,
  learningRateOf,
  type ParamFilter,
  scaleByLearningRate,
  weightDecay,
  withLearningRate,
} from './learning-rate';
export { type LionOptions, lion } from './lion';
export { lookahead } from './lookahead';
export { type GradScalerOptions, gradScaler, lossScaleOf } from './loss-scale';
export { type AdamLikeOptions, nadam } from './nadam';
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
export { radam } from './radam';
export {
  type AdagradOptions,
  type AdamOptions,
  adagrad,
  adam,
  adamW,
  type RmspropOptions,
  rmsprop,
  type SgdOptions,
  sgd,
} from './recipes';
export { type OptimizerName, type OptimizerSpec, resolveOptimizer } from './resolve';
export { type RpropOptions, rprop } from './rprop';
export {
  type CosineOptions,
  type CosineRestartsOptions,
  cosine,
  cosineRestarts,
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
