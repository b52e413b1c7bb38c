import { type ActivationName, activate } from '../activations';
import type { Layer } from '../layer';
import { defineLayer } from './define';
import { type LayerConfig, type LayerOptions, OptionReader } from './options';

/** Options of {@link activation}. */
export interface ActivationOptions extends LayerOptions {
  readonly activation: ActivationName;
}

export interface ActivationConfig extends LayerConfig {
  readonly activation: ActivationName;
}

/**
 * An activation as a layer of its own.
 *
 * @param options - its name, or `{ activation, name, inputShape }`.
 * @returns a layer that keeps the shape.
 * @throws ConfigError for an unknown activation.
 *
 * @example
 * ```ts
 * import { activation } from 'kompakt/nn';
 * console.log(activation('relu').config); // → { activation: 'relu', trainable: true }
 * ```
 */
export function activation(options: ActivationName | ActivationOptions): Layer<ActivationConfig> {
  const o = new OptionReader('activation', typeof options === 'string' ? { activation: options } : options);
  if (o.raw('activation') === undefined) throw o.wrong('activation', undefined, 'the name of an activation');
  const config = { activation: o.activation(), ...o.common() };
  return defineLayer<ActivationConfig>(o, config, {
    outputShape: (input) => input,
    passesMask: true,
    run: (x) => activate(config.activation, x),
  });
}
