import { ShapeError } from '../../core/errors';
import type { Tensor } from '../../core/tensor';
import { cast, div, maximum, mul } from '../../ops/elementwise';
import { max, mean, sum } from '../../ops/reduce';
import { expandDims } from '../../ops/shape-ops';
import type { Layer, Mask } from '../layer';
import { defineLayer } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';
import { expectSpatial, type Rank } from './spatial';

/** Options of the pools over all positions. */
export interface GlobalPoolOptions extends LayerOptions {
  /** Whether the axes pooled over stay, with size 1; by default false. */
  readonly keepDims?: boolean | undefined;
}

export interface GlobalPoolConfig extends LayerConfig {
  readonly keepDims: boolean;
}

const MISSING: Readonly<Record<Rank, string>> = { 1: 'steps', 2: 'pixels', 3: 'voxels' };

type Reduce = (x: Tensor, options: { axis: readonly number[]; keepDims: boolean }, mask: Mask) => Tensor;

function globalPool(kind: string, rank: Rank, options: GlobalPoolOptions, reduce: Reduce): Layer<GlobalPoolConfig> {
  const o = new OptionReader(kind, options);
  const config = { keepDims: o.flag('keepDims', false), ...o.common() };
  const { keepDims } = config;
  const axis = Array.from({ length: rank }, (_, i) => i + 1);
  return defineLayer<GlobalPoolConfig>(o, config, {
    outputShape(input) {
      expectSpatial(input, rank, o.label);
      const sizes = input.slice(0, rank);
      if (sizes.includes(0))
        throw new ShapeError(`${o.label}: inputs of ${sizes.join(' × ')} have no ${MISSING[rank]} to pool.`);
      return keepDims ? [...sizes.map(() => 1), input[rank]!] : [input[rank]!];
    },
    run: (x, _weights, ctx) => reduce(x, { axis, keepDims }, ctx.mask ?? null),
  });
}

/** The mean of the steps that count; 0 where none does. */
const meanOfSteps: Reduce = (x, options, mask) => {
  if (mask === null) return mean(x, options);
  const counts = expandDims(cast(mask, x.dtype), -1);
  return div(sum(mul(x, counts), options), maximum(sum(counts, options), 1));
};

/**
 * The mean of each channel over all steps of a sequence; over those that the mask lets count, where there is one.
 *
 * @param options - `keepDims = false`, `name`, `inputShape`.
 * @returns a layer from `[batch, steps, channels]` to `[batch, channels]`; 0 for a sequence of which no step counts.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { globalAvgPool1d } from 'kompakt/nn';
 * const x = tensor([[[1], [3], [100]]]);
 * const ctx = { training: false, rng: null, mask: tensor([[true, true, false]]) };
 * console.log(globalAvgPool1d().call({}, {}, x, ctx).y.toArraySync()); // → [ [ 2 ] ]
 * ```
 */
export function globalAvgPool1d(options: GlobalPoolOptions = {}): Layer<GlobalPoolConfig> {
  return globalPool('globalAvgPool1d', 1, options, meanOfSteps);
}

/**
 * The largest value of each channel over all steps of a sequence. It does not look at masks: masked steps should not be
 * the largest, or be masked by what comes before.
 *
 * @param options - `keepDims = false`, `name`, `inputShape`.
 * @returns a layer from `[batch, steps, channels]` to `[batch, channels]`.
 *
 * @example
 * ```ts
 * import { globalMaxPool1d } from 'kompakt/nn';
 * console.log(globalMaxPool1d().outputShape([20, 64])); // → [ 64 ]
 * ```
 */
export function globalMaxPool1d(options: GlobalPoolOptions = {}): Layer<GlobalPoolConfig> {
  return globalPool('globalMaxPool1d', 1, options, max);
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
export function globalAvgPool2d(options: GlobalPoolOptions = {}): Layer<GlobalPoolConfig> {
  return globalPool('globalAvgPool2d', 2, options, mean);
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
export function globalMaxPool2d(options: GlobalPoolOptions = {}): Layer<GlobalPoolConfig> {
  return globalPool('globalMaxPool2d', 2, options, max);
}

/**
 * The mean of each channel over the whole volume.
 *
 * @param options - `keepDims = false`, `name`, `inputShape`.
 * @returns a layer from `[batch, depth, height, width, channels]` to `[batch, channels]`.
 *
 * @example
 * ```ts
 * import { globalAvgPool3d } from 'kompakt/nn';
 * console.log(globalAvgPool3d().outputShape([4, 7, 7, 64])); // → [ 64 ]
 * ```
 */
export function globalAvgPool3d(options: GlobalPoolOptions = {}): Layer<GlobalPoolConfig> {
  return globalPool('globalAvgPool3d', 3, options, mean);
}

/**
 * The largest value of each channel over the whole volume.
 *
 * @param options - `keepDims = false`, `name`, `inputShape`.
 * @returns a layer from `[batch, depth, height, width, channels]` to `[batch, channels]`.
 *
 * @example
 * ```ts
 * import { globalMaxPool3d } from 'kompakt/nn';
 * console.log(globalMaxPool3d().outputShape([4, 7, 7, 64])); // → [ 64 ]
 * ```
 */
export function globalMaxPool3d(options: GlobalPoolOptions = {}): Layer<GlobalPoolConfig> {
  return globalPool('globalMaxPool3d', 3, options, max);
}
