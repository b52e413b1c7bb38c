import { ConfigError } from '../../core/errors';
import type { Layer } from '../layer';
import { activation } from './activation';
import { conv2d, depthwiseConv2d, separableConv2d } from './conv';
import { conv1d } from './conv1d';
import { dense } from './dense';
import { dropout } from './dropout';
import { embedding } from './embedding';
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
import { flatten, reshapeLayer, upSampling2d, zeroPadding2d } from './shape';

type Build = (config: never, name: string | null) => Layer;

/** A factory that takes the name among its options. */
const fromOptions =
  (factory: (options: never) => Layer): Build =>
  (config: object, name) =>
    factory({ ...config, name } as never);

/** Every kind of layer. A new layer is one line here. */
const LAYERS: Readonly<Record<string, Build>> = {
  activation: /* @__PURE__ */ fromOptions(activation),
  avgPool2d: /* @__PURE__ */ fromOptions(avgPool2d),
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
  layerNorm: /* @__PURE__ */ fromOptions(layerNorm),
  maxPool2d: /* @__PURE__ */ fromOptions(maxPool2d),
  quantizeInput,
  quantizedAvgPool2d,
  quantizedConv2d,
  quantizedDense,
  quantizedDepthwiseConv2d,
  reshapeLayer: /* @__PURE__ */ fromOptions(reshapeLayer),
  separableConv2d: /* @__PURE__ */ fromOptions(separableConv2d),
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
