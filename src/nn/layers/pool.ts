import { ShapeError } from '../../core/errors';
import type { Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import * as ops from '../../ops/pool';
import { max, mean } from '../../ops/reduce';
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

/** Options of {@link globalAvgPool2d} and {@link globalMaxPool2d}. */
export interface GlobalPool2dOptions extends LayerOptions {
  /** Whether height and width stay, with size 1; by default false. */
  readonly keepDims?: boolean | undefined;
}

export interface GlobalPool2dConfig extends LayerConfig {
  readonly keepDims: boolean;
}

const SPATIAL = [1, 2];

function globalPool(kind: string, options: GlobalPool2dOptions, reduce: typeof mean): Layer<GlobalPool2dConfig> {
  const o = new OptionReader(kind, options);
  const config = { keepDims: o.flag('keepDims', false), ...o.common() };
  const { keepDims } = config;
  return defineLayer<GlobalPool2dConfig>(o, config, {
    outputShape(input): Shape {
      expectRank(input, 3, '[batch, height, width, channels]', o.label);
      if (input[0] === 0 || input[1] === 0)
        throw new ShapeError(`${o.label}: images of ${input[0]} × ${input[1]} have no pixels to pool.`);
      return keepDims ? [1, 1, input[2]!] : [input[2]!];
    },
    run: (x) => reduce(x, { axis: SPATIAL, keepDims }),
  });
}

/**
 * The mean of each channel over the whole image.
 *
 * @param options - `keepDims = false`, `name`, `inputShape`.
 * @returns a layer from `[batch, height, width, channels]` to `[batch, channels]`.
 *
 * @example
 * ```ts
 * import { globalAvgPool2d } from 'kompakt/nn';
 * console.log(globalAvgPool2d().outputShape([7, 7, 64])); // → [ 64 ]
 * ```
 */
export function globalAvgPool2d(options: GlobalPool2dOptions = {}): Layer<GlobalPool2dConfig> {
  return globalPool('globalAvgPool2d', options, mean);
}

/**
 * The largest value of each channel over the whole image.
 *
 * @param options - `keepDims = false`, `name`, `inputShape`.
 * @returns a layer from `[batch, height, width, channels]` to `[batch, channels]`.
 *
 * @example
 * ```ts
 * import { globalMaxPool2d } from 'kompakt/nn';
 * console.log(globalMaxPool2d({ keepDims: true }).outputShape([7, 7, 64])); // → [ 1, 1, 64 ]
 * ```
 */
export function globalMaxPool2d(options: GlobalPool2dOptions = {}): Layer<GlobalPool2dConfig> {
  return globalPool('globalMaxPool2d', options, max);
}
