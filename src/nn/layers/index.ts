export { type ActivationConfig, type ActivationOptions, activation } from './activation';
export * from './activations/index';
export * from './activity';
export * from './attention/index';
export * from './augment/index';
export {
  type Conv2dConfig,
  type Conv2dLayerOptions,
  conv2d,
  type DepthwiseConv2dConfig,
  type DepthwiseConv2dLayerOptions,
  depthwiseConv2d,
  type SeparableConv2dConfig,
  type SeparableConv2dLayerOptions,
  separableConv2d,
} from './conv';
export {
  type ConvTransposeConfig,
  type ConvTransposeOptions,
  conv1dTranspose,
  conv2dTranspose,
  conv3dTranspose,
} from './conv-transpose';
export { type Conv1dConfig, type Conv1dLayerOptions, conv1d } from './conv1d';
export {
  type DepthwiseConv1dConfig,
  type DepthwiseConv1dOptions,
  depthwiseConv1d,
  type SeparableConv1dConfig,
  type SeparableConv1dOptions,
  separableConv1d,
} from './conv1d-separable';
export { type Conv3dConfig, type Conv3dLayerOptions, conv3d } from './conv3d';
export * from './crop-pad';
export { type DenseConfig, type DenseOptions, dense } from './dense';
export {
  type DropoutConfig,
  type DropoutOptions,
  dropout,
  type SpatialDropoutConfig,
  type SpatialDropoutOptions,
  spatialDropout1d,
  spatialDropout2d,
  spatialDropout3d,
} from './dropout';
export { type EmbeddingConfig, type EmbeddingOptions, embedding } from './embedding';
export * from './group-norm';
export * from './lambda';
export { type MaskingConfig, type MaskingOptions, masking } from './masking';
export * from './merge/index';
export * from './noise';
export {
  type BatchNormConfig,
  type BatchNormOptions,
  batchNorm,
  type LayerNormConfig,
  type LayerNormOptions,
  layerNorm,
} from './normalization';
export type { AffineConfig, AffineOptions, LayerConfig, LayerOptions } from './options';
export { avgPool2d, maxPool2d, type Pool2dConfig, type Pool2dLayerOptions } from './pool';
export * from './pool-adaptive';
export { avgPool1d, avgPool3d, maxPool1d, maxPool3d, type PoolConfig, type PoolOptions } from './pool-axes';
export {
  type GlobalPoolConfig,
  type GlobalPoolOptions,
  globalAvgPool1d,
  globalAvgPool2d,
  globalAvgPool3d,
  globalMaxPool1d,
  globalMaxPool2d,
  globalMaxPool3d,
} from './pool-global';
export * from './rearrange';
export * from './recurrent/index';
export { type CustomLayers, LAYER_KINDS, layerFromConfig } from './registry';
export {
  type CenterCropConfig,
  type CenterCropOptions,
  centerCrop,
  type RescalingConfig,
  type RescalingOptions,
  type ResizingConfig,
  type ResizingOptions,
  rescaling,
  resizing,
} from './resizing';
export {
  flatten,
  type ReshapeLayerConfig,
  type ReshapeLayerOptions,
  reshapeLayer,
  type UpSampling2dConfig,
  type UpSampling2dOptions,
  upSampling2d,
  type ZeroPadding2dConfig,
  type ZeroPadding2dOptions,
  zeroPadding2d,
} from './shape';
export * from './transformer/index';
