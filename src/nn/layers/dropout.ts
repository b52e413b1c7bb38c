import { ConfigError } from '../../core/errors';
import { greaterEqual, mul, where } from '../../ops/elementwise';
import type { Layer } from '../layer';
import { uniformFor } from '../step-rng';
import { defineLayer } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';

/** Options of {@link dropout}. */
export interface DropoutOptions extends LayerOptions {
  /** Probability that an element is dropped, in [0, 1]. */
  readonly rate: number;
}

export interface DropoutConfig extends LayerConfig {
  readonly rate: number;
}

/**
 * Dropout: in training, each element is 0 with probability `rate`, else divided by 1 − rate; at inference nothing changes.
 *
 * @param options - `rate` (required), `name`, `inputShape`; or the rate alone.
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
  const given = o.raw('rate');
  if (given === undefined) throw o.wrong('rate', given, 'a number in [0, 1]');
  const config = { rate: o.number('rate', 0, 0, 1), ...o.common() };
  const { rate } = config;
  return defineLayer<DropoutConfig>(o, config, {
    outputShape: (input) => input,
    passesMask: true,
    run: (x, _weights, { training, rng }) => {
      if (!training || rate === 0) return x;
      if (rng === null)
        throw new ConfigError(`${o.label}: training needs randomness. Pass an rng in the call context.`);
      const isKept = greaterEqual(uniformFor(x, rng), rate);
      // At rate 1 nothing is kept, and 1 / 0 would make the gradient NaN.
      return where(isKept, mul(x, rate < 1 ? 1 / (1 - rate) : 1), 0);
    },
  });
}
