import type { ByteSource } from '../data/files';
import type { Layer } from '../nn/layer';
import { conv2d } from '../nn/layers/conv';
import { dense } from '../nn/layers/dense';
import { maxPool2d } from '../nn/layers/pool';
import { globalAvgPool2d, globalMaxPool2d } from '../nn/layers/pool-global';
import { flatten } from '../nn/layers/shape';
import type { Sequential } from '../nn/sequential';
import { finishSequence } from './finish';
import { type ApplicationOptions, readSettings } from './options';

const FILTERS = [64, 128, 256, 512, 512];

function vgg(name: string, depths: readonly number[], options: ApplicationOptions): Sequential | Promise<Sequential> {
  const { includeTop, inputShape, pooling, classes, classifierActivation } = readSettings(options, name);
  const layers: Layer[] = depths.flatMap((depth, b) => [
    ...Array.from({ length: depth }, (_, i) =>
      conv2d({
        filters: FILTERS[b]!,
        kernelSize: 3,
        padding: 'same',
        activation: 'relu',
        name: `block${b + 1}_conv${i + 1}`,
      }),
    ),
    maxPool2d({ name: `block${b + 1}_pool` }),
  ]);
  if (includeTop) {
    layers.push(
      flatten({ name: 'flatten' }),
      dense({ units: 4096, activation: 'relu', name: 'fc1' }),
      dense({ units: 4096, activation: 'relu', name: 'fc2' }),
      dense({ units: classes, activation: classifierActivation, name: 'predictions' }),
    );
  } else if (pooling !== null) {
    const pool = pooling === 'avg' ? globalAvgPool2d : globalMaxPool2d;
    layers.push(pool({ name: pooling === 'avg' ? 'global_average_pooling2d' : 'global_max_pooling2d' }));
  }
  return finishSequence(layers, inputShape, options, name);
}

/** Options without a file: the model is there at once. */
type Fresh = ApplicationOptions & { readonly weights?: null | undefined };
type Stored = ApplicationOptions & { readonly weights: ByteSource };

/**
 * VGG16: thirteen convolutions of 3 × 3 in five blocks, and three dense layers; 138,357,544 weights.
 *
 * Its weights are 553 MB. Without a file they are made when the model is first used.
 *
 * @param options - `includeTop = true`: the classifier; `weights`: the bytes, path or address of Keras's file
 * `vgg16_weights_tf_dim_ordering_tf_kernels.h5`, or the `…_notop.h5` one without the classifier; `inputShape = [224, 224, 3]`;
 * `pooling`: `'avg'` or `'max'` over what the last block gives, without the classifier; `classes = 1000`;
 * `classifierActivation = 'softmax'`; `seed`, `backend`; `h5wasm`: the package, where it can't be found by name.
 * @returns the model, with Keras's names of layers; where there are weights to read, a promise of it.
 * @throws ConfigError for options that are unknown or don't go together; FormatError where the weights are of another model.
 *
 * Reference: Simonyan & Zisserman 2015, arXiv:1409.1556.
 *
 * @example
 * ```ts
 * import { vgg16 } from 'kompakt/applications';
 * const model = vgg16();
 * console.log(model.countParams(), model.layerNames.at(-1)); // → 138357544 predictions
 * ```
 */
export function vgg16(options?: Fresh): Sequential;
export function vgg16(options: Stored): Promise<Sequential>;
export function vgg16(options: ApplicationOptions = {}): Sequential | Promise<Sequential> {
  return vgg('vgg16', [2, 2, 3, 3, 3], options);
}

/**
 * VGG19: {@link vgg16} with three convolutions more; 143,667,240 weights.
 *
 * @param options - those of {@link vgg16}; the file is `vgg19_weights_tf_dim_ordering_tf_kernels.h5`.
 * @returns the model, with Keras's names of layers; where there are weights to read, a promise of it.
 * @throws ConfigError for options that are unknown or don't go together; FormatError where the weights are of another model.
 *
 * Reference: Simonyan & Zisserman 2015, arXiv:1409.1556.
 *
 * @example
 * ```ts
 * import { vgg19 } from 'kompakt/applications';
 * console.log(vgg19({ includeTop: false, pooling: 'avg' }).countParams()); // → 20024384
 * ```
 */
export function vgg19(options?: Fresh): Sequential;
export function vgg19(options: Stored): Promise<Sequential>;
export function vgg19(options: ApplicationOptions = {}): Sequential | Promise<Sequential> {
  return vgg('vgg19', [2, 2, 4, 4, 4], options);
}
