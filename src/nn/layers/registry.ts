import { ConfigError } from '../../core/errors';
import type { Layer } from '../layer';
import { activation } from './activation';
import { conv2d, depthwiseConv2d, separableConv2d } from './conv';
import { conv1d } from './conv1d';
import { dense } from './dense';
import { dropout } from './dropout';
import { embedding } from './embedding';
import { masking } from './masking';
import type { InnerConfig } from './nested';
import { batchNorm, layerNorm } from './normalization';
import { avgPool2d, globalAvgPool2d, globalMaxPool2d, maxPool2d } from './pool';
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
  avgPool2d: /* @__PURE__ */ fromOptions(avgPool2d),
  bidirectional: (config: BidirectionalConfig, name) =>
    bidirectional({
      ...config,
      layer: inner(config.layer),
      backwardLayer: config.backwardLayer === null ? null : inner(config.backwardLayer),
      name,
    }),
  batchNorm: /* @__PURE__ */ fromOptions(batchNorm),
  conv1d: /* @__PURE__ */ fromOptions(conv1d),
  conv2d: /* @__PURE__ */ fromOptions(conv2d),
  dense: /* @__PURE__ */ fromOptions(dense),
  depthwiseConv2d: /* @__PURE__ */ fromOptions(depthwiseConv2d),
  dequantizeOutput,
  dropout: /* @__PURE__ */ fromOptions(dropout),
  embedding: /* @__PURE__ */ fromOptions(embedding),
  flatten: /* @__PURE__ */ fromOptions(flatten),
  globalAvgPool2d: /* @__PURE__ */ fromOptions(globalAvgPool2d),
  globalMaxPool2d: /* @__PURE__ */ fromOptions(globalMaxPool2d),
  gru: /* @__PURE__ */ fromOptions(gru),
  layerNorm: /* @__PURE__ */ fromOptions(layerNorm),
  lstm: /* @__PURE__ */ fromOptions(lstm),
  masking: /* @__PURE__ */ fromOptions(masking),
  maxPool2d: /* @__PURE__ */ fromOptions(maxPool2d),
  quantizeInput,
  quantizedAvgPool2d,
  quantizedConv2d,
  quantizedDense,
  quantizedDepthwiseConv2d,
  reshapeLayer: /* @__PURE__ */ fromOptions(reshapeLayer),
  separableConv2d: /* @__PURE__ */ fromOptions(separableConv2d),
  simpleRNN: /* @__PURE__ */ fromOptions(simpleRNN),
  timeDistributed: (config: TimeDistributedConfig, name) =>
    timeDistributed({ ...config, layer: inner(config.layer), name }),
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
