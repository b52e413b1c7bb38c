import type { ByteSource } from '../data/files';
import { input } from '../nn/graph/input';
import type { Model } from '../nn/graph/model';
import type { SymbolicTensor } from '../nn/layer';
import { activation } from '../nn/layers/activation';
import { conv2d } from '../nn/layers/conv';
import { dense } from '../nn/layers/dense';
import { batchNorm } from '../nn/layers/normalization';
import { maxPool2d } from '../nn/layers/pool';
import { globalAvgPool2d, globalMaxPool2d } from '../nn/layers/pool-global';
import { layerFromConfig } from '../nn/layers/registry';
import { zeroPadding2d } from '../nn/layers/shape';
import { finishGraph } from './finish';
import { type ApplicationOptions, readSettings, type Settings } from './options';

const EPSILON = 1.001e-5;

/** A convolution, normalised, and rectified if `isLast` is false. */
function unit(
  x: SymbolicTensor,
  name: string,
  filters: number,
  kernelSize: number,
  strides = 1,
  isLast = false,
): SymbolicTensor {
  const y = conv2d({
    filters,
    kernelSize,
    strides,
    padding: kernelSize === 1 ? 'valid' : 'same',
    name: `${name}_conv`,
  }).apply(x);
  const normal = batchNorm({ epsilon: EPSILON, name: `${name}_bn` }).apply(y);
  return isLast ? normal : activation({ activation: 'relu', name: `${name}_relu` }).apply(normal);
}

/** Three convolutions, the outer ones of single pixels, beside a shortcut. */
function block(x: SymbolicTensor, name: string, filters: number, strides: number, isFirst: boolean): SymbolicTensor {
  const shortcut = isFirst ? unit(x, `${name}_0`, 4 * filters, 1, strides, true) : x;
  const narrow = unit(x, `${name}_1`, filters, 1, strides);
  const wide = unit(unit(narrow, `${name}_2`, filters, 3), `${name}_3`, 4 * filters, 1, 1, true);
  const sum = layerFromConfig('add', {}, `${name}_add`).apply([shortcut, wide]);
  return activation({ activation: 'relu', name: `${name}_out` }).apply(sum);
}

/** The input and the output of the network. */
export function resNet50Graph({ includeTop, inputShape, pooling, classes, classifierActivation }: Settings) {
  const x = input(inputShape, { name: 'input_1' });
  const padded = zeroPadding2d({ padding: 3, name: 'conv1_pad' }).apply(x);
  const first = conv2d({ filters: 64, kernelSize: 7, strides: 2, name: 'conv1_conv' }).apply(padded);
  const normal = batchNorm({ epsilon: EPSILON, name: 'conv1_bn' }).apply(first);
  const rectified = activation({ activation: 'relu', name: 'conv1_relu' }).apply(normal);
  let y = maxPool2d({ poolSize: 3, strides: 2, name: 'pool1_pool' }).apply(
    zeroPadding2d({ padding: 1, name: 'pool1_pad' }).apply(rectified),
  );
  [3, 4, 6, 3].forEach((depth, s) => {
    for (let i = 1; i <= depth; i++) {
      y = block(y, `conv${s + 2}_block${i}`, 64 * 2 ** s, i === 1 && s > 0 ? 2 : 1, i === 1);
    }
  });
  if (includeTop) {
    const features = globalAvgPool2d({ name: 'avg_pool' }).apply(y);
    y = dense({ units: classes, activation: classifierActivation, name: 'predictions' }).apply(features);
  } else if (pooling === 'avg') y = globalAvgPool2d({ name: 'avg_pool' }).apply(y);
  else if (pooling === 'max') y = globalMaxPool2d({ name: 'max_pool' }).apply(y);
  return { input: x, output: y };
}

/**
 * ResNet-50: sixteen blocks of three convolutions, each beside a shortcut; 25,636,712 weights.
 *
 * @param options - those of `vgg16`; the file is `resnet50_weights_tf_dim_ordering_tf_kernels.h5`.
 * @returns the model, with Keras's names of layers; where there are weights to read, a promise of it.
 * @throws ConfigError for options that are unknown or don't go together; FormatError where the weights are of another model.
 *
 * Reference: He et al. 2016, arXiv:1512.03385.
 *
 * @example
 * ```ts
 * import { resNet50 } from 'kompakt/applications';
 * const features = resNet50({ includeTop: false, pooling: 'avg', inputShape: [64, 64, 3], seed: 1 });
 * console.log(features.countParams(), features.outputShape); // → 23587712 [ 2048 ]
 * ```
 */
export function resNet50(options?: ApplicationOptions & { readonly weights?: null | undefined }): Model;
export function resNet50(options: ApplicationOptions & { readonly weights: ByteSource }): Promise<Model>;
export function resNet50(options: ApplicationOptions = {}): Model | Promise<Model> {
  const graph = resNet50Graph(readSettings(options, 'resNet50'));
  return finishGraph(graph.input, graph.output, options, 'resNet50');
}
