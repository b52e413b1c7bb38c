import type { Backend } from '../../core/backend';
import type { DType } from '../../core/dtype';
import { ShapeError } from '../../core/errors';
import { formatShape, type Shape, sizeOf } from '../../core/shape';
import type { Tensor } from '../../core/tensor';
import { zeros } from '../../ops/create';
import { reshape } from '../../ops/index';
import {
  type AffineAttrs,
  dequantizeLinear,
  type QuantizedConvAttrs,
  type QuantizedPoolAttrs,
  qAvgPool2d,
  qConv2d,
  qDepthwiseConv2d,
  qMatmul,
  quantizeLinear,
  type RequantizeAttrs,
} from '../../ops/quantized';
import { type Pair, type WindowAttrs, windowOutput } from '../../ops/window';
import { applySelf } from '../graph/symbolic';
import type { Layer, LayerWeights, Params } from '../layer';

/** Where the reals of an integer layer's input and output lie; kept for reports and exporters, not used to compute. */
export interface QuantizedScales {
  readonly inputScale: number;
  readonly outputScale: number;
}

export type QuantizedDenseConfig = RequantizeAttrs & QuantizedScales & { readonly units: number };

export type QuantizedConv2dConfig = QuantizedConvAttrs &
  QuantizedScales & { readonly filters: number; readonly kernelSize: Pair };

export type QuantizedDepthwiseConv2dConfig = QuantizedConvAttrs &
  QuantizedScales & { readonly depthMultiplier: number; readonly kernelSize: Pair };

const NO_WEIGHTS: LayerWeights = { params: {}, state: {} };

/** What all integer layers share: they are not trained, and carry no state. */
function integerLayer<C extends object>(
  kind: string,
  config: C,
  name: string | null,
  rest: {
    outputShape(input: Shape): Shape;
    run(x: Tensor, params: Params): Tensor;
    weightShapes?(input: Shape): { kernel: Shape; channels: number };
    multiplyAdds?(input: Shape): number;
  },
): Layer<C> {
  return {
    kind,
    name,
    config,
    trainable: false,
    outputShape: rest.outputShape,
    init: (input, _rng, backend) =>
      rest.weightShapes ? integerWeights(rest.weightShapes(input), backend) : NO_WEIGHTS,
    call: (params, state, x) => ({ y: rest.run(x, params), state }),
    multiplyAdds: rest.multiplyAdds ?? (() => 0),
    apply: applySelf,
  };
}

function integerWeights(shapes: { kernel: Shape; channels: number }, backend: Backend | undefined): LayerWeights {
  const make = (shape: Shape, dtype: DType): Tensor => zeros(shape, { dtype, backend });
  const perChannel = [shapes.channels];
  return {
    params: {
      kernel: make(shapes.kernel, 'int8'),
      bias: make(perChannel, 'int32'),
      multiplier: make(perChannel, 'int32'),
      shift: make(perChannel, 'int32'),
    },
    state: {},
  };
}

const scaled = (p: Params): [Tensor, Tensor, Tensor, Tensor] => [p.kernel!, p.bias!, p.multiplier!, p.shift!];

/** Reals to int8 at the entrance of an integer stretch: q = round(x / scale) + zeroPoint. */
export function quantizeInput(config: AffineAttrs, name: string | null = null): Layer<AffineAttrs> {
  return integerLayer('quantizeInput', config, name, {
    outputShape: (input) => input,
    run: (x) => quantizeLinear(x, config),
  });
}

/** int8 to reals at its exit: x = scale · (q − zeroPoint). */
export function dequantizeOutput(config: AffineAttrs, name: string | null = null): Layer<AffineAttrs> {
  return integerLayer('dequantizeOutput', config, name, {
    outputShape: (input) => input,
    run: (q) => dequantizeLinear(q, config),
  });
}

/** A dense layer in integers, int8 in and out; made by the `quantize` pass. */
export function quantizedDense(config: QuantizedDenseConfig, name: string | null = null): Layer<QuantizedDenseConfig> {
  return integerLayer('quantizedDense', config, name, {
    outputShape: (input) => [...input.slice(0, -1), config.units],
    run: (x, p) => {
      // As a float dense layer does, the last axis is multiplied and the others are kept.
      const rows = qMatmul(reshape(x, [-1, x.shape.at(-1)!]), ...scaled(p), config);
      return reshape(rows, [...x.shape.slice(0, -1), config.units]);
    },
    weightShapes: (input) => ({ kernel: [input.at(-1)!, config.units], channels: config.units }),
    multiplyAdds: (input) => sizeOf(input) * config.units,
  });
}

function pixels(input: Shape, config: WindowAttrs & { kernelSize: Pair }): Pair {
  if (input.length !== 3) {
    throw new ShapeError(`quantized convolution: needs [height, width, channels], got ${formatShape(input)}.`);
  }
  return windowOutput([input[0]!, input[1]!], config.kernelSize, config, 'quantized convolution');
}

/** A convolution in integers, int8 in and out; made by the `quantize` pass. */
export function quantizedConv2d(
  config: QuantizedConv2dConfig,
  name: string | null = null,
): Layer<QuantizedConv2dConfig> {
  const [kh, kw] = config.kernelSize;
  const kernel = (input: Shape): Shape => [kh, kw, input[2]! / config.groups, config.filters];
  return integerLayer('quantizedConv2d', config, name, {
    outputShape: (input) => [...pixels(input, config), config.filters],
    run: (x, p) => qConv2d(x, ...scaled(p), config),
    weightShapes: (input) => ({ kernel: kernel(input), channels: config.filters }),
    multiplyAdds: (input) => {
      const [h, w] = pixels(input, config);
      return h * w * config.filters * kh * kw * kernel(input)[2]!;
    },
  });
}

/** A depthwise convolution in integers, int8 in and out; made by the `quantize` pass. */
export function quantizedDepthwiseConv2d(
  config: QuantizedDepthwiseConv2dConfig,
  name: string | null = null,
): Layer<QuantizedDepthwiseConv2dConfig> {
  const [kh, kw] = config.kernelSize;
  const channels = (input: Shape): number => input[2]! * config.depthMultiplier;
  return integerLayer('quantizedDepthwiseConv2d', config, name, {
    outputShape: (input) => [...pixels(input, config), channels(input)],
    run: (x, p) => qDepthwiseConv2d(x, ...scaled(p), config),
    weightShapes: (input) => ({ kernel: [kh, kw, input[2]!, config.depthMultiplier], channels: channels(input) }),
    multiplyAdds: (input) => {
      const [h, w] = pixels(input, config);
      return h * w * channels(input) * kh * kw;
    },
  });
}

/** Average pooling in integers; scale and zero point pass through. Made by the `quantize` pass. */
export function quantizedAvgPool2d(config: QuantizedPoolAttrs, name: string | null = null): Layer<QuantizedPoolAttrs> {
  const geometry = { ...config, kernelSize: config.poolSize, dilations: [1, 1] } as const;
  return integerLayer('quantizedAvgPool2d', config, name, {
    outputShape: (input) => [...pixels(input, geometry), input[2]!],
    run: (x) => qAvgPool2d(x, config),
  });
}
