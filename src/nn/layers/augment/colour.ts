import type { Tensor } from '../../../core/tensor';
import { add, cast, clip, mean, mul, reshape, sub } from '../../../ops/index';
import type { Layer } from '../../layer';
import { type LayerConfig, type LayerOptions, OptionReader } from '../options';
import { augmentation, perImage } from './geometry';

/** Options of {@link randomContrast} and {@link randomBrightness}. */
export interface RandomColourOptions extends LayerOptions {
  /** How much at most, see each layer. */
  readonly factor: number | readonly [number, number];
  /** The least and the greatest value of a pixel, by default `[0, 255]`. */
  readonly valueRange?: readonly [number, number] | undefined;
}

export interface RandomColourConfig extends LayerConfig {
  readonly factor: readonly [number, number];
  readonly valueRange: readonly [number, number];
}

function readValueRange(o: OptionReader): readonly [number, number] {
  const given = o.raw('valueRange') ?? [0, 255];
  const fits = Array.isArray(given) && given.length === 2 && given.every((n) => Number.isFinite(n));
  if (!fits || given[0] >= given[1]) throw o.wrong('valueRange', given, 'a range [low, high] of finite numbers');
  return [given[0], given[1]];
}

const ofImages = (t: Tensor, x: Tensor): Tensor => cast(reshape(t, [x.shape[0]!, 1, 1, 1]), x.dtype as 'float32');

/**
 * In training, draws the pixels of each image away from the mean of their channel, or towards it:
 * y = clip(μ + f·(x − μ)), f uniform in [1 − factor[0], 1 + factor[1]].
 *
 * @param options - `factor` (required): one number in [0, 1] for both, or a pair; `valueRange = [0, 255]`, `name`,
 * `inputShape`.
 * @returns a layer for images `[batch, height, width, channels]` that keeps the shape.
 * @throws ConfigError for an option that is missing, unknown or out of range; in training, when it is given no randomness.
 *
 * @example
 * ```ts
 * import { randomContrast } from 'kompakt/nn';
 * console.log(randomContrast({ factor: 0.2 }).config); // → { factor: [ 0.2, 0.2 ], valueRange: [ 0, 255 ], trainable: true }
 * ```
 */
export function randomContrast(options: RandomColourOptions): Layer<RandomColourConfig> {
  const o = new OptionReader('randomContrast', options);
  const given = o.raw('factor');
  const pair = typeof given === 'number' ? [given, given] : given;
  if (!Array.isArray(pair) || pair.length !== 2 || !pair.every((f) => typeof f === 'number' && f >= 0 && f <= 1))
    throw o.wrong('factor', given, 'a number in [0, 1], or a pair of them');
  const factor = [pair[0], pair[1]] as const;
  const config: RandomColourConfig = { factor, valueRange: readValueRange(o), ...o.common() };
  return augmentation<RandomColourConfig>(o, config, (x, ctx) => {
    const f = ofImages(perImage(x, ctx, [1 - factor[0], 1 + factor[1]], o.label), x);
    const mu = mean(x, { axis: [1, 2], keepDims: true });
    return clip(add(mul(sub(x, mu), f), mu), ...config.valueRange);
  });
}

/**
 * In training, makes each image brighter or darker: y = clip(x + f·(high − low)), f uniform in the range of factors.
 *
 * @param options - `factor` (required): f in [0, 1] for [−f, f], or a range `[low, high]` in [−1, 1];
 * `valueRange = [0, 255]`, `name`, `inputShape`.
 * @returns a layer for images `[batch, height, width, channels]` that keeps the shape.
 * @throws ConfigError for an option that is missing, unknown or out of range; in training, when it is given no randomness.
 *
 * @example
 * ```ts
 * import { randomBrightness } from 'kompakt/nn';
 * console.log(randomBrightness({ factor: 0.2, valueRange: [0, 1] }).config.factor); // → [ -0.2, 0.2 ]
 * ```
 */
export function randomBrightness(options: RandomColourOptions): Layer<RandomColourConfig> {
  const o = new OptionReader('randomBrightness', options);
  const config = { factor: o.range('factor', (f) => [-f, f], -1, 1), valueRange: readValueRange(o), ...o.common() };
  const [low, high] = config.valueRange;
  return augmentation<RandomColourConfig>(o, config, (x, ctx) =>
    clip(add(x, mul(ofImages(perImage(x, ctx, config.factor, o.label), x), high - low)), low, high),
  );
}
