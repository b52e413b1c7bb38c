import { roundHalfToEven } from '../core/fixed-point';
import type { Layer, Params } from '../nn/layer';
import { quantizedAvgPool2d, quantizedConv2d, quantizedDense, quantizedDepthwiseConv2d } from '../nn/layers/quantized';
import { layerFromConfig } from '../nn/layers/registry';
import { type PaddingOption, type Pair, resolvePadding } from '../ops/window';
import type { Stage } from './pass';
import type { QuantizationParams } from './quantization-params';
import { integerParams } from './quantize-weights';

const WEIGHTED: Readonly<Record<string, string>> = {
  dense: 'kernel',
  conv2d: 'kernel',
  depthwiseConv2d: 'depthwiseKernel',
};
export const isWeighted = ({ kind }: Layer): boolean => Object.hasOwn(WEIGHTED, kind);

/** Layers that only move or compare values: they do the same to int8 as to reals. */
export const ORDER_ONLY = new Set(['flatten', 'reshapeLayer', 'maxPool2d', 'globalMaxPool2d']);

/** Activations that are just bounds of the output. */
export const CLAMPS = new Set(['linear', 'relu', 'relu6']);

export const activationOf = (layer: Layer): string => (layer.config as { activation?: string }).activation ?? 'linear';

export const withActivation = (stage: Stage, activation: string): Stage => ({
  ...stage,
  layer: layerFromConfig(stage.layer.kind, { ...stage.layer.config, activation }, stage.layer.name),
});

export type NewStage = Pick<Stage, 'name' | 'layer' | 'params' | 'state'>;
/** Builds a stage; its tensors are made when called. */
export type MakeStage = () => NewStage;

export const bare =
  (name: string, layer: Layer): MakeStage =>
  () => ({ name, layer, params: {}, state: {} });

export const affine = ({ scale, zeroPoint }: QuantizationParams) => ({ scale, zeroPoint });

/** The integer form of a layer with weights, between the maps of its input and its output. */
export async function lowerWeighted(
  stage: Stage,
  input: QuantizationParams,
  output: QuantizationParams,
  perChannel: boolean,
): Promise<MakeStage> {
  const { layer, name, params } = stage;
  const kernel = params[WEIGHTED[layer.kind]!]!;
  const channels = layer.outputShape(stage.input).at(-1)!;
  const make: () => Params = await integerParams({ kernel, bias: params.bias, channels, input, output, perChannel });
  const integer = integerLayer(stage, {
    ...bounds(activationOf(layer), output),
    inputZeroPoint: input.zeroPoint,
    outputZeroPoint: output.zeroPoint,
    inputScale: input.scale,
    outputScale: output.scale,
  });
  return () => ({ name, layer: integer, params: make(), state: {} });
}

/** The integers an activation leaves room for. */
function bounds(
  activation: string,
  { scale, zeroPoint, qmin, qmax }: QuantizationParams,
): { qmin: number; qmax: number } {
  if (activation === 'linear') return { qmin, qmax };
  const six = Math.min(qmax, roundHalfToEven(6 / scale) + zeroPoint);
  return { qmin: Math.max(qmin, zeroPoint), qmax: activation === 'relu6' ? six : qmax };
}

interface IntegerConfig {
  readonly inputZeroPoint: number;
  readonly outputZeroPoint: number;
  readonly inputScale: number;
  readonly outputScale: number;
  readonly qmin: number;
  readonly qmax: number;
}

interface ConvConfig {
  readonly kernelSize: Pair;
  readonly strides: Pair;
  readonly padding: PaddingOption;
  readonly dilations: Pair;
  readonly groups?: number;
  readonly filters?: number;
  readonly depthMultiplier?: number;
}

function integerLayer({ layer, input }: Stage, integers: IntegerConfig): Layer {
  if (layer.kind === 'dense') return quantizedDense({ ...integers, units: layer.outputShape(input).at(-1)! });
  const { kernelSize, strides, padding, dilations, groups = 1, filters, depthMultiplier } = layer.config as ConvConfig;
  const geometry = { input: [input[0]!, input[1]!] as const, window: kernelSize, strides, dilations };
  const conv = {
    ...integers,
    kernelSize,
    strides,
    dilations,
    groups,
    padding: resolvePadding(padding, geometry, 'quantize'),
  };
  return layer.kind === 'conv2d'
    ? quantizedConv2d({ ...conv, filters: filters! })
    : quantizedDepthwiseConv2d({ ...conv, depthMultiplier: depthMultiplier! });
}

/** An average pool in integers; the global one is a window over the whole image, then flattened. */
export function lowerAveragePool({ layer, name, input }: Stage): MakeStage[] {
  const size = [input[0]!, input[1]!] as const;
  if (layer.kind === 'globalAvgPool2d') {
    const pool = quantizedAvgPool2d({
      poolSize: size,
      strides: size,
      padding: [
        [0, 0],
        [0, 0],
      ],
    });
    const keep = (layer.config as { keepDims?: boolean }).keepDims === true;
    return keep
      ? [bare(name, pool)]
      : [bare(name, pool), bare(`${name}_flatten`, layerFromConfig('flatten', {}, null))];
  }
  const { poolSize, strides, padding } = layer.config as { poolSize: Pair; strides: Pair; padding: PaddingOption };
  const geometry = { input: size, window: poolSize, strides, dilations: [1, 1] as const };
  return [
    bare(name, quantizedAvgPool2d({ poolSize, strides, padding: resolvePadding(padding, geometry, 'quantize') })),
  ];
}
