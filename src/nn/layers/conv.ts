import type { Shape } from '../../core/shape';
import * as ops from '../../ops/conv';
import { add } from '../../ops/elementwise';
import { activate } from '../activations';
import type { Layer } from '../layer';
import { defineLayer, heldBy } from './define';
import { OptionReader, type WeightConfig, type WeightOptions } from './options';
import { checkGroups, readWindow, slide, type WindowConfig, type WindowOptions } from './sliding';

/** Options of {@link conv2d}. */
export interface Conv2dLayerOptions extends WindowOptions, WeightOptions<'kernel'> {
  readonly filters: number;
  /** Blocks of channels that are convolved apart from each other, by default 1. */
  readonly groups?: number | undefined;
}

export interface Conv2dConfig extends WindowConfig, WeightConfig<'kernel'> {
  readonly filters: number;
  readonly groups: number;
}

/** Options of {@link depthwiseConv2d}. */
export interface DepthwiseConv2dLayerOptions extends WindowOptions, WeightOptions<'depthwise'> {
  /** Outputs per input channel, by default 1. */
  readonly depthMultiplier?: number | undefined;
}

export interface DepthwiseConv2dConfig extends WindowConfig, WeightConfig<'depthwise'> {
  readonly depthMultiplier: number;
}

/** Options of {@link separableConv2d}. */
export interface SeparableConv2dLayerOptions extends DepthwiseConv2dLayerOptions, WeightOptions<'pointwise'> {
  readonly filters: number;
}

export interface SeparableConv2dConfig extends DepthwiseConv2dConfig, WeightConfig<'pointwise'> {
  readonly filters: number;
}

/**
 * A convolution over images: y = activation(conv(x, W) + b).
 *
 * @param options - `filters`, `kernelSize` (required), `strides = 1`, `padding = 'valid'`, `dilations = 1`, `groups = 1`,
 * `activation = 'linear'`, `useBias = true`, `kernelInitializer = 'glorotUniform'`, `biasInitializer = 'zeros'`,
 * `kernelRegularizer`, `biasRegularizer`, `activityRegularizer`, `kernelConstraint`, `biasConstraint`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, height, width, channels]` to `[batch, oh, ow, filters]`, with weights `kernel`
 * `[kh, kw, channels / groups, filters]` and `bias` `[filters]`.
 * @throws ConfigError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { conv2d } from 'kompakt/nn';
 * const layer = conv2d({ filters: 8, kernelSize: 3, padding: 'same', strides: 2 });
 * console.log(layer.outputShape([28, 28, 3]), layer.multiplyAdds([28, 28, 3])); // → [ 14, 14, 8 ] 42336
 * ```
 */
export function conv2d(options: Conv2dLayerOptions): Layer<Conv2dConfig> {
  const o = new OptionReader('conv2d', options);
  const filters = o.count('filters');
  const groups = o.count('groups', 1);
  const kernel = o.weight('kernel', 'glorotUniform');
  const config = { filters, ...readWindow(o), groups, ...o.affine(), ...kernel, ...o.common() };
  const { kernelSize, strides, padding, dilations, activation, useBias, biasInitializer } = config;
  const kernelShape = (input: Shape): Shape => [...kernelSize, input[2]! / groups, filters];
  checkGroups(groups, filters, groups, o.label);
  const outputShape = (input: Shape): Shape => {
    const [h, w] = slide(input, config, o.label);
    checkGroups(input[2]!, filters, groups, o.label);
    return [h, w, filters];
  };
  return defineLayer<Conv2dConfig>(o, config, {
    outputShape,
    weights: (input) => ({
      kernel: { shape: kernelShape(input), initializer: config.kernelInitializer },
      ...(useBias && { bias: { shape: [filters], initializer: biasInitializer } }),
    }),
    run: (x, { kernel, bias }) => {
      const y = ops.conv2d(x, kernel!, { strides, padding, dilations, groups });
      return activate(activation, bias === undefined ? y : add(y, bias));
    },
    multiplyAdds: (input) => {
      const [h, w] = outputShape(input) as [number, number, number];
      const [kh, kw, inner] = kernelShape(input) as [number, number, number, number];
      return h * w * filters * kh * kw * inner;
    },
    ...heldBy(config, { kernel: 'kernel', bias: useBias && 'bias' }),
  });
}

/**
 * A convolution of each channel on its own: y = activation(depthwise(x, W) + b).
 *
 * @param options - `kernelSize` (required), `strides = 1`, `padding = 'valid'`, `dilations = 1`, `depthMultiplier = 1`,
 * `activation = 'linear'`, `useBias = true`, `depthwiseInitializer = 'glorotUniform'`, `biasInitializer = 'zeros'`,
 * `depthwiseRegularizer`, `biasRegularizer`, `activityRegularizer`, `depthwiseConstraint`, `biasConstraint`, `name`, `trainable = true`, `inputShape`.
 * @returns a layer from `[batch, height, width, channels]` to `[batch, oh, ow, channels · depthMultiplier]`, with weights
 * `depthwiseKernel` `[kh, kw, channels, depthMultiplier]` and `bias`.
 * @throws ConfigError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { depthwiseConv2d } from 'kompakt/nn';
 * console.log(depthwiseConv2d({ kernelSize: 3, depthMultiplier: 2 }).outputShape([8, 8, 4])); // → [ 6, 6, 8 ]
 * ```
 */
