import type { Layer, RegularizerConfig } from '../layer';
import { l1l2 } from '../regularizers';
import { defineLayer } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';

/** Options of {@link activityRegularization}. */
export interface ActivityRegularizationOptions extends LayerOptions {
  /** Strength of Σ|x|, by default 0. */
  readonly l1?: number | undefined;
  /** Strength of Σx², by default 0. */
  readonly l2?: number | undefined;
}

export interface ActivityRegularizationConfig extends LayerConfig {
  readonly l1: number;
  readonly l2: number;
}

/**
 * Passes its input on, and adds (l1·Σ|x| + l2·Σx²)/batch to the loss, which keeps activations small.
 *
 * @param options - `l1 = 0`, `l2 = 0`, `name`, `inputShape`.
 * @returns a layer that keeps the shape.
 * @throws ConfigError when either is negative.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { activityRegularization } from 'kompakt/nn';
 * const { penalty } = activityRegularization({ l2: 0.5 }).call({}, {}, tensor([[1, 2], [0, 1]]), { training: true, rng: null });
 * console.log(penalty?.item()); // → 1.5
 * ```
 */
export function activityRegularization(
  options: ActivityRegularizationOptions = {},
): Layer<ActivityRegularizationConfig> {
  const o = new OptionReader('activityRegularization', options);
  const config = { l1: o.number('l1', 0, 0), l2: o.number('l2', 0, 0), ...o.common() };
  const activityRegularizer: RegularizerConfig = l1l2({ l1: config.l1, l2: config.l2 });
  return defineLayer<ActivityRegularizationConfig>(o, config, {
    outputShape: (input) => input,
    passesMask: true,
    run: (x) => x,
    activityRegularizer,
  });
}
