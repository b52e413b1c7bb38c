import { ConfigError, ShapeError } from '../../../core/errors';
import { formatShape } from '../../../core/shape';
import type { Tensor } from '../../../core/tensor';
import { arange } from '../../../ops/create';
import {
  add,
  cast,
  cos,
  flip,
  floor,
  gather,
  less,
  mul,
  neg,
  ones,
  reshape,
  sin,
  sub,
  where,
  zeros,
} from '../../../ops/index';
import type { CallContext, Layer } from '../../layer';
import { uniformFor } from '../../step-rng';
import { defineLayer } from '../define';
import { type LayerConfig, type LayerOptions, OptionReader } from '../options';
import { centreOrResized } from '../resizing';
import { expectSpatial } from '../spatial';
import { type AffineMaps, type FillMode, type Interpolation, type Sampling, sampleImages } from './sample';

/** One number for each image of a batch, `[batch, 1, 1]`, uniform in the range. */
export function perImage(x: Tensor, ctx: CallContext, [low, high]: readonly [number, number], label: string): Tensor {
  if (ctx.rng === null) throw new ConfigError(`${label}: training needs randomness. Pass an rng in the call context.`);
  return add(mul(uniformFor(x, ctx.rng, [x.shape[0]!, 1, 1]), high - low), low);
}

/** A layer that changes images in training, and keeps their shape. */
export function augmentation<C extends LayerConfig>(
  o: OptionReader,
  config: C,
  change: (x: Tensor, ctx: CallContext) => Tensor,
): Layer<C> {
  return defineLayer<C>(o, config, {
    outputShape(input) {
      expectSpatial(input, 2, o.label);
      return input;
    },
    run: (x, _weights, ctx) => (ctx.training && x.size > 0 ? change(x, ctx) : x),
  });
}

/** Options of {@link randomFlip}. */
export interface RandomFlipOptions extends LayerOptions {
  /** By default both. */
  readonly mode?: 'horizontal' | 'vertical' | 'horizontalAndVertical' | undefined;
}

export interface RandomFlipConfig extends LayerConfig {
  readonly mode: 'horizontal' | 'vertical' | 'horizontalAndVertical';
}

/**
 * In training, mirrors every second image at random: left to right, upside down, or each independently.
 *
 * @param options - `mode = 'horizontalAndVertical'`, `name`, `inputShape`.
 * @returns a layer for images `[batch, height, width, channels]` that keeps the shape.
 * @throws ConfigError for another mode; in training, when the layer is given no randomness.
 *
 * @example
 * ```ts
 * import { randomFlip } from 'kompakt/nn';
 * console.log(randomFlip({ mode: 'horizontal' }).outputShape([32, 32, 3])); // → [ 32, 32, 3 ]
 * ```
 */
export function randomFlip(options: RandomFlipOptions = {}): Layer<RandomFlipConfig> {
  const o = new OptionReader('randomFlip', options);
  const modes = ['horizontal', 'vertical', 'horizontalAndVertical'] as const;
  const config: RandomFlipConfig = { mode: o.oneOf('mode', modes, 'horizontalAndVertical'), ...o.common() };
  const maybe = (x: Tensor, axis: number, ctx: CallContext): Tensor => {
    const isFlipped = reshape(less(perImage(x, ctx, [0, 1], o.label), 0.5), [x.shape[0]!, 1, 1, 1]);
    return where(isFlipped, flip(x, axis), x);
  };
  return augmentation(o, config, (x, ctx) => {
    const across = config.mode === 'vertical' ? x : maybe(x, 2, ctx);
    return config.mode === 'horizontal' ? across : maybe(across, 1, ctx);
  });
}

/** What layers that move images do at the edges. */
export interface SamplingOptions extends LayerOptions {
  /** What lies beyond the edges: their mirror image (default), the opposite side, the edge itself, or `fillValue`. */
  readonly fillMode?: FillMode | undefined;
  /** By default `'bilinear'`. */
  readonly interpolation?: Interpolation | undefined;
  /** For `fillMode: 'constant'`, by default 0. */
  readonly fillValue?: number | undefined;
}

/** The config of {@link SamplingOptions}. */
export interface SamplingConfig extends LayerConfig, Sampling {}

function readSampling(o: OptionReader): Sampling {
  return {
    fillMode: o.oneOf('fillMode', ['reflect', 'wrap', 'nearest', 'constant'], 'reflect'),
    interpolation: o.oneOf('interpolation', ['bilinear', 'nearest'], 'bilinear'),
    fillValue: o.number('fillValue', 0, -Number.MAX_VALUE),
  };
}

