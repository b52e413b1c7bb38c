import type { Shape } from '../../core/shape';
import { conv3d as convolve } from '../../ops/conv3d';
import { add } from '../../ops/elementwise';
import { activate } from '../activations';
import type { Layer } from '../layer';
import { defineLayer, heldBy } from './define';
import { type AffineConfig, type AffineOptions, OptionReader, type WeightConfig, type WeightOptions } from './options';
import { checkGroups } from './sliding';
import { expectSpatial, paddingOf, perAxis, readKernel, slideAlong, type Triple } from './spatial';

/** Options of {@link conv3d}. */
export interface Conv3dLayerOptions extends AffineOptions, WeightOptions<'kernel'> {
  readonly filters: number;
  /** Depth, height and width of the window, or one number for all. */
  readonly kernelSize: number | Triple;
  /** By default 1. */
  readonly strides?: number | Triple | undefined;
  /** By default `'valid'`. */
  readonly padding?: 'valid' | 'same' | undefined;
  /** Distance between the cells of the window, by default 1. */
  readonly dilations?: number | Triple | undefined;
  /** Keras's name for `dilations`. */
  readonly dilationRate?: number | Triple | undefined;
  /** Blocks of channels that are convolved apart from each other, by default 1. */
  readonly groups?: number | undefined;
}

export interface Conv3dConfig extends AffineConfig, WeightConfig<'kernel'> {
  readonly filters: number;
  readonly kernelSize: Triple;
  readonly strides: Triple;
  readonly padding: 'valid' | 'same';
  readonly dilations: Triple;
  readonly groups: number;
}

/**
 * A convolution over volumes, or over images in time: y = activation(conv(x, W) + b).
 *
 * @param options - `filters`, `kernelSize` (required), `strides = 1`, `padding = 'valid'`, `dilations = 1`, `groups = 1`,
 * and the rest as of {@link conv2d}.
 * @returns a layer from `[batch, depth, height, width, channels]` to `[batch, od, oh, ow, filters]`, with weights
 * `kernel` `[kd, kh, kw, channels / groups, filters]` and `bias` `[filters]`.
 * @throws ConfigError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { conv3d } from 'kompakt/nn';
 * const layer = conv3d({ filters: 4, kernelSize: 3, padding: 'same', strides: [1, 2, 2] });
 * console.log(layer.outputShape([8, 16, 16, 1]), layer.multiplyAdds([8, 16, 16, 1])); // → [ 8, 8, 8, 4 ] 55296
 * ```
 */
export function conv3d(options: Conv3dLayerOptions): Layer<Conv3dConfig> {
  const o = new OptionReader('conv3d', options);
  const filters = o.count('filters');
  const groups = o.count('groups', 1);
  const window = readKernel(o, 3);
  const config: Conv3dConfig = {
    filters,
    kernelSize: perAxis<3>(window.size),
    strides: perAxis<3>(window.strides),
    padding: o.oneOf('padding', ['valid', 'same'], 'valid'),
    dilations: perAxis<3>(window.dilations),
    groups,
    ...o.affine(),
    ...o.weight('kernel', 'glorotUniform'),
    ...o.common(),
  };
  const { kernelSize, strides, dilations, padding, useBias } = config;
  checkGroups(groups, filters, groups, o.label);
  const outputShape = (input: Shape): Shape => {
    expectSpatial(input, 3, o.label);
    checkGroups(input[3]!, filters, groups, o.label);
    return [...slideAlong(input.slice(0, 3), window, padding, o.label), filters];
  };
  const kernelShape = (input: Shape): Shape => [...kernelSize, input[3]! / groups, filters];
  return defineLayer<Conv3dConfig>(o, config, {
    outputShape,
    weights: (input) => ({
      kernel: { shape: kernelShape(input), initializer: config.kernelInitializer },
      ...(useBias && { bias: { shape: [filters], initializer: config.biasInitializer } }),
    }),
    run: (x, { kernel, bias }) => {
      const pads = paddingOf(padding, x.shape.slice(1, 4), window) as never;
      const y = convolve(x, kernel!, { strides, dilations, padding: pads, groups });
      return activate(config.activation, bias === undefined ? y : add(y, bias));
    },
    multiplyAdds: (input) => [...outputShape(input), ...kernelShape(input).slice(0, 4)].reduce((a, b) => a * b, 1),
    ...heldBy(config, { kernel: 'kernel', bias: useBias && 'bias' }),
  });
}