export function depthwiseConv2d(options: DepthwiseConv2dLayerOptions): Layer<DepthwiseConv2dConfig> {
  const o = new OptionReader('depthwiseConv2d', options);
  const config = { ...readWindow(o), ...readDepthwise(o), ...o.affine(), ...o.common() };
  const { kernelSize, strides, padding, dilations, depthMultiplier, useBias } = config;
  const outputShape = (input: Shape): Shape => [...slide(input, config, o.label), input[2]! * depthMultiplier];
  return defineLayer<DepthwiseConv2dConfig>(o, config, {
    outputShape,
    weights: (input) => ({
      depthwiseKernel: { shape: [...kernelSize, input[2]!, depthMultiplier], initializer: config.depthwiseInitializer },
      ...(useBias && { bias: { shape: [input[2]! * depthMultiplier], initializer: config.biasInitializer } }),
    }),
    run: (x, { depthwiseKernel, bias }) => {
      const y = ops.depthwiseConv2d(x, depthwiseKernel!, { strides, padding, dilations });
      return activate(config.activation, bias === undefined ? y : add(y, bias));
    },
    multiplyAdds: (input) => {
      const [h, w, c] = outputShape(input) as [number, number, number];
      return h * w * c * kernelSize[0] * kernelSize[1];
    },
    ...heldBy(config, { depthwiseKernel: 'depthwise', bias: useBias && 'bias' }),
  });
}

function readDepthwise(o: OptionReader): Omit<DepthwiseConv2dConfig, keyof WindowConfig> {
  return { depthMultiplier: o.count('depthMultiplier', 1), ...o.weight('depthwise', 'glorotUniform') };
}

/**
 * A depthwise convolution, then one of single pixels over all channels: y = activation(conv(depthwise(x, D), P) + b).
 *
 * @param options - those of {@link depthwiseConv2d}, and `filters` (required), `pointwiseInitializer = 'glorotUniform'`,
 * `pointwiseRegularizer`, `pointwiseConstraint`.
 * @returns a layer from `[batch, height, width, channels]` to `[batch, oh, ow, filters]`, with weights `depthwiseKernel`
 * `[kh, kw, channels, depthMultiplier]`, `pointwiseKernel` `[1, 1, channels · depthMultiplier, filters]` and `bias`.
 * @throws ConfigError for an option that is missing, unknown or out of range.
 *
 * Reference: Chollet 2017, “Xception”, arXiv:1610.02357.
 *
 * @example
 * ```ts
 * import { separableConv2d } from 'kompakt/nn';
 * console.log(separableConv2d({ filters: 16, kernelSize: 3 }).outputShape([8, 8, 4])); // → [ 6, 6, 16 ]
 * ```
 */
export function separableConv2d(options: SeparableConv2dLayerOptions): Layer<SeparableConv2dConfig> {
  const o = new OptionReader('separableConv2d', options);
  const filters = o.count('filters');
  const pointwise = o.weight('pointwise', 'glorotUniform');
  const config = { filters, ...readWindow(o), ...readDepthwise(o), ...pointwise, ...o.affine(), ...o.common() };
  const { kernelSize, strides, padding, dilations, depthMultiplier, useBias } = config;
  const outputShape = (input: Shape): Shape => [...slide(input, config, o.label), filters];
  return defineLayer<SeparableConv2dConfig>(o, config, {
    outputShape,
    weights: (input) => ({
      depthwiseKernel: { shape: [...kernelSize, input[2]!, depthMultiplier], initializer: config.depthwiseInitializer },
      pointwiseKernel: {
        shape: [1, 1, input[2]! * depthMultiplier, filters],
        initializer: config.pointwiseInitializer,
      },
      ...(useBias && { bias: { shape: [filters], initializer: config.biasInitializer } }),
    }),
    run: (x, { depthwiseKernel, pointwiseKernel, bias }) => {
      const y = ops.conv2d(ops.depthwiseConv2d(x, depthwiseKernel!, { strides, padding, dilations }), pointwiseKernel!);
      return activate(config.activation, bias === undefined ? y : add(y, bias));
    },
    multiplyAdds: (input) => {
      const [h, w] = outputShape(input) as [number, number, number];
      return h * w * input[2]! * depthMultiplier * (kernelSize[0] * kernelSize[1] + filters);
    },
    ...heldBy(config, { depthwiseKernel: 'depthwise', pointwiseKernel: 'pointwise', bias: useBias && 'bias' }),
  });
}
