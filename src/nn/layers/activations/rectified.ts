import {
  elu as eluOf,
  greater,
  leakyRelu as leakyReluOf,
  minimum,
  mul,
  relu as reluOf,
  sub,
  where,
} from '../../../ops/elementwise';
import type { Layer } from '../../layer';
import { defineLayer } from '../define';
import { type LayerConfig, type LayerOptions, OptionReader } from '../options';

/** Options of {@link relu}. */
export interface ReluLayerOptions extends LayerOptions {
  /** The greatest output; by default null: none. */
  readonly maxValue?: number | null | undefined;
  /** Slope below the threshold, by default 0. */
  readonly negativeSlope?: number | undefined;
  /** Where values begin to pass, by default 0. */
  readonly threshold?: number | undefined;
}

export interface ReluLayerConfig extends LayerConfig {
  readonly maxValue: number | null;
  readonly negativeSlope: number;
  readonly threshold: number;
}

/**
 * The rectified linear unit as a layer: x above the threshold, at most maxValue; below it, negativeSlope·(x − threshold).
 *
 * @param options - `maxValue = null`, `negativeSlope = 0`, `threshold = 0`, `name`, `inputShape`.
 * @returns a layer that keeps the shape.
 * @throws ConfigError for an option that is unknown or negative.
 *
 * @example
 * ```ts
 * import { tensor } from 'kompakt';
 * import { relu } from 'kompakt/nn';
 * const layer = relu({ maxValue: 4, negativeSlope: 0.5 });
 * console.log(layer.call({}, {}, tensor([[-2, 3, 5]]), { training: false, rng: null }).y.toArraySync()); // → [ [ -1, 3, 4 ] ]
 * ```
 */
export function relu(options: ReluLayerOptions = {}): Layer<ReluLayerConfig> {
  const o = new OptionReader('relu', options);
  const maxValue = (o.raw('maxValue') ?? null) === null ? null : o.number('maxValue', 0, 0);
  const own = { maxValue, negativeSlope: o.number('negativeSlope', 0, 0), threshold: o.number('threshold', 0, 0) };
  const config = { ...own, ...o.common() };
  const { negativeSlope, threshold } = config;
  return defineLayer<ReluLayerConfig>(o, config, {
    outputShape: (input) => input,
    passesMask: true,
    run: (x) => {
      if (negativeSlope > 0 && maxValue === null && threshold === 0) return leakyReluOf(x, { negativeSlope });
      const passed = threshold === 0 ? reluOf(x) : where(greater(x, threshold), x, 0);
      const bounded = maxValue === null ? passed : minimum(passed, maxValue);
      return negativeSlope === 0 ? bounded : sub(bounded, mul(reluOf(sub(threshold, x)), negativeSlope));
    },
  });
}

/** Options of {@link leakyRelu}. */
export interface LeakyReluLayerOptions extends LayerOptions {
  /** Slope below 0, by default 0.3. */
  readonly negativeSlope?: number | undefined;
}

export interface LeakyReluLayerConfig extends LayerConfig {
  readonly negativeSlope: number;
}

/**
 * The leaky rectified linear unit as a layer: x where positive, else negativeSlope·x.
 *
 * @param options - `negativeSlope = 0.3` (the activation of that name has 0.2), `name`, `inputShape`.
 * @returns a layer that keeps the shape.
 * @throws ConfigError for an option that is unknown or negative.
 *
 * Reference: Maas, Hannun, Ng 2013, “Rectifier Nonlinearities Improve Neural Network Acoustic Models”.
 *
 * @example
 * ```ts
 * import { leakyRelu } from 'kompakt/nn';
 * console.log(leakyRelu().config); // → { negativeSlope: 0.3, trainable: true }
 * ```
 */
export function leakyRelu(options: LeakyReluLayerOptions = {}): Layer<LeakyReluLayerConfig> {
  const o = new OptionReader('leakyRelu', options);
  const config = { negativeSlope: o.number('negativeSlope', 0.3, 0), ...o.common() };
  return defineLayer<LeakyReluLayerConfig>(o, config, {
    outputShape: (input) => input,
    passesMask: true,
    run: (x) => leakyReluOf(x, { negativeSlope: config.negativeSlope }),
  });
}

/** Options of {@link elu}. */
export interface EluLayerOptions extends LayerOptions {
  /** What −∞ goes to, with its sign turned; by default 1. */
  readonly alpha?: number | undefined;
}

export interface EluLayerConfig extends LayerConfig {
  readonly alpha: number;
}

/**
 * The exponential linear unit as a layer: x where positive, else α(eˣ − 1).
 *
 * @param options - `alpha = 1`, `name`, `inputShape`.
 * @returns a layer that keeps the shape.
 * @throws ConfigError for an option that is unknown or negative.
 *
 * Reference: Clevert, Unterthiner, Hochreiter 2015, arXiv:1511.07289.
 *
 * @example
 * ```ts
 * import { elu } from 'kompakt/nn';
 * console.log(elu({ alpha: 0.5 }).config); // → { alpha: 0.5, trainable: true }
 * ```
 */
export function elu(options: EluLayerOptions = {}): Layer<EluLayerConfig> {
  const o = new OptionReader('elu', options);
  const config = { alpha: o.number('alpha', 1, 0), ...o.common() };
  return defineLayer<EluLayerConfig>(o, config, {
    outputShape: (input) => input,
    passesMask: true,
    run: (x) => eluOf(x, { alpha: config.alpha }),
  });
}
