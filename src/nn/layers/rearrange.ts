import { ShapeError } from '../../core/errors';
import { formatShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { expandDims, repeat, transpose } from '../../ops/shape-ops';
import type { Layer } from '../layer';
import { defineLayer, expectRank } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';
import { axesOf, expectSpatial, type PerAxis, perAxis } from './spatial';

/** Options of {@link permute}. */
export interface PermuteOptions extends LayerOptions {
  /** Which axis of a sample comes where, counted from 1. */
  readonly dims: readonly number[];
}

export interface PermuteConfig extends LayerConfig {
  readonly dims: readonly number[];
}

/**
 * The axes of each sample in another order.
 *
 * @param options - `dims` (required): which axis comes where, from 1 on, as axis 0 is the batch; `name`, `inputShape`.
 * @returns a layer from `[batch, …]` to the same with axes moved.
 * @throws ConfigError when dims does not hold 1 … n once each; ShapeError for samples of another rank.
 *
 * @example
 * ```ts
 * import { permute } from 'kompakt/nn';
 * console.log(permute({ dims: [2, 1] }).outputShape([10, 64])); // → [ 64, 10 ]
 * ```
 */
export function permute(options: PermuteOptions): Layer<PermuteConfig> {
  const o = new OptionReader('permute', options);
  const given = o.raw('dims');
  const fits =
    Array.isArray(given) && given.length > 0 && [...given].sort((a, b) => a - b).every((d, i) => d === i + 1);
  if (!fits) throw o.wrong('dims', given, 'the numbers 1 … n in some order');
  const config = { dims: [...(given as number[])], ...o.common() };
  const { dims } = config;
  return defineLayer<PermuteConfig>(o, config, {
    outputShape(input) {
      if (input.length !== dims.length)
        throw new ShapeError(
          `${o.label}: dims ${formatShape(dims)} do not fit samples of shape ${formatShape(input)}.`,
        );
      return dims.map((d) => input[d - 1]!);
    },
    run: (x) => transpose(x, [0, ...dims]),
  });
}

/** Options of {@link repeatVector}. */
export interface RepeatVectorOptions extends LayerOptions {
  /** How many times. */
  readonly n: number;
}

export interface RepeatVectorConfig extends LayerConfig {
  readonly n: number;
}

/**
 * Each sample n times over, as a sequence.
 *
 * @param options - `n` (required), `name`, `inputShape`.
 * @returns a layer from `[batch, features]` to `[batch, n, features]`.
 * @throws ConfigError when n is not a positive integer.
 *
 * @example
 * ```ts
 * import { repeatVector } from 'kompakt/nn';
 * console.log(repeatVector({ n: 3 }).outputShape([32])); // → [ 3, 32 ]
 * ```
 */
export function repeatVector(options: RepeatVectorOptions): Layer<RepeatVectorConfig> {
  const o = new OptionReader('repeatVector', options);
  const config = { n: o.count('n'), ...o.common() };
  return defineLayer<RepeatVectorConfig>(o, config, {
    outputShape(input) {
      expectRank(input, 1, '[batch, features]', o.label);
      return [config.n, input[0]!];
    },
    run: (x) => repeat(expandDims(x, 1), config.n, 1),
  });
}

/**
 * What comes in, unchanged.
 *
 * @param options - `name`, `inputShape`.
 *
 * @example
 * ```ts
 * import { identity } from 'kompakt/nn';
 * console.log(identity().outputShape([3, 4])); // → [ 3, 4 ]
 * ```
 */
export function identity(options: LayerOptions = {}): Layer<LayerConfig> {
  const o = new OptionReader('identity', options);
  return defineLayer<LayerConfig>(o, o.common(), { outputShape: (input) => input, passesMask: true, run: (x) => x });
}

/** Options of {@link upSampling1d} and {@link upSampling3d}. */
export interface UpSamplingOptions<R extends 1 | 3> extends LayerOptions {
  /** The factor of each axis, or one for all; by default 2. */
  readonly size?: number | PerAxis<R> | undefined;
}

export interface UpSamplingConfig<R extends 1 | 3> extends LayerConfig {
  readonly size: PerAxis<R>;
}

function upSampling<R extends 1 | 3>(kind: string, rank: R, options: UpSamplingOptions<R>) {
  const o = new OptionReader(kind, options);
  const config: UpSamplingConfig<R> = { size: perAxis<R>(o.counts('size', rank, 2)), ...o.common() };
  const factors = axesOf(config.size as number);
  return defineLayer<UpSamplingConfig<R>>(o, config, {
    outputShape(input) {
      expectSpatial(input, rank, o.label);
      return [...factors.map((f, i) => f * input[i]!), input[rank]!];
    },
    run: (x) => factors.reduce((y: Tensor, f, i) => (f === 1 ? y : repeat(y, f, i + 1)), x),
  });
}

/**
 * Each step of sequences several times over.
 *
 * @param options - `size = 2`, `name`, `inputShape`.
 * @returns a layer from `[batch, steps, channels]` to `[batch, steps · size, channels]`.
 * @throws ConfigError when the size is not a positive integer.
 *
 * @example
 * ```ts
 * import { upSampling1d } from 'kompakt/nn';
 * console.log(upSampling1d({ size: 3 }).outputShape([4, 8])); // → [ 12, 8 ]
 * ```
 */
export function upSampling1d(options: UpSamplingOptions<1> = {}): Layer<UpSamplingConfig<1>> {
  return upSampling('upSampling1d', 1, options);
}

/**
 * Volumes enlarged by whole factors, each voxel repeated.
 *
 * @param options - `size = 2`: one factor, or one for each axis; `name`, `inputShape`.
 * @returns a layer from `[batch, depth, height, width, channels]` to the same, larger.
 * @throws ConfigError when a size is not a positive integer.
 *
 * @example
 * ```ts
 * import { upSampling3d } from 'kompakt/nn';
 * console.log(upSampling3d({ size: [1, 2, 2] }).outputShape([4, 8, 8, 3])); // → [ 4, 16, 16, 3 ]
 * ```
 */
export function upSampling3d(options: UpSamplingOptions<3> = {}): Layer<UpSamplingConfig<3>> {
  return upSampling('upSampling3d', 3, options);
}
