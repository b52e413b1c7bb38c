import type { Shape } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { conv1d, depthwiseConv2d } from '../../ops/conv';
import { add } from '../../ops/elementwise';
import { expandDims, squeeze } from '../../ops/shape-ops';
import { activate } from '../activations';
import type { Layer } from '../layer';
import { defineLayer, heldBy } from './define';
import { type AffineConfig, type AffineOptions, OptionReader, type WeightConfig, type WeightOptions } from './options';
import { expectSpatial, paddingOf, readKernel, slideAlong, type Window } from './spatial';

/** Options of {@link depthwiseConv1d}. */
export interface DepthwiseConv1dOptions extends AffineOptions, WeightOptions<'depthwise'> {
  readonly kernelSize: number;
  /** By default 1. */
  readonly strides?: number | undefined;
  /** By default `'valid'`. */
  readonly padding?: 'valid' | 'same' | undefined;
  /** Distance between the cells of the window, by default 1. */
  readonly dilations?: number | undefined;
  /** Keras's name for `dilations`. */
  readonly dilationRate?: number | undefined;
  /** Outputs per input channel, by default 1. */
  readonly depthMultiplier?: number | undefined;
}

export interface DepthwiseConv1dConfig extends AffineConfig, WeightConfig<'depthwise'> {
  readonly kernelSize: number;
  readonly strides: number;
  readonly padding: 'valid' | 'same';
  readonly dilations: number;
  readonly depthMultiplier: number;
}

/** Options of {@link separableConv1d}. */
export interface SeparableConv1dOptions extends DepthwiseConv1dOptions, WeightOptions<'pointwise'> {
  readonly filters: number;
}

export interface SeparableConv1dConfig extends DepthwiseConv1dConfig, WeightConfig<'pointwise'> {
  readonly filters: number;
}

function read(o: OptionReader): { window: Window; config: DepthwiseConv1dConfig } {
  const window = readKernel(o, 1);
  const config = {
    kernelSize: window.size[0]!,
    strides: window.strides[0]!,
    padding: o.oneOf('padding', ['valid', 'same'], 'valid'),
    dilations: window.dilations[0]!,
    depthMultiplier: o.count('depthMultiplier', 1),
    ...o.weight('depthwise', 'glorotUniform'),
    ...o.affine(),
  };
  return { window, config: config as DepthwiseConv1dConfig };
}

/** Each channel of sequences convolved on its own, as an image one pixel high. */
function depthwise(
  x: Tensor,
  kernel: Tensor,
  { strides, dilations, padding }: DepthwiseConv1dConfig,
  w: Window,
): Tensor {
  const y = depthwiseConv2d(expandDims(x, 1), expandDims(kernel, 0), {
    strides: [1, strides],
    dilations: [1, dilations],
    padding: [[0, 0], paddingOf(padding, [x.shape[1]!], w)[0]!],
  });
  return squeeze(y, 1);
}

/**
 * A convolution of each channel of sequences on its own: y = activation(depthwise(x, W) + b).
 *
 * @param options - `kernelSize` (required), `strides = 1`, `padding = 'valid'`, `dilations = 1`, `depthMultiplier = 1`,
 * and the rest as of {@link depthwiseConv2d}.
 * @returns a layer from `[batch, steps, channels]` to `[batch, outputs, channels · depthMultiplier]`, with weights
 * `depthwiseKernel` `[size, channels, depthMultiplier]` and `bias`.
 * @throws ConfigError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { depthwiseConv1d } from 'kompakt/nn';
 * console.log(depthwiseConv1d({ kernelSize: 3, depthMultiplier: 2 }).outputShape([10, 4])); // → [ 8, 8 ]
 * ```
 */
export function depthwiseConv1d(options: DepthwiseConv1dOptions): Layer<DepthwiseConv1dConfig> {
  const o = new OptionReader('depthwiseConv1d', options);
  const { window, config: own } = read(o);
  const config = { ...own, ...o.common() };
  const { useBias, depthMultiplier, kernelSize } = config;
  const outputShape = (input: Shape): Shape => {
    expectSpatial(input, 1, o.label);
    return [...slideAlong([input[0]!], window, config.padding, o.label), input[1]! * depthMultiplier];
  };
  return defineLayer<DepthwiseConv1dConfig>(o, config, {
    outputShape,
    weights: (input) => ({
      depthwiseKernel: { shape: [kernelSize, input[1]!, depthMultiplier], initializer: config.depthwiseInitializer },
      ...(useBias && { bias: { shape: [input[1]! * depthMultiplier], initializer: config.biasInitializer } }),
    }),
    run: (x, { depthwiseKernel, bias }) => {
      const y = depthwise(x, depthwiseKernel!, config, window);
      return activate(config.activation, bias === undefined ? y : add(y, bias));
    },
    multiplyAdds: (input) => outputShape(input).reduce((a, b) => a * b, kernelSize),
    ...heldBy(config, { depthwiseKernel: 'depthwise', bias: useBias && 'bias' }),
  });
}

/**
 * A depthwise convolution over sequences, then one of single steps over all channels:
 * y = activation(conv(depthwise(x, D), P) + b).
 *
 * @param options - those of {@link depthwiseConv1d}, and `filters` (required), `pointwiseInitializer = 'glorotUniform'`,
 * `pointwiseRegularizer`, `pointwiseConstraint`.
 * @returns a layer from `[batch, steps, channels]` to `[batch, outputs, filters]`, with weights `depthwiseKernel`
 * `[size, channels, depthMultiplier]`, `pointwiseKernel` `[1, channels · depthMultiplier, filters]` and `bias`.
 * @throws ConfigError for an option that is missing, unknown or out of range.
 *
 * @example
 * ```ts
 * import { separableConv1d } from 'kompakt/nn';
 * console.log(separableConv1d({ filters: 16, kernelSize: 3, padding: 'same' }).outputShape([10, 4])); // → [ 10, 16 ]
 * ```
 */
export function separableConv1d(options: SeparableConv1dOptions): Layer<SeparableConv1dConfig> {
  const o = new OptionReader('separableConv1d', options);
  const filters = o.count('filters');
  const { window, config: own } = read(o);
  const config = { filters, ...own, ...o.weight('pointwise', 'glorotUniform'), ...o.common() };
  const { useBias, depthMultiplier, kernelSize } = config;
  const outputShape = (input: Shape): Shape => {
    expectSpatial(input, 1, o.label);
    return [...slideAlong([input[0]!], window, config.padding, o.label), filters];
  };
  return defineLayer<SeparableConv1dConfig>(o, config, {
    outputShape,
    weights: (input) => ({
      depthwiseKernel: { shape: [kernelSize, input[1]!, depthMultiplier], initializer: config.depthwiseInitializer },
      pointwiseKernel: { shape: [1, input[1]! * depthMultiplier, filters], initializer: config.pointwiseInitializer },
      ...(useBias && { bias: { shape: [filters], initializer: config.biasInitializer } }),
    }),
    run: (x, { depthwiseKernel, pointwiseKernel, bias }) => {
      const y = conv1d(depthwise(x, depthwiseKernel!, config, window), pointwiseKernel!);
      return activate(config.activation, bias === undefined ? y : add(y, bias));
    },
    multiplyAdds: (input) => outputShape(input)[0]! * input[1]! * depthMultiplier * (kernelSize + filters),
    ...heldBy(config, { depthwiseKernel: 'depthwise', pointwiseKernel: 'pointwise', bias: useBias && 'bias' }),
  });
}
