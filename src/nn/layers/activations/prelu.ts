import { ShapeError } from '../../../core/errors';
import { formatShape, type Shape } from '../../../core/shape';
import { mul, neg, relu, sub } from '../../../ops/elementwise';
import type { Layer } from '../../layer';
import { defineLayer, heldBy } from '../define';
import { type LayerConfig, type LayerOptions, OptionReader, type WeightConfig, type WeightOptions } from '../options';

/** Options of {@link prelu}. */
export interface PreluOptions extends LayerOptions, WeightOptions<'alpha'> {
  /** Axes, counted with the batch axis, along which slopes are shared: `[1, 2]` for one per channel of images. */
  readonly sharedAxes?: readonly number[] | null | undefined;
}

export interface PreluConfig extends LayerConfig, WeightConfig<'alpha'> {
  readonly sharedAxes: readonly number[] | null;
}

/**
 * A rectified linear unit that learns its slope below 0: x where positive, else α·x.
 *
 * @param options - `alphaInitializer = 'zeros'`, `alphaRegularizer`, `alphaConstraint`, `sharedAxes = null`, `name`,
 * `trainable = true`, `inputShape`.
 * @returns a layer that keeps the shape, with the weight `alpha` of the shape of a sample, 1 along the shared axes.
 * @throws ConfigError for an option that is unknown or out of range.
 *
 * Reference: He et al. 2015, “Delving Deep into Rectifiers”, arXiv:1502.01852.
 *
 * @example
 * ```ts
 * import { prelu, sequential } from 'kompakt/nn';
 * const model = sequential([prelu({ sharedAxes: [1, 2] })], { inputShape: [8, 8, 4] });
 * console.log(model.weights.map((w) => w.shape)); // → [ [ 1, 1, 4 ] ]
 * ```
 */
export function prelu(options: PreluOptions = {}): Layer<PreluConfig> {
  const o = new OptionReader('prelu', options);
  const given = o.raw('sharedAxes') ?? null;
  if (given !== null && !(Array.isArray(given) && given.every((a) => Number.isInteger(a) && a >= 1))) {
    throw o.wrong('sharedAxes', given, 'null or a list of axes from 1 on');
  }
  const sharedAxes = given === null ? null : [...(given as number[])];
  const config = { ...o.weight('alpha', 'zeros'), sharedAxes, ...o.common() };
  const slopes = (input: Shape): Shape => input.map((n, i) => (sharedAxes?.includes(i + 1) ? 1 : n));
  return defineLayer<PreluConfig>(o, config, {
    outputShape(input) {
      const missing = sharedAxes?.find((a) => a > input.length);
      if (missing !== undefined)
        throw new ShapeError(
          `${o.label}: samples of shape ${formatShape(input)} have no axis ${missing} to share along.`,
        );
      return input;
    },
    passesMask: true,
    weights: (input) => ({ alpha: { shape: slopes(input), initializer: config.alphaInitializer } }),
    run: (x, { alpha }) => sub(relu(x), mul(alpha!, relu(neg(x)))),
    ...heldBy(config, { alpha: 'alpha' }),
  });
}
