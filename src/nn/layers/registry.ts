import { ConfigError } from '../../core/errors';
import { modelFromConfig } from '../graph/model-layer';
import type { Layer } from '../layer';
import {
  AUGMENTATIONS,
  CONVOLUTIONS,
  type Factory,
  MERGES,
  NONLINEARITIES,
  NORMALIZATIONS,
  OTHERS,
  POOLS,
  SEQUENCES,
  SHAPES,
} from './kinds';
import type { InnerConfig } from './nested';
import {
  dequantizeOutput,
  quantizedAvgPool2d,
  quantizedConv2d,
  quantizedDense,
  quantizedDepthwiseConv2d,
  quantizeInput,
} from './quantized';
import { type BidirectionalConfig, bidirectional } from './recurrent/bidirectional';
import { type RnnConfig, rnn } from './recurrent/rnn';
import { type StackedRnnCellsConfig, stackedRNNCells } from './recurrent/stacked';
import { type TimeDistributedConfig, timeDistributed } from './recurrent/time-distributed';

/**
 * Layers that kompakt doesn't know, by kind: each makes a layer from what its `config` was, with the name, where it has one
 * of its own, among the options.
 */
export type CustomLayers = { readonly [kind: string]: (config: never) => Layer };

type Build = (config: never, name: string | null, custom: CustomLayers) => Layer;

/** The layer that a wrapper's config holds. */
const inner = ({ kind, config }: InnerConfig, custom: CustomLayers): Layer =>
  layerFromConfig(kind, config, null, custom);

/** Layers that a config says all of, names among their options. */
const FACTORIES: Readonly<Record<string, Factory>> = /* @__PURE__ */ Object.assign(
  {},
  AUGMENTATIONS,
  CONVOLUTIONS,
  MERGES,
  NONLINEARITIES,
  NORMALIZATIONS,
  OTHERS,
  POOLS,
  SEQUENCES,
  SHAPES,
);

/** Those that are made in their own way. */
const BUILDS: Readonly<Record<string, Build>> = {
  bidirectional: (config: BidirectionalConfig, name, custom) =>
    bidirectional({
      ...config,
      layer: inner(config.layer, custom),
      backwardLayer: config.backwardLayer === null ? null : inner(config.backwardLayer, custom),
      name,
    }),
  dequantizeOutput,
  model: (config, name, custom) =>
    modelFromConfig(config, name, (kind, own, ownName) => layerFromConfig(kind, own, ownName, custom)),
  quantizeInput,
  quantizedAvgPool2d,
  quantizedConv2d,
  quantizedDense,
  quantizedDepthwiseConv2d,
  rnn: (config: RnnConfig, name, custom) => rnn({ ...config, cell: inner(config.cell, custom), name }),
  stackedRNNCells: (config: StackedRnnCellsConfig, name, custom) =>
    stackedRNNCells({ ...config, cells: config.cells.map((cell) => inner(cell, custom)), name }) as never,
  timeDistributed: (config: TimeDistributedConfig, name, custom) =>
    timeDistributed({ ...config, layer: inner(config.layer, custom), name }),
};

/** The kinds that {@link layerFromConfig} knows. */
export const LAYER_KINDS: readonly string[] = /* @__PURE__ */ Object.keys(
  /* @__PURE__ */ Object.assign({}, FACTORIES, BUILDS),
);

/**
 * The layer with that kind and config, as a model file describes it.
 *
 * @param kind - the factory's name, such as `'dense'`.
 * @param config - what the layer's `config` was.
 * @param name - the layer's own name, or null.
 * @param customLayers - factories by kind, of layers that kompakt doesn't know; they come before its own.
 * @throws ConfigError for an unknown kind, or a config that its factory does not take.
 */
export function layerFromConfig(
  kind: string,
  config: object,
  name: string | null = null,
  customLayers: CustomLayers = {},
): Layer {
  if (Object.hasOwn(customLayers, kind)) return customLayers[kind]!({ ...config, name } as never);
  if (Object.hasOwn(FACTORIES, kind)) return FACTORIES[kind]!({ ...config, name } as never) as Layer;
  if (Object.hasOwn(BUILDS, kind)) return BUILDS[kind]!(config as never, name, customLayers);
  throw new ConfigError(
    `layerFromConfig: there is no layer of kind ${JSON.stringify(kind)}. There are ${LAYER_KINDS.join(', ')}; hand over layers of your own by kind.`,
  );
}
