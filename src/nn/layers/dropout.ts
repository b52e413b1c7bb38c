import { ShapeError } from '../../core/errors';
import { formatShape, type Shape } from '../../core/shape';
import type { Layer } from '../layer';
import { defineLayer } from './define';
import { dropElements } from './drop';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';
import { expectSpatial, type Rank } from './spatial';

/** Options of {@link dropout}. */
export interface DropoutOptions extends LayerOptions {
  /** Probability that an element is dropped, in [0, 1]. */
  readonly rate: number;
  /**
   * Shape of what is drawn, the batch axis included; null stands for the size of the input. `[null, 1, null]` drops the same
   * features at all steps. By default null: each element on its own.
   */
  readonly noiseShape?: readonly (number | null)[] | null | undefined;
}

export interface DropoutConfig extends LayerConfig {
  readonly rate: number;
  readonly noiseShape: readonly (number | null)[] | null;
}

/** The rate, which must be given. */
export function readRate(o: OptionReader, max = 1): number {
  if (o.raw('rate') === undefined) throw o.wrong('rate', undefined, 'a number in [0, 1]');
  return o.number('rate', 0, 0, max);
}

/** `noiseShape`, checked; null for none. */
export function readNoiseShape(o: OptionReader): readonly (number | null)[] | null {
  const given = o.raw('noiseShape') ?? null;
  if (given === null) return null;
  if (!Array.isArray(given) || !given.every((n) => n === null || (Number.isInteger(n) && n > 0)))
    throw o.wrong('noiseShape', given, 'null, or a list of positive integers and nulls');
  return [...given];
}

/** The shape to draw for an input; each axis must be that of the input, or 1. */
export function noiseFor(noiseShape: readonly (number | null)[] | null, x: Shape, label: string): Shape {
  const shape = noiseShape === null ? x : noiseShape.map((n, i) => n ?? x[i] ?? 1);
  if (shape.length !== x.length || shape.some((n, i) => n !== x[i] && n !== 1)) {
    throw new ShapeError(
      `${label}: noiseShape ${JSON.stringify(noiseShape)} does not fit inputs of shape ${formatShape(x)}, the batch axis included.`,
    );
  }
  return shape;
}

/**
 * Dropout: in training, each element is 0 with probability `rate`, else divided by 1 − rate; at inference nothing changes.
 *
 * @param options - `rate` (required), `noiseShape = null`, `name`, `inputShape`; or the rate alone.
 * @returns a layer that keeps the shape.
 * @throws ConfigError when the rate is not in [0, 1]; in training, when the layer is given no randomness.
 *
 * Reference: Srivastava et al. 2014, “Dropout: A Simple Way to Prevent Neural Networks from Overfitting”.
 *
 * @example
 * ```ts
 * import { ones, rng } from 'kompakt';
 * import { dropout } from 'kompakt/nn';
 * const { y } = dropout({ rate: 0.5 }).call({}, {}, ones([1, 1000]), { training: true, rng: rng(1) });
 * console.log([...new Set(y.dataSync())].sort()); // → [ 0, 2 ]
 * ```
 */
export function dropout(options: number | DropoutOptions): Layer<DropoutConfig> {
  const o = new OptionReader('dropout', typeof options === 'number' ? { rate: options } : options);
  const config = { rate: readRate(o), noiseShape: readNoiseShape(o), ...o.common() };
  const { rate, noiseShape } = config;
  return defineLayer<DropoutConfig>(o, config, {
    outputShape: (input) => input,
    passesMask: true,
    run: (x, _weights, ctx) => dropElements(x, rate, ctx, o.label, noiseFor(noiseShape, x.shape, o.label)),
  });
}

/** Options of the dropouts of whole channels. */
export interface SpatialDropoutOptions extends LayerOptions {
  /** Probability that a channel is dropped, in [0, 1]. */
  readonly rate: number;
}

export interface SpatialDropoutConfig extends LayerConfig {
  readonly rate: number;
}

function spatialDropout(kind: string, rank: Rank, options: number | SpatialDropoutOptions) {
  const o = new OptionReader(kind, typeof options === 'number' ? { rate: options } : options);
  const config = { rate: readRate(o), ...o.common() };
  return defineLayer<SpatialDropoutConfig>(o, config, {
    outputShape(input) {
      expectSpatial(input, rank, o.label);
      return input;
    },
    passesMask: true,
    run: (x, _weights, ctx) => {
      const perChannel = x.shape.map((n, i) => (i > 0 && i <= rank ? 1 : n));
      return dropElements(x, config.rate, ctx, o.label, perChannel);
    },
  });
}

/**
 * Dropout of whole channels of sequences: in training, all steps of a channel are 0 with probability `rate`.
 *
 * @param options - `rate` (required), `name`, `inputShape`; or the rate alone.
 * @returns a layer for `[batch, steps, channels]` that keeps the shape.
 * @throws ConfigError when the rate is not in [0, 1]; in training, when the layer is given no randomness.
 *
 * Reference: Tompson et al. 2015, “Efficient Object Localization Using Convolutional Networks”, arXiv:1411.4280.
 *
 * @example
 * ```ts
 * import { ones, rng, max, min } from 'kompakt';
 * import { spatialDropout1d } from 'kompakt/nn';
 * const { y } = spatialDropout1d(0.5).call({}, {}, ones([1, 9, 20]), { training: true, rng: rng(1) });
 * console.log(String(max(y, { axis: 1 })) === String(min(y, { axis: 1 }))); // → true
 * ```
 */
export function spatialDropout1d(options: number | SpatialDropoutOptions): Layer<SpatialDropoutConfig> {
  return spatialDropout('spatialDropout1d', 1, options);
}

/**
 * Dropout of whole channels of images. See {@link spatialDropout1d}.
 *
 * @param options - `rate` (required), `name`, `inputShape`; or the rate alone.
 * @returns a layer for `[batch, height, width, channels]` that keeps the shape.
 * @throws ConfigError when the rate is not in [0, 1]; in training, when the layer is given no randomness.
 *
 * @example
 * ```ts
 * import { spatialDropout2d } from 'kompakt/nn';
 * console.log(spatialDropout2d(0.2).outputShape([8, 8, 16])); // → [ 8, 8, 16 ]
 * ```
 */
export function spatialDropout2d(options: number | SpatialDropoutOptions): Layer<SpatialDropoutConfig> {
  return spatialDropout('spatialDropout2d', 2, options);
}

/**
 * Dropout of whole channels of volumes. See {@link spatialDropout1d}.
 *
 * @param options - `rate` (required), `name`, `inputShape`; or the rate alone.
 * @returns a layer for `[batch, depth, height, width, channels]` that keeps the shape.
 * @throws ConfigError when the rate is not in [0, 1]; in training, when the layer is given no randomness.
 *
 * @example
 * ```ts
 * import { spatialDropout3d } from 'kompakt/nn';
 * console.log(spatialDropout3d(0.2).outputShape([4, 8, 8, 16])); // → [ 4, 8, 8, 16 ]
 * ```
 */
export function spatialDropout3d(options: number | SpatialDropoutOptions): Layer<SpatialDropoutConfig> {
  return spatialDropout('spatialDropout3d', 3, options);
}
