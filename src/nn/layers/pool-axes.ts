import type { Tensor } from '../../core/tensor';
import * as ops from '../../ops/pool';
import { expandDims, reshape, squeeze } from '../../ops/shape-ops';
import type { Layer } from '../layer';
import { defineLayer } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';
import { expectSpatial, type PerAxis, paddingOf, perAxis, slideAlong, type Window } from './spatial';

/** Options of pools over sequences and volumes. */
export interface PoolOptions<R extends 1 | 3> extends LayerOptions {
  /** Size of the window along each axis, or one number for all; by default 2. */
  readonly poolSize?: number | PerAxis<R> | undefined;
  /** By default the window itself. */
  readonly strides?: number | PerAxis<R> | null | undefined;
  /** By default `'valid'`. */
  readonly padding?: 'valid' | 'same' | undefined;
}

export interface PoolConfig<R extends 1 | 3> extends LayerConfig {
  readonly poolSize: PerAxis<R>;
  readonly strides: PerAxis<R>;
  readonly padding: 'valid' | 'same';
}

type Pool2d = typeof ops.maxPool2d;

/**
 * A pool over volumes: over the images of all slices, then along the depth. Windows being boxes, the greatest of the
 * greatest, and the mean of the means, are those of all.
 */
function poolVolumes(x: Tensor, pool: Pool2d, { size, strides }: Window, padding: 'valid' | 'same'): Tensor {
  const [batch, depth, height, width, channels] = x.shape as [number, number, number, number, number];
  const images = reshape(x, [batch * depth, height, width, channels]);
  const planes = pool(images, [size[1]!, size[2]!], { strides: [strides[1]!, strides[2]!], padding });
  const [, h, w] = planes.shape as [number, number, number];
  const columns = reshape(planes, [batch, depth, h * w, channels]);
  const y = pool(columns, [size[0]!, 1], { strides: [strides[0]!, 1], padding });
  return reshape(y, [batch, y.shape[1]!, h, w, channels]);
}

function poolSequences(x: Tensor, pool: Pool2d, window: Window, padding: 'valid' | 'same'): Tensor {
  const [size, stride] = [window.size[0]!, window.strides[0]!];
  const pads = [paddingOf(padding, [x.shape[1]!], window)[0]!, [0, 0]] as const;
  return squeeze(pool(expandDims(x, 2), [size, 1], { strides: [stride, 1], padding: pads }), 2);
}

function poolLayer<R extends 1 | 3>(kind: string, rank: R, options: PoolOptions<R>, pool: Pool2d) {
  const o = new OptionReader(kind, options);
  const size = o.counts('poolSize', rank, 2);
  const window = { size, strides: o.counts('strides', rank, size), dilations: size.map(() => 1) };
  const padding = o.oneOf('padding', ['valid', 'same'], 'valid');
  const config: PoolConfig<R> = {
    poolSize: perAxis<R>(size),
    strides: perAxis<R>(window.strides),
    padding,
    ...o.common(),
  };
  return defineLayer<PoolConfig<R>>(o, config, {
    outputShape(input) {
      expectSpatial(input, rank, o.label);
      return [...slideAlong(input.slice(0, rank), window, padding, o.label), input[rank]!];
    },
    run: (x) => (rank === 1 ? poolSequences : poolVolumes)(x, pool, window, padding),
  });
}

/**
 * Max pooling over sequences: the largest value of each window.
 *
 * @param options - `poolSize = 2`, `strides = poolSize`, `padding = 'valid'`, `name`, `inputShape`.
 * @returns a layer from `[batch, steps, channels]` to `[batch, outputs, channels]`.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * @example
 * ```ts
 * import { maxPool1d } from 'kompakt/nn';
 * console.log(maxPool1d({ poolSize: 3, padding: 'same' }).outputShape([10, 8])); // → [ 4, 8 ]
 * ```
 */
export function maxPool1d(options: PoolOptions<1> = {}): Layer<PoolConfig<1>> {
  return poolLayer('maxPool1d', 1, options, ops.maxPool2d);
}

/**
 * Average pooling over sequences: the mean of each window, padding left out.
 *
 * @param options - `poolSize = 2`, `strides = poolSize`, `padding = 'valid'`, `name`, `inputShape`.
 * @returns a layer from `[batch, steps, channels]` to `[batch, outputs, channels]`.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * @example
 * ```ts
 * import { avgPool1d } from 'kompakt/nn';
 * console.log(avgPool1d({ poolSize: 4, strides: 2 }).outputShape([10, 8])); // → [ 4, 8 ]
 * ```
 */
export function avgPool1d(options: PoolOptions<1> = {}): Layer<PoolConfig<1>> {
  return poolLayer('avgPool1d', 1, options, ops.avgPool2d);
}

/**
 * Max pooling over volumes: the largest value of each window.
 *
 * @param options - `poolSize = 2`, `strides = poolSize`, `padding = 'valid'`, `name`, `inputShape`.
 * @returns a layer from `[batch, depth, height, width, channels]` to `[batch, od, oh, ow, channels]`.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * @example
 * ```ts
 * import { maxPool3d } from 'kompakt/nn';
 * console.log(maxPool3d({ poolSize: [1, 2, 2] }).outputShape([8, 16, 16, 4])); // → [ 8, 8, 8, 4 ]
 * ```
 */
export function maxPool3d(options: PoolOptions<3> = {}): Layer<PoolConfig<3>> {
  return poolLayer('maxPool3d', 3, options, ops.maxPool2d);
}

/**
 * Average pooling over volumes: the mean of each window, padding left out.
 *
 * @param options - `poolSize = 2`, `strides = poolSize`, `padding = 'valid'`, `name`, `inputShape`.
 * @returns a layer from `[batch, depth, height, width, channels]` to `[batch, od, oh, ow, channels]`.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * @example
 * ```ts
 * import { avgPool3d } from 'kompakt/nn';
 * console.log(avgPool3d().outputShape([8, 16, 16, 4])); // → [ 4, 8, 8, 4 ]
 * ```
 */
export function avgPool3d(options: PoolOptions<3> = {}): Layer<PoolConfig<3>> {
  return poolLayer('avgPool3d', 3, options, ops.avgPool2d);
}
