import { ConfigError } from '../../core/errors';
import { modelFromConfig } from '../graph/model-layer';
import type { Layer } from '../layer';
import { activation } from './activation';
import { additiveAttention, attention } from './attention/attention';
import { multiHeadAttention } from './attention/multi-head-attention';
import { conv2d, depthwiseConv2d, separableConv2d } from './conv';
import { conv1dTranspose, conv2dTranspose, conv3dTranspose } from './conv-transpose';
import { conv1d } from './conv1d';
import { depthwiseConv1d, separableConv1d } from './conv1d-separable';
import { conv3d } from './conv3d';
import { dense } from './dense';
import { dropout } from './dropout';
import { embedding } from './embedding';
import { masking } from './masking';
import type { InnerConfig } from './nested';
import { batchNorm, layerNorm } from './normalization';
import { avgPool2d, maxPool2d } from './pool';
import { avgPool1d, avgPool3d, maxPool1d, maxPool3d } from './pool-axes';
import {
  globalAvgPool1d,
  globalAvgPool2d,
  globalAvgPool3d,
  globalMaxPool1d,
  globalMaxPool2d,
  globalMaxPool3d,
} from './pool-global';
import {
  dequantizeOutput,
  quantizedAvgPool2d,
  quantizedConv2d,
  quantizedDense,
  quantizedDepthwiseConv2d,
  quantizeInput,
} from './quantized';
import { type BidirectionalConfig, bidirectional } from './recurrent/bidirectional';
import { gru } from './recurrent/gru';
import { lstm } from './recurrent/lstm';
import { simpleRNN } from './recurrent/simple-rnn';
import { type TimeDistributedConfig, timeDistributed } from './recurrent/time-distributed';
import { flatten, reshapeLayer, upSampling2d, zeroPadding2d } from './shape';
import { transformerDecoder } from './transformer/decoder';
import { transformerEncoder } from './transformer/encoder';
import { positionEmbedding, sinePositionEncoding, tokenAndPositionEmbedding } from './transformer/positions';

type Build = (config: never, name: string | null) => Layer;

/** A factory that takes the name among its options. */
const fromOptions =
  (factory: (options: never) => Layer): Build =>
  (config: object, name) =>
    factory({ ...config, name } as never);

/** The layer that a wrapper's config holds. */
const inner = ({ kind, config }: InnerConfig): Layer => layerFromConfig(kind, config);

/** Every kind of layer. A new layer is one line here. */
const LAYERS: Readonly<Record<string, Build>> = {
  activation: /* @__PURE__ */ fromOptions(activation),
  avgPool1d: /* @__PURE__ */ fromOptions(avgPool1d),
  avgPool2d: /* @__PURE__ */ fromOptions(avgPool2d),
  avgPool3d: /* @__PURE__ */ fromOptions(avgPool3d),
  bidirectional: (config: BidirectionalConfig, name) =>
    bidirectional({
      ...config,
      layer: inner(config.layer),
      backwardLayer: config.backwardLayer === null ? null : inner(config.backwardLayer),
      name,
    }),
  batchNorm: /* @__PURE__ */ fromOptions(batchNorm),
  conv1d: /* @__PURE__ */ fromOptions(conv1d),
  conv1dTranspose: /* @__PURE__ */ fromOptions(conv1dTranspose),
  conv2d: /* @__PURE__ */ fromOptions(conv2d),
  conv2dTranspose: /* @__PURE__ */ fromOptions(conv2dTranspose),
  conv3d: /* @__PURE__ */ fromOptions(conv3d),
  conv3dTranspose: /* @__PURE__ */ fromOptions(conv3dTranspose),
  dense: /* @__PURE__ */ fromOptions(dense),
  depthwiseConv1d: /* @__PURE__ */ fromOptions(depthwiseConv1d),
  depthwiseConv2d: /* @__PURE__ */ fromOptions(depthwiseConv2d),
  dequantizeOutput,
  dropout: /* @__PURE__ */ fromOptions(dropout),
  embedding: /* @__PURE__ */ fromOptions(embedding),
  flatten: /* @__PURE__ */ fromOptions(flatten),
  globalAvgPool1d: /* @__PURE__ */ fromOptions(globalAvgPool1d),
  globalAvgPool2d: /* @__PURE__ */ fromOptions(globalAvgPool2d),
  globalAvgPool3d: /* @__PURE__ */ fromOptions(globalAvgPool3d),
  globalMaxPool1d: /* @__PURE__ */ fromOptions(globalMaxPool1d),
  globalMaxPool2d: /* @__PURE__ */ fromOptions(globalMaxPool2d),
  globalMaxPool3d: /* @__PURE__ */ fromOptions(globalMaxPool3d),
  gru: /* @__PURE__ */ fromOptions(gru),
  layerNorm: /* @__PURE__ */ fromOptions(layerNorm),
  lstm: /* @__PURE__ */ fromOptions(lstm),
  masking: /* @__PURE__ */ fromOptions(masking),
  maxPool1d: /* @__PURE__ */ fromOptions(maxPool1d),
  maxPool2d: /* @__PURE__ */ fromOptions(maxPool2d),
  maxPool3d: /* @__PURE__ */ fromOptions(maxPool3d),
  model: (config, name) => modelFromConfig(config, name, layerFromConfig),
  quantizeInput,
  quantizedAvgPool2d,
  quantizedConv2d,
  quantizedDense,
  quantizedDepthwiseConv2d,
  reshapeLayer: /* @__PURE__ */ fromOptions(reshapeLayer),
  separableConv1d: /* @__PURE__ */ fromOptions(separableConv1d),
  separableConv2d: /* @__PURE__ */ fromOptions(separableConv2d),
  simpleRNN: /* @__PURE__ */ fromOptions(simpleRNN),
  timeDistributed: (config: TimeDistributedConfig, name) =>
    timeDistributed({ ...config, layer: inner(config.layer), name }),
  additiveAttention: /* @__PURE__ */ fromOptions(additiveAttention),
  attention: /* @__PURE__ */ fromOptions(attention),
  multiHeadAttention: /* @__PURE__ */ fromOptions(multiHeadAttention),
  positionEmbedding: /* @__PURE__ */ fromOptions(positionEmbedding),
  sinePositionEncoding: /* @__PURE__ */ fromOptions(sinePositionEncoding),
  tokenAndPositionEmbedding: /* @__PURE__ */ fromOptions(tokenAndPositionEmbedding),
  transformerDecoder: /* @__PURE__ */ fromOptions(transformerDecoder),
  transformerEncoder: /* @__PURE__ */ fromOptions(transformerEncoder),
  upSampling2d: /* @__PURE__ */ fromOptions(upSampling2d),
  zeroPadding2d: /* @__PURE__ */ fromOptions(zeroPadding2d),
};

/** The kinds that {@link layerFromConfig} knows. */
export const LAYER_KINDS: readonly string[] = /* @__PURE__ */ Object.keys(LAYERS);

/**
 * The layer with that kind and config, as a model file describes it.
 *
 * @param kind - the factory's name, such as `'dense'`.
 * @param config - what the layer's `config` was.
 * @param name - the layer's own name, or null.
 * @throws ConfigError for an unknown kind, or a config that its factory does not take.
 */
export function layerFromConfig(kind: string, config: object, name: string | null = null): Layer {
  if (!Object.hasOwn(LAYERS, kind)) {
    throw new ConfigError(
      `layerFromConfig: there is no layer of kind ${JSON.stringify(kind)}. There are ${LAYER_KINDS.join(', ')}.`,
    );
  }
  return LAYERS[kind]!(config as never, name);
}
