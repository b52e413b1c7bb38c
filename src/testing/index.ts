export { type CheckEstimatorOptions, checkEstimator } from './check-estimator';
export { type CheckLayerOptions, checkLayer, type LayerFactory } from './check-layer';
export { type CheckPassOptions, checkPass } from './check-pass';
export { type CheckResamplerOptions, checkResampler } from './check-resampler';
export { type CheckTransformOptions, checkTransform } from './check-transform';
