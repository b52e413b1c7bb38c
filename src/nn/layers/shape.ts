import { ShapeError } from '../../core/errors';
import { formatShape, type Shape, sizeOf } from '../../core/shape';
import { resize } from '../../ops/resize';
import { pad, reshape } from '../../ops/shape-ops';
import type { Padding2d, Pair } from '../../ops/window';
import type { Layer } from '../layer';
import { batchShape, defineLayer, expectRank } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';

/**
 * Each sample as one row of numbers.
 *
 * @param options - `name`, `inputShape`.
 * @returns a layer from `[batch, …]` to `[batch, product of the rest]`.
 *
 * @example
 * ```ts
 * import { flatten } from 'kompakt/nn';
 * console.log(flatten().outputShape([7, 7, 64])); // → [ 3136 ]
 * ```
 */
export function flatten(options: LayerOptions = {}): Layer<LayerConfig> {
  const o = new OptionReader('flatten', options);
  return defineLayer<LayerConfig>(o, o.common(), {
    outputShape: (input) => [sizeOf(input)],
    run: (x) => reshape(x, batchShape(x, [sizeOf(x.shape.slice(1))])),
  });
}

/** Options of {@link reshapeLayer}. */
export interface ReshapeLayerOptions extends LayerOptions {
  /** Of one sample; one size may be −1 and is then what is left over. */
  readonly targetShape: Shape;
}

export interface ReshapeLayerConfig extends LayerConfig {
  readonly targetShape: Shape;
}

/**
 * Each sample in another shape with as many elements.
 *
 * @param options - `targetShape` (required), `name`, `inputShape`.
 * @returns a layer from `[batch, …]` to `[batch, ...targetShape]`.
 * @throws ConfigError when it is no shape; using the layer, a ShapeError when it does not fit.
 *
 * @example
 * ```ts
 * import { reshapeLayer } from 'kompakt/nn';
 * console.log(reshapeLayer({ targetShape: [7, 7, -1] }).outputShape([98])); // → [ 7, 7, 2 ]
 * ```
 */
export function reshapeLayer(options: ReshapeLayerOptions): Layer<ReshapeLayerConfig> {
  const o = new OptionReader('reshapeLayer', options);
  const target = o.raw('targetShape');
  const isShape = Array.isArray(target) && target.every((n) => Number.isInteger(n) && n >= -1);
  if (!isShape || target.filter((n) => n === -1).length > 1) {
    throw o.wrong('targetShape', target, 'a shape without the batch axis, in which one size may be -1');
  }
  const config = { targetShape: [...target] as number[], ...o.common() };
  const { targetShape } = config;
  const outputShape = (input: Shape): Shape => {
    const known = sizeOf(targetShape.map((n) => (n === -1 ? 1 : n)));
    const free = targetShape.includes(-1);
    if (free ? known === 0 || sizeOf(input) % known !== 0 : sizeOf(input) !== known) {
      throw new ShapeError(
        `${o.label}: inputs of shape ${formatShape(input)} have ${sizeOf(input)} elements and do not fit targetShape ${formatShape(targetShape)}.`,
      );
    }
    return targetShape.map((n) => (n === -1 ? sizeOf(input) / known : n));
  };
  return defineLayer<ReshapeLayerConfig>(o, config, {
    outputShape,
    run: (x) => reshape(x, batchShape(x, outputShape(x.shape.slice(1)))),
  });
}

/** Options of {@link zeroPadding2d}. */
export interface ZeroPadding2dOptions extends LayerOptions {
  /** One number, `[vertical, horizontal]`, or `[[top, bottom], [left, right]]`; by default 1. */
  readonly padding?: number | Pair | Padding2d | undefined;
}

export interface ZeroPadding2dConfig extends LayerConfig {
  readonly padding: Padding2d;
}

/**
 * Rows and columns of zeros around images.
 *
 * @param options - `padding = 1`: one number, `[vertical, horizontal]`, or `[[top, bottom], [left, right]]`.
 * @returns a layer from `[batch, height, width, channels]` to the same, larger.
 * @throws ConfigError when the padding is none of these.
 *
 * @example
 * ```ts
 * import { zeroPadding2d } from 'kompakt/nn';
 * console.log(zeroPadding2d({ padding: [[1, 0], [2, 2]] }).outputShape([4, 4, 3])); // → [ 5, 8, 3 ]
 * ```
 */
export function zeroPadding2d(options: ZeroPadding2dOptions = {}): Layer<ZeroPadding2dConfig> {
  const o = new OptionReader('zeroPadding2d', options);
  const padding = padding2d(o);
  const config = { padding, ...o.common() };
  const [[top, bottom], [left, right]] = padding;
  return defineLayer<ZeroPadding2dConfig>(o, config, {
    outputShape(input) {
      expectRank(input, 3, '[batch, height, width, channels]', o.label);
      return [input[0]! + top + bottom, input[1]! + left + right, input[2]!];
    },
    run: (x) => pad(x, [[0, 0], ...padding, [0, 0]]),
  });
}

function padding2d(o: OptionReader): Padding2d {
  const given = o.raw('padding') ?? 1;
  const pair = typeof given === 'number' ? [given, given] : given;
  const full: unknown = Array.isArray(pair) ? pair.map((p: unknown) => (typeof p === 'number' ? [p, p] : p)) : pair;
  const fits = (p: unknown): boolean =>
    Array.isArray(p) && p.length === 2 && p.every((n) => Number.isInteger(n) && n >= 0);
  if (!Array.isArray(full) || full.length !== 2 || !full.every(fits)) {
    throw o.wrong('padding', given, 'a non-negative integer, a pair of them, or [[top, bottom], [left, right]]');
  }
  return full.map((p: number[]) => [p[0]!, p[1]!]) as unknown as Padding2d;
}

/** Options of {@link upSampling2d}. */
export interface UpSampling2dOptions extends LayerOptions {
  /** Factors of height and width, or one for both; by default 2. */
  readonly size?: number | Pair | undefined;
  /** By default `'nearest'`: every pixel repeated. */
  readonly interpolation?: 'nearest' | 'bilinear' | undefined;
}

export interface UpSampling2dConfig extends LayerConfig {
  readonly size: Pair;
  readonly interpolation: 'nearest' | 'bilinear';
}

/**
 * Images enlarged by whole factors.
 *
 * @param options - `size = 2`, `interpolation = 'nearest'`, `name`, `inputShape`.
 * @returns a layer from `[batch, height, width, channels]` to `[batch, height · size[0], width · size[1], channels]`.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * @example
 * ```ts
 * import { upSampling2d } from 'kompakt/nn';
 * console.log(upSampling2d({ size: [2, 3] }).outputShape([4, 4, 8])); // → [ 8, 12, 8 ]
 * ```
 */
export function upSampling2d(options: UpSampling2dOptions = {}): Layer<UpSampling2dConfig> {
  const o = new OptionReader('upSampling2d', options);
  const interpolation = o.oneOf('interpolation', ['nearest', 'bilinear'], 'nearest');
  const config = { size: o.pair('size', 2), interpolation, ...o.common() };
  const [fh, fw] = config.size;
  return defineLayer<UpSampling2dConfig>(o, config, {
    outputShape(input) {
      expectRank(input, 3, '[batch, height, width, channels]', o.label);
      return [input[0]! * fh, input[1]! * fw, input[2]!];
    },
    run: (x) => resize(x, [x.shape[1]! * fh, x.shape[2]! * fw], { mode: interpolation }),
  });
}