/** The maps of no change, for a batch. */
function unchanged(x: Tensor): AffineMaps {
  const shape = [x.shape[0]!, 1, 1];
  const [one, zero] = [ones(shape, { backend: x.backend }), zeros(shape, { backend: x.backend })];
  return { a: one, b: zero, c: zero, d: zero, e: one, f: zero };
}

/** Options of {@link randomRotation}. */
export interface RandomRotationOptions extends SamplingOptions {
  /** In whole turns: f for [−f, f], or a range. */
  readonly factor: number | readonly [number, number];
}

export interface RandomRotationConfig extends SamplingConfig {
  readonly factor: readonly [number, number];
}

/**
 * In training, turns each image around its centre by a random angle.
 *
 * @param options - `factor` (required): in whole turns, f for [−f, f], or a range `[low, high]` (positive:
 * counter-clockwise); `fillMode = 'reflect'`, `interpolation = 'bilinear'`, `fillValue = 0`, `name`, `inputShape`.
 * @returns a layer for images `[batch, height, width, channels]` that keeps the shape.
 * @throws ConfigError for an option that is missing, unknown or out of range; in training, when it is given no randomness.
 *
 * @example
 * ```ts
 * import { randomRotation } from 'kompakt/nn';
 * console.log(randomRotation({ factor: 0.1 }).config.factor); // → [ -0.1, 0.1 ]
 * ```
 */
export function randomRotation(options: RandomRotationOptions): Layer<RandomRotationConfig> {
  const o = new OptionReader('randomRotation', options);
  const config = { factor: o.range('factor', (f) => [-f, f], -1, 1), ...readSampling(o), ...o.common() };
  return augmentation<RandomRotationConfig>(o, config, (x, ctx) => {
    const angle = mul(perImage(x, ctx, config.factor, o.label), 2 * Math.PI);
    const [c, s] = [cos(angle), sin(angle)];
    const [cx, cy] = [(x.shape[2]! - 1) / 2, (x.shape[1]! - 1) / 2];
    const maps = {
      a: c,
      b: neg(s),
      c: add(sub(cx, mul(c, cx)), mul(s, cy)),
      d: s,
      e: c,
      f: sub(sub(cy, mul(s, cx)), mul(c, cy)),
    };
    return sampleImages(x, maps, config);
  });
}

/** Options of {@link randomZoom}. */
export interface RandomZoomOptions extends SamplingOptions {
  /** How much more of the height is seen, as a share: f for [−f, f], or a range; negative zooms in. */
  readonly heightFactor: number | readonly [number, number];
  /** The same for the width; by default null: as the height, which keeps the ratio. */
  readonly widthFactor?: number | readonly [number, number] | null | undefined;
}

export interface RandomZoomConfig extends SamplingConfig {
  readonly heightFactor: readonly [number, number];
  readonly widthFactor: readonly [number, number] | null;
}

/**
 * In training, zooms each image in or out around its centre by a random factor.
 *
 * @param options - `heightFactor` (required), `widthFactor = null` (keeps the ratio): how much more is seen, as a share, f
 * for [−f, f], or a range `[low, high]` above −1; negative zooms in. `fillMode = 'reflect'`, `interpolation = 'bilinear'`,
 * `fillValue = 0`, `name`, `inputShape`.
 * @returns a layer for images `[batch, height, width, channels]` that keeps the shape.
 * @throws ConfigError for an option that is missing, unknown or out of range; in training, when it is given no randomness.
 *
 * @example
 * ```ts
 * import { randomZoom } from 'kompakt/nn';
 * console.log(randomZoom({ heightFactor: [-0.2, 0] }).config.heightFactor); // → [ -0.2, 0 ]
 * ```
 */
export function randomZoom(options: RandomZoomOptions): Layer<RandomZoomConfig> {
  const o = new OptionReader('randomZoom', options);
  const around = (f: number) => [-f, f] as const;
  const config = {
    heightFactor: o.range('heightFactor', around, -1),
    widthFactor: (o.raw('widthFactor') ?? null) === null ? null : o.range('widthFactor', around, -1),
    ...readSampling(o),
    ...o.common(),
  };
  return augmentation<RandomZoomConfig>(o, config, (x, ctx) => {
    const e = add(perImage(x, ctx, config.heightFactor, o.label), 1);
    const a = config.widthFactor === null ? e : add(perImage(x, ctx, config.widthFactor, o.label), 1);
    const centred = (factor: Tensor, n: number): Tensor => mul(sub(1, factor), (n - 1) / 2);
    const maps = { ...unchanged(x), a, c: centred(a, x.shape[2]!), e, f: centred(e, x.shape[1]!) };
    return sampleImages(x, maps, config);
  });
}

