import type { Shape } from '../../core/shape';
import * as ops from '../../ops/conv';
import { add } from '../../ops/elementwise';
import { windowExtent } from '../../ops/window';
import { activate } from '../activations';
import type { Layer } from '../layer';
import { defineLayer, expectRank, heldBy } from './define';
import { type AffineConfig, type AffineOptions, OptionReader, type WeightConfig, type WeightOptions } from './options';
import { checkGroups, slide } from './sliding';
import { readKernel } from './spatial';

/** Options of {@link conv1d}. */
export interface Conv1dLayerOptions extends AffineOptions, WeightOptions<'kernel'> {
  readonly filters: number;
  readonly kernelSize: number;
  /** By default 1. */
  readonly strides?: number | undefined;
  /** By default `'valid'`; `'causal'` puts all padding at the start. */
  readonly padding?: 'valid' | 'same' | 'causal' | undefined;
  /** By default 1. */
  readonly dilations?: number | undefined;
  /** Keras's name for `dilations`. */
  readonly dilationRate?: number | undefined;
  /** By default 1. */
  readonly groups?: number | undefined;
}

export interface Conv1dConfig extends AffineConfig, WeightConfig<'kernel'> {
  readonly filters: number;
  readonly kernelSize: number;
  readonly strides: number;
  readonly padding: 'valid' | 'same' | 'causal';
  readonly dilations: number;
  readonly groups: number;
}

/**
 * A convolution over sequences: y = activation(conv(x, W) + b).
 *
 * @param options - `filters`, `kernelSize` (required), `strides = 1`, `padding = 'valid'`, `dilations = 1`, `groups = 1`,
 * and the rest as of {@link conv2d}.
 * @returns a layer from `[batch, steps, channels]` to `[batch, outputs, filters]`, with weights `kernel`
 * `[size, channels / groups, filters]` and `bias` `[filters]`.
 * @throws ConfigError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { conv1d } from 'kompakt/nn';
 * console.log(conv1d({ filters: 8, kernelSize: 3, padding: 'causal' }).outputShape([20, 4])); // → [ 20, 8 ]
 * ```
 */
export function conv1d(options: Conv1dLayerOptions): Layer<Conv1dConfig> {
  const o = new OptionReader('conv1d', options);
  const window = readKernel(o, 1);
  const geometry = {
    kernelSize: window.size[0]!,
    strides: window.strides[0]!,
    padding: o.oneOf('padding', ['valid', 'same', 'causal'], 'valid'),
    dilations: window.dilations[0]!,
    groups: o.count('groups', 1),
  };
  const filters = o.count('filters');
  const config = { filters, ...geometry, ...o.affine(), ...o.weight('kernel', 'glorotUniform'), ...o.common() };
  const { kernelSize, strides, padding, dilations, groups, useBias } = config;
  checkGroups(groups, filters, groups, o.label);
  const outputShape = (input: Shape): Shape => {
    expectRank(input, 2, '[batch, steps, channels]', o.label);
    checkGroups(input[1]!, filters, groups, o.label);
    const causal = [
      [0, 0],
      [windowExtent(kernelSize, dilations) - 1, 0],
    ] as const;
    const row = { kernelSize: [1, kernelSize], strides: [1, strides], dilations: [1, dilations] } as const;
    const [, steps] = slide([1, input[0]!, 1], { ...row, padding: padding === 'causal' ? causal : padding }, o.label);
    return [steps, filters];
  };
  return defineLayer<Conv1dConfig>(o, config, {
    outputShape,
    weights: (input) => ({
      kernel: { shape: [kernelSize, input[1]! / groups, filters], initializer: config.kernelInitializer },
      ...(useBias && { bias: { shape: [filters], initializer: config.biasInitializer } }),
    }),
    run: (x, { kernel, bias }) => {
      const y = ops.conv1d(x, kernel!, { strides, padding, dilations, groups });
      return activate(config.activation, bias === undefined ? y : add(y, bias));
    },
    multiplyAdds: (input) => outputShape(input)[0]! * filters * kernelSize * (input[1]! / groups),
    ...heldBy(config, { kernel: 'kernel', bias: useBias && 'bias' }),
  });
}
