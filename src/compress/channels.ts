import { ConfigError } from '../core/errors';
import { sizeOf } from '../core/shape';
import type { Tensor } from '../core/tensor';
import type { Params } from '../nn/layer';
import { layerFromConfig } from '../nn/layers/registry';
import { tensor } from '../ops/create';
import { gather } from '../ops/index';
import type { Stage } from './pass';

/** Layers whose output channels can be taken away, with the config field that counts them. */
export const CHANNEL_COUNT: Readonly<Record<string, string>> = { dense: 'units', conv2d: 'filters' };

/** Layers that treat every channel alike and hold nothing per channel. */
export const TRANSPARENT = new Set([
  'activation',
  'dropout',
  'maxPool2d',
  'avgPool2d',
  'globalAvgPool2d',
  'globalMaxPool2d',
  'zeroPadding2d',
  'upSampling2d',
]);

/** Activations with f(0) = 0: a channel of zero weights then stays zero and can be taken away without a trace. */
export const ZERO_PRESERVING = new Set([
  'linear',
  'relu',
  'relu6',
  'leakyRelu',
  'elu',
  'selu',
  'gelu',
  'silu',
  'swish',
  'tanh',
]);

/** Whether `filters` pruning can act on this layer. */
export function hasChannels({ layer }: Stage): boolean {
  return Object.hasOwn(CHANNEL_COUNT, layer.kind);
}

/** The stages with only `kept` output channels of stage `at`, and everything behind it fitted to that. */
export function keepChannels(stages: readonly Stage[], at: number, kept: Int32Array): Stage[] {
  const source = stages[at]!;
  checkActivation(source);
  const result = [...stages];
  result[at] = withOutputs(source, kept);
  let channels = kept;
  for (let i = at + 1; i < stages.length; i++) {
    const stage = stages[i]!;
    const { kind } = stage.layer;
    if (kind === 'flatten') {
      channels = flattened(stage, channels);
    } else if (kind === 'batchNorm') {
      result[i] = { ...stage, params: pick(stage.params, channels), state: pick(stage.state, channels) };
    } else if (kind === 'depthwiseConv2d') {
      [result[i], channels] = withDepthwiseInputs(stage, channels);
    } else if (Object.hasOwn(CHANNEL_COUNT, kind)) {
      result[i] = withInputs(stage, channels);
      return refitted(result, at);
    } else if (TRANSPARENT.has(kind)) {
      checkActivation(stage);
    } else {
      throw new ConfigError(
        `prune: filters of '${source.name}' can't be removed, because '${stage.name}' (${kind}) behind it can't be resized. Leave '${source.name}' out with the layers option, or prune unstructured.`,
      );
    }
  }
  throw new ConfigError(`prune: '${source.name}' makes the model's output; its units can't be removed.`);
}

function checkActivation({ layer, name }: Stage): void {
  const { activation = 'linear' } = layer.config as { activation?: string };
  if (!ZERO_PRESERVING.has(activation)) {
    throw new ConfigError(
      `prune: filters can't be removed before activation '${activation}' of '${name}', which turns their zeros into something else. Leave the layer out with the layers option.`,
    );
  }
}

/** Positions in the flattened features of the kept channels of every pixel. */
export function flattened({ input }: Stage, kept: Int32Array): Int32Array {
  const channels = input.at(-1)!;
  const pixels = sizeOf(input) / channels;
  const positions = new Int32Array(pixels * kept.length);
  for (let p = 0; p < pixels; p++) kept.forEach((c, k) => (positions[p * kept.length + k] = p * channels + c));
  return positions;
}

function take(x: Tensor, kept: Int32Array, axis: number): Tensor {
  return gather(x, tensor(kept, { dtype: 'int32', backend: x.backend }), { axis });
}

/** Parameters with one value per channel, of those channels. */
export function pick(params: Params, kept: Int32Array): Params {
  return Object.fromEntries(Object.entries(params).map(([k, v]) => [k, take(v, kept, -1)]));
}

function reconfigured(stage: Stage, config: object, params: Params): Stage {
  return {
    ...stage,
    layer: layerFromConfig(stage.layer.kind, { ...stage.layer.config, ...config }, stage.layer.name),
    params,
  };
}

/** The stage with only those outputs. */
export function withOutputs(stage: Stage, kept: Int32Array): Stage {
  return reconfigured(stage, { [CHANNEL_COUNT[stage.layer.kind]!]: kept.length }, pick(stage.params, kept));
}

/** The stage for only those inputs. */
export function withInputs(stage: Stage, kept: Int32Array): Stage {
  const { groups = 1 } = stage.layer.config as { groups?: number };
  if (groups !== 1)
    throw new ConfigError(`prune: '${stage.name}' is a grouped convolution; filters before it can't be removed.`);
  return { ...stage, params: { ...stage.params, kernel: take(stage.params.kernel!, kept, -2) } };
}

/** The same of a depthwise convolution, and what is left of its outputs. */
export function withDepthwiseInputs(stage: Stage, kept: Int32Array): [Stage, Int32Array] {
  checkActivation(stage);
  const { depthMultiplier } = stage.layer.config as { depthMultiplier: number };
  const outputs = Int32Array.from(kept).reduce<number[]>((all, c) => {
    for (let r = 0; r < depthMultiplier; r++) all.push(c * depthMultiplier + r);
    return all;
  }, []);
  const channels = Int32Array.from(outputs);
  const { depthwiseKernel, bias } = stage.params;
  const params: Params = {
    depthwiseKernel: take(depthwiseKernel!, kept, 2),
    ...(bias && { bias: take(bias, channels, 0) }),
  };
  return [{ ...stage, params }, channels];
}

/** The input shapes of the stages from `from` on, computed anew. */
function refitted(stages: Stage[], from: number): Stage[] {
  let { input } = stages[from]!;
  return stages.map((stage, i) => {
    if (i < from) return stage;
    const fitted = { ...stage, input };
    input = stage.layer.outputShape(input);
    return fitted;
  });
}
