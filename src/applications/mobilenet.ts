import { ConfigError } from '../core/errors';
import type { ByteSource } from '../data/files';
import { input } from '../nn/graph/input';
import type { Model } from '../nn/graph/model';
import type { SymbolicTensor } from '../nn/layer';
import { activation } from '../nn/layers/activation';
import { conv2d, depthwiseConv2d } from '../nn/layers/conv';
import { dense } from '../nn/layers/dense';
import { batchNorm } from '../nn/layers/normalization';
import { globalAvgPool2d, globalMaxPool2d } from '../nn/layers/pool-global';
import { layerFromConfig } from '../nn/layers/registry';
import { zeroPadding2d } from '../nn/layers/shape';
import { finishGraph } from './finish';
import { type ApplicationOptions, readSettings, type Settings } from './options';

/** Options of {@link mobileNetV2}. */
export interface MobileNetV2Options extends ApplicationOptions {
  /** How wide the network is: the filters of all layers are so many times as many; by default 1. */
  readonly alpha?: number | undefined;
}

/** Filters, strides and repetitions of the stages. */
const STAGES = [
  [16, 1, 1],
  [24, 2, 2],
  [32, 2, 3],
  [64, 2, 4],
  [96, 1, 3],
  [160, 2, 3],
  [320, 1, 1],
] as const;

/** The multiple of eight nearest to a number of filters, but not below nine tenths of it. */
function rounded(filters: number): number {
  const near = Math.max(8, Math.floor((filters + 4) / 8) * 8);
  return near < 0.9 * filters ? near + 8 : near;
}

const normalized = (x: SymbolicTensor, name: string): SymbolicTensor =>
  batchNorm({ epsilon: 1e-3, momentum: 0.999, name }).apply(x);
const rectified = (x: SymbolicTensor, name: string): SymbolicTensor =>
  activation({ activation: 'relu6', name }).apply(x);

/** Images padded so that windows of 3 × 3 at every second pixel fall where TensorFlow's do. */
function padded(x: SymbolicTensor, name: string): SymbolicTensor {
  const before = (n: number): number => (n % 2 === 0 ? 0 : 1);
  const [h, w] = x.shape as readonly [number, number];
  return zeroPadding2d({
    padding: [
      [before(h), 1],
      [before(w), 1],
    ],
    name,
  }).apply(x);
}

/** Pixels made wider, convolved channel by channel, and made narrow again; beside a shortcut where the shapes allow it. */
function block(x: SymbolicTensor, id: number, filters: number, strides: number, alpha: number): SymbolicTensor {
  const channels = x.shape.at(-1)!;
  const prefix = id === 0 ? 'expanded_conv_' : `block_${id}_`;
  let y = x;
  if (id > 0) {
    y = conv2d({ filters: 6 * channels, kernelSize: 1, useBias: false, name: `${prefix}expand` }).apply(y);
    y = rectified(normalized(y, `${prefix}expand_BN`), `${prefix}expand_relu`);
  }
  if (strides === 2) y = padded(y, `${prefix}pad`);
  y = depthwiseConv2d({
    kernelSize: 3,
    strides,
    padding: strides === 2 ? 'valid' : 'same',
    useBias: false,
    name: `${prefix}depthwise`,
  }).apply(y);
  y = rectified(normalized(y, `${prefix}depthwise_BN`), `${prefix}depthwise_relu`);
  const narrow = rounded(Math.floor(filters * alpha));
  y = conv2d({ filters: narrow, kernelSize: 1, useBias: false, name: `${prefix}project` }).apply(y);
  y = normalized(y, `${prefix}project_BN`);
  return strides === 1 && channels === narrow ? layerFromConfig('add', {}, `${prefix}add`).apply([x, y]) : y;
}

/** The input and the output of the network. */
export function mobileNetV2Graph(settings: Settings, alpha: number) {
  const { includeTop, inputShape, pooling, classes, classifierActivation } = settings;
  const x = input(inputShape, { name: 'input_1' });
  const first = rounded(32 * alpha);
  let y = conv2d({ filters: first, kernelSize: 3, strides: 2, padding: 'same', useBias: false, name: 'Conv1' }).apply(
    x,
  );
  y = rectified(normalized(y, 'bn_Conv1'), 'Conv1_relu');
  let id = 0;
  for (const [filters, strides, repetitions] of STAGES)
    for (let i = 0; i < repetitions; i++) y = block(y, id++, filters, i === 0 ? strides : 1, alpha);
  const last = alpha > 1 ? rounded(1280 * alpha) : 1280;
  y = conv2d({ filters: last, kernelSize: 1, useBias: false, name: 'Conv_1' }).apply(y);
  y = rectified(normalized(y, 'Conv_1_bn'), 'out_relu');
  if (includeTop) {
    const features = globalAvgPool2d({ name: 'global_average_pooling2d' }).apply(y);
    y = dense({ units: classes, activation: classifierActivation, name: 'predictions' }).apply(features);
  } else if (pooling === 'avg') y = globalAvgPool2d({ name: 'global_average_pooling2d' }).apply(y);
  else if (pooling === 'max') y = globalMaxPool2d({ name: 'global_max_pooling2d' }).apply(y);
  return { input: x, output: y };
}

/**
 * MobileNetV2: seventeen narrow blocks that widen in between, where they convolve each channel on its own; 3,538,984 weights.
 *
 * @param options - those of `vgg16`, and `alpha = 1`, the width; the file is
 * `mobilenet_v2_weights_tf_dim_ordering_tf_kernels_1.0_224.h5`, or another width's.
 * @returns the model, with Keras's names of layers; where there are weights to read, a promise of it.
 * @throws ConfigError for options that are unknown or don't go together; FormatError where the weights are of another model.
 *
 * Reference: Sandler et al. 2018, arXiv:1801.04381.
 *
 * @example
 * ```ts
 * import { mobileNetV2 } from 'kompakt/applications';
 * const model = mobileNetV2({ alpha: 0.35, classes: 5, inputShape: [96, 96, 3], seed: 1 });
 * console.log(model.countParams(), model.outputShape); // → 416613 [ 5 ]
 * ```
 */
export function mobileNetV2(options?: MobileNetV2Options & { readonly weights?: null | undefined }): Model;
export function mobileNetV2(options: MobileNetV2Options & { readonly weights: ByteSource }): Promise<Model>;
export function mobileNetV2(options: MobileNetV2Options = {}): Model | Promise<Model> {
  const settings = readSettings(options, 'mobileNetV2', ['alpha']);
  const { alpha = 1 } = options;
  if (typeof alpha !== 'number' || !(alpha > 0 && alpha <= 4))
    throw new ConfigError(`mobileNetV2: alpha must be a number in (0, 4], got ${String(alpha)}.`);
  const graph = mobileNetV2Graph(settings, alpha);
  return finishGraph(graph.input, graph.output, options, 'mobileNetV2');
}