/** Options of {@link randomTranslation}. */
export interface RandomTranslationOptions extends SamplingOptions {
  /** How far down, as a share of the height: f for [−f, f], or a range. */
  readonly heightFactor: number | readonly [number, number];
  /** How far to the right, as a share of the width. */
  readonly widthFactor: number | readonly [number, number];
}

export interface RandomTranslationConfig extends SamplingConfig {
  readonly heightFactor: readonly [number, number];
  readonly widthFactor: readonly [number, number];
}

/**
 * In training, moves each image by a random distance.
 *
 * @param options - `heightFactor`, `widthFactor` (required): shares of the size, f for [−f, f], or a range `[low, high]`
 * in [−1, 1]; positive moves down and right. `fillMode = 'reflect'`, `interpolation = 'bilinear'`, `fillValue = 0`, `name`,
 * `inputShape`.
 * @returns a layer for images `[batch, height, width, channels]` that keeps the shape.
 * @throws ConfigError for an option that is missing, unknown or out of range; in training, when it is given no randomness.
 *
 * @example
 * ```ts
 * import { randomTranslation } from 'kompakt/nn';
 * console.log(randomTranslation({ heightFactor: 0, widthFactor: 0.1 }).config.widthFactor); // → [ -0.1, 0.1 ]
 * ```
 */
export function randomTranslation(options: RandomTranslationOptions): Layer<RandomTranslationConfig> {
  const o = new OptionReader('randomTranslation', options);
  const around = (f: number) => [-f, f] as const;
  const config = {
    heightFactor: o.range('heightFactor', around, -1, 1),
    widthFactor: o.range('widthFactor', around, -1, 1),
    ...readSampling(o),
    ...o.common(),
  };
  return augmentation<RandomTranslationConfig>(o, config, (x, ctx) => {
    const down = mul(perImage(x, ctx, config.heightFactor, o.label), -x.shape[1]!);
    const right = mul(perImage(x, ctx, config.widthFactor, o.label), -x.shape[2]!);
    return sampleImages(x, { ...unchanged(x), c: right, f: down }, config);
  });
}

/** Options of {@link randomCrop}. */
export interface RandomCropOptions extends LayerOptions {
  readonly height: number;
  readonly width: number;
}

export interface RandomCropConfig extends LayerConfig {
  readonly height: number;
  readonly width: number;
}

/**
 * In training, a part of the images at a random place, the same for the whole batch; at inference their centre. Images that
 * are too small are cropped to the shape and enlarged.
 *
 * @param options - `height`, `width` (required), `name`, `inputShape`.
 * @returns a layer from `[batch, h, w, channels]` to `[batch, height, width, channels]`.
 * @throws ConfigError for an option that is missing, unknown or out of range; in training, when it is given no randomness.
 *
 * @example
 * ```ts
 * import { randomCrop } from 'kompakt/nn';
 * console.log(randomCrop({ height: 24, width: 24 }).outputShape([28, 28, 1])); // → [ 24, 24, 1 ]
 * ```
 */
export function randomCrop(options: RandomCropOptions): Layer<RandomCropConfig> {
  const o = new OptionReader('randomCrop', options);
  const config = { height: o.count('height'), width: o.count('width'), ...o.common() };
  const { height, width } = config;
  const along = (x: Tensor, axis: 1 | 2, size: number, ctx: CallContext): Tensor => {
    if (ctx.rng === null)
      throw new ConfigError(`${o.label}: training needs randomness. Pass an rng in the call context.`);
    const start = floor(mul(uniformFor(x, ctx.rng, [1]), x.shape[axis]! - size + 1));
    const indices = add(arange(0, size, 1, { dtype: 'float32', backend: x.backend }), start);
    return gather(x, cast(indices, 'int32'), { axis });
  };
  return defineLayer<RandomCropConfig>(o, config, {
    outputShape(input) {
      expectSpatial(input, 2, o.label);
      if (input[0] === 0 || input[1] === 0)
        throw new ShapeError(`${o.label}: images of shape ${formatShape(input)} have no pixels.`);
      return [height, width, input[2]!];
    },
    run: (x, _weights, ctx) => {
      const fits = x.shape[1]! >= height && x.shape[2]! >= width;
      if (!ctx.training || !fits) return centreOrResized(x, height, width);
      return along(along(x, 1, height, ctx), 2, width, ctx);
    },
  });
}
