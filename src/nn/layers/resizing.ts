import { ShapeError } from '../../core/errors';
import { formatShape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { add, mul } from '../../ops/elementwise';
import { type ResizeMode, resize } from '../../ops/resize';
import { pad, slice } from '../../ops/shape-ops';
import type { Layer } from '../layer';
import { defineLayer } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';
import { expectSpatial } from './spatial';

/** Options of {@link resizing}. */
export interface ResizingOptions extends LayerOptions {
  readonly height: number;
  readonly width: number;
  /** By default `'bilinear'`. */
  readonly interpolation?: ResizeMode | undefined;
  /** Whether images are cropped at the centre first, so that they are not distorted; by default false. */
  readonly cropToAspectRatio?: boolean | undefined;
  /** Whether images are padded around first, so that they are not distorted; by default false. */
  readonly padToAspectRatio?: boolean | undefined;
  /** What is padded with, by default 0. */
  readonly fillValue?: number | undefined;
}

export interface ResizingConfig extends LayerConfig {
  readonly height: number;
  readonly width: number;
  readonly interpolation: ResizeMode;
  readonly cropToAspectRatio: boolean;
  readonly padToAspectRatio: boolean;
  readonly fillValue: number;
}

/** The part of images around the centre that has so many rows and columns. */
function centre(x: Tensor, height: number, width: number): Tensor {
  const [batch, h, w] = x.shape as [number, number, number];
  const [top, left] = [Math.floor((h - height) / 2), Math.floor((w - width) / 2)];
  return slice(x, [0, top, left], [batch, top + height, left + width]);
}

/** The largest part around the centre that has the shape of height × width. */
export function cropToAspect(x: Tensor, height: number, width: number): Tensor {
  const [, h, w] = x.shape as [number, number, number];
  const rows = Math.max(1, Math.min(h, Math.trunc((w * height) / width)));
  const columns = Math.max(1, Math.min(w, Math.trunc((h * width) / height)));
  return centre(x, rows, columns);
}

function padToAspect(x: Tensor, height: number, width: number, value: number): Tensor {
  const [, h, w] = x.shape as [number, number, number];
  const rows = Math.max(h, Math.trunc((w * height) / width));
  const columns = Math.max(w, Math.trunc((h * width) / height));
  const [top, left] = [Math.trunc((rows - h) / 2), Math.trunc((columns - w) / 2)];
  return pad(
    x,
    [
      [0, 0],
      [top, rows - h - top],
      [left, columns - w - left],
      [0, 0],
    ],
    { value },
  );
}

/**
 * Images in another size.
 *
 * @param options - `height`, `width` (required), `interpolation = 'bilinear'` (or `'nearest'`),
 * `cropToAspectRatio = false`, `padToAspectRatio = false`, `fillValue = 0`, `name`, `inputShape`.
 * @returns a layer from `[batch, h, w, channels]` to `[batch, height, width, channels]`.
 * @throws ConfigError for an option that is missing, unknown or out of range, or both ways to keep the ratio at once.
 *
 * @example
 * ```ts
 * import { resizing } from 'kompakt/nn';
 * console.log(resizing({ height: 32, width: 48 }).outputShape([100, 100, 3])); // → [ 32, 48, 3 ]
 * ```
 */
export function resizing(options: ResizingOptions): Layer<ResizingConfig> {
  const o = new OptionReader('resizing', options);
  const config = {
    height: o.count('height'),
    width: o.count('width'),
    interpolation: o.oneOf('interpolation', ['bilinear', 'nearest'], 'bilinear') as ResizeMode,
    cropToAspectRatio: o.flag('cropToAspectRatio', false),
    padToAspectRatio: o.flag('padToAspectRatio', false),
    fillValue: o.number('fillValue', 0, -Number.MAX_VALUE),
    ...o.common(),
  };
  const { height, width, interpolation: mode } = config;
  if (config.cropToAspectRatio && config.padToAspectRatio)
    throw o.wrong('padToAspectRatio', true, 'false where cropToAspectRatio is true');
  return defineLayer<ResizingConfig>(o, config, {
    outputShape(input) {
      expectSpatial(input, 2, o.label);
      if (input[0] === 0 || input[1] === 0)
        throw new ShapeError(`${o.label}: images of shape ${formatShape(input)} have no pixels.`);
      return [height, width, input[2]!];
    },
    run: (x) => {
      let images = x;
      if (config.cropToAspectRatio) images = cropToAspect(x, height, width);
      if (config.padToAspectRatio) images = padToAspect(x, height, width, config.fillValue);
      return resize(images, [height, width], { mode });
    },
  });
}

/** Options of {@link centerCrop}. */
export interface CenterCropOptions extends LayerOptions {
  readonly height: number;
  readonly width: number;
}

export interface CenterCropConfig extends LayerConfig {
  readonly height: number;
  readonly width: number;
}

/**
 * The centre of images. Those that are smaller are cropped to its shape and enlarged.
 *
 * @param options - `height`, `width` (required), `name`, `inputShape`.
 * @returns a layer from `[batch, h, w, channels]` to `[batch, height, width, channels]`.
 * @throws ConfigError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { centerCrop } from 'kompakt/nn';
 * console.log(centerCrop({ height: 24, width: 24 }).outputShape([28, 28, 1])); // → [ 24, 24, 1 ]
 * ```
 */
export function centerCrop(options: CenterCropOptions): Layer<CenterCropConfig> {
  const o = new OptionReader('centerCrop', options);
  const config = { height: o.count('height'), width: o.count('width'), ...o.common() };
  const { height, width } = config;
  return defineLayer<CenterCropConfig>(o, config, {
    outputShape(input) {
      expectSpatial(input, 2, o.label);
      return [height, width, input[2]!];
    },
    run: (x) => centreOrResized(x, height, width),
  });
}

/** The centre of images, or where they are too small, the largest part of that shape, enlarged. */
export function centreOrResized(x: Tensor, height: number, width: number): Tensor {
  if (x.shape[1]! >= height && x.shape[2]! >= width) return centre(x, height, width);
  return resize(cropToAspect(x, height, width), [height, width]);
}

/** Options of {@link rescaling}. */
export interface RescalingOptions extends LayerOptions {
  /** One factor, or one for each channel. */
  readonly scale: number | readonly number[];
  /** What is added, by default 0; one number, or one for each channel. */
  readonly offset?: number | readonly number[] | undefined;
}

export interface RescalingConfig extends LayerConfig {
  readonly scale: number | readonly number[];
  readonly offset: number | readonly number[];
}

/**
 * Numbers in another range: y = scale·x + offset, e.g. `scale: 1 / 255` for pixels.
 *
 * @param options - `scale` (required), `offset = 0`, each a number or one for each channel (the last axis); `name`,
 * `inputShape`.
 * @returns a layer that keeps the shape.
 * @throws ConfigError when they are no numbers.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { rescaling } from 'kompakt/nn';
 * const layer = rescaling({ scale: 0.5, offset: -1 });
 * console.log(layer.call({}, {}, tensor([[0, 4]]), { training: false, rng: null }).y.toArraySync()); // → [ [ -1, 1 ] ]
 * ```
 */
export function rescaling(options: RescalingOptions): Layer<RescalingConfig> {
  const o = new OptionReader('rescaling', options);
  const read = (option: string, byDefault?: number): number | readonly number[] => {
    const given = o.raw(option) ?? byDefault;
    const list: unknown = typeof given === 'number' ? [given] : given;
    if (!Array.isArray(list) || list.length === 0 || !list.every((n) => Number.isFinite(n)))
      throw o.wrong(option, given, 'a finite number, or a list with one for each channel');
    return typeof given === 'number' ? given : [...list];
  };
  const config = { scale: read('scale'), offset: read('offset', 0), ...o.common() };
  const lengths = [config.scale, config.offset].flatMap((v) => (typeof v === 'number' ? [] : [v.length]));
  return defineLayer<RescalingConfig>(o, config, {
    outputShape(input) {
      const other = lengths.find((n) => n !== input.at(-1));
      if (other !== undefined)
        throw new ShapeError(
          `${o.label}: there are ${other} numbers for the channels of samples ${formatShape(input)}.`,
        );
      return input;
    },
    passesMask: true,
    run: (x) => add(mul(x, config.scale as number), config.offset as number),
    multiplyAdds: () => 0,
  });
}
