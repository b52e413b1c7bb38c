import type { Tensor } from '../../core/tensor';
import * as ops from '../../ops/pool';
import { type PaddingOption, type Pair, resolvePadding, windowOutput } from '../../ops/window';
import type { Layer } from '../layer';
import { defineLayer, expectRank } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';

/** Options of {@link maxPool2d} and {@link avgPool2d}. */
export interface Pool2dLayerOptions extends LayerOptions {
  /** Height and width of the window, or one number for both; by default 2. */
  readonly poolSize?: number | Pair | undefined;
  /** By default the window itself. */
  readonly strides?: number | Pair | null | undefined;
  /** By default `'valid'`. */
  readonly padding?: PaddingOption | undefined;
}

export interface Pool2dConfig extends LayerConfig {
  readonly poolSize: Pair;
  readonly strides: Pair;
  readonly padding: PaddingOption;
}

function pool(
  kind: string,
  options: Pool2dLayerOptions,
  run: (x: Tensor, config: Pool2dConfig) => Tensor,
): Layer<Pool2dConfig> {
  const o = new OptionReader(kind, options);
  const poolSize = o.pair('poolSize', 2);
  const config = { poolSize, strides: o.pair('strides', poolSize), padding: o.padding(), ...o.common() };
  const { strides } = config;
  return defineLayer<Pool2dConfig>(o, config, {
    outputShape(input) {
      expectRank(input, 3, '[batch, height, width, channels]', o.label);
      const size: Pair = [input[0]!, input[1]!];
      const dilations: Pair = [1, 1];
      const padding = resolvePadding(config.padding, { input: size, window: poolSize, strides, dilations }, o.label);
      return [...windowOutput(size, poolSize, { strides, padding, dilations }, o.label), input[2]!];
    },
    run: (x) => run(x, config),
  });
}

/**
 * Max pooling over images: the largest value of each window.
 *
 * @param options - `poolSize = 2`, `strides = poolSize`, `padding = 'valid'`, `name`, `inputShape`.
 * @returns a layer from `[batch, height, width, channels]` to `[batch, oh, ow, channels]`.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * @example
 * ```ts
 * import { maxPool2d } from 'kompakt/nn';
 * console.log(maxPool2d().outputShape([28, 28, 3])); // → [ 14, 14, 3 ]
 * ```
 */
export function maxPool2d(options: Pool2dLayerOptions = {}): Layer<Pool2dConfig> {
  return pool('maxPool2d', options, (x, { poolSize, ...rest }) => ops.maxPool2d(x, poolSize, window(rest)));
}

/**
 * Average pooling over images: the mean of each window, padding left out.
 *
 * @param options - `poolSize = 2`, `strides = poolSize`, `padding = 'valid'`, `name`, `inputShape`.
 * @returns a layer from `[batch, height, width, channels]` to `[batch, oh, ow, channels]`.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * @example
 * ```ts
 * import { avgPool2d } from 'kompakt/nn';
 * console.log(avgPool2d({ poolSize: 3, strides: 1, padding: 'same' }).outputShape([7, 7, 2])); // → [ 7, 7, 2 ]
 * ```
 */
export function avgPool2d(options: Pool2dLayerOptions = {}): Layer<Pool2dConfig> {
  return pool('avgPool2d', options, (x, { poolSize, ...rest }) => ops.avgPool2d(x, poolSize, window(rest)));
}

const window = ({ strides, padding }: Pick<Pool2dConfig, 'strides' | 'padding'>): ops.Pool2dOptions => ({
  strides,
  padding,
});
