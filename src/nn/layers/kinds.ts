import type { AnyLayer } from '../layer';
import { activation } from './activation';
import { elu, leakyRelu, prelu, relu, softmax } from './activations/index';
import { activityRegularization } from './activity';
import { additiveAttention, attention } from './attention/attention';
import { multiHeadAttention } from './attention/multi-head-attention';
import {
  randomBrightness,
  randomContrast,
  randomCrop,
  randomFlip,
  randomRotation,
  randomTranslation,
  randomZoom,
} from './augment/index';
import { conv2d, depthwiseConv2d, separableConv2d } from './conv';
import { conv1dTranspose, conv2dTranspose, conv3dTranspose } from './conv-transpose';
import { conv1d } from './conv1d';
import { depthwiseConv1d, separableConv1d } from './conv1d-separable';
import { conv3d } from './conv3d';
import { cropping1d, cropping2d, cropping3d, zeroPadding1d, zeroPadding3d } from './crop-pad';
import { dense } from './dense';
import { dropout, spatialDropout1d, spatialDropout2d, spatialDropout3d } from './dropout';
import { embedding } from './embedding';
import { groupNorm, rmsNorm, unitNorm } from './group-norm';
import { lambda } from './lambda';
import { masking } from './masking';
import { add, average, concatenate, dot, maximum, minimum, multiply, subtract } from './merge/index';
import { alphaDropout, gaussianDropout, gaussianNoise } from './noise';
import { batchNorm, layerNorm } from './normalization';
import { avgPool2d, maxPool2d } from './pool';
import {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
} from './pool-adaptive';
import { avgPool1d, avgPool3d, maxPool1d, maxPool3d } from './pool-axes';
import {
  globalAvgPool1d,
  globalAvgPool2d,
  globalAvgPool3d,
  globalMaxPool1d,
  globalMaxPool2d,
  globalMaxPool3d,
} from './pool-global';
import { identity, permute, repeatVector, upSampling1d, upSampling3d } from './rearrange';
import { gruCell, lstmCell, simpleRNNCell } from './recurrent/cells';
import { convLSTM1d, convLSTM2d, convLSTM3d } from './recurrent/conv-lstm';
import { gru } from './recurrent/gru';
import { lstm } from './recurrent/lstm';
import { simpleRNN } from './recurrent/simple-rnn';
import { centerCrop, rescaling, resizing } from './resizing';
import { flatten, reshapeLayer, upSampling2d, zeroPadding2d } from './shape';
import { transformerDecoder } from './transformer/decoder';
import { transformerEncoder } from './transformer/encoder';
import { positionEmbedding, sinePositionEncoding, tokenAndPositionEmbedding } from './transformer/positions';

/** Makes a layer of its options, the name among them: a layer's `config` rebuilds it. */
export type Factory = (options: never) => AnyLayer;

type Factories = { readonly [kind: string]: Factory };

// Every kind of layer, by family. A new layer is one word here.

export const CONVOLUTIONS: Factories = {
  conv1d,
  conv1dTranspose,
  conv2d,
  conv2dTranspose,
  conv3d,
  conv3dTranspose,
  depthwiseConv1d,
  depthwiseConv2d,
  separableConv1d,
  separableConv2d,
};

export const POOLS: Factories = {
  adaptiveAvgPool1d,
  adaptiveAvgPool2d,
  adaptiveAvgPool3d,
  adaptiveMaxPool1d,
  adaptiveMaxPool2d,
  adaptiveMaxPool3d,
  avgPool1d,
  avgPool2d,
  avgPool3d,
  globalAvgPool1d,
  globalAvgPool2d,
  globalAvgPool3d,
  globalMaxPool1d,
  globalMaxPool2d,
  globalMaxPool3d,
  maxPool1d,
  maxPool2d,
  maxPool3d,
};

export const NORMALIZATIONS: Factories = { batchNorm, groupNorm, layerNorm, rmsNorm, unitNorm };

export const NONLINEARITIES: Factories = {
  activation,
  activityRegularization,
  alphaDropout,
  dropout,
  elu,
  gaussianDropout,
  gaussianNoise,
  leakyRelu,
  prelu,
  relu,
  softmax,
  spatialDropout1d,
  spatialDropout2d,
  spatialDropout3d,
};

export const MERGES: Factories = { add, average, concatenate, dot, maximum, minimum, multiply, subtract };

export const SHAPES: Factories = {
  centerCrop,
  cropping1d,
  cropping2d,
  cropping3d,
  flatten,
  identity,
  permute,
  repeatVector,
  rescaling,
  reshapeLayer,
  resizing,
  upSampling1d,
  upSampling2d,
  upSampling3d,
  zeroPadding1d,
  zeroPadding2d,
  zeroPadding3d,
};

export const SEQUENCES: Factories = {
  additiveAttention,
  attention,
  convLSTM1d,
  convLSTM2d,
  convLSTM3d,
  embedding,
  gru,
  gruCell,
  lstm,
  lstmCell,
  masking,
  multiHeadAttention,
  positionEmbedding,
  simpleRNN,
  simpleRNNCell,
  sinePositionEncoding,
  tokenAndPositionEmbedding,
  transformerDecoder,
  transformerEncoder,
};

export const AUGMENTATIONS: Factories = {
  randomBrightness,
  randomContrast,
  randomCrop,
  randomFlip,
  randomRotation,
  randomTranslation,
  randomZoom,
};

export const OTHERS: Factories = { dense, lambda };
