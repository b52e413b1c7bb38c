import { ShapeError } from '../../core/errors';
import { any, cast, mul, notEqual } from '../../ops/index';
import type { Layer } from '../layer';
import { defineLayer } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';

/** Options of {@link masking}. */
export interface MaskingOptions extends LayerOptions {
  /** By default 0. */
  readonly maskValue?: number | undefined;
}

export interface MaskingConfig extends LayerConfig {
  readonly maskValue: number;
}

/**
 * Masks the steps of a sequence of which all features are `maskValue`: layers that follow skip them, if they know of masks.
 * The features of masked steps become 0.
 *
 * @param options - `maskValue = 0`, `name`, `inputShape`.
 * @returns a layer from `[batch, time, …, features]` to the same shape, with a mask `[batch, time, …]`.
 * @throws ConfigError for an option that is unknown or no number; using the layer, a ShapeError for inputs without features.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { masking } from 'kompakt/nn';
 * const { mask } = masking({ maskValue: -1 }).call({}, {}, tensor([[[1, -1], [-1, -1]]]), { training: false, rng: null });
 * console.log(mask?.toArraySync()); // → [ [ 1, 0 ] ]
 * ```
 */
export function masking(options: MaskingOptions = {}): Layer<MaskingConfig> {
  const o = new OptionReader('masking', options);
  const config = { maskValue: o.number('maskValue', 0, -Number.MAX_VALUE), ...o.common() };
  return defineLayer<MaskingConfig>(o, config, {
    outputShape(input) {
      if (input.length > 0) return input;
      throw new ShapeError(`${o.label}: expected inputs [batch, time, features], got one number per sample.`);
    },
    run(x, _weights, _ctx) {
      const differs = notEqual(x, config.maskValue);
      const counts = any(differs, { axis: -1, keepDims: true });
      const y = mul(x, cast(counts, x.dtype));
      return { y, state: {}, mask: any(differs, { axis: -1 }) };
    },
  });
}
